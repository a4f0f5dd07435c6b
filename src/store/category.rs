//! Categories: a user's folders of subscriptions.

use super::db::{Db, Tx, read, statements, within, write_one};
use super::error::{StoreError, is_taken};
use super::row::clipped;
use crate::domain::{AccountId, CategoryId};

statements! {
    OF_ACCOUNT = "SELECT id, title FROM category WHERE account_id = $1 ORDER BY position, id";
    INSERT = "INSERT INTO category (account_id, title, position) \
              SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), COALESCE(MAX(position) + 1, 0) \
              FROM category WHERE account_id = $1 \
              ON CONFLICT (account_id, title) DO NOTHING RETURNING id";
    BY_TITLE = "SELECT id FROM category WHERE account_id = $1 AND title = $2";
    RENAME = "UPDATE category SET title = $3 WHERE account_id = $1 AND id = $2";
    UNFILE = "UPDATE subscription SET category_id = NULL WHERE account_id = $1 AND category_id = $2";
    DELETE = "DELETE FROM category WHERE account_id = $1 AND id = $2";
}

/// The longest title that is kept, in characters.
const MAX_TITLE: usize = 200;

/// A user's folder of subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Plain text, unique for the account.
    pub title: String,
}

/// The title as it is stored.
fn title_of(text: &str) -> String {
    clipped(text.trim(), MAX_TITLE)
}

impl Db {
    /// The account's categories in their order.
    pub async fn categories(&self, account: AccountId) -> Result<Vec<Category>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?)
    }

    /// Makes a category at the end. `None` if the title is taken.
    pub async fn create_category(&self, account: AccountId, title: &str) -> Result<Option<CategoryId>, StoreError> {
        Ok(write_one!(self, c => sqlx::query_scalar(INSERT)
            .bind(account).bind(title_of(title)).fetch_optional(c).await)?)
    }

    /// The category of this title; made if it is not there.
    pub async fn category_by_title_or_create(&self, account: AccountId, title: &str) -> Result<CategoryId, StoreError> {
        let mut tx = self.begin().await?;
        let id = find_or_create(&mut tx, account, &title_of(title)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Renames a category. False if it is not the account's or the title is taken.
    pub async fn rename_category(
        &self,
        account: AccountId,
        category: CategoryId,
        title: &str,
    ) -> Result<bool, StoreError> {
        let renamed = write_one!(self, c => sqlx::query(RENAME)
            .bind(account).bind(category).bind(title_of(title)).execute(c).await.map(|done| done.rows_affected()));
        match renamed {
            Ok(rows) => Ok(rows > 0),
            Err(error) if is_taken(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a category; its subscriptions stay, without one. Whether it was the account's.
    pub async fn delete_category(&self, account: AccountId, category: CategoryId) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        within!(tx, c => sqlx::query(UNFILE).bind(account).bind(category).execute(c).await.map(drop))?;
        let deleted = within!(tx, c => sqlx::query(DELETE)
            .bind(account).bind(category).execute(c).await.map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(deleted > 0)
    }
}

async fn find_or_create(tx: &mut Tx, account: AccountId, title: &str) -> Result<CategoryId, StoreError> {
    let made: Option<CategoryId> =
        within!(*tx, c => sqlx::query_scalar(INSERT).bind(account).bind(title).fetch_optional(c).await)?;
    match made {
        Some(id) => Ok(id),
        None => Ok(within!(*tx, c => sqlx::query_scalar(BY_TITLE).bind(account).bind(title).fetch_one(c).await)?),
    }
}
