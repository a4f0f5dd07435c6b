//! What stands beside every list: categories, feeds, counters. And the one place that changes counters by deltas.

use sqlx::QueryBuilder;

use super::db::{Db, Tx, read, statements, within, within_built};
use super::error::StoreError;
use super::feed::FeedKind;
use super::list::Scope;
use super::search::SavedLine;
use super::tag::Tag;
use crate::domain::{AccountId, ArticleId, CategoryId, FeedId};

/// The columns of a feed in the sidebar.
macro_rules! feeds {
    ($which:literal) => {
        concat!(
            "SELECT s.feed_id, s.category_id, f.kind, \
             CASE WHEN s.title IS NOT NULL THEN s.title WHEN f.title = '' AND f.kind = 0 THEN f.url ELSE f.title END \
             AS title, \
             s.unread_count, f.failure IS NOT NULL AND s.paused_at IS NULL AS trouble, s.plain_tile \
             FROM subscription s JOIN feed f ON f.id = s.feed_id WHERE s.account_id = $1",
            $which
        )
    };
}

statements! {
    FEEDS = feeds!("");
    FEEDS_OF_CATEGORY = feeds!(" AND s.category_id = $2");
    /// The feeds of the category that holds one feed, or those without a category if it has none.
    FEEDS_BESIDE = feeds!(
        " AND s.category_id IS NOT DISTINCT FROM \
          (SELECT o.category_id FROM subscription o WHERE o.account_id = $1 AND o.feed_id = $2)"
    );
    CATEGORIES = "SELECT c.id, c.title, COUNT(s.feed_id) AS feeds, \
                  CAST(COALESCE(SUM(s.unread_count), 0) AS BIGINT) AS unread \
                  FROM category c LEFT JOIN subscription s ON s.account_id = c.account_id AND s.category_id = c.id \
                  WHERE c.account_id = $1 GROUP BY c.id, c.title, c.position ORDER BY c.position, c.id";
    COUNTS = "SELECT f.unread, f.feeds, \
              (SELECT COUNT(*) FROM starred WHERE account_id = $1) AS starred, \
              (SELECT COUNT(*) FROM later WHERE account_id = $1) AS later, \
              COALESCE((SELECT MAX(id) FROM article), 0) AS newest \
              FROM (SELECT CAST(COALESCE(SUM(unread_count), 0) AS BIGINT) AS unread, COUNT(*) AS feeds \
                    FROM subscription WHERE account_id = $1) f";
    CHANGE_ONE = "UPDATE subscription SET unread_count = unread_count + $3 WHERE account_id = $1 AND feed_id = $2";
}

/// The counters of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    /// Unread articles.
    pub unread: i64,
    /// Followed feeds, saved pages included.
    pub feeds: i64,
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
    /// Categories in their order, then the feeds that are in none, if there are any.
    pub categories: Vec<SidebarCategory>,
    /// By name.
    pub tags: Vec<Tag>,
    /// Searches that the account keeps, by name.
    pub searches: Vec<SavedLine>,
}

/// A category, or the feeds without one.
#[derive(Debug, Clone, PartialEq)]
pub struct SidebarCategory {
    /// Its id; `None` for the feeds without a category.
    pub id: Option<CategoryId>,
    /// Its title; empty without an id.
    pub title: String,
    /// The sum of its feeds.
    pub unread: i64,
    /// How many feeds it has.
    pub size: i64,
    /// Its feeds by title, the feed of saved pages last; empty where they were not asked for.
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
    /// Unread articles.
    pub unread: i64,
    /// Whether it could not be read the last time.
    pub trouble: bool,
    /// Whether its letter has no colour.
    pub plain_tile: bool,
}

#[derive(Debug, sqlx::FromRow)]
struct FeedLine {
    feed_id: FeedId,
    category_id: Option<CategoryId>,
    title: String,
    kind: i64,
    unread_count: i64,
    trouble: bool,
    plain_tile: bool,
}

#[derive(Debug, sqlx::FromRow)]
struct CategoryLine {
    id: CategoryId,
    title: String,
    feeds: i64,
    unread: i64,
}

impl Db {
    /// The counters of an account, and the newest article.
    pub async fn counts(&self, account: AccountId) -> Result<Counts, StoreError> {
        Ok(read!(self, c => sqlx::query_as(COUNTS).bind(account).fetch_one(c).await)?)
    }

    /// Everything that stands beside the list of `here`. Feeds are named if there are at most `few` in all; beyond that
    /// only those of the category that `here` is or lies in, so that a page of someone who follows a thousand costs
    /// what any other page costs.
    pub async fn sidebar(&self, account: AccountId, here: Option<Scope>, few: i64) -> Result<Sidebar, StoreError> {
        let (counts, categories, tags, searches) = tokio::try_join!(
            self.counts(account),
            self.category_lines(account),
            self.tags(account),
            self.saved_lines(account)
        )?;
        let feeds = match here {
            _ if counts.feeds <= few => read!(self, c => sqlx::query_as(FEEDS).bind(account).fetch_all(c).await)?,
            Some(Scope::Category(id)) => {
                read!(self, c => sqlx::query_as(FEEDS_OF_CATEGORY).bind(account).bind(id).fetch_all(c).await)?
            }
            Some(Scope::Feed(id)) => {
                read!(self, c => sqlx::query_as(FEEDS_BESIDE).bind(account).bind(id).fetch_all(c).await)?
            }
            _ => Vec::new(),
        };
        Ok(Sidebar { searches, ..arrange(counts, categories, feeds, tags) })
    }

    async fn category_lines(&self, account: AccountId) -> Result<Vec<CategoryLine>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(CATEGORIES).bind(account).fetch_all(c).await)?)
    }
}

fn arrange(counts: Counts, lines: Vec<CategoryLine>, mut feeds: Vec<FeedLine>, tags: Vec<Tag>) -> Sidebar {
    let (unread, size) = lines.iter().fold((0, 0), |(unread, size), line| (unread + line.unread, size + line.feeds));
    let loose = SidebarCategory {
        id: None,
        title: String::new(),
        unread: counts.unread - unread,
        size: counts.feeds - size,
        feeds: Vec::new(),
    };
    let mut categories: Vec<SidebarCategory> = lines
        .into_iter()
        .map(|CategoryLine { id, title, feeds, unread }| SidebarCategory {
            id: Some(id),
            title,
            unread,
            size: feeds,
            feeds: Vec::new(),
        })
        .chain((loose.size > 0).then_some(loose))
        .collect();
    feeds.sort_by_cached_key(|line| (FeedKind::from_code(line.kind) == FeedKind::Saved, line.title.to_lowercase()));
    for line in feeds {
        if let Some(category) = categories.iter_mut().find(|category| category.id == line.category_id) {
            category.feeds.push(SidebarFeed {
                id: line.feed_id,
                title: line.title,
                kind: FeedKind::from_code(line.kind),
                unread: line.unread_count,
                trouble: line.trouble,
                plain_tile: line.plain_tile,
            });
        }
    }
    Sidebar { counts, categories, tags, searches: Vec::new() }
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
