//! Pictures and recordings of articles, fetched on the reader's behalf, so that no other server learns who reads what.
//!
//! A picture that is kept already comes from the picture store, and one that is fetched here is kept where its reader keeps
//! all pictures. Only addresses that Gleaner signed are fetched, through the same guard as everything else. What a thing is, its bytes
//! say and not its server; whatever is neither picture nor sound nor film is not passed on. All of it, errors included,
//! goes out under the policy for foreign bytes: it can do nothing on our origin, even opened in a window of its own.

pub mod kept;
pub mod own;
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

use self::range::Slice;
use crate::domain::{AccountId, ArticleId, Failure, PicturePolicy, WebUrl};
use crate::egress::FetchError;
use crate::jobs::pictures::{self, PictureError};
use crate::media::MediaKind;
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
    pub(in crate::web::pages) fn of(&self, account: AccountId) -> Arc<Semaphore> {
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
    if let Some(bytes) = pictures::kept(&web.app, &url).await {
        return show_bytes(bytes, &headers);
    }
    let article = params.ok().and_then(|Query(params)| params.article);
    let places = web.media_places.of(user.id);
    let Ok(_place) = places.acquire().await else { return refusal(StatusCode::SERVICE_UNAVAILABLE) };
    match fetch(&web, &user, &url, article).await {
        Ok(bytes) => {
            keep(&web, &user, &url, article, bytes.clone()).await;
            show_bytes(bytes, &headers)
        }
        Err(error) => refusal(status_of(&error)),
    }
}

/// The status under which a failed fetch is told.
fn status_of(error: &FetchError) -> StatusCode {
    match error.failure {
        Failure::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        Failure::Http(404) | Failure::Gone => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_GATEWAY,
    }
}

/// Keeps a picture that was just fetched, if its reader keeps all pictures. Whatever goes wrong, the picture is shown.
async fn keep(web: &Web, user: &CurrentUser, url: &WebUrl, article: Option<ArticleId>, bytes: Bytes) {
    let keeping = async {
        let article = match article {
            Some(id) if web.app.db.is_visible(user.id, id).await? => Some(id),
            _ => None,
        };
        if web.app.db.picture_policy_for(user.id, article).await? != PicturePolicy::All {
            return Ok(());
        }
        let sources = web.app.db.note_pictures(article, std::slice::from_ref(url), None).await?;
        for source in sources.into_iter().filter(|source| !source.is_kept) {
            pictures::keep(&web.app, source.id, bytes.clone()).await?;
        }
        Ok::<(), PictureError>(())
    };
    match keeping.await {
        Ok(()) | Err(PictureError::Refused(_)) => {}
        Err(error) => tracing::warn!(%error, "a picture could not be kept"),
    }
}

/// Whether the address leads back to this very route, by whatever name the reader knows this server.
pub(in crate::web::pages) fn is_own(web: &Web, url: &WebUrl, headers: &HeaderMap) -> bool {
    let authority = &url.as_url()[url::Position::BeforeHost..url::Position::AfterPort];
    let asked = headers.get(HOST).is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(authority.as_bytes()));
    let configured = web.app.settings.base_url.as_ref().is_some_and(|own| own.host() == url.host());
    asked || configured
}

/// Fetches a picture. A server that only gives it to its own pages is told the origin of the article, or for an article
/// that is not this reader's that of the picture.
async fn fetch(web: &Web, user: &CurrentUser, url: &WebUrl, article: Option<ArticleId>) -> Result<Bytes, FetchError> {
    let mut page = None;
    if let Some(id) = article {
        // A failing database only loses the hint.
        page = web.app.db.article_url(user.id, id).await.ok().flatten();
    }
    pictures::fetch_one(&web.app, url, page.as_ref()).await
}

/// A picture or a recording for somebody who may see it because an account gave away what shows it. `referer` is the page that a
/// picture is from.
pub(in crate::web::pages) async fn give(
    web: &Web,
    account: AccountId,
    (what, url): (Signed, WebUrl),
    referer: Option<WebUrl>,
    headers: &HeaderMap,
) -> Response {
    let mut response = match what {
        Signed::Picture => give_picture(web, account, url, referer, headers).await,
        Signed::Recording => recording::give(web, account, url, headers).await,
    };
    response.extensions_mut().insert(ContentPolicy::PublicFile);
    // Nobody keeps it: with what was given away it is gone.
    response.extensions_mut().insert(CachePolicy::NoStore);
    response
}

async fn give_picture(
    web: &Web,
    account: AccountId,
    url: WebUrl,
    referer: Option<WebUrl>,
    headers: &HeaderMap,
) -> Response {
    if is_own(web, &url, headers) {
        return refusal(StatusCode::FORBIDDEN);
    }
    if let Some(bytes) = pictures::kept(&web.app, &url).await {
        return show_bytes(bytes, headers);
    }
    let places = web.media_places.of(account);
    let Ok(_place) = places.acquire().await else { return refusal(StatusCode::SERVICE_UNAVAILABLE) };
    match pictures::fetch_one(&web.app, &url, referer.as_ref()).await {
        Ok(bytes) => show_bytes(bytes, headers),
        Err(error) => refusal(status_of(&error)),
    }
}

pub(in crate::web::pages) fn show_bytes(bytes: Bytes, headers: &HeaderMap) -> Response {
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
