//! Keeping house: what readers do not want to keep any longer goes into their trash, and what has lain there for thirty days
//! goes for good. Without a choice of theirs nothing goes.

use std::time::Duration;

use super::zone::zone_of;
use crate::app::App;
use crate::domain::{AccountId, ArticleId, FeedId, Retention, UnixMillis};
use crate::search::Query;
use crate::store::{
    CORRECTION, Doomed, ImportUndone, ListQuery, Order, Publication, Scope, SearchRequest, StoreError, Swept,
    ThrownAway,
};

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
    apply_at(app, account, app.clock.now()).await
}

async fn apply_at(app: &App, account: AccountId, now: UnixMillis) -> Result<ThrownAway, StoreError> {
    let published = published(app, account).await?;
    app.db.apply_retention(account, &published, now).await
}

/// Does so for every account, at a steady time. How many articles went into a trash.
pub async fn apply_all(app: &App, now: UnixMillis) -> Result<u64, StoreError> {
    let mut count = 0;
    for account in app.db.accounts_with_retention().await? {
        count += apply_at(app, account, now).await?.count;
    }
    Ok(count)
}

/// Lets go for good what has lain in a trash for thirty days, at a steady time.
pub async fn sweep(app: &App, now: UnixMillis) -> Result<Swept, StoreError> {
    app.db.sweep_trash(now).await
}

/// Looks at the clock, after the server has been running for `ran` since the last look: the time by which things go for good
/// ([`SteadyTime`](crate::store::SteadyTime)). If the clock went back, what waits for the time that it had shown is mended.
pub async fn look_at_clock(app: &App, ran: Duration) -> Result<UnixMillis, StoreError> {
    let time = app.db.steady_time(app.clock.now(), ran).await?;
    if time.clock_went_back {
        mend_schedule(app).await?;
    }
    Ok(time.now)
}

/// Notices a clock that goes back while the server is running, by looking at it once in a while.
#[derive(Debug)]
pub struct ClockWatch {
    /// What the clock showed at the last look.
    last: UnixMillis,
}

impl ClockWatch {
    /// Begins to watch.
    pub fn new(app: &App) -> Self {
        Self { last: app.clock.now() }
    }

    /// Looks at the clock, `ran` after the last look. If it shows less than it must, by more than clocks are corrected by,
    /// what waits for its former time is mended. Whether that was so; after an error the next look sees it again.
    pub async fn look(&mut self, app: &App, ran: Duration) -> Result<bool, StoreError> {
        let now = app.clock.now();
        let due = self.last.plus(i64::try_from(ran.as_millis()).unwrap_or(i64::MAX));
        if now.plus(CORRECTION) >= due {
            self.last = now;
            return Ok(false);
        }
        self.last = due;
        mend_schedule(app).await?;
        self.last = now;
        Ok(true)
    }
}

/// Lets nothing wait for a time that a wrong clock had shown.
pub async fn mend_schedule(app: &App) -> Result<(), StoreError> {
    let longest = i64::try_from(app.settings.polling.max_interval.as_millis()).unwrap_or(i64::MAX);
    let mended = app.db.mend_after_clock_went_back(app.clock.now(), longest).await?;
    tracing::warn!(mended, "the clock went back; what waited for its former time does not any more");
    Ok(())
}

/// Takes an import back; `None` if that is over.
pub async fn undo_import(
    app: &App,
    account: AccountId,
    receipt: i64,
    step: &(dyn Fn(usize) + Sync),
) -> Result<Option<ImportUndone>, StoreError> {
    let published = published(app, account).await?;
    app.db.undo_import(account, receipt, &published, app.clock.now(), step).await
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
    let query = Query::parse(&search.query, app.clock.now(), &zone_of(app, account).await?);
    let Some(node) = &query.node else { return Ok(Vec::new()) };
    let limit = usize::try_from(limit).unwrap_or(0);
    let found = app.db.search(account, &SearchRequest { node, within: None, below: None, limit }).await?;
    Ok(found.hits.iter().map(|hit| hit.id).collect())
}
