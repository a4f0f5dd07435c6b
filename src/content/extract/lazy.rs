//! Pictures that a page leaves to its scripts, put where they belong before the extractor throws out what has no address.

use dom_query::{Document, NodeRef};

use crate::content::clean::srcset;

/// More candidates of a picture are not looked at.
const MOST_CANDIDATES: usize = 32;

/// Attributes in which pages keep the real address of a picture, the most telling first.
const SOURCES: &[&str] = &[
    "data-croporisrc",
    "data-actualsrc",
    "data-original",
    "data-src",
    "data-lazy-src",
    "data-lazyload",
    "data-lazy",
    "data-echo",
    "data-url",
    "data-hi-res-src",
    "data-img-src",
    "data-image-src",
    "data-full-src",
    "data-orig-file",
    "data-ks-lazyload",
    "data-backsrc",
    "data-default-src",
    "data-delayed-url",
    "zoomfile",
    "original",
    "file",
];

/// Attributes in which pages keep the real `srcset`.
const SOURCE_SETS: &[&str] = &["data-srcset", "data-lazy-srcset", "data-original-set", "data-src-set"];

/// What the addresses of placeholders are made of.
const PLACEHOLDER_WORDS: &[&str] = &[
    "placeholder",
    "blank.",
    "spacer",
    "transparent",
    "loading",
    "lazy",
    "1x1",
    "pixel.",
    "grey.gif",
    "gray.gif",
    "empty.",
];

/// Gives every picture the address that a script would give it, and takes pictures out of `noscript`.
pub(super) fn show_pictures(document: &Document) {
    for node in document.select("img, source").nodes() {
        show(node);
    }
    for noscript in document.select("noscript").nodes() {
        recover(noscript);
    }
}

fn show(node: &NodeRef<'_>) {
    let attributes = node.attrs();
    let of = |name: &str| {
        attributes.iter().find(|a| &*a.name.local == name).map(|a| a.value.trim()).filter(|value| !value.is_empty())
    };
    if let Some(set) = SOURCE_SETS.iter().find_map(|name| of(name))
        && of("srcset").is_none_or(is_placeholder)
    {
        node.set_attr("srcset", set);
    }
    if !node.has_name("img") {
        return;
    }
    let lazy = SOURCES.iter().filter_map(|name| of(name)).find(|value| is_picture_address(value));
    let source = of("src");
    if let Some(lazy) = lazy
        && source != Some(lazy)
    {
        node.set_attr("src", lazy);
    } else if source.is_none_or(is_placeholder)
        && let Some(best) = node.attr("srcset").as_deref().and_then(largest)
    {
        node.set_attr("src", &best);
    } else if source.is_none()
        && !node.has_attr("srcset")
        && let Some(best) =
            node.parent().filter(|outer| outer.has_name("picture")).and_then(|outer| best_source(&outer))
    {
        // Browsers need no address of its own beside those of the `source` elements; extractors do.
        node.set_attr("src", &best);
    }
}

fn best_source(picture: &NodeRef<'_>) -> Option<String> {
    // The last one is what the oldest browsers can read.
    let sets = picture.element_children().into_iter().rev().filter(|child| child.has_name("source"));
    sets.filter_map(|source| source.attr("srcset")).find_map(|set| largest(&set))
}

/// Whether a value is an address and not an option of some script (`true`, `{"w": 1}`).
fn is_picture_address(value: &str) -> bool {
    let bytes = value.as_bytes();
    let begins = value.starts_with("http://") || value.starts_with("https://") || bytes.first() == Some(&b'/');
    let path = value.split(['?', '#']).next().unwrap_or_default();
    let named = path.rsplit_once('.').is_some_and(|(_, ending)| {
        ["jpg", "jpeg", "png", "gif", "webp", "avif", "bmp", "svg"].iter().any(|e| ending.eq_ignore_ascii_case(e))
    });
    (begins || named) && !value.contains(char::is_whitespace) && !is_placeholder(value)
}

fn is_placeholder(address: &str) -> bool {
    if address.starts_with("data:") || address.starts_with("about:") {
        return true;
    }
    let file = address.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    PLACEHOLDER_WORDS.iter().any(|word| file.contains(word))
}

/// The address of the largest candidate of a `srcset` (HTML standard, section 4.8.4.2) that is no wider than a screen.
fn largest(set: &str) -> Option<String> {
    let mut best: Option<(f32, String)> = None;
    for candidate in srcset::parse(set, MOST_CANDIDATES) {
        let size = candidate.descriptor.trim_end_matches(['w', 'x']).parse().unwrap_or(1.0);
        if !is_placeholder(&candidate.url)
            && size <= 2_000.0
            && best.as_ref().is_none_or(|(largest, _)| size > *largest)
        {
            best = Some((size, candidate.url));
        }
    }
    best.map(|(_, address)| address)
}

/// Puts the picture of a `noscript` in the place of the empty one before it, or in the place of the `noscript`.
fn recover(noscript: &NodeRef<'_>) {
    let children = noscript.descendants();
    let pictures: Vec<&NodeRef<'_>> = children.iter().filter(|node| node.has_name("img")).collect();
    let [picture] = pictures[..] else { return };
    let has_text = children.iter().any(|node| node.is_text() && !node.text().trim().is_empty());
    let is_pixel = ["width", "height"].iter().any(|side| picture.attr(side).is_some_and(|v| matches!(&*v, "0" | "1")))
        || picture.attr("style").is_some_and(|style| style.contains("display:none") || style.contains("display: none"));
    if has_text || is_pixel || picture.attr("src").is_none_or(|src| is_placeholder(&src)) {
        return;
    }
    let before = noscript.prev_element_sibling();
    let stand_in = before.and_then(|before| {
        if before.has_name("img") {
            return Some(before);
        }
        let inside: Vec<NodeRef<'_>> = before.descendants_it().filter(|node| node.has_name("img")).collect();
        match inside[..] {
            [only] => Some(only),
            _ => None,
        }
    });
    match stand_in {
        Some(empty) if empty.attr("src").is_none_or(|src| is_placeholder(&src)) => {
            empty.replace_with(picture);
            noscript.remove_from_parent();
        }
        // The picture before it was given its address already.
        Some(_) => {}
        None => noscript.replace_with(picture),
    }
}
