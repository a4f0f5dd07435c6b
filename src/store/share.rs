//! Links to single articles that readers give away. What a link shows was fixed when it was made; only the hash of its code is
//! stored.

use serde::{Deserialize, Serialize};

use super::access::may_read;
use super::body::unpack;
use super::db::{Db, read, statements, within, write_one};
use super::error::StoreError;
use super::row::storable;
use crate::domain::{
    AccountId, Anchor, ArticleId, BodyKind, Enclosure, HighlightColour, Language, ShareId, UnixMillis, VersionId,
    WebUrl,
};

statements! {
    MAY_SHARE = concat!("SELECT EXISTS (SELECT 1 FROM article a WHERE a.id = $2 AND ", may_read!(), ")");
    HOW_MANY = "SELECT COUNT(*) FROM share WHERE account_id = $1";
    INSERT = "INSERT INTO share (account_id, article_id, version_id, kind, code_hash, slug, snapshot, password_hash, shows_name, \
              may_index, created_at, expires_at, max_views) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
              ON CONFLICT (code_hash) DO NOTHING RETURNING id";
    OF_ACCOUNT = "SELECT s.id, s.article_id AS article, s.slug, s.snapshot, s.password_hash IS NOT NULL AS has_password, \
                  s.created_at, s.expires_at, s.max_views, s.views, s.last_view_at \
                  FROM share s WHERE s.account_id = $1 AND ($2 = 0 OR s.article_id = $2) ORDER BY s.id DESC LIMIT $3 + 0";
    DELETE = "DELETE FROM share WHERE account_id = $1 AND id = $2";
    OPEN = "SELECT s.id, s.account_id AS account, s.article_id AS article, s.version_id AS version, s.kind, s.snapshot, \
            s.password_hash, s.shows_name, s.may_index, s.created_at, s.expires_at, s.max_views, s.views, s.last_view_at, \
            a.name AS account_name \
            FROM share s JOIN account a ON a.id = s.account_id \
            WHERE s.code_hash = $1 AND (s.expires_at IS NULL OR s.expires_at > $2) AND a.disabled_at IS NULL";
    VIEWED = "UPDATE share SET views = views + 1, last_view_at = $2 \
              WHERE id = $1 AND (max_views IS NULL OR views < max_views)";
    BODY = "SELECT v.created_at, b.codec, b.raw_len, b.content FROM version v JOIN body b ON b.version_id = v.id \
            WHERE v.article_id = $1 AND v.id <= $2 AND b.kind = $3 ORDER BY v.id DESC LIMIT 1";
}

/// The most links of an account.
pub const MAX_SHARES: i64 = 5_000;
/// Links that are listed at a time.
const LISTED: i64 = 500;

/// What a shared page says beside its text: as it was when the link was made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// Plain text; may be empty.
    pub title: String,
    /// Plain text.
    pub author: Option<String>,
    /// The original.
    pub url: Option<WebUrl>,
    /// The name of its source.
    pub source: String,
    /// The text's language.
    pub language: Option<Language>,
    /// When it was published, if that is known.
    pub published: Option<UnixMillis>,
    /// When it was first seen.
    pub kept: UnixMillis,
    /// Plain text.
    pub excerpt: String,
    /// The first picture worth showing.
    pub lead_image: Option<WebUrl>,
    /// Words of alphabetic scripts.
    pub words: u32,
    /// Han, kana and hangul characters.
    pub cjk_chars: u32,
    /// The sound and film that belong to it.
    #[serde(default)]
    pub recordings: Vec<Enclosure>,
    /// What its sharer says about it; may be empty.
    pub note: String,
    /// The passages that go with it.
    pub passages: Vec<SharedPassage>,
}

/// A marked passage that goes with a shared article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedPassage {
    /// Its colour.
    pub colour: HighlightColour,
    /// What finds it.
    pub anchor: Anchor,
    /// The note on it, if that goes along; may be empty.
    pub note: String,
}

/// A link that is to be made.
#[derive(Debug, Clone)]
pub struct NewShare {
    /// What is shared.
    pub article: ArticleId,
    /// In which state.
    pub version: VersionId,
    /// Which of its texts.
    pub kind: BodyKind,
    /// The SHA-256 of its code.
    pub code_hash: [u8; 32],
    /// The code, where the reader chose it and so everybody may know it.
    pub slug: Option<String>,
    /// What the page says beside the text.
    pub snapshot: Snapshot,
    /// The hash of the password that it asks for.
    pub password_hash: Option<String>,
    /// It says who shared it.
    pub shows_name: bool,
    /// Search engines may list it.
    pub may_index: bool,
    /// It opens nothing from then on.
    pub expires_at: Option<UnixMillis>,
    /// It opens nothing after so many views.
    pub max_views: Option<i64>,
}

/// What came of sharing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// There is a link.
    Done(ShareId),
    /// There is no such article for this account.
    NoArticle,
    /// Another link has this code.
    Taken,
    /// The account has [`MAX_SHARES`] already.
    TooMany,
}

/// A link as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// What it leads to.
    pub article: ArticleId,
    /// The code, where the reader chose it.
    pub slug: Option<String>,
    /// What the page says.
    pub snapshot: Snapshot,
    /// It asks for a password.
    pub has_password: bool,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends.
    pub expires_at: Option<UnixMillis>,
    /// After how many views it ends.
    pub max_views: Option<i64>,
    /// How often it was opened.
    pub views: i64,
    /// When it was last opened.
    pub last_view_at: Option<UnixMillis>,
}

impl Share {
    /// Whether it opens nothing any more.
    pub fn is_over(&self, now: UnixMillis) -> bool {
        self.expires_at.is_some_and(|end| end <= now) || self.max_views.is_some_and(|most| self.views >= most)
    }
}

/// A link that somebody came with.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenShare {
    /// Its id.
    pub id: ShareId,
    /// Whose it is.
    pub account: AccountId,
    /// What the account is called.
    pub account_name: String,
    /// What it leads to.
    pub article: ArticleId,
    /// In which state.
    pub version: VersionId,
    /// Which of its texts.
    pub kind: BodyKind,
    /// What the page says beside the text.
    pub snapshot: Snapshot,
    /// The hash of the password that it asks for.
    pub password_hash: Option<String>,
    /// It says who shared it.
    pub shows_name: bool,
    /// Search engines may list it.
    pub may_index: bool,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends.
    pub expires_at: Option<UnixMillis>,
    /// After how many views it ends.
    pub max_views: Option<i64>,
    /// How often it was opened, as far as that is written.
    pub views: i64,
    /// When it was last opened.
    pub last_view_at: Option<UnixMillis>,
}

/// For so long after its last view the pictures of a link that is used up can still be loaded: that view needs them.
const LAST_LOOK: i64 = 10 * UnixMillis::MINUTE;

impl OpenShare {
    /// Whether it opens once more.
    pub fn has_views_left(&self) -> bool {
        self.max_views.is_none_or(|most| self.views < most)
    }

    /// Whether it gives the same page as it did in another state: everything is the same but how often it was opened.
    pub fn gives_the_same_as(&self, other: &Self) -> bool {
        let uncounted = Self { views: other.views, last_view_at: other.last_view_at, ..self.clone() };
        uncounted == *other
    }

    /// Whether its page asks for something before it shows the article: a password, or a yes that counts as a view.
    pub fn asks_first(&self) -> bool {
        self.password_hash.is_some() || self.max_views.is_some()
    }

    /// Whether it gives out its pictures.
    pub fn gives_pictures(&self, now: UnixMillis) -> bool {
        self.has_views_left() || self.last_view_at.is_some_and(|last| last.plus(LAST_LOOK) > now)
    }
}

#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: ShareId,
    article: ArticleId,
    slug: Option<String>,
    snapshot: String,
    has_password: bool,
    created_at: UnixMillis,
    expires_at: Option<UnixMillis>,
    max_views: Option<i64>,
    views: i64,
    last_view_at: Option<UnixMillis>,
}

#[derive(Debug, sqlx::FromRow)]
struct OpenRow {
    id: ShareId,
    account: AccountId,
    account_name: String,
    article: ArticleId,
    version: VersionId,
    kind: i64,
    snapshot: String,
    password_hash: Option<String>,
    shows_name: bool,
    may_index: bool,
    created_at: UnixMillis,
    expires_at: Option<UnixMillis>,
    max_views: Option<i64>,
    views: i64,
    last_view_at: Option<UnixMillis>,
}

fn snapshot(json: &str) -> Result<Snapshot, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Damaged(format!("a shared article: {error}")))
}

impl Db {
    /// Makes a link.
    pub async fn share(&self, account: AccountId, share: &NewShare, now: UnixMillis) -> Result<Shared, StoreError> {
        let json = serde_json::to_string(&share.snapshot)
            .map_err(|error| StoreError::Damaged(format!("a shared article: {error}")))?;
        let mut tx = self.begin().await?;
        let may: bool =
            within!(tx, c => sqlx::query_scalar(MAY_SHARE).bind(account).bind(share.article).fetch_one(c).await)?;
        if !may {
            return Ok(Shared::NoArticle);
        }
        let many: i64 = within!(tx, c => sqlx::query_scalar(HOW_MANY).bind(account).fetch_one(c).await)?;
        if many >= MAX_SHARES {
            return Ok(Shared::TooMany);
        }
        let id: Option<ShareId> = within!(tx, c => sqlx::query_scalar(INSERT)
            .bind(account)
            .bind(share.article)
            .bind(share.version)
            .bind(share.kind.code())
            .bind(&share.code_hash[..])
            .bind(share.slug.as_deref())
            .bind(storable(&json))
            .bind(share.password_hash.as_deref())
            .bind(share.shows_name)
            .bind(share.may_index)
            .bind(now)
            .bind(share.expires_at)
            .bind(share.max_views)
            .fetch_optional(c).await)?;
        tx.commit().await?;
        Ok(id.map_or(Shared::Taken, Shared::Done))
    }

    /// The newest links of an account: all of them, or those to one article. Every view is counted.
    pub async fn shares(&self, account: AccountId, article: Option<ArticleId>) -> Result<Vec<Share>, StoreError> {
        self.views_written().await;
        let article = article.unwrap_or(ArticleId(0));
        let rows: Vec<Row> = read!(self, c => sqlx::query_as(OF_ACCOUNT)
            .bind(account).bind(article).bind(LISTED).fetch_all(c).await)?;
        rows.into_iter()
            .map(|row| {
                Ok(Share {
                    id: row.id,
                    article: row.article,
                    slug: row.slug,
                    snapshot: snapshot(&row.snapshot)?,
                    has_password: row.has_password,
                    created_at: row.created_at,
                    expires_at: row.expires_at,
                    max_views: row.max_views,
                    views: row.views,
                    last_view_at: row.last_view_at,
                })
            })
            .collect()
    }

    /// Takes a link back: it opens nothing from now on. Whether the account had it.
    pub async fn delete_share(&self, account: AccountId, share: ShareId) -> Result<bool, StoreError> {
        let gone = write_one!(self, c => sqlx::query(DELETE)
            .bind(account).bind(share).execute(c).await.map(|done| done.rows_affected()))?;
        if gone > 0 {
            self.views.forget(share);
        }
        Ok(gone > 0)
    }

    /// The link of a code, unless its time is over. Whether it has views left, it says itself.
    pub async fn open_share(&self, code_hash: [u8; 32], now: UnixMillis) -> Result<Option<OpenShare>, StoreError> {
        let row: Option<OpenRow> =
            read!(self, c => sqlx::query_as(OPEN).bind(&code_hash[..]).bind(now).fetch_optional(c).await)?;
        row.map(|row| {
            Ok(OpenShare {
                id: row.id,
                account: row.account,
                account_name: row.account_name,
                article: row.article,
                version: row.version,
                kind: BodyKind::from_code(row.kind),
                snapshot: snapshot(&row.snapshot)?,
                password_hash: row.password_hash,
                shows_name: row.shows_name,
                may_index: row.may_index,
                created_at: row.created_at,
                expires_at: row.expires_at,
                max_views: row.max_views,
                views: row.views,
                last_view_at: row.last_view_at,
            })
        })
        .transpose()
    }

    /// Counts a view of a link that ends by views, at once. False if the link has none left.
    pub async fn count_view(&self, share: ShareId, now: UnixMillis) -> Result<bool, StoreError> {
        let counted = write_one!(self, c => sqlx::query(VIEWED)
            .bind(share).bind(now).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(counted > 0)
    }

    /// The text that a link shows, not sanitised, and when it was stored.
    pub async fn shared_body(&self, share: &OpenShare) -> Result<Option<(UnixMillis, String)>, StoreError> {
        let row: Option<(UnixMillis, i64, i64, Vec<u8>)> = read!(self, c => sqlx::query_as(BODY)
            .bind(share.article).bind(share.version).bind(share.kind.code()).fetch_optional(c).await)?;
        row.map(|(at, codec, raw_len, content)| Ok((at, unpack(codec, raw_len, content)?))).transpose()
    }
}
