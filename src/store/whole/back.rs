//! An account on its way in: choices, feeds and articles as a file has them. What is there already is left as it is.

use crate::archive::account::{ArticleLine, Choices, FeedLine, Marks, VersionLine};
use crate::domain::{
    AccountId, ArticleId, BodyKind, CategoryId, FeedId, Language, MAX_NOTE_CHARS, MAX_PASSAGE_CHARS, TagName,
    UnixMillis, VersionId,
};
use crate::store::access::may_read;
use crate::store::body::{self, Packed, pack};
use crate::store::db::{Db, Tx, read, statements, within, write_one};
use crate::store::error::StoreError;
use crate::store::pin;
use crate::store::row::clipped;
use crate::store::search;
use crate::store::sidebar::change_counts;
use crate::store::tag;
use crate::store::{MAX_HIGHLIGHTS_OF_ARTICLE, MAX_TAGS, MAX_TAGS_OF_ARTICLE};

statements! {
    CHOOSE = "UPDATE account SET settings = $2, pictures = $3, folds_repeats = $4, retention = $5 \
              WHERE id = $1 AND settings = '{}'";
    DESCRIBE = "UPDATE feed SET title = $2, site_url = $3, icon_url = $4, language = $5 WHERE id = $1 AND title = '' AND owner_id IS NULL";
    FOLLOW = "UPDATE subscription SET category_id = $3, title = $4, preference = $5, muted = $6, paused_at = $7, \
              plain_tile = $8, pictures = $9, retention = $10, created_at = $11 WHERE account_id = $1 AND feed_id = $2";
    CUT = "INSERT INTO cutting (account_id, feed_id, blocks) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    KNOWN = concat!("SELECT a.id, ", may_read!(), " AS readable FROM article a WHERE a.feed_id = $2 AND a.first_key = $3");
    FACTS = "UPDATE article SET content_hash = $2, shown = $3, reason = $4, version_count = $5, edits = $6 WHERE id = $1";
    FORGET_VERSIONS = "DELETE FROM version WHERE article_id = $1";
    VERSION = "INSERT INTO version (article_id, created_at, title, trivial) VALUES ($1, $2, $3, $4) RETURNING id";
    UNREAD = "INSERT INTO unread (account_id, sort_at, article_id, feed_id) \
              SELECT s.account_id, a.sort_at, a.id, a.feed_id FROM article a \
              JOIN subscription s ON s.feed_id = a.feed_id AND s.account_id = $1 \
              WHERE a.id = $2 AND (SELECT 1 FROM repeated r WHERE r.account_id = $1 AND r.article_id = a.id) IS NULL \
              ON CONFLICT DO NOTHING RETURNING feed_id";
    STAR = "INSERT INTO starred (account_id, article_id, marked_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    LATER = "INSERT INTO later (account_id, article_id, marked_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    OPENED = "INSERT INTO opened (account_id, article_id, opened_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    PLACE = "INSERT INTO place (account_id, article_id, share, paragraph, stored_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT DO NOTHING";
    PLAYED = "INSERT INTO played (account_id, article_id, file_key, seconds, stored_at) VALUES ($1, $2, $3, $4, $5) \
              ON CONFLICT DO NOTHING";
    TEXT = "INSERT INTO body_choice (account_id, article_id, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    /// The conditions bound what a file can bring.
    HIGHLIGHT = "INSERT INTO highlight (account_id, article_id, created_at, changed_at, colour, exact, prefix, suffix, start, note) \
                 SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), \
                 CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT), CAST($8 AS BIGINT), CAST($9 AS TEXT) \
                 WHERE NOT EXISTS (SELECT 1 FROM highlight h WHERE h.account_id = $1 AND h.article_id = $2 \
                 AND h.exact = CAST($5 AS TEXT) AND h.start = $8) \
                 AND (SELECT COUNT(*) FROM highlight h WHERE h.account_id = $1 AND h.article_id = $2) < $10";
    TAGS_OF_ACCOUNT = "SELECT COUNT(*) FROM tag WHERE account_id = $1";
}

/// The most versions that are taken in of an article: as many as are kept of one.
const MAX_VERSIONS: usize = 100;
/// The most characters of what stands around a passage.
const CONTEXT_CHARS: usize = 200;
/// The most files of sound and film whose places are taken in of an article, and the characters of the key of one.
const MAX_FILES: usize = 100;
const KEY_CHARS: usize = 64;
/// The most characters of a choice that is JSON.
const CHOICE_CHARS: usize = 20_000;

/// An article that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct KnownArticle {
    /// Its id.
    pub id: ArticleId,
    /// The account may read it.
    pub readable: bool,
}

impl Db {
    /// Gives an account choices, if it has made none yet; whether it got them.
    pub async fn take_choices(&self, account: AccountId, choices: &Choices) -> Result<bool, StoreError> {
        let is_json = |text: &str| {
            let value: Result<serde_json::Value, _> = serde_json::from_str(text);
            text.len() <= CHOICE_CHARS && value.is_ok_and(|value| value.is_object())
        };
        let orderly = |text: &str| if is_json(text) { text.to_owned() } else { "{}".to_owned() };
        let changed = write_one!(self, c => sqlx::query(CHOOSE)
            .bind(account).bind(orderly(&choices.settings)).bind(choices.pictures.clamp(0, 2))
            .bind(choices.folds_repeats).bind(orderly(&choices.retention))
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(changed > 0)
    }

    /// Says of a feed that was never read what it called itself elsewhere.
    pub async fn describe_feed(&self, feed: FeedId, line: &FeedLine) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(DESCRIBE)
            .bind(feed).bind(clipped(&line.title, 1_024)).bind(&line.site_url).bind(&line.icon_url)
            .bind(line.language.as_deref().and_then(Language::parse))
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Follows a feed as it was followed elsewhere. The account follows it already, in whatever way.
    pub async fn follow_as(
        &self,
        account: AccountId,
        feed: FeedId,
        line: &FeedLine,
        category: Option<CategoryId>,
    ) -> Result<(), StoreError> {
        let Some(followed) = &line.followed else { return Ok(()) };
        let title = followed.title.as_ref().map(|title| clipped(title, 1_024)).filter(|title| !title.is_empty());
        let mut tx = self.begin().await?;
        within!(tx, c => sqlx::query(FOLLOW)
            .bind(account).bind(feed).bind(category).bind(title).bind(followed.preference.clamp(0, 2))
            .bind(followed.muted).bind(followed.paused_at).bind(followed.plain_tile)
            .bind(followed.pictures.map(|pictures| pictures.clamp(0, 2)))
            .bind(followed.retention.as_ref().map(|text| clipped(text, CHOICE_CHARS))).bind(followed.since)
            .execute(c).await.map(drop))?;
        if let Some(cutting) = &followed.cutting {
            within!(tx, c => sqlx::query(CUT)
                .bind(account).bind(feed).bind(clipped(cutting, CHOICE_CHARS)).execute(c).await.map(drop))?;
        }
        tx.commit().await
    }

    /// The article of a feed with this key, if there is one.
    pub async fn article_by_key(
        &self,
        account: AccountId,
        feed: FeedId,
        key: [u8; 16],
    ) -> Result<Option<KnownArticle>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(KNOWN)
            .bind(account).bind(feed).bind(&key[..]).fetch_optional(c).await)?)
    }

    /// Gives articles that were just added all their versions, and what the account did with them; one that was there
    /// before keeps its own, and only gets the marks that it lacks.
    pub async fn complete_articles(&self, account: AccountId, articles: &[Completed<'_>]) -> Result<(), StoreError> {
        // Compressing takes a while, and nobody else can write meanwhile.
        let packed: Vec<Vec<PackedVersion<'_>>> = articles.iter().map(pack_versions).collect();
        let mut tx = self.begin().await?;
        let mut fresh = Vec::new();
        for (one, packed) in articles.iter().zip(&packed) {
            complete(&mut tx, account, one, packed).await?;
            fresh.extend(Some(one.id).filter(|_| one.is_new));
        }
        search::index_stored(&mut tx, &fresh).await?;
        tx.commit().await
    }
}

/// An article that is to be completed.
#[derive(Debug, Clone, Copy)]
pub struct Completed<'a> {
    /// Its id.
    pub id: ArticleId,
    /// What the file says of it.
    pub line: &'a ArticleLine,
    /// It was added just now.
    pub is_new: bool,
}

/// A version and its texts.
type PackedVersion<'a> = (&'a VersionLine, Vec<(i64, Packed)>);

fn pack_versions<'a>(one: &Completed<'a>) -> Vec<PackedVersion<'a>> {
    if !one.is_new {
        return Vec::new();
    }
    let left_out = one.line.versions.len().saturating_sub(MAX_VERSIONS);
    let pack_one = |version: &'a VersionLine| {
        let bodies = [(BodyKind::Feed, &version.feed), (BodyKind::Page, &version.page)];
        let bodies = bodies.into_iter().filter_map(|(kind, html)| Some((kind.code(), pack(html.as_ref()?))));
        (version, bodies.collect())
    };
    one.line.versions.iter().skip(left_out).map(pack_one).collect()
}

async fn complete(
    tx: &mut Tx,
    account: AccountId,
    one: &Completed<'_>,
    packed: &[PackedVersion<'_>],
) -> Result<(), StoreError> {
    let Completed { id: article, line, is_new } = *one;
    let mut ids = Vec::with_capacity(packed.len());
    if !packed.is_empty() {
        let edits = packed.iter().skip(1).filter(|(version, _)| !version.trivial).count();
        within!(*tx, c => sqlx::query(FACTS)
            .bind(article).bind(bytes(&line.content).unwrap_or_default()).bind(line.shown.clamp(0, 1))
            .bind(line.reason.clamp(0, 5)).bind(count(packed.len())).bind(count(edits))
            .execute(c).await.map(drop))?;
        within!(*tx, c => sqlx::query(FORGET_VERSIONS).bind(article).execute(c).await.map(drop))?;
        for (version, bodies) in packed {
            let id = add_version(tx, article, version).await?;
            for (kind, packed) in bodies {
                body::put(tx, id, *kind, packed).await?;
            }
            ids.push(id);
        }
    }
    mark(tx, account, article, (&line.marks, is_new)).await?;
    if let Some((place, at)) = line.marks.pinned
        && let Some(version) = place.checked_sub(line.versions.len() - ids.len()).and_then(|place| ids.get(place))
    {
        let kind = BodyKind::from_code(line.marks.text.unwrap_or(line.shown));
        pin::pin(tx, account, article, *version, kind, UnixMillis(at)).await?;
    }
    Ok(())
}

async fn add_version(tx: &mut Tx, article: ArticleId, version: &VersionLine) -> Result<VersionId, StoreError> {
    Ok(within!(*tx, c => sqlx::query_scalar(VERSION)
        .bind(article).bind(version.at).bind(clipped(&version.title, 1_024)).bind(version.trivial)
        .fetch_one(c).await)?)
}

async fn mark(
    tx: &mut Tx,
    account: AccountId,
    article: ArticleId,
    (marks, is_new): (&Marks, bool),
) -> Result<(), StoreError> {
    if is_new && marks.unread {
        let feed: Option<FeedId> =
            within!(*tx, c => sqlx::query_scalar(UNREAD).bind(account).bind(article).fetch_optional(c).await)?;
        if let Some(feed) = feed {
            change_counts(tx, &[(account, feed, 1)]).await?;
        }
    }
    for (statement, at) in [(STAR, marks.starred), (LATER, marks.later), (OPENED, marks.opened)] {
        if let Some(at) = at {
            within!(*tx, c => sqlx::query(statement)
                .bind(account).bind(article).bind(at).execute(c).await.map(drop))?;
        }
    }
    if let Some((share, paragraph, at)) = marks.place {
        within!(*tx, c => sqlx::query(PLACE)
            .bind(account).bind(article).bind(share.clamp(0, 1_000)).bind(paragraph.max(0)).bind(at)
            .execute(c).await.map(drop))?;
    }
    for (key, second, at) in marks.played.iter().take(MAX_FILES) {
        within!(*tx, c => sqlx::query(PLAYED)
            .bind(account).bind(article).bind(clipped(key, KEY_CHARS)).bind((*second).max(0)).bind(at)
            .execute(c).await.map(drop))?;
    }
    if let Some(kind) = marks.text {
        within!(*tx, c => sqlx::query(TEXT)
            .bind(account).bind(article).bind(kind.clamp(0, 1)).execute(c).await.map(drop))?;
    }
    let of_account: i64 = within!(*tx, c => sqlx::query_scalar(TAGS_OF_ACCOUNT).bind(account).fetch_one(c).await)?;
    let most = usize::try_from(MAX_TAGS_OF_ARTICLE.min(MAX_TAGS - of_account.min(MAX_TAGS))).unwrap_or(0);
    for (name, at) in marks.tags.iter().take(most) {
        let Some(name) = TagName::parse(name) else { continue };
        let tag = tag::find_or_create(tx, account, &name, UnixMillis(*at)).await?;
        tag::give(tx, account, article, tag, UnixMillis(*at)).await?;
    }
    for one in &marks.highlights {
        let anchor = &one.anchor;
        within!(*tx, c => sqlx::query(HIGHLIGHT)
            .bind(account).bind(article).bind(one.at).bind(one.colour.code())
            .bind(clipped(&anchor.exact, MAX_PASSAGE_CHARS)).bind(clipped(&anchor.prefix, CONTEXT_CHARS))
            .bind(clipped(&anchor.suffix, CONTEXT_CHARS)).bind(anchor.start).bind(clipped(&one.note, MAX_NOTE_CHARS))
            .bind(MAX_HIGHLIGHTS_OF_ARTICLE).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// The bytes of a text in hexadecimal.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
