//! What an article's page tells while it is read: that it is looked at, and where its reader stopped.
//!
//! `POST /articles/ID/opened` is sent by a page that was loaded ahead, `POST /articles/ID/place` when a page is left.

use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::mark::answer;
use crate::content::text::reading_minutes;
use crate::domain::{ArticleId, ReadingPlace};
use crate::store::{Opening, Scope};
use crate::web::offline::acted_at;
use crate::web::view::ScopeName;
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// In an article of fewer minutes nobody needs help to find their place.
const LONG_MINUTES: u32 = 3;

/// Whether an article is so long that the place in it is kept.
pub(super) fn is_long(words: u32, cjk_chars: u32) -> bool {
    reading_minutes(words, cjk_chars) >= LONG_MINUTES
}

/// What opening an article from a list does to the history.
pub(super) fn opening_in(scope: Scope) -> Opening {
    if scope == Scope::History { Opening::InPlace } else { Opening::First }
}

/// The form of a page that was loaded ahead, when it is shown.
#[derive(Debug, Deserialize)]
pub struct OpenedForm {
    r#in: Option<String>,
}

/// `POST /articles/{id}/opened`: a page that was loaded ahead is looked at. Answered with the account's counters.
pub async fn opened(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    id: Result<Path<ArticleId>, PathRejection>,
    Form(form): Form<OpenedForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.is_visible(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    let list = form.r#in.as_deref().and_then(ScopeName::parse);
    let opening = list.map_or(Opening::First, opening_in);
    web.app.db.open_article(user.id, id, opening, acted_at(&headers, web.app.clock.now())).await?;
    answer(&web, &visit, &user, list, None).await
}

/// How far a reader has come.
#[derive(Debug, Deserialize)]
pub struct PlaceForm {
    /// In thousandths of the text.
    #[serde(default)]
    share: i64,
    /// The number of the first paragraph in sight.
    #[serde(default)]
    paragraph: i64,
}

/// `POST /articles/{id}/place`: keeps where the reader stopped. Nothing is shown for it; the page is already gone.
pub async fn place(
    State(web): State<WebState>,
    user: CurrentUser,
    headers: HeaderMap,
    id: Result<Path<ArticleId>, PathRejection>,
    Form(form): Form<PlaceForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.is_visible(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    let place = ReadingPlace::new(form.share, form.paragraph);
    web.app.db.set_reading_place(user.id, id, place, acted_at(&headers, web.app.clock.now())).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
