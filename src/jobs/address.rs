//! Another address for a feed that a reader follows, without losing what it brought.
//!
//! If the feed is the reader's alone, it moves with all its articles, and becomes part of a feed that is at the new address
//! already. Where somebody else could one day find its articles under the name of a site that never wrote them, it does
//! not: then the new address is followed beside it, with the same settings, and the old one is paused and keeps its articles.

use super::refresh::{NEWEST_UNREAD, refresh_feed};
use super::schedule::is_same_site;
use super::subscribe::{AddError, look};
use crate::app::App;
use crate::domain::{AccountId, Failure, FeedId, WebUrl};
use crate::store::{BulkChange, Strangers, SubscriptionChange};

/// What came of another address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readdressed {
    /// The feed is fetched from there; which feed it is now.
    Moved(FeedId),
    /// The new address is followed as this feed, and the old one is paused.
    Beside(FeedId),
}

/// Fetches a followed feed from what was typed, if there is a feed. Nothing changes if there is none.
pub async fn change_address(app: &App, account: AccountId, feed: FeedId, typed: &str) -> Result<Readdressed, AddError> {
    let found = look(app, account, typed).await?;
    let to = match found.feeds.into_iter().next() {
        Some(found_feed) if found.page.is_none() => found_feed.url,
        _ => return Err(AddError::Fetch(Failure::HtmlPage)),
    };
    let from = app.db.feed(feed).await?.and_then(|feed| feed.url);
    if from.as_ref() == Some(&to) {
        let report = refresh_feed(app, feed).await?;
        return Ok(Readdressed::Moved(report.feed));
    }
    if may_move(app, account, feed, from.as_ref(), &to).await?
        && let Some(feed) = move_or_merge(app, account, feed, &to).await?
    {
        let report = refresh_feed(app, feed).await?;
        return Ok(Readdressed::Moved(report.feed));
    }
    follow_beside(app, account, feed, &to).await.map(Readdressed::Beside)
}

/// Whether the feed's articles may be found at the new address by whoever follows it later.
async fn may_move(
    app: &App,
    account: AccountId,
    feed: FeedId,
    from: Option<&WebUrl>,
    to: &WebUrl,
) -> Result<bool, AddError> {
    if app.db.is_shared(account, feed).await? {
        return Ok(false);
    }
    Ok(from.is_some_and(|from| is_same_site(from, to)) || app.db.count_accounts().await? == 1)
}

async fn move_or_merge(app: &App, account: AccountId, feed: FeedId, to: &WebUrl) -> Result<Option<FeedId>, AddError> {
    if app.db.move_own_feed(account, feed, to).await? {
        return Ok(Some(feed));
    }
    let Some(other) = app.db.feed_by_url(to).await? else { return Ok(None) };
    let merged = app.db.merge_feeds(feed, other.id, Strangers::Refused).await?;
    Ok(merged.then_some(other.id))
}

async fn follow_beside(app: &App, account: AccountId, feed: FeedId, to: &WebUrl) -> Result<FeedId, AddError> {
    let now = app.clock.now();
    let own = app.db.subscription(account, feed).await?;
    let other = app.db.ensure_feed(to, now).await?;
    let category = own.as_ref().and_then(|own| own.category);
    let newest = i64::try_from(NEWEST_UNREAD).unwrap_or(i64::MAX);
    if app.db.subscribe(account, other, category, now, newest).await?
        && let Some(own) = own
    {
        let change = SubscriptionChange {
            title: own.own_title,
            category: None,
            preference: Some(own.preference),
            plain_tile: Some(own.plain_tile),
        };
        app.db.update_subscription(account, other, &change).await?;
        app.db.change_subscriptions(account, &[other], BulkChange::Muted(own.muted), now).await?;
        let retention = app.db.feed_retention(account, feed).await?;
        app.db.set_feed_retention(account, other, retention).await?;
    }
    app.db.change_subscriptions(account, &[feed], BulkChange::Paused(true), now).await?;
    refresh_feed(app, other).await?;
    Ok(other)
}
