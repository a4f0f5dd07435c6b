//! Feeds that a reader wants fetched now, many at a time: they become due, the scheduler does the rest, and how far that
//! has come can be asked by whoever has the moment at which it began.

use super::db::{Db, read, statements, write_one};
use super::error::StoreError;
use super::row::id_list;
use crate::domain::{AccountId, ArticleId, CategoryId, FeedId, UnixMillis};

/// The feeds that are fetched for the account.
macro_rules! fetched {
    ($which:literal) => {
        concat!(
            "SELECT f.id FROM subscription s JOIN feed f ON f.id = s.feed_id WHERE s.account_id = $1 \
             AND s.paused_at IS NULL AND f.owner_id IS NULL AND NOT f.gone",
            $which
        )
    };
}

statements! {
    ALL_OF_ACCOUNT = fetched!("");
    OF_CATEGORY = fetched!(" AND s.category_id = $2");
    OF_THESE = fetched!(" AND f.id IN (SELECT value FROM json_each($2))");
    MAKE_DUE = "UPDATE feed SET next_check_at = $2 WHERE id IN (SELECT value FROM json_each($1)) AND owner_id IS NULL \
                AND NOT gone AND next_check_at > $2 AND COALESCE(checked_at, 0) <= $3";
    PROGRESS = "SELECT COUNT(*) AS total, \
                CAST(COALESCE(SUM(CASE WHEN f.checked_at > $2 THEN 1 ELSE 0 END), 0) AS BIGINT) AS done, \
                CAST(COALESCE(SUM(CASE WHEN f.checked_at > $2 AND f.failure IS NOT NULL THEN 1 ELSE 0 END), 0) AS BIGINT) \
                AS failed FROM feed f WHERE f.id IN (SELECT value FROM json_each($1))";
    BROUGHT = "SELECT a.feed_id, COALESCE(s.title, f.title) AS title, COUNT(*) AS articles \
               FROM article a JOIN subscription s ON s.account_id = $1 AND s.feed_id = a.feed_id \
               JOIN feed f ON f.id = a.feed_id WHERE a.id > $3 \
               AND a.feed_id IN (SELECT value FROM json_each($2)) \
               GROUP BY a.feed_id, COALESCE(s.title, f.title) ORDER BY COUNT(*) DESC, a.feed_id";
}

/// Which feeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All that the account follows.
    All,
    /// Those of a category.
    Category(CategoryId),
    /// These, as far as the account follows them.
    These(Vec<FeedId>),
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Progress {
    /// How many feeds are wanted.
    pub total: i64,
    /// How many of them were asked.
    pub done: i64,
    /// How many of those could not be read.
    pub failed: i64,
}

/// What a feed brought.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Brought {
    /// The feed.
    pub feed_id: FeedId,
    /// As the account calls it.
    pub title: String,
    /// New articles.
    pub articles: i64,
}

impl Db {
    /// The feeds of `wanted` that are fetched for the account: not those that are paused, gone, or its own pages.
    pub async fn wanted_feeds(&self, account: AccountId, wanted: &Wanted) -> Result<Vec<FeedId>, StoreError> {
        Ok(match wanted {
            Wanted::All => read!(self, c => sqlx::query_scalar(ALL_OF_ACCOUNT).bind(account).fetch_all(c).await)?,
            Wanted::Category(id) => {
                read!(self, c => sqlx::query_scalar(OF_CATEGORY).bind(account).bind(*id).fetch_all(c).await)?
            }
            Wanted::These(feeds) => {
                let ids = id_list(feeds.iter().map(|feed| feed.0));
                read!(self, c => sqlx::query_scalar(OF_THESE).bind(account).bind(&ids).fetch_all(c).await)?
            }
        })
    }

    /// Makes feeds due at `now`, except those that were asked after `fresh`.
    pub async fn want_feeds(&self, feeds: &[FeedId], now: UnixMillis, fresh: UnixMillis) -> Result<(), StoreError> {
        let ids = id_list(feeds.iter().map(|feed| feed.0));
        write_one!(self, c => sqlx::query(MAKE_DUE).bind(&ids).bind(now).bind(fresh).execute(c).await.map(drop))?;
        Ok(())
    }

    /// How many of these feeds were asked after `fresh`.
    pub async fn progress(&self, feeds: &[FeedId], fresh: UnixMillis) -> Result<Progress, StoreError> {
        let ids = id_list(feeds.iter().map(|feed| feed.0));
        Ok(read!(self, c => sqlx::query_as(PROGRESS).bind(&ids).bind(fresh).fetch_one(c).await)?)
    }

    /// What these feeds brought after the article `newest`, the most first.
    pub async fn brought(
        &self,
        account: AccountId,
        feeds: &[FeedId],
        newest: ArticleId,
    ) -> Result<Vec<Brought>, StoreError> {
        let ids = id_list(feeds.iter().map(|feed| feed.0));
        Ok(read!(self, c => sqlx::query_as(BROUGHT).bind(account).bind(&ids).bind(newest).fetch_all(c).await)?)
    }
}
