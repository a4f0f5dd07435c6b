//! Feeds: fetched once however many follow them, and the private ones that hold an account's saved and imported pages.

use std::str::FromStr as _;

use super::db::{Db, read, statements, within, write_one};
use super::error::{StoreError, is_taken};
use super::row::{clipped, short_hash, url};
use crate::domain::{AccountId, Failure, FeedId, FeedWarning, Language, UnixMillis, WebUrl};

/// The columns of [`FeedRecord`], with the table's name before them, as leases return them from an UPDATE.
macro_rules! feed_columns {
    () => {
        "feed.id, feed.owner_id, feed.kind, feed.url, feed.title, feed.description, feed.site_url, feed.icon_url, \
         feed.language, feed.created_at, feed.etag, feed.last_modified, feed.body_hash, feed.warnings, feed.moved_to, \
         feed.moved_count, feed.gone, feed.failure, feed.failing_since, feed.failure_count, feed.checked_at, \
         feed.read_at, feed.interval_millis, feed.next_check_at, feed.leased_until, feed.open_attempts"
    };
}
pub(super) use feed_columns;

statements! {
    BY_ID = concat!("SELECT ", feed_columns!(), " FROM feed WHERE id = $1");
    BY_URL = concat!("SELECT ", feed_columns!(), " FROM feed WHERE url_key = $1 AND owner_id IS NULL");
    ENSURE = "INSERT INTO feed (url, url_key, created_at, next_check_at) VALUES ($1, $2, $3, $3) \
              ON CONFLICT (url_key) WHERE owner_id IS NULL DO NOTHING";
    ID_BY_URL = "SELECT id FROM feed WHERE url_key = $1 AND owner_id IS NULL";
    ENSURE_PRIVATE = "INSERT INTO feed (owner_id, kind, url, url_key, title, created_at, next_check_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, 0) \
                      ON CONFLICT (owner_id, url_key) WHERE owner_id IS NOT NULL DO NOTHING";
    PRIVATE_ID = "SELECT id FROM feed WHERE owner_id = $1 AND url_key = $2";
    SUBSCRIBE_OWNER = "INSERT INTO subscription (account_id, feed_id, created_at) VALUES ($1, $2, $3) \
                       ON CONFLICT (account_id, feed_id) DO NOTHING";
    MOVE = "UPDATE feed SET url = $2, url_key = $3, moved_to = NULL, moved_count = 0, etag = NULL, \
            last_modified = NULL, body_hash = NULL WHERE id = $1 AND owner_id IS NULL";
    /// As the one above, where nobody but the account follows the feed.
    MOVE_OWN = "UPDATE feed SET url = $2, url_key = $3, moved_to = NULL, moved_count = 0, etag = NULL, \
                last_modified = NULL, body_hash = NULL WHERE id = $1 AND owner_id IS NULL \
                AND EXISTS (SELECT 1 FROM subscription s WHERE s.feed_id = $1 AND s.account_id = $4) \
                AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.feed_id = $1 AND s.account_id <> $4)";
    EVERY = concat!("SELECT ", feed_columns!(), " FROM feed WHERE owner_id IS NULL ORDER BY id");
    TROUBLED = concat!("SELECT ", feed_columns!(), " FROM feed \
                WHERE owner_id IS NULL AND (failure IS NOT NULL OR warnings <> '[]') ORDER BY failing_since, id");
}

/// What a feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedKind {
    /// A document at an address, fetched for everybody who follows it.
    Public,
    /// One account's pages, saved by address.
    Saved,
    /// One account's imported articles of one source.
    Imported,
}

impl FeedKind {
    fn code(self) -> i64 {
        match self {
            Self::Public => 0,
            Self::Saved => 1,
            Self::Imported => 2,
        }
    }

    /// The kind behind a number from the database.
    pub(super) fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Saved,
            2 => Self::Imported,
            _ => Self::Public,
        }
    }
}

/// Which private feed of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrivateKind {
    /// The one of its saved pages.
    Saved,
    /// The one of imported articles of the source with this title (a folder's name, a site's name).
    Imported(String),
}

/// A feed as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Its id.
    pub id: FeedId,
    /// Whose it is, if it is private.
    pub owner: Option<AccountId>,
    /// What it is.
    pub kind: FeedKind,
    /// Where it is fetched; `None` for private feeds.
    pub url: Option<WebUrl>,
    /// Plain text; empty until it was read once, or if it has none.
    pub title: String,
    /// Plain text.
    pub description: Option<String>,
    /// The page that the feed belongs to.
    pub site_url: Option<WebUrl>,
    /// A small picture.
    pub icon_url: Option<WebUrl>,
    /// As declared.
    pub language: Option<Language>,
    /// When it was first followed.
    pub created_at: UnixMillis,
    /// What had to be mended when it was read last.
    pub warnings: Vec<FeedWarning>,
    /// Where it says that it has moved for good, while this is not yet believed.
    pub moved_to: Option<WebUrl>,
    /// How many times in a row it said so.
    pub moved_count: i64,
    /// It answered 410 and is not asked any more until someone asks for it.
    pub gone: bool,
    /// Why it could not be read the last time; `None` if it could.
    pub failure: Option<Failure>,
    /// Since when it cannot be read.
    pub failing_since: Option<UnixMillis>,
    /// How many times in a row it could not be read.
    pub failure_count: i64,
    /// When it was asked last.
    pub checked_at: Option<UnixMillis>,
    /// When a document of it was read last; `None` means that nothing of it is known yet.
    pub read_at: Option<UnixMillis>,
    /// The interval between two checks that its own rhythm suggests, in milliseconds.
    pub interval_millis: Option<i64>,
    /// When it is asked next.
    pub next_check_at: UnixMillis,
}

/// A row of `feed`.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct FeedRecord {
    pub(super) id: FeedId,
    owner_id: Option<AccountId>,
    kind: i64,
    url: String,
    title: String,
    description: Option<String>,
    site_url: Option<String>,
    icon_url: Option<String>,
    language: Option<Language>,
    created_at: UnixMillis,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) body_hash: Option<Vec<u8>>,
    warnings: String,
    moved_to: Option<String>,
    moved_count: i64,
    gone: bool,
    failure: Option<String>,
    failing_since: Option<UnixMillis>,
    failure_count: i64,
    checked_at: Option<UnixMillis>,
    read_at: Option<UnixMillis>,
    interval_millis: Option<i64>,
    next_check_at: UnixMillis,
    pub(super) leased_until: UnixMillis,
    pub(super) open_attempts: i64,
}

impl From<FeedRecord> for Feed {
    fn from(row: FeedRecord) -> Self {
        Self {
            id: row.id,
            owner: row.owner_id,
            kind: FeedKind::from_code(row.kind),
            // Private feeds have an address of a scheme of our own, which is no web address.
            url: WebUrl::parse(&row.url).ok(),
            title: row.title,
            description: row.description,
            site_url: url(row.site_url),
            icon_url: url(row.icon_url),
            language: row.language,
            created_at: row.created_at,
            warnings: serde_json::from_str(&row.warnings).unwrap_or_default(),
            moved_to: url(row.moved_to),
            moved_count: row.moved_count,
            gone: row.gone,
            failure: failure(row.failure.as_deref()),
            failing_since: row.failing_since,
            failure_count: row.failure_count,
            checked_at: row.checked_at,
            read_at: row.read_at,
            interval_millis: row.interval_millis,
            next_check_at: row.next_check_at,
        }
    }
}

/// A stored reason. One that this program does not know was still a failure.
pub(super) fn failure(code: Option<&str>) -> Option<Failure> {
    code.map(|code| Failure::from_str(code).unwrap_or(Failure::Unreachable))
}

/// The form in which addresses of feeds are compared.
fn url_key(url: &str) -> Vec<u8> {
    short_hash(url.as_bytes()).to_vec()
}

impl Db {
    /// The feed of this address; made, and due at once, if it is not known.
    pub async fn ensure_feed(&self, url: &WebUrl, now: UnixMillis) -> Result<FeedId, StoreError> {
        let key = url_key(url.as_str());
        let known: Option<FeedId> = read!(self, c => sqlx::query_scalar(ID_BY_URL).bind(&key).fetch_optional(c).await)?;
        if let Some(id) = known {
            return Ok(id);
        }
        let mut tx = self.begin().await?;
        within!(tx, c => sqlx::query(ENSURE).bind(url.as_str()).bind(&key).bind(now).execute(c).await.map(drop))?;
        let id = within!(tx, c => sqlx::query_scalar(ID_BY_URL).bind(&key).fetch_one(c).await)?;
        tx.commit().await?;
        Ok(id)
    }

    /// The account's private feed of this kind; made, and subscribed to by its owner, if it is not there.
    pub async fn private_feed(
        &self,
        account: AccountId,
        kind: PrivateKind,
        now: UnixMillis,
    ) -> Result<FeedId, StoreError> {
        let (code, address, title) = match kind {
            PrivateKind::Saved => (FeedKind::Saved, "gleaner:saved".to_owned(), String::new()),
            PrivateKind::Imported(title) => {
                let title = clipped(title.trim(), 1_024);
                (FeedKind::Imported, format!("gleaner:imported/{title}"), title)
            }
        };
        let key = url_key(&address);
        let mut tx = self.begin().await?;
        within!(tx, c => sqlx::query(ENSURE_PRIVATE)
            .bind(account).bind(code.code()).bind(&address).bind(&key).bind(&title).bind(now)
            .execute(c).await.map(drop))?;
        let id: FeedId = within!(tx, c => sqlx::query_scalar(PRIVATE_ID).bind(account).bind(&key).fetch_one(c).await)?;
        within!(tx, c => sqlx::query(SUBSCRIBE_OWNER).bind(account).bind(id).bind(now).execute(c).await.map(drop))?;
        tx.commit().await?;
        Ok(id)
    }

    /// The feed of this id, private or not. Whether an account may see it is told by its subscriptions.
    pub async fn feed(&self, id: FeedId) -> Result<Option<Feed>, StoreError> {
        let row: Option<FeedRecord> = read!(self, c => sqlx::query_as(BY_ID).bind(id).fetch_optional(c).await)?;
        Ok(row.map(Feed::from))
    }

    /// The public feed of this address.
    pub async fn feed_by_url(&self, url: &WebUrl) -> Result<Option<Feed>, StoreError> {
        let key = url_key(url.as_str());
        let row: Option<FeedRecord> = read!(self, c => sqlx::query_as(BY_URL).bind(&key).fetch_optional(c).await)?;
        Ok(row.map(Feed::from))
    }

    /// Every public feed, oldest first.
    pub async fn feeds(&self) -> Result<Vec<Feed>, StoreError> {
        let rows: Vec<FeedRecord> = read!(self, c => sqlx::query_as(EVERY).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Feed::from).collect())
    }

    /// The public feeds that cannot be read or had to be mended, for `doctor`.
    pub async fn feeds_in_trouble(&self) -> Result<Vec<Feed>, StoreError> {
        let rows: Vec<FeedRecord> = read!(self, c => sqlx::query_as(TROUBLED).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Feed::from).collect())
    }

    /// Gives a feed its new address; its articles and followers stay. False if another feed already has that address:
    /// then nothing changes, and [`Db::merge_feeds`] may make one of the two.
    pub async fn move_feed(&self, id: FeedId, to: &WebUrl) -> Result<bool, StoreError> {
        let moved = write_one!(self, c => sqlx::query(MOVE)
            .bind(id).bind(to.as_str()).bind(url_key(to.as_str())).execute(c).await.map(|done| done.rows_affected()));
        unless_taken(moved)
    }

    /// As [`Db::move_feed`], for a feed that nobody but `account` follows; false if somebody else does.
    pub async fn move_own_feed(&self, account: AccountId, id: FeedId, to: &WebUrl) -> Result<bool, StoreError> {
        let moved = write_one!(self, c => sqlx::query(MOVE_OWN)
            .bind(id).bind(to.as_str()).bind(url_key(to.as_str())).bind(account)
            .execute(c).await.map(|done| done.rows_affected()));
        unless_taken(moved)
    }
}

/// Whether a row was changed; that another one has its address already is no fault.
fn unless_taken(moved: Result<u64, sqlx::Error>) -> Result<bool, StoreError> {
    match moved {
        Ok(rows) => Ok(rows > 0),
        Err(error) if is_taken(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
