//! The way in: what is new, what changed, what is known, and the transactions that store it.
//!
//! An article is found again by its first key, else by its second. One that is unchanged costs no write at all; one
//! whose words or pictures changed gets a version; one of which only counters, white space or mark-up changed is brought up
//! to date where it stands; reading state is never touched by either. Articles go in by fifty, long ones by fewer, so that the
//! writer is never held for long and a kill loses at most what was not yet acknowledged.

mod reuse;
mod write;

use std::collections::{HashMap, HashSet};

pub(super) use reuse::ALL as REUSE;
pub(super) use write::{ALL as WRITE, new_version};
use write::{add, change};

use super::body::{Packed, pack, unpack};
use super::db::{Db, read, statements};
use super::details::Details;
use super::dialect::{Either, FIND_BY_FIRST_KEY, FIND_BY_SECOND_KEY};
use super::error::StoreError;
use super::row::{clipped, hex_list, key, short_hash};
use super::rule::Verdict;
use crate::content::change::{self, Edit};
use crate::content::text::plain_text;
use crate::domain::{ArticleDraft, ArticleId, BodyKind, FeedId, KeptPage, UnixMillis, VersionId};
use crate::search::{Indexed, Likeness, indexed_and_compared};

statements! {
    FORMER = "SELECT v.id AS version, b.codec, b.raw_len, b.content, \
              (SELECT n.title FROM version n WHERE n.article_id = $1 ORDER BY n.id DESC LIMIT 1) AS title \
              FROM version v JOIN body b ON b.version_id = v.id \
              WHERE v.article_id = $1 AND b.kind = $2 ORDER BY v.id DESC LIMIT 1";
}

/// Articles in one transaction: a usual feed is one. By twenty, the search index had to join more than twice as many pieces, and a
/// first refresh took a quarter longer.
const BATCH: usize = 50;
/// And no more once their texts have so many bytes.
const BATCH_BYTES: usize = 1 << 20;

/// An article on its way in.
#[derive(Debug, Clone, PartialEq)]
pub struct IncomingArticle {
    /// The article.
    pub draft: ArticleDraft,
    /// The page that its page body was extracted from.
    pub page: Option<KeptPage>,
    /// Whether its page is still to be fetched. If the article is new or changed, a job for it is stored with it.
    pub wants_page: bool,
    /// When it was first seen, if that was not now: what an archived file says.
    pub seen_at: Option<UnixMillis>,
    /// What rules say of it. They count if the article is new.
    pub verdicts: Vec<Verdict>,
}

impl IncomingArticle {
    /// When it was first seen, for one that is stored `now`.
    fn first_seen(&self, now: UnixMillis) -> UnixMillis {
        self.seen_at.map_or(now, |seen| seen.min(now))
    }
}

impl From<ArticleDraft> for IncomingArticle {
    /// An article of which no page is kept or wanted.
    fn from(draft: ArticleDraft) -> Self {
        Self { draft, page: None, wants_page: false, seen_at: None, verdicts: Vec::new() }
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
    /// What is searched of it, where that does not depend on what readers chose.
    search: Option<(BodyKind, Indexed)>,
    /// What of it is compared with other articles, if it is new.
    likeness: Likeness,
    page: Option<Packed>,
    known: Option<Known>,
    /// What it is to the text that is stored, if one is.
    edit: Edit,
    /// The version that holds the stored text of the same kind.
    former: Option<VersionId>,
    /// Another article, which had this one's first key before.
    retires: Option<ArticleId>,
}

/// The stored article that an incoming one is.
#[derive(Debug, Clone)]
struct Known {
    id: ArticleId,
    hash: Vec<u8>,
    rekey: bool,
}

/// The newest stored body of a kind, and the newest title.
#[derive(Debug, sqlx::FromRow)]
struct Former {
    version: VersionId,
    title: String,
    codec: i64,
    raw_len: i64,
    content: Vec<u8>,
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
        let hashes: Vec<[u8; 16]> = articles.iter().map(|article| content_hash(&article.draft)).collect();
        let known = self.look_up(feed, articles, &hashes).await?;
        let threshold = unread_threshold(articles, unread, now);
        let unknown: Vec<(usize, &ArticleDraft)> = articles
            .iter()
            .map(|article| &article.draft)
            .enumerate()
            .filter(|(_, draft)| known.find(draft).is_none())
            .collect();
        let buried = self.buried(feed, &unknown, now).await?;
        let mut seen = HashSet::new();
        let (mut waiting, mut bytes) = (Vec::new(), 0);
        for (index, (incoming, hash)) in articles.iter().zip(hashes).enumerate() {
            // The same key twice in one document would make a version at every reading, one way and back.
            if !seen.insert(incoming.draft.keys.first) || buried.contains(&index) {
                report.unchanged += 1;
                continue;
            }
            let retires = known.retired.get(&incoming.draft.keys.first).copied();
            let known = known.find(&incoming.draft);
            if known.as_ref().is_some_and(|known| known.hash == hash && !known.rekey) {
                report.unchanged += 1;
                continue;
            }
            let (edit, former) = match &known {
                Some(known) if known.hash != hash => self.edit_of(known.id, &incoming.draft).await?,
                _ => (Edit::Real, None),
            };
            waiting.push(Prepared { retires, edit, former, ..prepare(index, incoming, hash, known, threshold, now) });
            bytes += incoming.draft.bodies.iter().map(|body| body.html.len()).sum::<usize>();
            // Preparing takes a while: whoever waits for a page goes first.
            tokio::task::yield_now().await;
            if waiting.len() == BATCH || bytes >= BATCH_BYTES {
                self.store_batch(feed, &waiting, now, &mut report).await?;
                waiting.clear();
                bytes = 0;
            }
        }
        self.store_batch(feed, &waiting, now, &mut report).await?;
        Ok(report)
    }

    /// Finds the stored articles that the given ones may be.
    async fn look_up(
        &self,
        feed: FeedId,
        articles: &[IncomingArticle],
        hashes: &[[u8; 16]],
    ) -> Result<KnownArticles, StoreError> {
        let mut found = KnownArticles::default();
        let first: Vec<[u8; 16]> = articles.iter().map(|article| article.draft.keys.first).collect();
        found.document_keys.extend(&first);
        for row in self.look_up_by(FIND_BY_FIRST_KEY, feed, &first).await? {
            let key = key(&row.first_key)?;
            found.by_first.insert(key, Known { id: row.id, hash: row.content_hash, rekey: false });
        }
        self.part_with_reused(articles, hashes, &mut found).await?;
        let second: Vec<[u8; 16]> = articles
            .iter()
            .filter(|article| !found.by_first.contains_key(&article.draft.keys.first))
            .filter_map(|article| article.draft.keys.second)
            .collect();
        for row in self.look_up_by(FIND_BY_SECOND_KEY, feed, &second).await? {
            // If the document holds the stored article under its own key, the other one is another article.
            let first = key(&row.first_key)?;
            if let Some(second) = &row.second_key
                && (!found.document_keys.contains(&first) || found.retired.get(&first) == Some(&row.id))
            {
                found.by_second.insert(key(second)?, Known { id: row.id, hash: row.content_hash, rekey: true });
            }
        }
        Ok(found)
    }

    /// What a draft is to the stored article that it is the new state of.
    async fn edit_of(&self, article: ArticleId, draft: &ArticleDraft) -> Result<(Edit, Option<VersionId>), StoreError> {
        let [body] = draft.bodies.as_slice() else { return Ok((Edit::Real, None)) };
        let former: Option<Former> = read!(self, c => sqlx::query_as(FORMER)
            .bind(article).bind(body.kind.code()).fetch_optional(c).await)?;
        let Some(former) = former else { return Ok((Edit::Real, None)) };
        let title = clipped(&draft.title, 1_024);
        let html = unpack(former.codec, former.raw_len, former.content);
        let edit = html.map_or(Edit::Real, |html| change::edit((&former.title, &html), (&title, &body.html)));
        Ok((edit, Some(former.version)))
    }

    async fn look_up_by(
        &self,
        statement: Either,
        feed: FeedId,
        keys: &[[u8; 16]],
    ) -> Result<Vec<KnownRow>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let (statement, keys) = (statement.of(self), hex_list(keys));
        Ok(read!(self, c => sqlx::query_as(statement).bind(feed).bind(&keys).fetch_all(c).await)?)
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
        for article in batch {
            if let Some(old) = article.retires {
                reuse::retire(&mut tx, old, &article.incoming.draft.keys.first).await?;
            }
        }
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
    /// Articles whose first key now names another one.
    retired: HashMap<[u8; 16], ArticleId>,
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

/// The moment by which an article is sorted, by the rule of [`GivenDates`](crate::domain::GivenDates): its date, but not later
/// than it was first seen. One without a date stands where it was first seen.
fn sort_at(article: &IncomingArticle, now: UnixMillis) -> UnixMillis {
    let seen = article.first_seen(now);
    article.draft.published.map_or(seen, |at| at.min(seen))
}

/// The oldest `sort_at` that still becomes unread.
fn unread_threshold(articles: &[IncomingArticle], unread: NewUnread, now: UnixMillis) -> UnixMillis {
    match unread {
        NewUnread::All => UnixMillis(i64::MIN),
        NewUnread::None | NewUnread::Newest(0) => UnixMillis(i64::MAX),
        NewUnread::Newest(count) => {
            let mut moments: Vec<UnixMillis> = articles.iter().map(|article| sort_at(article, now)).collect();
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
    let sort_at = sort_at(incoming, now);
    let unchanged = known.as_ref().is_some_and(|known| known.hash == hash);
    let bodies = if unchanged {
        Vec::new()
    } else {
        draft.bodies.iter().map(|body| (body.kind.code(), pack(&body.html))).collect()
    };
    let (search, likeness) = match &known {
        None => searched(draft),
        Some(_) => (None, Likeness::default()),
    };
    Prepared {
        index,
        incoming,
        hash,
        sort_at,
        unread: sort_at >= threshold && threshold != UnixMillis(i64::MAX),
        details: Details::of(draft).json(),
        bodies,
        search,
        likeness,
        page: incoming.page.as_ref().map(|page| pack(&page.html)),
        known,
        edit: Edit::Real,
        former: None,
        retires: None,
    }
}

/// What is searched of a new article, if it has at most one body, and what is compared.
fn searched(draft: &ArticleDraft) -> (Option<(BodyKind, Indexed)>, Likeness) {
    let shown = draft.bodies.iter().find(|body| body.kind == draft.choice.shown).or(draft.bodies.first());
    let (kind, html) = shown.map_or((draft.choice.shown, ""), |body| (body.kind, body.html.as_str()));
    let author = draft.author.as_deref().map(|author| clipped(author, 256)).unwrap_or_default();
    let title = clipped(&draft.title, 1_024);
    let (indexed, likeness) = indexed_and_compared(draft.url.as_ref(), &title, &author, &plain_text(html));
    (Some((kind, indexed)).filter(|_| draft.bodies.len() < 2), likeness)
}
