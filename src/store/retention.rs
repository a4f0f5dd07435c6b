//! How long articles are kept: what an account chose, and which articles that means.
//!
//! Preview and deed ask the same statement and the same rule ([`Retention::beyond`]), so the one shows what the other does. Exempt are
//! what is unread, what the account marked or publishes, what its feed still lists, what was brought back from the trash, and
//! what is nowhere else any more. Saved and imported pages are never touched.

use std::collections::HashMap;

use super::db::{Db, read, statements, write_one};
use super::error::StoreError;
use super::row::id_list;
use super::trash::{ThrownAway, is_kept, is_marked};
use crate::domain::{AccountId, ArticleId, FeedId, Held, Language, Retention, UnixMillis};

statements! {
    OF_ACCOUNT = "SELECT retention FROM account WHERE id = $1";
    SET_ACCOUNT = "UPDATE account SET retention = $2 WHERE id = $1";
    OF_FEED = "SELECT retention FROM subscription WHERE account_id = $1 AND feed_id = $2";
    SET_FEED = "UPDATE subscription SET retention = $3 WHERE account_id = $1 AND feed_id = $2";
    CHOICES = "SELECT s.feed_id, COALESCE(s.title, f.title) AS title, s.retention FROM subscription s \
               JOIN feed f ON f.id = s.feed_id WHERE s.account_id = $1 AND f.owner_id IS NULL ORDER BY s.feed_id";
    WITH_RETENTION = "SELECT k.id FROM account k WHERE k.disabled_at IS NULL AND (k.retention <> '{}' OR EXISTS \
                      (SELECT 1 FROM subscription s WHERE s.account_id = k.id AND s.retention IS NOT NULL \
                      AND s.retention <> '{}')) ORDER BY k.id";
    /// `$3` is what the account publishes, `$4` whether sizes are asked for.
    HELD = concat!("SELECT a.id, a.feed_id, a.sort_at, a.fetched_at, \
            CAST(CASE WHEN $4 THEN COALESCE((SELECT SUM(LENGTH(b.content)) FROM version v JOIN body b ON b.version_id = v.id \
                 WHERE v.article_id = a.id), 0) + COALESCE((SELECT LENGTH(p.content) FROM page p WHERE p.article_id = a.id), 0) \
                 + COALESCE((SELECT SUM(p.bytes) FROM article_picture ap JOIN picture_source o ON o.id = ap.source_id \
                 JOIN picture p ON p.id = o.picture_id WHERE ap.article_id = a.id), 0) ELSE 0 END AS BIGINT) AS bytes, \
            (EXISTS (SELECT 1 FROM unread u WHERE u.article_id = a.id AND u.account_id = $1) \
             OR ", is_marked!("$1", "a.id"), " \
             OR a.id IN (SELECT value FROM json_each($3)) \
             OR EXISTS (SELECT 1 FROM trashed t WHERE t.account_id = $1 AND t.article_id = a.id) \
             OR NOT EXISTS (SELECT 1 FROM listed l WHERE l.feed_id = a.feed_id) \
             OR a.id IN (SELECT value FROM listed l, json_each(l.articles) WHERE l.feed_id = $2) \
             OR EXISTS (SELECT 1 FROM original o WHERE o.article_id = a.id AND o.state = 3)) AS stays \
            FROM article a JOIN subscription s ON s.account_id = $1 AND s.feed_id = a.feed_id \
            WHERE a.feed_id = $2 AND ", is_kept!("$1", "a.id"), " ORDER BY a.sort_at DESC, a.id DESC");
    EXAMPLES = "SELECT a.id, a.feed_id, a.title, a.language, a.sort_at FROM article a \
                WHERE a.id IN (SELECT value FROM json_each($1)) ORDER BY a.sort_at DESC, a.id DESC";
}

/// So many examples of what would go are named of each feed.
const EXAMPLES_OF_FEED: usize = 3;

/// What retention would take from a feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Doomed {
    /// The feed.
    pub feed: FeedId,
    /// Its title as the account calls it; may be empty.
    pub title: String,
    /// How many articles.
    pub count: u64,
    /// The newest of them.
    pub examples: Vec<DoomedArticle>,
}

/// An article that would go.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DoomedArticle {
    /// The article.
    pub id: ArticleId,
    /// Its feed.
    pub feed_id: FeedId,
    /// Plain text; may be empty.
    pub title: String,
    /// The text's language.
    pub language: Option<Language>,
    /// By which it is sorted.
    pub sort_at: UnixMillis,
}

#[derive(Debug, sqlx::FromRow)]
struct HeldRow {
    id: i64,
    feed_id: i64,
    sort_at: UnixMillis,
    fetched_at: UnixMillis,
    bytes: i64,
    stays: bool,
}

#[derive(Debug, sqlx::FromRow)]
struct Choice {
    feed_id: FeedId,
    title: String,
    retention: Option<String>,
}

/// A stored choice. One that cannot be read keeps everything.
fn choice(json: &str) -> Retention {
    serde_json::from_str(json).unwrap_or_default()
}

fn stored(retention: &Retention) -> String {
    serde_json::to_string(retention).unwrap_or_else(|_| "{}".to_owned())
}

impl Db {
    /// What an account chose for feeds without a choice of their own.
    pub async fn retention(&self, account: AccountId) -> Result<Retention, StoreError> {
        let json: Option<String> =
            read!(self, c => sqlx::query_scalar(OF_ACCOUNT).bind(account).fetch_optional(c).await)?;
        Ok(json.map(|json| choice(&json)).unwrap_or_default())
    }

    /// Sets what [`Db::retention`] gives.
    pub async fn set_retention(&self, account: AccountId, retention: &Retention) -> Result<(), StoreError> {
        let json = stored(retention);
        Ok(write_one!(self, c => sqlx::query(SET_ACCOUNT).bind(account).bind(&json).execute(c).await.map(drop))?)
    }

    /// What an account chose for a feed; `None` follows the account.
    pub async fn feed_retention(&self, account: AccountId, feed: FeedId) -> Result<Option<Retention>, StoreError> {
        let json: Option<Option<String>> =
            read!(self, c => sqlx::query_scalar(OF_FEED).bind(account).bind(feed).fetch_optional(c).await)?;
        Ok(json.flatten().map(|json| choice(&json)))
    }

    /// Sets what [`Db::feed_retention`] gives.
    pub async fn set_feed_retention(
        &self,
        account: AccountId,
        feed: FeedId,
        retention: Option<Retention>,
    ) -> Result<(), StoreError> {
        let json = retention.map(|retention| stored(&retention));
        Ok(write_one!(self, c => sqlx::query(SET_FEED).bind(account).bind(feed).bind(json)
            .execute(c).await.map(drop))?)
    }

    /// The accounts that let anything go.
    pub async fn accounts_with_retention(&self) -> Result<Vec<AccountId>, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(WITH_RETENTION).fetch_all(c).await)?)
    }

    /// What would go into the trash if an account chose this, for all its feeds or for one: of each feed the number, the largest
    /// first, and examples.
    pub async fn preview_retention(
        &self,
        account: AccountId,
        (feed, retention): (Option<FeedId>, Option<Retention>),
        published: &[ArticleId],
        now: UnixMillis,
    ) -> Result<Vec<Doomed>, StoreError> {
        let published = id_list(published.iter().map(|article| article.0));
        let choices = self.effective(account, feed, retention).await?;
        let doomed = self.doomed(account, &choices, &published, now).await?;
        let mut feeds: HashMap<i64, (u64, Vec<i64>)> = HashMap::new();
        for article in &doomed {
            let (count, examples) = feeds.entry(article.feed).or_default();
            *count += 1;
            if examples.len() < EXAMPLES_OF_FEED {
                examples.push(article.id);
            }
        }
        let ids = id_list(feeds.values().flat_map(|(_, examples)| examples.iter().copied()));
        let examples: Vec<DoomedArticle> = read!(self, c => sqlx::query_as(EXAMPLES).bind(&ids).fetch_all(c).await)?;
        let mut all: Vec<Doomed> = choices
            .feeds
            .into_iter()
            .filter_map(|(feed, title, _)| {
                let (count, _) = feeds.get(&feed.0)?;
                let examples = examples.iter().filter(|article| article.feed_id == feed).cloned().collect();
                Some(Doomed { feed, title, count: *count, examples })
            })
            .collect();
        all.sort_by_key(|doomed| std::cmp::Reverse(doomed.count));
        Ok(all)
    }

    /// Puts what an account does not want to keep any longer into its trash.
    pub async fn apply_retention(
        &self,
        account: AccountId,
        published: &[ArticleId],
        now: UnixMillis,
    ) -> Result<ThrownAway, StoreError> {
        let published = id_list(published.iter().map(|article| article.0));
        let choices = self.effective(account, None, None).await?;
        let doomed = self.doomed(account, &choices, &published, now).await?;
        let articles: Vec<ArticleId> = doomed.iter().map(|article| ArticleId(article.id)).collect();
        self.throw(account, &articles, &published, true, now).await
    }

    /// The one place that says which choice holds for which feed. `other` is tried instead of the stored one: of one feed, or
    /// of the account.
    async fn effective(
        &self,
        account: AccountId,
        only: Option<FeedId>,
        other: Option<Retention>,
    ) -> Result<Effective, StoreError> {
        let own = match (only, other) {
            (None, Some(other)) => other,
            _ => self.retention(account).await?,
        };
        let rows: Vec<Choice> = read!(self, c => sqlx::query_as(CHOICES).bind(account).fetch_all(c).await)?;
        let feeds = rows
            .into_iter()
            .filter(|row| only.is_none_or(|feed| feed == row.feed_id))
            .map(|row| {
                let stored = row.retention.as_deref().map(choice);
                (row.feed_id, row.title, if only.is_some() { other.or(stored) } else { stored })
            })
            .collect();
        Ok(Effective { own, feeds })
    }

    async fn doomed(
        &self,
        account: AccountId,
        choices: &Effective,
        published: &str,
        now: UnixMillis,
    ) -> Result<Vec<Held>, StoreError> {
        let mut doomed: Vec<Held> = Vec::new();
        let mut together: Vec<Held> = Vec::new();
        for (feed, _, own) in &choices.feeds {
            let retention = own.unwrap_or(choices.own);
            if retention.is_nothing() {
                continue;
            }
            let rows: Vec<HeldRow> = read!(self, c => sqlx::query_as(HELD)
                .bind(account).bind(feed).bind(published).bind(retention.megabytes.is_some()).fetch_all(c).await)?;
            let held: Vec<Held> = rows.into_iter().map(Held::from).collect();
            // The account's bound on the size is one for all feeds that follow it.
            let single = Retention { megabytes: own.and(retention.megabytes), ..retention };
            doomed.extend(single.beyond(&held, now));
            if own.is_none() && retention.megabytes.is_some() {
                together.extend(held);
            }
        }
        if !together.is_empty() {
            together.sort_by_key(|article| std::cmp::Reverse((article.sort_at, article.id)));
            let all = Retention { megabytes: choices.own.megabytes, ..Retention::default() };
            doomed.extend(all.beyond(&together, now));
        }
        doomed.sort_by_key(|article| std::cmp::Reverse((article.sort_at, article.id)));
        doomed.dedup_by_key(|article| article.id);
        Ok(doomed)
    }
}

/// What holds for an account's feeds.
struct Effective {
    own: Retention,
    feeds: Vec<(FeedId, String, Option<Retention>)>,
}

impl From<HeldRow> for Held {
    fn from(row: HeldRow) -> Self {
        let HeldRow { id, feed_id, sort_at, fetched_at, bytes, stays } = row;
        Self { id, feed: feed_id, sort_at, fetched_at, bytes, stays }
    }
}
