//! Requests that another site made the browser send are refused.
//!
//! The browser itself says where a request comes from (`Sec-Fetch-Site`, else `Origin`); tower-http's layer compares
//! that with the host or with the configured address. One rule is stricter here than there: a request that changes
//! something and carries a session, but says nothing of its origin, is refused as well. Every browser of the last
//! years says it; programs that sign in have no session cookie yet.

use axum::response::{IntoResponse as _, Response};
use http::header::ORIGIN;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tower_http::csrf::{ConfigError, CsrfLayer, ProtectionError, ResponseForProtectionError};

use crate::domain::WebUrl;
use crate::web::error::WebError;
use crate::web::session::has_session_cookie;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Answers a refused request with our own error page.
#[derive(Debug, Clone, Copy)]
pub struct Refusal;

impl ResponseForProtectionError<axum::body::Body> for Refusal {
    fn response_for_protection_error(&mut self, _error: ProtectionError) -> Response {
        WebError::CrossSite.into_response()
    }
}

/// The layer. The origin of `base_url`, where one is configured, is trusted beside the request's own host.
pub fn layer(base_url: Option<&WebUrl>) -> Result<CsrfLayer<Refusal>, ConfigError> {
    let mut layer = CsrfLayer::new();
    if let Some(url) = base_url {
        layer = layer.add_trusted_origin(url.as_url().origin().ascii_serialization())?;
    }
    Ok(layer.with_rejection_response(Refusal))
}

/// The stricter rule: something is changed with a session and without a word about where the request comes from.
pub fn hides_its_origin(method: &Method, headers: &HeaderMap) -> bool {
    let safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let silent = |name: &HeaderName| headers.get(name).is_none_or(HeaderValue::is_empty);
    !safe && silent(&SEC_FETCH_SITE) && silent(&ORIGIN) && has_session_cookie(headers)
}
