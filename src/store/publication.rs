//! Lists that readers publish under a code. Only the hash of the code is stored.

use std::collections::HashSet;

use super::db::{Db, read, statements, write_one};
use super::error::StoreError;
use super::row::clipped;
use crate::domain::{AccountId, FeedId, PublicationId, UnixMillis, WebUrl};

statements! {
    INSERT = "INSERT INTO publication (account_id, list, title, code_hash, newest, titles_only, created_at) \
              SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), $4, CAST($5 AS BIGINT), CAST($6 AS BOOLEAN), \
              CAST($7 AS BIGINT) WHERE (SELECT COUNT(*) FROM publication WHERE account_id = $1) < $8 RETURNING id";
    OF_ACCOUNT = "SELECT id, account_id AS account, list, title, newest, titles_only, created_at, last_read_at \
                  FROM publication WHERE account_id = $1 ORDER BY id DESC";
    OPEN = "SELECT id, account_id AS account, list, title, newest, titles_only, created_at, last_read_at \
            FROM publication WHERE code_hash = $1";
    RECODE = "UPDATE publication SET code_hash = $3 WHERE account_id = $1 AND id = $2";
    DELETE = "DELETE FROM publication WHERE account_id = $1 AND id = $2";
    WITH_NAMES = "SELECT id, url FROM feed WHERE url LIKE '%://%@%'";
    WAS_READ = "UPDATE publication SET last_read_at = $2 WHERE id = $1";
}

/// The most published lists of an account.
pub const MAX_PUBLICATIONS: i64 = 100;
/// How often it is noted that a list was read.
const NOTE_EVERY: i64 = 10 * UnixMillis::MINUTE;

/// A published list.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Publication {
    /// Its id.
    pub id: PublicationId,
    /// Whose list it is.
    pub account: AccountId,
    /// Which list, in the words of who published it.
    pub list: String,
    /// What its readers see above it.
    pub title: String,
    /// It has so many articles, the newest.
    pub newest: i64,
    /// Without the texts.
    pub titles_only: bool,
    /// When it was published.
    pub created_at: UnixMillis,
    /// When it was last read, to ten minutes.
    pub last_read_at: Option<UnixMillis>,
}

/// A list that is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPublication {
    /// Which list; the store only keeps the words.
    pub list: String,
    /// Cut at 200 characters.
    pub title: String,
    /// The SHA-256 of its code.
    pub code_hash: [u8; 32],
    /// The most articles.
    pub newest: i64,
    /// Without the texts.
    pub titles_only: bool,
}

impl Db {
    /// Publishes a list. `None` if the account has [`MAX_PUBLICATIONS`] already.
    pub async fn publish(
        &self,
        account: AccountId,
        new: &NewPublication,
        now: UnixMillis,
    ) -> Result<Option<PublicationId>, StoreError> {
        Ok(write_one!(self, c => sqlx::query_scalar(INSERT)
            .bind(account)
            .bind(clipped(&new.list, 64))
            .bind(clipped(&new.title, 200))
            .bind(&new.code_hash[..])
            .bind(new.newest)
            .bind(new.titles_only)
            .bind(now)
            .bind(MAX_PUBLICATIONS)
            .fetch_optional(c).await)?)
    }

    /// The published lists of an account, the last one first.
    pub async fn publications(&self, account: AccountId) -> Result<Vec<Publication>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?)
    }

    /// The list of a code. Notes now and then that it was read.
    pub async fn open_publication(
        &self,
        code_hash: [u8; 32],
        now: UnixMillis,
    ) -> Result<Option<Publication>, StoreError> {
        let found: Option<Publication> =
            read!(self, c => sqlx::query_as(OPEN).bind(&code_hash[..]).fetch_optional(c).await)?;
        if let Some(publication) = &found
            && publication.last_read_at.is_none_or(|last| last.plus(NOTE_EVERY) <= now)
        {
            write_one!(self, c => sqlx::query(WAS_READ).bind(publication.id).bind(now).execute(c).await.map(drop))?;
        }
        Ok(found)
    }

    /// The feeds that are fetched with a name and a password: what they have may not be meant for everybody.
    pub async fn feeds_with_password(&self) -> Result<HashSet<FeedId>, StoreError> {
        let rows: Vec<(FeedId, String)> = read!(self, c => sqlx::query_as(WITH_NAMES).fetch_all(c).await)?;
        let is_one = |url: &str| WebUrl::parse(url).is_ok_and(|url| url.has_credentials());
        Ok(rows.into_iter().filter_map(|(id, url)| is_one(&url).then_some(id)).collect())
    }

    /// Gives a list another code: the old one opens nothing any more. Whether the account has such a list.
    pub async fn recode_publication(
        &self,
        account: AccountId,
        publication: PublicationId,
        code_hash: [u8; 32],
    ) -> Result<bool, StoreError> {
        let changed = write_one!(self, c => sqlx::query(RECODE)
            .bind(account).bind(publication).bind(&code_hash[..]).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(changed > 0)
    }

    /// Takes a list back. Whether the account had it.
    pub async fn delete_publication(&self, account: AccountId, publication: PublicationId) -> Result<bool, StoreError> {
        let gone = write_one!(self, c => sqlx::query(DELETE)
            .bind(account).bind(publication).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(gone > 0)
    }
}
