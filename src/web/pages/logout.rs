//! Signing out.

use axum::extract::State;
use axum::response::Response;
use http::HeaderValue;
use http::header::SET_COOKIE;

use super::login;
use crate::web::layers::policy::CLEAR_SITE_DATA;
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// `POST /logout`: ends the session, takes the cookie away, and has the browser forget what it kept of this site. That
/// header clears the whole host, so it is only sent where the host is ours alone; elsewhere the worker, if there is one,
/// sees by the address of the next page that its reader has left.
pub async fn sign_out(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    web.app.db.delete_session(user.session).await?;
    let mut response = login::to(&web, "/login?out=1");
    response.headers_mut().append(SET_COOKIE, visit.jar(&web).clear());
    if web.base.as_str().is_empty() {
        let everything = HeaderValue::from_static("\"cache\", \"storage\"");
        response.headers_mut().insert(CLEAR_SITE_DATA, everything);
    }
    Ok(response)
}
