//! The table of all feeds.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};

use super::super::framed::{Framed, framed};
use super::health::{Context, Health, RHYTHM_DAYS, title_of};
use super::view::{SHOWS, SORTS, Show, Sort, View, is_troubled};
use crate::domain::{ArticleId, CategoryId, FeedId, UnixMillis, WebUrl};
use crate::store::{Category, FeedKind, StoreError, SubscriptionRow};
use crate::web::page::{Frame, Page};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// Rows on a page.
const ROWS: usize = 100;

/// The table of feeds.
#[derive(Debug, Template)]
#[template(path = "pages/feeds.html")]
pub struct FeedsPage {
    frame: Frame,
    feeds: Vec<Health>,
    /// How many are followed, how many of them could not be read, and how many the view has.
    total: i64,
    troubled: i64,
    found: i64,
    columns: Vec<Column>,
    shows: Vec<(&'static str, &'static str, bool)>,
    words: String,
    /// The chosen category's value in the form, and all of them.
    chosen: String,
    categories: Vec<Category>,
    sort: &'static str,
    reversed: bool,
    chooses: bool,
    previous: Option<String>,
    next: Option<String>,
    here: String,
    /// The newest article when the page was drawn.
    newest: ArticleId,
}

/// A column by which the table can be ordered.
#[derive(Debug)]
struct Column {
    label: &'static str,
    /// Where its heading leads.
    address: String,
    /// The value of `aria-sort`; empty if it is ordered by another one.
    order: &'static str,
}

/// `GET /feeds`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let mut view = View::read(query.as_deref().unwrap_or_default());
    let Framed { frame, sidebar } = framed(&web, &visit, &user, None).await?;
    let categories = web.app.db.categories(user.id).await?;
    let all = web.app.db.subscriptions(user.id).await?;
    let (total, troubled) = (all.len(), all.iter().filter(|row| is_troubled(row, frame.now)).count());
    let twins = twins(&all, &frame);
    let mut recent = HashMap::new();
    if view.needs_rhythm() {
        recent = recent_of(&web, &user, all.iter().map(|row| row.feed)).await?;
    }
    let mut rows: Vec<SubscriptionRow> = all.into_iter().filter(|row| view.has(row, &recent, &frame)).collect();
    let places: HashMap<CategoryId, usize> = categories.iter().map(|category| category.id).zip(0..).collect();
    view.order(&mut rows, &recent, &places, frame.now);
    view.page = view.page.min(rows.len().div_ceil(ROWS)).max(1);
    let from = (view.page - 1) * ROWS;
    let shown = rows.get(from..rows.len().min(from + ROWS)).unwrap_or_default();
    if !view.needs_rhythm() {
        recent = recent_of(&web, &user, shown.iter().map(|row| row.feed)).await?;
    }
    let zone = frame.zone();
    let context = Context { frame: &frame, zone: &zone, categories: &categories };
    let feeds = shown
        .iter()
        .map(|row| {
            let recent = recent.get(&row.feed).copied().unwrap_or(0);
            Health { twin: twins.get(&row.feed).cloned(), ..Health::new(row, recent, &context) }
        })
        .collect();
    let count = |n| i64::try_from(n).unwrap_or(i64::MAX);
    let page = |number| View { page: number, ..view.clone() }.address();
    let page = FeedsPage {
        total: count(total),
        troubled: count(troubled),
        found: count(rows.len()),
        columns: columns(&view, &frame),
        shows: SHOWS.map(|(show, name, key)| (name, frame.t(key), show == view.show)).into(),
        chosen: match view.category {
            Some(Some(id)) => id.to_string(),
            Some(None) => "none".to_owned(),
            None => String::new(),
        },
        sort: SORTS.iter().find(|(sort, ..)| *sort == view.sort).map_or("", |(_, name, _)| name),
        reversed: view.reversed,
        chooses: view.chooses(),
        previous: (view.page > 1).then(|| page(view.page - 1)),
        next: (from + ROWS < rows.len()).then(|| page(view.page + 1)),
        here: view.address(),
        newest: sidebar.counts.newest,
        words: view.words,
        feeds,
        categories,
        frame,
    };
    Ok(Page::new(page).into_response())
}

/// The followed feeds that the view of a query has, on all its pages.
pub(super) async fn all_of_view(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    query: &str,
) -> Result<Vec<FeedId>, WebError> {
    let view = View::read(query);
    let frame = visit.frame(web);
    let rows = web.app.db.subscriptions(user.id).await?;
    let recent = match view.show {
        Show::Silent => recent_of(web, user, rows.iter().map(|row| row.feed)).await?,
        _ => HashMap::new(),
    };
    Ok(rows.iter().filter(|row| view.has(row, &recent, &frame)).map(|row| row.feed).collect())
}

/// How many articles each feed had in the last weeks.
pub(super) async fn recent_of(
    web: &WebState,
    user: &CurrentUser,
    feeds: impl IntoIterator<Item = FeedId>,
) -> Result<HashMap<FeedId, i64>, StoreError> {
    let since = web.app.clock.now().plus(-RHYTHM_DAYS * UnixMillis::DAY);
    web.app.db.articles_since(user.id, feeds, since).await
}

fn columns(view: &View, frame: &Frame) -> Vec<Column> {
    SORTS
        .iter()
        .map(|(sort, _, key)| {
            let is_own = view.sort == *sort;
            let to = View { sort: *sort, reversed: is_own && !view.reversed, page: 1, ..view.clone() };
            let goes_up = matches!(sort, Sort::Title | Sort::Category | Sort::Next);
            Column {
                label: frame.t(key),
                address: to.address(),
                order: match (is_own, goes_up != view.reversed) {
                    (false, _) => "",
                    (true, true) => "ascending",
                    (true, false) => "descending",
                },
            }
        })
        .collect()
}

/// Feeds that look like one that is followed, too: the same title on the same site. The title of the other one.
fn twins(rows: &[SubscriptionRow], frame: &Frame) -> HashMap<FeedId, String> {
    let mut first: HashMap<(String, String), &SubscriptionRow> = HashMap::new();
    let mut twins = HashMap::new();
    for row in rows.iter().filter(|row| row.kind == FeedKind::Public && !row.title.is_empty()) {
        let Some(site) = &row.site_url else { continue };
        let key = (row.title.to_lowercase(), site.host().to_owned());
        if let Some(other) = first.get(&key) {
            let address = other.url.as_ref().map(WebUrl::masked).unwrap_or_default();
            twins.insert(row.feed, format!("{} ({address})", title_of(other, frame)));
        } else {
            first.insert(key, row);
        }
    }
    twins
}
