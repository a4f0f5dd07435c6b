//! Dates as feeds write them.

use crate::domain::{Language, UnixMillis};

/// What helps to read a date that does not say everything.
#[derive(Debug, Clone, Copy)]
pub struct DateContext<'a> {
    /// The language of the feed: which month names, and which zone “CST” is.
    pub language: Option<&'a Language>,
    /// The host of the feed, for its country.
    pub host: Option<&'a str>,
    /// The present moment; nothing later than a day after it comes out.
    pub now: UnixMillis,
}

/// The instant that `text` means, within [1970, now + 24 h], or `None` if it says none.
pub fn parse_date(text: &str, ctx: &DateContext<'_>) -> Option<UnixMillis> {
    let latest = ctx.now.plus(UnixMillis::DAY);
    let text = text.trim();
    let timestamp: jiff::Timestamp =
        text.parse().ok().or_else(|| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))?;
    Some(UnixMillis::from(timestamp).clamp(UnixMillis(0), latest))
}
