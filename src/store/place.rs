//! How far an account has read in an article.

use super::access::may_read;
use super::db::{Db, read, statements, write_one};
use super::error::StoreError;
use crate::domain::{AccountId, ArticleId, ReadingPlace, UnixMillis};

statements! {
    STORE = concat!(
        "INSERT INTO place (account_id, article_id, share, paragraph, stored_at) \
         SELECT CAST($1 AS BIGINT), a.id, CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT) \
         FROM article a WHERE a.id = $2 AND ", may_read!(),
        " ON CONFLICT (account_id, article_id) DO UPDATE \
         SET share = excluded.share, paragraph = excluded.paragraph, stored_at = excluded.stored_at \
         WHERE place.stored_at <= excluded.stored_at"
    );
    FORGET = "DELETE FROM place WHERE account_id = $1 AND article_id = $2 AND stored_at <= $3";
    ONE = "SELECT share, paragraph FROM place WHERE account_id = $1 AND article_id = $2";
}

impl Db {
    /// Keeps how far the account had read at the moment `at`, unless it has read on since; at the beginning or the end of a text there is nothing to keep, and what was
    /// kept is forgotten. Nothing happens if it may not read the article.
    pub async fn set_reading_place(
        &self,
        account: AccountId,
        article: ArticleId,
        place: ReadingPlace,
        at: UnixMillis,
    ) -> Result<(), StoreError> {
        if place.is_worth_keeping() {
            write_one!(self, c => sqlx::query(STORE)
                .bind(account).bind(article).bind(place.share).bind(place.paragraph).bind(at)
                .execute(c).await.map(drop))?;
        } else {
            write_one!(self, c => sqlx::query(FORGET).bind(account).bind(article).bind(at).execute(c).await.map(drop))?;
        }
        Ok(())
    }

    /// How far the account has read; `None` if not at all, or to the end.
    pub async fn reading_place(
        &self,
        account: AccountId,
        article: ArticleId,
    ) -> Result<Option<ReadingPlace>, StoreError> {
        let row: Option<(i64, i64)> =
            read!(self, c => sqlx::query_as(ONE).bind(account).bind(article).fetch_optional(c).await)?;
        Ok(row.map(|(share, paragraph)| ReadingPlace::new(share, paragraph)))
    }
}
