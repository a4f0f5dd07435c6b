//! One file per page: its struct, its handlers, its forms. The template has the same name under `templates/pages/`.
//!
//! Owns: what a page asks of the store and the jobs, and the forms it takes. Does not own: addresses (the router has them
//! all), sessions, headers, SQL. In: extractors of this room. Out: [`super::page::Page`]s and redirects.

pub mod about;
pub mod add;
pub mod api;
pub mod article;
mod backwards;
pub mod bot;
pub mod digests;
pub mod errors;
pub mod export;
pub mod feeds;
pub mod files;
pub mod health;
pub mod highlights;
pub mod housekeeping;
pub mod list;
pub mod login;
pub mod logout;
pub mod mark;
pub mod media;
pub mod names;
pub mod offline;
pub mod only_here;
pub mod programs;
pub mod publish;
pub mod reading;
pub mod rules;
pub mod search;
pub mod settings;
pub mod setup;
pub mod share;
pub mod tags;
pub mod trash;
pub mod users;
pub mod versions;

mod framed;

pub(in crate::web) use article::add_links;
pub(in crate::web) use export::{archived, at_home};
pub(in crate::web) use publish::public::{files as files_of, uuid};
pub(in crate::web) use share::title_of;

use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use crate::web::WebState;

/// The answer to a form that did its work: the browser goes on to `path` with a `GET` (RFC 9110, section 15.4.4).
fn see_other(web: &WebState, path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::try_from(web.base.join(path)).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response
}

/// Where a form asks to come back to, if that is a path of ours; else the first list. Another site's address must never
/// come out of here, in whatever disguise.
fn back_to(wanted: Option<&str>) -> String {
    let is_path = |path: &&str| {
        path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']) && path.is_ascii()
    };
    wanted.filter(is_path).unwrap_or("/unread").to_owned()
}

/// What the script of a page gets that shows how far some work has come (`data-watch`).
#[derive(Debug, Serialize)]
struct Now {
    done: i64,
    total: i64,
    sentence: String,
    is_done: bool,
}

/// Whether a page's script asks, which shows the outcome itself, and not the browser for a page.
fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"))
}

/// Where a form leads, for the worker that sends it on in the browser's place.
#[derive(Debug, Serialize)]
struct Told {
    to: String,
}

/// Leads on: the browser itself, or the worker.
fn leads_to(web: &WebState, headers: &HeaderMap, to: String) -> Response {
    if wants_json(headers) { axum::Json(Told { to }).into_response() } else { see_other(web, &to) }
}

/// The form behind Undo: the receipt of what is taken back, and where to come back to.
#[derive(Debug, Deserialize)]
pub struct ReceiptForm {
    receipt: i64,
    back: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_only_ever_leads_back_to_a_path_of_ours() {
        for (wanted, path) in [
            (Some("/all?order=oldest#a7"), "/all?order=oldest#a7"),
            (Some("//elsewhere.example"), "/unread"),
            (Some("/\\elsewhere.example"), "/unread"),
            (Some("https://elsewhere.example"), "/unread"),
            (Some("/\t/elsewhere.example"), "/unread"),
            (Some(""), "/unread"),
            (None, "/unread"),
        ] {
            assert_eq!(back_to(wanted), path);
        }
    }
}
