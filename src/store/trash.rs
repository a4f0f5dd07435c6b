//! The trash: what an account threw away, or its retention did, for thirty days.
//!
//! An article may be many accounts' to read, so throwing it away hides it from one and changes nothing for the others. When its
//! thirty days are over it is gone for good for that account; when everybody who could read it has let it go and its feed
//! does not list it any more, it is deleted, and a tombstone keeps it from coming back. Whatever an account marked as worth keeping is
//! not thrown away on any path, and one that was marked in the very moment when it was comes back by itself.

use std::collections::HashMap;

use super::access::may_read;
use super::db::{Db, Tx, read, statements, within, write_one};
use super::error::StoreError;
use super::row::id_list;
use super::sidebar::change_counts;
use super::tombstone;
use crate::domain::{AccountId, ArticleId, FeedId, Language, UnixMillis};

/// A condition on an article of the account in this column or place: it is not thrown away. A scalar subquery for the same
/// reason as in `is_no_repeat!`.
macro_rules! is_kept {
    ($account:literal, $article:literal) => {
        concat!(
            "(SELECT 1 FROM trashed gone WHERE gone.account_id = ",
            $account,
            " AND gone.article_id = ",
            $article,
            " AND gone.state < 2) IS NULL"
        )
    };
}

/// The same, and it is no repeat: it may stand in lists of several feeds, and become unread.
macro_rules! is_listed {
    ($account:literal, $article:literal) => {
        concat!(
            $crate::store::repeat::is_no_repeat!($account, $article),
            " AND ",
            $crate::store::trash::is_kept!($account, $article)
        )
    };
}

/// Whether the account in this column or place marked article `$article` as worth keeping: starred, later, tagged, highlighted,
/// shared, or one version of it chosen.
macro_rules! is_marked {
    ($account:literal, $article:literal) => {
        $crate::store::trash::is_marked!(
            $account,
            $article,
            "starred" "later" "tagged" "highlight" "share" "pinned"
        )
    };
    ($account:literal, $article:literal, $first:literal $($other:literal)*) => {
        concat!(
            "(EXISTS (SELECT 1 FROM ", $first, " k WHERE k.account_id = ", $account, " AND k.article_id = ", $article, ")",
            $(" OR EXISTS (SELECT 1 FROM ", $other, " k WHERE k.account_id = ", $account, " AND k.article_id = ", $article, ")",)*
            ")"
        )
    };
}

pub(super) use {is_kept, is_listed, is_marked};

/// An account that could read article `a` has not let it go for good.
macro_rules! nobody_needs_it {
    ($($table:literal),+) => {
        concat!($(
            " AND NOT EXISTS (SELECT 1 FROM ", $table, " AND NOT EXISTS (SELECT 1 FROM trashed g \
             WHERE g.account_id = n.account_id AND g.article_id = a.id AND g.state = 1))"
        ),+)
    };
}

statements! {
    /// `$5` is what the account publishes at the moment. What was brought back goes again only by hand.
    THROW = concat!("INSERT INTO trashed (account_id, article_id, trashed_at, was_unread, by_retention) \
             SELECT CAST($1 AS BIGINT), a.id, CAST($3 AS BIGINT), \
             EXISTS (SELECT 1 FROM unread u WHERE u.article_id = a.id AND u.account_id = $1), CAST($4 AS BOOLEAN) \
             FROM article a WHERE a.id IN (SELECT value FROM json_each($2)) AND ", may_read!(),
             " AND NOT ", is_marked!("$1", "a.id"), " AND a.id NOT IN (SELECT value FROM json_each($5)) \
             AND (NOT $4 OR NOT EXISTS (SELECT 1 FROM unread u WHERE u.article_id = a.id AND u.account_id = $1)) \
             ON CONFLICT (account_id, article_id) DO UPDATE SET trashed_at = excluded.trashed_at, state = 0, \
             was_unread = excluded.was_unread, by_retention = excluded.by_retention \
             WHERE trashed.state = 2 AND NOT excluded.by_retention RETURNING article_id");
    READ = "DELETE FROM unread WHERE account_id = $1 AND article_id IN (SELECT value FROM json_each($2)) RETURNING feed_id";
    /// What stood behind it stands for itself, and it behind nothing.
    STAND_ALONE = "DELETE FROM repeated WHERE account_id = $1 AND (article_id IN (SELECT value FROM json_each($2)) \
                   OR first_id IN (SELECT value FROM json_each($2)))";
    LIST = "SELECT t.article_id AS id, a.title, a.language, COALESCE(s.title, f.title) AS feed_title, t.trashed_at, t.by_retention \
            FROM trashed t JOIN article a ON a.id = t.article_id JOIN feed f ON f.id = a.feed_id \
            LEFT JOIN subscription s ON s.account_id = $1 AND s.feed_id = a.feed_id \
            WHERE t.account_id = $1 AND t.state = 0 AND (t.trashed_at, t.article_id) < ($2, $3) \
            ORDER BY t.trashed_at DESC, t.article_id DESC LIMIT $4 + 0";
    COUNT = "SELECT COUNT(*) FROM trashed WHERE account_id = $1 AND state = 0";
    SOME_OF = "SELECT article_id FROM trashed WHERE account_id = $1 AND state = 0 \
               AND (CAST($2 AS BIGINT) < 0 OR trashed_at = CAST($2 AS BIGINT)) ORDER BY article_id LIMIT $3 + 0";
    BRING_BACK = "UPDATE trashed SET state = 2 WHERE account_id = $1 AND state = 0 \
                  AND article_id IN (SELECT value FROM json_each($2)) RETURNING article_id, was_unread";
    /// A source of the account's own that was let go when nothing was left in it.
    FOLLOW_SOURCE = "INSERT INTO subscription (account_id, feed_id, created_at) \
                     SELECT DISTINCT CAST($1 AS BIGINT), f.id, f.created_at FROM article a JOIN feed f ON f.id = a.feed_id \
                     WHERE a.id IN (SELECT value FROM json_each($2)) AND f.owner_id = $1 ON CONFLICT (account_id, feed_id) DO NOTHING";
    UNREAD_AGAIN = concat!("INSERT INTO unread (account_id, sort_at, article_id, feed_id) \
                    SELECT s.account_id, a.sort_at, a.id, a.feed_id FROM article a \
                    JOIN subscription s ON s.feed_id = a.feed_id AND s.account_id = $1 \
                    WHERE a.id IN (SELECT value FROM json_each($2)) AND ", is_listed!("$1", "a.id"), " \
                    ON CONFLICT DO NOTHING RETURNING feed_id");
    /// Marked in the moment when it was thrown away, or by a merge of feeds.
    RESCUE = concat!("UPDATE trashed SET state = 2 WHERE state < 2 AND ", is_marked!("trashed.account_id", "trashed.article_id"));
    FOR_GOOD = "UPDATE trashed SET state = 1 WHERE state = 0 AND trashed_at <= $1";
    /// `$1` is the last one that was looked at.
    NOBODYS = concat!("SELECT DISTINCT t.article_id FROM trashed t JOIN article a ON a.id = t.article_id \
              JOIN feed f ON f.id = a.feed_id WHERE t.state = 1 AND t.article_id > $1 \
              AND (f.owner_id IS NOT NULL OR EXISTS (SELECT 1 FROM listed l WHERE l.feed_id = f.id \
                   AND a.id NOT IN (SELECT value FROM json_each(l.articles))))",
              nobody_needs_it!(
                  "subscription n WHERE n.feed_id = a.feed_id",
                  "departed n WHERE n.feed_id = a.feed_id",
                  "opened n WHERE n.article_id = a.id"
              ),
              " AND NOT EXISTS (SELECT 1 FROM starred n WHERE n.article_id = a.id) \
              AND NOT EXISTS (SELECT 1 FROM later n WHERE n.article_id = a.id) \
              AND NOT EXISTS (SELECT 1 FROM tagged n WHERE n.article_id = a.id) \
              AND NOT EXISTS (SELECT 1 FROM highlight n WHERE n.article_id = a.id) \
              AND NOT EXISTS (SELECT 1 FROM share n WHERE n.article_id = a.id) \
              AND NOT EXISTS (SELECT 1 FROM pinned n WHERE n.article_id = a.id) \
              ORDER BY t.article_id LIMIT $2 + 0");
    DELETE = "DELETE FROM article WHERE id IN (SELECT value FROM json_each($1))";
    OF_OWN_PAGE = "SELECT t.article_id FROM trashed t WHERE t.account_id = $1 AND t.article_id = $2 AND t.state < 2";
    BACK_FOR_GOOD = "UPDATE trashed SET state = 2 WHERE account_id = $1 AND article_id = $2";
}

/// For so long the trash keeps what lies in it.
const KEPT: i64 = 30 * UnixMillis::DAY;
/// Articles in one transaction.
const CHUNK: usize = 200;

/// An article in the trash.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Trashed {
    /// The article.
    pub id: ArticleId,
    /// Plain text; may be empty.
    pub title: String,
    /// The text's language.
    pub language: Option<Language>,
    /// The feed's title as the account calls it.
    pub feed_title: String,
    /// When it was thrown away.
    pub trashed_at: UnixMillis,
    /// By what the account set, and not by hand.
    pub by_retention: bool,
}

impl Trashed {
    /// From when on it cannot be brought back.
    pub fn until(&self) -> UnixMillis {
        self.trashed_at.plus(KEPT)
    }
}

/// What was thrown away at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ThrownAway {
    /// How many articles.
    pub count: u64,
    /// The number that brings them back, for as long as they lie in the trash.
    pub receipt: i64,
}

/// What came of a look into all trashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Rows of accounts whose thirty days are over.
    pub for_good: u64,
    /// Articles that nobody can read any more and that were deleted.
    pub deleted: u64,
}

impl Db {
    /// Puts an article into the account's trash. `None` if it may not read it, or marked it as worth keeping, or publishes it: then
    /// nothing changes.
    pub async fn throw_away(
        &self,
        account: AccountId,
        article: ArticleId,
        published: &[ArticleId],
        now: UnixMillis,
    ) -> Result<Option<ThrownAway>, StoreError> {
        let published = id_list(published.iter().map(|article| article.0));
        let thrown = self.throw(account, &[article], &published, false, now).await?;
        Ok((thrown.count > 0).then_some(thrown))
    }

    /// Puts articles into the trash, as far as that may be. `published` as JSON.
    pub(super) async fn throw(
        &self,
        account: AccountId,
        articles: &[ArticleId],
        published: &str,
        by_retention: bool,
        now: UnixMillis,
    ) -> Result<ThrownAway, StoreError> {
        let mut count = 0;
        for chunk in articles.chunks(CHUNK) {
            let ids = id_list(chunk.iter().map(|article| article.0));
            let mut tx = self.begin().await?;
            let thrown: Vec<i64> = within!(tx, c => sqlx::query_scalar(THROW)
                .bind(account).bind(&ids).bind(now).bind(by_retention).bind(published).fetch_all(c).await)?;
            let ids = id_list(thrown.iter().copied());
            let read: Vec<FeedId> =
                within!(tx, c => sqlx::query_scalar(READ).bind(account).bind(&ids).fetch_all(c).await)?;
            add_to_counts(&mut tx, account, &read, -1).await?;
            within!(tx, c => sqlx::query(STAND_ALONE).bind(account).bind(&ids).execute(c).await.map(drop))?;
            tx.commit().await?;
            count += thrown.len() as u64;
        }
        Ok(ThrownAway { count, receipt: now.0 })
    }

    /// What lies in the account's trash, the last thrown away first, after a place.
    pub async fn trash(
        &self,
        account: AccountId,
        after: Option<(UnixMillis, ArticleId)>,
        limit: i64,
    ) -> Result<Vec<Trashed>, StoreError> {
        let (at, id) = after.unwrap_or((UnixMillis(i64::MAX), ArticleId(i64::MAX)));
        Ok(read!(self, c => sqlx::query_as(LIST).bind(account).bind(at).bind(id).bind(limit).fetch_all(c).await)?)
    }

    /// How many articles lie in the account's trash.
    pub async fn count_trash(&self, account: AccountId) -> Result<i64, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(COUNT).bind(account).fetch_one(c).await)?)
    }

    /// Takes an article out of the account's trash; whether it lay there. It is unread if it was.
    pub async fn bring_back(&self, account: AccountId, article: ArticleId) -> Result<bool, StoreError> {
        Ok(self.bring_back_these(account, &[article]).await? > 0)
    }

    /// Takes all that was thrown away at once out of the trash, or all that lies there. How many.
    pub async fn bring_back_all(&self, account: AccountId, receipt: Option<i64>) -> Result<u64, StoreError> {
        let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
        let mut count = 0;
        loop {
            let some: Vec<ArticleId> = read!(self, c => sqlx::query_scalar(SOME_OF)
                .bind(account).bind(receipt.unwrap_or(-1)).bind(limit).fetch_all(c).await)?;
            match self.bring_back_these(account, &some).await? {
                0 => return Ok(count),
                back => count += back,
            }
        }
    }

    async fn bring_back_these(&self, account: AccountId, articles: &[ArticleId]) -> Result<u64, StoreError> {
        let ids = id_list(articles.iter().map(|article| article.0));
        let mut tx = self.begin().await?;
        let back: Vec<(i64, bool)> =
            within!(tx, c => sqlx::query_as(BRING_BACK).bind(account).bind(&ids).fetch_all(c).await)?;
        let ids = id_list(back.iter().map(|(id, _)| *id));
        within!(tx, c => sqlx::query(FOLLOW_SOURCE).bind(account).bind(&ids).execute(c).await.map(drop))?;
        let unread = id_list(back.iter().filter(|(_, was_unread)| *was_unread).map(|(id, _)| *id));
        let feeds: Vec<FeedId> =
            within!(tx, c => sqlx::query_scalar(UNREAD_AGAIN).bind(account).bind(&unread).fetch_all(c).await)?;
        add_to_counts(&mut tx, account, &feeds, 1).await?;
        tx.commit().await?;
        Ok(back.len() as u64)
    }

    /// Whether the account threw this article away, for however long.
    pub async fn is_thrown_away(&self, account: AccountId, article: ArticleId) -> Result<bool, StoreError> {
        let thrown: Option<ArticleId> = read!(self, c => sqlx::query_scalar(OF_OWN_PAGE)
            .bind(account).bind(article).fetch_optional(c).await)?;
        Ok(thrown.is_some())
    }

    /// An article that the account saves or brings in itself is not thrown away any more, for how long it may have been. Whether it
    /// was.
    pub async fn want_again(&self, account: AccountId, article: ArticleId) -> Result<bool, StoreError> {
        let thrown = self.is_thrown_away(account, article).await?;
        if thrown {
            let ids = id_list([article.0]);
            let mut tx = self.begin().await?;
            within!(tx, c => sqlx::query(BACK_FOR_GOOD).bind(account).bind(article).execute(c).await.map(drop))?;
            within!(tx, c => sqlx::query(FOLLOW_SOURCE).bind(account).bind(&ids).execute(c).await.map(drop))?;
            tx.commit().await?;
        }
        Ok(thrown)
    }

    /// Ends the thirty days of what has lain in a trash for so long, and deletes what nobody can read any more. May be called at
    /// any time and as often as one likes.
    pub async fn sweep_trash(&self, now: UnixMillis) -> Result<Swept, StoreError> {
        write_one!(self, c => sqlx::query(RESCUE).execute(c).await.map(drop))?;
        let for_good = write_one!(self, c => sqlx::query(FOR_GOOD).bind(now.plus(-KEPT)).execute(c).await
            .map(|done| done.rows_affected()))?;
        let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
        let mut swept = Swept { for_good, deleted: 0 };
        let mut last = 0;
        loop {
            let mut tx = self.begin().await?;
            let nobodys: Vec<i64> =
                within!(tx, c => sqlx::query_scalar(NOBODYS).bind(last).bind(limit).fetch_all(c).await)?;
            let Some(newest) = nobodys.last() else { break };
            last = *newest;
            let ids = id_list(nobodys.iter().copied());
            tombstone::bury(&mut tx, &ids, now).await?;
            within!(tx, c => sqlx::query(DELETE).bind(&ids).execute(c).await.map(drop))?;
            tx.commit().await?;
            swept.deleted += nobodys.len() as u64;
        }
        self.forget_tombstones(now).await?;
        Ok(swept)
    }
}

async fn add_to_counts(tx: &mut Tx, account: AccountId, feeds: &[FeedId], sign: i64) -> Result<(), StoreError> {
    let mut counts: HashMap<FeedId, i64> = HashMap::new();
    for feed in feeds {
        *counts.entry(*feed).or_default() += sign;
    }
    let changes: Vec<_> = counts.into_iter().map(|(feed, count)| (account, feed, count)).collect();
    change_counts(tx, &changes).await
}
