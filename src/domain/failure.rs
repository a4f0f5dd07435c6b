//! Why a feed or a page could not be read, in a form that is stored and put into words by whoever shows it.

use std::fmt;
use std::str::FromStr;

/// A reason, written in the databases as a short code such as `http-404` or `timed-out`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Failure {
    /// No answer: unknown host, closed port, broken connection, refused certificate, or an address that may not be
    /// asked. One reason for all of them, so that nobody learns from it what lives in the network.
    Unreachable,
    /// The answer did not come in time.
    TimedOut,
    /// The server answered with this status.
    Http(u16),
    /// The server says that it is gone for good (410).
    Gone,
    /// More bytes than the limit.
    TooLarge,
    /// More than five redirects, or a loop.
    Redirects,
    /// The answer's compression or framing is broken.
    Garbled,
    /// The answer has no bytes.
    Empty,
    /// The answer is a web page and no feed.
    HtmlPage,
    /// The answer is neither a feed nor a page.
    NotAFeed,
    /// Nested deeper than 256 levels.
    TooDeep,
    /// There is nothing to read on the page.
    NothingToRead,
    /// Reading it failed twice in a way that must not happen; it is set aside until someone asks again.
    SetAside,
}

impl fmt::Display for Failure {
    /// The stored code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = match self {
            Self::Http(status) => return write!(f, "http-{status}"),
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed-out",
            Self::Gone => "gone",
            Self::TooLarge => "too-large",
            Self::Redirects => "redirects",
            Self::Garbled => "garbled",
            Self::Empty => "empty",
            Self::HtmlPage => "html-page",
            Self::NotAFeed => "not-a-feed",
            Self::TooDeep => "too-deep",
            Self::NothingToRead => "nothing-to-read",
            Self::SetAside => "set-aside",
        };
        f.write_str(code)
    }
}

impl FromStr for Failure {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        Ok(match code {
            "unreachable" => Self::Unreachable,
            "timed-out" => Self::TimedOut,
            "gone" => Self::Gone,
            "too-large" => Self::TooLarge,
            "redirects" => Self::Redirects,
            "garbled" => Self::Garbled,
            "empty" => Self::Empty,
            "html-page" => Self::HtmlPage,
            "not-a-feed" => Self::NotAFeed,
            "too-deep" => Self::TooDeep,
            "nothing-to-read" => Self::NothingToRead,
            "set-aside" => Self::SetAside,
            other => Self::Http(other.strip_prefix("http-").and_then(|s| s.parse().ok()).ok_or(())?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_survives_the_database() {
        for failure in [Failure::Unreachable, Failure::Http(503), Failure::SetAside, Failure::HtmlPage] {
            assert_eq!(failure.to_string().parse(), Ok(failure));
        }
        assert!("http-".parse::<Failure>().is_err());
    }
}
