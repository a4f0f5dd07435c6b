//! What still stands around the text when the extractor is done.
//!
//! Extractors weigh whole blocks and let through what stands between the paragraphs: rows of share buttons, related
//! stories, newsletter boxes, the editor's signature. Each rule here takes one of these out of the found article, and
//! each keeps clear of anything that could be the text itself: long lines, most of the article, pictures.

use dom_query::{Document, NodeId, NodeRef};

use super::names::has_word;
use super::phrases::{is_promotion, leads_to_other_stories};
use super::prepare::{ANCHOR, names_caption};
use super::signature::is_signature;

/// Words in a class or id that name what is no text.
const NAMES: &[&str] = &[
    "addthis",
    "advert",
    "advertisement",
    "authorbio",
    "breadcrumb",
    "breadcrumbs",
    "bookmarks",
    "jiathis",
    "mailmunch",
    "newsletter",
    "outbrain",
    "pager",
    "pagination",
    "paywall",
    "promo",
    "promobox",
    "recommend",
    "recommended",
    "recommendation",
    "recommendations",
    "related",
    "relatedposts",
    "sharedaddy",
    "share",
    "sharebar",
    "sharing",
    "sharethis",
    "signup",
    "social",
    "sponsor",
    "sponsored",
    "subscribe",
    "subscription",
    "subscriptions",
    "taboola",
    "votecell",
    "voting",
    "yarpp",
    "xgwd",
    "xgyd",
];

/// A headline of another story has so many characters at least.
const SHORTEST_HEADLINE: usize = 16;

/// A line longer than this is text, whatever it says.
const LONGEST_LINE: usize = 320;

/// A named block with more characters than these, few of them in links, is text after all.
const SHORT_PROSE: usize = 120;

/// A named block may hold so much of the article in per cent.
const LARGEST_SHARE: usize = 25;

/// Elements that may hold a single line.
const LINES: &[&str] =
    &["p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "div", "section", "aside", "blockquote", "dd", "center", "footer"];

/// Elements that make whatever holds them more than a line.
const HOLDERS: &[&str] = &[
    "p",
    "div",
    "section",
    "article",
    "ul",
    "ol",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "figure",
    "dl",
];

/// Elements that show something without text.
const MEDIA: &[&str] = &["img", "video", "audio", "iframe", "table", "pre", "math"];

/// Takes leftovers out of the found article and writes it as HTML. `None` if `document` holds no found article.
pub(super) fn trim(document: &Document) -> Option<String> {
    let article = document.select_single("#readability-page-1");
    let root = *article.nodes().first()?;
    drop_unseen_labels(&root);
    drop_counts(&root);
    drop_named_blocks(&root);
    drop_filing_links(&root);
    drop_promotional_lines(&root);
    drop_signature_below(&root);
    drop_shouted_links(&root);
    strip_classes(&root);
    restore_anchors(&root);
    Some(root.html().to_string())
}

fn is_one_of(node: &NodeRef<'_>, names: &[&str]) -> bool {
    node.qual_name_ref().is_some_and(|name| names.contains(&&*name.local))
}

/// Characters of an element's text, white space left out.
fn length(node: &NodeRef<'_>) -> usize {
    node.text().chars().filter(|c| !c.is_whitespace()).count()
}

fn link_length(node: &NodeRef<'_>) -> usize {
    node.descendants_it().filter(|inner| is_one_of(inner, &["a"])).map(|link| length(&link)).sum()
}

fn holds(node: &NodeRef<'_>, names: &[&str]) -> bool {
    node.descendants_it().any(|inner| is_one_of(&inner, names))
}

/// Blocks that their authors named as something else than text.
fn drop_named_blocks(root: &NodeRef<'_>) {
    let whole = length(root);
    for node in root.descendants() {
        if node.parent().is_none() || !has_word(&node, NAMES) {
            continue;
        }
        let own = length(&node);
        let is_prose = own > SHORT_PROSE && link_length(&node) * 4 < own;
        if own > 0 && own * 100 <= whole * LARGEST_SHARE && !is_prose {
            node.remove_from_parent();
        }
    }
}

/// Labels that only screen readers say: “Image caption,”, “Opens in new window”.
fn drop_unseen_labels(root: &NodeRef<'_>) {
    const NAMES: &[&str] =
        &["visually-hidden", "visuallyhidden", "sr-only", "screen-reader-text", "screen-reader-only", "a11y-hidden"];
    for node in root.descendants() {
        let is_unseen = node.attr("class").is_some_and(|class| class.split_whitespace().any(|c| NAMES.contains(&c)));
        if is_unseen && node.parent().is_some() && length(&node) <= 60 && !holds(&node, MEDIA) {
            node.remove_from_parent();
        }
    }
}

/// Numbers of votes, views and comments.
fn drop_counts(root: &NodeRef<'_>) {
    const COUNTS: &[&str] =
        &["upvoteCount", "downvoteCount", "commentCount", "interactionCount", "userInteractionCount"];
    for node in root.descendants() {
        let counts = node.attr("itemprop").is_some_and(|name| COUNTS.contains(&&*name));
        if counts && node.parent().is_some() && length(&node) <= 20 {
            node.remove_from_parent();
        }
    }
}

/// Lines that only say where an article is filed: links to categories and tags.
fn drop_filing_links(root: &NodeRef<'_>) {
    const FILES: &[&str] = &["tag", "tags", "category", "categories", "topic", "topics", "labels", "hashtag"];
    let files = |link: &NodeRef<'_>| {
        let is_tag = link.attr("rel").is_some_and(|rel| rel.split_whitespace().any(|word| word == "tag"));
        let href = link.attr("href").unwrap_or_default();
        let path = href.split(['?', '#']).next().unwrap_or_default();
        let mut parts = path.split('/').rev().filter(|part| !part.is_empty()).skip(1);
        is_tag || parts.next().is_some_and(|part| FILES.contains(&part))
    };
    // Of the element that was looked at last: a paragraph may hold thousands of links.
    let mut around: Option<(NodeId, usize)> = None;
    for node in root.descendants() {
        let is_line = is_one_of(&node, LINES) || is_one_of(&node, &["ul", "a", "span"]);
        if !is_line || node.parent().is_none() || holds(&node, MEDIA) || holds(&node, HOLDERS) {
            continue;
        }
        let own = length(&node);
        let linked = if is_one_of(&node, &["a"]) { own } else { link_length(&node) };
        if own == 0 || own > LONGEST_LINE || linked + own / 4 < own {
            continue;
        }
        // A link inside a sentence is a word of it.
        let outer = node.parent().filter(|_| is_one_of(&node, &["a", "span"]));
        if let Some(outer) = outer.filter(|outer| is_one_of(outer, &["p", "li", "span", "td"])) {
            let (_, whole) = *match &mut around {
                Some(known) if known.0 == outer.id => known,
                other => other.insert((outer.id, length(&outer))),
            };
            if whole > own {
                continue;
            }
        }
        let links: Vec<NodeRef<'_>> =
            std::iter::once(node).chain(node.descendants_it()).filter(|inner| is_one_of(inner, &["a"])).collect();
        if !links.is_empty() && links.iter().all(&files) {
            node.remove_from_parent();
        }
    }
}

/// Ids of headings that were put aside while the extractor looked.
fn restore_anchors(root: &NodeRef<'_>) {
    for node in root.descendants().iter().filter(|node| node.has_attr(ANCHOR)) {
        if let Some(id) = node.attr(ANCHOR) {
            node.set_attr("id", &id);
        }
        node.remove_attr(ANCHOR);
    }
}

/// Lines that ask for something or lead to other stories, with the lists that follow them.
fn drop_promotional_lines(root: &NodeRef<'_>) {
    for node in root.descendants() {
        if !is_one_of(&node, LINES) || node.parent().is_none() || holds(&node, HOLDERS) {
            continue;
        }
        let text = node.text();
        if text.len() > 4 * LONGEST_LINE {
            continue;
        }
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() || line.chars().count() > LONGEST_LINE {
            continue;
        }
        if leads_to_other_stories(&line) {
            drop_links_behind(&node);
            let is_heading = is_one_of(&node, &["h1", "h2", "h3", "h4", "h5", "h6"]);
            if is_heading && node.next_element_sibling().is_some_and(|next| length(&next) > LONGEST_LINE) {
                // A heading of the article itself.
                continue;
            }
        } else if !is_promotion(&line) {
            continue;
        }
        if !holds(&node, MEDIA) {
            node.remove_from_parent();
        }
    }
}

/// The last line, if it only says who wrote the text and when.
fn drop_signature_below(root: &NodeRef<'_>) {
    /// So many elements from the end may be empty.
    const MOST_EMPTY: usize = 50;
    let mut last = root.descendants().into_iter().rev().filter(NodeRef::is_element).take(MOST_EMPTY);
    let is_line = |node: &NodeRef<'_>| is_one_of(node, LINES) && length(node) > 0 && !holds(node, HOLDERS);
    let Some(node) = last.find(is_line).filter(|node| !holds(node, MEDIA)) else { return };
    let text = node.text();
    if text.len() <= LONGEST_LINE && is_signature(&text.split_whitespace().collect::<Vec<_>>().join(" ")) {
        node.remove_from_parent();
    }
}

/// The list of links behind a line such as “You may also like”.
fn drop_links_behind(node: &NodeRef<'_>) {
    let mut heading = *node;
    // A lone heading in a box of its own: the list stands behind the box.
    while heading.next_element_sibling().is_none()
        && let Some(parent) = heading.parent()
        && parent.attr("id").is_none_or(|id| &*id != "readability-page-1")
        && length(&parent) == length(&heading)
    {
        heading = parent;
    }
    while let Some(next) = heading.next_element_sibling() {
        let own = length(&next);
        if own == 0 || link_length(&next) * 10 < own * 7 {
            return;
        }
        next.remove_from_parent();
    }
}

/// Paragraphs that are one link in capitals: the way in which news sites set their other headlines between paragraphs.
fn drop_shouted_links(root: &NodeRef<'_>) {
    for node in root.descendants() {
        if !is_one_of(&node, &["p"]) || !holds(&node, &["a"]) || holds(&node, MEDIA) {
            continue;
        }
        let own = length(&node);
        if !(SHORTEST_HEADLINE..=LONGEST_LINE).contains(&own) || link_length(&node) < own {
            continue;
        }
        let text = node.text();
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let capitals = text.chars().filter(|c| c.is_uppercase()).count();
        if capitals * 10 >= letters * 8 && text.split_whitespace().count() >= 3 {
            node.remove_from_parent();
        }
    }
}

/// Classes mean something to the page's style sheet only; the exceptions are the language of code and the captions that
/// are to be joined with their pictures.
fn strip_classes(root: &NodeRef<'_>) {
    for node in root.descendants().iter().filter(|node| node.has_attr("class")) {
        let class = node.attr("class").unwrap_or_default();
        let language = class.split_whitespace().find(|c| c.starts_with("language-") || c.starts_with("lang-"));
        match language {
            Some(language) if is_one_of(node, &["code", "pre"]) => node.set_attr("class", language),
            _ if names_caption(&class) && !holds(node, MEDIA) => node.set_attr("class", "caption"),
            _ => node.remove_attr("class"),
        }
    }
}
