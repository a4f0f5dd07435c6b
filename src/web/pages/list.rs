//! Lists of articles: unread, all, starred, later, history, a tag, a category, a feed.
//!
//! Addresses: `/unread`, `/all`, `/starred`, `/later`, `/history`, `/tags/ID`, `/categories/ID`, `/feeds/ID`, each with
//! `order=newest|oldest`, `show=all|unread` and `after=MILLIS.ARTICLE` for the page after that place. What the buttons above a
//! list choose is kept for this list (`POST /settings/list`); an address goes before it.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::framed::{Framed, framed};
use super::{back_to, see_other};
use crate::domain::{ArticleId, CategoryId, FeedId, TagId};
use crate::store::{AlsoIn, FeedKind, ListRow, Scope, Sidebar, SubscriptionRow};
use crate::web::page::{Frame, Page};
use crate::web::view::{
    Density, ListChoice, ListChoiceForm, Order, PictureView, Place, PlaceParams, RowContext, RowView, ScopeName,
    also_in, failure_text, feed_title,
};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// Rows on a page.
pub(super) const ROWS: usize = 50;

/// A page of a list.
#[derive(Debug, Template)]
#[template(path = "pages/list.html")]
pub struct ListPage {
    frame: Frame,
    title: String,
    /// Unread or marked articles, where the list has such a number.
    count: Option<i64>,
    place: Place,
    days: Vec<Day>,
    /// The address of the next page.
    older: Option<String>,
    /// The newest article when the page was drawn: nothing that comes later is marked with it.
    newest: ArticleId,
    /// Whether anything of this list can be marked as read.
    has_unread: bool,
    /// The articles of this page for the form that marks them, if any of them is unread.
    on_page: Option<String>,
    /// What the buttons choose that turn the order and, where the list can do so, leave out what was read.
    turned: &'static str,
    toggled: Option<&'static str>,
    density: &'static str,
    /// Where this page's forms come back to: the list's top, and this page of it.
    back: String,
    here: String,
    /// The sentence of the button that changes the density, and whether rows are titles only.
    turn_density: &'static str,
    titles_only: bool,
    feed: Option<FeedHead>,
    empty: Option<Empty>,
}

/// The rows of one day under its heading; the heading is empty where the order is not by day.
#[derive(Debug)]
struct Day {
    heading: String,
    rows: Vec<RowView>,
}

/// What the list of a feed says about the feed.
#[derive(Debug)]
struct FeedHead {
    site: Option<String>,
    settings: Option<String>,
    failure: Option<String>,
    /// Nothing new comes, because its reader wants a pause.
    is_paused: bool,
}

/// What stands in the place of rows.
#[derive(Debug)]
struct Empty {
    title: &'static str,
    text: &'static str,
    link: Option<(&'static str, &'static str)>,
}

/// `GET /`: what is unread is where reading begins.
pub async fn home(State(web): State<WebState>, _: CurrentUser) -> Response {
    see_other(&web, "/unread")
}

/// `GET /unread`
pub async fn unread(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(params): Query<PlaceParams>,
) -> Result<Response, WebError> {
    show(&web, &visit, &user, Scope::Unread, &params).await
}

/// `GET /all`
pub async fn all(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(params): Query<PlaceParams>,
) -> Result<Response, WebError> {
    show(&web, &visit, &user, Scope::All, &params).await
}

/// `GET /starred`
pub async fn starred(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(params): Query<PlaceParams>,
) -> Result<Response, WebError> {
    show(&web, &visit, &user, Scope::Starred, &params).await
}

/// `GET /later`
pub async fn later(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(params): Query<PlaceParams>,
) -> Result<Response, WebError> {
    show(&web, &visit, &user, Scope::Later, &params).await
}

/// `GET /history`
pub async fn history(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(params): Query<PlaceParams>,
) -> Result<Response, WebError> {
    show(&web, &visit, &user, Scope::History, &params).await
}

/// `GET /tags/{id}`
pub async fn tag(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<TagId>, PathRejection>,
    Query(params): Query<PlaceParams>,
) -> Result<Response, WebError> {
    show(&web, &visit, &user, Scope::Tag(id?.0), &params).await
}

/// `GET /categories/{id}`
pub async fn category(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<CategoryId>, PathRejection>,
    Query(params): Query<PlaceParams>,
) -> Result<Response, WebError> {
    show(&web, &visit, &user, Scope::Category(id?.0), &params).await
}

/// `GET /feeds/{id}`
pub async fn feed(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
    Query(params): Query<PlaceParams>,
) -> Result<Response, WebError> {
    show(&web, &visit, &user, Scope::Feed(id?.0), &params).await
}

async fn show(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    scope: Scope,
    params: &PlaceParams,
) -> Result<Response, WebError> {
    // First the counters with the bound for marks, then the rows: what arrives in between stays unread.
    let Framed { frame, sidebar } = framed(web, visit, user, Some(scope)).await?;
    let (title, count) = title_and_count(scope, &sidebar, &frame).ok_or(WebError::NotFound)?;
    let preferences = &frame.preferences;
    let place = Place::read(scope, params, preferences);
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX) + 1;
    let mut rows = web.app.db.list(user.id, &place.query(limit)).await?;
    let older = (rows.len() > ROWS).then(|| rows.get(ROWS - 1).map(|last| last.cursor)).flatten();
    rows.truncate(ROWS);
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.id).collect();
    let shows_pictures = preferences.density != Density::Titles;
    let leads: Vec<_> = rows.iter().filter(|_| shows_pictures).filter_map(|row| row.lead_image.clone()).collect();
    let subscription = async {
        match scope {
            Scope::Feed(feed) => web.app.db.subscription(user.id, feed).await,
            _ => Ok(None),
        }
    };
    let (also, pictures, subscription) =
        tokio::try_join!(web.app.db.also_in(user.id, &ids), web.app.db.pictures_at(&leads), subscription)?;
    let has_unread = match scope {
        Scope::Starred | Scope::Later | Scope::History | Scope::Tag(_) => rows.iter().any(|row| row.unread),
        Scope::All => sidebar.counts.unread > 0,
        _ => count.is_some_and(|count| count > 0),
    };
    let page = ListPage {
        days: days(&rows, &also, &frame, &place, PictureView::new(&web.signer, &pictures)),
        on_page: rows.iter().any(|row| row.unread).then(|| {
            let ids: Vec<String> = rows.iter().filter(|row| row.unread).map(|row| row.id.to_string()).collect();
            ids.join(".")
        }),
        empty: rows.is_empty().then(|| empty(&place, &sidebar, &frame)),
        older: older.map(|cursor| Place { after: Some(cursor), ..place }.page_address(preferences)),
        turned: if place.is_newest_first() { Order::Oldest } else { Order::Newest }.as_str(),
        toggled: place.can_hide_read().then_some(if place.only_unread { "all" } else { "unread" }),
        turn_density: match preferences.density.next() {
            Density::Cards => "list.show_cards",
            Density::Comfortable => "list.show_comfortable",
            Density::Titles => "list.show_titles",
        },
        density: preferences.density.next().as_str(),
        titles_only: preferences.density == Density::Titles,
        back: place.address(preferences),
        here: place.page_address(preferences),
        feed: subscription.map(|subscription| FeedHead::new(&subscription, &frame)),
        newest: sidebar.counts.newest,
        has_unread,
        place,
        title,
        count,
        frame,
    };
    Ok(Page::new(page).into_response())
}

/// The list's name and number; `None` if the account has no such category or feed.
pub(super) fn title_and_count(scope: Scope, sidebar: &Sidebar, frame: &Frame) -> Option<(String, Option<i64>)> {
    let counts = &sidebar.counts;
    Some(match scope {
        Scope::Unread => (frame.t("list.unread").to_owned(), Some(counts.unread)),
        Scope::All => (frame.t("list.all").to_owned(), None),
        Scope::Starred => (frame.t("list.starred").to_owned(), Some(counts.starred)),
        Scope::Later => (frame.t("list.later").to_owned(), Some(counts.later)),
        Scope::History => (frame.t("list.history").to_owned(), None),
        Scope::Tag(id) => {
            let tag = sidebar.tags.iter().find(|tag| tag.id == id)?;
            (tag.name.clone(), Some(tag.articles))
        }
        Scope::Category(id) => {
            let category = sidebar.categories.iter().find(|category| category.id == Some(id))?;
            (category.title.clone(), Some(category.unread))
        }
        Scope::Feed(id) => {
            let feed = sidebar.categories.iter().flat_map(|category| &category.feeds).find(|feed| feed.id == id)?;
            (feed_title(&feed.title, frame.locale), Some(feed.unread))
        }
    })
}

/// Rows under the headings of their days. Those of the history are the days of opening. Starred, later and tags
/// are in the order of their marks, so a day above them would say something else than the dates in the rows.
fn days(rows: &[ListRow], also: &[AlsoIn], frame: &Frame, place: &Place, pictures: PictureView<'_>) -> Vec<Day> {
    let zone: TimeZone = frame.zone();
    let context = RowContext::new(frame, &zone, place, pictures);
    let by_day = !matches!(place.scope, Scope::Starred | Scope::Later | Scope::Tag(_));
    let mut days: Vec<Day> = Vec::new();
    for row in rows {
        let heading = if by_day { frame.locale.day(row.cursor.sort_at, frame.now, &zone) } else { String::new() };
        let view = RowView { also_in: also_in(row.id, also, frame.locale), ..RowView::new(row, &context) };
        match days.last_mut().filter(|day| day.heading == heading) {
            Some(day) => day.rows.push(view),
            None => days.push(Day { heading, rows: vec![view] }),
        }
    }
    days
}

fn empty(place: &Place, sidebar: &Sidebar, frame: &Frame) -> Empty {
    let follows_nothing = sidebar.counts.feeds == 0;
    let (title, text, link) = match place.scope {
        _ if place.after.is_some() => (frame.t("empty.end.title"), frame.t("empty.end.text"), None),
        Scope::Starred => (frame.t("empty.starred.title"), frame.t("empty.starred.text"), None),
        Scope::Later => (frame.t("empty.later.title"), frame.t("empty.later.text"), None),
        Scope::History => (frame.t("empty.history.title"), frame.t("empty.history.text"), None),
        Scope::Tag(_) if !place.only_unread => {
            (frame.t("empty.tag.title"), frame.t("empty.tag.text"), Some(("/tags", frame.t("tags.all"))))
        }
        _ if follows_nothing => {
            (frame.t("empty.new.title"), frame.t("empty.new.text"), Some(("/add", frame.t("empty.new.link"))))
        }
        Scope::Unread => {
            (frame.t("empty.unread.title"), frame.t("empty.unread.text"), Some(("/all", frame.t("empty.unread.link"))))
        }
        _ if place.only_unread => (frame.t("empty.unread.title"), frame.t("empty.hidden.text"), None),
        _ => (frame.t("empty.feed.title"), frame.t("empty.feed.text"), Some(("/feeds", frame.t("empty.feed.link")))),
    };
    Empty { title, text, link }
}

impl FeedHead {
    fn new(subscription: &SubscriptionRow, frame: &Frame) -> Self {
        Self {
            site: subscription.site_url.as_ref().map(ToString::to_string),
            settings: (subscription.kind == FeedKind::Public).then(|| format!("/feeds/{}/settings", subscription.feed)),
            is_paused: subscription.paused_at.is_some(),
            failure: subscription
                .failure
                .filter(|_| subscription.paused_at.is_none())
                .map(|failure| failure_text(failure, frame.locale)),
        }
    }
}

/// What a button above a list chooses for it, and where the page is.
#[derive(Debug, Deserialize)]
pub struct ChoiceForm {
    list: String,
    #[serde(flatten)]
    chosen: ListChoiceForm,
    back: Option<String>,
}

/// `POST /settings/list`: keeps how the account looks at one list.
pub async fn choose(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<ChoiceForm>,
) -> Result<Response, WebError> {
    let scope = ScopeName::parse(&form.list).ok_or(WebError::NotFound)?;
    let stored = web.app.db.list_choice(user.id, scope).await?;
    let mut choice = ListChoice::from_json(stored.as_deref());
    choice.choose(&form.chosen, &user.preferences);
    if !web.app.db.set_list_choice(user.id, scope, &choice.to_json()).await? {
        return Err(WebError::NotFound);
    }
    Ok(see_other(&web, &back_to(form.back.as_deref())))
}
