//! What a page puts between the parts of a text: places for advertisements, hidden pieces, empty stand-ins.

use ego_tree::NodeId;

use crate::content::tree::Fragment;

/// Names that screen readers are given for advertisements.
const LABELS: &[&str] = &[
    "广告",
    "廣告",
    "advertisement",
    "advertising",
    "publicité",
    "publicidad",
    "anzeige",
    "werbung",
    "реклама",
    "広告",
    "광고",
];

/// Classes of places that scripts fill with advertisements.
const CLASSES: &[&str] = &[
    "adsbygoogle",
    "dotcom-ad",
    "ad-placeholder",
    "ad-slot",
    "adslot",
    "ad-container",
    "ad-wrapper",
    "ad-unit",
    "advertisement",
    "lazyload-placeholder",
    "lazyload-wrapper",
    "image-placeholder",
];

/// The longest text that an empty place may carry, in characters: “advertisement”, “story continues below”.
const MAX_LABEL: usize = 60;

/// The longest text of a hidden piece, in characters. Longer ones may be what a page unfolds on a click.
const MAX_HIDDEN: usize = 200;

/// Places for advertisements and empty stand-ins for pictures.
pub(super) fn drop_ad_places(fragment: &mut Fragment) {
    for id in fragment.elements(&["section", "div", "aside", "ins", "span", "p", "figure"]) {
        if is_ad_place(fragment, id) && fragment.attached(id) {
            fragment.detach(id);
        }
    }
}

fn is_ad_place(fragment: &Fragment, id: NodeId) -> bool {
    if !fragment.has_attributes(id) {
        return false;
    }
    let label = fragment.attr(id, "aria-label").unwrap_or_default().trim().to_lowercase();
    // “广告 2”, “Advertisement 1”: the label and at most a number.
    let labelled = LABELS.iter().any(|word| {
        label.strip_prefix(word).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c.is_whitespace()))
    });
    let marked = ["data-e2e", "data-testid", "data-component"].iter().any(|name| {
        fragment.attr(id, name).is_some_and(|value| value.eq_ignore_ascii_case("advertisement") || value == "ad-slot")
    });
    let classed = || {
        let classes = fragment.attr(id, "class").unwrap_or_default().to_ascii_lowercase();
        classes.split_ascii_whitespace().any(|class| CLASSES.contains(&class))
    };
    if labelled || marked {
        return fragment.text(id).chars().count() <= MAX_LABEL;
    }
    // A class alone says less: a place that shows a picture or a sentence stays.
    classed() && !fragment.shows_something(id) && fragment.text(id).chars().count() <= 20
}

/// Short pieces that the page itself hides.
pub(super) fn drop_hidden_pieces(fragment: &mut Fragment) {
    for id in fragment.all_elements() {
        if !is_hidden(fragment, id) || !fragment.attached(id) {
            continue;
        }
        let length = fragment.text(id).chars().count();
        if length <= MAX_HIDDEN && length * 4 < fragment.text(fragment.body()).chars().count().max(1) * 3 {
            fragment.detach(id);
        }
    }
}

fn is_hidden(fragment: &Fragment, id: NodeId) -> bool {
    if !fragment.has_attributes(id) {
        return false;
    }
    if matches!(
        fragment.name(id),
        "img" | "picture" | "source" | "video" | "audio" | "iframe" | "td" | "th" | "tr" | "li"
    ) {
        return false;
    }
    if fragment.attr(id, "hidden").is_some_and(|value| !value.eq_ignore_ascii_case("until-found")) {
        return true;
    }
    fragment.attr(id, "style").is_some_and(|style| {
        let style: String = style.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
        style.split(';').any(|rule| matches!(rule.trim_end_matches("!important"), "display:none" | "visibility:hidden"))
    })
}
