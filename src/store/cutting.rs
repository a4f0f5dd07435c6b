//! What readers cut from the articles of a feed: stored bodies stay whole, and are cut on the way out.

use super::access::may_read;
use super::body::unpack;
use super::db::{Db, read, statements, write_one};
use super::error::StoreError;
use crate::content::boilerplate::Cutting;
use crate::domain::{AccountId, FeedId};

statements! {
    OF_FEED = "SELECT blocks FROM cutting WHERE account_id = $1 AND feed_id = $2";
    SET = "INSERT INTO cutting (account_id, feed_id, blocks) \
           SELECT s.account_id, s.feed_id, CAST($3 AS TEXT) FROM subscription s WHERE s.account_id = $1 AND s.feed_id = $2 \
           ON CONFLICT (account_id, feed_id) DO UPDATE SET blocks = excluded.blocks";
    UNSET = "DELETE FROM cutting WHERE account_id = $1 AND feed_id = $2";
    /// The texts that are searched are those that are shown.
    NEWEST_BODIES = concat!("SELECT b.codec, b.raw_len, b.content FROM article a JOIN search_text x ON x.article_id = a.id \
                     JOIN body b ON b.version_id = x.version_id AND b.kind = x.kind \
                     WHERE a.feed_id = $2 AND ", may_read!(), " ORDER BY a.sort_at DESC, a.id DESC LIMIT $3 + 0");
}

/// Reads the column; what cannot be read cuts nothing.
pub(super) fn read_cutting(json: &str) -> Cutting {
    serde_json::from_str(json).unwrap_or_default()
}

impl Db {
    /// What the account has cut from the articles of a feed.
    pub async fn cutting(&self, account: AccountId, feed: FeedId) -> Result<Cutting, StoreError> {
        let json: Option<String> =
            read!(self, c => sqlx::query_scalar(OF_FEED).bind(account).bind(feed).fetch_optional(c).await)?;
        Ok(json.as_deref().map(read_cutting).unwrap_or_default())
    }

    /// Has this cut from now on; nothing if it is empty. Does nothing if the account does not follow the feed.
    pub async fn set_cutting(&self, account: AccountId, feed: FeedId, cutting: &Cutting) -> Result<(), StoreError> {
        if cutting.is_empty() {
            write_one!(self, c => sqlx::query(UNSET).bind(account).bind(feed).execute(c).await.map(drop))?;
            return Ok(());
        }
        let json = serde_json::to_string(cutting).map_err(|error| StoreError::Damaged(error.to_string()))?;
        write_one!(self, c => sqlx::query(SET).bind(account).bind(feed).bind(&json).execute(c).await.map(drop))?;
        Ok(())
    }

    /// The whole bodies of the newest articles of a feed that the account may read.
    pub async fn newest_bodies(&self, account: AccountId, feed: FeedId, limit: i64) -> Result<Vec<String>, StoreError> {
        let packed: Vec<(i64, i64, Vec<u8>)> = read!(self, c => sqlx::query_as(NEWEST_BODIES)
            .bind(account).bind(feed).bind(limit).fetch_all(c).await)?;
        Ok(packed.into_iter().filter_map(|(codec, raw_len, content)| unpack(codec, raw_len, content).ok()).collect())
    }
}
