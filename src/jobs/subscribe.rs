//! Adding an address: what is there to follow or to keep, and following it.

use std::time::Duration;

use futures_util::{StreamExt, stream};

use super::document::{PageDocument, fetch_document};
use super::refresh::{RefreshReport, refresh_feed};
use super::save::kept_page;
use crate::app::App;
use crate::content::article::article_from_page;
use crate::content::extract::extract;
use crate::content::pool::PoolError;
use crate::domain::{AccountId, ArticleId, CategoryId, Failure, FeedDocument, FeedId, UnixMillis, UrlError, WebUrl};
use crate::egress::{Answer, FetchError, Purpose, Request};
use crate::feed::discovery::{FeedLink, common_paths, find_feeds, known_feeds};
use crate::feed::{ParseContext, parse};
use crate::store::StoreError;

use super::refresh::NEWEST_UNREAD;

/// The most feeds of a site that are looked into; pages that link one for every tag are common.
const MOST_LINKED: usize = 6;
/// The most usual places that are tried on a site that links no feed.
const MOST_GUESSED: usize = 5;
/// How long looking into the feeds of a site may take, the pauses of politeness included. What was found by then counts.
const LOOK_FOR: Duration = Duration::from_secs(20);
/// Entries that are read of a feed that is only looked into.
const MOST_ENTRIES: usize = 200;

/// Why an address could not be added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// It is no web address.
    #[error(transparent)]
    Address(#[from] UrlError),
    /// It could not be fetched.
    #[error("the address could not be fetched ({0})")]
    Fetch(Failure),
    /// What is there could not be worked on.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The page was fetched and is not among the kept ones all the same.
    #[error("the page could not be kept; please try again")]
    NotKept,
}

impl From<FetchError> for AddError {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error.failure)
    }
}

/// What an address offers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Feeds, the most likely one first. Several addresses of the same feed are there once.
    pub feeds: Vec<FoundFeed>,
    /// The page itself, if the address is one.
    pub page: Option<FoundPage>,
}

/// A feed that was looked into.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundFeed {
    /// Where it is, after redirects.
    pub url: WebUrl,
    /// Plain text; may be empty.
    pub title: String,
    /// The page that it belongs to.
    pub site_url: Option<WebUrl>,
    /// Plain text.
    pub description: Option<String>,
    /// Entries in the document, up to 200.
    pub entries: usize,
    /// The newest entry's date.
    pub newest: Option<UnixMillis>,
    /// New entries in a week, by the dates of those that are there; `None` if they tell nothing.
    pub per_week: Option<u32>,
    /// The titles of the first entries, at most three.
    pub samples: Vec<String>,
    /// Whether the account follows it already.
    pub followed: Option<FeedId>,
}

/// A page that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundPage {
    /// Where it answered, which is where it can be kept from.
    pub url: WebUrl,
    /// Plain text; may be empty.
    pub title: String,
    /// The beginning of its text; empty if there is nothing to read.
    pub excerpt: String,
    /// The name of the site.
    pub site_name: Option<String>,
    /// The account's article of it, if it is kept already.
    pub kept: Option<ArticleId>,
}

/// Looks at what someone typed and tells what can be followed or kept there. Stores nothing.
pub async fn look(app: &App, account: AccountId, typed: &str) -> Result<Found, AddError> {
    let url = WebUrl::from_typed(typed)?;
    let document = match fetch_document(app, &url).await {
        // An address typed without a scheme is tried with TLS first; some hosts of home networks speak none.
        Err(FetchError { failure: Failure::Unreachable, .. })
            if !typed.contains("://") && url.as_url().scheme() == "https" =>
        {
            let plain = WebUrl::parse(&url.as_str().replacen("https", "http", 1))?;
            fetch_document(app, &plain).await?
        }
        // Feeds may be longer than pages.
        Err(FetchError { failure: Failure::TooLarge, .. }) => {
            let feed = look_into(app, url.clone()).await.ok_or(AddError::Fetch(Failure::TooLarge))?;
            return with_followed(app, account, vec![feed], None).await;
        }
        fetched => fetched?,
    };
    let now = app.clock.now();
    let (document, feed) = app
        .content
        .run(move || {
            let feed = read_feed(&document, now);
            (document, feed)
        })
        .await?;
    if let Some(feed) = feed {
        let found = found_feed(document.url, &feed);
        return with_followed(app, account, vec![found], None).await;
    }
    let page_url = document.url.clone();
    if !document.is_html() {
        let kept = kept_page(app, account, &page_url).await?;
        if kept.is_none() && document.is_no_reading() {
            return Ok(Found::default());
        }
        let page = FoundPage { kept, url: page_url, title: String::new(), excerpt: String::new(), site_name: None };
        return Ok(Found { feeds: Vec::new(), page: Some(page) });
    }
    let (links, mut page, canonical) = app.content.run(move || look_at_page(&document, now)).await?;
    let mut feeds = look_into_all(app, known_first(&page_url, links), MOST_LINKED).await;
    if feeds.is_empty() {
        let guesses = common_paths(&page_url).into_iter().map(|url| FeedLink { url, title: String::new() }).collect();
        feeds = look_into_all(app, guesses, MOST_GUESSED).await;
    }
    page.kept = match kept_page(app, account, &page_url).await? {
        Some(kept) => Some(kept),
        None => kept_page(app, account, &canonical).await?,
    };
    with_followed(app, account, feeds, Some(page)).await
}

/// Follows a feed and reads it for the first time. A feed that others follow already shows its newest articles as
/// unread; one that cannot be read now is followed all the same and tried again later, as the report tells.
pub async fn follow(
    app: &App,
    account: AccountId,
    url: &WebUrl,
    category: Option<CategoryId>,
) -> Result<(FeedId, RefreshReport), AddError> {
    let now = app.clock.now();
    let feed = app.db.ensure_feed(url, now).await?;
    app.db.subscribe(account, feed, category, now, NEWEST_UNREAD as i64).await?;
    let report = refresh_feed(app, feed).await?;
    Ok((feed, report))
}

/// The feeds that are known by the address alone, then those that the page links.
fn known_first(page: &WebUrl, links: Vec<FeedLink>) -> Vec<FeedLink> {
    let mut all = known_feeds(page);
    for link in links {
        if !all.iter().any(|known| known.url == link.url) {
            all.push(link);
        }
    }
    all
}

/// What a page links, what is to read on it, and the address that it calls its own.
fn look_at_page(document: &PageDocument, now: UnixMillis) -> (Vec<FeedLink>, FoundPage, WebUrl) {
    let html = document.html();
    let links = find_feeds(&html, &document.url);
    // A feed of the site may need the credentials that were typed; the page's own links are not to hold them.
    let bare = document.url.without_credentials();
    let page = extract(&html, &bare);
    let draft = article_from_page(&page, now);
    let canonical = draft.url.unwrap_or_else(|| bare.clone());
    let found = FoundPage {
        // It answered here; the address that it calls its own may not answer at all.
        url: bare,
        title: draft.title,
        excerpt: draft.excerpt,
        site_name: draft.site_name,
        kept: None,
    };
    (links, found, canonical)
}

/// Looks into feeds, two at a time, and keeps those that are feeds; stops when the time is over.
async fn look_into_all(app: &App, links: Vec<FeedLink>, most: usize) -> Vec<FoundFeed> {
    let mut found: Vec<(usize, FoundFeed)> = Vec::new();
    let mut looking = stream::iter(links.into_iter().take(most).enumerate())
        .map(|(place, link)| async move {
            let feed = look_into(app, link.url).await?;
            let title = if feed.title.is_empty() { link.title } else { feed.title.clone() };
            Some((place, FoundFeed { title, ..feed }))
        })
        .buffer_unordered(2);
    let all = async {
        while let Some(feed) = looking.next().await {
            found.extend(feed);
        }
    };
    if tokio::time::timeout(LOOK_FOR, all).await.is_err() {
        tracing::debug!("looking for feeds was stopped when its time was over");
    }
    drop(looking);
    found.sort_by_key(|(place, _)| *place);
    let mut feeds: Vec<FoundFeed> = Vec::new();
    for (_, feed) in found {
        // Sites offer one feed at several addresses, and once as RSS and once as Atom.
        let twin =
            |known: &FoundFeed| known.url == feed.url || (known.title == feed.title && known.samples == feed.samples);
        if !feeds.iter().any(twin) {
            feeds.push(feed);
        }
    }
    feeds
}

/// Reads one feed without keeping anything; `None` if there is none.
async fn look_into(app: &App, url: WebUrl) -> Option<FoundFeed> {
    let Ok(Answer::Fetched(fetched)) = app.egress.fetch(Request::new(url, Purpose::Feed)).await else { return None };
    let document = PageDocument { url: fetched.url, content_type: fetched.content_type, body: fetched.body };
    let now = app.clock.now();
    let looked = app.content.run(move || {
        let feed = read_feed(&document, now)?;
        Some(found_feed(document.url, &feed))
    });
    looked.await.ok().flatten()
}

fn read_feed(document: &PageDocument, now: UnixMillis) -> Option<FeedDocument> {
    let context = ParseContext {
        url: &document.url.without_credentials(),
        content_type: document.content_type.as_deref(),
        now,
        max_entries: MOST_ENTRIES,
    };
    parse(&document.body, &context).ok()
}

fn found_feed(url: WebUrl, feed: &FeedDocument) -> FoundFeed {
    let dates = feed.entries.iter().filter_map(|entry| entry.published.or(entry.updated));
    let newest = dates.clone().max();
    let oldest = dates.clone().min();
    let per_week = match (newest, oldest) {
        (Some(newest), Some(oldest)) if newest > oldest => per_week(dates.count(), newest.0 - oldest.0),
        _ => None,
    };
    FoundFeed {
        url,
        title: feed.title.clone(),
        site_url: feed.site_url.clone(),
        description: feed.description.clone(),
        entries: feed.entries.len(),
        newest,
        per_week,
        samples: feed
            .entries
            .iter()
            .map(|entry| entry.title.clone())
            .filter(|title| !title.is_empty())
            .take(3)
            .collect(),
        followed: None,
    }
}

/// Entries a week when `count` of them lie within `span` milliseconds, rounded up.
fn per_week(count: usize, span: i64) -> Option<u32> {
    let gaps = i64::try_from(count).ok()?.checked_sub(1).filter(|gaps| *gaps > 0)?;
    let weekly = gaps.saturating_mul(7 * UnixMillis::DAY).saturating_add(span - 1) / span;
    u32::try_from(weekly).ok()
}

async fn with_followed(
    app: &App,
    account: AccountId,
    mut feeds: Vec<FoundFeed>,
    page: Option<FoundPage>,
) -> Result<Found, AddError> {
    if !feeds.is_empty() {
        let subscriptions = app.db.subscriptions(account).await?;
        for feed in &mut feeds {
            feed.followed = subscriptions.iter().find(|row| row.url.as_ref() == Some(&feed.url)).map(|row| row.feed);
        }
    }
    Ok(Found { feeds, page })
}
