//! Pictures of a body: lazy ones loaded, proxies unwrapped, addresses absolute, pixels that count visits gone.

use ego_tree::NodeId;

use super::proxies;
use crate::content::clean::srcset;
use crate::content::tree::Fragment;
use crate::domain::WebUrl;

/// Where scripts look for the address that a lazy picture will get, the most telling first.
const LAZY_SOURCES: &[&str] = &[
    "data-src",
    "data-original",
    "data-actualsrc",
    "data-lazy-src",
    "data-original-src",
    "data-lazy",
    "data-orig-file",
    "data-hi-res-src",
    "data-echo",
    "data-url",
    "data-image",
    "data-img-src",
    "data-croporisrc",
    "data-backsrc",
    "data-srcurl",
    "file",
    "_src",
];
const LAZY_SETS: &[&str] = &["data-srcset", "data-lazy-srcset", "data-original-set"];

/// The longest `srcset` that is looked at; more are of no use to a reader.
const MAX_CANDIDATES: usize = 32;

/// A picture that waits for a script gets the address that the script would have given it.
pub(super) fn load_lazy_pictures(fragment: &mut Fragment) {
    for id in fragment.elements(&["img", "source"]) {
        let source = fragment.attr(id, "src").unwrap_or_default().to_owned();
        if fragment.name(id) == "img"
            && is_stand_in(&source)
            && let Some(lazy) = first_address(fragment, id, LAZY_SOURCES)
        {
            fragment.set_attr(id, "src", Some(&lazy));
        }
        let set = fragment.attr(id, "srcset").unwrap_or_default();
        if is_stand_in(set.split_ascii_whitespace().next().unwrap_or_default())
            && let Some(lazy) = LAZY_SETS.iter().find_map(|name| fragment.attr(id, name)).map(str::to_owned)
        {
            fragment.set_attr(id, "srcset", Some(&lazy));
        }
    }
}

/// Pictures that stand in `noscript` for readers without scripts, as we are: they replace the stand-in before them.
pub(super) fn recover_noscript_pictures(fragment: &mut Fragment) {
    for id in fragment.elements(&["noscript"]) {
        let inner = match fragment.children(id).as_slice() {
            [only] => fragment.own_text(*only).map(str::to_owned),
            _ => None,
        };
        let inner = inner.unwrap_or_else(|| fragment.inner_html(id));
        let piece = Fragment::parse(&inner);
        let Some(picture) = piece.elements(&["img"]).first().copied() else { continue };
        let Some(address) = piece.attr(picture, "src").filter(|source| !is_stand_in(source)) else { continue };
        let before = fragment
            .prev_shown(id)
            .filter(|previous| matches!(fragment.name(*previous), "img" | "picture" | "span" | "div" | "a"))
            .and_then(|previous| first_picture(fragment, previous));
        let loaded = before.is_some_and(|image| !is_stand_in(fragment.attr(image, "src").unwrap_or_default()));
        let previews = previews_of(fragment, id, address);
        if loaded && previews.is_empty() {
            // The stand-in was loaded already, and by another address.
            fragment.detach(id);
            continue;
        }
        for image in before.filter(|_| !loaded).into_iter().chain(previews) {
            fragment.detach(image);
        }
        fragment.replace_with_html(id, &inner);
    }
}

/// Pictures before the `noscript` in the same figure that are the same file in a smaller size.
fn previews_of(fragment: &Fragment, noscript: NodeId, address: &str) -> Vec<NodeId> {
    let file = |address: &str| {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        path.rsplit('/').next().filter(|name| name.len() >= 8).map(str::to_owned)
    };
    let Some(wanted) = file(address) else { return Vec::new() };
    let Some(figure) = fragment.enclosing(noscript, &["figure", "picture"]) else { return Vec::new() };
    fragment
        .elements(&["img"])
        .into_iter()
        .filter(|image| fragment.enclosing(*image, &["figure", "picture"]) == Some(figure))
        .filter(|image| file(fragment.attr(*image, "src").unwrap_or_default()).as_ref() == Some(&wanted))
        .collect()
}

fn first_picture(fragment: &Fragment, id: NodeId) -> Option<NodeId> {
    if fragment.name(id) == "img" {
        return Some(id);
    }
    let inside: Vec<NodeId> =
        fragment.node(id)?.descendants().map(|node| node.id()).filter(|inner| fragment.name(*inner) == "img").collect();
    (inside.len() == 1 && fragment.text(id).is_empty()).then(|| inside[0])
}

fn first_address(fragment: &Fragment, id: NodeId, names: &[&str]) -> Option<String> {
    names
        .iter()
        .filter_map(|name| fragment.attr(id, name))
        .map(str::trim)
        .find(|value| !is_stand_in(value) && !value.contains(char::is_whitespace) && value.contains(['/', '.']))
        .map(str::to_owned)
}

/// Whether an address shows nothing of the picture: none at all, a tiny one in the address itself, a spinner.
fn is_stand_in(address: &str) -> bool {
    let address = address.trim();
    if address.is_empty() || address == "#" || address.starts_with("about:") {
        return true;
    }
    let lower = address.get(..address.len().min(300)).unwrap_or(address).to_ascii_lowercase();
    if lower.starts_with("data:") {
        return address.len() < 2_000 || lower.starts_with("data:image/svg");
    }
    let file = lower.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
    [
        "placeholder",
        "spacer.",
        "blank.",
        "transparent.",
        "loading.",
        "lazyload",
        "lazy.",
        "grey.gif",
        "gray.gif",
        "1x1.",
        "pixel.gif",
        "clear.gif",
    ]
    .iter()
    .any(|sign| file.starts_with(sign) || (file.contains(sign) && sign.len() > 8))
}

/// Every picture's address leads to the picture itself, and the size that a proxy was asked for becomes a hint.
pub(super) fn unwrap_picture_proxies(fragment: &mut Fragment) {
    for id in fragment.elements(&["img", "source", "video", "input"]) {
        for name in ["src", "poster", "data-src", "data-original"] {
            let Some(wrapped) = fragment.attr(id, name).map(str::to_owned) else { continue };
            let Some(original) = proxies::original_picture(&wrapped) else { continue };
            fragment.set_attr(id, name, Some(original.url.as_str()));
            if name == "src" && fragment.name(id) == "img" {
                // The proxy may still have what is gone at its source.
                fragment.set_attr(id, "data-via", Some(wrapped.trim()));
            }
            for (name, hint) in [("width", original.width), ("height", original.height)] {
                if let Some(hint) = hint
                    && fragment.name(id) == "img"
                    && fragment.attr(id, name).is_none()
                {
                    fragment.set_attr(id, name, Some(&hint.to_string()));
                }
            }
        }
        map_set(fragment, id, |url| proxies::original_picture(url).map(|original| original.url.to_string()));
    }
    for id in fragment.elements(&["a"]) {
        let target = fragment.attr(id, "href").and_then(|href| {
            proxies::original_page(href)
                .or_else(|| fragment.shows_something(id).then(|| proxies::original_picture(href).map(|o| o.url))?)
        });
        if let Some(target) = target {
            fragment.set_attr(id, "href", Some(target.as_str()));
        }
    }
}

/// Relative addresses become absolute, so that the body can be read anywhere. Places in the same text stay as they are.
pub(super) fn make_addresses_absolute(fragment: &mut Fragment, base: &WebUrl) {
    for id in fragment.elements(&["a", "img", "source", "video", "audio", "iframe", "embed", "track"]) {
        for name in ["href", "src", "poster", "data-src"] {
            let Some(absolute) = fragment.attr(id, name).and_then(|value| absolute(value, base)) else { continue };
            fragment.set_attr(id, name, Some(&absolute));
        }
        map_set(fragment, id, |url| absolute(url, base));
    }
}

/// The absolute form of a relative reference; `None` if it is absolute already or cannot be resolved.
pub(super) fn absolute(reference: &str, base: &WebUrl) -> Option<String> {
    let reference = reference.trim();
    if reference.is_empty() || reference.starts_with('#') {
        return None;
    }
    if reference.starts_with("//") {
        return WebUrl::parse(&format!("https:{reference}")).ok().map(|url| url.to_string());
    }
    if url::Url::parse(reference).is_ok() {
        return None;
    }
    base.join(reference).ok().map(|url| url.to_string())
}

fn map_set(fragment: &mut Fragment, id: NodeId, change: impl Fn(&str) -> Option<String>) {
    let Some(set) = fragment.attr(id, "srcset") else { return };
    let mut candidates = srcset::parse(set, MAX_CANDIDATES);
    let mut changed = false;
    for candidate in &mut candidates {
        if let Some(url) = change(&candidate.url) {
            candidate.url = url;
            changed = true;
        }
    }
    if changed {
        let set = srcset::write(&candidates);
        fragment.set_attr(id, "srcset", Some(&set));
    }
}

/// Hosts and paths that serve nothing but counters and share buttons.
const COUNTERS: &[&str] = &[
    "pixel.wp.com/",
    "stats.wp.com/",
    "stats.wordpress.com/",
    "pixel.quantserve.com/",
    "google-analytics.com/",
    "doubleclick.net/",
    "scorecardresearch.com/",
    "facebook.com/tr",
    "facebook.com/sharer",
    "medium.com/_/stat",
    "feedburner.com/~r/",
    "feedburner.com/~ff/",
    "feedsportal.com/",
    "api.flattr.com/",
    "rss.buysellads.com/",
    "ads.pheedo.com/",
    "da.feedsportal.com/",
    "hits.sinajs.cn/",
    "hm.baidu.com/",
    "cnzz.com/",
    "twitter.com/intent",
    "/piwik.php",
    "/matomo.php",
    "/pixel.gif",
    "/tracking.gif",
    "/1x1.gif",
    "/count.gif",
    "feeds.feedblitz.com/~/",
    "pi.feedsportal",
    "/__utm.gif",
];

/// Pictures that count visits, by their size, their style or their address, with the links that become empty.
pub(super) fn drop_tracking_pixels(fragment: &mut Fragment) {
    for id in fragment.elements(&["img"]) {
        if !is_counter(fragment, id) {
            continue;
        }
        let link = fragment.parent(id).filter(|parent| fragment.name(*parent) == "a");
        fragment.detach(id);
        if let Some(link) = link.filter(|link| fragment.is_blank(*link)) {
            fragment.detach(link);
        }
    }
}

fn is_counter(fragment: &Fragment, id: NodeId) -> bool {
    let size = |name| fragment.attr(id, name).map(|size| size.trim().trim_end_matches("px").to_owned());
    let (width, height) = (size("width"), size("height"));
    let tiny = |size: &Option<String>| matches!(size.as_deref(), Some("0" | "1"));
    let none = |size: &Option<String>| size.as_deref() == Some("0");
    if none(&width) || none(&height) || (tiny(&width) && tiny(&height)) {
        return true;
    }
    let style: String = fragment
        .attr(id, "style")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let tiny_style =
        |name: &str| style.split(';').any(|rule| matches!(rule.strip_prefix(name), Some(":0" | ":0px" | ":1px")));
    if style.contains("display:none")
        || style.contains("visibility:hidden")
        || (tiny_style("width") && tiny_style("height"))
    {
        return true;
    }
    let source = fragment.attr(id, "src").unwrap_or_default();
    let bare = source.split("://").nth(1).unwrap_or(source);
    COUNTERS.iter().any(|counter| bare.get(..bare.len().min(120)).unwrap_or(bare).contains(counter))
}

/// The first picture that is worth showing beside a title.
pub(super) fn find_lead_image(fragment: &Fragment) -> Option<WebUrl> {
    fragment.elements(&["img", "video"]).into_iter().find_map(|id| {
        let address = if fragment.name(id) == "video" { fragment.attr(id, "poster") } else { fragment.attr(id, "src") };
        let url = WebUrl::parse(address?.trim()).ok()?;
        let small =
            |name| fragment.attr(id, name).and_then(|size| size.trim().parse::<u32>().ok()).is_some_and(|n| n < 100);
        let class = fragment.attr(id, "class").unwrap_or_default().to_ascii_lowercase();
        let decoration = ["emoji", "avatar", "icon", "smiley", "logo"].iter().any(|word| class.contains(word));
        let path = url.as_url().path();
        let drawn = path.ends_with(".svg") || path.contains("/emoji/");
        (!small("width") && !small("height") && !decoration && !drawn).then_some(url)
    })
}
