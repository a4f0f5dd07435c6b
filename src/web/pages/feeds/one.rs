//! One followed feed: its settings, fetching it now, another address, letting it go.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;

use super::super::add::{add_error_text, category_of};
use super::super::framed::{Framed, framed};
use super::super::see_other;
use super::super::settings::picture_key;
use super::health::{Context, Health};
use super::table::recent_of;
use crate::domain::{BodyPreference, FeedId, PicturePolicy, UnixMillis, WebUrl};
use crate::jobs::address::{Readdressed, change_address};
use crate::jobs::refresh::{Ended, refresh_feed_unless_fresh};
use crate::jobs::subscribe::look;
use crate::store::{BulkChange, Category, FeedKind, Scope, SubscriptionChange, SubscriptionRow};
use crate::web::page::{Frame, Page};
use crate::web::view::{Done, FeedsDeed, Simple};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// A feed that was asked less than so long ago is not asked again, whoever wishes it, in milliseconds.
const AGAIN_AFTER: i64 = 30 * UnixMillis::SECOND;

/// One feed's settings.
#[derive(Debug, Template)]
#[template(path = "pages/feed.html")]
pub struct FeedPage {
    frame: Frame,
    health: Health,
    address: String,
    own_title: String,
    preference: BodyPreference,
    plain_tile: bool,
    /// Which pictures are kept: a choice's name and words, and whether it is the feed's own.
    pictures: Vec<(&'static str, &'static str, bool)>,
    /// How often it is fetched, as a sentence.
    fetched: String,
    categories: Vec<Category>,
    /// Other feeds that were found on its site: address, title, and whether there are any; `None` if nobody looked.
    candidates: Option<Vec<(String, String)>>,
    /// Where copies of it may be, if it is no secret.
    copies: Option<String>,
    /// What was typed as another address, and why it is none.
    typed: String,
    error: Option<String>,
}

/// `GET /feeds/{id}/settings`
pub async fn settings(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    Ok(Page::new(page(&web, &visit, &user, id).await?).into_response())
}

async fn page(web: &WebState, visit: &Visit, user: &CurrentUser, id: FeedId) -> Result<FeedPage, WebError> {
    let row = web.app.db.subscription(user.id, id).await?.ok_or(WebError::NotFound)?;
    let recent = recent_of(web, user, [id]).await?.get(&id).copied().unwrap_or(0);
    let Framed { frame, .. } = framed(web, visit, user, Some(Scope::Feed(id))).await?;
    let categories = web.app.db.categories(user.id).await?;
    let policy = web.app.db.feed_picture_policy(user.id, id).await?;
    let zone = frame.zone();
    let context = Context { frame: &frame, zone: &zone, categories: &categories };
    Ok(FeedPage {
        health: Health::new(&row, recent, &context),
        fetched: fetched(web, &row, &frame),
        address: row.url.as_ref().map(WebUrl::masked).unwrap_or_default(),
        own_title: row.own_title.unwrap_or_default(),
        preference: row.preference,
        plain_tile: row.plain_tile,
        pictures: PicturePolicy::EVERY
            .into_iter()
            .map(|choice| (choice.as_str(), frame.t(picture_key(choice)), policy == Some(choice)))
            .collect(),
        categories,
        candidates: None,
        copies: row
            .url
            .as_ref()
            .filter(|url| !url.has_credentials())
            .map(|url| format!("https://web.archive.org/web/*/{url}")),
        typed: String::new(),
        error: None,
        frame,
    })
}

/// How often a feed is fetched.
fn fetched(web: &WebState, row: &SubscriptionRow, frame: &Frame) -> String {
    if row.gone {
        return frame.t("feeds.every_never").to_owned();
    }
    let polling = &web.app.settings.polling;
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let (shortest, longest) = (millis(polling.min_interval), millis(polling.max_interval));
    let interval = row.interval_millis.unwrap_or(UnixMillis::HOUR).clamp(shortest, longest.max(shortest));
    let half = UnixMillis::HOUR / 2;
    match interval {
        ..UnixMillis::HOUR => frame.count("feeds.every_minutes", interval / UnixMillis::MINUTE),
        _ => frame.count("feeds.every_hours", (interval + half) / UnixMillis::HOUR),
    }
}

/// What is to change about a subscription.
#[derive(Debug, Deserialize)]
pub struct SettingsForm {
    /// Empty goes back to the feed's own.
    title: String,
    /// The title of a category, made if it is new; empty for none.
    category: String,
    body: BodyPreference,
    /// Check boxes: there if they are checked.
    muted: Option<String>,
    paused: Option<String>,
    plain: Option<String>,
    /// Empty follows the account; a form without it changes nothing.
    pictures: Option<String>,
}

/// `POST /feeds/{id}/settings`
pub async fn store_settings(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
    Form(form): Form<SettingsForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let (db, now) = (&web.app.db, web.app.clock.now());
    let row = db.subscription(user.id, id).await?.ok_or(WebError::NotFound)?;
    let change = SubscriptionChange {
        title: Some(form.title.trim().to_owned()),
        category: Some(category_of(&web, &user, &form.category).await?),
        preference: Some(form.body),
        plain_tile: Some(form.plain.is_some()),
    };
    db.update_subscription(user.id, id, &change).await?;
    if let Some(name) = &form.pictures {
        db.set_feed_picture_policy(user.id, id, PicturePolicy::from_name(name)).await?;
    }
    let mut done = Done::Simply(Simple::Stored);
    if row.kind == FeedKind::Public {
        let pause = BulkChange::Paused(form.paused.is_some());
        db.change_subscriptions(user.id, &[id], pause, now).await?;
        let mute = BulkChange::Muted(form.muted.is_some());
        let muted = db.change_subscriptions(user.id, &[id], mute, now).await?;
        // What was unread of it is read now: that can be taken back.
        if form.muted.is_some() && muted.count > 0 {
            done = Done::FeedsChanged { deed: FeedsDeed::Muted, count: muted.count, receipt: muted.receipt };
        }
    }
    Ok(see_other(&web, &done.on(&format!("/feeds/{id}/settings"))))
}

/// `POST /feeds/{id}/refresh`: fetches a feed now and shows what came of it.
pub async fn refresh(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let row = followed(&web, &user, id).await?;
    let now = web.app.clock.now();
    // Pressed again and again: the answer would be the same, and its server has done nothing to deserve it.
    if row.checked_at.is_some_and(|checked| checked <= now && now < checked.plus(AGAIN_AFTER)) {
        let done = if row.failure.is_some() { Simple::NotFetched } else { Simple::Fetched };
        return Ok(see_other(&web, &Done::Simply(done).on(&format!("/feeds/{id}/settings"))));
    }
    let Ok(_errand) = web.errands.begin(user.id, now) else {
        return Ok(see_other(&web, &Done::Simply(Simple::TooMuch).on(&format!("/feeds/{id}/settings"))));
    };
    let report = refresh_feed_unless_fresh(&web.app, id, AGAIN_AFTER).await?;
    let done = match report.ended {
        Ended::Failed(_) => Done::Simply(Simple::NotFetched),
        Ended::Skipped => Done::Simply(Simple::Fetched),
        Ended::Read | Ended::Unchanged => Done::Fetched { added: report.added as u64 },
    };
    Ok(see_other(&web, &done.on(&format!("/feeds/{}/settings", report.feed))))
}

/// `POST /feeds/{id}/look`: looks for other feeds on the feed's site, or where it says that it has moved.
pub async fn look_around(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let row = followed(&web, &user, id).await?;
    let Ok(_errand) = web.errands.begin(user.id, web.app.clock.now()) else {
        return Ok(see_other(&web, &Done::Simply(Simple::TooMuch).on(&format!("/feeds/{id}/settings"))));
    };
    let front = row.url.as_ref().and_then(|url| url.join("/").ok());
    let mut found: Vec<(String, String)> = Vec::new();
    for place in [row.moved_to, row.site_url, front].into_iter().flatten() {
        let Ok(there) = look(&web.app, user.id, place.as_str()).await else { continue };
        for feed in there.feeds {
            let address = feed.url.to_string();
            let is_new = row.url.as_ref() != Some(&feed.url) && !found.iter().any(|(known, _)| *known == address);
            if is_new {
                let title = if feed.title.is_empty() { feed.url.masked() } else { feed.title };
                found.push((address, title));
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    let page = FeedPage { candidates: Some(found), ..page(&web, &visit, &user, id).await? };
    Ok(Page::new(page).into_response())
}

/// Where a feed is to be fetched from now on.
#[derive(Debug, Default, Deserialize)]
pub struct AddressForm {
    #[serde(default)]
    address: String,
}

/// `POST /feeds/{id}/address`: fetches the subscription from another address, if there is a feed.
pub async fn store_address(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
    Form(form): Form<AddressForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    followed(&web, &user, id).await?;
    let Ok(_errand) = web.errands.begin(user.id, web.app.clock.now()) else {
        return Ok(see_other(&web, &Done::Simply(Simple::TooMuch).on(&format!("/feeds/{id}/settings"))));
    };
    let (done, feed) = match change_address(&web.app, user.id, id, &form.address).await {
        Ok(Readdressed::Moved(feed)) => (Simple::AddressChanged, feed),
        Ok(Readdressed::Beside(feed)) => (Simple::AddressBeside, feed),
        Err(error) => {
            let mut page = page(&web, &visit, &user, id).await?;
            page.error = Some(add_error_text(error, page.frame.locale)?);
            page.typed = form.address;
            return Ok(Page::new(page).status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
        }
    };
    Ok(see_other(&web, &Done::Simply(done).on(&format!("/feeds/{feed}/settings"))))
}

/// `POST /feeds/{id}/unsubscribe`: lets a feed go. The next page can take that back, unread articles included.
pub async fn unsubscribe(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let row = followed(&web, &user, id).await?;
    let title = match &row.url {
        Some(url) if row.title.is_empty() => url.masked(),
        _ => row.title,
    };
    let left = web.app.db.unsubscribe(user.id, &[id], web.app.clock.now()).await?;
    let (count, receipt) = left.ok_or(WebError::NotFound)?;
    Ok(see_other(&web, &Done::FeedsLeft { count, title: Some(title), receipt }.on("/feeds")))
}

/// A followed feed that is fetched from somewhere.
async fn followed(web: &WebState, user: &CurrentUser, id: FeedId) -> Result<SubscriptionRow, WebError> {
    let row = web.app.db.subscription(user.id, id).await?;
    row.filter(|row| row.kind == FeedKind::Public).ok_or(WebError::NotFound)
}
