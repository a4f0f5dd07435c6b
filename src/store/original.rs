//! What became of the originals of kept articles: looked at rarely, and remembered.

use super::access::may_read;
use super::db::{Db, read, statements, write_one};
use super::error::StoreError;
use super::row::url;
use crate::domain::{AccountId, ArticleId, Language, UnixMillis, WebUrl};

statements! {
    ONE = "SELECT state, since, checked_at, misses, moved_to FROM original WHERE article_id = $1";
    /// What somebody marked as worth keeping or saved themselves; `$3` is how new an article may be at most.
    DUE = "SELECT a.id, a.url FROM article a LEFT JOIN original o ON o.article_id = a.id \
           WHERE a.id IN (SELECT article_id FROM starred UNION SELECT article_id FROM later UNION SELECT article_id FROM tagged \
                UNION SELECT article_id FROM highlight UNION SELECT article_id FROM share UNION SELECT article_id FROM pinned \
                UNION SELECT x.id FROM feed f JOIN article x ON x.feed_id = f.id WHERE f.owner_id IS NOT NULL) \
           AND a.url IS NOT NULL AND a.fetched_at < $3 AND (o.article_id IS NULL OR o.next_check_at <= $1) \
           ORDER BY COALESCE(o.next_check_at, 0), a.id LIMIT $2 + 0";
    LOOKED_SINCE = "SELECT COUNT(*) FROM original WHERE checked_at > $1";
    HAS_ANSWERED = "SELECT EXISTS (SELECT 1 FROM feed WHERE owner_id IS NULL AND checked_at > $1 AND failure IS NULL)";
    PUT = "INSERT INTO original (article_id, state, since, checked_at, next_check_at, misses, moved_to) \
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (article_id) DO UPDATE SET state = excluded.state, since = excluded.since, \
           checked_at = excluded.checked_at, next_check_at = excluded.next_check_at, misses = excluded.misses, \
           moved_to = excluded.moved_to";
    IS_ONLY_HERE = "SELECT EXISTS (SELECT 1 FROM original WHERE article_id = $1 AND state = 3)";
    ONLY_HERE = concat!("SELECT a.id, a.title, a.language, COALESCE(s.title, f.title) AS feed_title, o.since \
                 FROM original o JOIN article a ON a.id = o.article_id JOIN feed f ON f.id = a.feed_id \
                 LEFT JOIN subscription s ON s.account_id = $1 AND s.feed_id = a.feed_id \
                 WHERE o.state = 3 AND (o.since, o.article_id) < ($2, $3) AND ", may_read!(), " \
                 ORDER BY o.since DESC, o.article_id DESC LIMIT $4 + 0");
}

/// What became of an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is where it was.
    There,
    /// It is at another address.
    Moved,
    /// It is there with another text.
    Changed,
    /// It is not there any more.
    Gone,
    /// Nobody can tell.
    Unknown,
}

impl Fate {
    /// Its number in the database.
    fn code(self) -> i64 {
        match self {
            Self::There => 0,
            Self::Moved => 1,
            Self::Changed => 2,
            Self::Gone => 3,
            Self::Unknown => 4,
        }
    }

    fn from_code(code: i64) -> Self {
        match code {
            0 => Self::There,
            1 => Self::Moved,
            2 => Self::Changed,
            3 => Self::Gone,
            _ => Self::Unknown,
        }
    }
}

/// What is known of an original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// What became of it.
    pub fate: Fate,
    /// Since when it is so, as far as is known.
    pub since: UnixMillis,
    /// When it was looked at last.
    pub checked_at: UnixMillis,
    /// How many looks in a row did not find it.
    pub misses: i64,
    /// Where it is now.
    pub moved_to: Option<WebUrl>,
}

/// An article that is nowhere else any more.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OnlyHere {
    /// The article.
    pub id: ArticleId,
    /// Plain text; may be empty.
    pub title: String,
    /// The text's language.
    pub language: Option<Language>,
    /// The feed's title as the account calls it.
    pub feed_title: String,
    /// Since when its original is gone.
    pub since: UnixMillis,
}

impl Db {
    /// What is known of an article's original; `None` if nobody has looked.
    pub async fn original(&self, article: ArticleId) -> Result<Option<Original>, StoreError> {
        type Row = (i64, UnixMillis, UnixMillis, i64, Option<String>);
        let row: Option<Row> = read!(self, c => sqlx::query_as(ONE).bind(article).fetch_optional(c).await)?;
        Ok(row.map(|(state, since, checked_at, misses, moved_to)| {
            let fate = Fate::from_code(state);
            Original { fate, since, checked_at, misses, moved_to: url(moved_to) }
        }))
    }

    /// Kept articles whose originals are due for a look and that came before `before`, those nobody has looked at first.
    pub async fn originals_due(
        &self,
        now: UnixMillis,
        before: UnixMillis,
        limit: i64,
    ) -> Result<Vec<(ArticleId, WebUrl)>, StoreError> {
        let rows: Vec<(ArticleId, Option<String>)> = read!(self, c => sqlx::query_as(DUE)
            .bind(now).bind(limit).bind(before).fetch_all(c).await)?;
        Ok(rows.into_iter().filter_map(|(id, address)| Some((id, url(address)?))).collect())
    }

    /// How many originals were looked at after this moment.
    pub async fn originals_looked_at(&self, since: UnixMillis) -> Result<i64, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(LOOKED_SINCE).bind(since).fetch_one(c).await)?)
    }

    /// Whether any feed was read, or said that it is unchanged, after this moment.
    pub async fn has_feed_answered(&self, since: UnixMillis) -> Result<bool, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(HAS_ANSWERED).bind(since).fetch_one(c).await)?)
    }

    /// Notes what a look found, and when to look again.
    pub async fn note_original(
        &self,
        article: ArticleId,
        original: &Original,
        next: UnixMillis,
    ) -> Result<(), StoreError> {
        Ok(write_one!(self, c => sqlx::query(PUT)
            .bind(article)
            .bind(original.fate.code())
            .bind(original.since)
            .bind(original.checked_at)
            .bind(next)
            .bind(original.misses)
            .bind(original.moved_to.as_ref().map(WebUrl::as_str))
            .execute(c).await.map(drop))?)
    }

    /// Whether the article is nowhere else any more.
    pub async fn is_only_here(&self, article: ArticleId) -> Result<bool, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(IS_ONLY_HERE).bind(article).fetch_one(c).await)?)
    }

    /// The account's articles that are nowhere else any more, the last one that went first, after a place.
    pub async fn only_here(
        &self,
        account: AccountId,
        after: Option<(UnixMillis, ArticleId)>,
        limit: i64,
    ) -> Result<Vec<OnlyHere>, StoreError> {
        let (at, id) = after.unwrap_or((UnixMillis(i64::MAX), ArticleId(i64::MAX)));
        Ok(read!(self, c => sqlx::query_as(ONLY_HERE).bind(account).bind(at).bind(id).bind(limit).fetch_all(c).await)?)
    }
}
