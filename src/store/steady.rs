//! A time for what goes for good, which no clock that jumps drives, and the mending of moments that a wrong clock left behind.
//!
//! The trash keeps for thirty days, whatever the machine believes the date to be: what goes for good is measured by a time that
//! never runs more than twice as fast as the server has been running, and never ahead of the clock. A clock that is a year
//! ahead for a day takes nothing; after a server was off for a month, that time catches up within another.

use std::time::Duration;

use super::db::{Db, statements, within};
use super::error::StoreError;
use crate::domain::UnixMillis;

statements! {
    /// Thrown away under a clock that nobody had set yet: its thirty days begin now.
    RESTAMP = "UPDATE trashed SET trashed_at = $1 WHERE state = 0 AND trashed_at < $2";
    /// `$1` now, `$2` the last moment at which a feed may be due, `$3` the last at which a lease may end, `$4` how far feeds are
    /// kept from each other, so that they are not all asked at once.
    FEEDS_AHEAD = "UPDATE feed SET next_check_at = CASE WHEN next_check_at > $2 \
                   THEN CAST($1 AS BIGINT) + (id % 1000) * CAST($4 AS BIGINT) ELSE next_check_at END, \
                   leased_until = CASE WHEN leased_until > $3 THEN 0 ELSE leased_until END \
                   WHERE owner_id IS NULL AND (next_check_at > $2 OR leased_until > $3)";
    JOBS_AHEAD = "UPDATE job SET run_at = CASE WHEN run_at > $2 THEN CAST($1 AS BIGINT) ELSE run_at END, \
                  leased_until = CASE WHEN leased_until > $3 THEN 0 ELSE leased_until END \
                  WHERE run_at > $2 OR leased_until > $3";
}

/// Under this name the present steady time is kept, and the clock's at that moment.
const NAME: &str = "steady-time";
/// No clock that was set shows an earlier time: 2024-01-01.
const FIRST: UnixMillis = UnixMillis(1_704_067_200_000);
/// Clocks are corrected by as much without being wrong.
pub const CORRECTION: i64 = 5 * UnixMillis::MINUTE;
/// No lease is longer.
const LONGEST_LEASE: i64 = UnixMillis::DAY;
/// No job waits longer.
const LONGEST_WAIT: i64 = 30 * UnixMillis::DAY;

/// What the time is by which things go for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SteadyTime {
    /// It.
    pub now: UnixMillis,
    /// The clock shows less than it did when it was last looked at.
    pub clock_went_back: bool,
}

impl Db {
    /// Moves the steady time on, after the server has been running for `ran` since it was last asked for.
    ///
    /// A clock that was never set does not count: the time stands still until it is.
    pub async fn steady_time(&self, now: UnixMillis, ran: Duration) -> Result<SteadyTime, StoreError> {
        let stored = self.meta_get(NAME).await?;
        let stored = stored.as_deref().and_then(|text| text.split_once(' '));
        let stored = stored.and_then(|(steady, clock)| Some((steady.parse().ok()?, clock.parse::<i64>().ok()?)));
        let (before, clock) = stored.unwrap_or((now.0, now.0));
        let ran = i64::try_from(ran.as_millis()).unwrap_or(i64::MAX);
        let steady = if before < FIRST.0 { now.0 } else { now.0.min(before.saturating_add(ran.saturating_mul(2))) };
        self.meta_set(NAME, &format!("{steady} {}", now.0)).await?;
        if now >= FIRST {
            let mut tx = self.begin().await?;
            within!(tx, c => sqlx::query(RESTAMP).bind(now).bind(FIRST).execute(c).await.map(drop))?;
            tx.commit().await?;
        }
        Ok(SteadyTime { now: UnixMillis(steady), clock_went_back: now.plus(CORRECTION).0 < clock })
    }

    /// Mends what a clock that was ahead has left behind: feeds and jobs that would wait for its time, and leases that would
    /// never end. `longest` is the longest interval of feeds. How many feeds and jobs were concerned.
    ///
    /// The feeds become due one after the other within that interval, as they would have.
    pub async fn mend_after_clock_went_back(&self, now: UnixMillis, longest: i64) -> Result<u64, StoreError> {
        let lease = now.plus(LONGEST_LEASE);
        let mut tx = self.begin().await?;
        let feeds = within!(tx, c => sqlx::query(FEEDS_AHEAD)
            .bind(now).bind(now.plus(longest.saturating_mul(2))).bind(lease).bind(longest / 1_000)
            .execute(c).await.map(|done| done.rows_affected()))?;
        let jobs = within!(tx, c => sqlx::query(JOBS_AHEAD)
            .bind(now).bind(now.plus(LONGEST_WAIT)).bind(lease)
            .execute(c).await.map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(feeds + jobs)
    }
}
