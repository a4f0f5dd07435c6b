//! A moment as a page shows it.

use jiff::tz::TimeZone;

use crate::domain::UnixMillis;
use crate::web::locale::Locale;

/// A moment in three forms, for `<time datetime title>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// For machines (RFC 3339, in UTC, to the second).
    pub machine: String,
    /// In full, in the reader's zone.
    pub full: String,
    /// In few letters, as seen from now.
    pub short: String,
}

impl Moment {
    /// The forms of `at`.
    pub fn new(at: UnixMillis, now: UnixMillis, zone: &TimeZone, locale: Locale) -> Self {
        Self {
            machine: at.to_timestamp().map(|t| t.strftime("%FT%TZ").to_string()).unwrap_or_default(),
            full: locale.date_time(at, zone),
            short: locale.ago(at, now, zone),
        }
    }

    /// The forms of a moment to come.
    pub fn ahead(at: UnixMillis, now: UnixMillis, zone: &TimeZone, locale: Locale) -> Self {
        Self { short: locale.until(at, now), ..Self::new(at, now, zone, locale) }
    }
}
