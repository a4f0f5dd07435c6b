//! Searches that a reader keeps.
//!
//! `POST /searches` keeps one, `POST /searches/ID` changes name and query, `POST /searches/ID/delete` deletes, `POST /searches/again` takes
//! that back. `POST /search/forget` forgets what was looked for last.

use axum::Form;
use axum::extract::Path;
use axum::extract::State;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use serde::Deserialize;

use crate::domain::SavedSearchId;
use crate::web::pages::{ReceiptForm, see_other};
use crate::web::view::{Done, Simple};
use crate::web::{CurrentUser, WebError, WebState};

/// A search to keep.
#[derive(Debug, Deserialize)]
pub struct KeptForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    q: String,
}

impl KeptForm {
    /// Its name; without one it goes by its query.
    fn name(&self) -> &str {
        Some(self.name.trim()).filter(|name| !name.is_empty()).unwrap_or(self.q.trim())
    }
}

/// `POST /searches`
pub async fn keep(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<KeptForm>,
) -> Result<Response, WebError> {
    if form.q.trim().is_empty() {
        return Ok(see_other(&web, "/search"));
    }
    let kept = web.app.db.save_search(user.id, form.name(), form.q.trim(), web.app.clock.now()).await?;
    let (done, path) = match kept {
        Some(id) => (Simple::SearchKept, format!("/searches/{id}")),
        None => (Simple::TooManySearches, super::address(form.q.trim(), None, false)),
    };
    Ok(see_other(&web, &Done::Simply(done).on(&path)))
}

/// `POST /searches/{id}`
pub async fn change(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<SavedSearchId>, PathRejection>,
    Form(form): Form<KeptForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let path = format!("/searches/{id}");
    if form.q.trim().is_empty() {
        web.app.db.saved_search(user.id, id).await?.ok_or(WebError::NotFound)?;
        return Ok(see_other(&web, &path));
    }
    if !web.app.db.change_saved_search(user.id, id, form.name(), form.q.trim()).await? {
        return Err(WebError::NotFound);
    }
    Ok(see_other(&web, &Done::Simply(Simple::Stored).on(&path)))
}

/// `POST /searches/{id}/delete`: the next page can take that back.
pub async fn delete(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<SavedSearchId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let now = web.app.clock.now();
    let receipt = web.app.db.delete_saved_search(user.id, id, now).await?.ok_or(WebError::NotFound)?;
    Ok(see_other(&web, &Done::SearchGone { receipt }.on("/search")))
}

/// `POST /searches/again`
pub async fn again(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<ReceiptForm>,
) -> Result<Response, WebError> {
    let back = web.app.db.restore_saved_search(user.id, form.receipt, web.app.clock.now()).await?;
    let done = if back { Simple::SearchKept } else { Simple::TooLate };
    Ok(see_other(&web, &Done::Simply(done).on("/search")))
}

/// `POST /search/forget`
pub async fn forget(State(web): State<WebState>, user: CurrentUser) -> Result<Response, WebError> {
    web.app.db.forget_searches(user.id).await?;
    Ok(see_other(&web, &Done::Simply(Simple::SearchesForgotten).on("/search")))
}
