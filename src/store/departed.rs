//! Letting feeds go, and what is remembered of them: for ten minutes the whole deed can be taken back, and for thirty
//! days a feed that is followed again is as it was.
//!
//! What the account opened, starred, kept, tagged or highlighted is not here: that stays theirs in any case.

use serde::{Deserialize, Serialize};

use super::bin::{self, Kind};
use super::db::{Db, Tx, read, statements, within};
use super::error::StoreError;
use super::repeat;
use super::row::id_list;
use super::trash::is_listed;
use crate::domain::{AccountId, ArticleId, CategoryId, FeedId, UnixMillis};

statements! {
    LEAVING = "SELECT s.feed_id, s.category_id, s.title, s.preference, s.muted, s.paused_at, s.plain_tile, s.retention, s.pictures, s.created_at, \
               COALESCE((SELECT MAX(a.id) FROM article a WHERE a.feed_id = s.feed_id), 0) AS newest \
               FROM subscription s JOIN feed f ON f.id = s.feed_id \
               WHERE s.account_id = $1 AND f.owner_id IS NULL AND s.feed_id IN (SELECT value FROM json_each($2))";
    UNREAD_OF = "SELECT article_id FROM unread WHERE account_id = $1 AND feed_id = $2 \
                 ORDER BY sort_at DESC, article_id DESC LIMIT $3 + 0";
    REMEMBER = "INSERT INTO departed (account_id, feed_id, left_at, content) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (account_id, feed_id) DO UPDATE SET left_at = excluded.left_at, content = excluded.content";
    FORGET = "DELETE FROM departed WHERE left_at <= $1";
    LEAVE = "DELETE FROM subscription WHERE account_id = $1 AND feed_id = $2";
    RECALL = "DELETE FROM departed WHERE account_id = $1 AND feed_id = $2 AND left_at > $3 RETURNING content";
    FOLLOW = "INSERT INTO subscription (account_id, feed_id, category_id, created_at) \
              SELECT CAST($1 AS BIGINT), f.id, \
              (SELECT k.id FROM category k WHERE k.id = $3 AND k.account_id = $1), CAST($4 AS BIGINT) \
              FROM feed f WHERE f.id = $2 AND (f.owner_id IS NULL OR f.owner_id = $1) \
              ON CONFLICT (account_id, feed_id) DO NOTHING";
    SETTLE = "UPDATE subscription SET title = $3, preference = $4, muted = $5, paused_at = $6, plain_tile = $7, \
              created_at = $8, retention = $10, pictures = $11, category_id = COALESCE(category_id, \
              (SELECT k.id FROM category k WHERE k.id = $9 AND k.account_id = $1)) \
              WHERE account_id = $1 AND feed_id = $2";
    /// The newest articles after the one with the id `$4`.
    NEWEST_UNREAD = concat!("INSERT INTO unread (account_id, sort_at, article_id, feed_id) \
                     SELECT CAST($1 AS BIGINT), a.sort_at, a.id, a.feed_id FROM article a WHERE a.feed_id = $2 AND a.id > $4 \
                     AND ", is_listed!("$1", "a.id"), " \
                     ORDER BY a.sort_at DESC, a.id DESC LIMIT $3 + 0 ON CONFLICT DO NOTHING");
    STILL_UNREAD = concat!("INSERT INTO unread (account_id, sort_at, article_id, feed_id) \
                    SELECT CAST($1 AS BIGINT), a.sort_at, a.id, a.feed_id FROM article a WHERE a.feed_id = $2 \
                    AND a.id IN (SELECT value FROM json_each($3)) AND ", is_listed!("$1", "a.id"), " ON CONFLICT DO NOTHING");
    RECOUNT = "UPDATE subscription SET unread_count = (SELECT COUNT(*) FROM unread u \
               WHERE u.account_id = $1 AND u.feed_id = $2) WHERE account_id = $1 AND feed_id = $2";
    FOLLOWS = "SELECT EXISTS (SELECT 1 FROM subscription WHERE account_id = $1 AND feed_id = $2)";
}

/// For so long a feed that was let go is remembered.
const REMEMBERED: i64 = 30 * UnixMillis::DAY;
/// So many unread articles of it, the newest.
const MOST_UNREAD: i64 = 10_000;

#[derive(Debug, sqlx::FromRow)]
struct Leaving {
    feed_id: FeedId,
    category_id: Option<CategoryId>,
    title: Option<String>,
    preference: i64,
    muted: bool,
    paused_at: Option<UnixMillis>,
    plain_tile: bool,
    retention: Option<String>,
    pictures: Option<i64>,
    created_at: UnixMillis,
    newest: ArticleId,
}

/// What is remembered of a feed. Fields of a later version that are not there have their default.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Departed {
    category: Option<i64>,
    title: Option<String>,
    preference: i64,
    muted: bool,
    paused_at: Option<i64>,
    plain_tile: bool,
    retention: Option<String>,
    pictures: Option<i64>,
    created_at: i64,
    /// The newest article then: what has a higher id came later.
    newest: i64,
    unread: Vec<i64>,
}

/// Whether a feed is followed anew or letting it go is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Return {
    /// A reader chose it again: a pause is over.
    Anew,
    /// It never was gone.
    Undone,
}

impl Db {
    /// Follows a feed. If the account let it go within thirty days, its settings and what was unread of it come back with
    /// it, and of what came since the newest `newest` become unread; else its newest `newest` do. False, and nothing
    /// changes, if it is followed already, is not there, or is someone else's private one. A category of another account
    /// is taken for none.
    pub async fn subscribe(
        &self,
        account: AccountId,
        feed: FeedId,
        category: Option<CategoryId>,
        now: UnixMillis,
        newest: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let followed = follow(&mut tx, account, feed, category, newest, Return::Anew, now).await?;
        tx.commit().await?;
        Ok(followed)
    }

    /// Stops following feeds. Their articles stay; what the account opened, starred, kept, tagged or highlighted of them
    /// stays readable. How many it were, and the number that takes all of it back for
    /// [`UNDO_MILLIS`](super::UNDO_MILLIS); `None` if none of them was followed, or they are private.
    pub async fn unsubscribe(
        &self,
        account: AccountId,
        feeds: &[FeedId],
        now: UnixMillis,
    ) -> Result<Option<(u64, i64)>, StoreError> {
        let ids = id_list(feeds.iter().map(|feed| feed.0));
        let mut tx = self.begin().await?;
        within!(tx, c => sqlx::query(FORGET).bind(now.plus(-REMEMBERED)).execute(c).await.map(drop))?;
        let leaving: Vec<Leaving> =
            within!(tx, c => sqlx::query_as(LEAVING).bind(account).bind(&ids).fetch_all(c).await)?;
        if leaving.is_empty() {
            return Ok(None);
        }
        let gone: Vec<FeedId> = leaving.iter().map(|row| row.feed_id).collect();
        repeat::leave(&mut tx, account, &gone).await?;
        for row in leaving {
            let feed = row.feed_id;
            let unread: Vec<i64> = within!(tx, c => sqlx::query_scalar(UNREAD_OF)
                .bind(account).bind(feed).bind(MOST_UNREAD).fetch_all(c).await)?;
            let departed = Departed {
                category: row.category_id.map(|id| id.0),
                title: row.title,
                preference: row.preference,
                muted: row.muted,
                paused_at: row.paused_at.map(|at| at.0),
                plain_tile: row.plain_tile,
                retention: row.retention,
                pictures: row.pictures,
                created_at: row.created_at.0,
                newest: row.newest.0,
                unread,
            };
            let content = serde_json::to_string(&departed).map_err(|error| StoreError::Damaged(error.to_string()))?;
            within!(tx, c => sqlx::query(REMEMBER)
                .bind(account).bind(feed).bind(now).bind(&content).execute(c).await.map(drop))?;
            within!(tx, c => sqlx::query(LEAVE).bind(account).bind(feed).execute(c).await.map(drop))?;
        }
        let receipt = bin::put(&mut tx, account, Kind::Departure, &gone, now).await?;
        tx.commit().await?;
        Ok(Some((gone.len() as u64, receipt)))
    }

    /// Follows feeds again as they were before they were let go. Those that are followed now; `None` if it cannot be taken
    /// back any more.
    pub async fn undo_unsubscribe(
        &self,
        account: AccountId,
        receipt: i64,
        newest: i64,
        now: UnixMillis,
    ) -> Result<Option<Vec<FeedId>>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(feeds) = bin::take::<Vec<FeedId>>(&mut tx, account, Kind::Departure, receipt, now).await? else {
            return Ok(None);
        };
        let mut back = Vec::new();
        for feed in feeds {
            if follow(&mut tx, account, feed, None, newest, Return::Undone, now).await? {
                back.push(feed);
            }
        }
        tx.commit().await?;
        Ok(Some(back))
    }

    /// Whether the account follows the feed.
    pub async fn is_subscribed(&self, account: AccountId, feed: FeedId) -> Result<bool, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(FOLLOWS).bind(account).bind(feed).fetch_one(c).await)?)
    }
}

async fn follow(
    tx: &mut Tx,
    account: AccountId,
    feed: FeedId,
    category: Option<CategoryId>,
    newest: i64,
    how: Return,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let followed = within!(*tx, c => sqlx::query(FOLLOW)
        .bind(account).bind(feed).bind(category).bind(now)
        .execute(c).await.map(|done| done.rows_affected()))?;
    if followed == 0 {
        return Ok(false);
    }
    repeat::follow(tx, account, feed).await?;
    let content: Option<String> = within!(*tx, c => sqlx::query_scalar(RECALL)
        .bind(account).bind(feed).bind(now.plus(-REMEMBERED)).fetch_optional(c).await)?;
    let departed: Option<Departed> = content
        .map(|content| serde_json::from_str(&content).map_err(|error| StoreError::Damaged(error.to_string())))
        .transpose()?;
    let mut after = 0;
    if let Some(departed) = &departed {
        let paused_at = departed.paused_at.filter(|_| how == Return::Undone);
        within!(*tx, c => sqlx::query(SETTLE)
            .bind(account).bind(feed).bind(departed.title.as_deref()).bind(departed.preference).bind(departed.muted)
            .bind(paused_at).bind(departed.plain_tile).bind(departed.created_at).bind(departed.category)
            .bind(departed.retention.as_deref()).bind(departed.pictures)
            .execute(c).await.map(drop))?;
        let unread = id_list(departed.unread.iter().copied());
        within!(*tx, c => sqlx::query(STILL_UNREAD)
            .bind(account).bind(feed).bind(&unread).execute(c).await.map(drop))?;
        after = departed.newest;
    }
    let is_quiet =
        departed.is_some_and(|departed| departed.muted || (how == Return::Undone && departed.paused_at.is_some()));
    if !is_quiet {
        within!(*tx, c => sqlx::query(NEWEST_UNREAD)
            .bind(account).bind(feed).bind(newest.max(0)).bind(after).execute(c).await.map(drop))?;
    }
    recount(tx, account, feed).await?;
    Ok(true)
}

/// Counts what is unread of a feed anew.
pub(super) async fn recount(tx: &mut Tx, account: AccountId, feed: FeedId) -> Result<(), StoreError> {
    Ok(within!(*tx, c => sqlx::query(RECOUNT).bind(account).bind(feed).execute(c).await.map(drop))?)
}
