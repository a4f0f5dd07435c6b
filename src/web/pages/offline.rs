//! Reading without a network: what is to be kept, the list of it for the worker, and the page for what is not kept.
//!
//! `GET /settings/offline` and the `POST` to it are the account's choice; whether a device keeps it, the reader decides
//! there by a button (`static/keeping.js`). `GET /offline/wanted` is what the worker (`static/worker.js`) fetches to know
//! what to keep. `GET /offline` is shown without a network in the place of what is not kept.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::framed::{Framed, framed};
use super::list::{ROWS, title_and_count};
use super::see_other;
use crate::domain::ArticleId;
use crate::store::{Scope, Sidebar};
use crate::web::page::{Frame, Page};
use crate::web::view::{Done, Offline, Place, ScopeName, Simple};
use crate::web::{CurrentUser, Visit, WebError, WebState, assets};

/// The page that stands for what is not kept.
#[derive(Debug, Template)]
#[template(path = "pages/offline.html")]
struct OfflinePage {
    frame: Frame,
    lists: Vec<ListLink>,
}

/// A list that is kept.
#[derive(Debug)]
struct ListLink {
    path: String,
    title: String,
    count: Option<i64>,
}

/// The page on which an account chooses.
#[derive(Debug, Template)]
#[template(path = "pages/keeping.html")]
struct KeepingPage {
    frame: Frame,
    lists: Vec<ListChoice>,
    numbers: [i64; Offline::NUMBERS.len()],
}

/// A list that can be kept.
#[derive(Debug)]
struct ListChoice {
    name: ScopeName,
    title: String,
    chosen: bool,
}

/// `GET /offline`
pub async fn show(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let Framed { frame, sidebar } = framed(&web, &visit, &user, None).await?;
    let lists = kept(&user, &sidebar, &frame).map(|(place, title, count)| ListLink {
        path: place.address(&user.preferences),
        title,
        count,
    });
    let lists = lists.collect();
    Ok(Page::new(OfflinePage { lists, frame }).into_response())
}

/// The lists that are to be kept, as far as they are there, with titles and counters.
fn kept(user: &CurrentUser, sidebar: &Sidebar, frame: &Frame) -> impl Iterator<Item = (Place, String, Option<i64>)> {
    user.preferences.offline.scopes().filter_map(|scope| {
        let (title, count) = title_and_count(scope, sidebar, frame)?;
        Some((Place::preferred(scope, &user.preferences), title, count))
    })
}

/// What the worker is to keep: addresses, and the state of every article in them.
#[derive(Debug, Default, Serialize)]
struct Wanted {
    /// The account's counters.
    counters: BTreeMap<&'static str, i64>,
    /// Pages that change whenever something is done; fetched each time.
    pages: Vec<String>,
    /// Pages of articles.
    texts: Vec<String>,
    /// Whether each article is read, starred and kept for later.
    articles: BTreeMap<i64, [u8; 3]>,
    /// Styles, scripts and icons of these pages.
    assets: Vec<String>,
    /// Whether the pictures of these pages are wanted, too.
    pictures: bool,
}

/// `GET /offline/wanted`
pub async fn wanted(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let Framed { frame, sidebar } = framed(&web, &visit, &user, None).await?;
    let counts = &sidebar.counts;
    let mut wanted = Wanted {
        counters: BTreeMap::from([("unread", counts.unread), ("starred", counts.starred), ("later", counts.later)]),
        pages: vec![web.base.join("/offline")],
        assets: assets::addresses().map(|address| web.base.join(&address)).collect(),
        pictures: user.preferences.offline.pictures,
        ..Wanted::default()
    };
    for (place, ..) in kept(&user, &sidebar, &frame) {
        add_list(&web, &user, place.scope, &mut wanted).await?;
    }
    Ok(axum::Json(wanted).into_response())
}

/// Adds the pages of a list and of its articles, by the addresses that these pages use among themselves.
async fn add_list(web: &WebState, user: &CurrentUser, scope: Scope, wanted: &mut Wanted) -> Result<(), WebError> {
    let choice = web.app.db.list_choice(user.id, scope).await?;
    let preferences = &user.preferences.for_list(crate::web::view::ListChoice::from_json(choice.as_deref()));
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX);
    let mut place = Place::preferred(scope, preferences);
    for _ in 0..preferences.offline.articles / limit {
        let rows = web.app.db.list(user.id, &place.query(limit)).await?;
        if rows.is_empty() && place.after.is_some() {
            break;
        }
        wanted.pages.push(web.base.join(&place.page_address(preferences)));
        for row in &rows {
            // An article of two lists is kept once: its address finds it with either list.
            let ArticleId(id) = row.id;
            let state = [!row.unread, row.starred, row.later].map(u8::from);
            if wanted.articles.insert(id, state).is_none() {
                wanted.texts.push(web.base.join(&place.article(row.id, preferences)));
            }
        }
        let Some(last) = rows.last().filter(|_| rows.len() == ROWS) else { break };
        place.after = Some(last.cursor);
    }
    Ok(())
}

/// `GET /settings/offline`
pub async fn settings(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let Framed { mut frame, sidebar } = framed(&web, &visit, &user, None).await?;
    frame.section = Some("/settings".to_owned());
    let chosen: Vec<Scope> = user.preferences.offline.scopes().collect();
    let categories = sidebar.categories.iter().filter_map(|category| category.id.map(Scope::Category));
    let lists = [Scope::Unread, Scope::Starred, Scope::Later]
        .into_iter()
        .chain(categories)
        .filter_map(|scope| {
            let (title, _) = title_and_count(scope, &sidebar, &frame)?;
            Some(ListChoice { name: ScopeName(scope), title, chosen: chosen.contains(&scope) })
        })
        .collect();
    Ok(Page::new(KeepingPage { lists, numbers: Offline::NUMBERS, frame }).into_response())
}

/// `POST /settings/offline`. A box that is ticked sends its list as `list`.
pub async fn save(
    State(web): State<WebState>,
    mut user: CurrentUser,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let value = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    let articles = value("articles").and_then(|number| number.parse().ok()).unwrap_or_default();
    let pictures = value("pictures").is_some();
    let lists = fields.iter().filter(|(field, _)| field == "list").map(|(_, list)| list.clone());
    user.preferences_mut().offline = Offline::chosen(lists, articles, pictures);
    web.app.db.set_account_settings(user.id, &user.preferences.to_json()).await?;
    Ok(see_other(&web, &Done::Simply(Simple::Stored).on("/settings/offline")))
}
