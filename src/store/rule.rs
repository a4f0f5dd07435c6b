//! Rules, and what they say of the articles that arrive.

use serde::{Deserialize, Serialize};

use super::bin::{self, Kind};
use super::db::{Db, Tx, read, statements, within, write_one};
use super::error::StoreError;
use super::state::{mark_as_read, mark_later, mark_starred};
use super::tag::{find_or_create, give};
use crate::domain::{
    AccountId, Actions, ArticleId, CategoryId, Condition, FeedId, RuleId, RuleScope, TagId, TagName, UnixMillis,
};

/// The columns of [`Record`].
macro_rules! columns {
    () => {
        "SELECT r.id, r.account_id, r.scope, r.feed_id, r.category_id, r.definition, r.created_at, r.is_off, t.name AS tag \
         FROM rule r LEFT JOIN tag t ON t.id = r.tag_id "
    };
}

statements! {
    OF_ACCOUNT = concat!(columns!(), "WHERE r.account_id = $1 ORDER BY r.id");
    OF_FEED = concat!(columns!(), "JOIN subscription s ON s.account_id = r.account_id WHERE s.feed_id = $1 AND NOT r.is_off \
              AND (r.scope = 0 OR (r.scope = 1 AND r.feed_id = s.feed_id) \
                   OR (r.scope = 2 AND r.category_id = s.category_id)) ORDER BY r.id");
    HOW_MANY = "SELECT COUNT(*) FROM rule WHERE account_id = $1";
    /// A feed or a category that is not the account's becomes none, and the rule rests.
    INSERT = "INSERT INTO rule (account_id, scope, feed_id, category_id, tag_id, definition, created_at, is_off) \
              VALUES ($1, $2, (SELECT s.feed_id FROM subscription s WHERE s.account_id = $1 AND s.feed_id = $3), \
              (SELECT k.id FROM category k WHERE k.account_id = $1 AND k.id = $4), $5, $6, $7, $8) RETURNING id";
    CHANGE = "UPDATE rule SET scope = $3, \
              feed_id = (SELECT s.feed_id FROM subscription s WHERE s.account_id = $1 AND s.feed_id = $4), \
              category_id = (SELECT k.id FROM category k WHERE k.account_id = $1 AND k.id = $5), \
              tag_id = $6, definition = $7 WHERE account_id = $1 AND id = $2";
    SWITCH = "UPDATE rule SET is_off = $3 WHERE account_id = $1 AND id = $2";
    DELETE = "DELETE FROM rule WHERE account_id = $1 AND id = $2";
}

/// The most rules of an account.
pub const MAX_RULES: i64 = 200;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Whose it is.
    pub account: AccountId,
    /// Which articles it looks at.
    pub scope: RuleScope,
    /// When it applies.
    pub condition: Condition,
    /// What it does. A tag that was deleted since is not among it any more.
    pub actions: Actions,
    /// Its reader has switched it off.
    pub is_off: bool,
}

/// What the rules of an account say of one article that arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whose rules.
    pub account: AccountId,
    /// What is to be done.
    pub actions: Actions,
}

/// What of a rule is no column.
#[derive(Debug, Serialize, Deserialize)]
struct Definition {
    when: Condition,
    #[serde(default)]
    read: bool,
    #[serde(default)]
    star: bool,
    #[serde(default)]
    later: bool,
}

#[derive(Debug, sqlx::FromRow, Serialize, Deserialize)]
struct Record {
    id: RuleId,
    account_id: AccountId,
    scope: i64,
    feed_id: Option<FeedId>,
    category_id: Option<CategoryId>,
    definition: String,
    created_at: UnixMillis,
    #[serde(default)]
    is_off: bool,
    tag: Option<String>,
}

impl Record {
    fn rule(&self) -> Result<Rule, StoreError> {
        let definition: Definition =
            serde_json::from_str(&self.definition).map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok(Rule {
            id: self.id,
            account: self.account_id,
            scope: match self.scope {
                1 => RuleScope::Feed(self.feed_id),
                2 => RuleScope::Category(self.category_id),
                _ => RuleScope::All,
            },
            condition: definition.when,
            actions: Actions {
                read: definition.read,
                star: definition.star,
                later: definition.later,
                tag: self.tag.as_deref().and_then(TagName::parse),
            },
            is_off: self.is_off,
        })
    }
}

impl Db {
    /// The account's rules, the oldest first.
    pub async fn rules(&self, account: AccountId) -> Result<Vec<Rule>, StoreError> {
        let rows: Vec<Record> = read!(self, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?;
        rows.iter().map(Record::rule).collect()
    }

    /// Every rule of everybody that looks at what arrives from a feed.
    pub async fn rules_of_feed(&self, feed: FeedId) -> Result<Vec<Rule>, StoreError> {
        let rows: Vec<Record> = read!(self, c => sqlx::query_as(OF_FEED).bind(feed).fetch_all(c).await)?;
        rows.iter().map(Record::rule).collect()
    }

    /// Adds a rule. `None` if the account has [`MAX_RULES`] already. Its tag is made if it is not there.
    pub async fn add_rule(
        &self,
        account: AccountId,
        scope: RuleScope,
        condition: &Condition,
        actions: &Actions,
        now: UnixMillis,
    ) -> Result<Option<RuleId>, StoreError> {
        let mut tx = self.begin().await?;
        let count: i64 = within!(tx, c => sqlx::query_scalar(HOW_MANY).bind(account).fetch_one(c).await)?;
        if count >= MAX_RULES {
            return Ok(None);
        }
        let (code, feed, category) = columns_of(scope);
        let tag = tag_of(&mut tx, account, actions, now).await?;
        let definition = definition(condition, actions)?;
        let id = within!(tx, c => sqlx::query_scalar(INSERT)
            .bind(account).bind(code).bind(feed).bind(category).bind(tag).bind(&definition).bind(now).bind(false)
            .fetch_one(c).await)?;
        tx.commit().await?;
        Ok(Some(id))
    }

    /// Gives a rule another scope, condition and actions. What it did stays done. False if the account has no such rule.
    pub async fn change_rule(
        &self,
        account: AccountId,
        id: RuleId,
        scope: RuleScope,
        condition: &Condition,
        actions: &Actions,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let (code, feed, category) = columns_of(scope);
        let definition = definition(condition, actions)?;
        let mut tx = self.begin().await?;
        let tag = tag_of(&mut tx, account, actions, now).await?;
        let changed = within!(tx, c => sqlx::query(CHANGE)
            .bind(account).bind(id).bind(code).bind(feed).bind(category).bind(tag).bind(&definition)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if changed > 0 {
            tx.commit().await?;
        }
        Ok(changed > 0)
    }

    /// Switches a rule off, or on again. False if the account has no such rule.
    pub async fn switch_rule(&self, account: AccountId, id: RuleId, is_off: bool) -> Result<bool, StoreError> {
        let switched = write_one!(self, c => sqlx::query(SWITCH)
            .bind(account).bind(id).bind(is_off).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(switched > 0)
    }

    /// Deletes a rule. What it did stays done. The number brings the rule back for [`UNDO_MILLIS`](super::UNDO_MILLIS);
    /// `None` if the account has no such rule.
    pub async fn delete_rule(
        &self,
        account: AccountId,
        id: RuleId,
        now: UnixMillis,
    ) -> Result<Option<i64>, StoreError> {
        let mut tx = self.begin().await?;
        let rows: Vec<Record> = within!(tx, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?;
        let Some(row) = rows.into_iter().find(|row| row.id == id) else { return Ok(None) };
        let receipt = bin::put(&mut tx, account, Kind::Rule, &row, now).await?;
        within!(tx, c => sqlx::query(DELETE).bind(account).bind(id).execute(c).await.map(drop))?;
        tx.commit().await?;
        Ok(Some(receipt))
    }

    /// Brings a deleted rule back, under another id. False if it cannot be brought back any more.
    pub async fn restore_rule(&self, account: AccountId, receipt: i64, now: UnixMillis) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let Some(row) = bin::take::<Record>(&mut tx, account, Kind::Rule, receipt, now).await? else {
            return Ok(false);
        };
        let rule = row.rule()?;
        let (code, feed, category) = columns_of(rule.scope);
        let tag = tag_of(&mut tx, account, &rule.actions, now).await?;
        within!(tx, c => sqlx::query_scalar::<_, RuleId>(INSERT)
            .bind(account).bind(code).bind(feed).bind(category).bind(tag).bind(&row.definition).bind(row.created_at)
            .bind(row.is_off).fetch_one(c).await.map(drop))?;
        tx.commit().await?;
        Ok(true)
    }
}

/// A scope as its columns: its number, its feed, its category.
fn columns_of(scope: RuleScope) -> (i64, Option<FeedId>, Option<CategoryId>) {
    match scope {
        RuleScope::All => (0, None, None),
        RuleScope::Feed(feed) => (1, feed, None),
        RuleScope::Category(category) => (2, None, category),
    }
}

fn definition(condition: &Condition, actions: &Actions) -> Result<String, StoreError> {
    let definition =
        Definition { when: condition.clone(), read: actions.read, star: actions.star, later: actions.later };
    serde_json::to_string(&definition).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// The tag that a rule gives; made if it is not there.
pub(super) async fn tag_of(
    tx: &mut Tx,
    account: AccountId,
    actions: &Actions,
    now: UnixMillis,
) -> Result<Option<TagId>, StoreError> {
    Ok(match &actions.tag {
        Some(name) => Some(find_or_create(tx, account, name, now).await?),
        None => None,
    })
}

/// Does what rules say of an article that was just added, in the transaction that added it.
pub(super) async fn carry_out(
    tx: &mut Tx,
    article: ArticleId,
    verdicts: &[Verdict],
    now: UnixMillis,
) -> Result<(), StoreError> {
    for Verdict { account, actions } in verdicts {
        if actions.read {
            mark_as_read(tx, *account, article).await?;
        }
        if actions.star {
            mark_starred(tx, *account, article, now).await?;
        }
        if actions.later {
            mark_later(tx, *account, article, now).await?;
        }
        if let Some(name) = &actions.tag {
            let tag = find_or_create(tx, *account, name, now).await?;
            give(tx, *account, article, tag, now).await?;
        }
    }
    Ok(())
}
