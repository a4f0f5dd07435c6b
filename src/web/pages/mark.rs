//! Marks on one article: read, starred, later. `POST /articles/ID/read|starred|later` with `on=1` or `on=0`.
//!
//! A plain form is answered with the way back. The page's script asks for JSON and gets the account's counters, so that it
//! can show them without loading a page.

use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::ACCEPT;
use serde::{Deserialize, Serialize};

use super::{back_to, see_other};
use crate::domain::ArticleId;
use crate::web::{CurrentUser, WebError, WebState};

/// A mark set or taken away.
#[derive(Debug, Deserialize)]
pub struct MarkForm {
    on: u8,
    back: Option<String>,
}

/// What the script gets.
#[derive(Debug, Serialize)]
struct Counters {
    unread: i64,
    starred: i64,
    later: i64,
}

/// `POST /articles/{id}/read`
pub async fn read(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
    headers: HeaderMap,
    Form(form): Form<MarkForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    web.app.db.set_read(user.id, id, form.on == 1, web.app.clock.now()).await?;
    answer(&web, &user, id, &headers, &form).await
}

/// `POST /articles/{id}/starred`
pub async fn starred(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
    headers: HeaderMap,
    Form(form): Form<MarkForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    web.app.db.set_starred(user.id, id, form.on == 1, web.app.clock.now()).await?;
    answer(&web, &user, id, &headers, &form).await
}

/// `POST /articles/{id}/later`
pub async fn later(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
    headers: HeaderMap,
    Form(form): Form<MarkForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    web.app.db.set_later(user.id, id, form.on == 1, web.app.clock.now()).await?;
    answer(&web, &user, id, &headers, &form).await
}

async fn answer(
    web: &WebState,
    user: &CurrentUser,
    id: ArticleId,
    headers: &HeaderMap,
    form: &MarkForm,
) -> Result<Response, WebError> {
    // A mark on what the account may not read did nothing; it is answered as if there were no such article.
    if !web.app.db.is_visible(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    let wants_json = headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    if wants_json {
        return counters(web, user).await;
    }
    let back = back_to(form.back.as_deref());
    let is_list = !back.starts_with("/articles/") && !back.contains('#');
    Ok(see_other(web, &if is_list { format!("{back}#a{id}") } else { back }))
}

/// The account's counters for the page's script.
pub(super) async fn counters(web: &WebState, user: &CurrentUser) -> Result<Response, WebError> {
    let counts = web.app.db.counts(user.id).await?;
    let counters = Counters { unread: counts.unread, starred: counts.starred, later: counts.later };
    Ok(axum::Json(counters).into_response())
}
