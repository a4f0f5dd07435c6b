//! What an account did with single articles: read, starred, later. Rows exist only where something is so.

use super::access::may_read;
use super::db::{Db, Tx, statements, within};
use super::error::StoreError;
use super::sidebar::change_counts;
use crate::domain::{AccountId, ArticleId, FeedId, UnixMillis};

statements! {
    /// The sort key is looked up first, because it leads the primary key.
    READ = "DELETE FROM unread WHERE account_id = $1 AND article_id = $2 \
            AND sort_at = (SELECT sort_at FROM article WHERE id = $2) RETURNING feed_id";
    UNREAD = "INSERT INTO unread (account_id, sort_at, article_id, feed_id) \
              SELECT s.account_id, a.sort_at, a.id, a.feed_id FROM article a \
              JOIN subscription s ON s.feed_id = a.feed_id AND s.account_id = $1 WHERE a.id = $2 \
              ON CONFLICT DO NOTHING RETURNING feed_id";
    STAR = concat!(
        "INSERT INTO starred (account_id, article_id, marked_at) \
         SELECT CAST($1 AS BIGINT), a.id, CAST($3 AS BIGINT) FROM article a WHERE a.id = $2 AND ", may_read!(),
        " ON CONFLICT DO NOTHING"
    );
    UNSTAR = "DELETE FROM starred WHERE account_id = $1 AND article_id = $2";
    KEEP = concat!(
        "INSERT INTO later (account_id, article_id, marked_at) \
         SELECT CAST($1 AS BIGINT), a.id, CAST($3 AS BIGINT) FROM article a WHERE a.id = $2 AND ", may_read!(),
        " ON CONFLICT DO NOTHING"
    );
    UNKEEP = "DELETE FROM later WHERE account_id = $1 AND article_id = $2";
}

impl Db {
    /// Marks an article as read or unread; whether that changed anything. Only articles of followed feeds can be unread.
    pub async fn set_read(
        &self,
        account: AccountId,
        article: ArticleId,
        read: bool,
        _now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let changed = if read {
            mark_as_read(&mut tx, account, article).await?
        } else {
            count_one(&mut tx, UNREAD, account, article, 1).await?
        };
        tx.commit().await?;
        Ok(changed)
    }

    /// Stars an article or takes the star away; whether that changed anything. A star set twice keeps its first moment.
    pub async fn set_starred(
        &self,
        account: AccountId,
        article: ArticleId,
        starred: bool,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.set_mark(if starred { STAR } else { UNSTAR }, starred, account, article, now).await
    }

    /// Keeps an article for later or no longer; whether that changed anything.
    pub async fn set_later(
        &self,
        account: AccountId,
        article: ArticleId,
        later: bool,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.set_mark(if later { KEEP } else { UNKEEP }, later, account, article, now).await
    }

    async fn set_mark(
        &self,
        statement: &'static str,
        takes_moment: bool,
        account: AccountId,
        article: ArticleId,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let changed = within!(tx, c => {
            let mut query = sqlx::query(statement).bind(account).bind(article);
            if takes_moment {
                query = query.bind(now);
            }
            query.execute(c).await.map(|done| done.rows_affected())
        })?;
        tx.commit().await?;
        Ok(changed > 0)
    }
}

/// Marks an article as read inside a transaction; whether it was unread.
pub(super) async fn mark_as_read(tx: &mut Tx, account: AccountId, article: ArticleId) -> Result<bool, StoreError> {
    count_one(tx, READ, account, article, -1).await
}

async fn count_one(
    tx: &mut Tx,
    statement: &'static str,
    account: AccountId,
    article: ArticleId,
    difference: i64,
) -> Result<bool, StoreError> {
    let feed: Option<FeedId> =
        within!(*tx, c => sqlx::query_scalar(statement).bind(account).bind(article).fetch_optional(c).await)?;
    if let Some(feed) = feed {
        change_counts(tx, &[(account, feed, difference)]).await?;
    }
    Ok(feed.is_some())
}

/// Stars an article inside a transaction; whether it was not starred.
pub(super) async fn mark_starred(
    tx: &mut Tx,
    account: AccountId,
    article: ArticleId,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    set_in(tx, STAR, account, article, now).await
}

/// Keeps an article for later inside a transaction; whether it was not kept.
pub(super) async fn mark_later(
    tx: &mut Tx,
    account: AccountId,
    article: ArticleId,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    set_in(tx, KEEP, account, article, now).await
}

async fn set_in(
    tx: &mut Tx,
    statement: &'static str,
    account: AccountId,
    article: ArticleId,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let set = within!(*tx, c => sqlx::query(statement)
        .bind(account).bind(article).bind(now).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(set > 0)
}
