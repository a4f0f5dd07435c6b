//! `GET /settings/account.zip`: everything that an account has, as one file that any Gleaner takes in again.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use tokio::sync::mpsc;

use crate::jobs::account::export;
use crate::web::{CurrentUser, WebError, WebState};

/// Parts that wait for a slow reader; the work waits with them.
const WAITING: usize = 4;

/// The file, made while it is on its way.
pub async fn download(State(web): State<WebState>, user: CurrentUser) -> Result<Response, WebError> {
    let errand = web.errands.begin(user.id, web.app.clock.now()).map_err(|_| WebError::Busy)?;
    let (parts, mut coming) = mpsc::channel::<io::Result<Bytes>>(WAITING);
    let (app, account) = (Arc::clone(&web.app), user.id);
    tokio::spawn(async move {
        let _errand = errand;
        if let Err(error) = export(&app, account, false, &parts, &|_| {}).await {
            tracing::warn!(%error, "an account did not go out whole");
            // The reader’s browser must not take it for the whole.
            let _ = parts.send(Err(io::Error::other(error))).await;
        }
    });
    // Asked again after its end, it says once more that it is over: whatever compresses on the way may do that.
    let body = stream::poll_fn(move |context| coming.poll_recv(context));
    let mut response = Body::from_stream(body).into_response();
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    fields.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"gleaner-account.zip\""));
    Ok(response)
}
