//! What a reader does with several of their feeds at once, and taking it back: move, mute, pause.
//!
//! A **muted** feed is fetched, listed and searched as any other, but its articles do not become unread, and those that
//! were are read; without the mute, what arrives from then on becomes unread again. A **paused** feed is not fetched for
//! this reader: nothing of it becomes unread until the pause is over, and then what others had fetched meanwhile does.

use serde::{Deserialize, Serialize};

use super::bin::{self, Kind};
use super::db::{Db, statements, within};
use super::departed::recount;
use super::error::StoreError;
use super::repeat;
use super::row::id_list;
use super::trash::is_listed;
use crate::domain::{AccountId, ArticleId, CategoryId, FeedId, UnixMillis};

statements! {
    PRESENT = "SELECT feed_id, category_id, muted, paused_at FROM subscription \
               WHERE account_id = $1 AND feed_id IN (SELECT value FROM json_each($2))";
    MOVE = "UPDATE subscription SET category_id = (SELECT k.id FROM category k WHERE k.id = $3 AND k.account_id = $1) \
            WHERE account_id = $1 AND feed_id IN (SELECT value FROM json_each($2))";
    MUTE = "UPDATE subscription SET muted = $3 \
            WHERE account_id = $1 AND feed_id IN (SELECT value FROM json_each($2))";
    PAUSE = "UPDATE subscription SET paused_at = $3 \
             WHERE account_id = $1 AND feed_id IN (SELECT value FROM json_each($2))";
    MEANWHILE = concat!("INSERT INTO unread (account_id, sort_at, article_id, feed_id) \
                 SELECT s.account_id, a.sort_at, a.id, a.feed_id FROM subscription s JOIN article a \
                 ON a.feed_id = s.feed_id AND a.fetched_at >= s.paused_at \
                 WHERE s.account_id = $1 AND s.feed_id = $2 AND NOT s.muted AND ", is_listed!("$1", "a.id"), " \
                 ORDER BY a.sort_at DESC, a.id DESC LIMIT $3 + 0 ON CONFLICT DO NOTHING");
    PUT_BACK = "UPDATE subscription SET muted = $4, paused_at = $5, \
                category_id = (SELECT k.id FROM category k WHERE k.id = $3 AND k.account_id = $1) \
                WHERE account_id = $1 AND feed_id = $2";
    UNMAKE = "DELETE FROM category WHERE account_id = $1 AND id = $2 \
              AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.category_id = $2) \
              AND NOT EXISTS (SELECT 1 FROM rule r WHERE r.category_id = $2)";
}

/// So many articles of a feed that came during a pause become unread after it, the newest.
const MEANWHILE_UNREAD: i64 = 50;

/// What is to change about several subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkChange {
    /// They move to a category, or out of any.
    Category(Option<CategoryId>),
    /// They move to a category that was made for them, and that goes when they leave it again.
    NewCategory(CategoryId),
    /// They are muted, or no longer.
    Muted(bool),
    /// They are paused, or no longer.
    Paused(bool),
}

impl BulkChange {
    /// The category that they move to.
    fn category(self) -> Option<CategoryId> {
        match self {
            Self::Category(category) => category,
            Self::NewCategory(category) => Some(category),
            Self::Muted(_) | Self::Paused(_) => None,
        }
    }
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkChanged {
    /// How many subscriptions are not as they were.
    pub count: u64,
    /// The number that takes it back for [`UNDO_MILLIS`](super::UNDO_MILLIS); 0 if nothing changed.
    pub receipt: i64,
}

/// A subscription as it was.
#[derive(Debug, Clone, sqlx::FromRow, Serialize, Deserialize)]
struct Was {
    feed_id: FeedId,
    category_id: Option<CategoryId>,
    muted: bool,
    paused_at: Option<UnixMillis>,
}

impl Was {
    fn differs(&self, change: BulkChange) -> bool {
        match change {
            BulkChange::Category(_) | BulkChange::NewCategory(_) => self.category_id != change.category(),
            BulkChange::Muted(muted) => self.muted != muted,
            BulkChange::Paused(paused) => self.paused_at.is_some() != paused,
        }
    }
}

/// What the bin holds.
#[derive(Debug, Serialize, Deserialize)]
struct Binned {
    were: Vec<Was>,
    /// The mark by which muted feeds were read.
    mark: i64,
    /// The category that was made for them.
    #[serde(default)]
    made: Option<CategoryId>,
}

impl Db {
    /// Changes those of `feeds` that the account follows.
    pub async fn change_subscriptions(
        &self,
        account: AccountId,
        feeds: &[FeedId],
        change: BulkChange,
        now: UnixMillis,
    ) -> Result<BulkChanged, StoreError> {
        let ids = id_list(feeds.iter().map(|feed| feed.0));
        let mut tx = self.begin().await?;
        let mut were: Vec<Was> = within!(tx, c => sqlx::query_as(PRESENT).bind(account).bind(&ids).fetch_all(c).await)?;
        were.retain(|was| was.differs(change));
        if were.is_empty() {
            return Ok(BulkChanged { count: 0, receipt: 0 });
        }
        let changed: Vec<FeedId> = were.iter().map(|was| was.feed_id).collect();
        let ids = id_list(changed.iter().map(|feed| feed.0));
        match change {
            BulkChange::Category(_) | BulkChange::NewCategory(_) => within!(tx, c => sqlx::query(MOVE)
                .bind(account).bind(&ids).bind(change.category()).execute(c).await.map(drop))?,
            BulkChange::Muted(muted) => {
                if muted {
                    repeat::leave(&mut tx, account, &changed).await?;
                }
                within!(tx, c => sqlx::query(MUTE)
                    .bind(account).bind(&ids).bind(muted).execute(c).await.map(drop))?;
            }
            BulkChange::Paused(paused) => {
                for feed in changed.iter().filter(|_| !paused) {
                    within!(tx, c => sqlx::query(MEANWHILE)
                        .bind(account).bind(*feed).bind(MEANWHILE_UNREAD).execute(c).await.map(drop))?;
                    recount(&mut tx, account, *feed).await?;
                }
                let since = paused.then_some(now);
                within!(tx, c => sqlx::query(PAUSE)
                    .bind(account).bind(&ids).bind(since).execute(c).await.map(drop))?;
            }
        }
        tx.commit().await?;
        let mark = if change == BulkChange::Muted(true) {
            self.mark_feeds_read(account, &changed, ArticleId(i64::MAX), now).await?.id
        } else {
            0
        };
        let made = change.category().filter(|_| matches!(change, BulkChange::NewCategory(_)));
        let mut tx = self.begin().await?;
        let receipt = bin::put(&mut tx, account, Kind::Subscriptions, &Binned { were, mark, made }, now).await?;
        tx.commit().await?;
        Ok(BulkChanged { count: changed.len() as u64, receipt })
    }

    /// Puts subscriptions back to what they were before a change, and what was unread with them. How many; `None` if it
    /// cannot be taken back any more.
    pub async fn undo_change(
        &self,
        account: AccountId,
        receipt: i64,
        now: UnixMillis,
    ) -> Result<Option<u64>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(binned) = bin::take::<Binned>(&mut tx, account, Kind::Subscriptions, receipt, now).await? else {
            return Ok(None);
        };
        let mut back = 0;
        for was in &binned.were {
            back += within!(tx, c => sqlx::query(PUT_BACK)
                .bind(account).bind(was.feed_id).bind(was.category_id).bind(was.muted).bind(was.paused_at)
                .execute(c).await.map(|done| done.rows_affected()))?;
        }
        // What came into it since has made it a category of its own.
        if let Some(made) = binned.made {
            within!(tx, c => sqlx::query(UNMAKE).bind(account).bind(made).execute(c).await.map(drop))?;
        }
        tx.commit().await?;
        if binned.mark > 0 {
            self.undo_mark(account, binned.mark, now).await?;
        }
        Ok(Some(back))
    }
}
