//! When a feed is checked next: pure arithmetic on what is known of it.
//!
//! A feed is asked about twice as often as it brings something, never more often than the operator, the feed or its
//! server wants, and never so rarely that it is given up. Times are in milliseconds throughout.

use crate::domain::{Failure, UnixMillis, WebUrl};
use crate::egress::CacheHints;

/// The interval of a feed of which nothing is known: no dates, no wishes.
const UNKNOWN_RHYTHM: i64 = UnixMillis::HOUR;
/// From so many of its newest dates the rhythm is taken.
const DATES: usize = 20;
/// How much longer the interval gets with each check that brings nothing, in parts of a hundred.
const STRETCH_PERCENT: i64 = 110;
/// After so many answers in a row that tell of the same move, it is believed.
const MOVES_BELIEVED: i64 = 3;

/// The operator's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The shortest time between two checks.
    pub shortest: i64,
    /// The longest one, whatever a server asks for and however often it failed.
    pub longest: i64,
}

impl Default for Bounds {
    /// 15 minutes and 24 hours.
    fn default() -> Self {
        Self { shortest: 15 * UnixMillis::MINUTE, longest: UnixMillis::DAY }
    }
}

impl Bounds {
    fn hold(self, millis: i64) -> i64 {
        millis.clamp(self.shortest, self.longest.max(self.shortest))
    }
}

/// The interval at which a document suggests to check its feed: half the mean distance of its newest dates, the silence
/// since the newest one included, but not less than `declared` (RSS `ttl`, `sy:updatePeriod`).
pub fn interval(dates: impl IntoIterator<Item = UnixMillis>, declared: Option<i64>, now: UnixMillis) -> i64 {
    let mut ages: Vec<i64> = dates.into_iter().map(|date| (now.0.saturating_sub(date.0)).max(0)).collect();
    ages.sort_unstable();
    ages.truncate(DATES);
    let rhythm = match (ages.last(), i64::try_from(ages.len())) {
        (Some(oldest), Ok(count)) => oldest / count / 2,
        _ => UNKNOWN_RHYTHM,
    };
    rhythm.max(declared.unwrap_or(0))
}

/// The interval after a check that brought nothing: a little longer, so that a feed that fell silent is asked more and
/// more rarely. The next document brings it back to its rhythm.
pub fn stretched(interval: Option<i64>, bounds: Bounds) -> i64 {
    let interval = bounds.hold(interval.unwrap_or(UNKNOWN_RHYTHM));
    bounds.hold(interval.saturating_mul(STRETCH_PERCENT) / 100)
}

/// When to check again after an answer: after the feed's `interval`, and not while the server calls its answer fresh.
/// `jitter` is any number; feeds that were added together drift apart by it.
pub fn after_answer(now: UnixMillis, interval: i64, hints: CacheHints, bounds: Bounds, jitter: u64) -> UnixMillis {
    let wait = bounds.hold(interval).max(bounds.hold(hints.max_age_millis.unwrap_or(0)));
    now.plus(bounds.hold(jittered(wait, jitter)))
}

/// When to check again after the `in_a_row`th failure (1 is the first): twice as late each time, up to the longest
/// interval and never off; at the moment that the server names, within the same bounds.
pub fn after_failure(
    now: UnixMillis,
    interval: Option<i64>,
    in_a_row: i64,
    failure: Failure,
    hints: CacheHints,
    bounds: Bounds,
    jitter: u64,
) -> UnixMillis {
    if failure == Failure::SetAside {
        return now.plus(bounds.longest);
    }
    let rhythm = bounds.hold(interval.unwrap_or(0));
    if let Some(retry_after) = hints.retry_after_millis {
        // Later than asked is polite, earlier is not: the jitter only adds.
        let wait = rhythm.max(bounds.hold(retry_after));
        return now.plus(bounds.hold(wait.max(jittered(wait, jitter))));
    }
    let doublings = u32::try_from(in_a_row.clamp(1, 20)).unwrap_or(20);
    let backed_off = bounds.shortest.max(1).saturating_mul(1_i64 << doublings);
    now.plus(bounds.hold(jittered(rhythm.max(bounds.hold(backed_off)), jitter)))
}

/// Whether a move that was told `count` times in a row is believed, so that the feed's address changes.
pub fn is_believed(count: i64) -> bool {
    count >= MOVES_BELIEVED
}

/// Whether two addresses are of one site: the same host, with or without `www.`, by whatever scheme and port.
pub fn is_same_site(one: &WebUrl, other: &WebUrl) -> bool {
    let host = |url: &WebUrl| url.host().trim_end_matches('.').trim_start_matches("www.").to_owned();
    host(one) == host(other)
}

/// `wait`, up to a twentieth shorter or longer.
fn jittered(wait: i64, jitter: u64) -> i64 {
    let per_mille = 950 + i64::try_from(jitter % 101).unwrap_or(50);
    (wait / 1_000).saturating_mul(per_mille).saturating_add(wait % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
    const MINUTE: i64 = UnixMillis::MINUTE;
    const HOUR: i64 = UnixMillis::HOUR;
    const DAY: i64 = UnixMillis::DAY;
    const BOUNDS: Bounds = Bounds { shortest: 15 * MINUTE, longest: DAY };
    /// The jitter that changes nothing.
    const NONE: u64 = 50;

    fn every(step: i64, count: i64) -> Vec<UnixMillis> {
        (1..=count).map(|n| NOW.plus(-n * step)).collect()
    }

    fn fresh_for(millis: i64) -> CacheHints {
        CacheHints { max_age_millis: Some(millis), retry_after_millis: None }
    }

    fn wait(interval: i64, hints: CacheHints) -> i64 {
        after_answer(NOW, interval, hints, BOUNDS, NONE).0 - NOW.0
    }

    #[test]
    fn a_feed_is_asked_twice_as_often_as_it_brings_something() {
        for (dates, expected) in [
            (every(2 * HOUR, 50), HOUR),
            (every(DAY, 10), 12 * HOUR),
            (every(10 * MINUTE, 50), 5 * MINUTE),
            // One entry, two days old; silence counts too.
            (every(2 * DAY, 1), DAY),
            (vec![NOW.plus(-30 * DAY), NOW.plus(-30 * DAY - 60_000)], 7 * DAY + 12 * HOUR),
            // Nothing is known.
            (Vec::new(), HOUR),
            // The future counts as now.
            (vec![NOW.plus(DAY), NOW.plus(DAY)], 0),
        ] {
            let found = interval(dates.clone(), None, NOW);
            assert!((found - expected).abs() <= 60_000, "{dates:?}: {found} instead of {expected}");
        }
    }

    #[test]
    fn old_dates_do_not_slow_a_feed_that_woke_up() {
        let mut dates = every(HOUR, 20);
        dates.extend((1..100).map(|n| NOW.plus(-n * 365 * DAY)));
        assert_eq!(interval(dates, None, NOW), HOUR / 2);
    }

    #[test]
    fn a_feed_may_ask_for_more_time_but_not_for_less() {
        assert_eq!(interval(every(2 * HOUR, 20), Some(6 * HOUR), NOW), 6 * HOUR);
        assert_eq!(interval(every(2 * HOUR, 20), Some(MINUTE), NOW), HOUR);
    }

    #[test]
    fn the_next_check_stays_within_the_operators_bounds() {
        for (interval, hints, expected) in [
            (HOUR, CacheHints::default(), HOUR),
            (0, CacheHints::default(), 15 * MINUTE),
            (MINUTE, CacheHints::default(), 15 * MINUTE),
            (30 * DAY, CacheHints::default(), DAY),
            (HOUR, fresh_for(2 * HOUR), 2 * HOUR),
            (HOUR, fresh_for(10), HOUR),
            (HOUR, fresh_for(i64::MAX), DAY),
            (i64::MAX, fresh_for(i64::MAX), DAY),
            (i64::MIN, fresh_for(0), 15 * MINUTE),
        ] {
            assert_eq!(wait(interval, hints), expected, "{interval} {hints:?}");
        }
    }

    #[test]
    fn retry_after_is_not_a_wish_of_answers_that_came() {
        let hints = CacheHints { max_age_millis: None, retry_after_millis: Some(10 * HOUR) };
        assert_eq!(wait(HOUR, hints), HOUR);
    }

    #[test]
    fn failures_back_off_to_a_day_and_never_further() {
        let waits: Vec<i64> = [1, 2, 3, 4, 7, 8, 1_000, i64::MAX]
            .into_iter()
            .map(|n| {
                let next = after_failure(NOW, None, n, Failure::Http(500), CacheHints::default(), BOUNDS, NONE);
                (next.0 - NOW.0) / MINUTE
            })
            .collect();
        assert_eq!(waits, [30, 60, 120, 240, 1_440, 1_440, 1_440, 1_440]);
    }

    #[test]
    fn a_failing_feed_is_not_asked_more_often_than_a_sound_one() {
        let next = after_failure(NOW, Some(12 * HOUR), 1, Failure::TimedOut, CacheHints::default(), BOUNDS, NONE);
        assert_eq!(next, NOW.plus(12 * HOUR));
    }

    #[test]
    fn a_server_says_how_long_to_stay_away_within_bounds() {
        for (asked, expected) in [(0, 15 * MINUTE), (HOUR, HOUR), (5 * DAY, DAY), (i64::MAX, DAY)] {
            let hints = CacheHints { max_age_millis: None, retry_after_millis: Some(asked) };
            for jitter in [0, NONE] {
                let next = after_failure(NOW, None, 9, Failure::Http(429), hints, BOUNDS, jitter);
                assert_eq!(next, NOW.plus(expected), "{asked}");
            }
            let late = after_failure(NOW, None, 9, Failure::Http(429), hints, BOUNDS, 100);
            assert!(late >= NOW.plus(expected), "never before the time that the server named");
        }
    }

    #[test]
    fn what_was_set_aside_is_tried_again_after_the_longest_time() {
        let next = after_failure(NOW, None, 1, Failure::SetAside, CacheHints::default(), BOUNDS, NONE);
        assert_eq!(next, NOW.plus(DAY));
    }

    #[test]
    fn a_silent_feed_is_asked_more_and_more_rarely() {
        let mut interval = Some(HOUR);
        for _ in 0..40 {
            let longer = stretched(interval, BOUNDS);
            assert!(longer > interval.unwrap() || longer == DAY);
            interval = Some(longer);
        }
        assert_eq!(interval, Some(DAY));
        assert_eq!(stretched(None, BOUNDS), HOUR * 11 / 10);
    }

    #[test]
    fn feeds_that_were_added_together_drift_apart() {
        let next = |jitter| after_answer(NOW, HOUR, CacheHints::default(), BOUNDS, jitter).0 - NOW.0;
        assert_eq!((next(0), next(50), next(100)), (57 * MINUTE, HOUR, 63 * MINUTE));
        assert!((0..10_000).all(|jitter| (57 * MINUTE..=63 * MINUTE).contains(&next(jitter))));
    }

    #[test]
    fn a_site_is_its_host_whatever_its_scheme_and_www() {
        let same = |one: &str, other: &str| is_same_site(&one.parse().unwrap(), &other.parse().unwrap());
        assert!(same("http://a.example/rss", "https://www.a.example:8443/feed.xml"));
        assert!(!same("https://a.example/rss", "https://b.example/rss"));
        assert!(
            !same("https://evil.a.example/rss", "https://a.example/rss"),
            "hosts below belong to others on many sites"
        );
    }

    #[test]
    fn a_move_is_believed_when_it_was_told_three_times() {
        assert_eq!([1, 2, 3, 4].map(is_believed), [false, false, true, true]);
    }
}
