//! What can go wrong while a request is answered, as one enum. A handler returns one with `?`; a layer renders it as a
//! page in the reader's language ([`super::layers::dress`]). What a page says depends on the status only, so that a missing
//! thing and another user's thing look the same; causes go to the log.

use std::sync::Arc;

use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::rejection::{BytesRejection, FormRejection, PathRejection, QueryRejection, RawFormRejection};
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

use super::password::PasswordError;
use crate::store::StoreError;

/// Why a request has no better answer.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// There is no such thing, or it is another user's: nobody learns which.
    #[error("not found")]
    NotFound,
    /// Only a user may do this, and nobody is signed in.
    #[error("nobody is signed in")]
    SignInFirst,
    /// The user may not do this.
    #[error("not allowed")]
    NotAllowed,
    /// The request was made by another site, or hides who made it.
    #[error("the request came from another site; behind a proxy, set base_url to the address that browsers use")]
    CrossSite,
    /// The request was made by another account than the one that is signed in.
    #[error("another reader is signed in")]
    OtherReader,
    /// The request cannot be understood.
    #[error("bad request: {0}")]
    BadRequest(String),
    /// The path takes other methods.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The body is of a kind that is not taken here, or compressed.
    #[error("unsupported media type")]
    UnsupportedMedia,
    /// The body is larger than this route takes.
    #[error("the body is too large")]
    TooLarge,
    /// The address is longer than 8 KiB.
    #[error("the address is too long")]
    AddressTooLong,
    /// More than 64 header fields.
    #[error("too many header fields")]
    TooManyFields,
    /// Too many tries; the next one counts after so many seconds.
    #[error("too many tries, {0} s to wait")]
    TooManyTries(u32),
    /// More to do than can be done at the moment.
    #[error("busy")]
    Busy,
    /// No answer within 30 s.
    #[error("no answer within the time")]
    TimedOut,
    /// Something of another server could not be had.
    #[error("could not be fetched: {0}")]
    Upstream(crate::domain::Failure),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault in Gleaner.
    #[error("{0}")]
    Internal(String),
}

/// An error on its way out, for the layer that makes a page of it.
#[derive(Debug, Clone)]
pub struct PendingError(pub Arc<WebError>);

impl WebError {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignInFirst => StatusCode::UNAUTHORIZED,
            Self::NotAllowed | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::OtherReader => StatusCode::CONFLICT,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::AddressTooLong => StatusCode::URI_TOO_LONG,
            Self::TooManyFields => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::TooManyTries(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::Upstream(_) => StatusCode::BAD_GATEWAY,
            Self::Store(error) if error.is_disk() => StatusCode::INSUFFICIENT_STORAGE,
            Self::Store(error) if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The error of a response that has a status only.
    pub fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::UNAUTHORIZED => Self::SignInFirst,
            StatusCode::FORBIDDEN => Self::NotAllowed,
            StatusCode::CONFLICT => Self::OtherReader,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMedia,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::URI_TOO_LONG => Self::AddressTooLong,
            StatusCode::SERVICE_UNAVAILABLE => Self::Busy,
            status if status.is_client_error() => Self::BadRequest(status.to_string()),
            status => Self::Internal(status.to_string()),
        }
    }

    /// A fault in Gleaner, told by whoever noticed it.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}

impl IntoResponse for WebError {
    /// An empty response of the right status that carries the error; the layer fills it.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Self::TooManyTries(seconds) = self {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(response.status(), StatusCode::SERVICE_UNAVAILABLE) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if matches!(self, Self::CrossSite) {
            response.headers_mut().insert(http::header::VARY, HeaderValue::from_static("Sec-Fetch-Site, Origin"));
        }
        response.extensions_mut().insert(PendingError(Arc::new(self)));
        response
    }
}

impl From<PasswordError> for WebError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::Failed(fault) => Self::internal(fault),
        }
    }
}

/// What the extractors of axum say when a request does not fit: only the status is kept, the words are ours.
macro_rules! from_rejection {
    ($($rejection:ty),+) => {$(
        impl From<$rejection> for WebError {
            fn from(rejection: $rejection) -> Self {
                match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMedia,
                    status if status.is_server_error() => Self::Internal(rejection.body_text()),
                    _ => Self::BadRequest(rejection.body_text()),
                }
            }
        }
    )+};
}

from_rejection!(BytesRejection, FormRejection, MultipartError, MultipartRejection, QueryRejection, RawFormRejection);

impl From<PathRejection> for WebError {
    /// A path that holds no id leads nowhere.
    fn from(_: PathRejection) -> Self {
        Self::NotFound
    }
}
