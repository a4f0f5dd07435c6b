//! How far an account has listened to or watched the sound and film of an article.

use std::collections::HashMap;

use super::access::may_read;
use super::db::{Db, read, statements, write_one};
use super::error::StoreError;
use super::row::short_hash;
use crate::domain::{AccountId, ArticleId, UnixMillis, WebUrl, hex};

statements! {
    STORE = concat!(
        "INSERT INTO played (account_id, article_id, file_key, seconds, stored_at) \
         SELECT CAST($1 AS BIGINT), a.id, CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT) \
         FROM article a WHERE a.id = $2 AND ", may_read!(),
        " ON CONFLICT (account_id, article_id, file_key) DO UPDATE \
         SET seconds = excluded.seconds, stored_at = excluded.stored_at"
    );
    FORGET = "DELETE FROM played WHERE account_id = $1 AND article_id = $2 AND file_key = $3";
    OF_ARTICLE = "SELECT file_key, seconds FROM played WHERE account_id = $1 AND article_id = $2";
}

/// Where an account stopped in the files of an article.
#[derive(Debug, Clone, Default)]
pub struct Played(HashMap<String, i64>);

impl Played {
    /// The second of a file at which it stopped.
    pub fn second_of(&self, file: &WebUrl) -> Option<i64> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&key_of(file)).copied()
    }
}

impl Db {
    /// Keeps the second of a file at which the account stopped; `None` forgets it. Nothing happens if it may not read the
    /// article.
    pub async fn set_played(
        &self,
        account: AccountId,
        article: ArticleId,
        file: &WebUrl,
        second: Option<i64>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let key = key_of(file);
        match second {
            Some(second) => write_one!(self, c => sqlx::query(STORE)
                .bind(account).bind(article).bind(&key).bind(second).bind(now)
                .execute(c).await.map(drop))?,
            None => write_one!(self, c => sqlx::query(FORGET)
                .bind(account).bind(article).bind(&key).execute(c).await.map(drop))?,
        }
        Ok(())
    }

    /// Where the account stopped in the files of an article.
    pub async fn played(&self, account: AccountId, article: ArticleId) -> Result<Played, StoreError> {
        let rows: Vec<(String, i64)> =
            read!(self, c => sqlx::query_as(OF_ARTICLE).bind(account).bind(article).fetch_all(c).await)?;
        Ok(Played(rows.into_iter().collect()))
    }
}

fn key_of(file: &WebUrl) -> String {
    hex(&short_hash(file.as_str().as_bytes()))
}
