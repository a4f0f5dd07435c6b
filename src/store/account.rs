//! Accounts: names, password hashes, settings.

use super::db::{Db, only, read, statements, within, write_one};
use super::error::{StoreError, is_taken};
use crate::domain::{AccountId, UnixMillis};

statements! {
    COLUMNS_BY_ID = "SELECT id, name, password_hash, is_admin, created_at, disabled_at FROM account WHERE id = $1";
    BY_NAME = "SELECT id, name, password_hash, is_admin, created_at, disabled_at FROM account WHERE name_key = $1";
    EVERY = "SELECT id, name, password_hash, is_admin, created_at, disabled_at FROM account ORDER BY id";
    COUNT = "SELECT COUNT(*) FROM account";
    INSERT = "INSERT INTO account (name, name_key, password_hash, is_admin, created_at) \
              VALUES ($1, $2, $3, $4, $5) RETURNING id";
    /// The row that makes the first administrator the only one: two that come at once meet at its primary key.
    CLAIM_FIRST = "INSERT INTO meta (name, value) SELECT 'first-admin', CAST($1 AS TEXT) \
                   WHERE NOT EXISTS (SELECT 1 FROM account) ON CONFLICT (name) DO NOTHING";
    SET_PASSWORD = "UPDATE account SET password_hash = $2 WHERE id = $1";
    SET_ADMIN = "UPDATE account SET is_admin = $2 WHERE id = $1";
    /// The last administrator who can sign in stays one.
    DISABLE = "UPDATE account SET disabled_at = COALESCE(disabled_at, $2) WHERE id = $1 AND (NOT is_admin OR EXISTS \
               (SELECT 1 FROM account o WHERE o.id <> $1 AND o.is_admin AND o.disabled_at IS NULL))";
    END_SESSIONS = "DELETE FROM session WHERE account_id = $1";
    ENABLE = "UPDATE account SET disabled_at = NULL WHERE id = $1";
    SETTINGS = "SELECT settings FROM account WHERE id = $1";
    SET_SETTINGS = "UPDATE account SET settings = $2 WHERE id = $1";
    FORGET_STARRED = "DELETE FROM starred WHERE account_id = $1";
    FORGET_LATER = "DELETE FROM later WHERE account_id = $1";
    FORGET_TAGS = "DELETE FROM tag WHERE account_id = $1";
    FORGET_HIGHLIGHTS = "DELETE FROM highlight WHERE account_id = $1";
    DELETE_PRIVATE_FEEDS = "DELETE FROM feed WHERE owner_id = $1";
    /// The last administrator who can sign in stays.
    DELETE = "DELETE FROM account WHERE id = $1 AND (NOT is_admin OR disabled_at IS NOT NULL OR EXISTS \
              (SELECT 1 FROM account o WHERE o.id <> $1 AND o.is_admin AND o.disabled_at IS NULL))";
}

/// Someone with a name and a password.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// As it was typed; compared without regard to case.
    pub name: String,
    /// Argon2id in the PHC string format.
    pub password_hash: String,
    /// Whether it may manage accounts.
    pub is_admin: bool,
    /// When it was made.
    pub created_at: UnixMillis,
    /// Since when it may not be used.
    pub disabled_at: Option<UnixMillis>,
}

/// The form in which names are compared.
fn name_key(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    name.trim().nfkc().collect::<String>().to_lowercase()
}

impl Db {
    /// Makes the first account, an administrator. `None` if there is, or ever was, a first one. Of two calls at the
    /// same moment one succeeds.
    pub async fn create_first_admin(
        &self,
        name: &str,
        password_hash: &str,
        now: UnixMillis,
    ) -> Result<Option<AccountId>, StoreError> {
        let mut tx = self.begin().await?;
        let claimed =
            within!(tx, c => sqlx::query(CLAIM_FIRST).bind(name).execute(c).await.map(|done| done.rows_affected()))?;
        if claimed == 0 {
            return Ok(None);
        }
        let id = within!(tx, c => sqlx::query_scalar(INSERT)
            .bind(name.trim()).bind(name_key(name)).bind(password_hash).bind(true).bind(now).fetch_one(c).await)?;
        tx.commit().await?;
        Ok(Some(id))
    }

    /// Makes an account. `None` if the name is taken; names differ by more than case.
    pub async fn create_account(
        &self,
        name: &str,
        password_hash: &str,
        is_admin: bool,
        now: UnixMillis,
    ) -> Result<Option<AccountId>, StoreError> {
        let made = write_one!(self, c => sqlx::query_scalar(INSERT)
            .bind(name.trim()).bind(name_key(name)).bind(password_hash).bind(is_admin).bind(now).fetch_all(c).await.and_then(only));
        match made {
            Ok(id) => Ok(Some(id)),
            Err(error) if is_taken(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The account of this id.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(COLUMNS_BY_ID).bind(id).fetch_optional(c).await)?)
    }

    /// The account of this name, in any case.
    pub async fn account_by_name(&self, name: &str) -> Result<Option<Account>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(BY_NAME).bind(name_key(name)).fetch_optional(c).await)?)
    }

    /// Every account, oldest first.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(EVERY).fetch_all(c).await)?)
    }

    /// How many accounts there are.
    pub async fn count_accounts(&self) -> Result<i64, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(COUNT).fetch_one(c).await)?)
    }

    /// Replaces the password hash; whether the account exists. Ending its sessions is the caller's decision.
    pub async fn set_password(&self, id: AccountId, password_hash: &str) -> Result<bool, StoreError> {
        let changed = write_one!(self, c => sqlx::query(SET_PASSWORD)
            .bind(id).bind(password_hash).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(changed > 0)
    }

    /// Makes an account an administrator, or no longer one; whether it exists.
    pub async fn set_admin(&self, id: AccountId, is_admin: bool) -> Result<bool, StoreError> {
        let changed = write_one!(self, c => sqlx::query(SET_ADMIN)
            .bind(id).bind(is_admin).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(changed > 0)
    }

    /// Stops an account: nobody signs in to it, its keys, links and published lists open nothing, and feeds are not fetched
    /// for it alone. Nothing of it goes but its sessions. `false` if there is no such account, or no other administrator who
    /// could enable it again.
    pub async fn disable_account(&self, id: AccountId, now: UnixMillis) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let disabled = within!(tx, c => sqlx::query(DISABLE)
            .bind(id).bind(now).execute(c).await.map(|done| done.rows_affected()))?;
        if disabled > 0 {
            within!(tx, c => sqlx::query(END_SESSIONS).bind(id).execute(c).await.map(drop))?;
        }
        tx.commit().await?;
        Ok(disabled > 0)
    }

    /// Lets an account be used again, with everything that it had; whether it exists.
    pub async fn enable_account(&self, id: AccountId) -> Result<bool, StoreError> {
        let enabled = write_one!(self, c => sqlx::query(ENABLE)
            .bind(id).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(enabled > 0)
    }

    /// Deletes an account with everything that is its own: sessions, subscriptions, categories, reading state, and the
    /// private feeds of its saved and imported pages with their articles. Articles of followed feeds stay, as others
    /// may read them. `false`, and nothing is changed, if there is no such account, or nobody else who could manage accounts.
    pub async fn delete_account(&self, id: AccountId) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        // First what holds articles fast, then the articles, then the account; the schema cascades the rest.
        for statement in [FORGET_STARRED, FORGET_LATER, FORGET_TAGS, FORGET_HIGHLIGHTS, DELETE_PRIVATE_FEEDS] {
            within!(tx, c => sqlx::query(statement).bind(id).execute(c).await.map(drop))?;
        }
        let deleted = within!(tx, c => sqlx::query(DELETE).bind(id).execute(c).await.map(|done| done.rows_affected()))?;
        if deleted > 0 {
            tx.commit().await?;
        }
        Ok(deleted > 0)
    }

    /// The account's settings as a JSON object; `{}` for an account that is not there. What they mean is known to `web`.
    pub async fn account_settings(&self, id: AccountId) -> Result<String, StoreError> {
        let settings: Option<String> = read!(self, c => sqlx::query_scalar(SETTINGS).bind(id).fetch_optional(c).await)?;
        Ok(settings.unwrap_or_else(|| "{}".to_owned()))
    }

    /// Replaces the account's settings.
    pub async fn set_account_settings(&self, id: AccountId, json: &str) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(SET_SETTINGS).bind(id).bind(json).execute(c).await.map(drop))?;
        Ok(())
    }
}
