//! Named values of the installation, such as its secret.

use super::db::{Db, read, statements, within};
use super::error::StoreError;

statements! {
    GET = "SELECT value FROM meta WHERE name = $1";
    SET_IF_ABSENT = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    SET = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
}

impl Db {
    /// The value under `name`.
    pub async fn meta_get(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(GET).bind(name).fetch_optional(c).await)?)
    }

    /// Stores `value` under `name` unless something is there, and gives what is there afterwards. Two servers that
    /// start at the same moment get the same answer.
    pub async fn meta_set_if_absent(&self, name: &str, value: &str) -> Result<String, StoreError> {
        let mut tx = self.begin().await?;
        within!(tx, c => sqlx::query(SET_IF_ABSENT).bind(name).bind(value).execute(c).await.map(drop))?;
        let stored = within!(tx, c => sqlx::query_scalar(GET).bind(name).fetch_one(c).await)?;
        tx.commit().await?;
        Ok(stored)
    }

    /// Stores `value` under `name`, whatever was there.
    pub async fn meta_set(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        within!(tx, c => sqlx::query(SET).bind(name).bind(value).execute(c).await.map(drop))?;
        tx.commit().await
    }
}
