//! Marking many articles as read, and taking that back.

use std::collections::HashMap;

use super::db::{Db, Tx, read, statements, within, write_one};
use super::error::StoreError;
use super::list::Scope;
use super::row::id_list;
use super::sidebar::change_counts;
use super::trash::is_listed;
use crate::domain::{AccountId, ArticleId, FeedId, UnixMillis};

/// A statement that marks a chunk of a scope: `$1` account, `$2` the newest article, `$3` how many, `($4, $5)` below which
/// place in the order of time, `$6` the scope's id.
macro_rules! mark {
    ($from:literal, $where:literal) => {
        concat!(
            "DELETE FROM unread WHERE (account_id, sort_at, article_id) IN \
             (SELECT n.account_id, n.sort_at, n.article_id FROM ",
            $from,
            " WHERE n.account_id = $1 \
              AND n.article_id <= $2 AND (n.sort_at, n.article_id) < ($4, $5)",
            $where,
            " LIMIT $3 + 0) RETURNING article_id, feed_id"
        )
    };
}

statements! {
    MARK_ALL = mark!("unread n", "");
    MARK_FEED = mark!("unread n", " AND n.feed_id = $6");
    MARK_CATEGORY = mark!(
        "unread n JOIN subscription s ON s.account_id = n.account_id AND s.feed_id = n.feed_id",
        " AND s.category_id = $6"
    );
    MARK_STARRED = mark!("unread n JOIN starred k ON k.account_id = n.account_id AND k.article_id = n.article_id", "");
    MARK_LATER = mark!("unread n JOIN later k ON k.account_id = n.account_id AND k.article_id = n.article_id", "");
    MARK_OPENED = mark!("unread n JOIN opened k ON k.account_id = n.account_id AND k.article_id = n.article_id", "");
    MARK_TAG = mark!(
        "unread n JOIN tagged k ON k.account_id = n.account_id AND k.article_id = n.article_id",
        " AND k.tag_id = $6"
    );
    MARK_FEEDS = mark!("unread n", " AND n.feed_id IN (SELECT value FROM json_each($6))");
    /// And what they repeat.
    MARK_THESE = mark!("unread n", " AND n.article_id IN (SELECT value FROM json_each($6) UNION SELECT r.first_id \
                        FROM repeated r WHERE r.account_id = $1 AND r.article_id IN (SELECT value FROM json_each($6)))");
    MARK_REPEATED_BY_FEED = mark!("unread n", " AND n.article_id IN (SELECT r.first_id FROM repeated r \
                                   WHERE r.account_id = $1 AND r.feed_id = $6)");
    MARK_REPEATED_BY_CATEGORY = mark!("unread n", " AND n.article_id IN (SELECT r.first_id FROM repeated r \
                                       JOIN subscription s ON s.account_id = r.account_id AND s.feed_id = r.feed_id \
                                       WHERE r.account_id = $1 AND s.category_id = $6)");
    REMEMBER = "INSERT INTO undo (account_id, receipt, created_at, article_ids) VALUES ($1, $2, $3, $4) RETURNING id";
    UNDER_RECEIPT = "SELECT article_ids FROM undo WHERE account_id = $1 AND receipt = $2";
    NAME_RECEIPT = "UPDATE undo SET receipt = $1 WHERE id = $1";
    FORGET = "DELETE FROM undo WHERE created_at <= $1";
    RECALL = "DELETE FROM undo WHERE id = (SELECT MIN(id) FROM undo WHERE account_id = $1 AND receipt = $2 \
              AND created_at > $3) RETURNING article_ids";
    MARK_UNREAD = concat!("INSERT INTO unread (account_id, sort_at, article_id, feed_id) \
                   SELECT s.account_id, a.sort_at, a.id, a.feed_id \
                   FROM article a JOIN subscription s ON s.feed_id = a.feed_id AND s.account_id = $1 \
                   WHERE a.id IN (SELECT value FROM json_each($2)) AND ", is_listed!("$1", "a.id"), " \
                   ON CONFLICT DO NOTHING RETURNING feed_id");
}

/// Articles in one transaction, so that other writers wait for milliseconds and not for seconds.
const CHUNK: i64 = 5_000;
/// For how long a mark of many can be taken back.
pub const UNDO_MILLIS: i64 = 10 * UnixMillis::MINUTE;

/// The proof of a mark, by which it can be taken back for [`UNDO_MILLIS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MarkReceipt {
    /// Its number; 0 if nothing was marked.
    pub id: i64,
    /// How many articles were unread and are not any more, those of an earlier mark with the same receipt included.
    pub marked: u64,
}

/// Which articles of a list are marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marked {
    /// All of them.
    All,
    /// Those from before this moment, by the time by which lists are sorted.
    Before(UnixMillis),
    /// Those that are older than this article, by the same order.
    OlderThan(ArticleId),
    /// These, as far as they are unread: those of a page.
    These(Vec<ArticleId>),
}

/// A mark of many, on its way through the chunks.
#[derive(Debug)]
struct Marking {
    statement: &'static str,
    argument: Argument,
    account: AccountId,
    newest: ArticleId,
    /// Only what stands below this place in the order of time.
    below: (i64, i64),
    now: UnixMillis,
}

/// A place above everything.
const EVERYTHING: (i64, i64) = (i64::MAX, i64::MAX);

/// What a statement takes beside the account and the bounds.
#[derive(Debug)]
enum Argument {
    None,
    Id(i64),
    Ids(String),
}

impl Db {
    /// Marks what is unread of a scope as read, up to `newest`: what [`Counts::newest`](super::Counts) said when the
    /// page was drawn. What arrived later stays unread.
    ///
    /// Works in chunks; after a kill in the middle some are marked, and the others are not.
    pub async fn mark_read(
        &self,
        account: AccountId,
        scope: Scope,
        marked: &Marked,
        newest: ArticleId,
        now: UnixMillis,
    ) -> Result<MarkReceipt, StoreError> {
        self.mark_more(account, scope, marked, newest, now, 0).await
    }

    /// The same as a part of an earlier mark: its receipt takes both back. A receipt that is not the account's, or is
    /// forgotten, is none.
    pub async fn mark_more(
        &self,
        account: AccountId,
        scope: Scope,
        marked: &Marked,
        newest: ArticleId,
        now: UnixMillis,
        receipt: i64,
    ) -> Result<MarkReceipt, StoreError> {
        let (statement, argument) = match scope {
            _ if let Marked::These(articles) = marked => {
                (MARK_THESE, Argument::Ids(id_list(articles.iter().map(|article| article.0))))
            }
            Scope::Unread | Scope::All => (MARK_ALL, Argument::None),
            Scope::Starred => (MARK_STARRED, Argument::None),
            Scope::Later => (MARK_LATER, Argument::None),
            Scope::History => (MARK_OPENED, Argument::None),
            Scope::Tag(id) => (MARK_TAG, Argument::Id(id.0)),
            Scope::Category(id) => (MARK_CATEGORY, Argument::Id(id.0)),
            Scope::Feed(id) => (MARK_FEED, Argument::Id(id.0)),
        };
        let below = match marked {
            Marked::Before(moment) => (moment.0, i64::MIN),
            // Nothing is older than an article that is not there.
            Marked::OlderThan(article) => (self.sort_position(*article).await?.map_or(i64::MIN, |at| at.0), article.0),
            Marked::All | Marked::These(_) => EVERYTHING,
        };
        let receipt = self.mark_by(&Marking { statement, argument, account, newest, below, now }, receipt).await?;
        // What these lists repeat was read here as well.
        let (statement, id) = match scope {
            Scope::Category(id) => (MARK_REPEATED_BY_CATEGORY, id.0),
            Scope::Feed(id) => (MARK_REPEATED_BY_FEED, id.0),
            _ => return Ok(receipt),
        };
        if matches!(marked, Marked::These(_)) {
            return Ok(receipt);
        }
        let argument = Argument::Id(id);
        self.mark_by(&Marking { statement, argument, account, newest, below, now }, receipt.id).await
    }

    /// Marks what is unread of these feeds as read, up to `newest`, under one receipt.
    pub async fn mark_feeds_read(
        &self,
        account: AccountId,
        feeds: &[FeedId],
        newest: ArticleId,
        now: UnixMillis,
    ) -> Result<MarkReceipt, StoreError> {
        let argument = Argument::Ids(id_list(feeds.iter().map(|feed| feed.0)));
        let marking = Marking { statement: MARK_FEEDS, argument, account, newest, below: EVERYTHING, now };
        self.mark_by(&marking, 0).await
    }

    async fn mark_by(&self, marking: &Marking, receipt: i64) -> Result<MarkReceipt, StoreError> {
        let long_ago = marking.now.plus(-UNDO_MILLIS);
        write_one!(self, c => sqlx::query(FORGET).bind(long_ago).execute(c).await.map(drop))?;
        let earlier: Vec<String> = read!(self, c => sqlx::query_scalar(UNDER_RECEIPT)
            .bind(marking.account).bind(receipt).fetch_all(c).await)?;
        let mut receipt = MarkReceipt {
            id: if earlier.is_empty() { 0 } else { receipt },
            marked: earlier.iter().map(|ids| ids.split(',').count() as u64).sum(),
        };
        loop {
            let count = self.mark_chunk(marking, &mut receipt.id).await?;
            receipt.marked += count.unsigned_abs();
            if count < CHUNK {
                return Ok(receipt);
            }
        }
    }

    async fn mark_chunk(&self, marking: &Marking, receipt: &mut i64) -> Result<i64, StoreError> {
        let Marking { statement, argument, account, newest, below, now } = marking;
        let (account, now) = (*account, *now);
        let mut tx = self.begin().await?;
        let rows: Vec<(ArticleId, FeedId)> = within!(tx, c => {
            let query = sqlx::query_as(*statement).bind(account).bind(*newest).bind(CHUNK).bind(below.0).bind(below.1);
            let query = match argument {
                Argument::None => query,
                Argument::Id(id) => query.bind(*id),
                Argument::Ids(ids) => query.bind(ids),
            };
            query.fetch_all(c).await
        })?;
        if rows.is_empty() {
            return Ok(0);
        }
        count(&mut tx, account, rows.iter().map(|(_, feed)| *feed), -1).await?;
        let ids = id_list(rows.iter().map(|(article, _)| article.0));
        let row: i64 = within!(tx, c => sqlx::query_scalar(REMEMBER)
            .bind(account).bind(*receipt).bind(now).bind(&ids).fetch_one(c).await)?;
        if *receipt == 0 {
            within!(tx, c => sqlx::query(NAME_RECEIPT).bind(row).execute(c).await.map(drop))?;
        }
        tx.commit().await?;
        if *receipt == 0 {
            *receipt = row;
        }
        Ok(i64::try_from(rows.len()).unwrap_or(CHUNK))
    }

    /// Takes a mark back: what it marked is unread again, except what was unsubscribed since. How many; 0 if it was
    /// taken back already, is older than [`UNDO_MILLIS`], or is not the account's.
    pub async fn undo_mark(&self, account: AccountId, receipt: i64, now: UnixMillis) -> Result<u64, StoreError> {
        let mut unread = 0;
        loop {
            let mut tx = self.begin().await?;
            let ids: Option<String> = within!(tx, c => sqlx::query_scalar(RECALL)
                .bind(account).bind(receipt).bind(now.plus(-UNDO_MILLIS)).fetch_optional(c).await)?;
            let Some(ids) = ids else { return Ok(unread) };
            let feeds: Vec<FeedId> =
                within!(tx, c => sqlx::query_scalar(MARK_UNREAD).bind(account).bind(&ids).fetch_all(c).await)?;
            count(&mut tx, account, feeds.iter().copied(), 1).await?;
            tx.commit().await?;
            unread += feeds.len() as u64;
        }
    }
}

/// Adds `sign` to the counter of each feed, once for each time it is named.
async fn count(
    tx: &mut Tx,
    account: AccountId,
    feeds: impl Iterator<Item = FeedId>,
    sign: i64,
) -> Result<(), StoreError> {
    let mut counts: HashMap<FeedId, i64> = HashMap::new();
    for feed in feeds {
        *counts.entry(feed).or_default() += sign;
    }
    let changes: Vec<_> = counts.into_iter().map(|(feed, count)| (account, feed, count)).collect();
    change_counts(tx, &changes).await
}
