//! Keys with which programs of a reader's own come in. Only the hash of a key is stored.

use super::db::{Db, first, read, statements, write_one};
use super::error::StoreError;
use super::row::clipped;
use crate::domain::{AccountId, ApiTokenId, UnixMillis};

statements! {
    INSERT = "INSERT INTO api_token (account_id, name, token_hash, created_at) \
              SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), $3, CAST($4 AS BIGINT) \
              WHERE (SELECT COUNT(*) FROM api_token WHERE account_id = $1) < $5 RETURNING id";
    OF_ACCOUNT = "SELECT id, name, created_at, last_used_at FROM api_token WHERE account_id = $1 ORDER BY id DESC";
    FIND = "SELECT t.account_id FROM api_token t JOIN account a ON a.id = t.account_id \
            WHERE t.token_hash = $1 AND a.disabled_at IS NULL";
    TOUCH = "UPDATE api_token SET last_used_at = $2 \
             WHERE token_hash = $1 AND (last_used_at IS NULL OR last_used_at < $3)";
    DELETE = "DELETE FROM api_token WHERE account_id = $1 AND id = $2";
}

/// The most keys of an account.
pub const MAX_API_TOKENS: i64 = 50;
/// How often the use of a key is noted.
const TOUCH_EVERY: i64 = UnixMillis::MINUTE;

/// A key, without what opens anything.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ApiToken {
    /// Its id.
    pub id: ApiTokenId,
    /// What the reader calls it.
    pub name: String,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was last used, to the minute.
    pub last_used_at: Option<UnixMillis>,
}

impl Db {
    /// Stores a key by the SHA-256 of its secret. `None` if the account has [`MAX_API_TOKENS`] already. The name is cut at
    /// 100 characters.
    pub async fn create_api_token(
        &self,
        account: AccountId,
        name: &str,
        token_hash: [u8; 32],
        now: UnixMillis,
    ) -> Result<Option<ApiTokenId>, StoreError> {
        Ok(write_one!(self, c => sqlx::query_scalar(INSERT)
            .bind(account).bind(clipped(name, 100)).bind(&token_hash[..]).bind(now).bind(MAX_API_TOKENS)
            .fetch_all(c).await.map(first))?)
    }

    /// The keys of an account, the newest first.
    pub async fn api_tokens(&self, account: AccountId) -> Result<Vec<ApiToken>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?)
    }

    /// Whose key this is, unless that account is disabled, and notes its use at most once a minute.
    pub async fn account_of_api_token(
        &self,
        token_hash: [u8; 32],
        now: UnixMillis,
    ) -> Result<Option<AccountId>, StoreError> {
        let account = read!(self, c => sqlx::query_scalar(FIND).bind(&token_hash[..]).fetch_optional(c).await)?;
        if account.is_some() {
            let before = now.plus(-TOUCH_EVERY);
            write_one!(self, c => sqlx::query(TOUCH)
                .bind(&token_hash[..]).bind(now).bind(before).execute(c).await.map(drop))?;
        }
        Ok(account)
    }

    /// Takes a key back: from now on it opens nothing. Whether the account had it.
    pub async fn delete_api_token(&self, account: AccountId, token: ApiTokenId) -> Result<bool, StoreError> {
        let gone = write_one!(self, c => sqlx::query(DELETE)
            .bind(account).bind(token).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(gone > 0)
    }
}
