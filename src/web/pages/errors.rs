//! Errors as pages: what happened and what to do next, in the reader's language.

use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::web::error::WebError;
use crate::web::locale::Locale;
use crate::web::page::{Frame, Page};
use crate::web::view::failure_text;

/// The page for an answer that is not the one that was hoped for.
#[derive(Debug, Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage {
    frame: Frame,
    status: u16,
    title: &'static str,
    text: &'static str,
    reference: Option<String>,
    back: String,
}

impl ErrorPage {
    /// The page for `status`, as a response. `reference` is the request's id, under which the log has the details.
    pub fn respond(frame: Frame, status: StatusCode, reference: Option<String>) -> Response {
        let (title, text) = words(status, frame.locale);
        let reference = reference.filter(|_| status.is_server_error());
        let back = if status == StatusCode::SERVICE_UNAVAILABLE { frame.here.clone() } else { "/".to_owned() };
        Page::new(Self { frame, status: status.as_u16(), title, text, reference, back }).status(status).into_response()
    }
}

/// What happened and what to do next.
fn words(status: StatusCode, locale: Locale) -> (&'static str, &'static str) {
    let (title, text) = match status.as_u16() {
        401 | 403 | 409 => ("error.403.title", "error.403.text"),
        404 | 410 => ("error.404.title", "error.404.text"),
        405 => ("error.405.title", "error.405.text"),
        408 | 504 => ("error.408.title", "error.408.text"),
        413 | 414 | 431 => ("error.413.title", "error.413.text"),
        // What another server did not give is no fault of ours.
        502 => ("error.404.title", "failure.unreachable"),
        429 => ("error.429.title", "error.429.text"),
        503 => ("error.503.title", "error.503.text"),
        507 => ("error.507.title", "error.507.text"),
        400..=499 => ("error.400.title", "error.400.text"),
        _ => ("error.500.title", "error.500.text"),
    };
    (locale.t(title), locale.t(text))
}

/// Turns a refusal into what a program can read: `{"error": "…"}`.
pub fn answer_program(response: &mut Response, locale: Locale, error: &WebError) {
    let said = match error {
        WebError::Upstream(failure) => failure_text(*failure, locale),
        _ => {
            let (title, text) = words(response.status(), locale);
            format!("{title} {text}")
        }
    };
    let body = serde_json::json!({ "error": said }).to_string();
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if response.status() == StatusCode::UNAUTHORIZED {
        // RFC 6750, section 3: a refusal says which kind of credentials it wants.
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    *response.body_mut() = Body::from(body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UnixMillis;
    use crate::web::page::{BasePath, PendingPage};

    fn shown(status: StatusCode, tag: &str) -> String {
        let frame = Frame::bare(Locale::by_tag(tag).unwrap(), BasePath::new("/reader"), UnixMillis(0));
        let mut response = ErrorPage::respond(frame, status, Some("req-7".to_owned()));
        assert_eq!(response.status(), status);
        response.extensions_mut().remove::<PendingPage>().unwrap().render("n0nce").unwrap()
    }

    #[test]
    fn an_error_says_what_to_do_next_in_the_readers_language() {
        let english = shown(StatusCode::NOT_FOUND, "en");
        let chinese = shown(StatusCode::NOT_FOUND, "zh-Hans");

        assert!(english.contains("<html lang=\"en\" dir=\"ltr\" data-theme=\"auto\" "), "{english}");
        assert!(english.contains("href=\"/reader/\""));
        assert!(chinese.contains("<html lang=\"zh-Hans\""));
        assert!(!english.contains("req-7"), "a reader's own slip needs no reference");
    }

    #[test]
    fn who_signed_in_as_somebody_else_meanwhile_is_told_to_load_the_page_again() {
        assert!(shown(StatusCode::CONFLICT, "en").contains("load the page again"));
    }

    #[test]
    fn a_fault_of_ours_names_the_line_in_the_log() {
        assert!(shown(StatusCode::INTERNAL_SERVER_ERROR, "en").contains("req-7"));
    }

    #[test]
    fn every_script_and_style_of_a_page_carries_the_nonce() {
        let html = shown(StatusCode::NOT_FOUND, "en");
        for tag in ["<script", "<link rel=\"stylesheet\""] {
            for found in html.split(tag).skip(1) {
                assert!(found.split('>').next().unwrap().contains("nonce=\"n0nce\""), "{found}");
            }
        }
        assert!(!html.contains(" style=") && !html.contains(" onclick"), "the policy refuses both");
    }
}
