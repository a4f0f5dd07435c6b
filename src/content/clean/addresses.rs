//! What an address may be, by what it is for.

use url::Url;

use super::Rendering;
use super::policy::ID_PREFIX;
use super::srcset::{self, Candidate};
use crate::domain::WebUrl;

/// The most candidates of one `srcset`.
pub(super) const MAX_CANDIDATES: usize = 10;

/// The longest picture that an address itself may hold, in bytes.
const MAX_DATA_BYTES: usize = 64 * 1024;

/// An address to follow: absolute http(s), mail, telephone, or a place in this text. `has_id` tells whether the text
/// has an element of that id; then a link to the article's own address with such a fragment stays inside.
pub(crate) fn link(text: &str, base: Option<&WebUrl>, has_id: impl Fn(&str) -> bool) -> Option<String> {
    if let Some(fragment) = text.strip_prefix('#') {
        return within(fragment);
    }
    if text.is_empty() {
        return None;
    }
    let url = resolve(text, base)?;
    match url.scheme() {
        "http" | "https" => {
            let web = WebUrl::try_from(url).ok()?;
            if let (Some(fragment), Some(base)) = (web.as_url().fragment(), base)
                && without_fragment(&web) == without_fragment(base)
                && has_id(fragment)
            {
                return within(fragment);
            }
            Some(web.as_str().to_owned())
        }
        "mailto" | "tel" if url.as_str().len() <= WebUrl::MAX_BYTES => Some(url.as_str().to_owned()),
        _ => None,
    }
}

fn within(fragment: &str) -> Option<String> {
    if fragment.is_empty() || fragment.len() > 200 {
        return None;
    }
    let prefix = if fragment.starts_with(ID_PREFIX) { "" } else { ID_PREFIX };
    Some(format!("#{prefix}{fragment}"))
}

fn without_fragment(url: &WebUrl) -> &str {
    url.as_str().split('#').next().unwrap_or_default()
}

/// A picture's address as the caller wants it; small raster pictures inside the address may stay where `allow_data`.
pub(crate) fn picture(text: &str, rendering: &Rendering<'_>, allow_data: bool) -> Option<String> {
    if text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        return (allow_data && is_raster_data(text)).then(|| text.to_owned());
    }
    web(text, rendering.base).map(|url| (rendering.picture)(&url))
}

/// The list of a `srcset`, without candidates that are no pictures of the web.
pub(crate) fn picture_set(text: &str, rendering: &Rendering<'_>) -> Option<String> {
    let candidates: Vec<Candidate> = srcset::parse(text, MAX_CANDIDATES)
        .into_iter()
        .filter_map(|candidate| {
            let url = (rendering.picture)(&web(&candidate.url, rendering.base)?);
            // An address with a space or a comma at an end would be read as something else.
            let safe = !url.contains(|c: char| c.is_ascii_whitespace()) && !url.starts_with(',') && !url.ends_with(',');
            safe.then_some(Candidate { url, ..candidate })
        })
        .collect();
    (!candidates.is_empty()).then(|| srcset::write(&candidates))
}

/// The address of audio or video as the caller wants it.
pub(crate) fn media(text: &str, rendering: &Rendering<'_>) -> Option<String> {
    web(text, rendering.base).map(|url| (rendering.media)(&url))
}

pub(super) fn web(text: &str, base: Option<&WebUrl>) -> Option<WebUrl> {
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    WebUrl::try_from(resolve(text, base)?).ok()
}

/// URL standard, section 4.4: white space, control characters and tabs inside are taken out by the parser, so that
/// what is looked at here is what a browser would see.
fn resolve(text: &str, base: Option<&WebUrl>) -> Option<Url> {
    // A data address or a whole book in an attribute is no address that we keep.
    if text.len() > 2 * WebUrl::MAX_BYTES {
        return None;
    }
    // Behind odd characters at the start this would become a harmless relative address, but it was never meant as one.
    let bare = text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let letters: String = bare.chars().filter(|c| !c.is_control()).take(11).collect::<String>().to_ascii_lowercase();
    if bare.len() < text.len() && (letters.starts_with("javascript:") || letters.starts_with("vbscript:")) {
        return None;
    }
    match base {
        // Most of the old web is reachable over https too, and what is not shows nothing worse than a broken link.
        _ if text.starts_with("//") => Url::parse(&format!("https:{text}")).ok(),
        Some(base) => base.as_url().join(text).ok(),
        None => Url::parse(text).ok(),
    }
}

/// Raster pictures as RFC 2397 writes them, of a type that browsers decode without running anything.
fn is_raster_data(text: &str) -> bool {
    const TYPES: &[&str] = &["png", "jpeg", "jpg", "gif", "webp", "avif", "bmp"];
    if text.len() > MAX_DATA_BYTES {
        return false;
    }
    let Some((head, body)) = text[5..].split_once(',') else { return false };
    let head = head.to_ascii_lowercase();
    let Some(kind) = head.strip_prefix("image/") else { return false };
    let mut parts = kind.split(';');
    parts.next().is_some_and(|kind| TYPES.contains(&kind.trim()))
        && parts.all(|part| part.trim() == "base64")
        && body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'%' | b'-' | b'_'))
        && !body.is_empty()
}
