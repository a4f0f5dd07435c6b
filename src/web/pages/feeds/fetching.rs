//! Many feeds fetched now, because a reader asks for it: all, those of a category, or those that are checked in the table.
//!
//! They become due and the scheduler fetches them, with its pauses between requests to one host, whoever else runs beside
//! it. The address of the page that shows how far it has come says since when and which, so nothing has to be remembered;
//! without the script the page loads itself again until all is done. A feed that was asked within the shortest interval is
//! not asked again, and all feeds at once at most every half hour.

use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use super::super::framed::{Framed, framed};
use super::super::{Now, see_other, wants_json};
use crate::domain::{ArticleId, CategoryId, FeedId, UnixMillis};
use crate::store::{Brought, Progress, Wanted};
use crate::web::page::{Frame, Page};
use crate::web::view::feed_title;
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The answer to the form waits so long for the end, and looks so often.
const WAIT: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(250);
/// So long the page shows it as under way; then whatever is left is left to the schedule.
const LONGEST: i64 = 30 * UnixMillis::MINUTE;
/// The most feeds whose news are listed.
const LISTED: usize = 100;
/// Up to so many feeds are named in an address.
const NAMED: usize = 500;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/fetching.html")]
pub struct FetchingPage {
    frame: Frame,
    progress: Progress,
    /// All articles that came.
    articles: i64,
    brought: Vec<Brought>,
    is_done: bool,
    /// What speaks against fetching again so soon.
    refused: Option<String>,
}

/// What is wanted: `all`, `category-3`, or numbers of feeds with dots between them.
#[derive(Debug, Deserialize)]
pub struct FetchForm {
    #[serde(rename = "in", default)]
    of: String,
}

/// `POST /feeds/fetch`
pub async fn fetch(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Form(form): Form<FetchForm>,
) -> Result<Response, WebError> {
    begin(&web, &visit, &user, wanted(&form.of)).await
}

/// Makes feeds due and leads to the page that shows what comes of it.
pub(super) async fn begin(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    wanted: Wanted,
) -> Result<Response, WebError> {
    let (db, now) = (&web.app.db, web.app.clock.now());
    if wanted == Wanted::All
        && let Err(next) = web.errands.begin_all(user.id, now)
    {
        return too_soon(web, visit, user, next).await;
    }
    let feeds = db.wanted_feeds(user.id, &wanted).await?;
    let newest = db.counts(user.id).await?.newest;
    let fresh = fresh(web, now);
    db.want_feeds(&feeds, now, fresh).await?;
    let end = tokio::time::Instant::now() + WAIT;
    while tokio::time::Instant::now() < end {
        let progress = db.progress(&feeds, fresh).await?;
        if progress.done >= progress.total {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    let of = match wanted {
        Wanted::All => "all".to_owned(),
        Wanted::Category(id) => format!("category-{id}"),
        Wanted::These(_) if feeds.len() > NAMED => "all".to_owned(),
        Wanted::These(_) => feeds.iter().map(ToString::to_string).collect::<Vec<_>>().join("."),
    };
    Ok(see_other(web, &format!("/feeds/fetching?since={}&after={newest}&in={of}", now.0)))
}

/// Which fetching is looked at.
#[derive(Debug, Deserialize)]
pub struct Params {
    since: UnixMillis,
    after: ArticleId,
    #[serde(rename = "in", default)]
    of: String,
}

/// `GET /feeds/fetching`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    Query(params): Query<Params>,
) -> Result<Response, WebError> {
    let now = web.app.clock.now();
    let feeds = web.app.db.wanted_feeds(user.id, &wanted(&params.of)).await?;
    let progress = web.app.db.progress(&feeds, fresh(&web, params.since)).await?;
    let is_done = progress.done >= progress.total || now >= params.since.plus(LONGEST);
    if wants_json(&headers) {
        let sentence = sentence(&progress, &visit.frame(&web));
        return Ok(axum::Json(Now { done: progress.done, total: progress.total, sentence, is_done }).into_response());
    }
    let brought = web.app.db.brought(user.id, &feeds, params.after).await?;
    let Framed { mut frame, .. } = framed(&web, &visit, &user, None).await?;
    frame.section = Some("/feeds".to_owned());
    let articles = brought.iter().map(|feed| feed.articles).sum();
    let page = FetchingPage {
        brought: brought
            .into_iter()
            .take(LISTED)
            .map(|feed| Brought { title: feed_title(&feed.title, frame.locale), ..feed })
            .collect(),
        progress,
        articles,
        is_done,
        refused: None,
        frame,
    };
    Ok(Page::new(page).into_response())
}

impl FetchingPage {
    fn sentence(&self) -> String {
        sentence(&self.progress, &self.frame)
    }
}

fn sentence(progress: &Progress, frame: &Frame) -> String {
    let (done, total) = (frame.number(progress.done), frame.number(progress.total));
    frame.say("fetching.progress", &[("done", done), ("total", total)])
}

/// All feeds were fetched less than half an hour ago: says when they can be again.
async fn too_soon(web: &WebState, visit: &Visit, user: &CurrentUser, next: UnixMillis) -> Result<Response, WebError> {
    let Framed { mut frame, .. } = framed(web, visit, user, None).await?;
    frame.section = Some("/feeds".to_owned());
    let wait = next.0 - frame.now.0;
    let until = frame.locale.until(next, frame.now);
    let refused = frame.say("fetching.too_soon", &[("until", until)]);
    let progress = Progress { total: 0, done: 0, failed: 0 };
    let page =
        FetchingPage { progress, articles: 0, brought: Vec::new(), is_done: true, refused: Some(refused), frame };
    let mut response = Page::new(page).status(StatusCode::TOO_MANY_REQUESTS).into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait / UnixMillis::SECOND + 1));
    Ok(response)
}

/// A feed that was asked after this moment is fresh for somebody who asks at `now`.
fn fresh(web: &WebState, now: UnixMillis) -> UnixMillis {
    let shortest = i64::try_from(web.app.settings.polling.min_interval.as_millis()).unwrap_or(i64::MAX);
    now.plus(-shortest)
}

fn wanted(of: &str) -> Wanted {
    match of.strip_prefix("category-").and_then(|id| id.parse().ok()) {
        Some(id) => Wanted::Category(CategoryId(id)),
        None if of == "all" => Wanted::All,
        None => Wanted::These(of.split('.').filter_map(|id| id.parse().ok().map(FeedId)).take(NAMED).collect()),
    }
}
