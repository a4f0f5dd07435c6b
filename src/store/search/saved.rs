//! Searches that a reader keeps, and what they looked for last.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, SavedSearchId, UnixMillis};
use crate::store::bin::{self, Kind};
use crate::store::db::{Db, first, read, statements, within, write_one};
use crate::store::error::StoreError;
use crate::store::row::clipped;

/// How many marks of a kind those have who keep a search.
macro_rules! marks {
    ($table:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM ",
            $table,
            " o WHERE o.account_id IN (SELECT k.account_id FROM saved_search k)) || ',' || "
        )
    };
}

statements! {
    OF_ACCOUNT = "SELECT id, name, query, unread FROM saved_search WHERE account_id = $1 ORDER BY name, id";
    LINES = "SELECT id, name, unread FROM saved_search WHERE account_id = $1 ORDER BY name, id";
    ONE = "SELECT id, name, query, unread FROM saved_search WHERE account_id = $1 AND id = $2";
    EVERYBODYS = "SELECT account_id, id, query, unread FROM saved_search ORDER BY id";
    INSERT = "INSERT INTO saved_search (account_id, name, query, created_at) \
              SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT) \
              WHERE (SELECT COUNT(*) FROM saved_search WHERE account_id = $1) < $5 RETURNING id";
    CHANGE = "UPDATE saved_search SET name = $3, query = $4, unread = CASE WHEN query = $4 THEN unread END \
              WHERE account_id = $1 AND id = $2";
    DELETE = "DELETE FROM saved_search WHERE account_id = $1 AND id = $2 RETURNING name, query";
    /// Other with each article that arrives or is read, with each search that is not counted yet, and with each mark of somebody
    /// who keeps a search.
    SIGNS_OF_NEWS = concat!(
        "SELECT (SELECT COALESCE(MAX(id), 0) FROM article) || ',' || \
         (SELECT COALESCE(SUM(unread_count), 0) FROM subscription) || ',' || \
         (SELECT COUNT(*) FROM saved_search WHERE unread IS NULL) || ',' || ",
        marks!("starred"), marks!("later"), marks!("tagged"), marks!("highlight"), marks!("share"), "''"
    );
    COUNTED = "UPDATE saved_search SET unread = $2 WHERE id = $1 AND unread IS DISTINCT FROM $2";
    NOTE = "INSERT INTO recent_search (account_id, query, used_at) VALUES ($1, $2, $3) \
            ON CONFLICT (account_id, query) DO UPDATE SET used_at = excluded.used_at \
            WHERE recent_search.used_at < excluded.used_at";
    FORGET_OLD = "DELETE FROM recent_search WHERE account_id = $1 AND used_at < \
                  (SELECT MIN(used_at) FROM (SELECT used_at FROM recent_search WHERE account_id = $1 \
                   ORDER BY used_at DESC LIMIT $2 + 0) AS newest)";
    RECENT = "SELECT query FROM recent_search WHERE account_id = $1 ORDER BY used_at DESC, query LIMIT $2 + 0";
    FORGET = "DELETE FROM recent_search WHERE account_id = $1";
}

/// The most saved searches of an account.
pub const MAX_SAVED_SEARCHES: i64 = 100;
/// Unread articles of a saved search are counted so far.
pub const MAX_SAVED_UNREAD: usize = 1_000;
/// So many queries may wait to be remembered.
const MAX_WAITING: usize = 256;
/// So long a query waits for others to be written with it. Every write empties what the connections that read have in memory,
/// and the next search would have to get all of it again.
const GATHERING: Duration = Duration::from_secs(3);
/// So many queries are remembered.
const MAX_RECENT: i64 = 20;

/// A search that a reader keeps.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SavedSearch {
    /// Its id.
    pub id: SavedSearchId,
    /// What the reader calls it.
    pub name: String,
    /// What is looked for.
    pub query: String,
    /// Unread articles when they were last counted.
    pub unread: Option<i64>,
}

/// A saved search as the sidebar shows it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SavedLine {
    /// Its id.
    pub id: SavedSearchId,
    /// What the reader calls it.
    pub name: String,
    /// Unread articles when they were last counted.
    pub unread: Option<i64>,
}

#[derive(Debug, sqlx::FromRow, Serialize, Deserialize)]
struct Gone {
    name: String,
    query: String,
}

/// What somebody looked for.
#[derive(Debug)]
struct Noted {
    account: AccountId,
    query: String,
    now: UnixMillis,
}

/// What was looked for and is not written yet.
#[derive(Debug, Default)]
pub(in crate::store) struct NotedSearches {
    waiting: Mutex<Vec<Noted>>,
    /// Held while some are being written.
    turn: tokio::sync::Mutex<()>,
}

/// How a query waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    First,
    WithOthers,
    Full,
}

impl NotedSearches {
    fn wait(&self, noted: Noted) -> Waiting {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MAX_WAITING {
            return Waiting::Full;
        }
        waiting.push(noted);
        if waiting.len() == 1 { Waiting::First } else { Waiting::WithOthers }
    }

    fn take(&self) -> Vec<Noted> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Db {
    /// The account's saved searches, by name.
    pub async fn saved_searches(&self, account: AccountId) -> Result<Vec<SavedSearch>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?)
    }

    /// The same for the sidebar.
    pub(in crate::store) async fn saved_lines(&self, account: AccountId) -> Result<Vec<SavedLine>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(LINES).bind(account).fetch_all(c).await)?)
    }

    /// One of them.
    pub async fn saved_search(&self, account: AccountId, id: SavedSearchId) -> Result<Option<SavedSearch>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(ONE).bind(account).bind(id).fetch_optional(c).await)?)
    }

    /// Every saved search of everybody: whose, which, what, and its present number.
    pub async fn every_saved_search(&self) -> Result<Vec<(AccountId, SavedSearchId, String, Option<i64>)>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(EVERYBODYS).fetch_all(c).await)?)
    }

    /// Keeps a search. `None` if the account has [`MAX_SAVED_SEARCHES`] already.
    pub async fn save_search(
        &self,
        account: AccountId,
        name: &str,
        query: &str,
        now: UnixMillis,
    ) -> Result<Option<SavedSearchId>, StoreError> {
        Ok(write_one!(self, c => sqlx::query_scalar(INSERT)
            .bind(account).bind(clipped(name, 100)).bind(clipped(query, 256)).bind(now).bind(MAX_SAVED_SEARCHES)
            .fetch_all(c).await.map(first))?)
    }

    /// Changes a saved search. False if the account has no such one.
    pub async fn change_saved_search(
        &self,
        account: AccountId,
        id: SavedSearchId,
        name: &str,
        query: &str,
    ) -> Result<bool, StoreError> {
        let changed = write_one!(self, c => sqlx::query(CHANGE)
            .bind(account).bind(id).bind(clipped(name, 100)).bind(clipped(query, 256))
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(changed > 0)
    }

    /// Deletes a saved search. The number brings it back for a while; `None` if the account has no such one.
    pub async fn delete_saved_search(
        &self,
        account: AccountId,
        id: SavedSearchId,
        now: UnixMillis,
    ) -> Result<Option<i64>, StoreError> {
        let mut tx = self.begin().await?;
        let gone: Option<Gone> =
            within!(tx, c => sqlx::query_as(DELETE).bind(account).bind(id).fetch_optional(c).await)?;
        let Some(gone) = gone else { return Ok(None) };
        let receipt = bin::put(&mut tx, account, Kind::SavedSearch, &gone, now).await?;
        tx.commit().await?;
        Ok(Some(receipt))
    }

    /// Brings a deleted one back. False if it cannot be brought back any more.
    pub async fn restore_saved_search(
        &self,
        account: AccountId,
        receipt: i64,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let Some(gone) = bin::take::<Gone>(&mut tx, account, Kind::SavedSearch, receipt, now).await? else {
            return Ok(false);
        };
        let back: Option<SavedSearchId> = within!(tx, c => sqlx::query_scalar(INSERT)
            .bind(account).bind(&gone.name).bind(&gone.query).bind(now).bind(MAX_SAVED_SEARCHES)
            .fetch_optional(c).await)?;
        tx.commit().await?;
        Ok(back.is_some())
    }

    /// Notes how many unread articles a saved search has. Writes nothing if it is the same number.
    pub async fn count_saved_search(&self, id: SavedSearchId, unread: i64) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(COUNTED).bind(id).bind(unread).execute(c).await.map(drop))?;
        Ok(())
    }

    /// What differs where something arrived, was read or marked, or is to be counted; some changes that are seldom do not show.
    pub async fn signs_of_news(&self) -> Result<String, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(SIGNS_OF_NEWS).fetch_one(c).await)?)
    }

    /// Remembers what the account looked for, after a while: no page waits for the disk because of it. While too much waits to
    /// be remembered, the rest is not.
    pub fn note_search(&self, account: AccountId, query: &str, now: UnixMillis) {
        match self.noted.wait(Noted { account, query: clipped(query, 256).to_owned(), now }) {
            Waiting::First => {
                let db = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(GATHERING).await;
                    db.write_searches().await;
                });
            }
            Waiting::WithOthers | Waiting::Full => {}
        }
    }

    /// Writes what was looked for. A query that cannot be written is not remembered.
    pub(in crate::store) async fn write_searches(&self) {
        // Who comes meanwhile waits until it is written.
        let _turn = self.noted.turn.lock().await;
        let noted = self.noted.take();
        if let Err(error) = self.try_to_write_searches(&noted).await {
            tracing::warn!("what was looked for is not remembered: {error}");
        }
    }

    async fn try_to_write_searches(&self, noted: &[Noted]) -> Result<(), StoreError> {
        if noted.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        for Noted { account, query, now } in noted {
            within!(tx, c => sqlx::query(NOTE).bind(account).bind(query).bind(now).execute(c).await.map(drop))?;
            within!(tx, c => sqlx::query(FORGET_OLD).bind(account).bind(MAX_RECENT).execute(c).await.map(drop))?;
        }
        tx.commit().await
    }

    /// What the account looked for last, the latest first.
    pub async fn recent_searches(&self, account: AccountId) -> Result<Vec<String>, StoreError> {
        self.write_searches().await;
        Ok(read!(self, c => sqlx::query_scalar(RECENT).bind(account).bind(MAX_RECENT).fetch_all(c).await)?)
    }

    /// Forgets all of that.
    pub async fn forget_searches(&self, account: AccountId) -> Result<(), StoreError> {
        self.write_searches().await;
        write_one!(self, c => sqlx::query(FORGET).bind(account).execute(c).await.map(drop))?;
        Ok(())
    }
}
