//! What was deleted and can be brought back for a while: the one table behind every Undo of a deletion.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::db::{Tx, statements, within};
use super::error::StoreError;
use super::mark::UNDO_MILLIS;
use crate::domain::{AccountId, UnixMillis};

statements! {
    PUT = "INSERT INTO bin (account_id, kind, created_at, content) VALUES ($1, $2, $3, $4) RETURNING id";
    EMPTY = "DELETE FROM bin WHERE created_at <= $1";
    TAKE = "DELETE FROM bin WHERE account_id = $1 AND id = $2 AND kind = $3 AND created_at > $4 RETURNING content";
}

/// What kind of thing lies in the bin. The numbers are stored: add, never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Tag = 0,
    Highlight = 1,
    Rule = 2,
    /// Feeds that are not followed any more.
    Departure = 3,
    /// Subscriptions as they were before a change.
    Subscriptions = 4,
    Category = 5,
    /// What a rule did with stored articles.
    Deeds = 6,
    SavedSearch = 7,
    /// What an import brought.
    Import = 8,
}

/// Puts a thing into the bin, and throws away what lies there too long. The number brings it back.
pub(super) async fn put(
    tx: &mut Tx,
    account: AccountId,
    kind: Kind,
    thing: &impl Serialize,
    now: UnixMillis,
) -> Result<i64, StoreError> {
    within!(*tx, c => sqlx::query(EMPTY).bind(now.plus(-UNDO_MILLIS)).execute(c).await.map(drop))?;
    let content = serde_json::to_string(thing).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok(within!(*tx, c => sqlx::query_scalar(PUT)
        .bind(account).bind(kind as i64).bind(now).bind(&content).fetch_one(c).await)?)
}

/// Takes a thing out of the bin; `None` if it is not there any more, never was, or is somebody else's.
pub(super) async fn take<T: DeserializeOwned>(
    tx: &mut Tx,
    account: AccountId,
    kind: Kind,
    receipt: i64,
    now: UnixMillis,
) -> Result<Option<T>, StoreError> {
    let content: Option<String> = within!(*tx, c => sqlx::query_scalar(TAKE)
        .bind(account).bind(receipt).bind(kind as i64).bind(now.plus(-UNDO_MILLIS)).fetch_optional(c).await)?;
    content
        .map(|content| serde_json::from_str(&content).map_err(|error| StoreError::Damaged(error.to_string())))
        .transpose()
}
