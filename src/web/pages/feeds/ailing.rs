//! Feeds that can be read, or fail, in a way that looks lasting: whether a source is dying, and why one thinks so.

use jiff::fmt::rfc2822;

use crate::domain::{Failure, UnixMillis};
use crate::store::{FeedKind, SubscriptionRow};

/// Silence counts from so many times the usual pause between two articles on,
const PAUSES: i64 = 8;
/// and from so long on.
const SILENCE: i64 = 45 * UnixMillis::DAY;
/// A host that nobody answers at, or a file that is not there, may be a matter of days.
const ABSENCE: i64 = 14 * UnixMillis::DAY;
/// A web page in its place rarely goes again.
const REPLACED: i64 = 3 * UnixMillis::DAY;
/// For so long it is told that a feed turned into another one.
const TOLD: i64 = 90 * UnixMillis::DAY;

/// Why a feed is taken for ailing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ailment {
    /// Nothing new for much longer than usual: since when, how many days lay between two articles, and whether the file
    /// itself has not been touched either.
    Silent { since: UnixMillis, days: i64, is_still: bool },
    /// Nobody answers at its host.
    HostGone(UnixMillis),
    /// There is nothing at its address.
    FileGone(UnixMillis),
    /// There is a web page at its address.
    Replaced(UnixMillis),
    /// All that it had was exchanged for another site's.
    Turned(UnixMillis),
}

/// What ails a feed.
pub(super) fn ailment(row: &SubscriptionRow, now: UnixMillis) -> Option<Ailment> {
    if row.kind != FeedKind::Public || row.paused_at.is_some() {
        return None;
    }
    if let Some(failure) = row.failure {
        let since = row.failing_since?;
        let lasts = |long: i64| since.plus(long) <= now;
        return match failure {
            Failure::Unreachable if lasts(ABSENCE) => Some(Ailment::HostGone(since)),
            Failure::Gone => Some(Ailment::FileGone(since)),
            Failure::Http(404 | 410) if lasts(ABSENCE) => Some(Ailment::FileGone(since)),
            Failure::HtmlPage | Failure::NotAFeed | Failure::Empty if lasts(REPLACED) => Some(Ailment::Replaced(since)),
            _ => None,
        };
    }
    if let Some(at) = row.turned_at.filter(|at| at.plus(TOLD) > now) {
        return Some(Ailment::Turned(at));
    }
    let (newest, tenth) = (row.newest_article_at?, row.tenth_article_at?);
    let pause = ((newest.0 - tenth.0) / 9).max(UnixMillis::DAY);
    let silence = now.0 - newest.0;
    (silence > SILENCE && silence > pause.saturating_mul(PAUSES)).then(|| Ailment::Silent {
        since: newest,
        days: (pause + UnixMillis::DAY / 2) / UnixMillis::DAY,
        is_still: row.last_modified.as_deref().and_then(moment_of).is_some_and(|at| at <= newest.plus(REPLACED)),
    })
}

/// The moment of a `Last-Modified`.
fn moment_of(header: &str) -> Option<UnixMillis> {
    rfc2822::parse(header).ok().map(|moment| UnixMillis(moment.timestamp().as_millisecond()))
}
