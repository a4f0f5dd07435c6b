//! Politeness towards hosts: how many connections, how often, and when a whole host is left alone.
//!
//! Kept in memory only: after a restart a host is at worst asked once too early. What a single feed was told is
//! remembered with the feed.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::domain::UnixMillis;

/// Above this many hosts, those that nobody needs are forgotten.
const REMEMBERED_HOSTS: usize = 4_096;
/// So many feeds of one host must have been turned away before the whole host is left alone.
const FEEDS_FOR_A_HOLD: usize = 2;
/// How long a host is left alone that turned feeds away without saying for how long.
const DEFAULT_HOLD: i64 = 5 * UnixMillis::MINUTE;
/// The longest time for which a host is left alone, whatever it says.
const LONGEST_HOLD: i64 = UnixMillis::DAY;
/// The most turned away feeds that are remembered of one host.
const REMEMBERED_FEEDS: usize = 16;

/// All hosts that were asked lately.
#[derive(Debug)]
pub(super) struct Hosts {
    known: Mutex<HashMap<String, Arc<Host>>>,
    overall: Arc<Semaphore>,
    per_host: usize,
    interval: Duration,
    hasher: RandomState,
}

#[derive(Debug)]
struct Host {
    connections: Arc<Semaphore>,
    /// When the next paced request may start.
    next_start: Mutex<Option<Instant>>,
    turned_away: Mutex<TurnedAway>,
}

/// The feeds of a host that answered 429 or 503, each with the time until which it is to stay away.
#[derive(Debug, Default)]
struct TurnedAway(Vec<(u64, UnixMillis)>);

/// A place at a host, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    _connection: OwnedSemaphorePermit,
    _overall: OwnedSemaphorePermit,
}

impl Hosts {
    pub(super) fn new(overall: usize, per_host: usize, interval: Duration) -> Self {
        Self {
            known: Mutex::default(),
            overall: Arc::new(Semaphore::new(overall.max(1))),
            per_host: per_host.max(1),
            interval,
            hasher: RandomState::new(),
        }
    }

    /// Waits for a place at `host`. A `paced` request also waits until the last one is far enough away; one that is
    /// not paced starts at once, but the next paced request waits after it too.
    ///
    /// The place among all requests is taken last, so that those who wait for a slow host keep nobody else waiting.
    pub(super) async fn place(&self, host: &str, paced: bool) -> Option<Place> {
        let host = self.host(host);
        let connection = Arc::clone(&host.connections).acquire_owned().await.ok()?;
        if !self.interval.is_zero() {
            let start = host.reserve(Instant::now(), self.interval, paced);
            tokio::time::sleep_until(start).await;
        }
        let overall = Arc::clone(&self.overall).acquire_owned().await.ok()?;
        Some(Place { _connection: connection, _overall: overall })
    }

    /// How long `host` is to be left alone as a whole, in milliseconds, if several of its feeds were turned away.
    pub(super) fn held_for(&self, host: &str, now: UnixMillis) -> Option<i64> {
        let host = Arc::clone(lock(&self.known).get(host)?);
        lock(&host.turned_away).held_for(now)
    }

    /// Remembers that the feed at `url` was turned away (429 or 503), for `millis` if the server said so.
    pub(super) fn turn_away(&self, host: &str, url: &str, millis: Option<i64>, now: UnixMillis) {
        let until = now.plus(millis.unwrap_or(DEFAULT_HOLD).clamp(0, LONGEST_HOLD));
        lock(&self.host(host).turned_away).add(self.hasher.hash_one(url), until, now);
    }

    /// Remembers that the feed at `url` was answered: the host is not turning everybody away.
    pub(super) fn welcome(&self, host: &str, url: &str) {
        let Some(host) = lock(&self.known).get(host).map(Arc::clone) else { return };
        let mut turned_away = lock(&host.turned_away);
        if !turned_away.0.is_empty() {
            let key = self.hasher.hash_one(url);
            turned_away.0.retain(|(feed, _)| *feed != key);
        }
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut known = lock(&self.known);
        if let Some(host) = known.get(name) {
            return Arc::clone(host);
        }
        if known.len() >= REMEMBERED_HOSTS {
            let now = Instant::now();
            known.retain(|_, host| Arc::strong_count(host) > 1 || host.is_needed(now));
        }
        let host = Arc::new(Host {
            connections: Arc::new(Semaphore::new(self.per_host)),
            next_start: Mutex::new(None),
            turned_away: Mutex::default(),
        });
        known.insert(name.to_owned(), Arc::clone(&host));
        host
    }
}

impl Host {
    /// When a request that comes at `now` may start; the next paced one waits for an `interval` more.
    fn reserve(&self, now: Instant, interval: Duration, paced: bool) -> Instant {
        let mut next = lock(&self.next_start);
        let free = next.map_or(now, |next| next.max(now));
        *next = Some(free + interval);
        if paced { free } else { now }
    }

    fn is_needed(&self, now: Instant) -> bool {
        self.connections.available_permits() == 0
            || lock(&self.next_start).is_some_and(|next| next > now)
            || !lock(&self.turned_away).0.is_empty()
    }
}

impl TurnedAway {
    fn add(&mut self, feed: u64, until: UnixMillis, now: UnixMillis) {
        self.0.retain(|(other, other_until)| *other != feed && *other_until > now);
        if self.0.len() < REMEMBERED_FEEDS {
            self.0.push((feed, until));
        }
    }

    /// Until the first of the feeds may come again: then one of them finds out how things stand.
    fn held_for(&mut self, now: UnixMillis) -> Option<i64> {
        self.0.retain(|(_, until)| *until > now);
        if self.0.len() < FEEDS_FOR_A_HOLD {
            return None;
        }
        self.0.iter().map(|(_, until)| until.0 - now.0).min()
    }
}

/// None of the values behind these locks can be left half-changed, so a panic elsewhere does not spoil them.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_000_000);

    /// Real time, in steps that are long against the noise of a busy machine.
    const STEP: Duration = Duration::from_millis(200);

    fn hosts(interval: Duration) -> Hosts {
        Hosts::new(32, 2, interval)
    }

    /// How many whole steps went by since `begin`.
    fn steps(begin: Instant) -> u128 {
        begin.elapsed().as_millis() / STEP.as_millis()
    }

    #[tokio::test]
    async fn requests_to_one_host_start_an_interval_apart() {
        let hosts = hosts(STEP);
        let begin = Instant::now();
        for _ in 0..3 {
            hosts.place("a.example", true).await;
        }
        assert_eq!(steps(begin), 2);
        hosts.place("b.example", true).await;
        assert_eq!(steps(begin), 2, "another host does not wait");
    }

    #[tokio::test]
    async fn a_request_that_somebody_waits_for_starts_at_once_and_is_made_up_for_later() {
        let hosts = hosts(STEP);
        let begin = Instant::now();
        hosts.place("a.example", true).await;
        hosts.place("a.example", false).await;
        assert_eq!(steps(begin), 0);
        hosts.place("a.example", true).await;
        assert_eq!(steps(begin), 2);
    }

    #[tokio::test]
    async fn a_third_connection_to_a_host_waits_and_other_hosts_do_not() {
        let hosts = Hosts::new(3, 2, Duration::ZERO);
        let _one = hosts.place("a.example", true).await;
        let _two = hosts.place("a.example", true).await;
        let third = tokio::time::timeout(STEP, hosts.place("a.example", true));
        let other = tokio::time::timeout(STEP, hosts.place("b.example", true));
        let (third, other) = tokio::join!(third, other);
        assert!(third.is_err());
        assert!(other.is_ok(), "those who wait for a host hold no place among all requests");
    }

    #[test]
    fn one_feed_that_is_turned_away_does_not_stop_its_host() {
        let hosts = hosts(Duration::ZERO);
        hosts.turn_away("a.example", "/1", Some(60_000), NOW);
        hosts.turn_away("a.example", "/1", Some(60_000), NOW);
        assert_eq!(hosts.held_for("a.example", NOW), None);
    }

    #[test]
    fn several_feeds_that_are_turned_away_stop_their_host_until_the_first_may_come_again() {
        let hosts = hosts(Duration::ZERO);
        hosts.turn_away("a.example", "/1", Some(60_000), NOW);
        hosts.turn_away("a.example", "/2", None, NOW);
        assert_eq!(hosts.held_for("a.example", NOW), Some(60_000));
        assert_eq!(hosts.held_for("b.example", NOW), None);
        assert_eq!(hosts.held_for("a.example", NOW.plus(60_000)), None);
    }

    #[test]
    fn a_feed_that_is_answered_ends_the_hold() {
        let hosts = hosts(Duration::ZERO);
        hosts.turn_away("a.example", "/1", Some(60_000), NOW);
        hosts.turn_away("a.example", "/2", Some(60_000), NOW);
        hosts.welcome("a.example", "/2");
        assert_eq!(hosts.held_for("a.example", NOW), None);
    }

    #[test]
    fn hosts_that_nobody_needs_are_forgotten() {
        let hosts = hosts(Duration::ZERO);
        for number in 0..REMEMBERED_HOSTS + 10 {
            hosts.host(&format!("{number}.example"));
        }
        assert!(lock(&hosts.known).len() <= 10);
    }
}
