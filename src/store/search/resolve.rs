//! The names in a query: which feeds, categories and tags of an account are meant.

use std::collections::HashMap;

use crate::domain::{AccountId, CategoryId, FeedId};
use crate::search::{Folded, Node, Test};
use crate::store::db::{Db, read, statements};
use crate::store::error::StoreError;
use crate::store::row::id_list;

/// The feeds that account `$1` follows, with their titles as it sees them.
macro_rules! feed_titles {
    () => {
        "SELECT s.feed_id, CASE WHEN s.title IS NOT NULL THEN s.title WHEN f.title = '' AND f.kind = 0 THEN f.url \
         ELSE f.title END FROM subscription s JOIN feed f ON f.id = s.feed_id WHERE s.account_id = $1"
    };
}

statements! {
    FEEDS = feed_titles!();
    CATEGORIES = "SELECT id, title FROM category WHERE account_id = $1";
    TAGS = "SELECT id, name FROM tag WHERE account_id = $1";
    TITLES = concat!(feed_titles!(), " AND s.feed_id IN (SELECT value FROM json_each($2))");
    /// In one text: a driver takes longer for a thousand rows than a database does.
    PLACES = "SELECT string_agg(feed_id || ',' || category_id, ' ') FROM subscription \
              WHERE account_id = $1 AND category_id IS NOT NULL";
}

/// The ids behind the names of a query.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<Test, Vec<i64>>);

impl Names {
    /// What a test means; nothing if the account has nothing of the name.
    pub(super) fn of(&self, test: &Test) -> &[i64] {
        self.0.get(test).map_or(&[], Vec::as_slice)
    }
}

impl Db {
    /// The titles of feeds that the account follows.
    pub async fn feed_titles(
        &self,
        account: AccountId,
        feeds: &[FeedId],
    ) -> Result<HashMap<FeedId, String>, StoreError> {
        let ids = id_list(feeds.iter().map(|feed| feed.0));
        let rows: Vec<(FeedId, String)> =
            read!(self, c => sqlx::query_as(TITLES).bind(account).bind(&ids).fetch_all(c).await)?;
        Ok(rows.into_iter().collect())
    }

    /// In which category each feed is that is in one.
    pub async fn feed_categories(&self, account: AccountId) -> Result<HashMap<FeedId, CategoryId>, StoreError> {
        let text: Option<String> = read!(self, c => sqlx::query_scalar(PLACES).bind(account).fetch_one(c).await)?;
        let pair = |pair: &str| {
            let (feed, category) = pair.split_once(',')?;
            Some((FeedId(feed.parse().ok()?), CategoryId(category.parse().ok()?)))
        };
        Ok(text.unwrap_or_default().split(' ').filter_map(pair).collect())
    }

    /// The feeds of each name of a feed or a category in a query.
    pub async fn feeds_meant(&self, account: AccountId, node: &Node) -> Result<HashMap<Test, Vec<FeedId>>, StoreError> {
        let Names(names) = self.resolve(account, node).await?;
        let has_category = names.keys().any(|test| matches!(test, Test::Category(_)));
        let places = if has_category { self.feed_categories(account).await? } else { HashMap::new() };
        let feeds = |test: &Test, ids: Vec<i64>| match test {
            Test::Category(_) => {
                places.iter().filter(|(_, category)| ids.contains(&category.0)).map(|(feed, _)| *feed).collect()
            }
            _ => ids.into_iter().map(FeedId).collect(),
        };
        Ok(names.into_iter().map(|(test, ids)| (test.clone(), feeds(&test, ids))).collect())
    }

    /// Looks up every name of a query, and nothing if it has none.
    pub(super) async fn resolve(&self, account: AccountId, node: &Node) -> Result<Names, StoreError> {
        let mut tests = Vec::new();
        collect(node, &mut tests);
        let mut names = Names::default();
        for statement in [FEEDS, CATEGORIES, TAGS] {
            let mine = |test: &Test| match test {
                Test::Feed(_) => statement == FEEDS,
                Test::Category(_) => statement == CATEGORIES,
                _ => statement == TAGS,
            };
            if !tests.iter().any(|(test, _)| mine(test)) {
                continue;
            }
            let rows: Vec<(i64, String)> =
                read!(self, c => sqlx::query_as(statement).bind(account).fetch_all(c).await)?;
            let rows: Vec<(i64, String)> = rows.into_iter().map(|(id, name)| (id, folded(&name))).collect();
            for (test, name) in tests.iter().filter(|(test, _)| mine(test)) {
                names.0.insert((*test).clone(), meant(&rows, &folded(name)));
            }
        }
        Ok(names)
    }
}

fn collect<'a>(node: &'a Node, tests: &mut Vec<(&'a Test, &'a str)>) {
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| collect(node, tests)),
        Node::Not(node) => collect(node, tests),
        Node::Is(test @ (Test::Feed(name) | Test::Category(name) | Test::Tag(name))) => tests.push((test, name)),
        Node::Is(_) => {}
    }
}

/// A quotation mark ends a name in a query, and is written there as an apostrophe.
fn folded(name: &str) -> String {
    Folded::new(name).as_str().trim().replace('"', "'")
}

/// Those of exactly this name; if there are none, those whose names hold it.
fn meant(rows: &[(i64, String)], name: &str) -> Vec<i64> {
    let exact: Vec<i64> = rows.iter().filter(|(_, known)| known == name).map(|(id, _)| *id).collect();
    if !exact.is_empty() || name.is_empty() {
        return exact;
    }
    rows.iter().filter(|(_, known)| known.contains(name)).map(|(id, _)| *id).collect()
}
