//! How an account looks at single lists. What a choice says is known to `web`; here it is JSON.

use super::db::{Db, read, statements, write_one};
use super::error::StoreError;
use super::list::Scope;
use crate::archive::account::ListChoiceLine;
use crate::domain::{AccountId, CategoryId, FeedId, TagId};

statements! {
    ONE = "SELECT choice FROM list_choice \
           WHERE account_id = $1 AND scope = $2 AND (COALESCE(feed_id, category_id, tag_id, 0)) = $3";
    OF_ACCOUNT = "SELECT c.scope, c.feed_id, k.title, t.name, c.choice FROM list_choice c \
                  LEFT JOIN category k ON k.id = c.category_id LEFT JOIN tag t ON t.id = c.tag_id \
                  WHERE c.account_id = $1 ORDER BY c.scope, c.feed_id, k.title, t.name";
    /// Nothing for a list that is not the account's.
    STORE = "INSERT INTO list_choice (account_id, scope, feed_id, category_id, tag_id, choice) \
             SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), \
             CAST($5 AS BIGINT), CAST($6 AS TEXT) \
             WHERE (CAST($3 AS BIGINT) IS NULL \
                    OR EXISTS (SELECT 1 FROM subscription s WHERE s.account_id = $1 AND s.feed_id = $3)) \
             AND (CAST($4 AS BIGINT) IS NULL \
                  OR EXISTS (SELECT 1 FROM category k WHERE k.account_id = $1 AND k.id = $4)) \
             AND (CAST($5 AS BIGINT) IS NULL OR EXISTS (SELECT 1 FROM tag t WHERE t.account_id = $1 AND t.id = $5)) \
             ON CONFLICT (account_id, scope, (COALESCE(feed_id, category_id, tag_id, 0))) \
             DO UPDATE SET choice = excluded.choice";
}

/// The numbers of lists, in statements and for them. They are stored: add, never change.
macro_rules! code {
    (Unread) => {
        0
    };
    (All) => {
        1
    };
    (Starred) => {
        2
    };
    (Later) => {
        3
    };
    (History) => {
        4
    };
    (Feed) => {
        5
    };
    (Category) => {
        6
    };
    (Tag) => {
        7
    };
}

pub(super) use code;

/// A list as tables and statements name it.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) scope: i64,
    feed: Option<FeedId>,
    category: Option<CategoryId>,
    tag: Option<TagId>,
}

impl Named {
    pub(super) fn new(scope: Scope) -> Self {
        let of = |scope| Self { scope, ..Self::default() };
        match scope {
            Scope::Unread => of(code!(Unread)),
            Scope::All => of(code!(All)),
            Scope::Starred => of(code!(Starred)),
            Scope::Later => of(code!(Later)),
            Scope::History => of(code!(History)),
            Scope::Feed(id) => Self { feed: Some(id), ..of(code!(Feed)) },
            Scope::Category(id) => Self { category: Some(id), ..of(code!(Category)) },
            Scope::Tag(id) => Self { tag: Some(id), ..of(code!(Tag)) },
        }
    }

    /// The number of what the list is of; 0 for the lists that everybody has.
    pub(super) fn subject(&self) -> i64 {
        let feed = self.feed.map(|id| id.0);
        feed.or(self.category.map(|id| id.0)).or(self.tag.map(|id| id.0)).unwrap_or(0)
    }
}

impl Db {
    /// How the account looks at a list; `None` if it never chose anything for it.
    pub async fn list_choice(&self, account: AccountId, scope: Scope) -> Result<Option<String>, StoreError> {
        let list = Named::new(scope);
        Ok(read!(self, c => sqlx::query_scalar(ONE)
            .bind(account).bind(list.scope).bind(list.subject()).fetch_optional(c).await)?)
    }

    /// How the account looks at all lists for which it chose anything.
    pub async fn list_choices(&self, account: AccountId) -> Result<Vec<ListChoiceLine>, StoreError> {
        type Row = (i64, Option<i64>, Option<String>, Option<String>, String);
        let rows: Vec<Row> = read!(self, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?;
        let line = |(scope, feed, category, tag, choice): Row| {
            let everybodys = [Scope::Unread, Scope::All, Scope::Starred, Scope::Later, Scope::History];
            let list = everybodys.into_iter().find(|list| Named::new(*list).scope == scope);
            ListChoiceLine { list: list.map(|list| list.name().into_owned()), feed, category, tag, choice }
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// Keeps how the account looks at a list; whether it has such a list.
    pub async fn set_list_choice(&self, account: AccountId, scope: Scope, json: &str) -> Result<bool, StoreError> {
        let list = Named::new(scope);
        let stored = write_one!(self, c => sqlx::query(STORE)
            .bind(account).bind(list.scope).bind(list.feed).bind(list.category).bind(list.tag).bind(json)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(stored > 0)
    }
}
