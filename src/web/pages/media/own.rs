//! A proxy for pictures, for one's own use: `/img?url=…&w=…&output=webp`, with the names of weserv/images.
//!
//! For whoever is signed in, and for pages elsewhere that a reader writes, by addresses that `gleaner media sign` makes. What
//! is kept comes from the picture store; everything else is fetched, resized, and left to the browser to keep.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::kept::{accepted, failed};
use super::{is_own, refusal, show_bytes, status_of};
use crate::domain::WebUrl;
use crate::jobs::pictures;
use crate::media::Spec;
use crate::web::WebState;
use crate::web::layers::policy::ContentPolicy;
use crate::web::page::CachePolicy;

/// Pictures that are fetched for pages elsewhere at a time.
const AT_ONCE: usize = 8;

/// Places for those.
#[derive(Debug)]
pub struct OwnPlaces(tokio::sync::Semaphore);

impl Default for OwnPlaces {
    fn default() -> Self {
        Self(tokio::sync::Semaphore::new(AT_ONCE))
    }
}

/// `GET /img`
pub async fn show(State(web): State<WebState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).take(32).collect();
    let of = |name: &str| pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_ref());
    let Some(url) = of("url").and_then(address) else { return refusal(StatusCode::BAD_REQUEST) };
    let words = pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    let Ok(spec) = Spec::read(words) else { return refusal(StatusCode::BAD_REQUEST) };
    // Without a signature the gate has let nobody through but users.
    if of("s").is_some_and(|signature| !web.signer.signed_own(&url, &spec, signature)) || is_own(&web, &url, &headers) {
        return refusal(StatusCode::FORBIDDEN);
    }
    let bytes = match pictures::kept(&web.app, &url).await {
        Some(bytes) => bytes,
        None => {
            let Ok(_place) = web.own_places.0.acquire().await else { return refusal(StatusCode::SERVICE_UNAVAILABLE) };
            match pictures::fetch_one(&web.app, &url, None).await {
                Ok(bytes) => bytes,
                Err(error) => return refusal(status_of(&error)),
            }
        }
    };
    match pictures::variant_of(&web.app, bytes, &accepted(spec, &headers)).await {
        Ok(bytes) => {
            let mut response = show_bytes(bytes, &headers);
            response.extensions_mut().insert(CachePolicy::PrivateYear);
            response.extensions_mut().insert(ContentPolicy::Shared);
            response
        }
        Err(error) => refusal(failed(&error)),
    }
}

/// The address in `url`, which may lack its scheme, or have `ssl:` in its place.
fn address(text: &str) -> Option<WebUrl> {
    let text = text.trim();
    match text.strip_prefix("ssl:").or_else(|| text.strip_prefix("//")) {
        Some(rest) => WebUrl::parse(&format!("https://{}", rest.trim_start_matches('/'))).ok(),
        None => WebUrl::from_typed(text).ok(),
    }
}
