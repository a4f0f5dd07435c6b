//! How long articles are kept.
//!
//! `GET /settings/housekeeping` is for all feeds, `GET /feeds/ID/housekeeping` for one. `POST` with `act=preview` shows what would go into
//! the trash and changes nothing; with `act=store` it is so from now on, and what would go goes at once. The next page can take
//! that back.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::framed::{Framed, framed};
use super::see_other;
use crate::domain::{FeedId, Retention};
use crate::jobs::housekeeping;
use crate::store::{FeedKind, Scope};
use crate::web::page::{Frame, Page};
use crate::web::view::{Done, Simple, article_title, feed_title};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The largest number that a field takes.
const MOST: u32 = 1_000_000;

/// What is kept how long, and what that would mean.
#[derive(Debug, Template)]
#[template(path = "pages/housekeeping.html")]
pub struct HousekeepingPage {
    frame: Frame,
    /// The feed and its title; all feeds without one.
    feed: Option<(FeedId, String)>,
    /// The feed has a choice of its own.
    is_own: bool,
    days: String,
    articles: String,
    megabytes: String,
    preview: Option<Preview>,
    trash: i64,
}

/// What would go.
#[derive(Debug)]
struct Preview {
    sentence: String,
    feeds: Vec<PreviewFeed>,
}

/// Of one feed: its title, how many, and some of them with their language.
#[derive(Debug)]
struct PreviewFeed {
    title: String,
    count: String,
    examples: Vec<(String, Option<String>)>,
}

/// What is wanted. Empty fields set no bound.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HousekeepingForm {
    /// For a feed: `1` for a choice of its own.
    own: String,
    days: String,
    articles: String,
    megabytes: String,
    act: String,
}

impl HousekeepingForm {
    fn retention(&self) -> Retention {
        let bound = |text: &str| text.trim().parse::<u32>().ok().filter(|n| (1..=MOST).contains(n));
        Retention { days: bound(&self.days), articles: bound(&self.articles), megabytes: bound(&self.megabytes) }
    }
}

/// `GET /settings/housekeeping`
pub async fn show(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let retention = web.app.db.retention(user.id).await?;
    page(&web, &visit, &user, None, (true, retention), None).await
}

/// `POST /settings/housekeeping`
pub async fn store(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Form(form): Form<HousekeepingForm>,
) -> Result<Response, WebError> {
    let retention = form.retention();
    if form.act != "store" {
        return page(&web, &visit, &user, None, (true, retention), Some(retention)).await;
    }
    web.app.db.set_retention(user.id, &retention).await?;
    apply(&web, &user, "/settings/housekeeping").await
}

/// `GET /feeds/{id}/housekeeping`
pub async fn show_feed(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let feed = Some(followed(&web, &user, id).await?);
    let own = web.app.db.feed_retention(user.id, id).await?;
    page(&web, &visit, &user, feed, (own.is_some(), own.unwrap_or_default()), None).await
}

/// `POST /feeds/{id}/housekeeping`
pub async fn store_feed(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
    Form(form): Form<HousekeepingForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let feed = followed(&web, &user, id).await?;
    let is_own = form.own == "1";
    let retention = form.retention();
    if form.act != "store" {
        let tried = if is_own { retention } else { web.app.db.retention(user.id).await? };
        return page(&web, &visit, &user, Some(feed), (is_own, retention), Some(tried)).await;
    }
    web.app.db.set_feed_retention(user.id, id, is_own.then_some(retention)).await?;
    apply(&web, &user, &format!("/feeds/{id}/housekeeping")).await
}

/// Does what was chosen, and says so on the page at `address`.
async fn apply(web: &WebState, user: &CurrentUser, address: &str) -> Result<Response, WebError> {
    let thrown = housekeeping::apply(&web.app, user.id).await?;
    let done = match thrown.count {
        0 => Done::Simply(Simple::Stored),
        count => Done::ThrownAway { count, receipt: thrown.receipt },
    };
    Ok(see_other(web, &done.on(address)))
}

/// A followed feed that is fetched from somewhere, and its title.
async fn followed(web: &WebState, user: &CurrentUser, id: FeedId) -> Result<(FeedId, String), WebError> {
    let row = web.app.db.subscription(user.id, id).await?.filter(|row| row.kind == FeedKind::Public);
    let row = row.ok_or(WebError::NotFound)?;
    Ok((id, row.title))
}

async fn page(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    feed: Option<(FeedId, String)>,
    (is_own, retention): (bool, Retention),
    tried: Option<Retention>,
) -> Result<Response, WebError> {
    let id = feed.as_ref().map(|(id, _)| *id);
    let doomed = match tried {
        Some(tried) => Some(housekeeping::preview(&web.app, user.id, id, Some(tried)).await?),
        None => None,
    };
    let trash = web.app.db.count_trash(user.id).await?;
    let Framed { frame, .. } = framed(web, visit, user, id.map(Scope::Feed)).await?;
    let preview = doomed.map(|doomed| {
        let all: i64 = doomed.iter().map(|feed| i64::try_from(feed.count).unwrap_or(i64::MAX)).sum();
        let feeds = doomed.into_iter().map(|feed| {
            let examples = feed.examples.into_iter().map(|article| {
                let title = article_title(&article.title, frame.locale);
                (title, article.language.map(|language| language.as_str().to_owned()))
            });
            PreviewFeed {
                title: feed_title(&feed.title, frame.locale),
                count: frame.number(i64::try_from(feed.count).unwrap_or(i64::MAX)),
                examples: examples.collect(),
            }
        });
        let sentence =
            if all == 0 { frame.t("housekeeping.nothing").to_owned() } else { frame.count("housekeeping.would", all) };
        Preview { sentence, feeds: feeds.collect() }
    });
    let field = |bound: Option<u32>| bound.map(|bound| bound.to_string()).unwrap_or_default();
    let page = HousekeepingPage {
        feed: feed.map(|(id, title)| (id, feed_title(&title, frame.locale))),
        is_own,
        days: field(retention.days),
        articles: field(retention.articles),
        megabytes: field(retention.megabytes),
        preview,
        trash,
        frame,
    };
    Ok(Page::new(page).into_response())
}
