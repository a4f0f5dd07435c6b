//! The whole web side as one function from a request to its response.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_ENCODING, COOKIE, LOCATION};
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, StatusCode, Uri};
use tower::{Service as _, ServiceBuilder};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};

use super::layers::{csrf, dress, visit::Visit};
use super::{WebError, WebStartError, WebState, router};

/// The longest address, in bytes.
const ADDRESS_BYTES: usize = 8 * 1024;
/// The most header fields of a request.
const FIELDS: usize = 64;

/// The web side, ready to answer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Site {
    web: WebState,
    routes: Router,
    /// What programs with keys ask for. Where a request comes from does not matter there, since only a key counts.
    api: Router,
    /// Dresses what is answered before any route is looked for.
    refusals: Router,
}

impl Site {
    /// Puts the layers around the routes.
    pub fn new(web: WebState) -> Result<Self, WebStartError> {
        let csrf = csrf::layer(web.app.settings.base_url.as_ref()).map_err(WebStartError::BaseUrl)?;
        let compression = CompressionLayer::new().quality(CompressionLevel::Precise(5)).compress_when(
            SizeAbove::new(512)
                .and(NotForContentType::new("image/png"))
                .and(NotForContentType::new("image/jpeg"))
                .and(NotForContentType::new("image/gif"))
                .and(NotForContentType::new("image/webp"))
                .and(NotForContentType::new("image/avif"))
                .and(NotForContentType::new("application/zip"))
                .and(NotForContentType::new("application/epub+zip"))
                .and(NotForContentType::new("audio/"))
                .and(NotForContentType::new("video/")),
        );
        let outer = ServiceBuilder::new().layer(compression).layer(from_fn_with_state(web.clone(), dress::dress));
        let api = router::api(web.clone()).layer(outer.clone());
        let routes = router::router(web.clone()).layer(csrf).layer(outer);
        let refusals = Router::new()
            .fallback(|request: axum::extract::Request| async move {
                let refusal = request.extensions().get::<Refused>().copied().unwrap_or(Refused::NotFound);
                refusal.error().into_response()
            })
            .layer(from_fn_with_state(web.clone(), dress::dress));
        Ok(Self { web, routes, api, refusals })
    }

    /// Answers one request that came from `peer`. Never fails: what goes wrong is a response, too.
    pub async fn answer(&self, mut request: Request<Body>, peer: SocketAddr) -> Response {
        self.web.app.media.somebody_asks();
        let refused = refusal_of(&request);
        let below = match (refused, below_base(self.web.base.as_str(), request.uri())) {
            (None, Below::Path(below)) => Ok(below),
            (None, Below::Bare) => return self.to_base(),
            (None, Below::Elsewhere) => Err(Refused::NotFound),
            (Some(refused), _) => Err(refused),
        };
        let here = below.as_ref().unwrap_or(&Uri::default()).clone();
        let visit = Visit::read(&self.web, peer, request.headers(), &here);
        request.extensions_mut().insert(visit);
        let mut router = match below {
            Ok(below) if is_api(below.path()) => {
                *request.uri_mut() = below;
                // No session may act here, whoever made the browser send it.
                request.headers_mut().remove(COOKIE);
                self.api.clone()
            }
            Ok(below) => {
                *request.uri_mut() = below;
                self.routes.clone()
            }
            Err(refused) => {
                request.extensions_mut().insert(refused);
                self.refusals.clone()
            }
        };
        match router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Whether `address` is a proxy whose word counts.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.web.trusted_proxies.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// What the handlers share.
    pub fn web(&self) -> &WebState {
        &self.web
    }

    /// `/reader` leads to `/reader/`.
    fn to_base(&self) -> Response {
        let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
        if let Ok(location) = http::HeaderValue::try_from(self.web.base.join("/")) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}

/// Why a request is answered before any route is looked for.
#[derive(Debug, Clone, Copy)]
enum Refused {
    NotFound,
    AddressTooLong,
    TooManyFields,
    Encoded,
    NoHost,
}

impl Refused {
    fn error(self) -> WebError {
        match self {
            Self::NotFound => WebError::NotFound,
            Self::AddressTooLong => WebError::AddressTooLong,
            Self::TooManyFields => WebError::TooManyFields,
            Self::Encoded => WebError::UnsupportedMedia,
            Self::NoHost => WebError::BadRequest("a request names exactly one host".to_owned()),
        }
    }
}

fn refusal_of(request: &Request<Body>) -> Option<Refused> {
    let headers = request.headers();
    let hosts = headers.get_all(http::header::HOST).iter().count();
    let long = request.uri().path_and_query().map_or(0, |path| path.as_str().len()) > ADDRESS_BYTES;
    match () {
        () if long => Some(Refused::AddressTooLong),
        () if headers.len() > FIELDS => Some(Refused::TooManyFields),
        () if is_encoded(headers) => Some(Refused::Encoded),
        // RFC 9112, section 3.2: more than one Host is an error, and so is none in HTTP/1.1.
        () if hosts > 1 || (hosts == 0 && request.version() == http::Version::HTTP_11) => Some(Refused::NoHost),
        () => None,
    }
}

/// Whether a path below the base path is one for programs.
pub(super) fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}

/// Whether the body is compressed: a form never is, and unpacking foreign data is work for an attacker to give.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Where an address lies as seen from the base path.
#[derive(Debug, PartialEq, Eq)]
enum Below {
    /// Below it; the rest of the address.
    Path(Uri),
    /// The base path itself, without its slash.
    Bare,
    /// Not below it.
    Elsewhere,
}

fn below_base(base: &str, uri: &Uri) -> Below {
    let whole = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    match whole.strip_prefix(base) {
        Some("") => Below::Bare,
        Some(rest) if rest.starts_with('/') => rest.parse().map_or(Below::Elsewhere, Below::Path),
        Some(rest) if rest.starts_with('?') => Below::Bare,
        _ => Below::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_below_the_base_path_is_ours() {
        for (base, uri, below) in [
            ("", "/unread?a=1", Below::Path("/unread?a=1".parse().unwrap())),
            ("/reader", "/reader/unread", Below::Path("/unread".parse().unwrap())),
            ("/reader", "/reader/", Below::Path("/".parse().unwrap())),
            ("/reader", "/reader", Below::Bare),
            ("/reader", "/reader?a", Below::Bare),
            ("/reader", "/readers/x", Below::Elsewhere),
            ("/reader", "/", Below::Elsewhere),
            ("", "http://elsewhere.example/feeds", Below::Path("/feeds".parse().unwrap())),
        ] {
            assert_eq!(below_base(base, &uri.parse().unwrap()), below, "{base} {uri}");
        }
    }
}
