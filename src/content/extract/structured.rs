//! What a page tells search engines as JSON-LD (schema.org).

use dom_query::Document;
use serde_json::Value;

/// Longer blocks are not read.
const LONGEST_BLOCK: usize = 1 << 20;

/// So many objects of one page are looked at.
const MOST_OBJECTS: usize = 200;

/// The parts of an article's JSON-LD that matter here.
#[derive(Debug, Default)]
pub(super) struct Structured {
    pub(super) headline: Option<String>,
    pub(super) author: Option<String>,
    pub(super) published: Option<String>,
    pub(super) description: Option<String>,
    pub(super) publisher: Option<String>,
    pub(super) language: Option<String>,
    pub(super) image: Option<String>,
    /// The whole text, without markup.
    pub(super) body: Option<String>,
    /// `isAccessibleForFree: false`.
    pub(super) is_partial: bool,
}

impl Structured {
    /// Reads every block of the page; the first object that has a value gives it.
    pub(super) fn read(document: &Document) -> Self {
        let mut read = Self::default();
        for script in document.select("script[type=\"application/ld+json\"]").nodes() {
            let text = script.text();
            let text = text.trim().trim_start_matches("<!--").trim_end_matches("-->");
            let text =
                text.trim().trim_start_matches("//<![CDATA[").trim_start_matches("<![CDATA[").trim_end_matches("]]>");
            if text.len() > LONGEST_BLOCK {
                continue;
            }
            // Line feeds inside strings are a frequent mistake.
            let value = serde_json::from_str::<Value>(text)
                .or_else(|_| serde_json::from_str(&text.replace(['\n', '\r', '\t'], " ").replace("//]]", "")));
            if let Ok(value) = value {
                let mut objects = Vec::new();
                gather(&value, &mut objects);
                for object in objects.iter().filter(|object| is_article(object)) {
                    read.take(object, &objects);
                }
            }
        }
        read
    }

    /// Takes what `object` says; others of its block may say who it speaks of.
    fn take(&mut self, object: &Value, block: &[&Value]) {
        let names = |value: &Value| names(value, block);
        let fill = |slot: &mut Option<String>, value: Option<String>| {
            if slot.is_none() {
                *slot = value;
            }
        };
        fill(&mut self.headline, text(&object["headline"]).or_else(|| text(&object["name"])));
        fill(&mut self.author, names(&object["author"]).or_else(|| names(&object["creator"])));
        let dates = ["datePublished", "dateCreated", "pubDate"];
        fill(&mut self.published, dates.iter().find_map(|name| text(&object[*name])));
        fill(&mut self.description, text(&object["description"]));
        fill(&mut self.publisher, names(&object["publisher"]));
        fill(&mut self.language, text(&object["inLanguage"]));
        fill(&mut self.image, address(&object["image"]).or_else(|| address(&object["thumbnailUrl"])));
        fill(&mut self.body, text(&object["articleBody"]));
        self.is_partial |= is_false(&object["isAccessibleForFree"]);
    }
}

/// The offered text as paragraphs.
pub(super) fn as_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 64);
    // Some put markup into it.
    let plain = if text.contains("</") { crate::content::text::plain_text(text) } else { text.to_owned() };
    for line in plain.lines().map(str::trim).filter(|line| !line.is_empty()) {
        html.push_str("<p>");
        for character in line.chars() {
            match character {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                other => html.push(other),
            }
        }
        html.push_str("</p>");
    }
    html
}

/// Every object of a block, at the top, in a list or in an `@graph`.
fn gather<'a>(value: &'a Value, into: &mut Vec<&'a Value>) {
    if into.len() >= MOST_OBJECTS {
        return;
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| gather(value, into)),
        Value::Object(map) => {
            into.push(value);
            for key in ["@graph", "mainEntity", "mainEntityOfPage"] {
                if let Some(inner) = map.get(key) {
                    gather(inner, into);
                }
            }
        }
        _ => {}
    }
}

fn is_article(object: &Value) -> bool {
    let is = |name: &str| {
        let name = name.rsplit(['/', ':']).next().unwrap_or_default();
        name.ends_with("Article")
            || name.ends_with("Posting")
            || matches!(name, "Report" | "Review" | "Recipe" | "HowTo" | "WebPage")
    };
    match &object["@type"] {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        // What Chinese search engines are told has no type.
        _ => object["pubDate"].is_string(),
    }
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim(),
        Value::Array(values) => return values.iter().find_map(text),
        Value::Object(map) => map.get("@value").or_else(|| map.get("name"))?.as_str()?.trim(),
        _ => return None,
    };
    (!text.is_empty()).then(|| crate::feed::text::decode_references(text).into_owned())
}

/// The names in a value, or of the objects of the same block that it refers to by their `@id`.
fn names(value: &Value, block: &[&Value]) -> Option<String> {
    let referred = |id: &Value| block.iter().filter(|other| other["@id"] == *id).find_map(|other| text(&other["name"]));
    let joined = match value {
        Value::Array(values) => {
            values.iter().take(10).filter_map(|value| names(value, block)).collect::<Vec<_>>().join(", ")
        }
        other => text(other).or_else(|| other.get("@id").and_then(referred))?,
    };
    (!joined.is_empty()).then_some(joined)
}

fn address(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Array(values) => values.iter().find_map(address),
        Value::Object(map) => address(map.get("url").or_else(|| map.get("contentUrl"))?),
        _ => None,
    }
}

fn is_false(value: &Value) -> bool {
    match value {
        Value::Bool(free) => !free,
        Value::String(free) => free.trim().eq_ignore_ascii_case("false"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_may_be_another_object_of_the_graph() {
        let block = r##"{"@graph":[
            {"@type":"WebPage","@id":"#page"},
            {"@type":"Article","headline":"Fox","author":{"@id":"#ida"},"publisher":{"@id":"#mill"}},
            {"@type":"Organization","@id":"#mill","name":"Mill"},
            {"@type":["Person"],"@id":"#ida","name":"Ida Lund"}]}"##;
        let page = format!("<script type=\"application/ld+json\">{block}</script>");
        let read = Structured::read(&Document::from(page.as_str()));
        assert_eq!(read.author.as_deref(), Some("Ida Lund"));
        assert_eq!(read.publisher.as_deref(), Some("Mill"));
    }
}
