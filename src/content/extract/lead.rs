//! The picture between the title and the text, which extractors leave behind with the lines around it.

use dom_query::{Document, NodeRef};

use super::names::has_word;
use crate::domain::WebUrl;
use crate::feed::text::escape;

/// A paragraph with so many characters is where the text begins.
const FIRST_PARAGRAPH: usize = 80;

/// So many elements behind the title are looked at.
const MOST_ELEMENTS: usize = 600;

/// The longest caption, in characters.
const LONGEST_CAPTION: usize = 300;

/// Names of what holds pictures that are not the article's.
const OTHERS: &[&str] = &["avatar", "author", "logo", "related", "promo", "advert", "icon", "sponsor", "byline"];

/// A picture above the text of a page.
#[derive(Debug)]
pub(super) struct Lead {
    /// As the page writes it.
    source: String,
    html: String,
}

/// Finds the figure that follows the title before any paragraph does, else the picture by which the page is known
/// elsewhere, if it is shown above the text.
pub(super) fn find(document: &Document, known: Option<&WebUrl>) -> Option<Lead> {
    behind_title(document).or_else(|| above_text(document, file_of(known?.as_str())?))
}

/// The name of a picture's file, if it tells one picture from others.
fn file_of(address: &str) -> Option<&str> {
    let file = address.split(['?', '#']).next()?.rsplit('/').next()?;
    let name = file.split('.').next()?;
    (name.len() > 4 && !["logo", "default", "share", "placeholder"].iter().any(|word| name.contains(word)))
        .then_some(file)
}

fn above_text(document: &Document, file: &str) -> Option<Lead> {
    let body = document.select_single("body");
    let elements = body.nodes().first()?.descendants_it().filter(NodeRef::is_element).take(MOST_ELEMENTS);
    for node in elements {
        if node.has_name("p") && node.text().trim().chars().count() >= FIRST_PARAGRAPH {
            return None;
        }
        let is_it = || ["src", "srcset"].iter().filter_map(|key| node.attr(key)).any(|set| set.contains(file));
        if node.has_name("img") && is_it() {
            let figure = node.ancestors_it(Some(4)).find(|outer| outer.has_name("figure")).unwrap_or(node);
            return if is_own(&figure) { lead_of(&figure) } else { None };
        }
    }
    None
}

fn behind_title(document: &Document) -> Option<Lead> {
    let titles = document.select("h1");
    let [title] = titles.nodes() else { return None };
    let mut behind = false;
    let mut seen = 0;
    for node in document.root().descendants_it() {
        if node.id == title.id {
            behind = true;
        }
        if !behind || !node.is_element() {
            continue;
        }
        seen += 1;
        if seen > MOST_ELEMENTS || (node.has_name("p") && node.text().trim().chars().count() >= FIRST_PARAGRAPH) {
            return None;
        }
        if node.has_name("figure") && is_own(&node) {
            return lead_of(&node);
        }
    }
    None
}

fn is_own(figure: &NodeRef<'_>) -> bool {
    std::iter::once(*figure).chain(figure.ancestors_it(Some(6))).all(|outer| {
        !["aside", "nav", "footer", "ul", "ol", "table"].iter().any(|name| outer.has_name(name))
            && (outer.has_name("body") || outer.has_name("html") || !has_word(&outer, OTHERS))
    })
}

fn lead_of(figure: &NodeRef<'_>) -> Option<Lead> {
    let inside = figure.descendants();
    let pictures: Vec<&NodeRef<'_>> =
        std::iter::once(figure).chain(&inside).filter(|node| node.has_name("img")).collect();
    let [picture] = pictures[..] else { return None };
    let small = |side| picture.attr(side).is_some_and(|size| size.trim().parse::<u32>().is_ok_and(|size| size < 200));
    let source = picture.attr("src").filter(|source| !source.is_empty() && !source.starts_with("data:"))?;
    if small("width") || small("height") {
        return None;
    }
    // What a `header` says belongs to the head of the page; only its picture is missed in the text.
    let in_header = figure.ancestors_it(Some(8)).any(|outer| outer.has_name("header"));
    let named = |node: &NodeRef<'_>| node.attr("class").is_some_and(|class| class.to_lowercase().contains("caption"));
    let below = std::iter::once(*figure).chain(figure.parent()).find_map(|node| node.next_element_sibling());
    let caption = inside.iter().find(|node| node.has_name("figcaption")).copied().or_else(|| below.filter(named));
    let caption = caption.filter(|_| !in_header).map(|caption| {
        let text = caption.text();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    let mut html = format!("<figure>{}", picture.html());
    if let Some(caption) = caption.filter(|text| !text.is_empty() && text.chars().count() <= LONGEST_CAPTION) {
        html.push_str("<figcaption>");
        html.push_str(&escape(&caption));
        html.push_str("</figcaption>");
    }
    html.push_str("</figure>");
    Some(Lead { source: source.to_string(), html })
}

/// Puts the picture above a found text that shows none above its first paragraph.
pub(super) fn put_above(body: String, lead: Option<Lead>) -> String {
    /// Nor one of the same name within so many bytes.
    const BEGINNING: usize = 1_500;
    let Some(lead) = lead else { return body };
    let file = lead.source.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    // “pier-800x600.jpg”, “pier_large.jpg”: another size of the same.
    let name = file.split('.').next().unwrap_or_default();
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, 'x' | '-' | '_'));
    let beginning = &body[..body.floor_char_boundary(BEGINNING)];
    let ends = beginning.match_indices("</p>").map(|(at, _)| at);
    let first = ends.into_iter().find(|end| {
        let start = beginning[..*end].rfind("<p").unwrap_or(*end);
        beginning[start..*end].chars().count() > FIRST_PARAGRAPH && !beginning[start..*end].contains("<img")
    });
    let above = &beginning[..first.unwrap_or(beginning.len())];
    let is_there = (file.len() > 4 && body.contains(file))
        || stem.len() > 6 && beginning.contains(stem)
        || above.contains("<img")
        || above.contains("<video")
        || above.contains("<iframe");
    if is_there { body } else { format!("{}{body}", lead.html) }
}
