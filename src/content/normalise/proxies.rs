//! Picture proxies and page caches: where the original is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use crate::domain::WebUrl;

/// A picture behind a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Original {
    /// Where the picture really is.
    pub(crate) url: WebUrl,
    /// The width in pixels that the proxy was asked for.
    pub(crate) width: Option<u32>,
    /// The height in pixels that the proxy was asked for.
    pub(crate) height: Option<u32>,
}

/// A proxy may stand behind another one; nobody stacks more than this.
const MAX_LAYERS: usize = 3;

/// The original of a picture's address, `None` if that is no proxy's address.
pub(crate) fn original_picture(address: &str) -> Option<Original> {
    let mut found: Option<Original> = None;
    for _ in 0..MAX_LAYERS {
        let current = found.as_ref().map_or(address, |original| original.url.as_str());
        let Some(mut next) = unwrap_once(current) else { break };
        if let Some(outer) = &found {
            next.width = outer.width.or(next.width);
            next.height = outer.height.or(next.height);
        }
        found = Some(next);
    }
    found
}

/// The page behind a search engine's copy of it or behind a way out of a site, `None` if the address is neither.
pub(crate) fn original_page(address: &str) -> Option<WebUrl> {
    let url = parse(address)?;
    let host = url.host_str()?;
    if is_google(host)
        && let Some(rest) = url.path().strip_prefix("/amp/")
    {
        return amp_target(rest);
    }
    ampproject(&url).or_else(|| way_out(&url))
}

/// Pages that only send readers on, to be told who follows which link: `/url?q=…`, `link.site/?target=…`.
fn way_out(url: &Url) -> Option<WebUrl> {
    let host = url.host_str()?;
    let last = url.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_gate = ["l.", "lm.", "link.", "links.", "out.", "go.", "away.", "exit.", "redirect."]
        .iter()
        .any(|start| host.starts_with(start) && url.path().len() <= 16);
    let is_way = matches!(
        last.trim_end_matches(".php").trim_end_matches(".html"),
        "url" | "l" | "redirect" | "redir" | "away" | "link" | "linkfilter" | "exit" | "outbound" | "outgoing" | "jump"
    );
    if !is_gate && !is_way {
        return None;
    }
    ["target", "url", "u", "q", "to", "z", "dest", "destination", "redirect", "link"].iter().find_map(|name| {
        let value = query(url, name).filter(|value| {
            let lower = value.get(..8).unwrap_or_default().to_ascii_lowercase();
            lower.starts_with("http://")
                || lower == "https://"
                || lower.starts_with("http%3a")
                || lower.starts_with("https%3a")
        })?;
        // What stays at the same site is its own business.
        target(&value).filter(|inner| inner.host() != host)
    })
}

fn unwrap_once(address: &str) -> Option<Original> {
    let url = parse(address)?;
    let plain = |url: WebUrl| Original { url, width: None, height: None };
    weserv(&url)
        .or_else(|| photon(&url).map(plain))
        .or_else(|| google_proxy(&url).map(plain))
        .or_else(|| ampproject(&url).map(plain))
        .or_else(|| encoded_in_path(&url).map(plain))
        .or_else(|| address_in_path(&url).map(plain))
        .or_else(|| address_in_query(&url).map(plain))
}

fn parse(address: &str) -> Option<Url> {
    let address = address.trim();
    let url =
        if address.starts_with("//") { Url::parse(&format!("https:{address}")) } else { Url::parse(address) }.ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// images.weserv.nl and wsrv.nl: `url` with or without a scheme, `ssl:` for https; `default` stands in for it.
fn weserv(url: &Url) -> Option<Original> {
    if !matches!(url.host_str()?, "images.weserv.nl" | "wsrv.nl" | "www.wsrv.nl" | "weserv.nl" | "www.weserv.nl") {
        return None;
    }
    let target = query(url, "url").and_then(|value| target(&value));
    let url_or_default = target.or_else(|| query(url, "default").and_then(|value| self::target(&value)))?;
    let size = |name| query(url, name).and_then(|value| value.parse().ok()).filter(|n| (1..=20_000).contains(n));
    Some(Original { url: url_or_default, width: size("w"), height: size("h") })
}

/// i0.wp.com to i3.wp.com: the host is the first part of the path; `ssl` says that it speaks https.
fn photon(url: &Url) -> Option<WebUrl> {
    if !matches!(url.host_str()?, "i0.wp.com" | "i1.wp.com" | "i2.wp.com" | "i3.wp.com") {
        return None;
    }
    let rest = url.path().trim_start_matches('/');
    let host = rest.split('/').next()?;
    if !host.contains('.') || !rest.contains('/') {
        return None;
    }
    let scheme = if query(url, "ssl").is_some() { "https" } else { "http" };
    WebUrl::parse(&format!("{scheme}://{rest}")).ok()
}

/// Google's proxies for mail and gadgets.
fn google_proxy(url: &Url) -> Option<WebUrl> {
    let host = url.host_str()?;
    if !host.ends_with(".googleusercontent.com") {
        return None;
    }
    if url.path().starts_with("/proxy/") {
        return target(&decode(url.fragment()?)).filter(|_| url.fragment().is_some_and(|f| f.starts_with("http")));
    }
    if url.path().starts_with("/gadgets/proxy") {
        return target(&query(url, "url")?);
    }
    None
}

/// `HOST.cdn.ampproject.org/{c,i,v}/[s/]host/path`.
fn ampproject(url: &Url) -> Option<WebUrl> {
    let host = url.host_str()?;
    if host != "cdn.ampproject.org" && !host.ends_with(".cdn.ampproject.org") {
        return None;
    }
    let rest = url.path().trim_start_matches('/');
    let rest = ["c/", "i/", "v/", "ii/w1000/"].iter().find_map(|kind| rest.strip_prefix(kind))?;
    amp_target(rest)
}

fn amp_target(rest: &str) -> Option<WebUrl> {
    let (scheme, rest) = rest.strip_prefix("s/").map_or(("http", rest), |rest| ("https", rest));
    rest.split('/').next()?.contains('.').then(|| WebUrl::parse(&format!("{scheme}://{rest}")).ok())?
}

fn is_google(host: &str) -> bool {
    host.strip_prefix("www.google.").is_some_and(|rest| !rest.is_empty() && rest.len() <= 6)
}

/// Proxies that write the address as the last part of their path in other letters: hexadecimal behind a digest (camo and
/// its kin), or base64 (resizers, other readers).
fn encoded_in_path(url: &Url) -> Option<WebUrl> {
    let mut parts = url.path_segments()?.rev().filter(|part| !part.is_empty());
    let last = parts.next()?;
    // Without anything before it, it is a name and no address that was sealed.
    parts.next()?;
    let bare = last.rsplit_once('.').map_or(last, |(bare, _)| bare).replace("%3D", "=");
    if bare.len() < 16 {
        return None;
    }
    let bytes = from_hex(&bare).or_else(|| from_base64(&bare))?;
    let text = std::str::from_utf8(&bytes).ok()?;
    (text.starts_with("http://") || text.starts_with("https://")).then(|| WebUrl::parse(text).ok())?
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| {
        std::str::from_utf8(pair).ok().filter(|p| p.len() == 2).and_then(|p| u8::from_str_radix(p, 16).ok())
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    // “http” in base64; nothing else needs to be tried.
    let bare = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    bare.starts_with("aHR0c").then(|| URL_SAFE_NO_PAD.decode(bare.as_bytes()).ok())?
}

/// Resizers that carry the whole address at the end of their path, such as `/cdn-cgi/image/…/https://host/a.jpg`.
fn address_in_path(url: &Url) -> Option<WebUrl> {
    let host = url.host_str()?;
    // An archive's copy may be the only one that is left.
    if host == "archive.org" || host.ends_with(".archive.org") || host.starts_with("archive.") {
        return None;
    }
    let whole = &url.as_str()[url.origin().ascii_serialization().len()..];
    let at = ["/https://", "/http://", "/https%3A%2F%2F", "/http%3A%2F%2F", "/https%3a%2f%2f", "/http%3a%2f%2f"]
        .iter()
        .filter_map(|start| whole.find(start))
        .min()?;
    let inner = &whole[at + 1..];
    let inner = if inner.contains("://") { inner.to_owned() } else { decode(inner) };
    // A resizer may be asked for another format behind the name: “a.jpg@webp”.
    let inner = match inner.rsplit_once('@') {
        Some((bare, format)) if format.len() <= 4 && format.bytes().all(|b| b.is_ascii_alphanumeric()) => bare,
        _ => &inner,
    };
    WebUrl::parse(inner).ok().filter(is_picture_file)
}

/// Proxies that carry the whole address of a picture in their query, such as `/_next/image?url=…&w=640`.
fn address_in_query(url: &Url) -> Option<WebUrl> {
    ["url", "u", "src", "imgurl", "img", "image", "image_url"].iter().find_map(|name| {
        let value = query(url, name)?;
        let inner = if value.starts_with('/') && !value.starts_with("//") {
            // Only a resizer of the same site is asked for a path.
            WebUrl::try_from(url.join(&value).ok()?).ok()?
        } else if value.starts_with("http:") || value.starts_with("https:") || value.starts_with("//") {
            target(&value)?
        } else {
            return None;
        };
        Some(inner).filter(is_picture_file)
    })
}

fn is_picture_file(url: &WebUrl) -> bool {
    let path = url.as_url().path().to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".bmp"].iter().any(|ending| path.ends_with(ending))
}

/// The address that a proxy is asked for: `ssl:host/path`, `host/path`, `//host/path` or a whole one.
fn target(value: &str) -> Option<WebUrl> {
    let value = value.trim();
    let twice;
    let value = if value.get(..9).is_some_and(|head| head.to_ascii_lowercase().contains("%3a")) {
        twice = decode(value);
        twice.as_str()
    } else {
        value
    };
    let lower = value.get(..8).unwrap_or(value).to_ascii_lowercase();
    let whole = if let Some(rest) = value.strip_prefix("ssl:") {
        format!("https://{}", rest.trim_start_matches('/'))
    } else if lower.starts_with("http:") || lower.starts_with("https:") {
        value.to_owned()
    } else {
        format!("https://{}", value.trim_start_matches('/'))
    };
    let url = WebUrl::parse(&whole).ok()?;
    // Without a dot it is a path or a word that only looks like a host.
    url.host().contains(['.', ':']).then_some(url)
}

/// A query parameter, percent-decoded once. A plus sign stays one, as in paths.
fn query(url: &Url, name: &str) -> Option<String> {
    url.query()?.split('&').find_map(|pair| {
        let pair = pair.strip_prefix("amp;").unwrap_or(pair);
        let (key, value) = pair.split_once('=')?;
        (key == name && !value.is_empty()).then(|| decode(value))
    })
}

/// Percent-decoding (URL standard, section 1.3); what is no UTF-8 afterwards stays as it was.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_originals(cases: &[(&str, Option<&str>)]) {
        for (address, expected) in cases {
            let found = original_picture(address).map(|original| original.url.to_string());
            assert_eq!(found.as_deref(), *expected, "{address}");
        }
    }

    #[test]
    fn weserv_is_unwrapped_in_every_form() {
        let plain = Some("https://p.example/a.jpg");
        assert_originals(&[
            ("https://images.weserv.nl?url=p.example/a.jpg", plain),
            ("https://images.weserv.nl/?url=p.example/a.jpg&w=300", plain),
            ("//images.weserv.nl/?url=//p.example/a.jpg", plain),
            ("http://wsrv.nl/?output=webp&url=ssl:p.example/a.jpg", plain),
            ("https://wsrv.nl/?url=ssl%3Ap.example%2Fa.jpg", plain),
            (
                "https://images.weserv.nl/?url=https%3A%2F%2Fp.example%2Fa.jpg%3Fx%3D1%26y%3D2&q=80",
                Some("https://p.example/a.jpg?x=1&y=2"),
            ),
            ("https://images.weserv.nl/?url=http://p.example/a.jpg", Some("http://p.example/a.jpg")),
            ("https://images.weserv.nl/?url=p.example/a%2520b.jpg", Some("https://p.example/a%20b.jpg")),
            ("https://images.weserv.nl/?url=&default=p.example/a.jpg", plain),
            ("https://images.weserv.nl/?url=nonsense", None),
            ("https://images.weserv.nl/docs/", None),
            ("https://images.weserv.nl.evil.example/?url=p.example/a.jpg", None),
        ]);
    }

    #[test]
    fn the_size_that_was_asked_for_is_a_hint() {
        let original = original_picture("https://wsrv.nl/?url=p.example/a.jpg&w=640&h=360").unwrap();
        assert_eq!((original.width, original.height), (Some(640), Some(360)));
    }

    #[test]
    fn other_proxies_and_caches_are_unwrapped() {
        assert_originals(&[
            ("https://i2.wp.com/p.example/b/a.jpg?resize=300%2C200&ssl=1", Some("https://p.example/b/a.jpg")),
            ("https://i0.wp.com/p.example/a.jpg?w=300", Some("http://p.example/a.jpg")),
            (
                "https://ci3.googleusercontent.com/proxy/AbC=s0-d-e1-ft#https://p.example/a.png",
                Some("https://p.example/a.png"),
            ),
            (
                "https://images1-focus-opensocial.googleusercontent.com/gadgets/proxy?container=focus&url=https%3A%2F%2Fp.example%2Fa.png",
                Some("https://p.example/a.png"),
            ),
            ("https://p-example.cdn.ampproject.org/i/s/p.example/a.jpg", Some("https://p.example/a.jpg")),
            (
                "https://camo.githubusercontent.com/0123abcd/68747470733a2f2f702e6578616d706c652f612e706e67",
                Some("https://p.example/a.png"),
            ),
            (
                "https://site.example/_next/image?url=%2Fmedia%2Fa.jpg&w=640&q=75",
                Some("https://site.example/media/a.jpg"),
            ),
            ("https://site.example/cdn-cgi/image/width=600/https://p.example/a.jpg", Some("https://p.example/a.jpg")),
            (
                "https://cdn.example/image/fetch/w_600/https%3A%2F%2Fp.example%2Fa.jpeg",
                Some("https://p.example/a.jpeg"),
            ),
            (
                "https://reader.example/camo/0123abcd/68747470733a2f2f702e6578616d706c652f612e706e67",
                Some("https://p.example/a.png"),
            ),
            ("https://reader.example/proxy/abc=/aHR0cHM6Ly9wLmV4YW1wbGUvYS5wbmc=", Some("https://p.example/a.png")),
            (
                "https://imgproxy.example/sig/rs:fit/aHR0cHM6Ly9wLmV4YW1wbGUvYS5wbmc.webp",
                Some("https://p.example/a.png"),
            ),
            (
                "https://imgproxy.example/insecure/rs:fit/plain/https://p.example/a.jpg@webp",
                Some("https://p.example/a.jpg"),
            ),
            ("https://wsrv.nl/?url=i1.wp.com/p.example/a.jpg%3Fssl%3D1", Some("https://p.example/a.jpg")),
        ]);
    }

    #[test]
    fn ordinary_pictures_are_left_alone() {
        assert_originals(&[
            ("https://p.example/a.jpg?url=https://other.example/", None),
            ("https://p.example/a.jpg?w=300", None),
            ("https://web.archive.org/web/2020id_/https://p.example/a.jpg", None),
            ("https://s.wp.com/a.jpg", None),
            ("data:image/png;base64,AAAA", None),
            ("a.jpg", None),
        ]);
    }

    #[test]
    fn links_to_cached_pages_lead_to_the_page() {
        for (address, page) in [
            ("https://www.google.com/amp/s/site.example/a/1.html", Some("https://site.example/a/1.html")),
            ("https://site-example.cdn.ampproject.org/c/s/site.example/a/", Some("https://site.example/a/")),
            ("https://www.google.com/maps", None),
            (
                "https://www.google.com/url?sa=t&url=https%3A%2F%2Fsite.example%2Fa%3Fb%3D1&usg=x",
                Some("https://site.example/a?b=1"),
            ),
            ("https://link.forum.example/?target=https%3A//site.example/a", Some("https://site.example/a")),
            ("https://l.network.example/l.php?u=https%3A%2F%2Fsite.example%2Fa&h=x", Some("https://site.example/a")),
            ("https://network.example/away.php?to=https%3A%2F%2Fsite.example%2F", Some("https://site.example/")),
            ("https://network.example/login?to=https%3A%2F%2Fsite.example%2F", None),
            ("https://network.example/redirect?url=%2Fhome", None),
            ("https://www.network.example/redirect?url=https%3A%2F%2Fwww.network.example%2Fhome", None),
        ] {
            assert_eq!(original_page(address).map(|url| url.to_string()).as_deref(), page, "{address}");
        }
    }
}
