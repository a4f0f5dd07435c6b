//! The feeds that an account follows: how they are doing, what is to be shown of them, and their categories.
//!
//! `GET /feeds` is the table of their health. `GET` and `POST /feeds/ID/settings` change one; `POST /feeds/ID/refresh` fetches it
//! now; `POST /feeds/ID/unsubscribe` lets it go, and `POST /feeds/again` takes that back. `POST /categories`,
//! `/categories/ID/rename` and `/categories/ID/delete` keep the categories.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::add::category_of;
use super::framed::{Framed, framed};
use super::see_other;
use crate::domain::{ArticleId, BodyPreference, CategoryId, FeedId, UnixMillis, WebUrl};
use crate::jobs::refresh::{Ended, refresh_feed};
use crate::store::{Category, FeedKind, Marked, Scope, SubscriptionChange, SubscriptionRow};
use crate::web::page::{Frame, Page};
use crate::web::view::{Done, Letter, Moment, Simple, failure_text, feed_title, warning_text};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// A feed that was asked less than so long ago is not asked again, whoever wishes it, in milliseconds.
const AGAIN_AFTER: i64 = 30 * UnixMillis::SECOND;

/// The table of feeds.
#[derive(Debug, Template)]
#[template(path = "pages/feeds.html")]
pub struct FeedsPage {
    frame: Frame,
    feeds: Vec<Health>,
    /// How many there are, and how many of them could not be read.
    total: i64,
    troubled: i64,
    categories: Vec<Category>,
}

/// How a feed is doing.
#[derive(Debug)]
struct Health {
    id: FeedId,
    title: String,
    tile: Letter,
    category: String,
    /// Fetched from somewhere: not the account's own saved or imported pages.
    is_public: bool,
    unread: i64,
    newest: Option<Moment>,
    checked: Option<Moment>,
    next: Option<Moment>,
    failure: Option<String>,
    since: Option<Moment>,
    warnings: Vec<String>,
}

impl Health {
    fn new(row: &SubscriptionRow, categories: &[Category], frame: &Frame, zone: &jiff::tz::TimeZone) -> Self {
        let (locale, now) = (frame.locale, frame.now);
        let moment = |at| Moment::new(at, now, zone, locale);
        let title = match &row.url {
            Some(url) if row.title.is_empty() => feed_title(&url.masked(), locale),
            _ => feed_title(&row.title, locale),
        };
        let is_public = row.kind == FeedKind::Public;
        let category = categories.iter().find(|category| Some(category.id) == row.category);
        let moved = row.moved_to.as_ref().map(|to| locale.say("feeds.moved", [("url", &to.masked())]));
        Self {
            id: row.feed,
            tile: Letter::of(&title),
            title,
            category: category.map(|category| category.title.clone()).unwrap_or_default(),
            is_public,
            unread: row.unread,
            newest: row.newest_article_at.map(moment),
            checked: row.checked_at.filter(|_| is_public).map(moment),
            next: (is_public && !row.gone).then(|| Moment::ahead(row.next_check_at, now, zone, locale)),
            failure: row.failure.map(|failure| failure_text(failure, locale)),
            // “Since now” says nothing; what lasts longer than an hour does.
            since: row
                .failing_since
                .filter(|since| row.failure.is_some() && now.0 - since.0 > UnixMillis::HOUR)
                .map(moment),
            warnings: row.warnings.iter().map(|warning| warning_text(warning, locale)).chain(moved).collect(),
        }
    }
}

/// `GET /feeds`
pub async fn show(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let Framed { frame, .. } = framed(&web, &visit, &user, None).await?;
    let categories = web.app.db.categories(user.id).await?;
    let zone = frame.zone();
    let rows = web.app.db.subscriptions(user.id).await?;
    let mut feeds: Vec<Health> = rows.iter().map(|row| Health::new(row, &categories, &frame, &zone)).collect();
    // What needs a hand stands first; the sort keeps the order by title within.
    feeds.sort_by_key(|feed| feed.failure.is_none());
    let count = |n| i64::try_from(n).unwrap_or(i64::MAX);
    let troubled = count(feeds.iter().filter(|feed| feed.failure.is_some()).count());
    Ok(Page::new(FeedsPage { total: count(feeds.len()), troubled, feeds, categories, frame }).into_response())
}

/// One feed's settings.
#[derive(Debug, Template)]
#[template(path = "pages/feed.html")]
pub struct FeedPage {
    frame: Frame,
    health: Health,
    address: String,
    own_title: String,
    preference: BodyPreference,
    categories: Vec<Category>,
}

/// `GET /feeds/{id}/settings`
pub async fn settings(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let row = web.app.db.subscription(user.id, id).await?.ok_or(WebError::NotFound)?;
    let Framed { frame, .. } = framed(&web, &visit, &user, Some(Scope::Feed(id))).await?;
    let categories = web.app.db.categories(user.id).await?;
    let page = FeedPage {
        health: Health::new(&row, &categories, &frame, &frame.zone()),
        address: row.url.map(|url| url.masked()).unwrap_or_default(),
        own_title: row.own_title.unwrap_or_default(),
        preference: row.preference,
        categories,
        frame,
    };
    Ok(Page::new(page).into_response())
}

/// What is to change about a subscription.
#[derive(Debug, Deserialize)]
pub struct SettingsForm {
    /// Empty goes back to the feed's own.
    title: String,
    /// The title of a category, made if it is new; empty for none.
    category: String,
    body: BodyPreference,
}

/// `POST /feeds/{id}/settings`
pub async fn store_settings(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
    Form(form): Form<SettingsForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.is_subscribed(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    let category = category_of(&web, &user, &form.category).await?;
    let change = SubscriptionChange {
        title: Some(form.title.trim().to_owned()),
        category: Some(category),
        preference: Some(form.body),
    };
    web.app.db.update_subscription(user.id, id, &change).await?;
    Ok(see_other(&web, &Done::Simply(Simple::Stored).on(&format!("/feeds/{id}/settings"))))
}

/// `POST /feeds/{id}/refresh`: fetches a feed now and shows what came of it.
pub async fn refresh(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let row = web.app.db.subscription(user.id, id).await?.ok_or(WebError::NotFound)?;
    if row.kind != FeedKind::Public {
        return Err(WebError::NotFound);
    }
    let now = web.app.clock.now();
    // Pressed again and again: the answer would be the same, and its server has done nothing to deserve it.
    if row.checked_at.is_some_and(|checked| checked <= now && now < checked.plus(AGAIN_AFTER)) {
        let done = if row.failure.is_some() { Simple::NotFetched } else { Simple::Fetched };
        return Ok(see_other(&web, &Done::Simply(done).on(&format!("/feeds/{id}/settings"))));
    }
    let Ok(_errand) = web.errands.begin(user.id, now) else {
        return Ok(see_other(&web, &Done::Simply(Simple::TooMuch).on(&format!("/feeds/{id}/settings"))));
    };
    let report = refresh_feed(&web.app, id).await?;
    let done = match report.ended {
        Ended::Failed(_) => Simple::NotFetched,
        _ => Simple::Fetched,
    };
    Ok(see_other(&web, &Done::Simply(done).on(&format!("/feeds/{}/settings", report.feed))))
}

/// `POST /feeds/{id}/unsubscribe`: lets a feed go. The next page can take that back, unread articles included.
pub async fn unsubscribe(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let row = web.app.db.subscription(user.id, id).await?.ok_or(WebError::NotFound)?;
    let Some(url) = row.url.as_ref() else { return Err(WebError::NotFound) };
    // What was unread is forgotten with the subscription. Marked as read before, it leaves a receipt that brings it back.
    let receipt =
        web.app.db.mark_read(user.id, Scope::Feed(id), &Marked::All, ArticleId(i64::MAX), web.app.clock.now()).await?;
    web.app.db.unsubscribe(user.id, id).await?;
    let done = Done::Unsubscribed {
        title: if row.title.is_empty() { url.masked() } else { row.title.clone() },
        // This travels in an address of ours, which ends up in histories and logs: a password must not.
        url: if url.has_credentials() { String::new() } else { url.to_string() },
        own_title: row.own_title,
        category: row.category.map(|id| id.0),
        preference: row.preference.code(),
        receipt: receipt.id,
    };
    Ok(see_other(&web, &done.on("/feeds")))
}

/// What brings a subscription back.
#[derive(Debug, Deserialize)]
pub struct AgainForm {
    url: String,
    title: String,
    category: String,
    body: i64,
    receipt: i64,
}

/// `POST /feeds/again`: follows a feed again as it was before it was let go. By its address and not by its id, so that
/// nobody can follow (and so learn of) a feed of others by counting.
pub async fn again(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<AgainForm>,
) -> Result<Response, WebError> {
    let url = WebUrl::parse(&form.url).map_err(|error| WebError::BadRequest(error.to_string()))?;
    let feed = web.app.db.feed_by_url(&url).await?.ok_or(WebError::NotFound)?.id;
    let category = form.category.parse().ok().map(CategoryId);
    let now = web.app.clock.now();
    web.app.db.subscribe(user.id, feed, category, now, 0).await?;
    let change = SubscriptionChange {
        title: Some(form.title),
        category: None,
        preference: Some(BodyPreference::from_code(form.body)),
    };
    web.app.db.update_subscription(user.id, feed, &change).await?;
    web.app.db.undo_mark(user.id, form.receipt, now).await?;
    Ok(see_other(&web, &Done::Simply(Simple::Followed).on(&format!("/feeds/{feed}"))))
}

/// A category's title.
#[derive(Debug, Deserialize)]
pub struct CategoryForm {
    title: String,
}

/// `POST /categories`: makes a category.
pub async fn create_category(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<CategoryForm>,
) -> Result<Response, WebError> {
    let title = form.title.trim();
    let made = !title.is_empty() && web.app.db.create_category(user.id, title).await?.is_some();
    Ok(categories_changed(&web, made))
}

/// `POST /categories/{id}/rename`
pub async fn rename_category(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<CategoryId>, PathRejection>,
    Form(form): Form<CategoryForm>,
) -> Result<Response, WebError> {
    let (Path(id), title) = (id?, form.title.trim());
    if !web.app.db.categories(user.id).await?.iter().any(|category| category.id == id) {
        return Err(WebError::NotFound);
    }
    let renamed = !title.is_empty() && web.app.db.rename_category(user.id, id, title).await?;
    Ok(categories_changed(&web, renamed))
}

/// `POST /categories/{id}/delete`: its feeds stay, without a category. The next page can take that back.
pub async fn delete_category(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<CategoryId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let title = web.app.db.categories(user.id).await?.into_iter().find(|category| category.id == id);
    let title = title.ok_or(WebError::NotFound)?.title;
    let rows = web.app.db.subscriptions(user.id).await?;
    let feeds = rows.iter().filter(|row| row.category == Some(id)).map(|row| row.feed).collect();
    web.app.db.delete_category(user.id, id).await?;
    Ok(see_other(&web, &Done::CategoryDeleted { title, feeds }.on("/feeds")))
}

/// What brings a category back.
#[derive(Debug, Deserialize)]
pub struct CategoryAgainForm {
    title: String,
    /// Ids of feeds, joined with full stops.
    feeds: String,
}

/// `POST /categories/again`: makes a deleted category again and puts its feeds back into it.
pub async fn category_again(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<CategoryAgainForm>,
) -> Result<Response, WebError> {
    let category = category_of(&web, &user, &form.title).await?;
    let change = SubscriptionChange { category: Some(category), ..SubscriptionChange::default() };
    for feed in form.feeds.split('.').filter_map(|id| id.parse().ok()).take(2_000) {
        web.app.db.update_subscription(user.id, feed, &change).await?;
    }
    Ok(categories_changed(&web, category.is_some()))
}

fn categories_changed(web: &WebState, changed: bool) -> Response {
    let done = if changed { Simple::CategoryChanged } else { Simple::CategoryNameTaken };
    see_other(web, &format!("{}#categories", Done::Simply(done).on("/feeds")))
}
