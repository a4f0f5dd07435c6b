//! The few statements that differ between the databases.

use super::db::{Db, Pools, Tx};
use super::feed::feed_columns;

/// One statement in two texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Either {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

impl Either {
    /// The text for the database of a transaction.
    pub(super) fn within(self, tx: &Tx) -> &'static str {
        match tx {
            Tx::Sqlite(_) => self.sqlite,
            Tx::Postgres(_) => self.postgres,
        }
    }

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
                  AND f.leased_until <= $2 AND EXISTS (SELECT 1 FROM subscription s JOIN account k ON k.id = s.account_id \
                  WHERE s.feed_id = f.id AND s.paused_at IS NULL AND k.disabled_at IS NULL) \
                  ORDER BY f.next_check_at, f.id LIMIT $3 + 0",
    concat!(") AND leased_until <= $2 RETURNING ", feed_columns!())
);

/// Leases due jobs: `$1` until when, `$2` now, `$3` how many, `$4` kinds as one text of the form `,page,icon,`.
pub(super) const LEASE_JOBS: Either = leasing!(
    "UPDATE job SET open_attempts = CASE WHEN leased_until > 0 THEN open_attempts + 1 ELSE open_attempts END, \
     attempts = attempts + 1, leased_until = $1 \
     WHERE id IN (SELECT j.id FROM job j WHERE j.run_at <= $2 AND j.leased_until <= $2 AND NOT j.set_aside \
                  AND $4 LIKE '%,' || j.kind || ',%' ORDER BY j.run_at, j.id LIMIT $3 + 0",
    ") AND leased_until <= $2 \
     RETURNING id, kind, dedup_key, payload, run_at, leased_until, attempts, open_attempts, set_aside, last_error"
);

/// A look-up of what `$select` gives of feed `$1` by a list of keys, `$2`, as JSON of hexadecimal texts. An IN list of values
/// would be another statement for every length, and every connection would keep a hundred of them.
macro_rules! find_by {
    ($select:literal, $column:literal) => {
        Either {
            sqlite: concat!(
                $select,
                " WHERE feed_id = $1 AND ",
                $column,
                " IN (SELECT unhex(value) FROM json_each($2))"
            ),
            postgres: concat!(
                $select,
                " WHERE feed_id = $1 AND ",
                $column,
                " IN (SELECT decode(jsonb_array_elements_text(CAST(CAST($2 AS TEXT) AS jsonb)), 'hex'))"
            ),
        }
    };
}

/// Articles by first keys.
pub(super) const FIND_BY_FIRST_KEY: Either =
    find_by!("SELECT id, first_key, second_key, content_hash FROM article", "first_key");
/// By second keys.
pub(super) const FIND_BY_SECOND_KEY: Either =
    find_by!("SELECT id, first_key, second_key, content_hash FROM article", "second_key");
/// Tombstones by first keys.
pub(super) const TOMBSTONES_BY_FIRST_KEY: Either =
    find_by!("SELECT first_key, second_key, address_key FROM tombstone", "first_key");
/// By second keys.
pub(super) const TOMBSTONES_BY_SECOND_KEY: Either =
    find_by!("SELECT first_key, second_key, address_key FROM tombstone", "second_key");

/// What stands around the rows of terms that are put into the index, `VALUES (article, terms), …`.
pub(super) const PUT_TERMS: (Either, Either) = (
    Either {
        sqlite: "INSERT OR REPLACE INTO search_terms (rowid, terms) ",
        postgres: "INSERT INTO search_terms (article_id, terms) SELECT v.column1, CAST(v.column2 AS tsvector) FROM (",
    },
    Either { sqlite: "", postgres: ") AS v ON CONFLICT (article_id) DO UPDATE SET terms = excluded.terms" },
);

/// A condition of a statement that is made for a query: the terms of a row answer the search expression `$n`.
pub(super) const MATCHING: Either =
    Either { sqlite: "search_terms MATCH $n", postgres: "search_terms.terms @@ CAST(CAST($n AS TEXT) AS tsquery)" };

/// Part of such a statement: the host of the address of article `a`.
pub(super) const HOST: Either = Either {
    sqlite: "COALESCE(substr(a.url, instr(a.url, '://') + 3, \
             instr(substr(a.url, instr(a.url, '://') + 3) || '/', '/') - 1), '')",
    postgres: "COALESCE(split_part(a.url, '/', 3), '')",
};

/// What is known of the pictures at a list of addresses, `$1`, as JSON of their hexadecimal keys.
macro_rules! pictures_at {
    ($keys:literal) => {
        concat!(
            "SELECT o.url, o.gone, p.hash, p.kind, p.bytes, p.width, p.height, p.animated, p.colour \
             FROM picture_source o LEFT JOIN picture p ON p.id = o.picture_id WHERE o.url_key IN (",
            $keys,
            ")"
        )
    };
}

/// By keys of addresses.
pub(super) const PICTURES_AT: Either = Either {
    sqlite: pictures_at!("SELECT unhex(value) FROM json_each($1)"),
    postgres: pictures_at!("SELECT decode(jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS jsonb)), 'hex')"),
};

/// The statements of this file.
pub(super) const ALL: &[(&str, Either)] = &[
    ("dialect::LEASE_FEEDS", LEASE_FEEDS),
    ("dialect::LEASE_JOBS", LEASE_JOBS),
    ("dialect::FIND_BY_FIRST_KEY", FIND_BY_FIRST_KEY),
    ("dialect::FIND_BY_SECOND_KEY", FIND_BY_SECOND_KEY),
    ("dialect::TOMBSTONES_BY_FIRST_KEY", TOMBSTONES_BY_FIRST_KEY),
    ("dialect::TOMBSTONES_BY_SECOND_KEY", TOMBSTONES_BY_SECOND_KEY),
    ("dialect::PICTURES_AT", PICTURES_AT),
];
