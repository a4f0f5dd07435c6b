//! Lists: a page of articles by key, and an article's neighbours in the list it was opened from.
//!
//! Each list is one statement: an inner one that walks an index to the page's ids and stops there, and around it the
//! columns that lists show. A page starts after a [`Cursor`] instead of at an offset, so that page 1,000 costs what
//! page 1 costs and nothing is shown twice when articles arrive in between.

mod statements;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::db::{Db, read, statements};
use super::dialect::Either;
use super::error::StoreError;
use super::row::url;
use crate::domain::{AccountId, ArticleId, CategoryId, Completeness, FeedId, Language, TagId, UnixMillis, WebUrl};

statements! {
    /// Counting stops where the answer no longer matters.
    FEW_FEEDS = "SELECT COUNT(*) FROM (SELECT 1 FROM subscription WHERE account_id = $1 LIMIT $2 + 0) AS few";
    FEW_IN_CATEGORY = "SELECT COUNT(*) FROM \
                       (SELECT 1 FROM subscription WHERE account_id = $1 AND category_id = $3 LIMIT $2 + 0) AS few";
    UNREAD_IN_CATEGORY = "SELECT COALESCE(CAST(SUM(unread_count) AS BIGINT), 0) FROM subscription \
                          WHERE account_id = $1 AND category_id = $2";
    SORT_POSITION = "SELECT sort_at FROM article WHERE id = $1";
    STARRED_POSITION = "SELECT marked_at FROM starred WHERE account_id = $1 AND article_id = $2";
    LATER_POSITION = "SELECT marked_at FROM later WHERE account_id = $1 AND article_id = $2";
    OPENED_POSITION = "SELECT opened_at FROM opened WHERE account_id = $1 AND article_id = $2";
    TAGGED_POSITION = "SELECT marked_at FROM tagged WHERE account_id = $1 AND article_id = $2 AND tag_id = $3";
}
pub(super) use statements::ALL as LISTS;

/// Which articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// What is unread of all followed feeds.
    Unread,
    /// Everything of all followed feeds.
    All,
    /// What is starred, whether still followed or not, by the time of the star.
    Starred,
    /// What is kept for later, by the time when it was.
    Later,
    /// What was opened, by the last time when it was.
    History,
    /// What has one tag, by the time when it got it.
    Tag(TagId),
    /// The followed feeds of one category.
    Category(CategoryId),
    /// One followed feed.
    Feed(FeedId),
}

impl Scope {
    /// The scope of a name; `None` for what is none.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "unread" => Self::Unread,
            "all" => Self::All,
            "starred" => Self::Starred,
            "later" => Self::Later,
            "history" => Self::History,
            _ => match name.split_once('-')? {
                ("tag", id) => Self::Tag(TagId(id.parse().ok()?)),
                ("category", id) => Self::Category(CategoryId(id.parse().ok()?)),
                ("feed", id) => Self::Feed(FeedId(id.parse().ok()?)),
                _ => return None,
            },
        })
    }

    /// Its name, as addresses and published lists have it.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::Unread => "unread".into(),
            Self::All => "all".into(),
            Self::Starred => "starred".into(),
            Self::Later => "later".into(),
            Self::History => "history".into(),
            Self::Tag(id) => format!("tag-{id}").into(),
            Self::Category(id) => format!("category-{id}").into(),
            Self::Feed(id) => format!("feed-{id}").into(),
        }
    }
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// The latest at the top.
    #[default]
    NewestFirst,
    /// The earliest at the top.
    OldestFirst,
}

impl Order {
    /// The other one.
    pub fn reversed(self) -> Self {
        match self {
            Self::NewestFirst => Self::OldestFirst,
            Self::OldestFirst => Self::NewestFirst,
        }
    }
}

/// A place in a list: that of one article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Cursor {
    /// The article's moment in this list: for starred, later and tags the mark's, for the history the opening's, else the
    /// article's own.
    pub sort_at: UnixMillis,
    /// The article.
    pub id: ArticleId,
}

/// What to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListQuery {
    /// Which articles.
    pub scope: Scope,
    /// Of these only what is unread.
    pub only_unread: bool,
    /// In which order.
    pub order: Order,
    /// Begin after this place; `None` at the top.
    pub after: Option<Cursor>,
    /// At most so many rows.
    pub limit: i64,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRow {
    /// The article.
    pub id: ArticleId,
    /// Its place in this list.
    pub cursor: Cursor,
    /// Its feed.
    pub feed_id: FeedId,
    /// The feed's title as the account calls it.
    pub feed_title: String,
    /// Whether the feed’s letter has no colour.
    pub plain_tile: bool,
    /// Plain text; may be empty.
    pub title: String,
    /// Its page.
    pub url: Option<WebUrl>,
    /// Plain text.
    pub author: Option<String>,
    /// Plain text.
    pub excerpt: String,
    /// The text's language.
    pub language: Option<Language>,
    /// The first picture worth showing.
    pub lead_image: Option<WebUrl>,
    /// Words of alphabetic scripts.
    pub words: u32,
    /// Han, kana and hangul characters.
    pub cjk_chars: u32,
    /// When it was published, if that is known.
    pub published: Option<UnixMillis>,
    /// The earlier of publication and first fetch.
    pub sort_at: UnixMillis,
    /// Whether the source shows the whole text.
    pub completeness: Completeness,
    /// Not read yet.
    pub unread: bool,
    /// Starred.
    pub starred: bool,
    /// Kept for later.
    pub later: bool,
}

/// The articles beside one in a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Neighbours {
    /// The one above it.
    pub previous: Option<ListRow>,
    /// The one below it.
    pub next: Option<ListRow>,
}

/// A row as the statements give it.
#[derive(Debug, sqlx::FromRow)]
struct Record {
    at: UnixMillis,
    id: ArticleId,
    feed_id: FeedId,
    feed_title: String,
    plain_tile: bool,
    title: String,
    url: Option<String>,
    author: Option<String>,
    excerpt: String,
    language: Option<Language>,
    lead_image: Option<String>,
    words: i64,
    cjk_chars: i64,
    published_at: Option<UnixMillis>,
    sort_at: UnixMillis,
    partial: bool,
    unread: bool,
    starred: bool,
    later: bool,
}

impl From<Record> for ListRow {
    fn from(row: Record) -> Self {
        Self {
            id: row.id,
            cursor: Cursor { sort_at: row.at, id: row.id },
            feed_id: row.feed_id,
            feed_title: row.feed_title,
            plain_tile: row.plain_tile,
            title: row.title,
            url: url(row.url),
            author: row.author,
            excerpt: row.excerpt,
            language: row.language,
            lead_image: url(row.lead_image),
            words: u32::try_from(row.words).unwrap_or(0),
            cjk_chars: u32::try_from(row.cjk_chars).unwrap_or(0),
            published: row.published_at,
            sort_at: row.sort_at,
            completeness: if row.partial { Completeness::Partial } else { Completeness::Whole },
            unread: row.unread,
            starred: row.starred,
            later: row.later,
        }
    }
}

/// Up to so many feeds, the newest of each are merged; walking all articles by date would pass over most of them.
const FEW: i64 = 20;
/// Up to so many unread articles of a category, sorting them beats walking all that is unread.
const FEW_UNREAD: i64 = 2_000;

impl Db {
    /// A page of a list. What does not belong to the account (a category, a feed that it does not follow) is empty.
    pub async fn list(&self, account: AccountId, query: &ListQuery) -> Result<Vec<ListRow>, StoreError> {
        let plan = self.plan(account, query).await?;
        self.run(plan, account, query).await
    }

    async fn run(&self, plan: Plan, account: AccountId, query: &ListQuery) -> Result<Vec<ListRow>, StoreError> {
        let statement = plan.in_order(query.order).of(self);
        let after = query.after.unwrap_or_else(|| before_everything(query.order));
        let argument = match query.scope {
            Scope::Category(id) => Some(id.0),
            Scope::Feed(id) => Some(id.0),
            Scope::Tag(id) => Some(id.0),
            Scope::Unread | Scope::All | Scope::Starred | Scope::Later | Scope::History => None,
        };
        let rows: Vec<Record> = read!(self, c => {
            let mut statement = sqlx::query_as(statement)
                .bind(account)
                .bind(after.sort_at)
                .bind(after.id)
                .bind(query.limit.max(0));
            if let Some(argument) = argument {
                statement = statement.bind(argument);
            }
            statement.fetch_all(c).await
        })?;
        Ok(rows.into_iter().map(ListRow::from).collect())
    }

    /// A page of everything that the account may read, whether it follows its feed or not, the newest first and nothing twice.
    pub async fn list_whole(
        &self,
        account: AccountId,
        after: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<ListRow>, StoreError> {
        let after = after.unwrap_or_else(|| before_everything(Order::NewestFirst));
        let statement = statements::WHOLE.in_order(Order::NewestFirst).of(self);
        let rows: Vec<Record> = read!(self, c => sqlx::query_as(statement)
            .bind(account).bind(after.sort_at).bind(after.id).bind(limit.max(0)).fetch_all(c).await)?;
        Ok(rows.into_iter().map(ListRow::from).collect())
    }

    /// The rows of articles, given as a list of ids, that are known to be the account's to read.
    pub(super) async fn list_of(&self, account: AccountId, ids: &str) -> Result<Vec<ListRow>, StoreError> {
        let statement = statements::THESE.in_order(Order::NewestFirst).of(self);
        let after = before_everything(Order::NewestFirst);
        let rows: Vec<Record> = read!(self, c => sqlx::query_as(statement)
            .bind(account).bind(after.sort_at).bind(after.id).bind(i64::MAX).bind(ids).fetch_all(c).await)?;
        Ok(rows.into_iter().map(ListRow::from).collect())
    }

    /// The articles above and below `article` in a list, whether or not it is still in it itself (an unread one that
    /// was just read is not). `query.after` and `query.limit` do not matter.
    pub async fn neighbours(
        &self,
        account: AccountId,
        query: &ListQuery,
        article: ArticleId,
    ) -> Result<Neighbours, StoreError> {
        let marked = self.position(account, query.scope, article).await?;
        let Some(sort_at) = marked else { return Ok(Neighbours::default()) };
        let below = ListQuery { after: Some(Cursor { sort_at, id: article }), limit: 1, ..*query };
        let above = ListQuery { order: query.order.reversed(), ..below };
        let plan = self.plan(account, query).await?;
        let (mut next, mut previous) =
            tokio::try_join!(self.run(plan, account, &below), self.run(plan, account, &above))?;
        Ok(Neighbours { previous: previous.pop(), next: next.pop() })
    }

    /// The moment by which an article stands in a list: for starred, later and tags the mark's, for the history the opening's,
    /// else its own. `None` if it has none there.
    pub async fn position(
        &self,
        account: AccountId,
        scope: Scope,
        article: ArticleId,
    ) -> Result<Option<UnixMillis>, StoreError> {
        let statement = match scope {
            Scope::Starred => STARRED_POSITION,
            Scope::Later => LATER_POSITION,
            Scope::History => OPENED_POSITION,
            Scope::Tag(tag) => {
                return Ok(read!(self, c => sqlx::query_scalar(TAGGED_POSITION)
                    .bind(account).bind(article).bind(tag).fetch_optional(c).await)?);
            }
            Scope::Unread | Scope::All | Scope::Category(_) | Scope::Feed(_) => {
                return self.sort_position(article).await;
            }
        };
        Ok(read!(self, c => sqlx::query_scalar(statement).bind(account).bind(article).fetch_optional(c).await)?)
    }

    /// The earlier of an article's publication and first fetch.
    pub(super) async fn sort_position(&self, article: ArticleId) -> Result<Option<UnixMillis>, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(SORT_POSITION).bind(article).fetch_optional(c).await)?)
    }

    /// Which statement answers a query fastest.
    async fn plan(&self, account: AccountId, query: &ListQuery) -> Result<Plan, StoreError> {
        Ok(match (query.scope, query.only_unread) {
            (Scope::Unread, _) | (Scope::All, true) => statements::UNREAD,
            (Scope::All, false) => {
                let feeds: i64 =
                    read!(self, c => sqlx::query_scalar(FEW_FEEDS).bind(account).bind(FEW + 1).fetch_one(c).await)?;
                if feeds <= FEW { statements::ALL_MERGED } else { statements::ALL_WALKED }
            }
            (Scope::Category(category), true) => {
                let unread: i64 = read!(self, c => sqlx::query_scalar(UNREAD_IN_CATEGORY)
                    .bind(account).bind(category).fetch_one(c).await)?;
                if unread <= FEW_UNREAD {
                    statements::UNREAD_CATEGORY_SORTED
                } else {
                    statements::UNREAD_CATEGORY_WALKED
                }
            }
            (Scope::Category(category), false) => {
                let feeds: i64 = read!(self, c => sqlx::query_scalar(FEW_IN_CATEGORY)
                    .bind(account).bind(FEW + 1).bind(category).fetch_one(c).await)?;
                if feeds <= FEW { statements::CATEGORY_MERGED } else { statements::CATEGORY_WALKED }
            }
            (Scope::Feed(_), true) => statements::UNREAD_FEED,
            (Scope::Feed(_), false) => statements::FEED,
            (Scope::Starred, false) => statements::STARRED,
            (Scope::Starred, true) => statements::STARRED_UNREAD,
            (Scope::Later, false) => statements::LATER,
            (Scope::Later, true) => statements::LATER_UNREAD,
            (Scope::History, false) => statements::HISTORY,
            (Scope::History, true) => statements::HISTORY_UNREAD,
            (Scope::Tag(_), false) => statements::TAG,
            (Scope::Tag(_), true) => statements::TAG_UNREAD,
        })
    }
}

/// The statements of one list in both orders.
#[derive(Debug, Clone, Copy)]
struct Plan {
    newest_first: Either,
    oldest_first: Either,
}

impl Plan {
    fn in_order(self, order: Order) -> Either {
        match order {
            Order::NewestFirst => self.newest_first,
            Order::OldestFirst => self.oldest_first,
        }
    }
}

/// A place before the first row.
fn before_everything(order: Order) -> Cursor {
    let end = match order {
        Order::NewestFirst => i64::MAX,
        Order::OldestFirst => i64::MIN,
    };
    Cursor { sort_at: UnixMillis(end), id: ArticleId(end) }
}
