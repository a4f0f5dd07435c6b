//! The pages of articles: fetched where the feed brings a teaser or a reader wants the page.
//!
//! A job for a page is stored with its article, so none is lost. It may be done twice: the same page again changes
//! nothing.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::document::{PageDocument, fetch_document};
use super::due::{Due, work_off};
use crate::app::App;
use crate::content::article::with_page;
use crate::content::extract::extract;
use crate::domain::{ArticleDraft, ArticleId, BodyPreference, Failure, KeptPage, UnixMillis, WebUrl};
use crate::egress::{CacheHints, FetchError};
use crate::store::{Job, JobKind, StoreError};

/// For how long a job is leased.
const LEASE: i64 = 15 * UnixMillis::MINUTE;
/// Jobs under way at a time; most of them wait for their hosts.
const RUNNING: usize = 32;
/// Pages that are read at a time.
const DESK: usize = 2;
/// So many times a page is tried that might come another time.
const ATTEMPTS: i64 = 4;
/// The wait after the first failure; four times as long after each further one.
const FIRST_WAIT: i64 = 10 * UnixMillis::MINUTE;

/// Why the page of an article could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// There is no such article, or it has no page.
    #[error("there is no page to this article")]
    NoPage,
    /// The page could not be fetched or read.
    #[error("the page could not be read: {failure}")]
    Failed {
        /// Why.
        failure: Failure,
        /// When the server would have us come again.
        hints: CacheHints,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FetchError> for PageError {
    fn from(error: FetchError) -> Self {
        Self::Failed { failure: error.failure, hints: error.hints }
    }
}

impl From<Failure> for PageError {
    fn from(failure: Failure) -> Self {
        Self::Failed { failure, hints: CacheHints::default() }
    }
}

/// Fetches the page of an article and stores what it holds beside what the feed brought. Whether the page's text is
/// then shown is chosen by the texts themselves, and for each reader by the subscription.
pub async fn fetch_page(app: &App, article: ArticleId) -> Result<(), PageError> {
    let (draft, url) = draft_with_url(app, article).await?;
    let document = fetch_html(app, &url).await?;
    take_page(app, article, draft, document.url.clone(), move || document.html()).await
}

async fn draft_with_url(app: &App, article: ArticleId) -> Result<(ArticleDraft, WebUrl), PageError> {
    let (_, draft) = app.db.article_draft(article).await?.ok_or(PageError::NoPage)?;
    let url = draft.url.clone().ok_or(PageError::NoPage)?;
    Ok((draft, url))
}

/// Stores a page that the article's reader saw in a browser, as if it had been fetched.
pub async fn take_seen_page(app: &App, article: ArticleId, url: WebUrl, html: String) -> Result<(), PageError> {
    let (draft, _) = draft_with_url(app, article).await?;
    take_page(app, article, draft, url, move || html).await
}

/// Reads a page and stores what it holds. `html` makes its text, in the pool.
async fn take_page(
    app: &App,
    article: ArticleId,
    draft: ArticleDraft,
    url: WebUrl,
    html: impl FnOnce() -> String + Send + 'static,
) -> Result<(), PageError> {
    let now = app.clock.now();
    let reading = app.content.run(move || {
        let html = html();
        let extracted = extract(&html, &url);
        let draft = with_page(draft, &extracted, BodyPreference::Automatic, now);
        (draft, KeptPage { url, html, fetched_at: now })
    });
    let (draft, kept) = reading.await.map_err(|error| {
        tracing::error!(article = article.0, %error, "a page could not be read");
        Failure::SetAside
    })?;
    if app.db.add_page_body(article, &draft, Some(&kept), now).await? { Ok(()) } else { Err(PageError::NoPage) }
}

/// Fetches a page; what is no HTML has nothing to read.
async fn fetch_html(app: &App, url: &WebUrl) -> Result<PageDocument, PageError> {
    let document = fetch_document(app, url).await?;
    if document.is_html() { Ok(document) } else { Err(Failure::NothingToRead.into()) }
}

/// Does the jobs for pages that are due; how many were done, failed ones included. When `stop` is cancelled, those
/// under way are given back undone.
pub async fn fetch_due_pages(app: &Arc<App>, stop: &CancellationToken) -> Result<usize, StoreError> {
    let desk = Arc::new(Semaphore::new(DESK));
    let due = Due { kinds: &[JobKind::Page], lease: LEASE, at_once: RUNNING };
    work_off(app, stop, due, move |app, job| {
        let desk = Arc::clone(&desk);
        async move { do_job(&app, &job, &desk).await }
    })
    .await
}

async fn do_job(app: &App, job: &Job, desk: &Semaphore) -> Result<(), StoreError> {
    let Ok(article) = job.payload.parse::<ArticleId>() else {
        return app.db.set_job_aside(job.id, "the payload is no article's id").await;
    };
    let work = async {
        let (draft, url) = draft_with_url(app, article).await?;
        let document = fetch_html(app, &url).await?;
        let place = desk.acquire().await;
        let outcome = take_page(app, article, draft, document.url.clone(), move || document.html()).await;
        drop(place);
        outcome
    };
    match work.await {
        Ok(()) | Err(PageError::NoPage) => app.db.finish_job(job.id, job.lease).await.map(drop),
        Err(PageError::Store(error)) => {
            // If the job cannot even be given back, its lease runs out by itself.
            let _ = app.db.release_job(job.id, job.lease).await;
            Err(error)
        }
        Err(PageError::Failed { failure, hints }) => {
            tracing::info!(article = article.0, %failure, attempt = job.attempts, "page not read");
            if job.attempts < ATTEMPTS && may_pass(failure) {
                let wait = next_try(job.attempts, hints);
                app.db.fail_job(job.id, job.lease, app.clock.now().plus(wait), &failure.to_string()).await.map(drop)
            } else {
                // The feed's own text stays; a reader may ask for the page again.
                app.db.finish_job(job.id, job.lease).await.map(drop)
            }
        }
    }
}

/// Whether a failure is one that another time may not bring.
fn may_pass(failure: Failure) -> bool {
    match failure {
        Failure::Unreachable | Failure::TimedOut | Failure::Garbled => true,
        Failure::Http(status) => status == 408 || status == 425 || status == 429 || status >= 500,
        _ => false,
    }
}

/// How long to wait after the `attempts`th try, in milliseconds: what the server asks for, within a day.
fn next_try(attempts: i64, hints: CacheHints) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 8) - 1).unwrap_or(0) * 2;
    let wait = FIRST_WAIT.saturating_mul(1 << doublings);
    wait.max(hints.retry_after_millis.unwrap_or(0)).min(UnixMillis::DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_follow_the_server_within_a_day() {
        let minutes = |attempts, retry_after_millis| {
            next_try(attempts, CacheHints { max_age_millis: None, retry_after_millis }) / UnixMillis::MINUTE
        };
        assert_eq!([1, 2, 3, 100].map(|n| minutes(n, None)), [10, 40, 160, 24 * 60]);
        assert_eq!(minutes(1, Some(UnixMillis::HOUR)), 60);
        assert_eq!(minutes(1, Some(i64::MAX)), 24 * 60);
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for failure in [Failure::TimedOut, Failure::Unreachable, Failure::Http(503), Failure::Http(429)] {
            assert!(may_pass(failure), "{failure}");
        }
        for failure in
            [Failure::Http(404), Failure::Http(403), Failure::Gone, Failure::NothingToRead, Failure::TooLarge]
        {
            assert!(!may_pass(failure), "{failure}");
        }
    }
}
