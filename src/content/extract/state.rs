//! The text of a page that is drawn by scripts, from the data that lies in the page for them.
//!
//! Frameworks write what a page was drawn from into it: as JSON in a script of its own, or as an assignment to a global
//! name. The article is the longest text that a property with a telling name holds: HTML, or a list of paragraphs.

use dom_query::Document;
use serde_json::Value;

use super::structured::as_html;
use crate::content::bound;
use crate::content::text::plain_text;

/// Longer scripts are not read.
const LONGEST_SCRIPT: usize = 3 << 20;

/// So many values of one script are looked at.
const MOST_VALUES: usize = 20_000;

/// A text with fewer characters is no article.
const LEAST_TEXT: usize = 400;

/// Names of properties that hold the text of an article, in lower case.
const NAMES: &[&str] = &[
    "content",
    "contents",
    "body",
    "html",
    "articlebody",
    "bodyhtml",
    "body_html",
    "contenthtml",
    "content_html",
    "rendered",
    "text",
    "fulltext",
    "articlecontent",
    "article_content",
    "maintext",
    "blocks",
    "paragraphs",
    "storybody",
    "post_content",
];

/// Names under which the parts of such a text hold theirs.
const PARTS: &[&str] = &["text", "html", "content", "value", "paragraph", "data", "children"];

/// The article in the data of a page, as bounded HTML.
pub(super) fn read(document: &Document) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    for script in document.select("script").nodes() {
        let text = script.text();
        let text = text.trim();
        let is_data = script.attr("type").is_some_and(|kind| kind.ends_with("json") && !kind.contains("ld+"));
        let is_assigned = !is_data && text.contains("__") && text.len() > LEAST_TEXT;
        if text.len() > LONGEST_SCRIPT || !(is_data || is_assigned) {
            continue;
        }
        let Some(at) = text.find('{') else { continue };
        let start = if is_data && text.starts_with('[') { 0 } else { at };
        // What follows the first value is a script's own business.
        let first = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>().next();
        let Some(Ok(value)) = first else { continue };
        search(&value, &mut best);
    }
    let (_, html) = best?;
    Some(bound::bound(&html, &bound::PAGE).html.into_owned())
}

fn search(value: &Value, best: &mut Option<(usize, String)>) {
    let mut open = vec![value];
    let mut seen = 0;
    while let Some(value) = open.pop() {
        seen += 1;
        if seen > MOST_VALUES {
            return;
        }
        match value {
            Value::Array(values) => open.extend(values.iter().rev()),
            Value::Object(map) => {
                for (name, inner) in map {
                    if NAMES.contains(&name.to_ascii_lowercase().as_str())
                        && let Some(html) = html_of(inner)
                    {
                        let length = plain_text(&html).chars().count();
                        if length >= LEAST_TEXT && best.as_ref().is_none_or(|(longest, _)| length > *longest) {
                            *best = Some((length, html));
                        }
                    }
                    open.push(inner);
                }
            }
            _ => {}
        }
    }
}

/// A string as HTML, or a list of parts as paragraphs.
fn html_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => as_markup(text),
        Value::Array(parts) => {
            let parts: Vec<String> = parts.iter().take(2_000).filter_map(|part| part_of(part, 0)).collect();
            (!parts.is_empty()).then(|| parts.concat())
        }
        _ => None,
    }
}

fn part_of(part: &Value, depth: usize) -> Option<String> {
    match part {
        Value::String(text) => as_markup(text),
        Value::Array(parts) if depth < 6 => {
            let inner: Vec<String> = parts.iter().filter_map(|part| part_of(part, depth + 1)).collect();
            (!inner.is_empty()).then(|| inner.concat())
        }
        Value::Object(map) if depth < 6 => {
            PARTS.iter().find_map(|name| map.get(*name).and_then(|inner| part_of(inner, depth + 1)))
        }
        _ => None,
    }
}

/// A text that has no spaces and is no sentence of a script without them is an id or an address.
fn as_markup(text: &str) -> Option<String> {
    let text = text.trim();
    if text.starts_with(['{', '[']) || (text.is_ascii() && !text.contains(' ')) {
        return None;
    }
    if text.contains("</") || text.contains("<br") || text.contains("<p>") {
        Some(text.to_owned())
    } else {
        Some(as_html(text))
    }
}
