//! Subscriptions: one account follows one feed.

use std::collections::HashMap;

use super::db::{Db, read, statements, within, write_one};
use super::error::StoreError;
use super::feed::{FeedKind, failure};
use super::row::{clipped, id_list, url};
use super::search::enqueue_feed;
use crate::domain::{
    AccountId, ArticleId, BodyPreference, CategoryId, Failure, FeedId, FeedWarning, UnixMillis, WebUrl,
};

/// The columns of [`Record`].
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "SELECT s.feed_id, f.kind, f.url, f.title AS feed_title, s.title AS own_title, f.site_url, f.icon_url, \
             s.category_id, s.preference, s.unread_count, s.created_at, f.failure, f.failing_since, f.gone, \
             f.warnings, f.moved_to, f.checked_at, f.read_at, f.next_check_at, f.interval_millis, \
             s.muted, s.paused_at, s.plain_tile, \
             f.last_modified, f.turned_at, \
             (SELECT a.sort_at FROM article a WHERE a.feed_id = s.feed_id ORDER BY a.sort_at DESC, a.id DESC \
              LIMIT 1 OFFSET 9) AS tenth_article_at, \
             (SELECT MAX(a.sort_at) FROM article a WHERE a.feed_id = s.feed_id) AS newest_article_at \
             FROM subscription s JOIN feed f ON f.id = s.feed_id ",
            $rest
        )
    };
}

statements! {
    OF_ACCOUNT = columns!("WHERE s.account_id = $1");
    ONE = columns!("WHERE s.account_id = $1 AND s.feed_id = $2");
    SET_TITLE = "UPDATE subscription SET title = $3 WHERE account_id = $1 AND feed_id = $2";
    SET_CATEGORY = "UPDATE subscription SET category_id = \
                    (SELECT k.id FROM category k WHERE k.id = $3 AND k.account_id = $1) \
                    WHERE account_id = $1 AND feed_id = $2";
    SET_PREFERENCE = "UPDATE subscription SET preference = $3 WHERE account_id = $1 AND feed_id = $2";
    PREFERENCES = "SELECT DISTINCT preference FROM subscription WHERE feed_id = $1 ORDER BY preference";
    SET_PLAIN = "UPDATE subscription SET plain_tile = $3 WHERE account_id = $1 AND feed_id = $2";
    SINCE = "SELECT a.feed_id, COUNT(*) FROM article a JOIN subscription s ON s.account_id = $1 AND s.feed_id = a.feed_id \
              WHERE a.feed_id IN (SELECT value FROM json_each($2)) AND a.sort_at > $3 GROUP BY a.feed_id";
    /// Addresses of the newest articles of a feed before one.
    ADDRESSES_BEFORE = "SELECT a.url FROM article a WHERE a.feed_id = $1 AND a.id < $2 AND a.url IS NOT NULL \
                        ORDER BY a.id DESC LIMIT 20";
    TURNED = "UPDATE feed SET turned_at = $2 WHERE id = $1";
    OTHERS = "SELECT COUNT(*) FROM subscription WHERE feed_id = $2 AND account_id <> $1";
}

/// A followed feed, for the page of feeds and for export.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionRow {
    /// The feed.
    pub feed: FeedId,
    /// What it is.
    pub kind: FeedKind,
    /// Where it is fetched; `None` for private feeds.
    pub url: Option<WebUrl>,
    /// As the account calls it, else as the feed does; may be empty.
    pub title: String,
    /// The account's own name for it.
    pub own_title: Option<String>,
    /// The page that the feed belongs to.
    pub site_url: Option<WebUrl>,
    /// A small picture.
    pub icon_url: Option<WebUrl>,
    /// Its category.
    pub category: Option<CategoryId>,
    /// Which body is shown.
    pub preference: BodyPreference,
    /// Unread articles.
    pub unread: i64,
    /// Since when it is followed.
    pub created_at: UnixMillis,
    /// Why it could not be read the last time.
    pub failure: Option<Failure>,
    /// Since when it cannot be read.
    pub failing_since: Option<UnixMillis>,
    /// It answered 410 and is not asked any more.
    pub gone: bool,
    /// What had to be mended when it was read last.
    pub warnings: Vec<FeedWarning>,
    /// Where it says that it has moved.
    pub moved_to: Option<WebUrl>,
    /// When it was asked last.
    pub checked_at: Option<UnixMillis>,
    /// When a document of it was read last.
    pub read_at: Option<UnixMillis>,
    /// When it is asked next.
    pub next_check_at: UnixMillis,
    /// The moment of its newest article.
    pub newest_article_at: Option<UnixMillis>,
    /// The moment of its tenth newest.
    pub tenth_article_at: Option<UnixMillis>,
    /// What its server says of when the file was changed, as it came.
    pub last_modified: Option<String>,
    /// When all that it had was exchanged for another site's.
    pub turned_at: Option<UnixMillis>,
    /// The interval between two checks that its own rhythm suggests, in milliseconds.
    pub interval_millis: Option<i64>,
    /// Its articles do not become unread.
    pub muted: bool,
    /// Since when nothing is fetched for this account.
    pub paused_at: Option<UnixMillis>,
    /// Its letter has no colour.
    pub plain_tile: bool,
}

/// What is to change about a subscription; `None` leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubscriptionChange {
    /// The account's own name; `Some("")` goes back to the feed's.
    pub title: Option<String>,
    /// The category; `Some(None)` takes it out of any.
    pub category: Option<Option<CategoryId>>,
    /// Which body is shown.
    pub preference: Option<BodyPreference>,
    /// Whether its letter is without a colour.
    pub plain_tile: Option<bool>,
}

#[derive(Debug, sqlx::FromRow)]
struct Record {
    feed_id: FeedId,
    kind: i64,
    url: String,
    feed_title: String,
    own_title: Option<String>,
    site_url: Option<String>,
    icon_url: Option<String>,
    category_id: Option<CategoryId>,
    preference: i64,
    unread_count: i64,
    created_at: UnixMillis,
    failure: Option<String>,
    failing_since: Option<UnixMillis>,
    gone: bool,
    warnings: String,
    moved_to: Option<String>,
    checked_at: Option<UnixMillis>,
    read_at: Option<UnixMillis>,
    next_check_at: UnixMillis,
    newest_article_at: Option<UnixMillis>,
    tenth_article_at: Option<UnixMillis>,
    last_modified: Option<String>,
    turned_at: Option<UnixMillis>,
    interval_millis: Option<i64>,
    muted: bool,
    paused_at: Option<UnixMillis>,
    plain_tile: bool,
}

impl From<Record> for SubscriptionRow {
    fn from(row: Record) -> Self {
        Self {
            feed: row.feed_id,
            kind: FeedKind::from_code(row.kind),
            url: WebUrl::parse(&row.url).ok(),
            title: row.own_title.clone().unwrap_or(row.feed_title),
            own_title: row.own_title,
            site_url: url(row.site_url),
            icon_url: url(row.icon_url),
            category: row.category_id,
            preference: BodyPreference::from_code(row.preference),
            unread: row.unread_count,
            created_at: row.created_at,
            failure: failure(row.failure.as_deref()),
            failing_since: row.failing_since,
            gone: row.gone,
            warnings: serde_json::from_str(&row.warnings).unwrap_or_default(),
            moved_to: url(row.moved_to),
            checked_at: row.checked_at,
            read_at: row.read_at,
            next_check_at: row.next_check_at,
            newest_article_at: row.newest_article_at,
            tenth_article_at: row.tenth_article_at,
            last_modified: row.last_modified,
            turned_at: row.turned_at,
            interval_millis: row.interval_millis,
            muted: row.muted,
            paused_at: row.paused_at,
            plain_tile: row.plain_tile,
        }
    }
}

impl Db {
    /// What the account follows, by title.
    pub async fn subscriptions(&self, account: AccountId) -> Result<Vec<SubscriptionRow>, StoreError> {
        let rows: Vec<Record> = read!(self, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?;
        let mut rows: Vec<SubscriptionRow> = rows.into_iter().map(SubscriptionRow::from).collect();
        rows.sort_by_cached_key(|row| row.title.to_lowercase());
        Ok(rows)
    }

    /// One followed feed.
    pub async fn subscription(&self, account: AccountId, feed: FeedId) -> Result<Option<SubscriptionRow>, StoreError> {
        let row: Option<Record> =
            read!(self, c => sqlx::query_as(ONE).bind(account).bind(feed).fetch_optional(c).await)?;
        Ok(row.map(SubscriptionRow::from))
    }

    /// Changes a subscription. False if the account does not follow the feed.
    pub async fn update_subscription(
        &self,
        account: AccountId,
        feed: FeedId,
        change: &SubscriptionChange,
    ) -> Result<bool, StoreError> {
        if !self.is_subscribed(account, feed).await? {
            return Ok(false);
        }
        let mut tx = self.begin().await?;
        if let Some(title) = &change.title {
            let title = Some(clipped(title.trim(), 1_024)).filter(|title| !title.is_empty());
            within!(tx, c => sqlx::query(SET_TITLE)
                .bind(account).bind(feed).bind(title).execute(c).await.map(drop))?;
        }
        if let Some(category) = change.category {
            within!(tx, c => sqlx::query(SET_CATEGORY)
                .bind(account).bind(feed).bind(category).execute(c).await.map(drop))?;
        }
        if let Some(preference) = change.preference {
            within!(tx, c => sqlx::query(SET_PREFERENCE)
                .bind(account).bind(feed).bind(preference.code()).execute(c).await.map(drop))?;
            enqueue_feed(&mut tx, feed).await?;
        }
        if let Some(plain) = change.plain_tile {
            within!(tx, c => sqlx::query(SET_PLAIN)
                .bind(account).bind(feed).bind(plain).execute(c).await.map(drop))?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// How many articles each of these followed feeds has from after `since`. Those without any are not there.
    pub async fn articles_since(
        &self,
        account: AccountId,
        feeds: impl IntoIterator<Item = FeedId>,
        since: UnixMillis,
    ) -> Result<HashMap<FeedId, i64>, StoreError> {
        let feeds = id_list(feeds.into_iter().map(|feed| feed.0));
        let rows: Vec<(FeedId, i64)> = read!(self, c => sqlx::query_as(SINCE)
            .bind(account).bind(&feeds).bind(since).fetch_all(c).await)?;
        Ok(rows.into_iter().collect())
    }

    /// Addresses of the newest articles of a feed that are older here than this one.
    pub async fn addresses_before(&self, feed: FeedId, article: ArticleId) -> Result<Vec<WebUrl>, StoreError> {
        let rows: Vec<String> = read!(self, c => sqlx::query_scalar(ADDRESSES_BEFORE)
            .bind(feed).bind(article).fetch_all(c).await)?;
        Ok(rows.into_iter().filter_map(|address| url(Some(address))).collect())
    }

    /// Notes that all that a feed had was exchanged for another site's.
    pub async fn note_turned(&self, feed: FeedId, at: UnixMillis) -> Result<(), StoreError> {
        Ok(write_one!(self, c => sqlx::query(TURNED).bind(feed).bind(at).execute(c).await.map(drop))?)
    }

    /// Whether somebody else follows the feed, too.
    pub async fn is_shared(&self, account: AccountId, feed: FeedId) -> Result<bool, StoreError> {
        let others: i64 = read!(self, c => sqlx::query_scalar(OTHERS).bind(account).bind(feed).fetch_one(c).await)?;
        Ok(others > 0)
    }

    /// The preferences of everyone who follows a feed, each once. A page is worth fetching if any of them may show it.
    pub async fn body_preferences(&self, feed: FeedId) -> Result<Vec<BodyPreference>, StoreError> {
        let codes: Vec<i64> = read!(self, c => sqlx::query_scalar(PREFERENCES).bind(feed).fetch_all(c).await)?;
        Ok(codes.into_iter().map(BodyPreference::from_code).collect())
    }
}
