//! Gives a page again that was drawn before and is still true.
//!
//! Stands behind the gate, so that it only ever sees requests of someone who may see the page, and in front of handlers
//! whose pages depend on nothing but the database, the address, the account and the time.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::Method;

use super::visit::{Visit, is_opened_by_its_reader};
use crate::store::Revision;
use crate::web::page::RepeatedPage;
use crate::web::shelf::PageKey;
use crate::web::{CurrentUser, WebState};

/// Where a page goes once it is drawn; travels in the response's extensions.
#[derive(Debug, Clone)]
pub struct Place {
    /// The revision that was read before anything of the page.
    pub revision: Revision,
    /// What the page depends on.
    pub key: PageKey,
}

/// Answers from the shelf, or lets the handler draw the page and marks it for the shelf.
pub async fn keep(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    request: Request,
    next: Next,
) -> Response {
    let Some(revision) = request.extensions().get::<Revision>().cloned() else { return next.run(request).await };
    // A copy for a device says when it was made.
    if request.method() != Method::GET || visit.is_kept {
        return next.run(request).await;
    }
    let opened = is_opened_by_its_reader(request.headers());
    let key = PageKey { account: user.id, language: visit.language.tag(), here: visit.here.clone(), opened };
    if let Some(page) = web.shelf.page(&revision, &key, web.app.clock.now()) {
        return RepeatedPage(page).into_response();
    }
    let mut response = next.run(request).await;
    response.extensions_mut().insert(Place { revision, key });
    response
}
