//! The writing half of the way in, inside of one transaction.

use std::collections::HashMap;

use sqlx::QueryBuilder;

use super::{Known, Prepared, StoreReport};
use crate::content::change::Edit;
use crate::domain::{
    AccountId, ArticleDraft, ArticleId, BodyKind, Completeness, FeedId, UnixMillis, VersionId, WebUrl,
};
use crate::store::StoreError;
use crate::store::body::{self, Packed};
use crate::store::db::{Tx, statements, within, within_built};
use crate::store::details::{self, Reading};
use crate::store::job::enqueue_page_in;
use crate::store::picture::want_pictures_in;
use crate::store::repeat;
use crate::store::row::{clipped, id_list, key, storable};
use crate::store::rule;
use crate::store::search;
use crate::store::sidebar::change_counts;
use crate::store::trash::is_listed;

statements! {
    /// Stands at the greatest number that an article ever had, `$2` for its keys, until others stand behind it. Where that article is
    /// still there, or numbers are never given twice anyway, it does nothing.
    HOLD_NUMBER = "INSERT INTO article (id, feed_id, first_key, content_hash, sort_at, fetched_at, shown, reason, title, excerpt) \
                   SELECT CAST(m.value AS BIGINT), CAST($1 AS BIGINT), $2, $2, 0, 0, 0, 0, '', '' FROM meta m \
                   WHERE m.name = 'last-article' AND CAST(m.value AS BIGINT) > (SELECT COALESCE(MAX(id), 0) FROM article)";
    LET_NUMBER_GO = "DELETE FROM article WHERE feed_id = $1 AND first_key = $2";
    /// For every follower of the feed who wants to hear of it.
    MARK_UNREAD = concat!("INSERT INTO unread (account_id, sort_at, article_id, feed_id) \
                   SELECT s.account_id, a.sort_at, a.id, a.feed_id \
                   FROM article a JOIN subscription s ON s.feed_id = a.feed_id \
                   AND NOT s.muted AND s.paused_at IS NULL WHERE a.id IN (SELECT value FROM json_each($1)) AND ",
                   is_listed!("s.account_id", "a.id"), " ON CONFLICT DO NOTHING RETURNING account_id");
    REKEY = "UPDATE article SET first_key = $2 WHERE id = $1";
    HAS_PAGE_BODY = "SELECT EXISTS (SELECT 1 FROM version v JOIN body b ON b.version_id = v.id \
                     WHERE v.article_id = $1 AND b.kind = 1)";
    /// A version that somebody chose to read is not written anew.
    COUNT_VERSION = "UPDATE article SET version_count = version_count + 1, edits = edits + CAST($3 AS BIGINT) WHERE id = $1 \
                     AND (version_count < $2 OR EXISTS (SELECT 1 FROM pinned p WHERE p.version_id = \
                          (SELECT MAX(v.id) FROM version v WHERE v.article_id = $1)))";
    RENEW_VERSION = "UPDATE version SET created_at = $2, title = $3, trivial = trivial AND $4 \
                     WHERE id = (SELECT MAX(id) FROM version WHERE article_id = $1) RETURNING id";
    IS_PINNED = "SELECT EXISTS (SELECT 1 FROM pinned WHERE article_id = $1 AND body_version = $2)";
    /// `$13` says that the page's body stays the shown one, and with it what was counted and quoted from it.
    CHANGE = "UPDATE article SET content_hash = $3, title = $4, url = $5, author = $6, details = $7, \
              lead_image = COALESCE($8, lead_image), language = COALESCE($9, language), \
              words = CASE WHEN $13 THEN words ELSE $10 END, cjk_chars = CASE WHEN $13 THEN cjk_chars ELSE $11 END, \
              excerpt = CASE WHEN $13 THEN excerpt ELSE $12 END, shown = CASE WHEN $13 THEN shown ELSE $14 END, \
              reason = CASE WHEN $13 THEN reason ELSE $15 END, published_at = COALESCE($16, published_at) \
              WHERE id = $1 AND content_hash = $2";
    NEW_VERSION = "INSERT INTO version (article_id, created_at, title, trivial) VALUES ($1, $2, $3, $4) RETURNING id";
}

/// Versions that are kept of an article. Some sources say something else at every reading, and would fill any disk; of
/// such a one the first versions stay, and the last is written anew.
const MAX_VERSIONS: i64 = 100;

/// Adds new articles: a statement each for articles, versions, bodies, unread rows and counters, however many.
pub(super) async fn add(
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
    let versions = insert_texts(tx, &added, now).await?;
    index_new(tx, &added, &versions).await?;
    let compared: Vec<repeat::Compared> =
        added.iter().map(|(id, article)| (*id, article.sort_at, article.likeness)).collect();
    repeat::note(tx, feed, &compared).await?;
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
        // What was marked elsewhere was marked then, as far as anybody knows.
        let at = article.incoming.seen_at.unwrap_or(now);
        rule::carry_out(tx, *id, &article.incoming.verdicts, at).await?;
    }
    let shown = added.iter().filter(|(_, article)| article.incoming.draft.may_show_pictures());
    want_pictures_in(tx, shown.map(|(id, _)| *id), now).await?;
    report.added.extend(added.iter().map(|(id, _)| *id));
    Ok(())
}

async fn insert_articles(
    tx: &mut Tx,
    feed: FeedId,
    new: &[&Prepared<'_>],
    now: UnixMillis,
) -> Result<HashMap<[u8; 16], ArticleId>, StoreError> {
    const NO_KEY: &[u8] = &[];
    // PostgreSQL gives no number twice by itself.
    let held = match tx {
        Tx::Sqlite(_) => within!(*tx, c => sqlx::query(HOLD_NUMBER)
            .bind(feed).bind(NO_KEY).execute(c).await.map(|done| done.rows_affected()))?,
        Tx::Postgres(_) => 0,
    };
    let rows: Vec<(ArticleId, Vec<u8>)> = within_built!(*tx, Backend, c => {
        let mut query = QueryBuilder::<Backend>::new(
            "INSERT INTO article (feed_id, first_key, second_key, content_hash, sort_at, fetched_at, published_at, \
             shown, reason, words, cjk_chars, partial, language, title, url, author, excerpt, lead_image, details) ",
        );
        query.push_values(new, |mut row, article| {
            let draft = &article.incoming.draft;
            row.push_bind(feed)
                .push_bind(&draft.keys.first[..])
                .push_bind(draft.keys.second.as_ref().map(|key| &key[..]))
                .push_bind(&article.hash[..])
                .push_bind(article.sort_at)
                .push_bind(article.incoming.first_seen(now))
                .push_bind(draft.published.map(|at| at.min(article.incoming.first_seen(now))))
                .push_bind(draft.choice.shown.code())
                .push_bind(draft.choice.reason.code())
                .push_bind(i64::from(draft.words))
                .push_bind(i64::from(draft.cjk_chars))
                .push_bind(draft.completeness == Completeness::Partial)
                .push_bind(draft.language.as_ref())
                .push_bind(title(draft))
                .push_bind(draft.url.as_ref().map(WebUrl::as_str))
                .push_bind(draft.author.as_deref().map(|author| clipped(author, 256)))
                .push_bind(storable(&draft.excerpt))
                .push_bind(draft.lead_image.as_ref().map(WebUrl::as_str))
                .push_bind(article.details.as_deref());
        });
        query.push(" ON CONFLICT (feed_id, first_key) DO NOTHING RETURNING id, first_key");
        query.build_query_as().fetch_all(c).await
    })?;
    if held > 0 {
        within!(*tx, c => sqlx::query(LET_NUMBER_GO).bind(feed).bind(NO_KEY).execute(c).await.map(drop))?;
    }
    rows.into_iter().map(|(id, first)| Ok((key(&first)?, id))).collect()
}

async fn insert_texts(
    tx: &mut Tx,
    added: &[(ArticleId, &Prepared<'_>)],
    now: UnixMillis,
) -> Result<HashMap<ArticleId, VersionId>, StoreError> {
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
        return Ok(versions);
    }
    within_built!(*tx, Backend, c => {
        let mut query =
            QueryBuilder::<Backend>::new("INSERT INTO body (version_id, kind, codec, raw_len, content) ");
        query.push_values(&bodies, |mut row, (version, kind, packed)| {
            row.push_bind(*version)
                .push_bind(*kind)
                .push_bind(packed.codec)
                .push_bind(packed.raw_len)
                .push_bind(&packed.content);
        });
        query.build().execute(c).await.map(drop)
    })?;
    Ok(versions)
}

/// Puts what new articles say into the index.
async fn index_new(
    tx: &mut Tx,
    added: &[(ArticleId, &Prepared<'_>)],
    versions: &HashMap<ArticleId, VersionId>,
) -> Result<(), StoreError> {
    let (mut entries, mut others) = (Vec::new(), Vec::new());
    for (id, article) in added {
        match &article.search {
            Some((kind, indexed)) => {
                let version = versions.get(id).copied().filter(|_| !article.bodies.is_empty());
                entries.push(search::Entry { article: *id, body: (version, *kind), indexed });
            }
            None => others.push(*id),
        }
    }
    search::put(tx, &entries).await?;
    if others.is_empty() { Ok(()) } else { search::index_stored(tx, &others).await }
}

/// Notes that a known article changed: its new first key, or a version with its new text.
pub(super) async fn change(
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
    let renewed = details::renewed(tx, known.id, draft, Reading::Feed).await?;
    let changed = within!(*tx, c => sqlx::query(CHANGE)
        .bind(known.id)
        .bind(&known.hash)
        .bind(&article.hash[..])
        .bind(title(draft))
        .bind(draft.url.as_ref().map(WebUrl::as_str))
        .bind(draft.author.as_deref().map(|author| clipped(author, 256)))
        .bind(renewed.details.as_deref())
        .bind(draft.lead_image.as_ref().map(WebUrl::as_str))
        .bind(draft.language.as_ref())
        .bind(i64::from(draft.words))
        .bind(i64::from(draft.cjk_chars))
        .bind(storable(&draft.excerpt))
        .bind(keeps_page)
        .bind(draft.choice.shown.code())
        .bind(draft.choice.reason.code())
        .bind(renewed.published)
        .execute(c).await.map(|done| done.rows_affected()))?;
    if changed == 0 {
        // Another process was faster and has stored its own version.
        report.unchanged += 1;
        return Ok(());
    }
    if let (Edit::Nothing, Some(version)) = (article.edit, article.former) {
        return renew(tx, article, known.id, version, report).await;
    }
    let version = new_version(tx, known.id, &title(draft), article.edit, now).await?;
    for (kind, packed) in &article.bodies {
        body::put(tx, version, *kind, packed).await?;
    }
    if let (Some(page), Some(packed)) = (&article.incoming.page, &article.page) {
        body::keep_page(tx, known.id, page, packed).await?;
    }
    if article.incoming.wants_page {
        enqueue_page_in(tx, known.id, now).await?;
    }
    search::index_stored(tx, &[known.id]).await?;
    want_pictures_in(tx, draft.may_show_pictures().then_some(known.id), now).await?;
    report.changed.push(known.id);
    Ok(())
}

/// Brings a stored text up to date that says the same with other counters or mark-up. What a reader chose to read stays as it is.
async fn renew(
    tx: &mut Tx,
    article: &Prepared<'_>,
    id: ArticleId,
    version: VersionId,
    report: &mut StoreReport,
) -> Result<(), StoreError> {
    report.unchanged += 1;
    let is_pinned: bool = within!(*tx, c => sqlx::query_scalar(IS_PINNED).bind(id).bind(version).fetch_one(c).await)?;
    if is_pinned {
        return Ok(());
    }
    for (kind, packed) in &article.bodies {
        body::put(tx, version, *kind, packed).await?;
    }
    search::index_stored(tx, &[id]).await
}

fn title(draft: &ArticleDraft) -> String {
    clipped(&draft.title, 1_024)
}

/// Adds an empty version to an article, or gives its newest one anew if it has as many as are kept.
pub(in crate::store) async fn new_version(
    tx: &mut Tx,
    article: ArticleId,
    title: &str,
    edit: Edit,
    now: UnixMillis,
) -> Result<VersionId, StoreError> {
    let is_real = edit == Edit::Real;
    let counted = within!(*tx, c => sqlx::query(COUNT_VERSION)
        .bind(article).bind(MAX_VERSIONS).bind(i64::from(is_real)).execute(c).await.map(|done| done.rows_affected()))?;
    let statement = if counted > 0 { NEW_VERSION } else { RENEW_VERSION };
    Ok(within!(*tx, c => sqlx::query_scalar(statement)
        .bind(article).bind(now).bind(title).bind(!is_real).fetch_one(c).await)?)
}
