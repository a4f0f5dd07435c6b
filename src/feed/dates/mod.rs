//! Dates as feeds write them.
//!
//! RFC 822 and RFC 3339 are what the formats ask for; what is found is every habit of every country. So the text is not
//! matched against a list of whole patterns: `scan` takes it apart into what each piece can only be (a year, a month's
//! name, a time, a zone), and what fits together is a date. Words nobody knows make it unreadable, except at the very
//! beginning, where days of the week stand in any language. Other digits, eras and calendars are counted in ours.

mod calendars;
mod scan;
mod words;

use jiff::civil::{Date, DateTime, ISOWeekDate, Time, Weekday};
use jiff::tz::{Offset, TimeZone};

use self::scan::Pieces;
use crate::domain::{Language, UnixMillis};

/// Longer texts are no dates.
const LONGEST: usize = 128;

/// What helps to read a date that does not say everything.
#[derive(Debug, Clone, Copy)]
pub struct DateContext<'a> {
    /// The language of the feed: the order of day and month, and which zone “CST” is.
    pub language: Option<&'a Language>,
    /// The host of the feed, for its country.
    pub host: Option<&'a str>,
    /// The present moment; nothing later than a day after it comes out.
    pub now: UnixMillis,
}

/// The instant that `text` means, held within [1970, now + 24 h], or `None` if it means none.
///
/// Without a zone the time is that of the feed's country where that has only one (China, Japan, Korea), else UTC.
/// A date without a time is midnight UTC. Linear in the text, which may come from anyone.
pub fn parse_date(text: &str, ctx: &DateContext<'_>) -> Option<UnixMillis> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let latin = words::latin_digits(text);
    let text = latin.as_deref().unwrap_or(text);
    let of_week = day_of_week(text);
    let text = of_week.as_deref().unwrap_or(text);
    let millis = match unix_time(text) {
        Some(millis) => millis,
        None => written_time(text, ctx)?,
    };
    Some(UnixMillis(millis.clamp(0, ctx.now.plus(UnixMillis::DAY).0.max(0))))
}

/// A text that begins with a day by its week, `2002-W40-3` or `2002W403` (ISO 8601, section 5.2.3), with that day by its month.
fn day_of_week(text: &str) -> Option<String> {
    let (year, rest) = text.split_at_checked(4)?;
    let rest = rest.strip_prefix('-').unwrap_or(rest).strip_prefix('W')?;
    let (week, rest) = rest.split_at_checked(2)?;
    let (day, rest) = match rest.strip_prefix('-').unwrap_or(rest).split_at_checked(1) {
        Some((day, rest)) => (day.parse().ok()?, rest),
        None => (1, rest),
    };
    let day = Weekday::from_monday_one_offset(day).ok()?;
    let date = ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, day).ok()?.date();
    Some(format!("{date}{rest}"))
}

/// Seconds or milliseconds since 1970 as a bare number.
fn unix_time(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))?;
    match text.len() {
        9..=10 => number.checked_mul(1000),
        12..=13 => Some(number),
        _ => None,
    }
}

fn written_time(text: &str, ctx: &DateContext<'_>) -> Option<i64> {
    let pieces = scan::scan(text, day_comes_first(ctx))?;
    let date = if pieces.is_solar { calendars::solar(&pieces)? } else { date_of(&pieces)? };
    let (hour, minute, second) = match (pieces.time, pieces.afternoon) {
        (None, _) => (0, 0, 0),
        (Some((hour, minute, second)), None) => (hour, minute, second),
        (Some((12, minute, second)), Some(false)) => (0, minute, second),
        (Some((hour @ 1..=11, minute, second)), Some(true)) => (hour + 12, minute, second),
        (Some(time), Some(_)) => time,
    };
    // 24:00 is the end of the day and 60 a leap second; both are in real feeds.
    if hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let civil = DateTime::from_parts(date, Time::midnight());
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    let zone = match pieces.zone {
        Some(zone) => zone.resolve(ctx)?,
        None if pieces.time.is_none() => TimeZone::UTC,
        None => country_zone(ctx).or(pieces.script_zone).map_or(TimeZone::UTC, TimeZone::fixed),
    };
    let local = civil.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()?;
    let timestamp = zone.to_timestamp(local).ok()?;
    Some(timestamp.as_millisecond() + i64::from(pieces.millis))
}

fn date_of(pieces: &Pieces) -> Option<Date> {
    let year = match pieces.year? {
        (year @ 0..=69, 1 | 2) => year + 2000,
        (year, 1 | 2) => year + 1900,
        // The Buddhist era began 543 years before ours.
        (year @ 2400..=2699, _) => year - 543,
        // The last year of the calendar leaves no room for zones, and lies out of range anyway.
        (year, _) => year.min(9998),
    };
    if let Some(day) = pieces.day_of_year {
        let first = Date::new(year, 1, 1).ok()?;
        return (1..=first.days_in_year())
            .contains(&day)
            .then(|| first.checked_add(jiff::Span::new().days(day - 1)).ok())?;
    }
    Date::new(year, pieces.month.unwrap_or(1), pieces.day.unwrap_or(1)).ok()
}

/// Whether `5/6/2024` is the fifth of June: everywhere but in the United States, and where nothing is known.
fn day_comes_first(ctx: &DateContext<'_>) -> bool {
    ctx.language.is_some_and(|language| {
        language.primary() != "en"
            || matches!(language.as_str(), "en-GB" | "en-AU" | "en-NZ" | "en-IE" | "en-IN" | "en-ZA")
    })
}

/// A zone as it is written.
#[derive(Debug, Clone, PartialEq)]
enum Zone {
    /// Seconds east of Greenwich.
    Seconds(i32),
    /// A name in lower case, such as `cst` or `europe/brussels`.
    Name(String),
}

impl Zone {
    fn resolve(&self, ctx: &DateContext<'_>) -> Option<TimeZone> {
        match self {
            // No place on earth is further away than -12 and +14 hours.
            Self::Seconds(seconds @ -43_200..=50_400) => Offset::from_seconds(*seconds).ok().map(TimeZone::fixed),
            Self::Seconds(_) => None,
            Self::Name(name) if name.contains('/') => TimeZone::get(name).ok(),
            Self::Name(name) => words::zone(name, country(ctx)),
        }
    }
}

/// A country whose clock decides what a date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Country {
    China,
    Japan,
    Korea,
    Israel,
    Ireland,
    Bangladesh,
    Arabia,
    Elsewhere,
}

/// Where a feed is at home: its language says it where only one clock goes with it, else its host.
fn country(ctx: &DateContext<'_>) -> Country {
    let by_language = match ctx.language.map_or("", Language::primary) {
        "zh" => Country::China,
        "ja" => Country::Japan,
        "ko" => Country::Korea,
        "he" => Country::Israel,
        "bn" => Country::Bangladesh,
        "ar" => Country::Arabia,
        _ => Country::Elsewhere,
    };
    if by_language != Country::Elsewhere {
        return by_language;
    }
    match ctx.host.and_then(|host| host.rsplit('.').next()).unwrap_or_default() {
        "cn" | "tw" | "hk" | "mo" => Country::China,
        "jp" => Country::Japan,
        "kr" => Country::Korea,
        "il" => Country::Israel,
        "ie" => Country::Ireland,
        "bd" => Country::Bangladesh,
        _ => Country::Elsewhere,
    }
}

/// The clock of a country that has a single one and never changes it.
fn country_zone(ctx: &DateContext<'_>) -> Option<Offset> {
    match country(ctx) {
        Country::China => Some(jiff::tz::offset(8)),
        Country::Japan | Country::Korea => Some(jiff::tz::offset(9)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
