//! The fields of an article in JSON, by all the names that programs give them.

use serde_json::Value;

use super::Object;
use crate::domain::{Language, UnixMillis};
use crate::feed::text::{escape, html_line_to_text};
use crate::imports::value::{self, add_tag};
use crate::imports::{Format, Item, Passage};

const ADDRESSES: &[&str] = &[
    "source_url",
    "url",
    "given_url",
    "resolved_url",
    "link",
    "uri",
    "story_permalink",
    "article__url",
    "href",
    "canonicalUrl",
];
const TITLES: &[&str] = &["title", "resolved_title", "given_title", "story_title", "article__title", "name"];
const TEXTS: &[&str] = &["content", "html", "content_html", "story_content", "html_content", "body_html"];
const SUMMARIES: &[&str] =
    &["excerpt", "description", "extended", "note", "notes", "user_notes", "summary", "text", "article__excerpt"];
/// What a reader wrote, in those of them that hold nothing else.
const NOTES: &[&str] = &["user_notes", "note", "notes", "extended"];
const ADDED: &[&str] = &[
    "created_at",
    "createdAt",
    "created",
    "savedAt",
    "saved_at",
    "time_added",
    "date_added",
    "dateAdded",
    "added_at",
    "addedAt",
    "added",
    "starred_date",
    "starred_at",
    "time",
    "timestamp",
    "crawlTimeMsec",
    "timestampUsec",
    "importDate",
    "actionTimestamp",
    "crawled",
    "updated",
    "changed_at",
];
const PUBLISHED: &[&str] = &[
    "published",
    "published_at",
    "publishedAt",
    "date_published",
    "story_timestamp",
    "story_date",
    "datePublished",
    "date",
    "publish_date",
];
const READ: &[&str] =
    &["is_archived", "isArchived", "archived", "is_read", "isRead", "read_status", "read", "archive", "readAt"];
const UNREAD: &[&str] = &["toread", "to_read", "unread", "is_unread"];
const STARRED: &[&str] = &[
    "is_starred",
    "isStarred",
    "starred",
    "favorite",
    "is_favorite",
    "isFavorite",
    "favourite",
    "is_fav",
    "is_marked",
    "marked",
    "important",
    "liked",
    "is_saved",
    "favourited",
];
const PASSAGES: &[&str] = &["annotations", "highlights", "highlight"];

pub(super) fn text_of<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn first<'a>(object: &'a Object, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| object.get(*name).filter(|value| !value.is_null()))
}

/// The first of these fields that is a text with something in it.
fn first_text<'a>(object: &'a Object, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| object.get(*name)?.as_str().filter(|text| !text.trim().is_empty()))
}

pub(super) fn address_of(object: &Object) -> Option<&str> {
    let listed = |key: &str| object.get(key).and_then(|links| text_of(links.get(0)?, "href"));
    first_text(object, ADDRESSES)
        .or_else(|| listed("canonical"))
        .or_else(|| listed("alternate"))
        .or_else(|| text_of(object.get("content")?, "url"))
}

fn moment_of(object: &Object, names: &[&str]) -> Option<UnixMillis> {
    names.iter().find_map(|name| match object.get(*name)? {
        Value::Number(number) =>
        {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a fraction of a second is no loss, and too much saturates"
            )]
            number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)).and_then(value::of_number)
        }
        Value::String(text) => value::moment(text),
        _ => None,
    })
}

fn truth_of(object: &Object, names: &[&str]) -> Option<bool> {
    names.iter().find_map(|name| match object.get(*name)? {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        // A moment says that it was done then.
        Value::String(text) => value::truth(text).or_else(|| value::moment(text).map(|_| true)),
        _ => None,
    })
}

/// The names in a list of texts, of objects, or of rows; or in one text; or the keys of an object.
fn names_of(value: &Value) -> Vec<String> {
    let name = |value: &Value| -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Array(row) => row.iter().find_map(|cell| cell.as_str().map(str::to_owned)),
            Value::Object(object) => first_text(object, &["name", "label", "title", "tag", "slug"]).map(str::to_owned),
            _ => None,
        }
    };
    match value {
        Value::String(text) => value::names(text),
        Value::Array(values) => {
            let names: Vec<String> = values.iter().filter_map(name).collect();
            value::clean_names(names.iter().map(String::as_str))
        }
        Value::Object(object) => value::clean_names(object.keys().map(String::as_str)),
        _ => Vec::new(),
    }
}

pub(super) fn item_of(object: &Object, format: Format) -> Item {
    let title = first_text(object, TITLES).or_else(|| text_of(object.get("content")?, "title"));
    // Pinboard calls the title a description.
    let is_pinboard = format == Format::Pinboard && title.is_none();
    let title = if is_pinboard { first_text(object, &["description"]) } else { title };
    let summaries = if is_pinboard { &["extended"] } else { SUMMARIES };
    let mut item = Item {
        address: address_of(object).unwrap_or_default().trim().to_owned(),
        title: value::title(title.unwrap_or_default()),
        html: html_of(object, format),
        summary: value::summary(&html_line_to_text(first_text(object, summaries).unwrap_or_default())),
        note: value::passage(&html_line_to_text(first_text(object, NOTES).unwrap_or_default())),
        tags: tags_of(object, format),
        read: read_of(object),
        starred: truth_of(object, STARRED).unwrap_or(false),
        added: moment_of(object, ADDED),
        published: moment_of(object, PUBLISHED),
        author: author_of(object),
        language: first_text(object, &["language", "lang"]).and_then(Language::parse),
        passages: passages_of(object),
        slug: first_text(object, &["slug"]).unwrap_or_default().to_owned(),
        ..Item::default()
    };
    match format {
        Format::Chrome => item.added = first_text(object, &["date_added"]).and_then(value::of_chrome),
        Format::Firefox => item.published = None,
        // What such a file holds is starred; of the rest it says nothing, or that it was read.
        Format::GoogleReader => of_google_reader(object, &mut item),
        Format::Feedbin | Format::NewsBlur | Format::TinyTinyRss => item.read = Some(item.read.unwrap_or(true)),
        // Of Pocket's numbers 2 is a deleted one, which is not exported.
        Format::Pocket => item.read = item.read.or_else(|| truth_of(object, &["status"])),
        Format::Wallabag if object.contains_key("is_fav") => item.added = None,
        _ => {}
    }
    if matches!(format, Format::Feedbin | Format::Miniflux) {
        item.summary.clear();
    }
    if format == Format::Miniflux {
        // What the source calls an article, not what its reader does.
        item.tags.clear();
    }
    item.starred |= object.get("pinnedBy").and_then(Value::as_array).is_some_and(|by| !by.is_empty());
    item
}

fn html_of(object: &Object, format: Format) -> Option<String> {
    let inner = |key: &str, inner: &str| object.get(key).and_then(|value| text_of(value, inner));
    let html = first_text(object, TEXTS)
        .or_else(|| inner("content", "content"))
        .or_else(|| inner("summary", "content"))
        .or_else(|| inner("content", "htmlContent"))
        .filter(|html| !html.trim().is_empty());
    // What wallabag keeps where it could not read a page.
    let html = html.filter(|html| format != Format::Wallabag || !html.contains("wallabag can't retrieve contents"));
    match html {
        Some(html) => Some(html.to_owned()),
        None => inner("content", "text").map(|text| {
            let paragraphs = text.split("\n\n").map(|piece| format!("<p>{}</p>", escape(piece).replace('\n', "<br>")));
            paragraphs.collect()
        }),
    }
}

fn tags_of(object: &Object, format: Format) -> Vec<String> {
    let Some(tags) = first(object, &["tags", "labels", "user_tags", "tag_names"]) else { return Vec::new() };
    match tags {
        Value::String(text) if matches!(format, Format::Pinboard | Format::Diigo) => value::words(text),
        tags => names_of(tags),
    }
}

fn read_of(object: &Object) -> Option<bool> {
    first_text(object, &["state", "status", "location"])
        .and_then(value::read_state)
        .or_else(|| truth_of(object, READ))
        .or_else(|| truth_of(object, UNREAD).map(|unread| !unread))
}

fn author_of(object: &Object) -> Option<String> {
    match first(object, &["author", "authors", "story_authors", "published_by", "creator"])? {
        Value::String(name) => value::author(name),
        Value::Object(author) => value::author(first_text(author, &["name"])?),
        list => value::author(&names_of(list).join(", ")),
    }
}

fn passages_of(object: &Object) -> Vec<Passage> {
    let Some(list) = PASSAGES.iter().find_map(|name| object.get(*name)?.as_array()) else { return Vec::new() };
    let passage = |value: &Value| {
        let (text, note) = match value {
            Value::String(text) => (text.as_str(), ""),
            Value::Object(object) => match first_text(object, &["quote"]) {
                Some(quote) => {
                    (quote, first_text(object, &["text", "annotation", "note", "comment"]).unwrap_or_default())
                }
                None => (
                    first_text(object, &["text", "exact", "highlightedText", "content"])?,
                    first_text(object, &["note", "annotation", "comment"]).unwrap_or_default(),
                ),
            },
            _ => return None,
        };
        let text = value::passage(text);
        (!text.is_empty()).then(|| Passage { text, note: value::passage(note) })
    };
    list.iter().take(500).filter_map(passage).collect()
}

/// Google Reader writes marks and labels as categories.
fn of_google_reader(object: &Object, item: &mut Item) {
    item.tags.clear();
    item.summary.clear();
    let mut unread = false;
    for category in object.get("categories").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let Some((_, rest)) = category.strip_prefix("user/").and_then(|rest| rest.split_once('/')) else { continue };
        match rest {
            "state/com.google/starred" => item.starred = true,
            "state/com.google/read" => item.read = Some(true),
            "state/com.google/kept-unread" | "state/com.google/unread" => unread = true,
            _ => {
                if let Some(label) = rest.strip_prefix("label/") {
                    add_tag(&mut item.tags, label);
                }
            }
        }
    }
    // Feedly, its heir, writes objects, and marks as tags.
    for tag in object.get("tags").and_then(Value::as_array).into_iter().flatten() {
        match text_of(tag, "id").and_then(|id| id.split_once("/tag/global.")) {
            Some((_, mark)) => item.starred |= mark == "saved",
            None => add_tag(&mut item.tags, text_of(tag, "label").unwrap_or_default()),
        }
    }
    item.read = if unread { Some(false) } else { Some(item.read.unwrap_or(true)) };
    item.title = value::title(&html_line_to_text(&item.title));
    // Notes that a reader wrote on an item.
    for note in object.get("annotations").and_then(Value::as_array).into_iter().flatten() {
        let note = text_of(note, "content").unwrap_or_default();
        (item.summary, item.note) = (value::summary(note), value::passage(note));
    }
    item.passages.clear();
    item.added = item.added.or(item.published);
}
