//! For programs of a reader's own: `POST /api/save` keeps a page.
//!
//! The body is JSON (`{"url": "…", "html": "…"}`); `html` is the page as the program sees it, for pages behind a login. The
//! answer is JSON, errors as well: `{"error": "…"}` in the language that the request asks for.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Json, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::domain::{ArticleId, WebUrl};
use crate::jobs::save::{save_page, save_seen_page};
use crate::jobs::subscribe::AddError;
use crate::web::api_token::ApiUser;
use crate::web::layers::policy::ContentPolicy;
use crate::web::{WebError, WebState};

/// What to keep.
#[derive(Debug, Deserialize)]
pub struct SaveRequest {
    url: String,
    /// The page as the sender sees it; without it, Gleaner fetches the page itself.
    html: Option<String>,
}

/// What was kept.
#[derive(Debug, Serialize)]
struct Saved {
    id: ArticleId,
    /// The path of the article's page.
    path: String,
}

/// `POST /api/save`
pub async fn save(
    State(web): State<WebState>,
    user: ApiUser,
    body: Result<Json<SaveRequest>, JsonRejection>,
) -> Result<Response, WebError> {
    let Json(request) = body.map_err(|refused| match refused.status() {
        StatusCode::PAYLOAD_TOO_LARGE => WebError::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => WebError::UnsupportedMedia,
        _ => WebError::BadRequest(refused.body_text()),
    })?;
    let _errand = web.errands.begin(user.id, web.app.clock.now()).map_err(|_| WebError::TooManyTries(60))?;
    let saved = async {
        let url = WebUrl::from_typed(&request.url)?;
        match request.html {
            Some(html) => save_seen_page(&web.app, user.id, &url, html).await,
            None => save_page(&web.app, user.id, &url).await,
        }
    };
    let id = saved.await.map_err(|error| match error {
        AddError::Address(error) => WebError::BadRequest(error.to_string()),
        AddError::Fetch(failure) => WebError::Upstream(failure),
        AddError::Store(error) => WebError::Store(error),
        other => WebError::internal(other),
    })?;
    let mut response = Json(Saved { id, path: web.base.join(&format!("/articles/{id}")) }).into_response();
    response.extensions_mut().insert(ContentPolicy::Inert);
    Ok(response)
}
