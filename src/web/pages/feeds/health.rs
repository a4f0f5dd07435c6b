//! How a feed is doing, in plain words and with what can be done about it.

use jiff::tz::TimeZone;

use super::ailing::{Ailment, ailment};
use crate::domain::{Failure, FeedId, UnixMillis};
use crate::store::{Category, FeedKind, SubscriptionRow};
use crate::web::page::Frame;
use crate::web::view::{Letter, Moment, failure_text, feed_title, warning_text};

/// From the articles of so many days a feed's rhythm is counted.
pub(super) const RHYTHM_DAYS: i64 = 28;

/// How a feed is doing.
#[derive(Debug)]
pub(super) struct Health {
    pub(super) id: FeedId,
    pub(super) title: String,
    pub(super) tile: Letter,
    pub(super) category: String,
    /// Fetched from somewhere: not the account's own saved or imported pages.
    pub(super) is_public: bool,
    pub(super) unread: i64,
    pub(super) newest: Option<Moment>,
    /// How much it brings, as a sentence.
    pub(super) rhythm: String,
    pub(super) checked: Option<Moment>,
    pub(super) next: Option<Moment>,
    pub(super) failure: Option<String>,
    pub(super) since: Option<Moment>,
    pub(super) warnings: Vec<String>,
    pub(super) muted: bool,
    /// Since when it is paused.
    pub(super) paused: Option<Moment>,
    /// The address to which it says that it has moved, for the form that believes it.
    pub(super) moved_to: Option<String>,
    /// Another address may help.
    pub(super) address_is_wrong: bool,
    /// The title of a feed that looks like the same one.
    pub(super) twin: Option<String>,
}

/// What the health of all feeds of a page has in common.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) frame: &'a Frame,
    pub(super) zone: &'a TimeZone,
    pub(super) categories: &'a [Category],
}

impl Health {
    /// `recent` is how many articles it had in the last [`RHYTHM_DAYS`].
    pub(super) fn new(row: &SubscriptionRow, recent: i64, context: &Context<'_>) -> Self {
        let (frame, zone) = (context.frame, context.zone);
        let (locale, now) = (frame.locale, frame.now);
        let moment = |at| Moment::new(at, now, zone, locale);
        let title = title_of(row, frame);
        let is_public = row.kind == FeedKind::Public;
        let is_paused = row.paused_at.is_some();
        let category = context.categories.iter().find(|category| Some(category.id) == row.category);
        let moved = row.moved_to.as_ref().map(|to| locale.say("feeds.moved", [("url", &to.masked())]));
        let failure = row.failure.filter(|_| !is_paused);
        Self {
            id: row.feed,
            tile: Letter::of(&title).without_colour(row.plain_tile),
            title,
            category: category.map(|category| category.title.clone()).unwrap_or_default(),
            is_public,
            unread: row.unread,
            newest: row.newest_article_at.map(moment),
            // Nothing can be said of a feed that has never brought anything.
            rhythm: match row.newest_article_at.filter(|_| is_public) {
                Some(_) => rhythm(recent, frame),
                None => String::new(),
            },
            checked: row.checked_at.filter(|_| is_public).map(moment),
            next: (is_public && !row.gone && !is_paused).then(|| Moment::ahead(row.next_check_at, now, zone, locale)),
            failure: failure.map(|failure| failure_text(failure, locale)),
            // “Since now” says nothing; what lasts longer than an hour does.
            since: row
                .failing_since
                .filter(|since| failure.is_some() && now.0 - since.0 > UnixMillis::HOUR)
                .map(moment),
            warnings: ailing(row, context)
                .into_iter()
                .chain(row.warnings.iter().map(|warning| warning_text(warning, locale)))
                .chain(moved)
                .collect(),
            muted: row.muted,
            paused: row.paused_at.map(moment),
            moved_to: row.moved_to.as_ref().map(ToString::to_string),
            address_is_wrong: failure.is_some_and(is_about_the_address),
            twin: None,
        }
    }
}

/// What ails a feed, in words.
fn ailing(row: &SubscriptionRow, context: &Context<'_>) -> Option<String> {
    let frame = context.frame;
    let day = |at| Moment::new(at, frame.now, context.zone, frame.locale).full;
    Some(match ailment(row, frame.now)? {
        Ailment::Silent { since, days, is_still } => {
            let text = frame.count("feeds.ailing_silent", days).replace("{date}", &day(since));
            if is_still { format!("{text} {}", frame.t("feeds.ailing_still")) } else { text }
        }
        Ailment::HostGone(since) => frame.say("feeds.ailing_host", &[("date", day(since).as_str())]),
        Ailment::FileGone(since) => frame.say("feeds.ailing_file", &[("date", day(since).as_str())]),
        Ailment::Replaced(since) => frame.say("feeds.ailing_page", &[("date", day(since).as_str())]),
        Ailment::Turned(at) => frame.say("feeds.ailing_turned", &[("date", day(at).as_str())]),
    })
}

/// The title of a feed as its reader knows it.
pub(super) fn title_of(row: &SubscriptionRow, frame: &Frame) -> String {
    match &row.url {
        Some(url) if row.title.is_empty() => feed_title(&url.masked(), frame.locale),
        _ => feed_title(&row.title, frame.locale),
    }
}

/// How much a feed brings when it had `recent` articles in the last [`RHYTHM_DAYS`].
pub(super) fn rhythm(recent: i64, frame: &Frame) -> String {
    let weeks = RHYTHM_DAYS / 7;
    match recent {
        0 => frame.t("feeds.rhythm_silent").to_owned(),
        _ if recent < weeks => frame.t("feeds.rhythm_rare").to_owned(),
        _ if recent < 3 * RHYTHM_DAYS => frame.count("feeds.rhythm_week", (recent + weeks / 2) / weeks),
        _ => frame.count("feeds.rhythm_day", (recent + RHYTHM_DAYS / 2) / RHYTHM_DAYS),
    }
}

fn is_about_the_address(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::Unreachable
            | Failure::Http(400..=410)
            | Failure::Gone
            | Failure::Redirects
            | Failure::Empty
            | Failure::HtmlPage
            | Failure::NotAFeed
    )
}
