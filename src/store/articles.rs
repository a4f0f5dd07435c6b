//! Several articles with everything that their pages show, for what is made of many: feeds, books, files.

use std::collections::HashMap;

use super::access::may_read;
use super::article::{ArticleView, StoredBody, ViewRecord, article_columns, view_select};
use super::body::unpack;
use super::db::{Db, read, statements};
use super::error::StoreError;
use super::repeat::is_unread;
use super::row::id_list;
use crate::domain::{AccountId, ArticleId, VersionId};

statements! {
    VIEWS = concat!(view_select!(), "a.id IN (SELECT value FROM json_each($2)) AND ", may_read!());
    BODIES = "SELECT version_id AS version, kind, codec, raw_len, content FROM body \
              WHERE version_id IN (SELECT value FROM json_each($1))";
}

/// So many articles are worth asking for at a time: they are in memory together.
pub const AT_A_TIME: usize = 10;

/// A body as it lies in the database.
#[derive(Debug, sqlx::FromRow)]
struct PackedRow {
    version: VersionId,
    kind: i64,
    codec: i64,
    raw_len: i64,
    content: Vec<u8>,
}

impl Db {
    /// Articles as [`Db::article`] gives them, in the order of `ids` and with two statements; those that the account may not
    /// read are left out.
    pub async fn articles(&self, account: AccountId, ids: &[ArticleId]) -> Result<Vec<ArticleView>, StoreError> {
        let rows: Vec<ViewRecord> = read!(self, c => sqlx::query_as(VIEWS)
            .bind(account).bind(id_list(ids.iter().map(|id| id.0))).fetch_all(c).await)?;
        let versions = id_list(rows.iter().filter_map(|row| row.shown().version).map(|version| version.0));
        let bodies: Vec<PackedRow> = read!(self, c => sqlx::query_as(BODIES).bind(versions).fetch_all(c).await)?;
        let mut bodies: HashMap<(VersionId, i64), PackedRow> =
            bodies.into_iter().map(|body| ((body.version, body.kind), body)).collect();
        let mut views = HashMap::with_capacity(rows.len());
        for row in rows {
            let shown = row.shown();
            let kind = shown.choice.shown;
            let packed = shown.version.and_then(|version| bodies.remove(&(version, kind.code())));
            let body = packed.map(|packed| {
                let html = unpack(packed.codec, packed.raw_len, packed.content)?;
                Ok::<_, StoreError>(StoredBody { kind, version: packed.version, html })
            });
            views.insert(row.id(), row.with(shown, body.transpose()?));
        }
        Ok(ids.iter().filter_map(|id| views.remove(id)).collect())
    }
}
