//! Saving from elsewhere: a bookmarklet, and keys for programs of the reader's own.
//!
//! `GET /settings/programs` shows both; `POST /settings/programs` makes a key and shows it this once; `POST
//! /settings/programs/ID/delete` takes one back.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header::HOST;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::framed::framed;
use super::see_other;
use crate::domain::ApiTokenId;
use crate::web::api_token::Secret;
use crate::web::page::{Frame, Notice, Page};
use crate::web::view::{Done, Simple};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/programs.html")]
pub struct ProgramsPage {
    frame: Frame,
    /// The address of this server as the browser knows it, base path included.
    server: String,
    bookmarklet: String,
    keys: Vec<Key>,
    /// A key that was just made, in the clear.
    secret: Option<String>,
}

/// A key as the page lists it.
#[derive(Debug)]
struct Key {
    id: ApiTokenId,
    name: String,
    times: String,
}

/// `GET /settings/programs`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    Ok(Page::new(page(&web, &visit, &user, &headers, None).await?).into_response())
}

/// What the key is for.
#[derive(Debug, Deserialize)]
pub struct KeyForm {
    #[serde(default)]
    name: String,
}

/// `POST /settings/programs`: makes a key. The answer is the only page that ever shows it.
pub async fn create(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    Form(form): Form<KeyForm>,
) -> Result<Response, WebError> {
    let secret = Secret::new(&*web.app.entropy);
    let name = form.name.trim();
    let refused = if name.is_empty() {
        Some("programs.no_name")
    } else {
        let made = web.app.db.create_api_token(user.id, name, secret.hash(), web.app.clock.now()).await?;
        made.is_none().then_some("programs.too_many")
    };
    if let Some(key) = refused {
        let mut page = page(&web, &visit, &user, &headers, None).await?;
        page.frame.notice = Some(Notice::error(page.frame.t(key).to_owned()));
        return Ok(Page::new(page).status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
    }
    let secret = Some(secret.expose().to_owned());
    Ok(Page::new(page(&web, &visit, &user, &headers, secret).await?).into_response())
}

/// `POST /settings/programs/{id}/delete`
pub async fn delete(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<ApiTokenId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.delete_api_token(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    Ok(see_other(&web, &Done::Simply(Simple::KeyDeleted).on("/settings/programs")))
}

async fn page(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    headers: &HeaderMap,
    secret: Option<String>,
) -> Result<ProgramsPage, WebError> {
    let mut frame = framed(web, visit, user, None).await?.frame;
    frame.section = Some("/settings".to_owned());
    let zone = frame.zone();
    let locale = frame.locale;
    let keys = web.app.db.api_tokens(user.id).await?.into_iter().map(|key| {
        let made = locale.date_time(key.created_at, &zone);
        let times = match key.last_used_at {
            Some(used) => {
                let used = locale.date_time(used, &zone);
                locale.say("programs.used", [("made", &made), ("used", &used)])
            }
            None => locale.say("programs.unused", [("made", &made)]),
        };
        Key { id: key.id, name: key.name, times }
    });
    let server = server_of(web, visit, headers);
    Ok(ProgramsPage { bookmarklet: bookmarklet(&server), keys: keys.collect(), server, secret, frame })
}

/// The server's address: as it is configured, else as the browser asked for it.
pub(super) fn server_of(web: &WebState, visit: &Visit, headers: &HeaderMap) -> String {
    if let Some(url) = &web.app.settings.base_url {
        return url.as_str().trim_end_matches('/').to_owned();
    }
    let scheme = if visit.transport.https { "https" } else { "http" };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("{scheme}://{host}{}", web.base.as_str())
}

/// A bookmark that opens the page for adding with the address of the page that one is on.
fn bookmarklet(server: &str) -> String {
    let server: String =
        server.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, '\'' | '"' | '\\' | '<')).collect();
    format!("javascript:void(open('{server}/add?url='+encodeURIComponent(location.href)))")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_cannot_put_code_into_the_bookmarklet() {
        let code = bookmarklet("https://reader.example');alert('1");
        assert_eq!(code.matches('\'').count(), 2, "{code}");
    }
}
