//! Writing the index, in the transaction that writes what is indexed.

use sqlx::QueryBuilder;

use crate::content::text::plain_text;
use crate::domain::{ArticleId, BodyKind, FeedId, VersionId};
use crate::search::{Indexed, indexed};
use crate::store::body::unpack;
use crate::store::db::{Db, Tx, read, statements, within, within_built};
use crate::store::dialect::PUT_TERMS;
use crate::store::error::StoreError;
use crate::store::row::id_list;

statements! {
    /// Which body is the shown one: what readers chose for the article, else what they chose for its feed, else the
    /// article's own. Where readers disagree, it is the article's own.
    SHOWN = "SELECT a.id, a.title, a.author, a.shown, \
             (SELECT MAX(v.id) FROM version v JOIN body b ON b.version_id = v.id \
              WHERE v.article_id = a.id AND b.kind = 0) AS feed_version, \
             (SELECT MAX(v.id) FROM version v JOIN body b ON b.version_id = v.id \
              WHERE v.article_id = a.id AND b.kind = 1) AS page_version, \
             (SELECT CASE WHEN MIN(k.kind) = MAX(k.kind) THEN MIN(k.kind) END FROM body_choice k \
              WHERE k.article_id = a.id) AS chosen, \
             (SELECT CASE WHEN MIN(s.preference) = MAX(s.preference) THEN MIN(s.preference) END FROM subscription s \
              WHERE s.feed_id = a.feed_id AND s.preference <> 0) AS preference \
             FROM article a WHERE a.id IN (SELECT value FROM json_each($1))";
    BODY = "SELECT codec, raw_len, content FROM body WHERE version_id = $1 AND kind = $2";
    WAITING = "SELECT article_id FROM search_todo ORDER BY article_id DESC LIMIT $1 + 0";
    DONE = "DELETE FROM search_todo WHERE article_id IN (SELECT value FROM json_each($1))";
    LEFT = "SELECT COUNT(*) FROM (SELECT 1 FROM search_todo LIMIT $1 + 0) AS todo";
    ENQUEUE_ALL = "INSERT INTO search_todo (article_id) SELECT id FROM article WHERE TRUE ON CONFLICT DO NOTHING";
    /// The articles of a feed that have a body of either kind.
    ENQUEUE_FEED = "INSERT INTO search_todo (article_id) SELECT a.id FROM article a WHERE a.feed_id = $1 \
                    AND (SELECT COUNT(DISTINCT b.kind) FROM version v JOIN body b ON b.version_id = v.id \
                         WHERE v.article_id = a.id) > 1 ON CONFLICT DO NOTHING";
}

/// The way in which terms are made. Another number makes every database index everything anew.
const SCHEME: &str = "3";
/// Its name in the table of named values.
const SCHEME_NAME: &str = "search_scheme";

#[derive(Debug, sqlx::FromRow)]
struct Shown {
    id: ArticleId,
    title: String,
    author: Option<String>,
    shown: i64,
    feed_version: Option<VersionId>,
    page_version: Option<VersionId>,
    chosen: Option<i64>,
    preference: Option<i64>,
}

impl Shown {
    /// The body that is searched: its version and its kind.
    fn body(&self) -> (Option<VersionId>, BodyKind) {
        let preferred = self.preference.map(|code| if code == 2 { BodyKind::Page } else { BodyKind::Feed });
        let kind = self.chosen.map(BodyKind::from_code).or(preferred).unwrap_or(BodyKind::from_code(self.shown));
        let version = |kind| match kind {
            BodyKind::Feed => self.feed_version,
            BodyKind::Page => self.page_version,
        };
        match version(kind) {
            Some(found) => (Some(found), kind),
            None => (version(kind.other()), kind.other()),
        }
    }
}

/// What the index is to know of an article.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Entry<'a> {
    pub(in crate::store) article: ArticleId,
    /// The body that is searched: its version, if it has one, and its kind.
    pub(in crate::store) body: (Option<VersionId>, BodyKind),
    pub(in crate::store) indexed: &'a Indexed,
}

/// Puts articles into the index, in the place of what it knew of them: two statements, however many.
pub(in crate::store) async fn put(tx: &mut Tx, entries: &[Entry<'_>]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let (begin, end) = (PUT_TERMS.0.within(tx), PUT_TERMS.1.within(tx));
    within_built!(*tx, Backend, c => {
        let mut query = QueryBuilder::<Backend>::new(begin);
        query.push_values(entries, |mut row, entry| {
            row.push_bind(entry.article).push_bind(&entry.indexed.terms);
        });
        query.push(end).build().execute(c).await.map(drop)
    })?;
    within_built!(*tx, Backend, c => {
        let mut query = QueryBuilder::<Backend>::new("INSERT INTO search_text (article_id, version_id, kind, sketch) ");
        query.push_values(entries, |mut row, entry| {
            row.push_bind(entry.article)
                .push_bind(entry.body.0)
                .push_bind(entry.body.1.code())
                .push_bind(entry.indexed.sketch.as_bytes());
        });
        query.push(
            " ON CONFLICT (article_id) DO UPDATE SET version_id = excluded.version_id, kind = excluded.kind, \
             sketch = excluded.sketch",
        );
        query.build().execute(c).await.map(drop)
    })?;
    Ok(())
}

/// Indexes stored articles as they are now.
pub(in crate::store) async fn index_stored(tx: &mut Tx, articles: &[ArticleId]) -> Result<(), StoreError> {
    let ids = id_list(articles.iter().map(|id| id.0));
    let shown: Vec<Shown> = within!(*tx, c => sqlx::query_as(SHOWN).bind(&ids).fetch_all(c).await)?;
    for article in shown {
        let (version, kind) = article.body();
        let packed: Option<(i64, i64, Vec<u8>)> = match version {
            Some(version) => {
                within!(*tx, c => sqlx::query_as(BODY).bind(version).bind(kind.code()).fetch_optional(c).await)?
            }
            None => None,
        };
        // A body that cannot be read any more has no terms; its article is found by its title.
        let html = packed.and_then(|(codec, raw_len, content)| unpack(codec, raw_len, content).ok());
        let text = html.as_deref().map(plain_text).unwrap_or_default();
        let indexed = indexed(&article.title, article.author.as_deref().unwrap_or_default(), &text);
        put(tx, &[Entry { article: article.id, body: (version, kind), indexed: &indexed }]).await?;
    }
    Ok(())
}

/// Notes that another body of a feed's articles may be the shown one now.
pub(in crate::store) async fn enqueue_feed(tx: &mut Tx, feed: FeedId) -> Result<(), StoreError> {
    Ok(within!(*tx, c => sqlx::query(ENQUEUE_FEED).bind(feed).execute(c).await.map(drop))?)
}

/// Notes that every article has to be indexed, as after a copy from another database, whose terms stay behind.
pub(in crate::store) async fn enqueue_all(tx: &mut Tx) -> Result<(), StoreError> {
    Ok(within!(*tx, c => sqlx::query(ENQUEUE_ALL).execute(c).await.map(drop))?)
}

impl Db {
    /// Notes that everything has to be indexed, if it was indexed in another way or not at all.
    pub async fn check_search_scheme(&self) -> Result<(), StoreError> {
        match self.meta_set_if_absent(SCHEME_NAME, SCHEME).await?.as_str() {
            SCHEME => Ok(()),
            _ => {
                self.reindex_everything().await?;
                self.meta_set(SCHEME_NAME, SCHEME).await
            }
        }
    }

    /// Notes that every article has to be indexed anew. Until that is done the old terms serve.
    pub async fn reindex_everything(&self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        enqueue_all(&mut tx).await?;
        tx.commit().await
    }

    /// Indexes the newest `limit` of the articles that wait for it, and says how many it were. All in one transaction: a
    /// kill loses nothing, and who changes one of them meanwhile comes after it.
    pub async fn reindex_some(&self, limit: i64) -> Result<usize, StoreError> {
        // Looked up outside first, so that an idle database is never locked for it.
        if self.count_unindexed(1).await? == 0 {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        let waiting: Vec<ArticleId> = within!(tx, c => sqlx::query_scalar(WAITING).bind(limit).fetch_all(c).await)?;
        index_stored(&mut tx, &waiting).await?;
        let ids = id_list(waiting.iter().map(|id| id.0));
        within!(tx, c => sqlx::query(DONE).bind(&ids).execute(c).await.map(drop))?;
        tx.commit().await?;
        Ok(waiting.len())
    }

    /// How many articles wait to be indexed, counted up to `most`.
    pub async fn count_unindexed(&self, most: i64) -> Result<i64, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(LEFT).bind(most).fetch_one(c).await)?)
    }
}
