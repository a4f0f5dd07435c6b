//! The facts of one request that everything behind asks for: who, whence, where to, in which language.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use http::header::{ACCEPT_LANGUAGE, HOST};
use http::request::Parts;
use http::{HeaderMap, Uri};

use super::client::{Client, client_of};
use super::policy::Transport;
use crate::web::error::WebError;
use crate::web::locale::Locale;
use crate::web::offline;
use crate::web::page::{Frame, Reader};
use crate::web::session::{CookieJar, CurrentUser};
use crate::web::{Web, WebState};

/// One request, as far as it concerns everybody. Cheap to clone; as an extractor it never fails.
#[derive(Debug, Clone)]
pub struct Visit(Arc<Facts>);

/// What a [`Visit`] knows.
#[derive(Debug)]
pub struct Facts {
    /// Names this request in the log and on error pages: 16 hexadecimal digits.
    pub id: String,
    /// Address and scheme of the client.
    pub client: Client,
    /// Scheme as headers and cookies need it.
    pub transport: Transport,
    /// The best language for the browser's wishes; a user's own choice goes before it.
    pub language: Locale,
    /// Path and query below the base path.
    pub here: String,
    /// The page is a copy that will be read without a network.
    pub is_kept: bool,
    /// Who is signed in, once a route asked.
    user: OnceLock<CurrentUser>,
}

impl Deref for Visit {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl Visit {
    /// Reads the facts of a request. `below` is its address without the base path.
    pub fn read(web: &Web, peer: SocketAddr, headers: &HeaderMap, below: &Uri) -> Self {
        let client = client_of(peer, headers, &web.trusted_proxies);
        let https = web.is_https.unwrap_or(client.https);
        let mut id = [0; 8];
        web.app.entropy.fill(&mut id);
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self(Arc::new(Facts {
            id: format!("{:016x}", u64::from_be_bytes(id)),
            client,
            transport: Transport { https, trustworthy: https || names_this_machine(headers) },
            language: Locale::negotiate(accepted),
            here: below.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            is_kept: offline::is_kept(headers),
            user: OnceLock::new(),
        }))
    }

    /// Notes who is signed in, for the pages that are made after the handler is gone.
    pub(in crate::web) fn note_user(&self, user: &CurrentUser) {
        // Nobody signs in twice within one request; were it so, the first would stay.
        let _ = self.0.user.set(user.clone());
    }

    /// Who is signed in, if the route asked.
    pub fn user(&self) -> Option<&CurrentUser> {
        self.0.user.get()
    }

    /// The cookies as they are set for this request.
    pub fn jar<'a>(&self, web: &'a Web) -> CookieJar<'a> {
        CookieJar { https: self.transport.https, base: web.base.as_str() }
    }

    /// The frame of a page: the user's choices, else the browser's language; no sidebar and no notice yet.
    pub fn frame(&self, web: &Web) -> Frame {
        let mut frame = Frame::bare(self.language, web.base.clone(), web.app.clock.now());
        frame.here.clone_from(&self.here);
        if let Some(user) = self.user() {
            if let Some(chosen) = user.preferences.language.as_deref().and_then(Locale::by_tag) {
                frame.locale = chosen;
            }
            frame.preferences = user.preferences.clone();
            let tag = web.signer.reader(user.id);
            frame.reader = Some(Reader { name: user.name.clone(), is_admin: user.is_admin, tag });
            frame.kept = self.is_kept.then(|| frame.locale.date_time(frame.now, &frame.zone()));
        }
        frame
    }
}

/// Whether the browser asked for this very machine, which it trusts without https.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|value| value.to_str().ok()) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost")
        || name.ends_with(".localhost")
        || name == "[::1]"
        || name.starts_with("127.")
}

/// Whether this request is a reader opening a page, which marks an article as read and puts it into the history.
///
/// That is the one kind of `GET` that changes something, because opening is what reading means and must work without a script
/// (and with it, what was searched for is remembered).
/// It does so only for a navigation of the top window (Fetch Metadata, W3C) that came from our own pages or from the
/// address bar, never for what a browser loads ahead of time (`Sec-Purpose`, Fetch section 3.3; `Purpose` of older
/// ones): for a page that was loaded ahead, the page's script sends the mark when it is shown. A browser without Fetch
/// Metadata, or one on plain http that therefore sends none, is believed: the session cookie is `SameSite=Lax`, so
/// another site can open the article in a window at most, and then its reader does see it.
pub fn is_opened_by_its_reader(headers: &HeaderMap) -> bool {
    let is = |name: &str, allowed: &[&str]| {
        headers.get(name).is_none_or(|value| allowed.iter().any(|word| value.as_bytes() == word.as_bytes()))
    };
    let ahead = ["sec-purpose", "purpose", "x-moz"].iter().any(|name| {
        headers.get(*name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("pre"))
    });
    !ahead && is("sec-fetch-dest", &["document"]) && is("sec-fetch-site", &["same-origin", "none"])
}

impl FromRequestParts<WebState> for Visit {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _web: &WebState) -> Result<Self, WebError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| WebError::internal("a request came past the layers"))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_a_reader_who_opens_the_article_marks_it_as_read() {
        for (request, opened) in [
            (headers(&[]), true),
            (headers(&[("sec-fetch-dest", "document"), ("sec-fetch-site", "same-origin")]), true),
            (headers(&[("sec-fetch-dest", "document"), ("sec-fetch-site", "none")]), true),
            (headers(&[("sec-fetch-dest", "document"), ("sec-fetch-site", "cross-site")]), false),
            (headers(&[("sec-fetch-dest", "empty"), ("sec-fetch-site", "same-origin")]), false),
            (headers(&[("sec-fetch-dest", "document"), ("sec-purpose", "prefetch")]), false),
            (headers(&[("sec-purpose", "prefetch;prerender")]), false),
            (headers(&[("purpose", "prefetch")]), false),
            (headers(&[("x-moz", "prefetch")]), false),
        ] {
            assert_eq!(is_opened_by_its_reader(&request), opened, "{request:?}");
        }
    }
}
