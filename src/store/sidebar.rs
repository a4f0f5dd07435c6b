//! What stands beside every list: categories, feeds, counters. And the one place that changes counters by deltas.

use std::collections::HashMap;

use sqlx::QueryBuilder;

use super::db::{Db, Tx, read, statements, within, within_built};
use super::error::StoreError;
use super::feed::FeedKind;
use super::row::url;
use super::tag::Tag;
use crate::domain::{AccountId, ArticleId, CategoryId, FeedId, WebUrl};

statements! {
    FEEDS = "SELECT s.feed_id, s.category_id, f.kind, f.icon_url, \
             CASE WHEN s.title IS NOT NULL THEN s.title WHEN f.title = '' AND f.kind = 0 THEN f.url ELSE f.title END \
             AS title, \
             s.unread_count, f.failure IS NOT NULL AS trouble \
             FROM subscription s JOIN feed f ON f.id = s.feed_id WHERE s.account_id = $1";
    CATEGORIES = "SELECT id, title FROM category WHERE account_id = $1 ORDER BY position, id";
    COUNTS = "SELECT (SELECT COALESCE(CAST(SUM(unread_count) AS BIGINT), 0) FROM subscription WHERE account_id = $1) \
              AS unread, \
              (SELECT COUNT(*) FROM starred WHERE account_id = $1) AS starred, \
              (SELECT COUNT(*) FROM later WHERE account_id = $1) AS later, \
              COALESCE((SELECT MAX(id) FROM article), 0) AS newest";
    CHANGE_ONE = "UPDATE subscription SET unread_count = unread_count + $3 WHERE account_id = $1 AND feed_id = $2";
}

/// The counters of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    /// Unread articles.
    pub unread: i64,
    /// Starred articles.
    pub starred: i64,
    /// Articles kept for later.
    pub later: i64,
    /// The newest article that the database holds now. A page that offers “mark all as read” keeps it and gives it back
    /// with the mark, so that nothing is marked that arrived after the page was drawn.
    pub newest: ArticleId,
}

/// What stands beside a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Sidebar {
    /// The account's counters.
    pub counts: Counts,
    /// Categories in their order, each with its feeds.
    pub categories: Vec<SidebarCategory>,
    /// Feeds without a category, by title; the feed of saved pages comes last.
    pub uncategorised: Vec<SidebarFeed>,
    /// By name.
    pub tags: Vec<Tag>,
}

/// A category and its feeds.
#[derive(Debug, Clone, PartialEq)]
pub struct SidebarCategory {
    /// Its id.
    pub id: CategoryId,
    /// Plain text.
    pub title: String,
    /// The sum of its feeds.
    pub unread: i64,
    /// By title.
    pub feeds: Vec<SidebarFeed>,
}

/// A followed feed.
#[derive(Debug, Clone, PartialEq)]
pub struct SidebarFeed {
    /// Its id.
    pub id: FeedId,
    /// As the account calls it; the address if it has no title yet; empty for saved pages, which `web` names.
    pub title: String,
    /// What it is.
    pub kind: FeedKind,
    /// A small picture.
    pub icon_url: Option<WebUrl>,
    /// Unread articles.
    pub unread: i64,
    /// Whether it could not be read the last time.
    pub trouble: bool,
}

#[derive(Debug, sqlx::FromRow)]
struct FeedLine {
    feed_id: FeedId,
    category_id: Option<CategoryId>,
    title: String,
    kind: i64,
    icon_url: Option<String>,
    unread_count: i64,
    trouble: bool,
}

impl Db {
    /// The counters of an account, and the newest article.
    pub async fn counts(&self, account: AccountId) -> Result<Counts, StoreError> {
        Ok(read!(self, c => sqlx::query_as(COUNTS).bind(account).fetch_one(c).await)?)
    }

    /// Everything that stands beside a list, in four statements.
    pub async fn sidebar(&self, account: AccountId) -> Result<Sidebar, StoreError> {
        let (counts, lines, titles, tags) = tokio::try_join!(
            self.counts(account),
            self.feed_lines(account),
            self.category_titles(account),
            self.tags(account)
        )?;
        Ok(arrange(counts, lines, titles, tags))
    }

    async fn feed_lines(&self, account: AccountId) -> Result<Vec<FeedLine>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(FEEDS).bind(account).fetch_all(c).await)?)
    }

    async fn category_titles(&self, account: AccountId) -> Result<Vec<(CategoryId, String)>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(CATEGORIES).bind(account).fetch_all(c).await)?)
    }
}

fn arrange(counts: Counts, mut lines: Vec<FeedLine>, titles: Vec<(CategoryId, String)>, tags: Vec<Tag>) -> Sidebar {
    lines.sort_by_cached_key(|line| (FeedKind::from_code(line.kind) == FeedKind::Saved, line.title.to_lowercase()));
    let mut categories: Vec<SidebarCategory> =
        titles.into_iter().map(|(id, title)| SidebarCategory { id, title, unread: 0, feeds: Vec::new() }).collect();
    let places: HashMap<CategoryId, usize> =
        categories.iter().enumerate().map(|(place, category)| (category.id, place)).collect();
    let mut uncategorised = Vec::new();
    for line in lines {
        let feed = SidebarFeed {
            id: line.feed_id,
            title: line.title,
            kind: FeedKind::from_code(line.kind),
            icon_url: url(line.icon_url),
            unread: line.unread_count,
            trouble: line.trouble,
        };
        match line.category_id.and_then(|id| categories.get_mut(*places.get(&id)?)) {
            Some(category) => {
                category.unread += feed.unread;
                category.feeds.push(feed);
            }
            None => uncategorised.push(feed),
        }
    }
    Sidebar { counts, categories, uncategorised, tags }
}

/// Adds to unread counters, in the transaction that changes the rows they count.
pub(super) async fn change_counts(tx: &mut Tx, changes: &[(AccountId, FeedId, i64)]) -> Result<(), StoreError> {
    if let [(account, feed, count)] = changes {
        within!(*tx, c => sqlx::query(CHANGE_ONE).bind(*account).bind(*feed).bind(*count).execute(c).await.map(drop))?;
        return Ok(());
    }
    for changes in changes.chunks(1_000) {
        within_built!(*tx, Backend, c => {
            let mut query = QueryBuilder::<Backend>::new("WITH change (account_id, feed_id, difference) AS (");
            query.push_values(changes, |mut row, (account, feed, count)| {
                row.push_bind(*account).push_bind(*feed).push_bind(*count);
            });
            query.push(
                ") UPDATE subscription SET unread_count = unread_count + change.difference FROM change \
                 WHERE subscription.account_id = change.account_id AND subscription.feed_id = change.feed_id",
            );
            // Not kept prepared: there is another text for every number of changes.
            query.build().persistent(false).execute(c).await.map(drop)
        })?;
    }
    Ok(())
}
