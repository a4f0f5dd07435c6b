//! Keeping house: what readers do not want to keep any longer goes into their trash, and what has lain there for thirty days
//! goes for good. Without a choice of theirs nothing goes.

use jiff::tz::TimeZone;

use crate::app::App;
use crate::domain::{AccountId, ArticleId, FeedId, Retention};
use crate::search::Query;
use crate::store::{Doomed, ListQuery, Order, Publication, Scope, SearchRequest, StoreError, Swept, ThrownAway};

/// Puts one article into the trash of an account. `None` if it may not be: it is starred, kept, tagged, highlighted, shared,
/// published or pinned, or is not the account's to read.
pub async fn throw_away(app: &App, account: AccountId, article: ArticleId) -> Result<Option<ThrownAway>, StoreError> {
    let published = published(app, account).await?;
    app.db.throw_away(account, article, &published, app.clock.now()).await
}

/// What would go into the trash if an account chose this for a feed, or for all that have no choice of their own.
pub async fn preview(
    app: &App,
    account: AccountId,
    feed: Option<FeedId>,
    retention: Option<Retention>,
) -> Result<Vec<Doomed>, StoreError> {
    let published = published(app, account).await?;
    app.db.preview_retention(account, (feed, retention), &published, app.clock.now()).await
}

/// Does for one account what it chose.
pub async fn apply(app: &App, account: AccountId) -> Result<ThrownAway, StoreError> {
    let published = published(app, account).await?;
    app.db.apply_retention(account, &published, app.clock.now()).await
}

/// Does so for every account. How many articles went into a trash.
pub async fn apply_all(app: &App) -> Result<u64, StoreError> {
    let mut count = 0;
    for account in app.db.accounts_with_retention().await? {
        count += apply(app, account).await?.count;
    }
    Ok(count)
}

/// Lets go for good what has lain in a trash for thirty days.
pub async fn sweep(app: &App) -> Result<Swept, StoreError> {
    app.db.sweep_trash(app.clock.now()).await
}

/// The articles that stand in the published lists of an account.
async fn published(app: &App, account: AccountId) -> Result<Vec<ArticleId>, StoreError> {
    let mut articles = Vec::new();
    for publication in app.db.publications(account).await? {
        articles.extend(listed(app, account, &publication).await?);
    }
    articles.sort_unstable();
    articles.dedup();
    Ok(articles)
}

async fn listed(app: &App, account: AccountId, publication: &Publication) -> Result<Vec<ArticleId>, StoreError> {
    let limit = publication.newest;
    if let Some(scope) = Scope::from_name(&publication.list) {
        let query = ListQuery { scope, only_unread: false, order: Order::NewestFirst, after: None, limit };
        return Ok(app.db.list(account, &query).await?.into_iter().map(|row| row.id).collect());
    }
    let id = publication.list.strip_prefix("search-").and_then(|id| id.parse().ok());
    let Some(id) = id else { return Ok(Vec::new()) };
    let Some(search) = app.db.saved_search(account, id).await? else { return Ok(Vec::new()) };
    let query = Query::parse(&search.query, app.clock.now(), &TimeZone::UTC);
    let Some(node) = &query.node else { return Ok(Vec::new()) };
    let limit = usize::try_from(limit).unwrap_or(0);
    let found = app.db.search(account, &SearchRequest { node, within: None, below: None, limit }).await?;
    Ok(found.hits.iter().map(|hit| hit.id).collect())
}
