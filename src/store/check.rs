//! Checks of the database itself: is it whole, how large is it, does every statement of this program fit it.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, SqlSafeStr as _};

use super::db::{Db, Pools, read};
use super::error::StoreError;

/// What a check of the database found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integrity {
    /// What is wrong, in the database's words; empty if nothing is.
    pub problems: Vec<String>,
}

/// How large the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes on disk, without SQLite's log.
    pub bytes: i64,
    /// Articles.
    pub articles: i64,
    /// Versions of them.
    pub versions: i64,
    /// Public feeds.
    pub feeds: i64,
    /// Pages that are kept beside them.
    pub pages: i64,
}

impl Db {
    /// Reads the whole database and reports damage. `thorough` also compares every index with its table (SQLite);
    /// PostgreSQL watches over its own files, so there only what this program promises is checked: the counters.
    pub async fn integrity(&self, thorough: bool) -> Result<Integrity, StoreError> {
        let mut problems = Vec::new();
        if let (Pools::Sqlite { .. }, Some(path)) = (&self.pools, self.path()) {
            // A connection of its own: a full-text table, checked a second time on a connection that was open while others
            // wrote, is compared with what it was the first time.
            let mut own = SqliteConnectOptions::new().filename(path).read_only(true).connect().await?;
            let check = if thorough { "PRAGMA integrity_check(20)" } else { "PRAGMA quick_check(20)" };
            let lines: Vec<String> = sqlx::query_scalar(check).fetch_all(&mut own).await?;
            problems.extend(lines.into_iter().filter(|line| line != "ok"));
            let orphans: Vec<(String, Option<i64>, String)> =
                sqlx::query_as("SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 20")
                    .fetch_all(&mut own)
                    .await?;
            own.close().await?;
            problems.extend(orphans.into_iter().map(|(table, row, parent)| {
                format!("{table} row {} names a row of {parent} that is not there", row.unwrap_or_default())
            }));
        }
        let wrong: Vec<(i64, i64, i64, i64)> = read!(self, c => sqlx::query_as(WRONG_COUNTS).fetch_all(c).await)?;
        problems.extend(wrong.into_iter().map(|(account, feed, said, counted)| {
            format!("account {account} has {counted} unread articles of feed {feed}, its counter says {said}")
        }));
        Ok(Integrity { problems })
    }

    /// How large the database is.
    pub async fn sizes(&self) -> Result<Sizes, StoreError> {
        let bytes: i64 = match &self.pools {
            Pools::Sqlite { read, .. } => sqlx::query_scalar(SQLITE_BYTES).fetch_one(read).await?,
            Pools::Postgres(pool) => {
                sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(pool).await?
            }
        };
        let (articles, versions, feeds, pages): (i64, i64, i64, i64) =
            read!(self, c => sqlx::query_as(COUNTS).fetch_one(c).await)?;
        Ok(Sizes { bytes, articles, versions, feeds, pages })
    }

    /// What the database calls itself, such as `SQLite 3.51.3`.
    pub async fn engine(&self) -> Result<String, StoreError> {
        Ok(match &self.pools {
            Pools::Sqlite { read, .. } => {
                let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(read).await?;
                format!("SQLite {version}")
            }
            Pools::Postgres(pool) => {
                let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(pool).await?;
                format!("PostgreSQL {version}")
            }
        })
    }

    /// Whether the database answers, for readiness.
    pub async fn ping(&self) -> Result<(), StoreError> {
        read!(self, c => sqlx::query("SELECT 1").execute(c).await.map(drop))?;
        Ok(())
    }

    /// Lets the database check every statement of this program against its schema, without running any. Gives the
    /// names of those that do not fit with the reason: none, unless somebody changed the schema by hand.
    pub async fn check_statements(&self) -> Vec<(&'static str, String)> {
        let mut wrong = Vec::new();
        for (name, statement) in super::statements() {
            let text = statement.of(self).into_sql_str();
            let failed = match &self.pools {
                Pools::Sqlite { write, .. } => write.prepare(text).await.err(),
                Pools::Postgres(pool) => pool.prepare(text).await.err(),
            };
            if let Some(error) = failed {
                wrong.push((name, error.to_string()));
            }
        }
        wrong
    }
}

super::db::statements! {
    COUNTS = "SELECT (SELECT COUNT(*) FROM article), (SELECT COUNT(*) FROM version), \
              (SELECT COUNT(*) FROM feed WHERE owner_id IS NULL), (SELECT COUNT(*) FROM page)";
    WRONG_COUNTS = "SELECT s.account_id, s.feed_id, s.unread_count, COUNT(u.article_id) FROM subscription s \
                    LEFT JOIN unread u ON u.account_id = s.account_id AND u.feed_id = s.feed_id \
                    GROUP BY s.account_id, s.feed_id, s.unread_count \
                    HAVING s.unread_count <> COUNT(u.article_id) LIMIT 20";
}

const SQLITE_BYTES: &str = "SELECT page_count * page_size FROM pragma_page_count() CROSS JOIN pragma_page_size()";

#[cfg(test)]
mod tests {
    /// Why stands at the macro `statements!`.
    #[test]
    fn no_statement_is_planned_anew_for_its_limit() {
        for (name, statement) in crate::store::statements() {
            for text in [statement.sqlite, statement.postgres] {
                let bare = text
                    .split("LIMIT $")
                    .skip(1)
                    .any(|rest| !rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).starts_with(" + 0"));
                assert!(!bare, "{name}: write LIMIT $n + 0");
            }
        }
    }
}
