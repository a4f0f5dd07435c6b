//! What is asked for, and what comes back.

use super::hints::CacheHints;
use super::limits::Purpose;
use super::room::Body;
use crate::domain::{Failure, WebUrl};

/// One thing to fetch.
#[derive(Debug, Clone)]
pub struct Request {
    /// From where.
    pub url: WebUrl,
    /// What for.
    pub purpose: Purpose,
    /// What the last answer was recognised by; the server may then say that nothing changed.
    pub validators: Validators,
    /// The page that shows the picture. Only its origin is told.
    pub referer: Option<WebUrl>,
}

impl Request {
    /// A request without validators and referer.
    pub fn new(url: WebUrl, purpose: Purpose) -> Self {
        Self { url, purpose, validators: Validators::default(), referer: None }
    }
}

/// By what a server recognises its own last answer (RFC 9110, 8.8). Sent back as they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// `ETag`, with its quotes.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// What came of a request.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each request, and it is taken apart at once")]
pub enum Answer {
    /// Nothing changed since the answer that the validators came from (304).
    NotModified(Unchanged),
    /// A body.
    Fetched(Fetched),
}

/// An answer that says that nothing changed.
#[derive(Debug, Clone, Default)]
pub struct Unchanged {
    /// When to come again.
    pub hints: CacheHints,
    /// As [`Fetched::moved_to`].
    pub moved_to: Option<WebUrl>,
}

/// An answer with a body.
#[derive(Debug)]
pub struct Fetched {
    /// Where it came from in the end, after redirects.
    pub url: WebUrl,
    /// The same, if there were redirects and each was a permanent one (301 or 308).
    pub moved_to: Option<WebUrl>,
    /// The `Content-Type` header as it came.
    pub content_type: Option<String>,
    /// To send with the next request.
    pub validators: Validators,
    /// When to come again.
    pub hints: CacheHints,
    /// The body, decompressed and within the limit of its purpose; empty for [`Purpose::Probe`] and for nothing else.
    pub body: Body,
}

/// A request that brought nothing.
#[derive(Debug, Clone, thiserror::Error)]
#[error("could not be fetched: {failure}")]
pub struct FetchError {
    /// Why. A blocked address and one where nobody answers are the same [`Failure::Unreachable`].
    pub failure: Failure,
    /// When to come again, if the server said so.
    pub hints: CacheHints,
}

impl From<Failure> for FetchError {
    fn from(failure: Failure) -> Self {
        Self { failure, hints: CacheHints::default() }
    }
}
