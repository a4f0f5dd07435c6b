//! The last hand on every response: pages and errors become HTML with the response's nonce, headers and policies are
//! put on, one line goes to the log.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt as _;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use memchr::memmem;

use super::policy::{self, ContentPolicy};
use super::upload;
use super::visit::Visit;
use crate::web::WebState;
use crate::web::error::{PendingError, WebError};
use crate::web::layers::{csrf, keep};
use crate::web::offline;
use crate::web::page::{CachePolicy, PendingPage, RepeatedPage};
use crate::web::pages::errors::{self, ErrorPage};
use crate::web::shelf::DrawnPage;
use crate::web::site::is_api;

/// What stands in a page where a video waits for a click.
const VIDEO: &[u8] = b" data-embed-provider=";

/// Runs the rest of the stack and dresses what comes out of it.
pub async fn dress(State(web): State<WebState>, visit: Visit, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    // Who opens a picture alone, by its link, reads what became of it; a page that shows it has no use for our page.
    let alone = visit.here.starts_with("/media/")
        && request.headers().get("sec-fetch-dest").is_some_and(|dest| dest == "document");
    let mut response = if csrf::hides_its_origin(&method, request.headers()) {
        WebError::CrossSite.into_response()
    } else {
        run(upload::patience(visit.here.split('?').next().unwrap_or_default()), request, next).await
    };
    let mut error = response.extensions_mut().remove::<PendingError>();
    if error.is_none() && is_bare_error(&response, alone) {
        // Whatever refused without words of its own, a layer or axum itself, gets our page.
        let bare = WebError::from_status(response.status());
        error = Some(PendingError(std::sync::Arc::new(bare)));
    }
    if let Some(error) = &error {
        if is_api(&visit.here) {
            errors::answer_program(&mut response, visit.language, &error.0);
        } else {
            let page = ErrorPage::respond(visit.frame(&web), response.status(), Some(visit.id.clone()));
            let (parts, _) = page.into_parts();
            response.extensions_mut().extend(parts.extensions);
            response.headers_mut().extend(parts.headers);
        }
        log_error(&visit, &method, error);
        if response.status() == StatusCode::INSUFFICIENT_STORAGE {
            crate::jobs::pictures::give_way_to_database(&web.app).await;
        }
    }
    let nonce = draw(&web, &mut response, &visit);
    let policy = response.extensions().get().copied().unwrap_or(ContentPolicy::Inert);
    let cache = response.extensions().get().copied().unwrap_or(CachePolicy::NoStore);
    policy::put_on(response.headers_mut(), policy, cache, &nonce, visit.transport);
    if let Some(user) = visit.user() {
        response.headers_mut().insert(offline::READER, offline::reader_header(&web, user));
        if !method.is_safe() {
            policy::drop_what_was_loaded_ahead(response.headers_mut());
        }
    }
    tracing::info!(
        id = %visit.id,
        client = %visit.client.address,
        method = %method,
        // The path alone: queries may hold what someone searched for or was given in confidence.
        path = %visit.here.split('?').next().unwrap_or_default().escape_debug(),
        status = response.status().as_u16(),
        millis = started.elapsed().as_millis(),
        "request"
    );
    response
}

async fn run(patience: Duration, request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(tokio::time::timeout(patience, next.run(request))).catch_unwind().await;
    match answer {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => WebError::TimedOut.into_response(),
        // The panic hook has logged where it happened.
        Err(_) => WebError::internal("a handler panicked").into_response(),
    }
}

/// An error without a page: axum's own refusals are plain text, the layers' are empty. A file's refusal is no page either.
fn is_bare_error(response: &Response, alone: bool) -> bool {
    let status = response.status();
    let page = response.extensions().get::<PendingPage>().is_some();
    let spoken = !alone && response.extensions().get::<ContentPolicy>().is_some();
    (status.is_client_error() || status.is_server_error()) && !page && !spoken
}

/// Puts a page's HTML into its response and gives the nonce that the HTML was made with; empty if there is no page.
fn draw(web: &WebState, response: &mut Response, visit: &Visit) -> String {
    let (page, repeated) = (response.extensions_mut().remove(), response.extensions_mut().remove::<RepeatedPage>());
    if page.is_none() && repeated.is_none() {
        return String::new();
    }
    let mut bytes = [0; 18];
    web.app.entropy.fill(&mut bytes);
    let nonce = URL_SAFE_NO_PAD.encode(bytes);
    if let Some(RepeatedPage(page)) = repeated {
        set_html(response, page.with(&nonce));
    } else if let Some(page) = page {
        render(web, response, &page, &nonce, visit);
    }
    nonce
}

fn render(web: &WebState, response: &mut Response, page: &PendingPage, nonce: &str, visit: &Visit) {
    match page.render(nonce) {
        Ok(html) => {
            let place = response.extensions_mut().remove::<keep::Place>();
            if let Some(place) = place.filter(|_| response.status() == StatusCode::OK) {
                let drawn = DrawnPage::without(nonce, &html);
                web.shelf.keep_page(&place.revision, place.key, drawn, web.app.clock.now());
            }
            set_html(response, html);
        }
        Err(error) => {
            tracing::error!(id = %visit.id, %error, "a page could not be rendered");
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
            *response.body_mut() = Body::from("Gleaner: this page could not be shown. The log says why.\n");
        }
    }
}

fn set_html(response: &mut Response, html: String) {
    let plays = memmem::find(html.as_bytes(), VIDEO).is_some();
    response.extensions_mut().insert(ContentPolicy::Page { plays });
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    *response.body_mut() = Body::from(html);
}

fn log_error(visit: &Visit, method: &Method, error: &PendingError) {
    let path = visit.here.split('?').next().unwrap_or_default().escape_debug();
    if error.0.status().is_server_error() {
        tracing::error!(id = %visit.id, %method, %path, error = %error.0, "a request failed");
    } else {
        tracing::debug!(id = %visit.id, %method, %path, error = %error.0, "a request was refused");
    }
}
