//! The files under `static/`, and those that stand at fixed addresses.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::web::assets::{self, Asset};
use crate::web::layers::policy::ContentPolicy;
use crate::web::page::CachePolicy;
use crate::web::{Visit, WebError, WebState};

/// `GET /static/{hash}/{name}`: a file under the address that holds its hash. The paths name files that were compiled
/// in, not files of the machine.
pub async fn file(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, WebError> {
    let asset = Asset::find(&name).filter(|asset| asset.hash == hash).ok_or(WebError::NotFound)?;
    let mut response = send(asset, &headers);
    response.extensions_mut().insert(CachePolicy::Immutable);
    response.extensions_mut().insert(ContentPolicy::PublicFile);
    Ok(response)
}

/// `GET /worker.js`: what works for the pages below its own address, which is why it stands at the top.
pub async fn worker(headers: HeaderMap) -> Result<Response, WebError> {
    let mut response = send(Asset::find(assets::WORKER).ok_or(WebError::NotFound)?, &headers);
    response.extensions_mut().insert(ContentPolicy::Worker);
    response.extensions_mut().insert(CachePolicy::Checked);
    Ok(response)
}

/// A file, or word that the browser has it already.
fn send(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let mut response = if headers.get_all(IF_NONE_MATCH).iter().any(|value| value.as_bytes() == asset.etag().as_bytes())
    {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (bytes, encoding) = asset.packed(accepted);
        let mut response = bytes.into_response();
        if let Some(encoding) = encoding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type()));
    fields.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(etag) = HeaderValue::try_from(asset.etag()) {
        fields.insert(ETAG, etag);
    }
    response
}

/// `GET /robots.txt`: what people read is nobody's business. What they give away may be looked at, for a preview at least; the
/// pages themselves say whether they may be listed.
pub async fn robots() -> Response {
    let mut response = "User-agent: *\nAllow: /s/\nAllow: /p/\nDisallow: /\n".into_response();
    response.extensions_mut().insert(CachePolicy::PublicDay);
    response
}

/// `GET /manifest.webmanifest`: lets browsers install the site. Every address in it is below the base path.
pub async fn manifest(State(web): State<WebState>, visit: Visit) -> Response {
    let asset = |name: &str| web.base.join(&assets::address(name));
    // The mark stands within the middle two fifths, so that a mask of any form leaves it whole.
    let icon = |name: &str, sizes: &str, purpose: &str| serde_json::json!({ "src": asset(name), "sizes": sizes, "type": "image/png", "purpose": purpose });
    let shortcut = |key: &str, path: &str| {
        let icons = [icon("icons/mark-192.png", "192x192", "any")];
        serde_json::json!({ "name": visit.language.t(key), "url": web.base.join(path), "icons": icons })
    };
    let manifest = serde_json::json!({
        "id": web.base.join("/"),
        "name": "Gleaner",
        "short_name": "Gleaner",
        "description": visit.language.t("base.description"),
        "lang": visit.language.tag(),
        "dir": visit.language.direction().as_str(),
        "start_url": web.base.join("/"),
        "scope": web.base.join("/"),
        "display": "standalone",
        "background_color": "#fbf8f2",
        "theme_color": "#fbf8f2",
        "categories": ["news", "books"],
        "shortcuts": [
            shortcut("list.unread", "/unread"),
            shortcut("list.starred", "/starred"),
            shortcut("list.later", "/later"),
            shortcut("base.add", "/add"),
        ],
        "share_target": {
            "action": web.base.join("/add"),
            "method": "GET",
            "enctype": "application/x-www-form-urlencoded",
            "params": { "url": "url", "text": "text", "title": "title" },
        },
        "icons": [
            { "src": asset("icons/mark.svg"), "sizes": "any", "type": "image/svg+xml" },
            icon("icons/mark-192.png", "192x192", "any"),
            icon("icons/mark-192.png", "192x192", "maskable"),
            icon("icons/mark-512.png", "512x512", "any"),
            icon("icons/mark-512.png", "512x512", "maskable"),
        ],
    });
    let mut response = manifest.to_string().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/manifest+json"));
    response.extensions_mut().insert(CachePolicy::PublicDay);
    response
}
