//! Kept pictures under the addresses that pages show them by: `/media/{hash}/{spec}?s=…`.
//!
//! The address is signed and names the picture by its bytes, so that what comes never changes and needs no session: it can be
//! part of whatever its reader hands out. A variant is made when it is first asked for.

use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::header::ACCEPT;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::{refusal, show_bytes};
use crate::jobs::pictures::{self, PictureError};
use crate::media::{Output, PictureHash, PictureKey, Spec};
use crate::web::WebState;
use crate::web::page::CachePolicy;
use crate::web::signer::ORIGINAL;

/// What stands after the `?`.
#[derive(Debug, Deserialize)]
pub struct KeptParams {
    /// The signature.
    s: Option<String>,
}

/// `GET /media/{hash}/{spec}`
pub async fn show(
    State(web): State<WebState>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
    params: Result<Query<KeptParams>, QueryRejection>,
) -> Response {
    let (Ok(Path((hash, words))), Ok(Query(params))) = (path, params) else { return refusal(StatusCode::FORBIDDEN) };
    if !web.signer.signed_kept(&hash, &words, params.s.as_deref().unwrap_or_default()) {
        return refusal(StatusCode::FORBIDDEN);
    }
    let Ok(hash) = hash.parse::<PictureHash>() else { return refusal(StatusCode::FORBIDDEN) };
    let found = if words == ORIGINAL {
        web.app.media.store.get(PictureKey::original(hash)).await.map_err(PictureError::from)
    } else {
        let Ok(spec) = words.parse::<Spec>() else { return refusal(StatusCode::FORBIDDEN) };
        pictures::variant(&web.app, hash, &accepted(spec, &headers)).await
    };
    answer(found, &headers)
}

/// The variant with the best output that this browser takes, where the address names none.
pub(super) fn accepted(spec: Spec, headers: &HeaderMap) -> Spec {
    let takes_webp =
        headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("image/webp"));
    match spec.output {
        Some(_) => spec,
        None if takes_webp => spec.with_output(Output::WebP),
        None => spec.with_output(Output::Jpeg),
    }
}

fn answer(found: Result<Option<Bytes>, PictureError>, headers: &HeaderMap) -> Response {
    match found {
        Ok(Some(bytes)) => {
            let mut response = show_bytes(bytes, headers);
            response.extensions_mut().insert(CachePolicy::PrivateYear);
            response
        }
        Ok(None) => refusal(StatusCode::NOT_FOUND),
        Err(error) => refusal(failed(&error)),
    }
}

/// The status under which a failure is told.
pub(super) fn failed(error: &PictureError) -> StatusCode {
    if matches!(error, PictureError::Refused(_)) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE;
    }
    tracing::warn!(%error, "a kept picture could not be read");
    StatusCode::BAD_GATEWAY
}
