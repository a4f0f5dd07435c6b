//! What a server says about when to come again.

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, RETRY_AFTER};

use crate::domain::UnixMillis;

/// When to come again, as the headers of an answer have it. Unclamped: the schedule decides what is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheHints {
    /// How long the answer stays fresh, in milliseconds from now: `Cache-Control: max-age`, else `Expires`
    /// (RFC 9111, 4.2.1), less the `Age` it already has.
    pub max_age_millis: Option<i64>,
    /// How long to stay away, in milliseconds from now: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
    pub retry_after_millis: Option<i64>,
}

impl CacheHints {
    /// Reads the hints of an answer that came at `now`.
    pub(super) fn read(headers: &HeaderMap, now: UnixMillis) -> Self {
        let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok()).map(str::trim);
        let age = text(AGE).and_then(seconds).unwrap_or(0);
        let max_age = headers
            .get_all(CACHE_CONTROL)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|directive| directive.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"))
            .and_then(|(_, value)| seconds(value.trim().trim_matches('"')));
        let expires = || {
            let expires = http_date(text(EXPIRES)?)?;
            // Against the server's own clock where it tells it: many are wrong in the same way on both headers.
            let date = text(DATE).and_then(http_date).unwrap_or(now);
            Some(expires.0.saturating_sub(date.0))
        };
        let max_age_millis = max_age.or_else(expires).map(|millis| millis.saturating_sub(age).max(0));
        let retry_after_millis = text(RETRY_AFTER).and_then(|value| {
            seconds(value).or_else(|| http_date(value).map(|date| date.0.saturating_sub(now.0).max(0)))
        });
        Self { max_age_millis, retry_after_millis }
    }
}

/// A whole number of seconds, in milliseconds. More digits than a number holds means “very long”.
fn seconds(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(UnixMillis::SECOND))
}

/// A date in one of the three forms of RFC 9110, 5.6.7.
pub(super) fn http_date(text: &str) -> Option<UnixMillis> {
    if let Ok(zoned) = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_zoned(text) {
        return Some(zoned.timestamp().into());
    }
    let form = if text.contains('-') { "%A, %d-%b-%y %H:%M:%S GMT" } else { "%a %b %e %H:%M:%S %Y" };
    let civil = jiff::fmt::strtime::parse(form, text).ok()?.to_datetime().ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:37Z, the date of the examples in RFC 9110.
    const EXAMPLE: UnixMillis = UnixMillis(784_111_777_000);

    fn read(headers: &[(&'static str, &str)]) -> CacheHints {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        CacheHints::read(&map, EXAMPLE)
    }

    #[test]
    fn the_three_forms_of_http_dates_are_read() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(http_date(text), Some(EXAMPLE), "{text}");
        }
        assert_eq!(http_date("0"), None);
    }

    #[test]
    fn retry_after_counts_in_seconds_or_up_to_a_date() {
        assert_eq!(read(&[("retry-after", "120")]).retry_after_millis, Some(120_000));
        assert_eq!(read(&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")]).retry_after_millis, Some(60_000));
        assert_eq!(read(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]).retry_after_millis, Some(0));
        assert_eq!(read(&[("retry-after", "99999999999999999999")]).retry_after_millis, Some(i64::MAX));
        assert_eq!(read(&[("retry-after", "soon")]).retry_after_millis, None);
        assert_eq!(read(&[("retry-after", "-5")]).retry_after_millis, None);
    }

    #[test]
    fn max_age_wins_over_expires_and_age_is_taken_off() {
        let later = ("expires", "Sun, 06 Nov 1994 09:49:37 GMT");
        assert_eq!(read(&[later]).max_age_millis, Some(3_600_000));
        assert_eq!(read(&[later, ("cache-control", "public, Max-Age=60")]).max_age_millis, Some(60_000));
        assert_eq!(read(&[("cache-control", "max-age=60"), ("age", "50")]).max_age_millis, Some(10_000));
        assert_eq!(read(&[("expires", "0")]).max_age_millis, None);
        assert_eq!(read(&[("expires", "Sun, 06 Nov 1994 08:00:00 GMT")]).max_age_millis, Some(0));
        assert_eq!(read(&[("cache-control", "no-cache")]).max_age_millis, None);
    }

    #[test]
    fn expires_is_measured_by_the_servers_own_clock() {
        let hints = read(&[("date", "Sun, 06 Nov 1994 10:00:00 GMT"), ("expires", "Sun, 06 Nov 1994 10:30:00 GMT")]);
        assert_eq!(hints.max_age_millis, Some(1_800_000));
    }
}
