//! Refreshing feeds: lease, fetch, read, store, and note when to come again.
//!
//! Reading happens on the threads of the content pool, where a document that makes the reader panic or run for ever
//! costs itself only. A process that dies while a feed is open leaves its lease to run out; the store counts that.

use sha2::{Digest as _, Sha256};

use super::desk::Desk;
use super::rules::judge;
use super::schedule::{self, Bounds};
use crate::app::App;
use crate::content::article::{Source, article_from_entry, needs_page};
use crate::domain::{BodyPreference, Failure, FeedId, UnixMillis, WebUrl};
use crate::egress::{Answer, CacheHints, Fetched, Purpose, Request, Validators};
use crate::feed::{self, ParseContext};
use crate::store::{
    DocumentFacts, DueFeed, FeedOutcome, IncomingArticle, Moved, NewUnread, StoreError, StoreReport, Strangers,
};

/// So many articles of a feed's first document are unread for its first followers; the older ones are there to be
/// found, but are no news.
pub const NEWEST_UNREAD: usize = 50;
/// Of so many articles of a feed's first document the pages are fetched, if they are wanted at all: the newest.
const NEWEST_PAGES: usize = 20;
/// The most entries of one document that are read.
const MAX_ENTRIES: usize = 1_000;
/// For how long a feed is leased. Covers a long wait at a slow host; a dead worker's feed comes back after it.
pub(super) const LEASE: i64 = 15 * UnixMillis::MINUTE;

/// How the check of a feed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// A document was read and its articles are stored.
    Read,
    /// There is nothing new: the server said so, or sent the same bytes as the last time.
    Unchanged,
    /// It could not be read. What was stored of it stays.
    Failed(Failure),
    /// Nothing was done: somebody else is at it, or the program is stopping.
    Skipped,
}

/// What the check of a feed brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshReport {
    /// Which feed it is now: another one than was checked if it moved to the address of that one.
    pub feed: FeedId,
    /// How it ended.
    pub ended: Ended,
    /// Entries in the document.
    pub entries: usize,
    /// Articles that are new.
    pub added: usize,
    /// Articles whose text changed.
    pub changed: usize,
}

impl RefreshReport {
    /// Nothing was done.
    pub(super) fn skipped(feed: FeedId) -> Self {
        Self::empty(feed, Ended::Skipped)
    }

    fn empty(feed: FeedId, ended: Ended) -> Self {
        Self { feed, ended, entries: 0, added: 0, changed: 0 }
    }
}

/// Checks one feed now, due or not. Whoever calls this waits for it: the pause between requests to one host applies.
pub async fn refresh_feed(app: &App, feed: FeedId) -> Result<RefreshReport, StoreError> {
    match app.db.lease_feed(feed, app.clock.now(), LEASE).await? {
        Some(due) => check(app, due, &Desk::new(1)).await,
        None => Ok(RefreshReport::skipped(feed)),
    }
}

/// As [`refresh_feed`], but a feed that was checked within the last `fresh` milliseconds is left alone. The question is asked
/// with the lease in hand, so of many who ask at once one fetches.
pub async fn refresh_feed_unless_fresh(app: &App, feed: FeedId, fresh: i64) -> Result<RefreshReport, StoreError> {
    let now = app.clock.now();
    let Some(due) = app.db.lease_feed(feed, now, LEASE).await? else { return Ok(RefreshReport::skipped(feed)) };
    if due.feed.checked_at.is_some_and(|checked| checked <= now && now < checked.plus(fresh)) {
        app.db.release_feed(feed, due.lease).await?;
        return Ok(RefreshReport::skipped(feed));
    }
    check(app, due, &Desk::new(1)).await
}

/// Checks a leased feed and gives it back. What was fetched waits for its place at the desk.
pub(super) async fn check(app: &App, due: DueFeed, desk: &Desk) -> Result<RefreshReport, StoreError> {
    let (feed, lease) = (due.feed.id, due.lease);
    let report = check_leased(app, due, desk).await;
    if report.is_err() {
        // The database failed and not the feed. If it cannot even be given back, the lease runs out by itself.
        let _ = app.db.release_feed(feed, lease).await;
    }
    report
}

async fn check_leased(app: &App, due: DueFeed, desk: &Desk) -> Result<RefreshReport, StoreError> {
    let Some(url) = due.feed.url.clone() else {
        return finish_failed(app, due, Failure::Unreachable, CacheHints::default()).await;
    };
    let validators = Validators { etag: due.etag.clone(), last_modified: due.last_modified.clone() };
    let request = Request { validators, ..Request::new(url, Purpose::Feed) };
    match app.egress.fetch(request).await {
        Ok(Answer::NotModified(unchanged)) => finish_unchanged(app, due, unchanged.hints, unchanged.moved_to).await,
        Ok(Answer::Fetched(fetched)) => {
            let place = desk.place().await;
            let report = take_document(app, due, fetched).await;
            drop(place);
            report
        }
        Err(error) => finish_failed(app, due, error.failure, error.hints).await,
    }
}

/// What was made of a document.
enum Reading {
    /// The same bytes as the last time.
    Same,
    /// Something to store.
    Document(Box<Document>),
    /// Nothing that can be read.
    Unreadable(Failure),
}

struct Document {
    facts: DocumentFacts,
    articles: Vec<IncomingArticle>,
    interval: i64,
}

async fn take_document(app: &App, due: DueFeed, fetched: Fetched) -> Result<RefreshReport, StoreError> {
    let Fetched { url, moved_to, content_type, validators, hints, body } = fetched;
    // Articles are resolved against this address, shown and exported: the key to the feed is not to travel with them.
    let url = url.without_credentials();
    let now = app.clock.now();
    let preference = preference_of(&app.db.body_preferences(due.feed.id).await?);
    let is_new = due.is_new();
    let known_hash = due.body_hash.clone();
    let reading = app
        .content
        .run(move || {
            let hash = Sha256::digest(&*body)[..16].to_vec();
            if known_hash.as_ref() == Some(&hash) {
                return Reading::Same;
            }
            let context =
                ParseContext { url: &url, content_type: content_type.as_deref(), now, max_entries: MAX_ENTRIES };
            read(&body, &context, preference, is_new, validators, hash)
        })
        .await
        // Caught, and of no use to anybody who reads a list of feeds: it is in the log.
        .unwrap_or_else(|error| {
            tracing::error!(feed = due.feed.id.0, %error, "a document could not be read");
            Reading::Unreadable(Failure::SetAside)
        });
    match reading {
        Reading::Same => finish_unchanged(app, due, hints, moved_to).await,
        Reading::Unreadable(failure) => finish_failed(app, due, failure, hints).await,
        Reading::Document(document) => store_document(app, due, *document, hints, moved_to, now).await,
    }
}

/// The pure part: bytes to articles.
fn read(
    body: &[u8],
    context: &ParseContext<'_>,
    preference: BodyPreference,
    is_new: bool,
    validators: Validators,
    hash: Vec<u8>,
) -> Reading {
    let document = match feed::parse(body, context) {
        Ok(document) => document,
        Err(error) => return Reading::Unreadable(error.failure()),
    };
    let source = Source {
        title: &document.title,
        url: Some(context.url),
        site_url: document.site_url.as_ref(),
        language: document.language.as_ref(),
    };
    let mut articles: Vec<IncomingArticle> = document
        .entries
        .iter()
        .map(|entry| {
            let draft = article_from_entry(entry, &source, context.now);
            let wants_page = needs_page(&draft, preference);
            IncomingArticle { wants_page, ..draft.into() }
        })
        .collect();
    if is_new {
        want_newest_pages_only(&mut articles);
    }
    let dates = document.entries.iter().filter_map(|entry| entry.published);
    let interval = schedule::interval(dates, document.schedule.interval_millis, context.now);
    let facts = DocumentFacts {
        title: document.title,
        description: document.description,
        site_url: document.site_url,
        icon_url: document.icon,
        language: document.language,
        warnings: document.warnings,
        etag: validators.etag,
        last_modified: validators.last_modified,
        body_hash: Some(hash),
    };
    Reading::Document(Box::new(Document { facts, articles, interval }))
}

/// The first document of a feed may hold years: only the newest of its pages are fetched unasked.
fn want_newest_pages_only(articles: &mut [IncomingArticle]) {
    let mut wanting: Vec<&mut IncomingArticle> = articles.iter_mut().filter(|article| article.wants_page).collect();
    // Those without a date keep their place in the document, after those with one.
    wanting.sort_by_key(|article| std::cmp::Reverse(article.draft.published));
    for article in wanting.into_iter().skip(NEWEST_PAGES) {
        article.wants_page = false;
    }
}

/// What those who follow a feed want together: a page that one of them wants is fetched, and one that nobody wants is
/// not. What each of them sees is decided when they read.
fn preference_of(all: &[BodyPreference]) -> BodyPreference {
    if all.contains(&BodyPreference::Page) {
        BodyPreference::Page
    } else if all.is_empty() || all.contains(&BodyPreference::Automatic) {
        BodyPreference::Automatic
    } else {
        BodyPreference::Feed
    }
}

async fn store_document(
    app: &App,
    due: DueFeed,
    document: Document,
    hints: CacheHints,
    moved_to: Option<WebUrl>,
    now: UnixMillis,
) -> Result<RefreshReport, StoreError> {
    let Document { facts, articles, interval } = document;
    let articles = judge(app, due.feed.id, articles).await?;
    let unread = if due.is_new() { NewUnread::Newest(NEWEST_UNREAD) } else { NewUnread::All };
    let stored: StoreReport = app.db.store_articles(due.feed.id, &articles, unread, now).await?;
    for refused in &stored.refused {
        let title = articles.get(refused.index).map(|article| article.draft.title.as_str());
        tracing::error!(feed = due.feed.id.0, title, error = refused.error, "an article could not be stored");
    }
    let keys: Vec<[u8; 16]> = articles.iter().map(|article| article.draft.keys.first).collect();
    app.db.note_listed(due.feed.id, &keys).await?;
    if !due.is_new() && is_another_site(app, due.feed.id, &articles, &stored).await? {
        app.db.note_turned(due.feed.id, now).await?;
    }
    let report = RefreshReport {
        feed: due.feed.id,
        ended: Ended::Read,
        entries: articles.len(),
        added: stored.added.len(),
        changed: stored.changed.len(),
    };
    drop(articles);
    let next = schedule::after_answer(now, interval, hints, bounds(app), app.entropy.below(u64::MAX));
    let moved = told_again(&due, moved_to);
    let outcome = FeedOutcome {
        id: due.feed.id,
        lease: due.lease,
        checked_at: now,
        next_check_at: next,
        interval_millis: Some(interval),
        failure: None,
        moved: moved.clone(),
        document: Some(facts),
    };
    let feed = finish(app, outcome, due.feed.url.as_ref(), moved).await?;
    Ok(RefreshReport { feed, ..report })
}

/// A feed is only taken for another one if its document has so many entries,
const TURNED_ENTRIES: usize = 3;
/// and so many articles of it are known.
const TURNED_KNOWN: usize = 5;

/// Whether a document has nothing but new articles, and all of them of other sites than those that came before.
async fn is_another_site(
    app: &App,
    feed: FeedId,
    articles: &[IncomingArticle],
    stored: &StoreReport,
) -> Result<bool, StoreError> {
    let Some(first) = stored.added.iter().min() else { return Ok(false) };
    if stored.added.len() < articles.len() || articles.len() < TURNED_ENTRIES {
        return Ok(false);
    }
    let before = app.db.addresses_before(feed, *first).await?;
    let mut now = articles.iter().filter_map(|article| article.draft.url.as_ref());
    Ok(before.len() >= TURNED_KNOWN && now.all(|url| !before.iter().any(|known| schedule::is_same_site(known, url))))
}

async fn finish_unchanged(
    app: &App,
    due: DueFeed,
    hints: CacheHints,
    moved_to: Option<WebUrl>,
) -> Result<RefreshReport, StoreError> {
    let now = app.clock.now();
    let interval = schedule::stretched(due.feed.interval_millis, bounds(app));
    let moved = told_again(&due, moved_to);
    let outcome = FeedOutcome {
        id: due.feed.id,
        lease: due.lease,
        checked_at: now,
        next_check_at: schedule::after_answer(now, interval, hints, bounds(app), app.entropy.below(u64::MAX)),
        interval_millis: Some(interval),
        failure: None,
        moved: moved.clone(),
        document: None,
    };
    let feed = finish(app, outcome, due.feed.url.as_ref(), moved).await?;
    Ok(RefreshReport::empty(feed, Ended::Unchanged))
}

async fn finish_failed(
    app: &App,
    due: DueFeed,
    failure: Failure,
    hints: CacheHints,
) -> Result<RefreshReport, StoreError> {
    let now = app.clock.now();
    let jitter = app.entropy.below(u64::MAX);
    let in_a_row = due.feed.failure_count.saturating_add(1);
    let interval = due.feed.interval_millis;
    let next_check_at = schedule::after_failure(now, interval, in_a_row, failure, hints, bounds(app), jitter);
    tracing::info!(feed = due.feed.id.0, host = due.feed.url.as_ref().map(WebUrl::host), %failure, "feed not read");
    // A failure in between neither confirms a move nor speaks against it.
    let moved = due.feed.moved_to.map(|to| Moved { to, count: due.feed.moved_count });
    let outcome = FeedOutcome {
        id: due.feed.id,
        lease: due.lease,
        checked_at: now,
        next_check_at,
        interval_millis: None,
        failure: Some(failure),
        moved,
        document: None,
    };
    finish(app, outcome, None, None).await?;
    Ok(RefreshReport::empty(due.feed.id, Ended::Failed(failure)))
}

/// Gives the feed back. A move that was told often enough, with an answer that is a feed, becomes its address; if that is
/// the address of another feed, the two become one. Which feed it is from now on.
async fn finish(
    app: &App,
    outcome: FeedOutcome,
    from: Option<&WebUrl>,
    moved: Option<Moved>,
) -> Result<FeedId, StoreError> {
    let id = outcome.id;
    if !app.db.finish_feed(outcome).await? {
        tracing::warn!(feed = id.0, "the check took longer than its lease; its outcome is dropped");
        return Ok(id);
    }
    let Some(Moved { to, count }) = moved else { return Ok(id) };
    if !schedule::is_believed(count) || app.db.move_feed(id, &to).await? {
        return Ok(id);
    }
    let Some(other) = app.db.feed_by_url(&to).await?.map(|feed| feed.id) else { return Ok(id) };
    // Anybody can redirect to anybody's feed: only their own site's, or one that nobody else follows, takes their articles.
    let is_own = from.is_some_and(|from| schedule::is_same_site(from, &to));
    let strangers = if is_own { Strangers::Allowed } else { Strangers::Refused };
    if app.db.merge_feeds(id, other, strangers).await? {
        tracing::info!(feed = id.0, into = other.0, "moved to the address of another feed, which took it in");
        return Ok(other);
    }
    tracing::info!(feed = id.0, "moved to the address of another feed; it goes on by its old one");
    Ok(id)
}

/// The move that an answer told of, counted. An answer without one forgets earlier ones.
fn told_again(due: &DueFeed, moved_to: Option<WebUrl>) -> Option<Moved> {
    let to = moved_to?;
    let count = if due.feed.moved_to.as_ref() == Some(&to) { due.feed.moved_count.saturating_add(1) } else { 1 };
    Some(Moved { to, count })
}

fn bounds(app: &App) -> Bounds {
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let polling = &app.settings.polling;
    Bounds { shortest: millis(polling.min_interval), longest: millis(polling.max_interval) }
}
