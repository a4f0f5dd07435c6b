//! How often someone may try a password.
//!
//! Three counters, all in memory and bounded: tries per account and network (five are free, then the wait doubles from
//! one second to a quarter of an hour), tries per network and minute, and wrong tries per account and hour. The last
//! one never shuts the owner out: once an account is under attack from many networks, each network is left one free
//! try instead of five, and networks from which the account was entered before keep theirs.
//!
//! Does not own: the passwords themselves, nor what is shown to the one who waits. In: account names, addresses,
//! moments; out: go or wait.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use crate::domain::UnixMillis;

/// Tries per account and network before waiting begins.
const FREE_TRIES: u32 = 5;
/// Tries per network that are left free while the account is under attack.
const FREE_TRIES_UNDER_ATTACK: u32 = 1;
/// Wrong tries per account and hour after which it counts as under attack.
const ATTACK: u32 = 100;
/// Tries per network and minute, whatever the account.
const PER_MINUTE: u32 = 20;
/// Public pages that one address may open in a minute.
const PUBLIC_PER_MINUTE: u32 = 60;
/// The longest wait.
const LONGEST_WAIT: i64 = 15 * UnixMillis::MINUTE;
/// After this much quiet a counter is forgotten.
const FORGET: i64 = UnixMillis::HOUR;
/// Counters kept per table: a flood from many networks must not eat the memory.
const MOST_COUNTERS: usize = 20_000;

/// The network that an address counts as: its /24 for IPv4, its /64 for IPv6, since whoever holds one address of
/// those usually holds all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & 0xffff_ff00)),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        })
    }
}

/// The seconds to wait before the next try is looked at, at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(pub u32);

#[derive(Debug, Clone, Copy)]
struct Counter {
    count: u32,
    since: UnixMillis,
    last: UnixMillis,
    /// Set where an account was entered from a network; such pairs keep their free tries under attack.
    trusted: bool,
}

#[derive(Debug, Default)]
struct Counters {
    pairs: HashMap<(String, Network), Counter>,
    networks: HashMap<Network, Counter>,
    accounts: HashMap<String, Counter>,
}

/// The counters of one process.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<Counters>);

impl Throttle {
    /// Counts one try and says whether it may be looked at. The try counts as a wrong one until
    /// [`Throttle::succeeded`] says otherwise, so that many at once cannot slip through together.
    pub fn attempt(&self, account: &str, address: IpAddr, now: UnixMillis) -> Result<(), Wait> {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let network = Network::from(address);
        let account = account.to_lowercase();

        let minute = counter(&mut counters.networks, network, now, UnixMillis::MINUTE);
        if minute.count >= PER_MINUTE {
            return Err(wait_until(minute.since.plus(UnixMillis::MINUTE), now));
        }
        minute.count += 1;

        let hour = counter(&mut counters.accounts, account.clone(), now, UnixMillis::HOUR);
        let under_attack = hour.count >= ATTACK;
        let pair = recent(&mut counters.pairs, (account.clone(), network), now);
        let free = if under_attack && !pair.trusted { FREE_TRIES_UNDER_ATTACK } else { FREE_TRIES };
        if pair.count >= free {
            let doublings = (pair.count - free).min(20);
            let wait = (UnixMillis::SECOND << doublings).min(LONGEST_WAIT);
            let until = pair.last.plus(wait);
            if until > now {
                return Err(wait_until(until, now));
            }
        }
        pair.count = pair.count.saturating_add(1);
        pair.last = now;
        let hour = counter(&mut counters.accounts, account, now, UnixMillis::HOUR);
        hour.count = hour.count.saturating_add(1);
        Ok(())
    }

    /// The password of the last try was right: its counter starts anew, and the network is known from now on.
    pub fn succeeded(&self, account: &str, address: IpAddr, now: UnixMillis) {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let account = account.to_lowercase();
        if let Some(hour) = counters.accounts.get_mut(&account) {
            hour.count = hour.count.saturating_sub(1);
        }
        let pair = recent(&mut counters.pairs, (account, Network::from(address)), now);
        *pair = Counter { count: 0, since: now, last: now, trusted: true };
    }
}

/// The address that visits are counted by: one of IPv4, the /64 of IPv6.
fn visitor(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// How often each address came to pages that are given away, whether they were there or not: codes are not to be tried out.
#[derive(Debug, Default)]
pub struct PublicVisits(Mutex<HashMap<IpAddr, Counter>>);

impl PublicVisits {
    /// Counts a visit and says whether it may go on.
    pub fn visit(&self, address: IpAddr, now: UnixMillis) -> Result<(), Wait> {
        let mut visits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = counter(&mut visits, visitor(address), now, UnixMillis::MINUTE);
        if minute.count >= PUBLIC_PER_MINUTE {
            return Err(wait_until(minute.since.plus(UnixMillis::MINUTE), now));
        }
        minute.count += 1;
        Ok(())
    }
}

/// The counter of `key` in a window of `window` milliseconds, begun anew when the window is over.
fn counter<K: Hash + Eq>(table: &mut HashMap<K, Counter>, key: K, now: UnixMillis, window: i64) -> &mut Counter {
    make_room(table, now);
    let fresh = Counter { count: 0, since: now, last: now, trusted: false };
    let entry = table.entry(key).or_insert(fresh);
    // A clock that was set back must not stretch a window.
    if entry.since.plus(window) <= now || entry.since > now {
        *entry = fresh;
    }
    entry.last = now;
    entry
}

/// The counter of `key`, begun anew after an hour of quiet.
fn recent<K: Hash + Eq>(table: &mut HashMap<K, Counter>, key: K, now: UnixMillis) -> &mut Counter {
    make_room(table, now);
    let entry = table.entry(key).or_insert(Counter { count: 0, since: now, last: now, trusted: false });
    if entry.last.plus(FORGET) <= now {
        entry.count = 0;
    }
    entry.last = entry.last.min(now);
    entry
}

fn make_room<K: Hash + Eq>(table: &mut HashMap<K, Counter>, now: UnixMillis) {
    if table.len() < MOST_COUNTERS {
        return;
    }
    table.retain(|_, counter| counter.trusted || counter.last.plus(FORGET) > now);
    if table.len() >= MOST_COUNTERS {
        // Everything is recent: the older half goes. Whoever fills the table this way gains a few free tries only.
        let mut moments: Vec<_> = table.values().map(|counter| counter.last).collect();
        let (_, median, _) = moments.select_nth_unstable(MOST_COUNTERS / 2);
        let median = *median;
        table.retain(|_, counter| counter.last > median);
    }
}

fn wait_until(moment: UnixMillis, now: UnixMillis) -> Wait {
    let millis = (moment.0 - now.0).clamp(1, LONGEST_WAIT);
    Wait(u32::try_from((millis + UnixMillis::SECOND - 1) / UnixMillis::SECOND).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));
    const START: UnixMillis = UnixMillis(1_700_000_000_000);

    #[test]
    fn five_tries_are_free_and_then_the_wait_doubles_to_a_quarter_of_an_hour() {
        let throttle = Throttle::default();
        let mut now = START;
        for _ in 0..FREE_TRIES {
            assert_eq!(throttle.attempt("ada", HOME, now), Ok(()));
        }
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(throttle.attempt("ada", HOME, now), Err(Wait(expected)));
            now = now.plus(i64::from(expected) * UnixMillis::SECOND);
            assert_eq!(throttle.attempt("ada", HOME, now), Ok(()), "after {expected} s");
        }
    }

    #[test]
    fn the_right_password_gives_the_free_tries_back() {
        let throttle = Throttle::default();
        for _ in 0..4 {
            assert_eq!(throttle.attempt("ada", HOME, START), Ok(()));
        }
        throttle.succeeded("ada", HOME, START);
        for _ in 0..FREE_TRIES {
            assert_eq!(throttle.attempt("Ada", HOME, START), Ok(()));
        }
        assert!(throttle.attempt("ADA", HOME, START).is_err());
    }

    #[test]
    fn one_network_has_twenty_tries_a_minute_over_all_accounts() {
        let throttle = Throttle::default();
        let tried = (0..1_000).filter(|n| throttle.attempt(&format!("name{n}"), HOME, START).is_ok()).count();
        assert_eq!(tried, 20);
        assert_eq!(throttle.attempt("ada", HOME, START.plus(30_000)), Err(Wait(30)));
        assert_eq!(throttle.attempt("ada", HOME, START.plus(60_000)), Ok(()));
    }

    #[test]
    fn an_attack_from_many_networks_does_not_shut_the_owner_out() {
        let throttle = Throttle::default();
        throttle.succeeded("ada", HOME, START);
        let mut looked_at = 0;
        for network in 0..200u8 {
            for _ in 0..10 {
                let address = IpAddr::V4(Ipv4Addr::new(203, 0, network, 1));
                looked_at += u32::from(throttle.attempt("ada", address, START).is_ok());
            }
        }
        assert!(looked_at < 300, "{looked_at} tries were looked at");
        assert_eq!(throttle.attempt("ada", HOME, START), Ok(()));
        let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!(throttle.attempt("ada", elsewhere, START), Ok(()), "one try is left to everyone");
    }

    #[test]
    fn neighbouring_addresses_of_one_holder_count_as_one() {
        let throttle = Throttle::default();
        for host in 0..5u16 {
            let address = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, host, host, 0, 1));
            assert_eq!(throttle.attempt("ada", address, START), Ok(()));
        }
        let address = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 99, 0, 0, 1));
        assert!(throttle.attempt("ada", address, START).is_err());
    }

    #[test]
    fn nobody_tries_out_more_than_a_few_codes() {
        let visits = PublicVisits::default();
        let looked_at = (0..1_000_000).filter(|n| visits.visit(HOME, START.plus(n / 20)).is_ok()).count();
        assert_eq!(looked_at, 60, "of a million in fifty seconds");
        assert!(visits.visit(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 8)), START).is_ok(), "a neighbour is another one");
        assert!(visits.visit(HOME, START.plus(UnixMillis::MINUTE)).is_ok());
    }

    #[test]
    fn a_flood_of_names_does_not_grow_the_tables_without_end() {
        let throttle = Throttle::default();
        for n in 0..50_000u32 {
            let address = IpAddr::V4(Ipv4Addr::from_bits(n << 8));
            let _ = throttle.attempt(&format!("name{n}"), address, START.plus(i64::from(n)));
        }
        let counters = throttle.0.lock().unwrap();
        assert!(counters.pairs.len() <= MOST_COUNTERS && counters.networks.len() <= MOST_COUNTERS);
        assert!(counters.accounts.len() <= MOST_COUNTERS);
    }

    #[test]
    fn a_clock_that_was_set_back_stretches_no_wait() {
        let throttle = Throttle::default();
        for _ in 0..FREE_TRIES {
            assert_eq!(throttle.attempt("ada", HOME, START), Ok(()));
        }
        let yesterday = START.plus(-UnixMillis::DAY);
        assert_eq!(throttle.attempt("ada", HOME, yesterday), Err(Wait(1)));
    }
}
