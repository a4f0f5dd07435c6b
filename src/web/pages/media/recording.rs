//! Sound and film, passed on while they come: a podcast of an hour is neither held in memory nor waited for.
//!
//! The browser asks for parts; its one range goes to the other server as it is. What comes back is only ever given out as
//! sound or film, under the policy for foreign bytes, so that nothing else can hide behind such an address.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{is_own, range, refusal, set};
use crate::domain::{AccountId, Failure, WebUrl};
use crate::web::layers::policy::ContentPolicy;
use crate::web::page::CachePolicy;
use crate::web::signer::Signed;
use crate::web::{CurrentUser, Web, WebState};

/// `GET /media/s/{signature}/{address}`
pub async fn play(
    State(web): State<WebState>,
    user: CurrentUser,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let signed =
        |Path((signature, address)): Path<(String, String)>| web.signer.check(Signed::Recording, &signature, &address);
    let Some(url) = path.ok().and_then(signed) else { return refusal(StatusCode::FORBIDDEN) };
    give(&web, user.id, url, &headers).await
}

/// The recording, at the cost of an account's places.
pub(in crate::web::pages) async fn give(web: &Web, account: AccountId, url: WebUrl, headers: &HeaderMap) -> Response {
    if is_own(web, &url, headers) {
        return refusal(StatusCode::FORBIDDEN);
    }
    // Held until the last piece is gone, so that one reader plays a few things at a time and not thousands.
    let Ok(place) = web.media_places.of(account).acquire_owned().await else {
        return refusal(StatusCode::SERVICE_UNAVAILABLE);
    };
    let wanted = headers.get(RANGE).and_then(|wanted| wanted.to_str().ok()).filter(|wanted| range::is_single(wanted));
    let recording = match web.app.egress.open_recording(url.clone(), wanted).await {
        Ok(recording) => recording,
        Err(error) => {
            return refusal(match error.failure {
                Failure::Http(416) => StatusCode::RANGE_NOT_SATISFIABLE,
                Failure::Http(404) | Failure::Gone => StatusCode::NOT_FOUND,
                Failure::TimedOut => StatusCode::GATEWAY_TIMEOUT,
                _ => StatusCode::BAD_GATEWAY,
            });
        }
    };
    let Some(content_type) = content_type(recording.content_type.as_deref(), &url) else {
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    };
    let (is_part, takes_ranges) = (recording.is_part, recording.takes_ranges || recording.is_part);
    let (length, content_range) = (recording.length, recording.content_range.clone());
    let pieces = stream::unfold((recording, place), |(mut recording, place)| async move {
        let piece = recording.next().await?;
        Some((piece, (recording, place)))
    });
    let mut response = Body::from_stream(pieces.fuse()).into_response();
    if is_part {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    set(&mut response, CONTENT_TYPE, content_type);
    if let Some(content_range) = content_range.filter(|range| is_part && is_range(range)) {
        set(&mut response, CONTENT_RANGE, content_range);
    }
    if let Some(length) = length {
        set(&mut response, CONTENT_LENGTH, length.to_string());
    }
    if takes_ranges {
        response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    response.extensions_mut().insert(ContentPolicy::Inert);
    response.extensions_mut().insert(CachePolicy::PrivateWeek);
    response
}

/// Whether this is what a `Content-Range` header says of one part (RFC 9110, section 14.4), and nothing else.
fn is_range(text: &str) -> bool {
    let of = |digits: &str| (1..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let parts = text.strip_prefix("bytes ").and_then(|rest| rest.split_once('/'));
    parts
        .and_then(|(part, whole)| Some((part.split_once('-')?, whole)))
        .is_some_and(|((first, last), whole)| of(first) && of(last) && (whole == "*" || of(whole)))
}

/// The longest type that is believed; `video/vnd.dlna.mpeg-tts` is a long one.
const TYPE_BYTES: usize = 64;

/// The type under which a recording is given out: what its server says if that is sound or film, else what its address
/// ends in; `None` for everything else.
fn content_type(declared: Option<&str>, url: &WebUrl) -> Option<String> {
    let declared = declared.and_then(|text| text.split(';').next()).map(|text| text.trim().to_ascii_lowercase());
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-');
    if let Some(declared) = declared {
        let (family, kind) = declared.split_once('/')?;
        if matches!(family, "audio" | "video") {
            let is_sound = !kind.is_empty() && declared.len() <= TYPE_BYTES && kind.bytes().all(plain);
            return is_sound.then_some(declared);
        }
        if declared != "application/octet-stream" && declared != "binary/octet-stream" && declared != "application/ogg"
        {
            return None;
        }
    }
    let ending = url.as_url().path().rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())?;
    Some(
        match ending.as_str() {
            "mp3" => "audio/mpeg",
            "m4a" | "m4b" => "audio/mp4",
            "aac" => "audio/aac",
            "ogg" | "oga" | "opus" => "audio/ogg",
            "flac" => "audio/flac",
            "wav" => "audio/wav",
            "mp4" | "m4v" => "video/mp4",
            "webm" => "video/webm",
            "ogv" => "video/ogg",
            _ => return None,
        }
        .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_told_in_numbers_alone() {
        for range in ["bytes 1-3/9", "bytes 0-0/*"] {
            assert!(is_range(range), "{range}");
        }
        for range in ["bytes */9", "bytes 1-/9", "bytes 1-3", "lines 1-3/9", "bytes 1-3/9, x", "bytes 1-3/<b>", ""] {
            assert!(!is_range(range), "{range}");
        }
    }

    #[test]
    fn only_sound_and_film_are_given_out() {
        for (declared, path, given) in [
            (Some("audio/mpeg"), "/a", Some("audio/mpeg")),
            (Some("Video/MP4; codecs=\"x\""), "/a", Some("video/mp4")),
            (Some("application/octet-stream"), "/a.MP3", Some("audio/mpeg")),
            (None, "/a.ogg", Some("audio/ogg")),
            (None, "/a.html", None),
            (Some("text/html"), "/a.mp3", None),
            (Some("audio/<script>"), "/a.mp3", None),
            (Some("audio/"), "/a.mp3", None),
            (Some("image/svg+xml"), "/a.mp3", None),
        ] {
            let url = WebUrl::parse(&format!("https://example.com{path}")).unwrap();
            assert_eq!(content_type(declared, &url).as_deref(), given, "{declared:?} {path}");
        }
    }
}
