//! How much one account may send the server out for: fetching a feed now, looking at an address, reading a page again.
//!
//! Each of these keeps a connection to the outside and a place at some host. Sixteen at once and sixty a minute are more than
//! anybody at a desk asks for, and leave room for everybody else's. All feeds at once are fetched at most every half hour.
//! All in memory: a restart forgives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::{AccountId, UnixMillis};

/// Errands of one account at the same time.
const AT_ONCE: usize = 16;
/// Errands that one account may begin in a minute.
const PER_MINUTE: u32 = 60;

/// The time from one fetching of everything to the next, in milliseconds.
const ALL_AGAIN_AFTER: i64 = 30 * UnixMillis::MINUTE;

/// What is under way for whom.
#[derive(Debug, Default)]
pub struct Errands(Mutex<HashMap<AccountId, Account>>);

#[derive(Debug)]
struct Account {
    places: Arc<Semaphore>,
    minute: UnixMillis,
    begun: u32,
    /// When it last asked for all its feeds.
    all_at: Option<UnixMillis>,
}

/// An errand under way; over when dropped.
#[derive(Debug)]
pub struct Errand {
    _place: OwnedSemaphorePermit,
}

/// So much is under way already, or was begun within a minute, that the next one has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuch;

impl Errands {
    /// Begins an errand for `account`, or refuses at once: nobody waits in a line for a page.
    pub fn begin(&self, account: AccountId, now: UnixMillis) -> Result<Errand, TooMuch> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = accounts.entry(account).or_insert_with(|| Account::new(now));
        // A clock that was set back must not shut anybody out.
        if now >= known.minute.plus(UnixMillis::MINUTE) || now < known.minute {
            (known.minute, known.begun) = (now, 0);
        }
        if known.begun >= PER_MINUTE {
            return Err(TooMuch);
        }
        let place = Arc::clone(&known.places).try_acquire_owned().map_err(|_| TooMuch)?;
        known.begun += 1;
        Ok(Errand { _place: place })
    }

    /// Notes that `account` has all its feeds fetched now, or tells when it may next.
    pub fn begin_all(&self, account: AccountId, now: UnixMillis) -> Result<(), UnixMillis> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = accounts.entry(account).or_insert_with(|| Account::new(now));
        if let Some(at) = known.all_at.filter(|at| *at <= now && now < at.plus(ALL_AGAIN_AFTER)) {
            return Err(at.plus(ALL_AGAIN_AFTER));
        }
        known.all_at = Some(now);
        Ok(())
    }
}

impl Account {
    fn new(now: UnixMillis) -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), minute: now, begun: 0, all_at: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: AccountId = AccountId(1);
    const NOW: UnixMillis = UnixMillis(1_000_000);

    #[test]
    fn sixteen_at_once_and_then_the_next_when_one_is_over() {
        let errands = Errands::default();
        let mut under_way: Vec<_> = (0..AT_ONCE).map(|_| errands.begin(ANN, NOW).unwrap()).collect();
        assert!(errands.begin(ANN, NOW).is_err());
        assert!(errands.begin(AccountId(2), NOW).is_ok(), "others do not wait for her");
        under_way.pop();
        assert!(errands.begin(ANN, NOW).is_ok());
    }

    #[test]
    fn sixty_a_minute_and_then_in_the_next_one() {
        let errands = Errands::default();
        for _ in 0..PER_MINUTE {
            assert!(errands.begin(ANN, NOW).is_ok());
        }
        assert!(errands.begin(ANN, NOW.plus(UnixMillis::MINUTE - 1)).is_err());
        assert!(errands.begin(ANN, NOW.plus(UnixMillis::MINUTE)).is_ok());
        assert!(errands.begin(ANN, NOW).is_ok(), "a clock that is set back forgives");
    }

    #[test]
    fn everything_is_fetched_every_half_hour_at_most() {
        let errands = Errands::default();
        assert_eq!(errands.begin_all(ANN, NOW), Ok(()));
        let later = NOW.plus(ALL_AGAIN_AFTER);
        assert_eq!(errands.begin_all(ANN, NOW.plus(1)), Err(later));
        assert_eq!(errands.begin_all(AccountId(2), NOW), Ok(()));
        assert_eq!(errands.begin_all(ANN, later), Ok(()));
    }
}
