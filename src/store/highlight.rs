//! Highlights: passages that a reader marked, with notes.

use serde::{Deserialize, Serialize};

use super::access::may_read;
use super::bin::{self, Kind};
use super::db::{Db, first, read, statements, within, write_one};
use super::error::StoreError;
use super::list::Scope;
use super::list_choice::{Named, code};
use super::picture::want_pictures_in;
use super::row::{clipped, url};
use crate::domain::{
    AccountId, Anchor, ArticleId, HighlightColour, HighlightId, Language, MAX_NOTE_CHARS, MAX_PASSAGE_CHARS,
    UnixMillis, WebUrl,
};

/// The columns of [`Record`].
macro_rules! columns {
    () => {
        "h.id, h.article_id, h.created_at, h.colour, h.exact, h.prefix, h.suffix, h.start, h.note"
    };
}

/// One of the lists that have a table: `a` is in it.
macro_rules! when_marked {
    ($list:ident, $table:literal) => {
        concat!(
            "WHEN ",
            code!($list),
            " THEN EXISTS (SELECT 1 FROM ",
            $table,
            " o WHERE o.account_id = $1 AND o.article_id = a.id) "
        )
    };
}

statements! {
    OF_ARTICLE = concat!("SELECT ", columns!(), " FROM highlight h \
                  WHERE h.article_id = $2 AND h.account_id = $1 ORDER BY h.id");
    NEWEST = concat!("SELECT ", columns!(), ", a.title, a.url, a.author, a.language, a.published_at, \
              COALESCE(s.title, f.title) AS feed_title \
              FROM highlight h CROSS JOIN article a CROSS JOIN feed f \
              LEFT JOIN subscription s ON s.account_id = $1 AND s.feed_id = f.id \
              WHERE h.account_id = $1 AND (h.created_at, h.id) < ($2, $3) AND a.id = h.article_id AND f.id = a.feed_id \
              AND CASE CAST($5 AS BIGINT) ",
              when_marked!(Unread, "unread"), when_marked!(Starred, "starred"), when_marked!(Later, "later"),
              when_marked!(History, "opened"), "WHEN ", code!(Feed), " THEN a.feed_id = $6 \
              WHEN ", code!(Category), " THEN s.category_id = $6 \
              WHEN ", code!(Tag), " THEN EXISTS (SELECT 1 FROM tagged o WHERE o.account_id = $1 AND o.article_id = a.id AND o.tag_id = $6) \
              ELSE TRUE END \
              ORDER BY h.created_at DESC, h.id DESC LIMIT $4 + 0");
    HOW_MANY = "SELECT COUNT(*) FROM highlight WHERE account_id = $1";
    HOW_MANY_OF_ARTICLE = "SELECT COUNT(*) FROM highlight WHERE article_id = $2 AND account_id = $1";
    MAY_MARK = concat!("SELECT EXISTS (SELECT 1 FROM article a WHERE a.id = $2 AND ", may_read!(), ")");
    SAME = "SELECT id FROM highlight WHERE article_id = $2 AND account_id = $1 AND exact = $3 AND start = $4";
    INSERT = "INSERT INTO highlight (account_id, article_id, created_at, changed_at, colour, exact, prefix, suffix, start, note) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id";
    CHANGE = "UPDATE highlight SET colour = $3, note = $4, changed_at = $5 WHERE account_id = $1 AND id = $2 \
              AND changed_at <= $6 RETURNING article_id";
    RECOLOUR = "UPDATE highlight SET colour = $3, changed_at = $4 WHERE account_id = $1 AND id = $2";
    DELETE = "DELETE FROM highlight WHERE account_id = $1 AND id = $2 AND changed_at <= $3 \
              RETURNING id, article_id, created_at, colour, exact, prefix, suffix, start, note";
    RESTORE = "INSERT INTO highlight (account_id, article_id, created_at, changed_at, colour, exact, prefix, suffix, start, note) \
               SELECT CAST($1 AS BIGINT), a.id, CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), \
               CAST($6 AS TEXT), CAST($7 AS TEXT), CAST($8 AS TEXT), CAST($9 AS BIGINT), CAST($10 AS TEXT) \
               FROM article a WHERE a.id = $2 RETURNING id";
}

/// The most highlights of an article.
pub const MAX_HIGHLIGHTS_OF_ARTICLE: i64 = 300;
/// The most highlights of an account.
pub const MAX_HIGHLIGHTS: i64 = 100_000;
/// The most characters kept of what stands around a passage.
const MAX_CONTEXT_CHARS: usize = 200;

/// A marked passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Highlight {
    /// Its id.
    pub id: HighlightId,
    /// The article that it was marked in.
    pub article: ArticleId,
    /// When it was marked.
    pub created_at: UnixMillis,
    /// Its colour.
    pub colour: HighlightColour,
    /// What finds it again.
    pub anchor: Anchor,
    /// What the reader wrote on it; may be empty.
    pub note: String,
}

/// A marked passage with what a list of all of them shows of its article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedHighlight {
    /// The passage.
    pub highlight: Highlight,
    /// The article's title; may be empty.
    pub title: String,
    /// Its page.
    pub url: Option<WebUrl>,
    /// Plain text.
    pub author: Option<String>,
    /// The language of its text.
    pub language: Option<Language>,
    /// When it was published, if that is known.
    pub published: Option<UnixMillis>,
    /// Its feed's title as the account calls it; may be empty.
    pub feed_title: String,
}

/// A place in the list of all highlights, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HighlightCursor {
    /// When the last one seen was marked.
    pub created_at: UnixMillis,
    /// The last one seen.
    pub id: HighlightId,
}

impl HighlightCursor {
    /// Before the newest one.
    pub const NEWEST: Self = Self { created_at: UnixMillis(i64::MAX), id: HighlightId(i64::MAX) };
}

/// What came of marking a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Highlighted {
    /// It is marked.
    Done(HighlightId),
    /// There is no such article for this account.
    NoArticle,
    /// The article or the account has as many as it may have.
    TooMany,
}

#[derive(Debug, sqlx::FromRow, Serialize, Deserialize)]
struct Record {
    id: HighlightId,
    article_id: ArticleId,
    created_at: UnixMillis,
    colour: i64,
    exact: String,
    prefix: String,
    suffix: String,
    start: i64,
    note: String,
}

#[derive(Debug, sqlx::FromRow)]
struct ListedRecord {
    #[sqlx(flatten)]
    highlight: Record,
    title: String,
    url: Option<String>,
    author: Option<String>,
    language: Option<Language>,
    published_at: Option<UnixMillis>,
    feed_title: String,
}

impl From<Record> for Highlight {
    fn from(row: Record) -> Self {
        Self {
            id: row.id,
            article: row.article_id,
            created_at: row.created_at,
            colour: HighlightColour::from_code(row.colour),
            anchor: Anchor { exact: row.exact, prefix: row.prefix, suffix: row.suffix, start: row.start },
            note: row.note,
        }
    }
}

impl From<ListedRecord> for ListedHighlight {
    fn from(row: ListedRecord) -> Self {
        Self {
            highlight: row.highlight.into(),
            title: row.title,
            url: url(row.url),
            author: row.author,
            language: row.language,
            published: row.published_at,
            feed_title: row.feed_title,
        }
    }
}

impl Db {
    /// The passages that the account marked in an article, in the order in which it did.
    pub async fn article_highlights(
        &self,
        account: AccountId,
        article: ArticleId,
    ) -> Result<Vec<Highlight>, StoreError> {
        let rows: Vec<Record> =
            read!(self, c => sqlx::query_as(OF_ARTICLE).bind(account).bind(article).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Highlight::from).collect())
    }

    /// The passages that the account marked in the articles of a list, the newest first, after a place.
    pub async fn highlights(
        &self,
        account: AccountId,
        scope: Scope,
        after: HighlightCursor,
        limit: i64,
    ) -> Result<Vec<ListedHighlight>, StoreError> {
        let list = Named::new(scope);
        let rows: Vec<ListedRecord> = read!(self, c => sqlx::query_as(NEWEST)
            .bind(account).bind(after.created_at).bind(after.id).bind(limit.max(0)).bind(list.scope).bind(list.subject())
            .fetch_all(c).await)?;
        Ok(rows.into_iter().map(ListedHighlight::from).collect())
    }

    /// Marks a passage; without a colour in the first of them. Marked a second time, it gets the new colour, if there is one,
    /// and stays the one that it is.
    pub async fn highlight(
        &self,
        account: AccountId,
        article: ArticleId,
        anchor: &Anchor,
        colour: Option<HighlightColour>,
        note: &str,
        now: UnixMillis,
    ) -> Result<Highlighted, StoreError> {
        let exact = clipped(&anchor.exact, MAX_PASSAGE_CHARS);
        let mut tx = self.begin().await?;
        let may: bool = within!(tx, c => sqlx::query_scalar(MAY_MARK).bind(account).bind(article).fetch_one(c).await)?;
        if !may {
            return Ok(Highlighted::NoArticle);
        }
        let same: Option<HighlightId> = within!(tx, c => sqlx::query_scalar(SAME)
            .bind(account).bind(article).bind(&exact).bind(anchor.start).fetch_optional(c).await)?;
        if let Some(id) = same {
            if let Some(colour) = colour {
                within!(tx, c => sqlx::query(RECOLOUR)
                    .bind(account).bind(id).bind(colour.code()).bind(now).execute(c).await.map(drop))?;
                tx.commit().await?;
            }
            return Ok(Highlighted::Done(id));
        }
        let of_article: i64 =
            within!(tx, c => sqlx::query_scalar(HOW_MANY_OF_ARTICLE).bind(account).bind(article).fetch_one(c).await)?;
        let of_account: i64 = within!(tx, c => sqlx::query_scalar(HOW_MANY).bind(account).fetch_one(c).await)?;
        if of_article >= MAX_HIGHLIGHTS_OF_ARTICLE || of_account >= MAX_HIGHLIGHTS {
            return Ok(Highlighted::TooMany);
        }
        let id = within!(tx, c => sqlx::query_scalar(INSERT)
            .bind(account).bind(article).bind(now).bind(now).bind(colour.unwrap_or_default().code()).bind(&exact)
            .bind(clipped(&anchor.prefix, MAX_CONTEXT_CHARS)).bind(clipped(&anchor.suffix, MAX_CONTEXT_CHARS))
            .bind(anchor.start).bind(clipped(note, MAX_NOTE_CHARS)).fetch_one(c).await)?;
        want_pictures_in(&mut tx, [article], now).await?;
        tx.commit().await?;
        Ok(Highlighted::Done(id))
    }

    /// Gives a highlight this colour and this note, unless it was changed after `until`. Its article; `None` if the account has
    /// no such highlight.
    pub async fn change_highlight(
        &self,
        account: AccountId,
        id: HighlightId,
        colour: HighlightColour,
        note: &str,
        (now, until): (UnixMillis, UnixMillis),
    ) -> Result<Option<ArticleId>, StoreError> {
        Ok(write_one!(self, c => sqlx::query_scalar(CHANGE)
            .bind(account).bind(id).bind(colour.code()).bind(clipped(note, MAX_NOTE_CHARS)).bind(now).bind(until)
            .fetch_all(c).await.map(first))?)
    }

    /// Deletes a highlight with its note, unless it was changed after `until`. Its article, and the number that brings it back for
    /// [`UNDO_MILLIS`](super::UNDO_MILLIS); `None` if the account has no such highlight.
    pub async fn delete_highlight(
        &self,
        account: AccountId,
        id: HighlightId,
        (now, until): (UnixMillis, UnixMillis),
    ) -> Result<Option<(ArticleId, i64)>, StoreError> {
        let mut tx = self.begin().await?;
        let row: Option<Record> =
            within!(tx, c => sqlx::query_as(DELETE).bind(account).bind(id).bind(until).fetch_optional(c).await)?;
        let Some(row) = row else { return Ok(None) };
        let receipt = bin::put(&mut tx, account, Kind::Highlight, &row, now).await?;
        tx.commit().await?;
        Ok(Some((row.article_id, receipt)))
    }

    /// Brings a deleted highlight back, under another id. Its article; `None` if it cannot be brought back any more.
    pub async fn restore_highlight(
        &self,
        account: AccountId,
        receipt: i64,
        now: UnixMillis,
    ) -> Result<Option<(ArticleId, HighlightId)>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(row) = bin::take::<Record>(&mut tx, account, Kind::Highlight, receipt, now).await? else {
            return Ok(None);
        };
        let id: Option<HighlightId> = within!(tx, c => sqlx::query_scalar(RESTORE)
            .bind(account).bind(row.article_id).bind(row.created_at).bind(now).bind(row.colour)
            .bind(&row.exact).bind(&row.prefix).bind(&row.suffix).bind(row.start).bind(&row.note)
            .fetch_optional(c).await)?;
        tx.commit().await?;
        Ok(id.map(|id| (row.article_id, id)))
    }
}
