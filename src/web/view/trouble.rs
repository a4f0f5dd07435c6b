//! What went wrong with a feed or a page, in plain words that say what to do.

use crate::domain::{Failure, FeedWarning};
use crate::web::locale::Locale;

/// The sentence for a failure.
pub fn failure_text(failure: Failure, locale: Locale) -> String {
    let key = match failure {
        Failure::Unreachable => "failure.unreachable",
        Failure::TimedOut => "failure.timed_out",
        Failure::Http(status) => return http_text(status, locale),
        Failure::Gone => "failure.gone",
        Failure::TooLarge => "failure.too_large",
        Failure::Redirects => "failure.redirects",
        Failure::Garbled => "failure.garbled",
        Failure::Empty => "failure.empty",
        Failure::HtmlPage => "failure.html_page",
        Failure::NotAFeed => "failure.not_a_feed",
        Failure::TooDeep => "failure.too_deep",
        Failure::NothingToRead => "failure.nothing_to_read",
        Failure::SetAside => "failure.set_aside",
    };
    locale.t(key).to_owned()
}

fn http_text(status: u16, locale: Locale) -> String {
    let key = match status {
        401 | 402 | 403 | 407 | 451 => "failure.http.refused",
        404 | 410 => "failure.http.missing",
        429 => "failure.http.too_many",
        500..=599 => "failure.http.server",
        _ => "failure.http.unexpected",
    };
    locale.say(key, [("status", &status)])
}

/// The sentence for something that had to be mended in a feed.
pub fn warning_text(warning: &FeedWarning, locale: Locale) -> String {
    match warning {
        FeedWarning::Mended => locale.t("warning.mended").to_owned(),
        FeedWarning::Truncated => locale.t("warning.truncated").to_owned(),
        FeedWarning::TooManyEntries(n) => locale.count("warning.too_many", i64::from(*n)),
        FeedWarning::DamagedText => locale.t("warning.damaged").to_owned(),
        FeedWarning::CutBodies(n) => locale.count("warning.cut", i64::from(*n)),
        FeedWarning::UnreadableEntries(n) => locale.count("warning.unreadable", i64::from(*n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_happened_and_names_no_code_without_need() {
        let english = Locale::english();
        assert!(failure_text(Failure::Http(503), english).contains("503"));
        assert!(failure_text(Failure::TimedOut, english).contains("in time"));
        assert!(warning_text(&FeedWarning::CutBodies(1), english).starts_with("1 article"));
    }
}
