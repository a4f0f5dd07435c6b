//! Recordings: too large to be held, so they are passed on piece by piece while they come.

use axum::body::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::time::{Duration, timeout};

use super::{Egress, FetchError, redirect_target, text_of};
use crate::domain::{Failure, WebUrl};
use crate::egress::body::Packing;
use crate::egress::limits::REDIRECTS;

/// The most bytes of one answer; a film of two hours fits.
const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// The longest silence between two pieces.
const SILENCE: Duration = Duration::from_secs(30);

/// A recording on its way: what its server said of it, and its bytes as they come.
#[derive(Debug)]
pub struct Recording {
    /// Whether only a part comes, which was asked for (206).
    pub is_part: bool,
    /// The `Content-Type` header as it came.
    pub content_type: Option<String>,
    /// The `Content-Range` header as it came.
    pub content_range: Option<String>,
    /// How many bytes will come, if the server said so.
    pub length: Option<u64>,
    /// Whether parts can be asked for.
    pub takes_ranges: bool,
    response: reqwest::Response,
    left: u64,
}

impl Recording {
    /// The next piece; `None` at the end. A server that falls silent for 30 s, breaks off or sends more than two
    /// gigabytes gives an error.
    pub async fn next(&mut self) -> Option<Result<Bytes, Failure>> {
        let piece = match timeout(SILENCE, self.response.chunk()).await {
            Err(_) => return Some(Err(Failure::TimedOut)),
            Ok(Err(_)) => return Some(Err(Failure::Unreachable)),
            Ok(Ok(None)) => return None,
            Ok(Ok(Some(piece))) => piece,
        };
        let size = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        match self.left.checked_sub(size) {
            Some(left) => {
                self.left = left;
                Some(Ok(piece))
            }
            None => Some(Err(Failure::TooLarge)),
        }
    }
}

impl Egress {
    /// Asks for a recording, or the part of it that `range` names (RFC 9110, section 14.2), and gives it while it comes.
    ///
    /// Guard, redirects and politeness are those of [`Egress::fetch`]. The place at the host is only held until the
    /// answer begins: somebody who listens for an hour must not keep the host's feeds waiting.
    pub async fn open_recording(&self, url: WebUrl, range: Option<&str>) -> Result<Recording, FetchError> {
        let outcome = self.follow_recording(url, range).await;
        self.blur(outcome.as_ref().err()).await;
        outcome
    }

    async fn follow_recording(&self, mut url: WebUrl, range: Option<&str>) -> Result<Recording, FetchError> {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(ACCEPT, HeaderValue::from_static("audio/*, video/*, */*;q=0.5"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(range) = range.and_then(|range| HeaderValue::from_str(range).ok()) {
            headers.insert(RANGE, range);
        }
        for _ in 0..=REDIRECTS {
            let host = self.check(&url)?;
            let place = self.0.hosts.place(&host, false).await.ok_or(Failure::Unreachable)?;
            let response = self.0.send(&url, &host, (Method::GET, String::new()), headers.clone()).await?;
            drop(place);
            if response.status().is_redirection() {
                url = redirect_target(&url, response.headers())?;
                continue;
            }
            return recording(response);
        }
        Err(Failure::Redirects.into())
    }
}

fn recording(response: reqwest::Response) -> Result<Recording, FetchError> {
    let (status, headers) = (response.status(), response.headers());
    if status != StatusCode::OK && status != StatusCode::PARTIAL_CONTENT {
        return Err(Failure::Http(status.as_u16()).into());
    }
    if Packing::read(headers)? != Packing::Plain {
        return Err(Failure::Garbled.into());
    }
    let length = text_of(headers, &CONTENT_LENGTH).and_then(|text| text.parse().ok());
    if length.is_some_and(|length| length > MOST_BYTES) {
        return Err(Failure::TooLarge.into());
    }
    Ok(Recording {
        is_part: status == StatusCode::PARTIAL_CONTENT,
        content_type: text_of(headers, &CONTENT_TYPE),
        content_range: text_of(headers, &CONTENT_RANGE),
        length,
        takes_ranges: text_of(headers, &ACCEPT_RANGES).is_some_and(|unit| unit.eq_ignore_ascii_case("bytes")),
        response,
        left: MOST_BYTES,
    })
}
