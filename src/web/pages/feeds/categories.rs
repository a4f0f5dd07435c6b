//! Categories: made, renamed, moved, made one, deleted and brought back. They are listed below the table of feeds.

use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::super::{ReceiptForm, see_other};
use crate::domain::CategoryId;
use crate::store::{CategoryRenamed, Step};
use crate::web::view::{Done, Simple};
use crate::web::{CurrentUser, WebError, WebState};

/// A category's title.
#[derive(Debug, Deserialize)]
pub struct CategoryForm {
    title: String,
}

/// `POST /categories`: makes a category.
pub async fn create(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<CategoryForm>,
) -> Result<Response, WebError> {
    let title = form.title.trim();
    let made = !title.is_empty() && web.app.db.create_category(user.id, title).await?.is_some();
    let done = if made { Simple::CategoryChanged } else { Simple::CategoryNameTaken };
    Ok(changed(&web, &Done::Simply(done)))
}

/// `POST /categories/{id}/rename`: another title, or the title of another category, which then has all of both.
pub async fn rename(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<CategoryId>, PathRejection>,
    Form(form): Form<CategoryForm>,
) -> Result<Response, WebError> {
    let (Path(id), title) = (id?, form.title.trim());
    if title.is_empty() {
        return Ok(changed(&web, &Done::Simply(Simple::CategoryNameTaken)));
    }
    let done = match web.app.db.rename_category(user.id, id, title, web.app.clock.now()).await? {
        CategoryRenamed::Done => Done::Simply(Simple::CategoryChanged),
        CategoryRenamed::NoCategory => return Err(WebError::NotFound),
        CategoryRenamed::Merged(gone) => {
            Done::CategoryGone { title: gone.title, into: Some(title.to_owned()), receipt: gone.receipt }
        }
    };
    Ok(changed(&web, &done))
}

/// Where a category moves to.
#[derive(Debug, Default, Deserialize)]
pub struct MoveForm {
    /// `up` or else down.
    #[serde(default)]
    to: String,
}

/// `POST /categories/{id}/move`: one place up or down.
pub async fn step(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<CategoryId>, PathRejection>,
    Form(form): Form<MoveForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let step = if form.to == "up" { Step::Up } else { Step::Down };
    if !web.app.db.move_category(user.id, id, step).await? {
        return Err(WebError::NotFound);
    }
    // Whoever moves one by several places wants to find its button again, and no notice each time.
    Ok(see_other(&web, &format!("/feeds#k{id}")))
}

/// `POST /categories/{id}/delete`: its feeds stay, without a category. The next page can take that back.
pub async fn delete(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<CategoryId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let gone = web.app.db.delete_category(user.id, id, web.app.clock.now()).await?.ok_or(WebError::NotFound)?;
    Ok(changed(&web, &Done::CategoryGone { title: gone.title, into: None, receipt: gone.receipt }))
}

/// `POST /categories/again`: a deleted or merged category is there again, with its feeds and rules.
pub async fn again(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<ReceiptForm>,
) -> Result<Response, WebError> {
    let back = web.app.db.restore_category(user.id, form.receipt, web.app.clock.now()).await?;
    Ok(changed(&web, &Done::Simply(if back.is_some() { Simple::CategoryChanged } else { Simple::TooLate })))
}

fn changed(web: &WebState, done: &Done) -> Response {
    see_other(web, &format!("{}#categories", done.on("/feeds")))
}
