//! The gate in front of routes that only a user or only an administrator may call.

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use url::form_urlencoded;

use super::visit::Visit;
use crate::web::api_token::{self, ApiUser};
use crate::web::offline;
use crate::web::pages::login;
use crate::web::session::{self, CurrentUser};
use crate::web::{WebError, WebState};

/// A form of so many bytes is shown again to somebody who is not signed in any more: a note and a passage of the longest.
const MOST_TYPED: usize = 256 * 1024;

/// Lets users through, with their [`CurrentUser`] and the database's revision in the request's extensions. Everybody else is sent to sign in, or to
/// set up where nobody can sign in yet.
pub async fn user(State(web): State<WebState>, visit: Visit, request: Request, next: Next) -> Response {
    pass(&web, &visit, request, next, |_| true).await
}

/// Lets those through who show a signature, which the handler checks, and users.
pub async fn signed(State(web): State<WebState>, visit: Visit, request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "s") {
        return next.run(request).await;
    }
    pass(&web, &visit, request, next, |_| true).await
}

/// Lets administrators through.
pub async fn admin(State(web): State<WebState>, visit: Visit, request: Request, next: Next) -> Response {
    pass(&web, &visit, request, next, |user| user.is_admin).await
}

/// Lets programs through that show a key, with their [`ApiUser`] in the request's extensions.
pub async fn key(State(web): State<WebState>, mut request: Request, next: Next) -> Response {
    let Some(hash) = api_token::shown(request.headers()) else { return WebError::SignInFirst.into_response() };
    match web.app.db.account_of_api_token(hash, web.app.clock.now()).await {
        Ok(Some(id)) => {
            request.extensions_mut().insert(ApiUser { id });
            next.run(request).await
        }
        Ok(None) => WebError::SignInFirst.into_response(),
        Err(error) => WebError::Store(error).into_response(),
    }
}

async fn pass(
    web: &WebState,
    visit: &Visit,
    mut request: Request,
    next: Next,
    may: fn(&CurrentUser) -> bool,
) -> Response {
    let found = session::user_of(web, &visit.jar(web), request.headers(), web.app.clock.now()).await;
    match found {
        Err(error) => WebError::Store(error).into_response(),
        Ok(None) => {
            let back = request.method().is_safe().then_some(visit.here.as_str());
            let person = is_navigation(request.headers());
            if person && back.is_none() && web.is_set_up().await.unwrap_or(false) {
                let lost = typed_in(request).await;
                if !lost.is_empty() {
                    return login::with_lost(web, visit, lost);
                }
            }
            turn_away(web, person, back).await.unwrap_or_else(WebError::into_response)
        }
        Ok(Some((user, revision))) => {
            visit.note_user(&user);
            if !may(&user) {
                return WebError::NotAllowed.into_response();
            }
            if let Err(error) = offline::check_reader(web, &user, request.headers()) {
                return error.into_response();
            }
            request.extensions_mut().insert(user);
            request.extensions_mut().insert(revision);
            next.run(request).await
        }
    }
}

/// A person is sent to the page where they can go on; a script or a picture gets a plain refusal. `back` is where to
/// return after signing in; what a form wanted to do is not repeated.
async fn turn_away(web: &WebState, is_person: bool, back: Option<&str>) -> Result<Response, WebError> {
    if !is_person {
        return Err(WebError::SignInFirst);
    }
    if !web.is_set_up().await? {
        return Ok(login::to(web, "/setup"));
    }
    Ok(login::to_login(web, back.unwrap_or("/")))
}

/// The fields of our forms that are for a text of a person's own, which would have to be thought of again. No other is looked at:
/// neither a password nor a number nor what a page notes for itself.
const TEXTS: [&str; 12] =
    ["address", "category", "exact", "name", "names", "note", "pattern", "q", "slug", "tag", "time_zone", "title"];

/// What somebody wrote into a form.
async fn typed_in(request: Request) -> Vec<String> {
    let is_form = request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/x-www-form-urlencoded");
    let body = if is_form { to_bytes(request.into_body(), MOST_TYPED).await.unwrap_or_default() } else { Bytes::new() };
    // A box that is ticked says 1.
    let is_typed = |name: &str, text: &str| TEXTS.contains(&name) && !text.trim().is_empty() && text != "1";
    let fields = form_urlencoded::parse(&body).filter(|(name, text)| is_typed(name, text));
    fields.take(TEXTS.len()).map(|(_, text)| text.into_owned()).collect()
}

/// Whether a page is being opened, as far as the browser says so. A program that says nothing counts as a person.
fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_none_or(|mode| mode == "navigate")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of fields for a text, in all templates.
    fn fields_for_text() -> std::collections::BTreeSet<String> {
        let mut waiting = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/templates"))];
        let mut names = std::collections::BTreeSet::new();
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            for tag in std::fs::read_to_string(&path).unwrap().split('<') {
                let tag = tag.split('>').next().unwrap_or_default();
                let value =
                    |key: &str| tag.split_once(&format!(" {key}=\"")).and_then(|(_, rest)| rest.split('"').next());
                let is_text = tag.starts_with("textarea")
                    || tag.starts_with("input") && matches!(value("type"), None | Some("text" | "search" | "url"));
                let is_other = value("inputmode") == Some("numeric")
                    || matches!(value("autocomplete"), Some("username" | "one-time-code"))
                    || tag.contains("readonly");
                names.extend(value("name").filter(|_| is_text && !is_other).map(str::to_owned));
            }
        }
        names
    }

    #[test]
    fn every_text_that_can_be_typed_into_a_form_is_shown_again() {
        assert_eq!(fields_for_text(), TEXTS.map(str::to_owned).into());
    }
}
