//! What a page leaves to its scripts and style sheets, done before the extractor looks for the text.
//!
//! Each rule here makes of something that only a browser understands what it would look like there: text that a script
//! would show, pictures of elements that a script would define, boxes of task lists, formulas in TeX. Marks that
//! belong to a heading and are no part of its words go.

use std::borrow::Cow;

use dom_query::{Document, NodeRef};
use memchr::memmem;

use super::names::letters;
use super::phrases;
use crate::content::text::essence;
use crate::feed::text::escape;

/// Where the id of a heading waits until the article is found.
pub(super) const ANCHOR: &str = "data-anchor";

/// So many hidden elements of a page are looked at.
const MOST_HIDDEN: usize = 60;

/// A hidden element with fewer characters is not what the page is about.
const LEAST_HIDDEN: usize = 200;

/// What stands around a heading alone has fewer parts.
const MOST_BESIDE: usize = 12;

/// Texts of links that lead to the heading they stand in.
const PERMALINKS: &[&str] = &["", "#", "¶", "§", "🔗", "\u{f0c1}", "link", "permalink", "anchor", "*"];

/// Words in names of headings for which the extractor would take them out.
const DOUBTFUL: &[&str] = &[
    "header",
    "banner",
    "comment",
    "community",
    "extra",
    "footer",
    "legends",
    "menu",
    "related",
    "remark",
    "replies",
    "rss",
    "sidebar",
    "social",
    "sponsor",
    "supplemental",
    "pager",
    "popup",
];

/// Ends of names of boxes that tell who the author is, letters only.
const AUTHOR_BOXES: &[&str] = &[
    "authorbio",
    "authorbox",
    "authorcard",
    "authordescription",
    "authorinfo",
    "authorprofile",
    "aboutauthor",
    "abouttheauthor",
];

/// Those of them that hold no byline.
const BIOGRAPHIES: &[&str] = &["authorbio", "authordescription"];

/// Ends of names of elements with the author of a comment, however short.
const COMMENTERS: &[&str] = &["commentauthor", "commentauthorlink", "commentauthorname"];

/// The same of boxes beside the posts of a forum, that tell who wrote each and how many more, however short.
const POSTER_BOXES: &[&str] = &["postprofile", "messageuser"];

/// So many nodes of a figure or a caption are looked at.
const MOST_IN_FIGURE: usize = 60;

/// The longest caption, in characters.
const LONGEST_CAPTION: usize = 300;

/// A box with fewer characters is a byline.
const LEAST_BIO: usize = 60;

/// Soft hyphens of a text that a program hyphenated: two words of it are no longer found as they are written. A few were
/// put there by hand, where a word is too long.
pub(super) fn without_hyphenation(html: &str) -> Cow<'_, str> {
    /// On so many bytes of a page a person puts one at most.
    const SELDOM: usize = 1_000;
    const MARKS: [&str; 3] = ["\u{ad}", "&shy;", "&#173;"];
    let found: usize = MARKS.iter().map(|mark| memmem::find_iter(html.as_bytes(), mark).count()).sum();
    if found * SELDOM < html.len() || found < 20 {
        return Cow::Borrowed(html);
    }
    Cow::Owned(MARKS.iter().fold(html.to_owned(), |html, mark| html.replace(mark, "")))
}

/// Makes a page what it would be in a browser.
pub(super) fn prepare(document: &Document) {
    show_hidden_text(document);
    drop_author_boxes(document);
    let mut headings = Vec::new();
    for node in document.root().descendants() {
        let Some(name) = node.qual_name_ref().map(|name| name.local.clone()) else { continue };
        match &*name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dt" => headings.push(node),
            "math" => show_formula(&node),
            "input" => tick(&node),
            "script" => write_tex(&node),
            "font" => make_block(&node),
            "div" | "span" | "a" | "figure" | "section" | "i" => {
                show_background(&node);
                make_caption(&node);
            }
            custom if custom.contains('-') => define(&node, custom),
            _ => {}
        }
    }
    for heading in headings {
        bare_heading(&heading);
    }
}

/// Whether an element is hidden by an attribute of its own.
fn is_hidden(node: &NodeRef<'_>) -> bool {
    node.has_attr("hidden")
        || node.attr("style").is_some_and(|style| {
            let style: String = style.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
            style.contains("display:none") || style.contains("visibility:hidden")
        })
}

/// Text that a script would show: nearly all of the page, or the other pages of a row of tabs.
fn show_hidden_text(document: &Document) {
    let hidden = document.select("[style], [hidden]");
    let hidden = hidden.nodes().iter().filter(|node| is_hidden(node) && !node.has_name("html"));
    let mut whole = None;
    for node in hidden.take(MOST_HIDDEN) {
        let is_tab = node.attr("role").is_some_and(|role| &*role == "tabpanel");
        let own = characters(node);
        let mut is_chief =
            || own >= LEAST_HIDDEN && own * 4 >= 3 * *whole.get_or_insert_with(|| characters(&document.root()));
        if is_tab || node.has_name("body") || is_chief() {
            node.remove_attrs(&["style", "hidden", "aria-hidden"]);
        }
    }
}

/// What a page says of the author below or beside the text, by the name of the box. The extractor takes such names off.
fn drop_author_boxes(document: &Document) {
    let named = document.select("[class*=\"author\"], [class*=\"Author\"], [id*=\"author\"], [class*=\"postprofile\"], [class*=\"message-user\"]");
    let mut whole = None;
    for node in named.nodes().iter().take(MOST_HIDDEN) {
        let is_named = |names: &[&str]| {
            let mut said = ["class", "id"].iter().filter_map(|key| node.attr(key));
            said.any(|value| letters(&value).any(|letters| names.iter().any(|name| letters.ends_with(name))))
        };
        let is_poster = is_named(POSTER_BOXES) || is_named(COMMENTERS);
        if !(is_poster || is_named(AUTHOR_BOXES)) || node.has_name("body") {
            continue;
        }
        let own = characters(node);
        let least = if is_named(BIOGRAPHIES) { 1 } else { LEAST_BIO };
        if (is_poster || own >= least) && own * 5 <= *whole.get_or_insert_with(|| characters(&document.root())) {
            node.remove_from_parent();
        }
    }
}

/// Characters that a reader would see, white space left out.
fn characters(node: &NodeRef<'_>) -> usize {
    node.descendants_it()
        .filter(NodeRef::is_text)
        .filter(|inner| {
            inner.parent().is_none_or(|outer| {
                !["script", "style", "noscript", "template", "title"].iter().any(|name| outer.has_name(name))
            })
        })
        .map(|inner| inner.text().chars().filter(|c| !c.is_whitespace()).count())
        .sum()
}

/// Elements that scripts define, as those that every browser knows.
fn define(node: &NodeRef<'_>, name: &str) {
    let known = match name {
        "amp-video" => "video",
        "amp-audio" => "audio",
        "amp-iframe" => "iframe",
        "amp-youtube" | "amp-vimeo" => {
            if let Some(id) = node.attr("data-videoid") {
                let host = if name == "amp-vimeo" { "player.vimeo.com/video" } else { "www.youtube.com/embed" };
                node.set_attr("src", &format!("https://{host}/{id}"));
            }
            "iframe"
        }
        _ if ["img", "image", "anim"].iter().any(|kind| name.rsplit('-').next() == Some(kind)) => "img",
        _ => return,
    };
    if !["src", "srcset", "data-src"].iter().any(|key| node.has_attr(key)) {
        return;
    }
    // Placeholders, fallbacks, and the same once more for browsers without scripts.
    if matches!(known, "img" | "iframe") {
        node.remove_children();
    }
    node.rename(known);
}

/// A piece of text that holds empty lines of its own is a block, whatever it is called.
fn make_block(node: &NodeRef<'_>) {
    let mut breaks = 0;
    let holds_empty_line = node.children_it(false).any(|child| {
        if child.has_name("br") {
            breaks += 1;
        } else if child.is_element() || !child.text().trim().is_empty() {
            breaks = 0;
        }
        breaks == 2
    });
    if holds_empty_line {
        node.rename("div");
    }
}

/// Whether a class is one of captions, or of lines that say whose a picture is.
pub(super) fn names_caption(class: &str) -> bool {
    let class = class.to_ascii_lowercase();
    let of_picture = ["img", "image", "pic", "photo"].iter().any(|word| class.contains(word));
    class.contains("caption")
        || class.contains("credit")
        || of_picture && ["desc", "text"].iter().any(|word| class.contains(word))
}

/// A caption in an element that says nothing: the extractor would take its name off.
fn make_caption(node: &NodeRef<'_>) {
    let is_named = (node.has_name("div") || node.has_name("span"))
        && node.attr("class").is_some_and(|class| names_caption(&class));
    if !is_named || !is_line(node) || !(1..=LONGEST_CAPTION).contains(&length(node)) {
        return;
    }
    let figure = node.ancestors_it(Some(3)).find(|outer| outer.has_name("figure"));
    let has_caption = |figure: NodeRef<'_>| {
        let mut inside = figure.descendants_it().take(MOST_IN_FIGURE);
        inside.any(|inner| inner.has_name("figcaption"))
    };
    if figure.is_some_and(|figure| !has_caption(figure)) {
        node.rename("figcaption");
    } else if figure.is_none() && node.has_name("div") {
        node.rename("p");
    }
}

/// Whether an element holds words, links and the like, and not much of them.
fn is_line(node: &NodeRef<'_>) -> bool {
    const BLOCKS: &[&str] = &["img", "div", "p", "video", "iframe", "ul", "table"];
    let mut inside = node.descendants_it();
    let is_block = |inner: NodeRef<'_>| BLOCKS.iter().any(|name| inner.has_name(name));
    !inside.by_ref().take(MOST_IN_FIGURE).any(is_block) && inside.next().is_none()
}

/// A picture that is the background of an empty element.
fn show_background(node: &NodeRef<'_>) {
    let style = node.attr("style").unwrap_or_default();
    let of_style = || {
        let rest = &style[style.find("background")?..];
        let rest = &rest[rest.find("url(")? + 4..];
        Some(rest[..rest.find(')')?].trim_matches(['"', '\'', ' ']).to_owned())
    };
    let of_script = ["data-bg", "data-background-image", "data-background", "data-bgset"]
        .iter()
        .find_map(|key| node.attr(key))
        .map(|value| value.trim().trim_start_matches("url(").trim_matches(['"', '\'', ')']).to_owned());
    let Some(address) = of_script.clone().or_else(of_style) else { return };
    let is_picture = of_script.is_some()
        || node.attr("role").is_some_and(|role| &*role == "img")
        || style.contains("padding-")
        || node.parent().is_some_and(|outer| outer.has_name("figure"));
    let is_address = address.contains(['/', '.']) && !address.starts_with("data:") && !address.contains(' ');
    if !is_picture || !is_address || node.first_element_child().is_some() || !node.text().trim().is_empty() {
        return;
    }
    let alt = node.attr("aria-label").or_else(|| node.attr("title")).unwrap_or_default();
    node.remove_children();
    node.remove_attrs(&["style", "aria-label"]);
    if matches!(node.node_name().as_deref(), Some("a" | "figure")) {
        let image = node.tree.new_element("img");
        image.set_attr("src", &address);
        node.append_child(&image);
        return;
    }
    node.rename("img");
    node.set_attr("src", &address);
    node.set_attr("alt", &alt);
}

/// A formula that is hidden behind a picture of it.
fn show_formula(math: &NodeRef<'_>) {
    let Some(veil) = math.ancestors_it(Some(2)).find(is_hidden) else { return };
    veil.remove_attrs(&["style", "hidden", "aria-hidden"]);
    if let Some(picture) = veil.next_element_sibling().filter(|next| next.has_name("img")) {
        picture.remove_from_parent();
    }
}

/// The boxes of a task list become characters: extractors take out every field of a form.
fn tick(node: &NodeRef<'_>) {
    let is_box = node.attr("type").is_some_and(|kind| kind.eq_ignore_ascii_case("checkbox"));
    if is_box && node.ancestors_it(Some(3)).any(|outer| outer.has_name("li")) && !node.has_attr("name") {
        let mark = node.tree.new_text(if node.has_attr("checked") { "☑ " } else { "☐ " });
        node.replace_with(&mark);
    }
}

/// A formula for a script that is not here: its TeX, unless what the script made of it stands before it.
fn write_tex(node: &NodeRef<'_>) {
    let Some(kind) = node.attr("type").filter(|kind| kind.starts_with("math/tex")) else { return };
    let is_drawn = node.prev_element_sibling().is_some_and(|before| {
        before.attr("class").is_some_and(|class| class.contains("MathJax") && !class.contains("Preview"))
    });
    let tex = node.text();
    if !is_drawn && !tex.trim().is_empty() {
        let (open, close) = if kind.contains("display") { ("\\[", "\\]") } else { ("\\(", "\\)") };
        node.before_html(format!("<span>{open}{}{close}</span>", escape(tex.trim())));
    }
}

/// Takes off what is no part of a heading's words, and what would make the extractor take it for something else.
fn bare_heading(heading: &NodeRef<'_>) {
    let mut rest = length(heading);
    for link in heading.descendants().iter().filter(|node| node.has_name("a")) {
        if is_permalink(link) && rest > length(link) {
            rest -= length(link);
            link.remove_from_parent();
        }
    }
    for span in heading.element_children() {
        if leads_to_editor(&span) {
            span.remove_from_parent();
        }
    }
    if let Some(outer) = heading.parent().filter(|outer| outer.has_name("div")) {
        let few: Vec<NodeRef<'_>> = outer.children_it(false).take(MOST_BESIDE).collect();
        let beside: Vec<&NodeRef<'_>> =
            few.iter().filter(|child| child.is_element() && child.id != heading.id).collect();
        let alone = few.iter().all(|child| !child.is_text() || child.text().trim().is_empty());
        if few.len() < MOST_BESIDE
            && alone
            && !beside.is_empty()
            && beside.iter().all(|node| is_permalink(node) || leads_to_editor(node))
        {
            outer.insert_before(heading);
            outer.remove_from_parent();
        }
    }
    let text = heading.text();
    if phrases::leads_to_other_stories(text.trim()) || phrases::is_promotion(text.trim()) {
        return;
    }
    let is_doubtful = |value: &str| DOUBTFUL.iter().any(|word| value.to_ascii_lowercase().contains(word));
    if heading.attr("class").is_some_and(|class| class.contains("header")) && !heading.has_name("h1") {
        heading.remove_attr("class");
    }
    // An id that was made of the heading's own words says nothing about what it is.
    if let Some(id) = heading.attr("id").filter(|id| is_doubtful(id) && is_made_of(id, &text)) {
        heading.set_attr(ANCHOR, &id);
        heading.remove_attr("id");
    }
}

fn is_made_of(id: &str, text: &str) -> bool {
    let [id, text] = [id, text].map(|text| essence(text).collect::<String>());
    !text.is_empty() && (id.ends_with(&text) || text.starts_with(&id))
}

fn is_permalink(node: &NodeRef<'_>) -> bool {
    let text = node.text().trim_matches(|c: char| c.is_whitespace() || c == '\u{200b}').to_lowercase();
    let leads_here = node.attr("href").is_some_and(|href| href.contains('#'));
    node.has_name("a")
        && leads_here
        && PERMALINKS.contains(&text.as_str())
        && !node.descendants_it().any(|inner| inner.has_name("img"))
}

/// A link to the editor of a section, in any language.
fn leads_to_editor(node: &NodeRef<'_>) -> bool {
    let leads = |link: &NodeRef<'_>| link.attr("href").is_some_and(|href| href.contains("action=edit"));
    length(node) <= 40 && (leads(node) || node.descendants_it().any(|inner| leads(&inner)))
}

fn length(node: &NodeRef<'_>) -> usize {
    node.text().trim().chars().count()
}
