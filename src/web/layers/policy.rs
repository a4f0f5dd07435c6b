//! Which headers go out with which kind of response. No handler writes such a header itself: it names an intent, and
//! a test walks every route to see that the intent arrived.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

use crate::web::page::CachePolicy;

/// Hosts whose players may be framed, each only after a click on its placeholder.
pub const VIDEO_HOSTS: [&str; 5] = [
    "https://www.youtube-nocookie.com",
    "https://player.vimeo.com",
    "https://player.bilibili.com",
    "https://www.dailymotion.com",
    "https://player.twitch.tv",
];

/// What a browser is to forget of this site.
pub const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// What a response is, as far as the browser must be told what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentPolicy {
    /// One of our own pages: scripts and styles that carry the response's nonce, pictures from here, nothing else.
    Page {
        /// A video waits in it for a click: its player may be framed.
        plays: bool,
    },
    /// The worker: it may ask this server and nobody else.
    Worker,
    /// A page that is given away: it runs nothing, and is in an origin of its own, so that nothing in it can reach a session.
    Public {
        /// Search engines may list it.
        indexed: bool,
    },
    /// A file of such a page, which comes from another origin than its own in the eyes of browsers.
    PublicFile,
    /// Everything that is no page of ours, above all bytes from outside: may do nothing at all, in an origin of its own.
    Inert,
    /// The same for a picture that its address allows pages of other sites to show.
    Shared,
}

impl ContentPolicy {
    /// The value of the Content-Security-Policy header. `nonce` is only used for pages.
    pub fn header(self, nonce: &str) -> HeaderValue {
        match self {
            Self::Inert | Self::Shared | Self::PublicFile => HeaderValue::from_static(
                "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox",
            ),
            Self::Public { .. } => HeaderValue::from_static(
                "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; \
                 form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
                 sandbox allow-popups allow-popups-to-escape-sandbox",
            ),
            Self::Worker => HeaderValue::from_static(
                "default-src 'none'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; \
                 require-trusted-types-for 'script'; trusted-types 'none'",
            ),
            // A nonce is base64url, so the text is plain ASCII; were it not, nothing may run.
            Self::Page { plays } => HeaderValue::try_from(format!("{}; frame-ancestors 'none'", of_page(nonce, plays)))
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
        }
    }
}

/// What a page of ours may do. It stands in the page, too, because some proxies drop headers that they do not know; a
/// page cannot say of itself who may frame it (CSP 3, section 3.3), so the header adds that.
pub fn of_page(nonce: &str, plays: bool) -> String {
    let frames = if plays { format!("frame-src {}; ", VIDEO_HOSTS.join(" ")) } else { String::new() };
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'nonce-{nonce}'; \
         img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         worker-src 'self'; {frames}form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'; \
         trusted-types reader"
    )
}

const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "camera=(), microphone=(), geolocation=(), usb=(), payment=(), display-capture=(), browsing-topics=(), \
     fullscreen=(self \"https://www.youtube-nocookie.com\" \"https://player.vimeo.com\" \
     \"https://player.bilibili.com\" \"https://www.dailymotion.com\" \"https://player.twitch.tv\"), \
     picture-in-picture=(self \"https://www.youtube-nocookie.com\" \"https://player.vimeo.com\" \
     \"https://player.bilibili.com\" \"https://www.dailymotion.com\" \"https://player.twitch.tv\")",
);

/// A page without such a player: its own recordings and pictures alone.
const OWN_PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "camera=(), microphone=(), geolocation=(), usb=(), payment=(), display-capture=(), browsing-topics=(), \
     fullscreen=(self), picture-in-picture=(self)",
);

const NO_PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "camera=(), microphone=(), geolocation=(), usb=(), payment=(), display-capture=(), browsing-topics=(), \
     fullscreen=(), picture-in-picture=()",
);

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// Headers that responses carry with the same value, but for what is given away.
const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    (ROBOTS, HeaderValue::from_static("noindex, nofollow, noarchive")),
];

/// How the request came, as far as headers depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transport {
    /// The request is known to have come over https.
    pub https: bool,
    /// The browser counts this origin as trustworthy (https, or a host such as `localhost`), so that it sends
    /// `Sec-Fetch-Site`.
    pub trustworthy: bool,
}

/// Puts the headers of `policy` and `cache` on a response.
pub fn put_on(headers: &mut HeaderMap, policy: ContentPolicy, cache: CachePolicy, nonce: &str, transport: Transport) {
    headers.reserve(ALWAYS.len() + 6);
    for (name, value) in &ALWAYS {
        headers.insert(name, value.clone());
    }
    let permissions = match policy {
        ContentPolicy::Page { plays: true } => Some(PERMISSIONS),
        ContentPolicy::Page { plays: false } => Some(OWN_PERMISSIONS),
        // Styles, scripts and icons: four of them come with a first visit, and none has anything to be permitted.
        ContentPolicy::PublicFile => None,
        _ => Some(NO_PERMISSIONS),
    };
    if let Some(permissions) = permissions {
        headers.insert(PERMISSIONS_POLICY, permissions);
    }
    headers.insert(CONTENT_SECURITY_POLICY, policy.header(nonce));
    match policy {
        ContentPolicy::PublicFile => {
            headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
            // It opens nothing either.
            headers.remove(OPENER_POLICY);
        }
        // A page in a sandbox that also asks for a clean slate is not shown at all (HTML, section 7.4.5). Nothing runs in it, and
        // its links leave no way back.
        ContentPolicy::Public { indexed } => {
            headers.insert(OPENER_POLICY, HeaderValue::from_static("unsafe-none"));
            if indexed {
                headers.remove(ROBOTS);
            }
        }
        _ => {}
    }
    headers.insert(CACHE_CONTROL, cache.header());
    // Under “no-referrer” a browser sends `Origin: null` with every form (Fetch, section 3.2), and on an untrustworthy
    // origin no Sec-Fetch-Site either: nobody on a plain-http home network could sign in. “same-origin” tells other
    // sites just as little and keeps the Origin of our own forms.
    let referrer = if transport.trustworthy { "no-referrer" } else { "same-origin" };
    headers.insert(REFERRER_POLICY, HeaderValue::from_static(referrer));
    if let ContentPolicy::Page { .. } = policy {
        headers.insert(VARY, HeaderValue::from_static("Cookie, Accept-Encoding"));
    }
    if policy == ContentPolicy::Shared {
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }
    if cache == CachePolicy::PrivateYear {
        headers.insert(VARY, HeaderValue::from_static("Accept"));
    }
    if transport.https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

/// Pages that the browser loaded ahead of time do not show what was just done: they are thrown away (Clear Site Data).
/// A browser that does not know these words ignores them.
pub fn drop_what_was_loaded_ahead(headers: &mut HeaderMap) {
    headers.append(CLEAR_SITE_DATA, HeaderValue::from_static("\"prefetchCache\", \"prerenderCache\""));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(policy: ContentPolicy, transport: Transport) -> HeaderMap {
        let mut headers = HeaderMap::new();
        put_on(&mut headers, policy, CachePolicy::NoStore, "abc", transport);
        headers
    }

    #[test]
    fn a_page_may_run_what_carries_its_nonce_and_nothing_else() {
        let headers = headers(ContentPolicy::Page { plays: false }, Transport { https: true, trustworthy: true });
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; style-src 'nonce-abc';")
        );
        assert!(!policy.contains("unsafe"));
        assert_eq!(headers[STRICT_TRANSPORT_SECURITY], "max-age=31536000");
        assert_eq!(headers[REFERRER_POLICY], "no-referrer");
        assert!(!policy.contains("https:"), "no other host: {policy}");
        assert!(
            headers[PERMISSIONS_POLICY].to_str().unwrap().ends_with("fullscreen=(self), picture-in-picture=(self)")
        );
    }

    #[test]
    fn everything_else_may_do_nothing() {
        let headers = headers(ContentPolicy::Inert, Transport { https: false, trustworthy: false });
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.ends_with("; sandbox") && !policy.contains("nonce"));
        assert!(headers[PERMISSIONS_POLICY].to_str().unwrap().ends_with("fullscreen=(), picture-in-picture=()"));
        assert!(!headers.contains_key(STRICT_TRANSPORT_SECURITY));
        assert_eq!(headers[REFERRER_POLICY], "same-origin");
    }

    #[test]
    fn what_is_given_away_runs_nothing_and_is_listed_only_where_that_is_wanted() {
        let shy = headers(ContentPolicy::Public { indexed: false }, Transport { https: true, trustworthy: true });
        let policy = shy[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.ends_with("sandbox allow-popups allow-popups-to-escape-sandbox"), "{policy}");
        assert!(!policy.contains("script-src") && !policy.contains("nonce") && policy.contains("form-action 'none'"));
        assert_eq!(shy["x-robots-tag"], "noindex, nofollow, noarchive");
        assert_eq!(shy[REFERRER_POLICY], "no-referrer");
        let listed = headers(ContentPolicy::Public { indexed: true }, Transport { https: true, trustworthy: true });
        assert!(!listed.contains_key("x-robots-tag"));
    }

    #[test]
    fn the_worker_may_ask_this_server_and_do_nothing_else() {
        let headers = headers(ContentPolicy::Worker, Transport { https: true, trustworthy: true });
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; connect-src 'self'; "), "{policy}");
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"));
    }

    #[test]
    fn where_a_video_waits_its_player_may_be_framed_and_go_full_screen() {
        let headers = headers(ContentPolicy::Page { plays: true }, Transport { https: true, trustworthy: true });
        for host in VIDEO_HOSTS {
            assert_eq!(headers[PERMISSIONS_POLICY].to_str().unwrap().matches(host).count(), 2, "{host}");
            assert_eq!(headers[CONTENT_SECURITY_POLICY].to_str().unwrap().matches(host).count(), 1, "{host}");
        }
    }
}
