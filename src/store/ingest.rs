//! The way in: what is new, what changed, what is known, and the transactions that store it.
//!
//! An article is found again by its first key, else by its second. One that is unchanged costs no write at all; one
//! whose text changed gets a version; reading state is never touched by either. Articles go in by twenty, so that the
//! writer is never held for long and a kill loses at most what was not yet acknowledged.

use std::collections::{HashMap, HashSet};

use sqlx::QueryBuilder;

use super::body::{self, Packed, pack};
use super::db::{Db, Tx, read_built, statements, within, within_built};
use super::error::StoreError;
use super::job::enqueue_page_in;
use super::row::{clipped, id_list, key, short_hash, storable};
use super::sidebar::change_counts;
use crate::domain::{
    AccountId, ArticleDraft, ArticleId, BodyKind, Completeness, FeedId, KeptPage, UnixMillis, VersionId, WebUrl,
};

statements! {
    /// For every follower of the feed.
    MARK_UNREAD = "INSERT INTO unread (account_id, sort_at, article_id, feed_id) \
                   SELECT s.account_id, a.sort_at, a.id, a.feed_id \
                   FROM article a JOIN subscription s ON s.feed_id = a.feed_id \
                   WHERE a.id IN (SELECT value FROM json_each($1)) ON CONFLICT DO NOTHING RETURNING account_id";
    REKEY = "UPDATE article SET first_key = $2 WHERE id = $1";
    HAS_PAGE_BODY = "SELECT EXISTS (SELECT 1 FROM version v JOIN body b ON b.version_id = v.id \
                     WHERE v.article_id = $1 AND b.kind = 1)";
    /// `$13` says that the page's body stays the shown one, and with it what was counted and quoted from it.
    CHANGE = "UPDATE article SET content_hash = $3, title = $4, url = $5, author = $6, details = $7, \
              lead_image = COALESCE($8, lead_image), language = COALESCE($9, language), \
              words = CASE WHEN $13 THEN words ELSE $10 END, cjk_chars = CASE WHEN $13 THEN cjk_chars ELSE $11 END, \
              excerpt = CASE WHEN $13 THEN excerpt ELSE $12 END, shown = CASE WHEN $13 THEN shown ELSE $14 END, \
              reason = CASE WHEN $13 THEN reason ELSE $15 END, published_at = COALESCE(published_at, $16), \
              version_count = version_count + 1 \
              WHERE id = $1 AND content_hash = $2";
    NEW_VERSION = "INSERT INTO version (article_id, created_at, title) VALUES ($1, $2, $3) RETURNING id";
}

/// Articles in one transaction.
const BATCH: usize = 20;
/// Keys in one look-up; SQLite takes 32,766 values in a statement.
const LOOK_UP: usize = 500;

/// An article on its way in.
#[derive(Debug, Clone, PartialEq)]
pub struct IncomingArticle {
    /// The article.
    pub draft: ArticleDraft,
    /// The page that its page body was extracted from.
    pub page: Option<KeptPage>,
    /// Whether its page is still to be fetched. If the article is new or changed, a job for it is stored with it.
    pub wants_page: bool,
}

impl From<ArticleDraft> for IncomingArticle {
    /// An article of which no page is kept or wanted.
    fn from(draft: ArticleDraft) -> Self {
        Self { draft, page: None, wants_page: false }
    }
}

/// Which of the new articles become unread for those who follow the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewUnread {
    /// All of them.
    All,
    /// The newest so many by date. For the first reading of a feed, which may hold years.
    Newest(usize),
    /// None; for imports of what was read elsewhere.
    None,
}

/// What became of articles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreReport {
    /// New ones, in the order given.
    pub added: Vec<ArticleId>,
    /// Known ones that got a version.
    pub changed: Vec<ArticleId>,
    /// How many were known and unchanged.
    pub unchanged: usize,
    /// Those that the database refused. The others are stored.
    pub refused: Vec<Refused>,
}

/// An article that the database refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its place in the list that was given.
    pub index: usize,
    /// Why, for the log.
    pub error: String,
}

/// What is known of an article before it is stored.
#[derive(Debug, sqlx::FromRow)]
struct KnownRow {
    id: ArticleId,
    first_key: Vec<u8>,
    second_key: Option<Vec<u8>>,
    content_hash: Vec<u8>,
}

/// An article that is to be written, with everything that costs CPU done.
#[derive(Debug)]
struct Prepared<'a> {
    index: usize,
    incoming: &'a IncomingArticle,
    hash: [u8; 16],
    sort_at: UnixMillis,
    unread: bool,
    details: Option<String>,
    bodies: Vec<(i64, Packed)>,
    page: Option<Packed>,
    known: Option<Known>,
}

/// The stored article that an incoming one is.
#[derive(Debug, Clone)]
struct Known {
    id: ArticleId,
    hash: Vec<u8>,
    rekey: bool,
}

/// What is read with an article but not in lists, as JSON; every field may be missing.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(super) struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guid: Option<String>,
    /// Instead of a guid that is the address once more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) guid_is_url: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) published_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) site_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comments_url: Option<WebUrl>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) enclosures: Vec<crate::domain::Enclosure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) categories: Vec<String>,
}

impl Db {
    /// Stores articles of a feed: new ones with their first version, changed ones with another, unchanged ones not at
    /// all. What is returned is on disk.
    ///
    /// New articles become unread as `unread` says. One that the database refuses does not keep the others out.
    pub async fn store_articles(
        &self,
        feed: FeedId,
        articles: &[IncomingArticle],
        unread: NewUnread,
        now: UnixMillis,
    ) -> Result<StoreReport, StoreError> {
        let mut report = StoreReport::default();
        let known = self.look_up(feed, articles).await?;
        let threshold = unread_threshold(articles, unread, now);
        let mut seen = HashSet::new();
        let mut waiting = Vec::new();
        for (index, incoming) in articles.iter().enumerate() {
            // The same key twice in one document would make a version at every reading, one way and back.
            if !seen.insert(incoming.draft.keys.first) {
                report.unchanged += 1;
                continue;
            }
            let hash = content_hash(&incoming.draft);
            let known = known.find(&incoming.draft);
            if known.as_ref().is_some_and(|known| known.hash == hash && !known.rekey) {
                report.unchanged += 1;
                continue;
            }
            waiting.push(prepare(index, incoming, hash, known, threshold, now));
            if waiting.len() == BATCH {
                self.store_batch(feed, &waiting, now, &mut report).await?;
                waiting.clear();
            }
        }
        self.store_batch(feed, &waiting, now, &mut report).await?;
        Ok(report)
    }

    /// Finds the stored articles that the given ones may be.
    async fn look_up(&self, feed: FeedId, articles: &[IncomingArticle]) -> Result<KnownArticles, StoreError> {
        let mut found = KnownArticles::default();
        let first: Vec<[u8; 16]> = articles.iter().map(|article| article.draft.keys.first).collect();
        found.document_keys.extend(&first);
        for row in self.look_up_by("first_key", feed, &first).await? {
            let key = key(&row.first_key)?;
            found.by_first.insert(key, Known { id: row.id, hash: row.content_hash, rekey: false });
        }
        let second: Vec<[u8; 16]> = articles
            .iter()
            .filter(|article| !found.by_first.contains_key(&article.draft.keys.first))
            .filter_map(|article| article.draft.keys.second)
            .collect();
        for row in self.look_up_by("second_key", feed, &second).await? {
            // If the document holds the stored article under its own key, the other one is another article.
            if let Some(second) = &row.second_key
                && !found.document_keys.contains(&key(&row.first_key)?)
            {
                found.by_second.insert(key(second)?, Known { id: row.id, hash: row.content_hash, rekey: true });
            }
        }
        Ok(found)
    }

    async fn look_up_by(
        &self,
        column: &'static str,
        feed: FeedId,
        keys: &[[u8; 16]],
    ) -> Result<Vec<KnownRow>, StoreError> {
        let mut rows = Vec::new();
        for keys in keys.chunks(LOOK_UP) {
            let mut some: Vec<KnownRow> = read_built!(self, Backend, c => {
                let mut query = QueryBuilder::<Backend>::new(
                    "SELECT id, first_key, second_key, content_hash FROM article WHERE feed_id = ",
                );
                query.push_bind(feed).push(" AND ").push(column).push(" IN (");
                let mut list = query.separated(", ");
                for key in keys {
                    list.push_bind(key.to_vec());
                }
                query.push(")");
                query.build_query_as().fetch_all(c).await
            })?;
            rows.append(&mut some);
        }
        Ok(rows)
    }

    /// Stores up to [`BATCH`] articles in one transaction, or one by one if the database refuses one of them.
    async fn store_batch(
        &self,
        feed: FeedId,
        batch: &[Prepared<'_>],
        now: UnixMillis,
        report: &mut StoreReport,
    ) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        match self.store_together(feed, batch, now).await {
            Ok(written) => report.take(written),
            Err(error) if error.is_temporary() => return Err(error),
            Err(_) => {
                for article in batch {
                    match self.store_together(feed, std::slice::from_ref(article), now).await {
                        Ok(written) => report.take(written),
                        Err(error) if error.is_temporary() => return Err(error),
                        Err(error) => {
                            report.refused.push(Refused { index: article.index, error: error.to_string() });
                        }
                    }
                }
            }
        }
        Ok(())
    }

    async fn store_together(
        &self,
        feed: FeedId,
        batch: &[Prepared<'_>],
        now: UnixMillis,
    ) -> Result<StoreReport, StoreError> {
        let mut report = StoreReport::default();
        let new: Vec<&Prepared<'_>> = batch.iter().filter(|article| article.known.is_none()).collect();
        let mut tx = self.begin().await?;
        if !new.is_empty() {
            add(&mut tx, feed, &new, now, &mut report).await?;
        }
        for article in batch {
            if let Some(known) = &article.known {
                change(&mut tx, article, known, now, &mut report).await?;
            }
        }
        tx.commit().await?;
        Ok(report)
    }
}

impl StoreReport {
    fn take(&mut self, mut other: Self) {
        self.added.append(&mut other.added);
        self.changed.append(&mut other.changed);
        self.unchanged += other.unchanged;
    }
}

/// The stored articles that incoming ones may be.
#[derive(Debug, Default)]
struct KnownArticles {
    by_first: HashMap<[u8; 16], Known>,
    by_second: HashMap<[u8; 16], Known>,
    document_keys: HashSet<[u8; 16]>,
}

impl KnownArticles {
    fn find(&self, draft: &ArticleDraft) -> Option<Known> {
        self.by_first
            .get(&draft.keys.first)
            .or_else(|| draft.keys.second.as_ref().and_then(|second| self.by_second.get(second)))
            .cloned()
    }
}

/// The moment by which an article is sorted: a date in the future does not hold it at the top.
fn sort_at(draft: &ArticleDraft, now: UnixMillis) -> UnixMillis {
    draft.published.map_or(now, |published| published.min(now))
}

/// The oldest `sort_at` that still becomes unread.
fn unread_threshold(articles: &[IncomingArticle], unread: NewUnread, now: UnixMillis) -> UnixMillis {
    match unread {
        NewUnread::All => UnixMillis(i64::MIN),
        NewUnread::None | NewUnread::Newest(0) => UnixMillis(i64::MAX),
        NewUnread::Newest(count) => {
            let mut moments: Vec<UnixMillis> = articles.iter().map(|article| sort_at(&article.draft, now)).collect();
            moments.sort_unstable_by(|a, b| b.cmp(a));
            moments.get(count - 1).copied().unwrap_or(UnixMillis(i64::MIN))
        }
    }
}

/// A hash of what a reader would call the text: the title and the source's own body, without white space, so that
/// re-indented HTML is no change. The page's body counts only where the source has none, because it comes later.
fn content_hash(draft: &ArticleDraft) -> [u8; 16] {
    let body = draft.bodies.iter().find(|body| body.kind == BodyKind::Feed).or_else(|| draft.bodies.first());
    let body = body.map_or("", |body| body.html.as_str());
    let mut text = Vec::with_capacity(draft.title.len() + 1 + body.len());
    for part in draft.title.split_whitespace() {
        text.extend_from_slice(part.as_bytes());
    }
    text.push(0);
    for part in body.split_whitespace() {
        text.extend_from_slice(part.as_bytes());
    }
    short_hash(&text)
}

fn prepare(
    index: usize,
    incoming: &IncomingArticle,
    hash: [u8; 16],
    known: Option<Known>,
    threshold: UnixMillis,
    now: UnixMillis,
) -> Prepared<'_> {
    let draft = &incoming.draft;
    let sort_at = sort_at(draft, now);
    let unchanged = known.as_ref().is_some_and(|known| known.hash == hash);
    let bodies = if unchanged {
        Vec::new()
    } else {
        draft.bodies.iter().map(|body| (body.kind.code(), pack(&body.html))).collect()
    };
    Prepared {
        index,
        incoming,
        hash,
        sort_at,
        unread: sort_at >= threshold && threshold != UnixMillis(i64::MAX),
        details: details(draft),
        bodies,
        page: incoming.page.as_ref().map(|page| pack(&page.html)),
        known,
    }
}

fn details(draft: &ArticleDraft) -> Option<String> {
    let guid_is_url = draft.guid.is_some() && draft.guid.as_deref() == draft.url.as_ref().map(WebUrl::as_str);
    let details = Details {
        guid: draft.guid.clone().filter(|_| !guid_is_url),
        guid_is_url,
        published_text: draft.published_text.clone(),
        site_name: draft.site_name.clone(),
        comments_url: draft.comments_url.clone(),
        enclosures: draft.enclosures.clone(),
        categories: draft.categories.clone(),
    };
    // JSON writes NUL as an escape of its own, which both databases take in a text.
    serde_json::to_string(&details).ok().filter(|json| json != "{}")
}

/// Adds new articles: a statement each for articles, versions, bodies, unread rows and counters, however many.
async fn add(
    tx: &mut Tx,
    feed: FeedId,
    new: &[&Prepared<'_>],
    now: UnixMillis,
    report: &mut StoreReport,
) -> Result<(), StoreError> {
    let ids = insert_articles(tx, feed, new, now).await?;
    // An article that another process stored in this very moment is not among them.
    let added: Vec<(ArticleId, &Prepared<'_>)> = new
        .iter()
        .filter_map(|article| ids.get(&article.incoming.draft.keys.first).map(|id| (*id, *article)))
        .collect();
    report.unchanged += new.len() - added.len();
    if added.is_empty() {
        return Ok(());
    }
    insert_texts(tx, &added, now).await?;
    let unread = id_list(added.iter().filter(|(_, article)| article.unread).map(|(id, _)| id.0));
    if unread.len() > 2 {
        let accounts: Vec<AccountId> =
            within!(*tx, c => sqlx::query_scalar(MARK_UNREAD).bind(&unread).fetch_all(c).await)?;
        let mut counts: HashMap<AccountId, i64> = HashMap::new();
        for account in accounts {
            *counts.entry(account).or_default() += 1;
        }
        let changes: Vec<_> = counts.into_iter().map(|(account, count)| (account, feed, count)).collect();
        change_counts(tx, &changes).await?;
    }
    for (id, article) in &added {
        if let (Some(page), Some(packed)) = (&article.incoming.page, &article.page) {
            body::keep_page(tx, *id, page, packed).await?;
        }
        if article.incoming.wants_page {
            enqueue_page_in(tx, *id, now).await?;
        }
    }
    report.added.extend(added.iter().map(|(id, _)| *id));
    Ok(())
}

async fn insert_articles(
    tx: &mut Tx,
    feed: FeedId,
    new: &[&Prepared<'_>],
    now: UnixMillis,
) -> Result<HashMap<[u8; 16], ArticleId>, StoreError> {
    let rows: Vec<(ArticleId, Vec<u8>)> = within_built!(*tx, Backend, c => {
        let mut query = QueryBuilder::<Backend>::new(
            "INSERT INTO article (feed_id, first_key, second_key, content_hash, sort_at, fetched_at, published_at, \
             shown, reason, words, cjk_chars, partial, language, title, url, author, excerpt, lead_image, details) ",
        );
        query.push_values(new, |mut row, article| {
            let draft = &article.incoming.draft;
            row.push_bind(feed)
                .push_bind(draft.keys.first.to_vec())
                .push_bind(draft.keys.second.map(Vec::from))
                .push_bind(article.hash.to_vec())
                .push_bind(article.sort_at)
                .push_bind(now)
                .push_bind(draft.published)
                .push_bind(draft.choice.shown.code())
                .push_bind(draft.choice.reason.code())
                .push_bind(i64::from(draft.words))
                .push_bind(i64::from(draft.cjk_chars))
                .push_bind(draft.completeness == Completeness::Partial)
                .push_bind(draft.language.clone())
                .push_bind(title(draft))
                .push_bind(draft.url.as_ref().map(|url| url.as_str().to_owned()))
                .push_bind(draft.author.as_deref().map(|author| clipped(author, 256)))
                .push_bind(storable(&draft.excerpt).into_owned())
                .push_bind(draft.lead_image.as_ref().map(|url| url.as_str().to_owned()))
                .push_bind(article.details.clone());
        });
        query.push(" ON CONFLICT (feed_id, first_key) DO NOTHING RETURNING id, first_key");
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(|(id, first)| Ok((key(&first)?, id))).collect()
}

async fn insert_texts(tx: &mut Tx, added: &[(ArticleId, &Prepared<'_>)], now: UnixMillis) -> Result<(), StoreError> {
    let versions: Vec<(VersionId, ArticleId)> = within_built!(*tx, Backend, c => {
        let mut query = QueryBuilder::<Backend>::new("INSERT INTO version (article_id, created_at, title) ");
        query.push_values(added, |mut row, (id, article)| {
            row.push_bind(*id).push_bind(now).push_bind(title(&article.incoming.draft));
        });
        query.push(" RETURNING id, article_id");
        query.build_query_as().fetch_all(c).await
    })?;
    let versions: HashMap<ArticleId, VersionId> = versions.into_iter().map(|(version, id)| (id, version)).collect();
    let bodies: Vec<(VersionId, i64, &Packed)> = added
        .iter()
        .filter_map(|(id, article)| versions.get(id).map(|version| (*version, *article)))
        .flat_map(|(version, article)| article.bodies.iter().map(move |(kind, packed)| (version, *kind, packed)))
        .collect();
    if bodies.is_empty() {
        return Ok(());
    }
    within_built!(*tx, Backend, c => {
        let mut query =
            QueryBuilder::<Backend>::new("INSERT INTO body (version_id, kind, codec, raw_len, content) ");
        query.push_values(&bodies, |mut row, (version, kind, packed)| {
            row.push_bind(*version)
                .push_bind(*kind)
                .push_bind(packed.codec)
                .push_bind(packed.raw_len)
                .push_bind(packed.content.clone());
        });
        query.build().execute(c).await.map(drop)
    })?;
    Ok(())
}

/// Notes that a known article changed: its new first key, or a version with its new text.
async fn change(
    tx: &mut Tx,
    article: &Prepared<'_>,
    known: &Known,
    now: UnixMillis,
    report: &mut StoreReport,
) -> Result<(), StoreError> {
    let draft = &article.incoming.draft;
    if known.rekey {
        within!(*tx, c => sqlx::query(REKEY)
            .bind(known.id).bind(&draft.keys.first[..]).execute(c).await.map(drop))?;
    }
    if known.hash == article.hash {
        report.unchanged += 1;
        return Ok(());
    }
    let brings_page = draft.bodies.iter().any(|body| body.kind == BodyKind::Page);
    let keeps_page: bool =
        !brings_page && within!(*tx, c => sqlx::query_scalar(HAS_PAGE_BODY).bind(known.id).fetch_one(c).await)?;
    let changed = within!(*tx, c => sqlx::query(CHANGE)
        .bind(known.id)
        .bind(&known.hash)
        .bind(&article.hash[..])
        .bind(title(draft))
        .bind(draft.url.as_ref().map(WebUrl::as_str))
        .bind(draft.author.as_deref().map(|author| clipped(author, 256)))
        .bind(article.details.as_deref())
        .bind(draft.lead_image.as_ref().map(WebUrl::as_str))
        .bind(draft.language.as_ref())
        .bind(i64::from(draft.words))
        .bind(i64::from(draft.cjk_chars))
        .bind(storable(&draft.excerpt))
        .bind(keeps_page)
        .bind(draft.choice.shown.code())
        .bind(draft.choice.reason.code())
        .bind(draft.published)
        .execute(c).await.map(|done| done.rows_affected()))?;
    if changed == 0 {
        // Another process was faster and has stored its own version.
        report.unchanged += 1;
        return Ok(());
    }
    let version = new_version(tx, known.id, &title(draft), now).await?;
    for (kind, packed) in &article.bodies {
        body::insert(tx, version, *kind, packed).await?;
    }
    if let (Some(page), Some(packed)) = (&article.incoming.page, &article.page) {
        body::keep_page(tx, known.id, page, packed).await?;
    }
    if article.incoming.wants_page {
        enqueue_page_in(tx, known.id, now).await?;
    }
    report.changed.push(known.id);
    Ok(())
}

fn title(draft: &ArticleDraft) -> String {
    clipped(&draft.title, 1_024)
}

/// Adds an empty version to an article.
pub(super) async fn new_version(
    tx: &mut Tx,
    article: ArticleId,
    title: &str,
    now: UnixMillis,
) -> Result<VersionId, StoreError> {
    Ok(within!(*tx, c => sqlx::query_scalar(NEW_VERSION).bind(article).bind(now).bind(title).fetch_one(c).await)?)
}
