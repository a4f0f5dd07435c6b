//! The few statements that differ between the databases.

use super::db::{Db, Pools};
use super::feed::feed_columns;

/// One statement in two texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Either {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

impl Either {
    /// The text for this database.
    pub(super) fn of(self, db: &Db) -> &'static str {
        match db.pools {
            Pools::Sqlite { .. } => self.sqlite,
            Pools::Postgres(_) => self.postgres,
        }
    }
}

/// A lease without and with the lock clause of PostgreSQL, where several workers would otherwise wait for each other's
/// rows. SQLite has one writer at a time and no such clause.
macro_rules! leasing {
    ($before:expr, $after:expr) => {
        Either { sqlite: concat!($before, $after), postgres: concat!($before, " FOR UPDATE SKIP LOCKED", $after) }
    };
}

/// Leases due feeds: `$1` until when, `$2` now, `$3` how many. A lease that was never given back counts as an attempt
/// that ended with the death of its worker.
pub(super) const LEASE_FEEDS: Either = leasing!(
    "UPDATE feed SET open_attempts = CASE WHEN leased_until > 0 THEN open_attempts + 1 ELSE open_attempts END, \
     leased_until = $1 \
     WHERE id IN (SELECT f.id FROM feed f WHERE f.owner_id IS NULL AND f.next_check_at <= $2 AND NOT f.gone \
                  AND f.leased_until <= $2 AND EXISTS (SELECT 1 FROM subscription s WHERE s.feed_id = f.id) \
                  ORDER BY f.next_check_at, f.id LIMIT $3",
    concat!(") AND leased_until <= $2 RETURNING ", feed_columns!())
);

/// Leases due jobs: `$1` until when, `$2` now, `$3` how many, `$4` kinds as one text of the form `,page,icon,`.
pub(super) const LEASE_JOBS: Either = leasing!(
    "UPDATE job SET open_attempts = CASE WHEN leased_until > 0 THEN open_attempts + 1 ELSE open_attempts END, \
     attempts = attempts + 1, leased_until = $1 \
     WHERE id IN (SELECT j.id FROM job j WHERE j.run_at <= $2 AND j.leased_until <= $2 AND NOT j.set_aside \
                  AND $4 LIKE '%,' || j.kind || ',%' ORDER BY j.run_at, j.id LIMIT $3",
    ") AND leased_until <= $2 \
     RETURNING id, kind, dedup_key, payload, run_at, leased_until, attempts, open_attempts, set_aside, last_error"
);

/// The statements of this file.
pub(super) const ALL: &[(&str, Either)] = &[("lease feeds", LEASE_FEEDS), ("lease jobs", LEASE_JOBS)];
