//! Moments as they are written in queries.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use crate::domain::UnixMillis;

/// The moment that `2023`, `2023-08`, `2023-08-15`, `today`, `yesterday`, `7d`, `2w`, `3m` or `1y` names: the beginning of the year,
/// month or day in the reader's zone, or so long before `now`.
pub(super) fn moment(text: &str, now: UnixMillis, zone: &TimeZone) -> Option<UnixMillis> {
    let now = Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone());
    let found = match text {
        "today" => now.start_of_day().ok()?,
        "yesterday" => now.yesterday().ok()?.start_of_day().ok()?,
        _ => match ago(text, &now) {
            Some(moment) => moment,
            None => date(text)?.to_zoned(zone.clone()).ok()?,
        },
    };
    Some(UnixMillis(found.timestamp().as_millisecond()))
}

fn ago(text: &str, now: &Zoned) -> Option<Zoned> {
    let unit = text.chars().next_back()?;
    let number: i32 = text.strip_suffix(unit)?.parse().ok().filter(|n| (0..=10_000).contains(n))?;
    let span = Span::new();
    let span = match unit {
        'h' => span.try_hours(number),
        'd' => span.try_days(number),
        'w' => span.try_weeks(number),
        'm' => span.try_months(number),
        'y' => span.try_years(number.min(2_000)),
        _ => return None,
    };
    now.checked_sub(span.ok()?).ok()
}

fn date(text: &str) -> Option<Date> {
    let mut parts = text.split(['-', '/', '.']);
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let mut next = || match parts.next() {
        Some(part) if part.len() <= 2 => part.parse().ok(),
        Some(_) => None,
        None => Some(1),
    };
    let (month, day) = (next()?, next()?);
    if parts.next().is_some() { None } else { Date::new(year, month, day).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_zone_of_the_reader() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let now = "2026-11-25T20:00:00Z".parse::<Timestamp>().unwrap();
        for (text, expected) in [
            ("2023", Some("2022-12-31T16:00:00Z")),
            ("2023-08", Some("2023-07-31T16:00:00Z")),
            ("2023/8/15", Some("2023-08-14T16:00:00Z")),
            ("today", Some("2026-11-25T16:00:00Z")),
            ("yesterday", Some("2026-11-24T16:00:00Z")),
            ("7d", Some("2026-11-18T20:00:00Z")),
            ("1m", Some("2026-10-25T20:00:00Z")),
            ("24h", Some("2026-11-24T20:00:00Z")),
            ("2023-13", None),
            ("2023-02-30", None),
            ("2023-08-15-1", None),
            ("99999999d", None),
            ("-7d", None),
            ("d", None),
            ("é", None),
            ("", None),
        ] {
            let found = moment(text, UnixMillis(now.as_millisecond()), &zone);
            let expected = expected.map(|text| UnixMillis(text.parse::<Timestamp>().unwrap().as_millisecond()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_day_is_a_day_where_clocks_are_changed() {
        for (zone, now, text, expected) in [
            // In Berlin 31 March 2024 had 23 hours and 27 October 25.
            ("Europe/Berlin", "2024-03-31T20:00:00Z", "today", "2024-03-30T23:00:00Z"),
            ("Europe/Berlin", "2024-04-01T20:00:00Z", "yesterday", "2024-03-30T23:00:00Z"),
            ("Europe/Berlin", "2024-04-02T10:00:00Z", "2024-04-01", "2024-03-31T22:00:00Z"),
            ("Europe/Berlin", "2024-04-02T10:00:00Z", "3d", "2024-03-30T11:00:00Z"),
            ("Europe/Berlin", "2024-04-02T10:00:00Z", "72h", "2024-03-30T10:00:00Z"),
            ("Europe/Berlin", "2024-10-28T10:00:00Z", "yesterday", "2024-10-26T22:00:00Z"),
            // In Cairo 26 April 2024 began at one o'clock.
            ("Africa/Cairo", "2024-04-26T10:00:00Z", "today", "2024-04-25T22:00:00Z"),
            ("Africa/Cairo", "2024-05-26T10:00:00Z", "2024-04-26", "2024-04-25T22:00:00Z"),
        ] {
            let at = |text: &str| UnixMillis(text.parse::<Timestamp>().unwrap().as_millisecond());
            let found = moment(text, at(now), &TimeZone::get(zone).unwrap());
            assert_eq!(found, Some(at(expected)), "{text} at {now} in {zone}");
        }
    }
}
