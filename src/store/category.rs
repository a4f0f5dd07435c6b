//! Categories: a user's folders of subscriptions, in the order that the user gave them.

use serde::{Deserialize, Serialize};

use super::bin::{self, Kind};
use super::db::{Db, Tx, first, read, statements, within, write_one};
use super::error::StoreError;
use super::row::{clipped, id_list};
use crate::domain::{AccountId, CategoryId, FeedId, RuleId, UnixMillis};

statements! {
    OF_ACCOUNT = "SELECT id, title FROM category WHERE account_id = $1 ORDER BY position, id";
    INSERT = "INSERT INTO category (account_id, title, position) \
              SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), COALESCE(MAX(position) + 1, 0) \
              FROM category WHERE account_id = $1 \
              ON CONFLICT (account_id, title) DO NOTHING RETURNING id";
    BY_TITLE = "SELECT id FROM category WHERE account_id = $1 AND title = $2";
    RENAME = "UPDATE category SET title = $3 WHERE account_id = $1 AND id = $2";
    PLACE = "UPDATE category SET position = $3 WHERE account_id = $1 AND id = $2";
    FEEDS = "SELECT feed_id FROM subscription WHERE account_id = $1 AND category_id = $2";
    RULES = "SELECT id FROM rule WHERE account_id = $1 AND category_id = $2";
    FEEDS_TO = "UPDATE subscription SET category_id = $2 WHERE account_id = $1 \
                AND feed_id IN (SELECT value FROM json_each($3)) AND category_id IS NOT DISTINCT FROM $4";
    RULES_TO = "UPDATE rule SET category_id = $2 WHERE account_id = $1 \
                AND id IN (SELECT value FROM json_each($3)) AND category_id IS NOT DISTINCT FROM $4";
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

/// A category that is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryGone {
    /// Its title.
    pub title: String,
    /// The number that brings it back for [`UNDO_MILLIS`](super::UNDO_MILLIS).
    pub receipt: i64,
}

/// What came of giving a category another title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CategoryRenamed {
    /// It has the title.
    Done,
    /// The account has no such category.
    NoCategory,
    /// Another category had the title, and has these feeds and rules now, too.
    Merged(CategoryGone),
}

/// Where a category moves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Before the one that stands before it.
    Up,
    /// Behind the one that stands behind it.
    Down,
}

/// A category in the bin.
#[derive(Debug, Serialize, Deserialize)]
struct Binned {
    title: String,
    place: usize,
    feeds: Vec<FeedId>,
    rules: Vec<RuleId>,
    /// The category that took its feeds and rules.
    into: Option<CategoryId>,
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
            .bind(account).bind(title_of(title)).fetch_all(c).await.map(first))?)
    }

    /// The category of this title; made if it is not there.
    pub async fn category_by_title_or_create(&self, account: AccountId, title: &str) -> Result<CategoryId, StoreError> {
        let mut tx = self.begin().await?;
        let id = find_or_create(&mut tx, account, &title_of(title)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Gives a category another title. If another one has that title, the two become one, which can be taken back.
    pub async fn rename_category(
        &self,
        account: AccountId,
        category: CategoryId,
        title: &str,
        now: UnixMillis,
    ) -> Result<CategoryRenamed, StoreError> {
        let title = title_of(title);
        let mut tx = self.begin().await?;
        let all = in_order(&mut tx, account).await?;
        if !all.iter().any(|known| known.id == category) {
            return Ok(CategoryRenamed::NoCategory);
        }
        let into = all.iter().find(|known| known.title == title && known.id != category).map(|known| known.id);
        let renamed = if into.is_some() {
            let gone = throw_away(&mut tx, account, category, into, now).await?;
            gone.map_or(CategoryRenamed::NoCategory, CategoryRenamed::Merged)
        } else {
            within!(tx, c => sqlx::query(RENAME)
                .bind(account).bind(category).bind(&title).execute(c).await.map(drop))?;
            CategoryRenamed::Done
        };
        tx.commit().await?;
        Ok(renamed)
    }

    /// Moves a category by one place. False if the account has none of this id; at the end of the line nothing changes.
    pub async fn move_category(
        &self,
        account: AccountId,
        category: CategoryId,
        step: Step,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let mut all = in_order(&mut tx, account).await?;
        let Some(place) = all.iter().position(|known| known.id == category) else { return Ok(false) };
        let other = match step {
            Step::Up => place.checked_sub(1),
            Step::Down => Some(place + 1).filter(|next| *next < all.len()),
        };
        if let Some(other) = other {
            all.swap(place, other);
            put_in_order(&mut tx, account, &all).await?;
            tx.commit().await?;
        }
        Ok(true)
    }

    /// Deletes a category; its feeds stay, without one, and rules for it rest. `None` if the account has none of this id.
    pub async fn delete_category(
        &self,
        account: AccountId,
        category: CategoryId,
        now: UnixMillis,
    ) -> Result<Option<CategoryGone>, StoreError> {
        let mut tx = self.begin().await?;
        let gone = throw_away(&mut tx, account, category, None, now).await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// Brings a deleted or merged category back to its place, with those of its feeds and rules that were not moved
    /// elsewhere since. `None` if it cannot be brought back any more.
    pub async fn restore_category(
        &self,
        account: AccountId,
        receipt: i64,
        now: UnixMillis,
    ) -> Result<Option<CategoryId>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(binned) = bin::take::<Binned>(&mut tx, account, Kind::Category, receipt, now).await? else {
            return Ok(None);
        };
        let id = find_or_create(&mut tx, account, &binned.title).await?;
        let mut all = in_order(&mut tx, account).await?;
        if let Some(place) = all.iter().position(|known| known.id == id) {
            let own = all.remove(place);
            all.insert(binned.place.min(all.len()), own);
            put_in_order(&mut tx, account, &all).await?;
        }
        hand_over(&mut tx, account, &binned.feeds, &binned.rules, binned.into, Some(id)).await?;
        tx.commit().await?;
        Ok(Some(id))
    }
}

async fn in_order(tx: &mut Tx, account: AccountId) -> Result<Vec<Category>, StoreError> {
    Ok(within!(*tx, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?)
}

async fn put_in_order(tx: &mut Tx, account: AccountId, all: &[Category]) -> Result<(), StoreError> {
    for (place, category) in (0_i64..).zip(all) {
        within!(*tx, c => sqlx::query(PLACE)
            .bind(account).bind(category.id).bind(place).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Puts a category into the bin; what was in it goes to `into`, or to none.
async fn throw_away(
    tx: &mut Tx,
    account: AccountId,
    category: CategoryId,
    into: Option<CategoryId>,
    now: UnixMillis,
) -> Result<Option<CategoryGone>, StoreError> {
    let all = in_order(tx, account).await?;
    let Some(place) = all.iter().position(|known| known.id == category) else { return Ok(None) };
    let title = all[place].title.clone();
    let feeds = within!(*tx, c => sqlx::query_scalar(FEEDS).bind(account).bind(category).fetch_all(c).await)?;
    let rules = within!(*tx, c => sqlx::query_scalar(RULES).bind(account).bind(category).fetch_all(c).await)?;
    hand_over(tx, account, &feeds, &rules, Some(category), into).await?;
    let binned = Binned { title: title.clone(), place, feeds, rules, into };
    let receipt = bin::put(tx, account, Kind::Category, &binned, now).await?;
    within!(*tx, c => sqlx::query(DELETE).bind(account).bind(category).execute(c).await.map(drop))?;
    Ok(Some(CategoryGone { title, receipt }))
}

/// Gives feeds and rules from one category to another, as far as they are in it.
async fn hand_over(
    tx: &mut Tx,
    account: AccountId,
    feeds: &[FeedId],
    rules: &[RuleId],
    from: Option<CategoryId>,
    to: Option<CategoryId>,
) -> Result<(), StoreError> {
    let lists = [(FEEDS_TO, id_list(feeds.iter().map(|id| id.0))), (RULES_TO, id_list(rules.iter().map(|id| id.0)))];
    for (statement, ids) in lists {
        within!(*tx, c => sqlx::query(statement)
            .bind(account).bind(to).bind(&ids).bind(from).execute(c).await.map(drop))?;
    }
    Ok(())
}

async fn find_or_create(tx: &mut Tx, account: AccountId, title: &str) -> Result<CategoryId, StoreError> {
    let made: Option<CategoryId> =
        within!(*tx, c => sqlx::query_scalar(INSERT).bind(account).bind(title).fetch_optional(c).await)?;
    match made {
        Some(id) => Ok(id),
        None => Ok(within!(*tx, c => sqlx::query_scalar(BY_TITLE).bind(account).bind(title).fetch_one(c).await)?),
    }
}
