//! One article with everything that its page shows.

use std::borrow::Cow;

use super::access::may_read;
use super::body::unpack;
use super::cutting::read_cutting;
use super::db::{Db, read, statements, within};
use super::details::{Details, read_details};
use super::error::StoreError;
use super::pin::choose_kind;
use super::repeat::is_unread;
use super::row::{key, url};
use super::search;
use crate::content::boilerplate::cut;
use crate::domain::{
    AccountId, ArticleDraft, ArticleId, Body, BodyChoice, BodyKind, BodyPreference, ChoiceReason, Completeness,
    Enclosure, FeedId, GivenDates, Keys, Language, UnixMillis, VersionId, WebUrl,
};

/// The columns that every look-up of an article reads.
macro_rules! article_columns {
    () => {
        "a.id, a.feed_id, a.first_key, a.second_key, a.sort_at, a.fetched_at, a.published_at, a.shown, a.reason, \
         a.version_count, a.words, a.cjk_chars, a.partial, a.language, a.title, a.url, a.author, a.excerpt, \
         a.lead_image, a.details, \
         (SELECT MAX(v.id) FROM version v WHERE v.article_id = a.id) AS version, \
         (SELECT MAX(v.created_at) FROM version v WHERE v.article_id = a.id AND NOT v.trivial) AS changed_at, \
         (SELECT MAX(v.id) FROM version v JOIN body b ON b.version_id = v.id \
          WHERE v.article_id = a.id AND b.kind = 0) AS feed_version, \
         (SELECT MAX(v.id) FROM version v JOIN body b ON b.version_id = v.id \
          WHERE v.article_id = a.id AND b.kind = 1) AS page_version"
    };
}

/// What a page shows of articles for account `$1`, up to the condition that says which.
macro_rules! view_select {
    () => {
        concat!(
            "SELECT ", article_columns!(), ", \
            f.title AS feed_title, s.title AS own_title, f.url AS feed_url, f.site_url, \
            f.language AS feed_language, s.preference, COALESCE(s.plain_tile, FALSE) AS plain_tile, k.kind AS chosen, \
            p.version_id AS pinned, p.kind AS pinned_kind, p.body_version AS pinned_body, \
            p.title AS pinned_title, p.excerpt AS pinned_excerpt, p.words AS pinned_words, \
            p.cjk_chars AS pinned_cjk_chars, a.edits, g.blocks AS cutting, \
            ", is_unread!(), " AS unread, \
            EXISTS (SELECT 1 FROM starred t WHERE t.account_id = $1 AND t.article_id = a.id) AS starred, \
            EXISTS (SELECT 1 FROM later l WHERE l.account_id = $1 AND l.article_id = a.id) AS later \
            FROM article a JOIN feed f ON f.id = a.feed_id \
            LEFT JOIN subscription s ON s.account_id = $1 AND s.feed_id = a.feed_id \
            LEFT JOIN body_choice k ON k.account_id = $1 AND k.article_id = a.id \
            LEFT JOIN cutting g ON g.account_id = $1 AND g.feed_id = a.feed_id \
            LEFT JOIN pinned p ON p.account_id = $1 AND p.article_id = a.id \
            WHERE "
        )
    };
}

pub(super) use {article_columns, view_select};

statements! {
    VIEW = concat!(view_select!(), "a.id = $2 AND ", may_read!());
    DRAFT = concat!("SELECT ", article_columns!(), " FROM article a WHERE a.id = $1");
    BODY = "SELECT codec, raw_len, content FROM body WHERE version_id = $1 AND kind = $2";
    BODY_AT = "SELECT b.codec, b.raw_len, b.content FROM version v JOIN body b ON b.version_id = v.id \
               WHERE v.article_id = $1 AND v.id <= $2 AND b.kind = $3 ORDER BY v.id DESC LIMIT 1";
    IS_VISIBLE = concat!("SELECT EXISTS (SELECT 1 FROM article a WHERE a.id = $2 AND ", may_read!(), ")");
    ADDRESS = concat!("SELECT a.url FROM article a WHERE a.id = $2 AND ", may_read!());
    CHOOSE = "INSERT INTO body_choice (account_id, article_id, kind) VALUES ($1, $2, $3) \
              ON CONFLICT (account_id, article_id) DO UPDATE SET kind = excluded.kind";
    UNCHOOSE = "DELETE FROM body_choice WHERE account_id = $1 AND article_id = $2";
    OWN_BY_URL = "SELECT a.id FROM feed f JOIN article a ON a.feed_id = f.id \
                  WHERE f.owner_id = $1 AND a.url = $2 ORDER BY a.id DESC LIMIT 1";
    IDS_OF_FEED = "SELECT id FROM article WHERE feed_id = $1 AND id > $2 ORDER BY id LIMIT $3 + 0";
}

/// An article with everything that its page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleView {
    /// Its id.
    pub id: ArticleId,
    /// Its feed.
    pub feed_id: FeedId,
    /// The feed's title as the account calls it.
    pub feed_title: String,
    /// Where the feed is fetched; `None` for saved and imported pages.
    pub feed_url: Option<WebUrl>,
    /// The page that the feed belongs to.
    pub site_url: Option<WebUrl>,
    /// Whether the feed’s letter has no colour.
    pub plain_tile: bool,
    /// The feed's declared language.
    pub feed_language: Option<Language>,
    /// Whether the account still follows the feed; starred articles outlive a subscription.
    pub subscribed: bool,
    /// What the subscription wants to see.
    pub preference: BodyPreference,
    /// The id that its feed gives it.
    pub guid: Option<String>,
    /// Its page.
    pub url: Option<WebUrl>,
    /// Plain text; may be empty.
    pub title: String,
    /// Plain text.
    pub author: Option<String>,
    /// The name of the site, where the page tells it.
    pub site_name: Option<String>,
    /// When it was published, if that is known.
    pub published: Option<UnixMillis>,
    /// The date as it was written.
    pub published_text: Option<String>,
    /// All dates that are given for it, where they are more than that one.
    pub dates: Option<GivenDates>,
    /// When it was first seen.
    pub fetched_at: UnixMillis,
    /// The earlier of the two.
    pub sort_at: UnixMillis,
    /// The text's language.
    pub language: Option<Language>,
    /// Plain text.
    pub excerpt: String,
    /// Words of alphabetic scripts.
    pub words: u32,
    /// Han, kana and hangul characters.
    pub cjk_chars: u32,
    /// The first picture worth showing.
    pub lead_image: Option<WebUrl>,
    /// Whether the source shows the whole text.
    pub completeness: Completeness,
    /// Audio, video and files.
    pub enclosures: Vec<Enclosure>,
    /// The feed's categories of the entry.
    pub categories: Vec<String>,
    /// The page with the discussion about it.
    pub comments_url: Option<WebUrl>,
    /// The newest version. Changes whenever a text does, so it serves in an `ETag`.
    pub version: VersionId,
    /// How many versions there are.
    pub versions: i64,
    /// The version that the account reads, if it is not simply the newest.
    pub pinned: Option<VersionId>,
    /// How often its source edited it.
    pub edits: i64,
    /// When the newest version was stored that says something else than the one before.
    pub changed_at: UnixMillis,
    /// Which body this account sees and why: its own choice, else the subscription's preference, else the article's.
    pub choice: BodyChoice,
    /// The body that is shown, without what the account has cut from this feed, not sanitised; `None` for an article of title and
    /// link alone.
    pub body: Option<StoredBody>,
    /// Whether something was cut from the body.
    pub is_cut: bool,
    /// There is a body of the other kind to show instead.
    pub has_other_body: bool,
    /// Not read yet.
    pub unread: bool,
    /// Starred.
    pub starred: bool,
    /// Kept for later.
    pub later: bool,
}

/// A body as it lies in the database: bounded and normalised, **not sanitised**.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBody {
    /// Where it came from.
    pub kind: BodyKind,
    /// The version that brought it.
    pub version: VersionId,
    /// The HTML.
    pub html: String,
}

#[derive(Debug, sqlx::FromRow)]
struct Record {
    id: ArticleId,
    feed_id: FeedId,
    first_key: Vec<u8>,
    second_key: Option<Vec<u8>>,
    sort_at: UnixMillis,
    fetched_at: UnixMillis,
    published_at: Option<UnixMillis>,
    shown: i64,
    reason: i64,
    version_count: i64,
    words: i64,
    cjk_chars: i64,
    partial: bool,
    language: Option<Language>,
    title: String,
    url: Option<String>,
    author: Option<String>,
    excerpt: String,
    lead_image: Option<String>,
    details: Option<String>,
    version: Option<VersionId>,
    changed_at: Option<UnixMillis>,
    feed_version: Option<VersionId>,
    page_version: Option<VersionId>,
}

/// A row of [`view_select`].
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ViewRecord {
    #[sqlx(flatten)]
    article: Record,
    feed_title: String,
    own_title: Option<String>,
    feed_url: String,
    site_url: Option<String>,
    plain_tile: bool,
    feed_language: Option<Language>,
    preference: Option<i64>,
    chosen: Option<i64>,
    pinned: Option<VersionId>,
    pinned_kind: Option<i64>,
    pinned_body: Option<VersionId>,
    pinned_title: Option<String>,
    pinned_excerpt: Option<String>,
    pinned_words: Option<i64>,
    pinned_cjk_chars: Option<i64>,
    edits: i64,
    cutting: Option<String>,
    unread: bool,
    starred: bool,
    later: bool,
}

impl Record {
    /// The version that holds the newest body of a kind.
    fn version_of(&self, kind: BodyKind) -> Option<VersionId> {
        match kind {
            BodyKind::Feed => self.feed_version,
            BodyKind::Page => self.page_version,
        }
    }

    /// What is shown, of what there is: the reader's choice, else the subscription's, else the article's own.
    fn choice(&self, chosen: Option<BodyKind>, preference: BodyPreference) -> BodyChoice {
        let preferred = match preference {
            BodyPreference::Automatic => None,
            BodyPreference::Feed => Some(BodyKind::Feed),
            BodyPreference::Page => Some(BodyKind::Page),
        };
        let own = BodyChoice { shown: BodyKind::from_code(self.shown), reason: ChoiceReason::from_code(self.reason) };
        let wishes = [
            chosen.map(|shown| BodyChoice { shown, reason: ChoiceReason::Reader }),
            preferred.map(|shown| BodyChoice { shown, reason: ChoiceReason::Preference }),
            Some(own),
        ];
        wishes
            .into_iter()
            .flatten()
            .find(|wish| self.version_of(wish.shown).is_some())
            .unwrap_or(BodyChoice { shown: own.shown.other(), reason: ChoiceReason::OnlyOne })
    }

    fn details(&self) -> Details {
        read_details(self.details.as_deref())
    }
}

/// What an account sees of an article.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    preference: BodyPreference,
    /// Which body, and why.
    pub(super) choice: BodyChoice,
    /// The version that has it; `None` where there is no text.
    pub(super) version: Option<VersionId>,
}

impl ViewRecord {
    pub(super) fn id(&self) -> ArticleId {
        self.article.id
    }

    /// What is shown of it.
    pub(super) fn shown(&self) -> Shown {
        let preference = self.preference.map(BodyPreference::from_code).unwrap_or_default();
        let choice = self.article.choice(self.chosen.map(BodyKind::from_code), preference);
        let (choice, version) = match self.pinned_kind {
            None => (choice, self.article.version_of(choice.shown)),
            Some(kind) => {
                let shown = BodyKind::from_code(kind);
                let reason = if shown == choice.shown { choice.reason } else { ChoiceReason::Reader };
                (BodyChoice { shown, reason }, self.pinned_body)
            }
        };
        Shown { preference, choice, version }
    }

    /// The article with the body that is shown, without what its reader has cut.
    pub(super) fn with(self, shown: Shown, mut body: Option<StoredBody>) -> ArticleView {
        let mut is_cut = false;
        if let (Some(body), Some(cutting)) = (&mut body, &self.cutting)
            && let Cow::Owned(short) = cut(&body.html, &read_cutting(cutting))
        {
            body.html = short;
            is_cut = true;
        }
        ArticleView { is_cut, ..view(self, shown.preference, shown.choice, body) }
    }
}

impl Db {
    /// An article that the account may read: of a feed that it follows, or one that it opened, starred, kept for later,
    /// tagged or highlighted.
    pub async fn article(&self, account: AccountId, id: ArticleId) -> Result<Option<ArticleView>, StoreError> {
        let row: Option<ViewRecord> =
            read!(self, c => sqlx::query_as(VIEW).bind(account).bind(id).fetch_optional(c).await)?;
        let Some(row) = row else { return Ok(None) };
        let shown = row.shown();
        let body = match shown.version {
            Some(version) => self.stored_body(version, shown.choice.shown).await?,
            None => None,
        };
        Ok(Some(row.with(shown, body)))
    }

    async fn stored_body(&self, version: VersionId, kind: BodyKind) -> Result<Option<StoredBody>, StoreError> {
        let packed: Option<(i64, i64, Vec<u8>)> =
            read!(self, c => sqlx::query_as(BODY).bind(version).bind(kind.code()).fetch_optional(c).await)?;
        packed
            .map(|(codec, raw_len, content)| Ok(StoredBody { kind, version, html: unpack(codec, raw_len, content)? }))
            .transpose()
    }

    /// A body of an article that the account may read, as it was at a version: the newest of its kind in that version
    /// or before.
    pub async fn article_body(
        &self,
        account: AccountId,
        article: ArticleId,
        version: VersionId,
        kind: BodyKind,
    ) -> Result<Option<String>, StoreError> {
        if !self.is_visible(account, article).await? {
            return Ok(None);
        }
        let packed: Option<(i64, i64, Vec<u8>)> = read!(self, c => sqlx::query_as(BODY_AT)
            .bind(article).bind(version).bind(kind.code()).fetch_optional(c).await)?;
        packed.map(|(codec, raw_len, content)| unpack(codec, raw_len, content)).transpose()
    }

    /// Whether the account may read the article.
    pub async fn is_visible(&self, account: AccountId, article: ArticleId) -> Result<bool, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(IS_VISIBLE).bind(account).bind(article).fetch_one(c).await)?)
    }

    /// Fixes which body the account sees of an article; `None` goes back to the rules. False if it may not read it.
    pub async fn set_body_choice(
        &self,
        account: AccountId,
        article: ArticleId,
        kind: Option<BodyKind>,
    ) -> Result<bool, StoreError> {
        if !self.is_visible(account, article).await? {
            return Ok(false);
        }
        let mut tx = self.begin().await?;
        match kind {
            Some(kind) => within!(tx, c => sqlx::query(CHOOSE)
                .bind(account).bind(article).bind(kind.code()).execute(c).await.map(drop))?,
            None => within!(tx, c => sqlx::query(UNCHOOSE)
                .bind(account).bind(article).execute(c).await.map(drop))?,
        }
        if let Some(kind) = kind {
            choose_kind(&mut tx, account, article, kind).await?;
        }
        search::index_stored(&mut tx, &[article]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// An article as a draft with its newest bodies and its feed, so that a page can be added to it or it can be
    /// exported. For jobs and the command line, which act for nobody.
    pub async fn article_draft(&self, id: ArticleId) -> Result<Option<(FeedId, ArticleDraft)>, StoreError> {
        let row: Option<Record> = read!(self, c => sqlx::query_as(DRAFT).bind(id).fetch_optional(c).await)?;
        let Some(row) = row else { return Ok(None) };
        let mut bodies = Vec::new();
        for kind in [BodyKind::Feed, BodyKind::Page] {
            if let Some(version) = row.version_of(kind)
                && let Some(body) = self.stored_body(version, kind).await?
            {
                bodies.push(Body { kind, html: body.html });
            }
        }
        Ok(Some((row.feed_id, draft(row, bodies)?)))
    }

    /// The address of an article that the account may read.
    pub async fn article_url(&self, account: AccountId, id: ArticleId) -> Result<Option<WebUrl>, StoreError> {
        let address: Option<Option<String>> =
            read!(self, c => sqlx::query_scalar(ADDRESS).bind(account).bind(id).fetch_optional(c).await)?;
        Ok(url(address.flatten()))
    }

    /// The account's saved or imported page of this address.
    pub async fn saved_article(&self, account: AccountId, url: &WebUrl) -> Result<Option<ArticleId>, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(OWN_BY_URL).bind(account).bind(url.as_str()).fetch_optional(c).await)?)
    }

    /// Up to `limit` articles of a feed with ids above `after`, in their order: begin with `ArticleId(0)`.
    pub async fn article_ids(&self, feed: FeedId, after: ArticleId, limit: i64) -> Result<Vec<ArticleId>, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(IDS_OF_FEED).bind(feed).bind(after).bind(limit).fetch_all(c).await)?)
    }
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn completeness(partial: bool) -> Completeness {
    if partial { Completeness::Partial } else { Completeness::Whole }
}

fn guid(details: &Details, url: Option<&str>) -> Option<String> {
    if details.guid_is_url { url.map(str::to_owned) } else { details.guid.clone() }
}

fn view(row: ViewRecord, preference: BodyPreference, choice: BodyChoice, body: Option<StoredBody>) -> ArticleView {
    let article = row.article;
    let details = article.details();
    let version = article.version.unwrap_or(VersionId(0));
    ArticleView {
        id: article.id,
        feed_id: article.feed_id,
        subscribed: row.preference.is_some(),
        feed_title: row.own_title.unwrap_or(row.feed_title),
        feed_url: WebUrl::parse(&row.feed_url).ok(),
        site_url: url(row.site_url),
        plain_tile: row.plain_tile,
        feed_language: row.feed_language,
        preference,
        guid: guid(&details, article.url.as_deref()),
        has_other_body: article.version_of(choice.shown.other()).is_some(),
        url: url(article.url),
        title: row.pinned_title.unwrap_or(article.title),
        pinned: row.pinned,
        edits: row.edits,
        author: article.author,
        site_name: details.site_name,
        published: article.published_at,
        published_text: details.published_text,
        dates: details.dates,
        fetched_at: article.fetched_at,
        sort_at: article.sort_at,
        language: article.language,
        excerpt: row.pinned_excerpt.unwrap_or(article.excerpt),
        words: count(row.pinned_words.unwrap_or(article.words)),
        cjk_chars: count(row.pinned_cjk_chars.unwrap_or(article.cjk_chars)),
        lead_image: url(article.lead_image),
        completeness: completeness(article.partial),
        enclosures: details.enclosures,
        categories: details.categories,
        comments_url: details.comments_url,
        version,
        versions: article.version_count,
        changed_at: article.changed_at.unwrap_or(article.fetched_at),
        choice,
        body,
        is_cut: false,
        unread: row.unread,
        starred: row.starred,
        later: row.later,
    }
}

fn draft(row: Record, bodies: Vec<Body>) -> Result<ArticleDraft, StoreError> {
    let details = row.details();
    let choice = row.choice(None, BodyPreference::Automatic);
    Ok(ArticleDraft {
        keys: Keys { first: key(&row.first_key)?, second: row.second_key.as_deref().map(key).transpose()? },
        guid: guid(&details, row.url.as_deref()),
        url: url(row.url),
        title: row.title,
        author: row.author,
        site_name: details.site_name,
        published: row.published_at,
        published_text: details.published_text,
        dates: details.dates,
        language: row.language,
        excerpt: row.excerpt,
        words: count(row.words),
        cjk_chars: count(row.cjk_chars),
        lead_image: url(row.lead_image),
        completeness: completeness(row.partial),
        enclosures: details.enclosures,
        categories: details.categories,
        comments_url: details.comments_url,
        bodies,
        choice,
    })
}
