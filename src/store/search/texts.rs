//! The texts that are searched: those that were indexed, to look at them again, or a reader's own.

use std::collections::HashMap;

use super::own::wanted_kind;
use crate::content::text::plain_text;
use crate::domain::{AccountId, ArticleId};
use crate::store::access::may_read;
use crate::store::body::unpack;
use crate::store::db::{Db, read, statements};
use crate::store::error::StoreError;
use crate::store::row::id_list;

statements! {
    /// Of the version that the account chose, if it chose one; else what was indexed, and which body the account wants.
    TEXTS = concat!("SELECT a.id, COALESCE(p.title, a.title) AS title, a.author, b.codec, b.raw_len, b.content, b.kind, \
             COALESCE(p.kind, ", wanted_kind!("a"), ") AS wanted \
             FROM article a LEFT JOIN search_text x ON x.article_id = a.id \
             LEFT JOIN pinned p ON p.account_id = $1 AND p.article_id = a.id \
             LEFT JOIN body b ON b.version_id = CASE WHEN p.article_id IS NULL THEN x.version_id ELSE p.body_version END \
             AND b.kind = COALESCE(p.kind, x.kind) \
             WHERE a.id IN (SELECT value FROM json_each($2)) AND ", may_read!());
    BODY = "SELECT b.codec, b.raw_len, b.content FROM version v JOIN body b ON b.version_id = v.id \
            WHERE v.article_id = $1 AND b.kind = $2 ORDER BY v.id DESC LIMIT 1";
}

/// What is searched of an article.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchedText {
    /// Its title.
    pub title: String,
    /// Its author, or nothing.
    pub author: String,
    /// Its text.
    pub text: String,
}

#[derive(Debug, sqlx::FromRow)]
struct Record {
    id: ArticleId,
    title: String,
    author: Option<String>,
    codec: Option<i64>,
    raw_len: Option<i64>,
    content: Option<Vec<u8>>,
    kind: Option<i64>,
    wanted: i64,
}

impl Db {
    /// What is searched of these articles, of those that the account may read.
    pub async fn searched_texts(
        &self,
        account: AccountId,
        articles: &[ArticleId],
    ) -> Result<HashMap<ArticleId, SearchedText>, StoreError> {
        if articles.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = id_list(articles.iter().map(|id| id.0));
        let mut rows: Vec<Record> =
            read!(self, c => sqlx::query_as(TEXTS).bind(account).bind(&ids).fetch_all(c).await)?;
        // Only where readers of one server disagree.
        for row in rows.iter_mut().filter(|row| row.kind.is_some_and(|kind| kind != row.wanted)) {
            let own: Option<(i64, i64, Vec<u8>)> =
                read!(self, c => sqlx::query_as(BODY).bind(row.id).bind(row.wanted).fetch_optional(c).await)?;
            if let Some((codec, raw_len, content)) = own {
                (row.codec, row.raw_len, row.content) = (Some(codec), Some(raw_len), Some(content));
            }
        }
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl From<Record> for SearchedText {
    fn from(row: Record) -> Self {
        let html = match (row.codec, row.raw_len, row.content) {
            (Some(codec), Some(raw_len), Some(content)) => unpack(codec, raw_len, content).unwrap_or_default(),
            _ => String::new(),
        };
        Self { title: row.title, author: row.author.unwrap_or_default(), text: plain_text(&html) }
    }
}
