//! What an account did with single articles: read, starred, later. Rows exist only where something is so.
//!
//! A mark can be told long after it was made, by a device that had no network. Of two marks the one that was made later
//! holds, whichever is told first; so each is noted with its moment.

use super::access::may_read;
use super::db::{Db, Tx, statements, within, write_one};
use super::error::StoreError;
use super::picture::want_pictures_in;
use super::repeat::first_of;
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
    /// Notes when a mark was made, unless a later one is known. Opening an article is a mark, too: it makes it read.
    ACT = concat!(
        "INSERT INTO acted (account_id, article_id, mark, acted_at) \
         SELECT CAST($1 AS BIGINT), a.id, CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM article a WHERE a.id = $2 AND ",
        may_read!(),
        " AND NOT EXISTS (SELECT 1 FROM opened p WHERE p.account_id = $1 AND p.article_id = $2 AND p.opened_at > $4 \
          AND $3 = 0) \
         ON CONFLICT (account_id, article_id, mark) DO UPDATE SET acted_at = excluded.acted_at \
         WHERE acted.acted_at <= excluded.acted_at"
    );
    /// Whether the account marked the article as read or unread after `$3`.
    ACTED_LATER = "SELECT EXISTS (SELECT 1 FROM acted WHERE account_id = $1 AND article_id = $2 AND mark = 0 \
                   AND acted_at > $3)";
    FORGET = "DELETE FROM acted WHERE acted_at < $1";
}

/// For so long marks are noted; no session holds for longer.
const REMEMBERED: i64 = 90 * UnixMillis::DAY;

/// The marks an account can set on an article.
#[derive(Debug, Clone, Copy)]
enum Mark {
    Read = 0,
    Starred = 1,
    Later = 2,
}

impl Db {
    /// Marks an article as read or unread at the moment `at`; whether that changed anything. Only articles of followed
    /// feeds can be unread. What repeats another is read as that one is.
    pub async fn set_read(
        &self,
        account: AccountId,
        article: ArticleId,
        read: bool,
        at: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let article = first_of(&mut tx, account, article).await?;
        if !act(&mut tx, account, article, Mark::Read, at).await? {
            return Ok(false);
        }
        let changed = if read {
            mark_as_read(&mut tx, account, article).await?
        } else {
            count_one(&mut tx, UNREAD, account, article, 1).await?
        };
        tx.commit().await?;
        Ok(changed)
    }

    /// Stars an article or takes the star away at the moment `at`; whether that changed anything. A star set twice keeps
    /// its first moment.
    pub async fn set_starred(
        &self,
        account: AccountId,
        article: ArticleId,
        starred: bool,
        at: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.set_starred_since(account, article, starred, at, at).await
    }

    /// The same with a star that stands since another moment: one that was taken away and is brought back.
    pub async fn set_starred_since(
        &self,
        account: AccountId,
        article: ArticleId,
        starred: bool,
        since: UnixMillis,
        at: UnixMillis,
    ) -> Result<bool, StoreError> {
        let since = starred.then_some(since);
        self.set_mark((if starred { STAR } else { UNSTAR }, Mark::Starred), since, account, article, at).await
    }

    /// Keeps an article for later or no longer, at the moment `at`; whether that changed anything.
    pub async fn set_later(
        &self,
        account: AccountId,
        article: ArticleId,
        later: bool,
        at: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.set_later_since(account, article, later, at, at).await
    }

    /// The same for an article that is kept since another moment.
    pub async fn set_later_since(
        &self,
        account: AccountId,
        article: ArticleId,
        later: bool,
        since: UnixMillis,
        at: UnixMillis,
    ) -> Result<bool, StoreError> {
        let since = later.then_some(since);
        self.set_mark((if later { KEEP } else { UNKEEP }, Mark::Later), since, account, article, at).await
    }

    /// Forgets the moments of marks that no device can tell of any more.
    pub async fn forget_acted(&self, now: UnixMillis) -> Result<(), StoreError> {
        Ok(write_one!(self, c => sqlx::query(FORGET).bind(now.plus(-REMEMBERED)).execute(c).await.map(drop))?)
    }

    async fn set_mark(
        &self,
        (statement, mark): (&'static str, Mark),
        since: Option<UnixMillis>,
        account: AccountId,
        article: ArticleId,
        at: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !act(&mut tx, account, article, mark, at).await? {
            return Ok(false);
        }
        let changed = within!(tx, c => {
            let mut query = sqlx::query(statement).bind(account).bind(article);
            if let Some(since) = since {
                query = query.bind(since);
            }
            query.execute(c).await.map(|done| done.rows_affected())
        })?;
        if since.is_some() && changed > 0 {
            want_pictures_in(&mut tx, [article], at).await?;
        }
        tx.commit().await?;
        Ok(changed > 0)
    }
}

/// Notes a mark of this moment; whether it counts: the account may read the article, and made no later mark on it.
async fn act(
    tx: &mut Tx,
    account: AccountId,
    article: ArticleId,
    mark: Mark,
    at: UnixMillis,
) -> Result<bool, StoreError> {
    let noted = within!(*tx, c => sqlx::query(ACT).bind(account).bind(article).bind(mark as i64).bind(at)
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(noted > 0)
}

/// Marks an article as read inside a transaction; whether it was unread.
pub(super) async fn mark_as_read(tx: &mut Tx, account: AccountId, article: ArticleId) -> Result<bool, StoreError> {
    count_one(tx, READ, account, article, -1).await
}

/// Marks an article that was opened at this moment as read inside a transaction, unless a later mark says otherwise;
/// whether it was unread.
pub(super) async fn mark_as_opened(
    tx: &mut Tx,
    account: AccountId,
    article: ArticleId,
    at: UnixMillis,
) -> Result<bool, StoreError> {
    let article = first_of(tx, account, article).await?;
    let later: bool = within!(*tx, c => sqlx::query_scalar(ACTED_LATER).bind(account).bind(article).bind(at)
        .fetch_one(c).await)?;
    if later { Ok(false) } else { mark_as_read(tx, account, article).await }
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
