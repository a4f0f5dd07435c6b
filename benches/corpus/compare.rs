//! What a case expects of a feed, and whether it came out.
//!
//! Texts are compared after white space is collapsed. What Gleaner documents to do otherwise is done to the expectation
//! too: titles and names are plain text, names come without mail addresses, links without tracking parameters, dates
//! within their range.

use std::path::Path;

use gleaner::domain::{Entry, FeedDocument, Language, UnixMillis, WebUrl};
use scraper::{Html, Selector};
use serde_json::Value;

/// What is expected of a document.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) count: Option<usize>,
    pub(crate) at_least: Option<usize>,
    /// How many entries are left when repeated ones are taken out.
    pub(crate) stored: Option<usize>,
    feed: Vec<(String, Value)>,
    entries: Vec<Vec<(String, Value)>>,
}

impl Expected {
    /// How many fields are expected.
    pub(crate) fn fields(&self) -> usize {
        let known = |(name, value): &&(String, Value)| is_compared(name) && has_value(value);
        self.feed.iter().filter(known).count() + self.entries.iter().flatten().filter(known).count()
    }
}

/// One compared field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) right: bool,
    pub(crate) found: String,
    pub(crate) wanted: String,
}

/// Whether a field is one that Gleaner reads at all.
fn is_compared(name: &str) -> bool {
    matches!(
        name,
        "title"
            | "link"
            | "id"
            | "author"
            | "published"
            | "updated"
            | "summary"
            | "content"
            | "content_start"
            | "summary_start"
            | "text_start"
            | "language"
            | "enclosures"
            | "categories"
            | "comments_url"
            | "subtitle"
            | "image"
            | "feed_url"
            | "content_text"
            | "content_contains_links"
            | "title_ends"
            | "enclosures_count"
            | "tags_count"
            | "description"
            | "url"
            | "guid"
            | "date_published"
            | "content_html"
            | "external_url"
    )
}

fn has_value(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(values) => !values.is_empty(),
        _ => true,
    }
}

/// Gathers what `case` expects, wherever it says it.
pub(crate) fn expected_of(case: &Value, folder: &Path) -> Expected {
    let mut expected = Expected::default();
    for side in ["expect", "reference"] {
        let side = &case[side];
        if !side.is_object() {
            continue;
        }
        expected.count = expected.count.or_else(|| number(&side["entry_count"]));
        expected.at_least = expected.at_least.or_else(|| number(&side["entry_count_min"]));
        expected.stored = expected.stored.or_else(|| number(&side["stored_entries"]));
        if expected.feed.is_empty() {
            expected.feed = pairs(&side["feed"]);
        }
        if expected.entries.is_empty()
            && let Some(entries) = side["entries"].as_array()
        {
            expected.entries = entries.iter().map(pairs).collect();
        }
    }
    if expected.count.is_none()
        && expected.entries.is_empty()
        && let Some(file) = case["expected_file"].as_str()
        && let Ok(text) = std::fs::read_to_string(folder.join(file))
        && let Ok(model) = serde_json::from_str::<Value>(&text)
    {
        from_model(&model, &mut expected);
    }
    if expected.count.is_none() && expected.at_least.is_none() && !expected.entries.is_empty() {
        expected.at_least = Some(expected.entries.len());
    }
    expected
}

/// The reading of another project in its own model: only what means the same everywhere.
fn from_model(model: &Value, expected: &mut Expected) {
    let items = ["items", "entries"].iter().find_map(|name| model[*name].as_array());
    expected.count = Some(items.map_or(0, Vec::len));
    let plain = |value: &Value, names: &[&str]| -> Vec<(String, Value)> {
        names
            .iter()
            .filter(|name| value[**name].is_string())
            .map(|name| ((*name).to_owned(), value[*name].clone()))
            .collect()
    };
    expected.feed = plain(model, &["title"]);
    expected.entries = items.into_iter().flatten().map(|item| plain(item, &["title", "link", "guid"])).collect();
}

fn pairs(value: &Value) -> Vec<(String, Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn number(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok())
}

/// Compares every expected field that Gleaner reads.
pub(crate) fn fields(document: &FeedDocument, expected: &Expected, url: &WebUrl) -> Vec<Field> {
    let mut fields = Vec::new();
    for (name, wanted) in expected.feed.iter().filter(|(name, value)| is_compared(name) && has_value(value)) {
        let link = |found: &Option<WebUrl>| found.as_ref().map(ToString::to_string).unwrap_or_default();
        let (found, right) = match name.as_str() {
            "title" => (document.title.clone(), line_is(&document.title, wanted)),
            "subtitle" | "description" => {
                let found = document.description.clone().unwrap_or_default();
                let right = line_is(&found, wanted);
                (found, right)
            }
            "link" => (link(&document.site_url), link_is(document.site_url.as_ref(), wanted, url)),
            "feed_url" => (link(&document.self_url), link_is(document.self_url.as_ref().or(Some(url)), wanted, url)),
            "image" => (link(&document.icon), link_is(document.icon.as_ref(), wanted, url)),
            "language" => (format!("{:?}", document.language), language_is(document.language.as_ref(), wanted)),
            "author" => {
                let found = document.author.clone().unwrap_or_default();
                let right = author_is(&found, wanted);
                (found, right)
            }
            "updated" => (moment(document.updated), date_is(document.updated, wanted)),
            _ => continue,
        };
        fields.push(Field {
            name: format!("feed.{name}"),
            right,
            found: short(&found),
            wanted: short(&wanted.to_string()),
        });
    }
    for (at, wanted) in expected.entries.iter().enumerate() {
        let Some(entry) = document.entries.get(at) else {
            // Repeated entries and those over the limit are counted elsewhere.
            continue;
        };
        for (name, wanted) in wanted.iter().filter(|(name, value)| is_compared(name) && has_value(value)) {
            if let Some((found, right)) = entry_field(document, entry, name, wanted, url) {
                fields.push(Field {
                    name: name.clone(),
                    right,
                    found: short(&found),
                    wanted: short(&wanted.to_string()),
                });
            }
        }
    }
    fields
}

fn entry_field(
    document: &FeedDocument,
    entry: &Entry,
    name: &str,
    wanted: &Value,
    url: &WebUrl,
) -> Option<(String, bool)> {
    let body = || entry.content.as_deref().or(entry.summary.as_deref()).unwrap_or_default().to_owned();
    Some(match name {
        "title" => (entry.title.clone(), line_is(&entry.title, wanted)),
        "title_ends" => (entry.title.clone(), wanted.as_str().is_some_and(|end| entry.title.ends_with(end))),
        "link" | "url" => {
            let found = entry.url.as_ref().map(ToString::to_string).unwrap_or_default();
            (found, link_is(entry.url.as_ref(), wanted, url))
        }
        "id" | "guid" => {
            let found = entry.guid.clone().unwrap_or_default();
            let right = wanted.as_str().is_some_and(|wanted| {
                // A relative id is none that could be told from another feed's; made absolute it is no more so.
                found == wanted.trim() || entry.url.as_ref().is_some_and(|url| url.as_str() == wanted)
            });
            (found, right)
        }
        "author" => {
            let found = entry.author.clone().unwrap_or_default();
            let right = author_is(&found, wanted);
            (found, right)
        }
        "published" | "date_published" => (moment(entry.published), date_is(entry.published, wanted)),
        // Without a date of its own for it, the last change is the publication.
        "updated" => (moment(entry.updated), date_is(entry.updated, wanted) || date_is(entry.published, wanted)),
        "summary" | "summary_start" => {
            let found = entry.summary.clone().unwrap_or_default();
            let right = body_is(&found, wanted) || body_is(&body(), wanted);
            (found, right)
        }
        "content" | "content_start" | "content_html" => {
            let found = body();
            let right =
                body_is(&found, wanted) || entry.summary.as_ref().is_some_and(|summary| body_is(summary, wanted));
            (found, right)
        }
        "content_text" | "text_start" => {
            let found = plain(&body());
            let right = wanted.as_str().is_some_and(|wanted| squeeze(&found).starts_with(&squeeze(wanted)));
            (found, right)
        }
        "language" => {
            // An entry that says nothing is in the language of its feed.
            let found = entry.language.as_ref().or(document.language.as_ref());
            (format!("{found:?}"), language_is(found, wanted))
        }
        "comments_url" => {
            let found = entry.comments_url.as_ref().map(ToString::to_string).unwrap_or_default();
            (found, link_is(entry.comments_url.as_ref(), wanted, url))
        }
        "enclosures" => {
            let found: Vec<&WebUrl> = entry.enclosures.iter().map(|file| &file.url).chain(&entry.image).collect();
            let wanted: Vec<&Value> = values(wanted);
            let right = wanted.iter().all(|wanted| {
                let wanted = wanted.get("url").unwrap_or(wanted);
                let unreadable = wanted.as_str().is_none_or(|wanted| url.join(wanted).is_err());
                unreadable || found.iter().any(|found| link_is(Some(found), wanted, url))
            });
            (format!("{found:?}"), right)
        }
        "enclosures_count" => {
            let found = entry.enclosures.len() + usize::from(entry.image.is_some());
            // Pictures that stand for the entry are kept as such, and each address once.
            let right = number(wanted).is_some_and(|wanted| entry.enclosures.len() == wanted || found == wanted);
            (found.to_string(), right)
        }
        "tags_count" => (entry.categories.len().to_string(), number(wanted) == Some(entry.categories.len())),
        "categories" => {
            let right = values(wanted).iter().all(|wanted| {
                let wanted = wanted.as_str().unwrap_or_default();
                wanted.trim().is_empty()
                    || entry.categories.iter().any(|found| squeeze(found) == squeeze(&plain(wanted)))
            });
            (format!("{:?}", entry.categories), right)
        }
        "content_contains_links" => {
            let found = links(entry);
            let right =
                values(wanted).iter().all(|wanted| found.iter().any(|found| Some(found.as_str()) == wanted.as_str()));
            (format!("{found:?}"), right)
        }
        _ => return None,
    })
}

/// The addresses in a body, resolved.
fn links(entry: &Entry) -> Vec<String> {
    let (Some(html), Some(base)) = (&entry.content, &entry.base) else { return Vec::new() };
    let Ok(selector) = Selector::parse("[href],[src]") else { return Vec::new() };
    Html::parse_fragment(html)
        .select(&selector)
        .filter_map(|element| element.attr("href").or(element.attr("src")))
        .filter_map(|reference| base.join(reference).ok())
        .map(|url| url.to_string())
        .collect()
}

fn values(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Object(values) => values.values().collect(),
        other => vec![other],
    }
}

/// Whether a plain line says what is wanted, which may be written as HTML and cut.
fn line_is(found: &str, wanted: &Value) -> bool {
    let Some(wanted) = wanted.as_str() else { return false };
    same(found, wanted) || same(found, &plain(wanted)) || same(&plain(found), &plain(wanted))
}

/// Whether a body is what is wanted: the same HTML, or the same text.
fn body_is(found: &str, wanted: &Value) -> bool {
    let Some(wanted) = wanted.as_str() else { return false };
    if same(found, wanted) || same(&plain(found), wanted) || same(&plain(found), &plain(wanted)) {
        return true;
    }
    // The reference is cut in the middle of a tag or a reference now and then.
    let Some(cut) = wanted.strip_suffix('…') else { return false };
    let safe = cut.rfind(['<', '&']).map_or(cut, |at| &cut[..at]);
    squeeze(&plain(found)).starts_with(&squeeze(&plain(safe)))
}

/// Equality without white space, as far as a cut expectation goes.
fn same(found: &str, wanted: &str) -> bool {
    let (found, wanted) = (squeeze(found), squeeze(wanted));
    found == wanted
        || wanted.strip_suffix('…').is_some_and(|start| found.starts_with(start.trim_end()))
        || found.strip_suffix('…').is_some_and(|start| start.len() > 200 && wanted.starts_with(start))
}

/// White space collapsed away altogether: readers differ in what they make of a line end between tags.
fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect()
}

/// The text of some HTML, without what scripts and styles hold: those who made the expectations sanitised it.
fn plain(html: &str) -> String {
    let fragment = Html::parse_fragment(html);
    let mut text = String::new();
    for node in fragment.root_element().descendants() {
        let hidden =
            node.parent().and_then(|parent| parent.value().as_element().map(|element| element.name().to_owned()));
        if let Some(part) = node.value().as_text()
            && !matches!(hidden.as_deref(), Some("script" | "style" | "noscript"))
        {
            text.push_str(part);
        }
    }
    text
}

fn author_is(found: &str, wanted: &Value) -> bool {
    let Some(wanted) = wanted.as_str() else { return false };
    if line_is(found, &Value::String(wanted.to_owned())) {
        return true;
    }
    let (before, inside) =
        wanted.split_once('(').map_or((wanted, ""), |(before, rest)| (before, rest.trim_end_matches(')')));
    let (angle_before, _) = wanted.split_once('<').unwrap_or((wanted, ""));
    // Several authors are joined here; the reference has one of them.
    [before, inside, angle_before]
        .iter()
        .any(|name| !name.trim().is_empty() && (same(found, name) || found.split(", ").any(|part| same(part, name))))
}

fn link_is(found: Option<&WebUrl>, wanted: &Value, base: &WebUrl) -> bool {
    let Some(wanted) = wanted.as_str() else { return false };
    // What is no address of the web is dropped on purpose.
    let Ok(wanted) = base.join(wanted.trim()) else { return found.is_none() };
    found.is_some_and(|found| found.without_tracking() == wanted.without_tracking())
}

fn language_is(found: Option<&Language>, wanted: &Value) -> bool {
    // What is no language tag (RFC 5646) is dropped on purpose.
    found == wanted.as_str().and_then(Language::parse).as_ref()
}

fn date_is(found: Option<UnixMillis>, wanted: &Value) -> bool {
    let Some(wanted) = wanted.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()) else { return false };
    found.is_some_and(|found| (found.0 - wanted.as_millisecond().max(0)).abs() < 1000)
}

fn moment(at: Option<UnixMillis>) -> String {
    at.and_then(UnixMillis::to_timestamp).map(|at| at.to_string()).unwrap_or_default()
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(160).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("«{}»", short.replace('\n', "⏎"))
}
