//! Marks on one article: read, starred, later. `POST /marks` with the mark's name and `ARTICLE.1` to set it or `ARTICLE.0` to
//! take it away, such as `starred=7.1`. One form holds the buttons of a whole list, and each of them says all of this by
//! its name and value. The Undo of a mark is the same form with the opposite value; the one that sets a star again says
//! since when it was set, too (`starred=7.1.MILLIS`).
//!
//! A plain form is answered with the way back. The page's script asks for JSON (`Answer`), so that it can show what became
//! of it without loading a page. Marks of many articles are in [`many`].

pub mod many;

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::{back_to, see_other, wants_json};
use crate::domain::UnixMillis;
use crate::store::Scope;
use crate::web::offline::acted_at;
use crate::web::view::{ALL_FEEDS, Done, MarkName, MarkValue, ScopeName, notice_of};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The pressed button, and where its page is.
#[derive(Debug, Deserialize)]
pub struct MarkForm {
    read: Option<MarkValue>,
    starred: Option<MarkValue>,
    later: Option<MarkValue>,
    /// The list whose counters the page's script wants.
    r#in: Option<String>,
    back: Option<String>,
}

/// What the script gets.
#[derive(Debug, Serialize)]
struct Answer {
    /// The counters that the page may show, by the names that it gives them: `unread`, `category-3`, `feed-7`.
    counts: BTreeMap<String, i64>,
    /// What was done, if anything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<Told>,
}

/// A notice for a page that is not loaded again.
#[derive(Debug, Serialize)]
struct Told {
    text: String,
    /// Where `POST` takes it back, and the form that does; empty where nothing can be taken back.
    undo: String,
    fields: String,
}

/// `POST /marks`
pub async fn set(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    Form(form): Form<MarkForm>,
) -> Result<Response, WebError> {
    let (name, mark) = match (form.read, form.starred, form.later) {
        (Some(mark), ..) => (MarkName::Read, mark),
        (_, Some(mark), _) => (MarkName::Starred, mark),
        (.., Some(mark)) => (MarkName::Later, mark),
        _ => return Err(WebError::NotFound),
    };
    // A mark on what the account may not read is answered as if there were no such article.
    if !web.app.db.is_visible(user.id, mark.article).await? {
        return Err(WebError::NotFound);
    }
    let done = mark_one(&web, &user, name, mark, acted_at(&headers, web.app.clock.now())).await?;
    if wants_json(&headers) {
        let list = form.r#in.as_deref().and_then(ScopeName::parse);
        return answer(&web, &visit, &user, list, done.as_ref()).await;
    }
    let back = back_to(form.back.as_deref());
    let is_list = !back.starts_with("/articles/") && !back.contains('#');
    let back = if is_list { format!("{back}#a{}", mark.article) } else { back };
    Ok(see_other(&web, &done.map_or(back.clone(), |done| done.on(&back))))
}

/// Sets a mark or takes it away; what was done, if that changed anything.
async fn mark_one(
    web: &WebState,
    user: &CurrentUser,
    name: MarkName,
    mark: MarkValue,
    at: UnixMillis,
) -> Result<Option<Done>, WebError> {
    let db = &web.app.db;
    let MarkValue { article, on, .. } = mark;
    // Nobody marked anything in the future.
    let since = mark.since.unwrap_or(at).min(at);
    let (changed, before) = match name {
        MarkName::Read => (db.set_read(user.id, article, on, at).await?, None),
        MarkName::Starred => {
            let before = db.position(user.id, Scope::Starred, article).await?;
            (db.set_starred_since(user.id, article, on, since, at).await?, before)
        }
        MarkName::Later => {
            let before = db.position(user.id, Scope::Later, article).await?;
            (db.set_later_since(user.id, article, on, since, at).await?, before)
        }
    };
    let undo = MarkValue { article, on: !on, since: before };
    Ok(changed.then_some(Done::Set { name, undo }))
}

/// The list whose counters the page's script wants.
#[derive(Debug, Deserialize)]
pub struct CountsParams {
    r#in: Option<String>,
}

/// `GET /counts`: the counters that a page shows, for one that has been open for a while.
pub async fn counts(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(params): Query<CountsParams>,
) -> Result<Response, WebError> {
    answer(&web, &visit, &user, params.r#in.as_deref().and_then(ScopeName::parse), None).await
}

/// What the page's script gets: the counters beside `list`, and what was done.
pub(super) async fn answer(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    list: Option<Scope>,
    done: Option<&Done>,
) -> Result<Response, WebError> {
    let sidebar = web.app.db.sidebar(user.id, list, ALL_FEEDS).await?;
    let counts = sidebar.counts;
    let feeds = sidebar.categories.iter().flat_map(|category| &category.feeds);
    let counts = [("unread", counts.unread), ("starred", counts.starred), ("later", counts.later)]
        .map(|(name, count)| (name.to_owned(), count))
        .into_iter()
        .chain(
            sidebar
                .categories
                .iter()
                .filter_map(|category| Some((ScopeName(Scope::Category(category.id?)).to_string(), category.unread))),
        )
        .chain(feeds.map(|feed| (ScopeName(Scope::Feed(feed.id)).to_string(), feed.unread)))
        .collect();
    let locale = visit.frame(web).locale;
    let done = done.and_then(|done| notice_of(&done.on("/"), locale)).map(|notice| {
        let mut fields = form_urlencoded::Serializer::new(String::new());
        let mut path = String::new();
        if let Some(undo) = &notice.undo {
            path = web.base.join(&undo.path);
            fields.extend_pairs(undo.fields.iter().filter(|(name, _)| *name != "back"));
        }
        Told { text: notice.text, undo: path, fields: fields.finish() }
    });
    Ok(axum::Json(Answer { counts, done }).into_response())
}
