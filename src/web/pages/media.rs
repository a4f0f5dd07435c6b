//! Pictures and recordings of articles, fetched on the reader's behalf, so that no other server learns who reads what.
//!
//! Only addresses that Gleaner signed are fetched, through the same guard as everything else. What a thing is, its bytes
//! say and not its server; whatever is neither picture nor sound nor film is not passed on. All of it, errors included,
//! goes out under the policy for foreign bytes: it can do nothing on our origin, even opened in a window of its own.

mod kind;
mod range;
pub mod recording;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST, IF_RANGE, RANGE,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use tokio::sync::Semaphore;

use self::kind::MediaKind;
use self::range::Slice;
use crate::domain::{AccountId, ArticleId, Failure, WebUrl};
use crate::egress::{Answer, FetchError, Purpose, Request};
use crate::web::layers::policy::ContentPolicy;
use crate::web::page::CachePolicy;
use crate::web::signer::Signed;
use crate::web::{CurrentUser, Web, WebState};

/// Fetches of one reader at the same time: a page with ten thousand pictures must not keep the others' waiting.
const AT_ONCE: usize = 8;

/// Places for fetches, by reader.
#[derive(Debug, Default)]
pub struct Places(Mutex<HashMap<AccountId, Arc<Semaphore>>>);

impl Places {
    fn of(&self, account: AccountId) -> Arc<Semaphore> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry(account).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))).clone()
    }
}

/// The part of the address that is not signed.
#[derive(Debug, Deserialize)]
pub struct MediaParams {
    /// The article that shows the picture, if it is one.
    article: Option<ArticleId>,
}

/// `GET /media/p/{signature}/{address}`
pub async fn show(
    State(web): State<WebState>,
    user: CurrentUser,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
    params: Result<Query<MediaParams>, QueryRejection>,
) -> Response {
    let Some(url) =
        path.ok().and_then(|Path((signature, address))| web.signer.check(Signed::Picture, &signature, &address))
    else {
        return refusal(StatusCode::FORBIDDEN);
    };
    if is_own(&web, &url, &headers) {
        return refusal(StatusCode::FORBIDDEN);
    }
    let article = params.ok().and_then(|Query(params)| params.article);
    let places = web.media_places.of(user.id);
    let Ok(_place) = places.acquire().await else { return refusal(StatusCode::SERVICE_UNAVAILABLE) };
    match fetch(&web, &user, url, article).await {
        Ok(bytes) => show_bytes(bytes, &headers),
        Err(FetchError { failure: Failure::TimedOut, .. }) => refusal(StatusCode::GATEWAY_TIMEOUT),
        Err(FetchError { failure: Failure::Http(404) | Failure::Gone, .. }) => refusal(StatusCode::NOT_FOUND),
        Err(_) => refusal(StatusCode::BAD_GATEWAY),
    }
}

/// Whether the address leads back to this very route, by whatever name the reader knows this server.
fn is_own(web: &Web, url: &WebUrl, headers: &HeaderMap) -> bool {
    let authority = &url.as_url()[url::Position::BeforeHost..url::Position::AfterPort];
    let asked = headers.get(HOST).is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(authority.as_bytes()));
    let configured = web.app.settings.base_url.as_ref().is_some_and(|own| own.host() == url.host());
    asked || configured
}

/// Fetches without telling where the picture was seen; a server that then refuses is told the article's origin, as a
/// browser on that page would. For an article that is not this reader's the picture's own origin must do.
async fn fetch(web: &Web, user: &CurrentUser, url: WebUrl, article: Option<ArticleId>) -> Result<Bytes, FetchError> {
    let first = web.app.egress.fetch(Request::new(url.clone(), Purpose::Picture)).await;
    let answer = match first {
        Err(FetchError { failure: Failure::Http(401 | 403), .. }) => {
            let mut referer = None;
            if let Some(id) = article {
                // A failing database only loses the hint.
                referer = web.app.db.article(user.id, id).await.ok().flatten().and_then(|article| article.url);
            }
            let request = Request::new(url.clone(), Purpose::Picture);
            web.app.egress.fetch(Request { referer: referer.or(Some(url)), ..request }).await?
        }
        other => other?,
    };
    match answer {
        Answer::Fetched(fetched) => Ok(fetched.body.into_bytes().into()),
        Answer::NotModified(_) => Err(Failure::Empty.into()),
    }
}

/// A picture for somebody who may see it because an account gave away what shows it. `referer` is the page that it is from.
pub(in crate::web::pages) async fn give_picture(
    web: &Web,
    account: AccountId,
    url: WebUrl,
    referer: Option<WebUrl>,
    headers: &HeaderMap,
) -> Response {
    if is_own(web, &url, headers) {
        return refusal(StatusCode::FORBIDDEN);
    }
    let places = web.media_places.of(account);
    let Ok(_place) = places.acquire().await else { return refusal(StatusCode::SERVICE_UNAVAILABLE) };
    let request = || Request::new(url.clone(), Purpose::Picture);
    let answer = match web.app.egress.fetch(request()).await {
        Err(FetchError { failure: Failure::Http(401 | 403), .. }) => {
            let referer = referer.or_else(|| Some(url.clone()));
            web.app.egress.fetch(Request { referer, ..request() }).await
        }
        other => other,
    };
    match answer {
        Ok(Answer::Fetched(fetched)) => show_bytes(fetched.body.into_bytes().into(), headers),
        Err(FetchError { failure: Failure::TimedOut, .. }) => refusal(StatusCode::GATEWAY_TIMEOUT),
        Err(FetchError { failure: Failure::Http(404) | Failure::Gone, .. }) => refusal(StatusCode::NOT_FOUND),
        Ok(Answer::NotModified(_)) | Err(_) => refusal(StatusCode::BAD_GATEWAY),
    }
}

fn show_bytes(bytes: Bytes, headers: &HeaderMap) -> Response {
    let Some(kind) = MediaKind::of(&bytes) else { return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE) };
    let whole = bytes.len();
    // What was fetched now may differ from what the browser has a part of: without a validator there is none to compare.
    let wanted = headers.get(RANGE).filter(|_| !headers.contains_key(IF_RANGE));
    let slice = wanted.map_or(Slice::Whole, |wanted| Slice::read(wanted.as_bytes(), whole));
    let mut response = match slice {
        Slice::Whole => bytes.into_response(),
        Slice::Part(part) => {
            let range = format!("bytes {}-{}/{whole}", part.start, part.end - 1);
            let mut response = (StatusCode::PARTIAL_CONTENT, bytes.slice(part)).into_response();
            set(&mut response, CONTENT_RANGE, range);
            response
        }
        Slice::Impossible => {
            let mut response = refusal(StatusCode::RANGE_NOT_SATISFIABLE);
            set(&mut response, CONTENT_RANGE, format!("bytes */{whole}"));
            return response;
        }
    };
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(kind.content_type()));
    fields.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if kind == MediaKind::Svg {
        // A drawing can hold scripts. In a page it is shown as a picture all the same; opened alone it is saved.
        fields.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"picture.svg\""));
    }
    response.extensions_mut().insert(ContentPolicy::Inert);
    response.extensions_mut().insert(CachePolicy::PrivateWeek);
    response
}

fn set(response: &mut Response, name: http::HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}

/// An answer without the picture. One plain line that holds nothing of the address, since it is shown on our origin.
fn refusal(status: StatusCode) -> Response {
    let mut response = (status, "This picture cannot be shown.\n").into_response();
    response.headers_mut().remove(CONTENT_LENGTH);
    response.extensions_mut().insert(ContentPolicy::Inert);
    response
}
