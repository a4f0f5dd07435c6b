//! Sessions. Only the hash of a token is stored, so that a stolen database opens no door.

use super::db::{Db, read, statements, write_one};
use super::error::StoreError;
use super::row::clipped;
use crate::domain::{AccountId, UnixMillis};

statements! {
    INSERT = "INSERT INTO session (token_hash, account_id, created_at, last_seen_at, user_agent) \
              VALUES ($1, $2, $3, $3, $4)";
    FIND = "SELECT s.account_id, a.name AS account_name, a.is_admin, a.settings, s.created_at, s.last_seen_at, s.user_agent \
            FROM session s JOIN account a ON a.id = s.account_id \
            WHERE s.token_hash = $1 AND s.created_at > $2 AND s.last_seen_at > $3 AND s.created_at <= $4 \
            AND a.disabled_at IS NULL";
    TOUCH = "UPDATE session SET last_seen_at = $2 WHERE token_hash = $1 AND last_seen_at < $2";
    OF_ACCOUNT = "SELECT s.account_id, a.name AS account_name, a.is_admin, a.settings, s.created_at, s.last_seen_at, s.user_agent \
                  FROM session s JOIN account a ON a.id = s.account_id \
                  WHERE s.account_id = $1 ORDER BY s.last_seen_at DESC";
    DELETE = "DELETE FROM session WHERE token_hash = $1";
    DELETE_OTHERS = "DELETE FROM session WHERE account_id = $1 AND token_hash <> $2";
    PURGE = "DELETE FROM session WHERE last_seen_at <= $1 OR created_at <= $2";
}

/// A session ends when it was not used for so long.
pub(super) const IDLE_MILLIS: i64 = 30 * UnixMillis::DAY;
/// A session ends so long after it began, used or not.
pub(super) const ABSOLUTE_MILLIS: i64 = 90 * UnixMillis::DAY;

/// A login that holds.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Session {
    /// Whose it is.
    #[sqlx(rename = "account_id")]
    pub account: AccountId,
    /// The name of the account.
    pub account_name: String,
    /// Whether the account may manage others.
    pub is_admin: bool,
    /// The account's settings as JSON: every page needs them, and one look is cheaper than two.
    pub settings: String,
    /// When it began.
    pub created_at: UnixMillis,
    /// When it was last used; touched now and then, not with every request.
    pub last_seen_at: UnixMillis,
    /// The browser's own description, at most 256 characters.
    pub user_agent: Option<String>,
}

impl Session {
    /// Whether it holds at `now`: used within 30 days and begun within 90. One that begins more than a day from now is of a clock
    /// that was ahead, and would hold for longer than that.
    pub fn holds(&self, now: UnixMillis) -> bool {
        self.created_at > now.plus(-ABSOLUTE_MILLIS)
            && self.last_seen_at > now.plus(-IDLE_MILLIS)
            && self.created_at <= now.plus(UnixMillis::DAY)
    }
}

impl Db {
    /// Begins a session. `token_hash` is the SHA-256 of the token that the browser holds.
    pub async fn create_session(
        &self,
        token_hash: [u8; 32],
        account: AccountId,
        now: UnixMillis,
        user_agent: Option<&str>,
    ) -> Result<(), StoreError> {
        let user_agent = user_agent.map(|text| clipped(text, 256));
        write_one!(self, c => sqlx::query(INSERT)
            .bind(&token_hash[..]).bind(account).bind(now).bind(user_agent).execute(c).await.map(drop))?;
        Ok(())
    }

    /// The session of a token, if it holds at `now`: used within 30 days and begun within 90.
    pub async fn session(&self, token_hash: [u8; 32], now: UnixMillis) -> Result<Option<Session>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(FIND)
            .bind(&token_hash[..]).bind(now.plus(-ABSOLUTE_MILLIS)).bind(now.plus(-IDLE_MILLIS))
            .bind(now.plus(UnixMillis::DAY)).fetch_optional(c).await)?)
    }

    /// Notes that a session was used. Never moves the note back, so that a clock set back revives nothing.
    pub async fn touch_session(&self, token_hash: [u8; 32], now: UnixMillis) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(TOUCH).bind(&token_hash[..]).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }

    /// The sessions of an account, the last used first.
    pub async fn sessions_of(&self, account: AccountId) -> Result<Vec<Session>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?)
    }

    /// Ends one session.
    pub async fn delete_session(&self, token_hash: [u8; 32]) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(DELETE).bind(&token_hash[..]).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Ends the sessions of an account, all or all but one; how many.
    pub async fn delete_sessions_of(&self, account: AccountId, except: Option<[u8; 32]>) -> Result<u64, StoreError> {
        // No token has the empty hash, so “all but the empty one” is all.
        let kept = except.map(Vec::from).unwrap_or_default();
        Ok(write_one!(self, c => sqlx::query(DELETE_OTHERS)
            .bind(account).bind(kept).execute(c).await.map(|done| done.rows_affected()))?)
    }

    /// Deletes the sessions that no longer hold at `now`; how many.
    pub async fn purge_sessions(&self, now: UnixMillis) -> Result<u64, StoreError> {
        Ok(write_one!(self, c => sqlx::query(PURGE)
            .bind(now.plus(-IDLE_MILLIS)).bind(now.plus(-ABSOLUTE_MILLIS))
            .execute(c).await.map(|done| done.rows_affected()))?)
    }
}
