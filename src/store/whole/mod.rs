//! Everything that an account keeps: what tells whether an article is still as it was when something was made of it, and in `out`
//! and `back` the whole account on its way to a file and from one.

pub(super) mod back;
pub(super) mod out;

use std::collections::HashMap;

use super::db::{Db, read, statements};
use super::error::StoreError;
use super::row::id_list;
use crate::domain::{AccountId, ArticleId, UnixMillis, hex};

statements! {
    /// The bodies that can be shown, which of them is, what is cut from it, and which of its pictures are kept.
    MARKS = "SELECT a.id, a.fetched_at, a.content_hash, a.details, \
             CAST(COALESCE((SELECT MAX(v.id) FROM version v WHERE v.article_id = a.id), 0) AS TEXT) || '.' || \
             CAST(a.shown AS TEXT) || '.' || CAST(a.version_count AS TEXT) || '.' || \
             CAST(COALESCE(s.preference, -1) AS TEXT) || '.' || CAST(COALESCE(k.kind, -1) AS TEXT) || '.' || \
             CAST(COALESCE(p.version_id, 0) AS TEXT) || '.' || CAST(COALESCE(p.kind, -1) AS TEXT) || '.' || \
             COALESCE(g.blocks, '') AS shown, \
             COALESCE((SELECT CAST(SUM(o.picture_id) AS BIGINT) FROM article_picture ap \
             JOIN picture_source o ON o.id = ap.source_id WHERE ap.article_id = a.id), 0) AS pictures \
             FROM json_each($2) j CROSS JOIN article a \
             LEFT JOIN subscription s ON s.account_id = $1 AND s.feed_id = a.feed_id \
             LEFT JOIN body_choice k ON k.account_id = $1 AND k.article_id = a.id \
             LEFT JOIN cutting g ON g.account_id = $1 AND g.feed_id = a.feed_id \
             LEFT JOIN pinned p ON p.account_id = $1 AND p.article_id = a.id \
             WHERE a.id = j.value";
}

#[derive(Debug, sqlx::FromRow)]
struct Record {
    id: ArticleId,
    fetched_at: UnixMillis,
    content_hash: Vec<u8>,
    details: Option<String>,
    shown: String,
    pictures: i64,
}

impl Db {
    /// For each of these articles a text that is another one as soon as anything is that the account sees of it, beside what a
    /// list shows: its text, its dates, its pictures.
    pub async fn article_marks(
        &self,
        account: AccountId,
        articles: &[ArticleId],
    ) -> Result<HashMap<ArticleId, String>, StoreError> {
        let ids = id_list(articles.iter().map(|id| id.0));
        let rows: Vec<Record> = read!(self, c => sqlx::query_as(MARKS).bind(account).bind(ids).fetch_all(c).await)?;
        let mark = |row: Record| {
            let hash = hex(&row.content_hash);
            let details = row.details.unwrap_or_default();
            (row.id, format!("{} {hash} {} {} {details}", row.fetched_at.0, row.shown, row.pictures))
        };
        Ok(rows.into_iter().map(mark).collect())
    }
}
