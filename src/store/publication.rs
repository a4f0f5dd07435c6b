//! Lists that readers publish under a code. Only the hash of the code is stored.

use std::collections::HashSet;

use super::db::{Db, first, read, statements, write_one};
use super::error::StoreError;
use super::row::clipped;
use crate::domain::{AccountId, FeedId, PublicationId, UnixMillis, WebUrl};

statements! {
    INSERT = "INSERT INTO publication (account_id, list, title, code_hash, newest, titles_only, created_at, sealed_code, script) \
              SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), $4, CAST($5 AS BIGINT), CAST($6 AS BOOLEAN), \
              CAST($7 AS BIGINT), $9, CAST($10 AS TEXT) WHERE (SELECT COUNT(*) FROM publication WHERE account_id = $1) < $8 RETURNING id";
    OF_ACCOUNT = "SELECT id, account_id AS account, list, script, title, newest, titles_only, created_at, last_read_at, \
            sealed_code IS NOT NULL AS is_announced \
                  FROM publication WHERE account_id = $1 ORDER BY id DESC";
    OPEN = "SELECT id, account_id AS account, list, script, title, newest, titles_only, created_at, last_read_at, \
            sealed_code IS NOT NULL AS is_announced \
            FROM publication WHERE code_hash = $1 \
            AND account_id NOT IN (SELECT id FROM account WHERE disabled_at IS NOT NULL)";
    RECODE = "UPDATE publication SET code_hash = $3, sealed_code = $4, told = NULL, next_ping_at = 0, failures = 0 \
              WHERE account_id = $1 AND id = $2";
    ANNOUNCED = "SELECT id, account_id AS account, list, script, title, newest, titles_only, created_at, last_read_at, \
                 TRUE AS is_announced, code_hash, sealed_code, told, next_ping_at, failures FROM publication \
                 WHERE sealed_code IS NOT NULL AND next_ping_at <= $1 \
                 AND account_id NOT IN (SELECT id FROM account WHERE disabled_at IS NOT NULL) ORDER BY id";
    CLAIM = "UPDATE publication SET next_ping_at = $3 WHERE id = $1 AND next_ping_at = $2";
    TOLD = "UPDATE publication SET told = $2, next_ping_at = $3, failures = 0 WHERE id = $1";
    NOT_TOLD = "UPDATE publication SET failures = $2, next_ping_at = $3 WHERE id = $1";
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
    /// The script of Chinese in which it is given, in the words of who published it; unknown ones: each text as it was written.
    pub script: String,
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
    /// Its address can be named to a hub.
    pub is_announced: bool,
}

/// A published list of which a hub may have to be told.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Announced {
    /// The list.
    #[sqlx(flatten)]
    pub publication: Publication,
    /// The SHA-256 of its code.
    pub code_hash: Vec<u8>,
    /// The code, sealed by a key of the instance.
    pub sealed_code: Vec<u8>,
    /// A mark of what the list had when the hub was told the last time.
    pub told: Option<Vec<u8>>,
    /// The hub is not told again before.
    pub next_ping_at: UnixMillis,
    /// How often that failed in a row.
    pub failures: i64,
}

/// A list that is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPublication {
    /// Which list; the store only keeps the words.
    pub list: String,
    /// The script of Chinese; the store only keeps the word.
    pub script: String,
    /// Cut at 200 characters.
    pub title: String,
    /// The SHA-256 of its code.
    pub code_hash: [u8; 32],
    /// The most articles.
    pub newest: i64,
    /// Without the texts.
    pub titles_only: bool,
    /// The code itself, sealed, where a hub is told of the list.
    pub sealed_code: Option<Vec<u8>>,
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
            .bind(new.sealed_code.as_deref())
            .bind(&new.script)
            .fetch_all(c).await.map(first))?)
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
        sealed_code: Option<Vec<u8>>,
    ) -> Result<bool, StoreError> {
        let changed = write_one!(self, c => sqlx::query(RECODE)
            .bind(account).bind(publication).bind(&code_hash[..]).bind(sealed_code.as_deref()).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(changed > 0)
    }

    /// Takes a list back. Whether the account had it.
    pub async fn delete_publication(&self, account: AccountId, publication: PublicationId) -> Result<bool, StoreError> {
        let gone = write_one!(self, c => sqlx::query(DELETE)
            .bind(account).bind(publication).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(gone > 0)
    }
    /// The lists of which a hub may be told now.
    pub async fn announced_publications(&self, now: UnixMillis) -> Result<Vec<Announced>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(ANNOUNCED).bind(now).fetch_all(c).await)?)
    }

    /// Keeps other servers from telling the hub of a list until a moment. False if one of them was faster.
    pub async fn claim_announcement(
        &self,
        publication: PublicationId,
        known: UnixMillis,
        until: UnixMillis,
    ) -> Result<bool, StoreError> {
        let claimed = write_one!(self, c => sqlx::query(CLAIM)
            .bind(publication).bind(known).bind(until).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(claimed > 0)
    }

    /// Notes what the hub knows of a list.
    pub async fn publication_told(
        &self,
        publication: PublicationId,
        told: &[u8; 32],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(TOLD)
            .bind(publication).bind(&told[..]).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Notes that the hub could not be told, and when to try again.
    pub async fn announcement_failed(
        &self,
        publication: PublicationId,
        failures: i64,
        next: UnixMillis,
    ) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(NOT_TOLD)
            .bind(publication).bind(failures).bind(next).execute(c).await.map(drop))?;
        Ok(())
    }
}
