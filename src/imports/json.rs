//! JSON of every shape: lists of articles, alone or within objects, flat or in folders.
//!
//! Programs call the same things by many names; the names are looked for in an order in which the surer one comes first. Which
//! program wrote a file is told by the names that only it uses.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::value;
use super::{BadReason, Format, Item, Listing, Passage};
use crate::domain::{Language, UnixMillis};
use crate::feed::text::{escape, html_line_to_text};

type Object = Map<String, Value>;

/// Folders within folders.
const DEEPEST: usize = 64;

/// The names of fields that hold further articles or folders.
const CONTAINERS: &[&str] = &[
    "items",
    "children",
    "bookmarks",
    "collections",
    "list",
    "entries",
    "data",
    "stories",
    "starred_stories",
    "articles",
    "roots",
    "links",
    "results",
    "documents",
    "raindrops",
    "content",
    "posts",
    "headlines",
    "value",
    "bookmark_bar",
    "other",
    "synced",
    "bookmark",
];
const ADDRESSES: &[&str] =
    &["source_url", "url", "given_url", "resolved_url", "link", "uri", "story_permalink", "article__url", "href"];
const TITLES: &[&str] = &["title", "resolved_title", "given_title", "story_title", "article__title", "name"];
const TEXTS: &[&str] = &["content", "html", "content_html", "story_content", "html_content", "body_html"];
const SUMMARIES: &[&str] =
    &["excerpt", "description", "extended", "note", "notes", "summary", "text", "article__excerpt"];
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
];
const PASSAGES: &[&str] = &["annotations", "highlights", "highlight"];

/// Reads a file; `None` if it is no JSON or holds no articles.
pub(super) fn read(name: &str, text: &str) -> Option<Listing> {
    let root: Value = match serde_json::from_str(text) {
        Ok(root) => root,
        // One object a line.
        Err(_) => Value::Array(text.lines().map(serde_json::from_str).collect::<Result<_, _>>().ok()?),
    };
    let first = first_item(&root, 0)?;
    let format = format_of(&root, first, name);
    let mut reading = Reading {
        listing: Listing::new(name, format),
        lists: lists_of(&root),
        pinned: HashSet::new(),
        all_starred: false,
    };
    let keeps_starred = matches!(format, Format::Feedbin | Format::NewsBlur);
    let is_called_starred = name.to_lowercase().contains("starred") && format != Format::Wallabag;
    let is_starred_stream = text_of(&root, "id").is_some_and(|id| id.ends_with("state/com.google/starred"));
    reading.all_starred = keeps_starred || is_called_starred || is_starred_stream;
    if let Some(pinned) = root.get("pinnedLinks").and_then(Value::as_array) {
        reading.pinned = pinned.iter().filter_map(|link| link.get("id")?.as_i64()).collect();
    }
    reading.walk(&root, &mut Vec::new(), true);
    Some(reading.listing)
}

/// Adds a name to tags that may hold it already.
pub(super) fn add_tag(tags: &mut Vec<String>, name: &str) {
    // A comma separates tags; a folder's name may hold one.
    let name = name.replace([',', '，', '、'], " ");
    for name in value::clean_names(std::iter::once(name.as_str())) {
        if !tags.contains(&name) {
            tags.push(name);
        }
    }
}

struct Reading {
    listing: Listing,
    /// Names of lists by their ids (Karakeep).
    lists: HashMap<String, String>,
    /// The ids of pinned links (Linkwarden).
    pinned: HashSet<i64>,
    all_starred: bool,
}

impl Reading {
    fn walk(&mut self, node: &Value, folders: &mut Vec<String>, is_list: bool) {
        if folders.len() > DEEPEST || self.listing.is_full() {
            return;
        }
        match node {
            Value::Array(values) => values.iter().for_each(|value| self.element(value, folders, is_list)),
            Value::Object(object) if is_item(object) => self.item(object, folders),
            Value::Object(object) => self.container(object, folders),
            _ => {}
        }
    }

    fn element(&mut self, node: &Value, folders: &mut Vec<String>, is_list: bool) {
        match node {
            _ if self.listing.is_full() => {}
            Value::Object(object) if is_item(object) => self.item(object, folders),
            Value::Object(object) if contains_more(object) => self.container(object, folders),
            Value::Object(object) if is_separator(object) => {}
            Value::Object(_) if is_list => self.listing.refuse(BadReason::NoAddress),
            Value::Array(_) => self.walk(node, folders, is_list),
            _ if is_list => self.listing.refuse(BadReason::Unreadable),
            _ => {}
        }
        if self.listing.is_full() {
            self.listing.add(Item::default());
        }
    }

    fn container(&mut self, object: &Object, folders: &mut Vec<String>) {
        let name = ["title", "name"].iter().find_map(|name| object.get(*name)?.as_str()).unwrap_or_default();
        // What every browser makes, and what is no folder but an account or a file, gives no name.
        let is_made = object.contains_key("root") || object.contains_key("items") || object.contains_key("roots");
        let guid = object.get("guid").and_then(Value::as_str).unwrap_or_default();
        let is_bar = ["0bc5d13f-", "82b081ec-", "4cf2e351-"].iter().any(|known| guid.starts_with(known));
        folders.push(if is_made || is_bar || folders.is_empty() { String::new() } else { value::title(name) });
        let known = object.iter().filter(|(key, value)| is_container(key, value));
        let mut any = false;
        for (_, below) in known {
            any = true;
            match below {
                // Articles by their ids: Pocket.
                Value::Object(map) if !is_item(map) && !contains_more(map) && map.values().all(Value::is_object) => {
                    map.values().for_each(|value| self.element(value, folders, true));
                }
                _ => self.walk(below, folders, true),
            }
        }
        if !any {
            for below in object.values().filter(|value| value.is_array() || value.is_object()) {
                self.walk(below, folders, false);
            }
        }
        folders.pop();
    }

    fn item(&mut self, object: &Object, folders: &[String]) {
        let format = self.listing.format;
        let mut item = item_of(object, format);
        item.starred |=
            self.all_starred || object.get("id").and_then(Value::as_i64).is_some_and(|id| self.pinned.contains(&id));
        if let Some(lists) = object.get("lists").and_then(Value::as_array) {
            for name in lists.iter().filter_map(Value::as_str).filter_map(|id| self.lists.get(id)) {
                add_tag(&mut item.tags, name);
            }
        }
        item.folder = folders.iter().rev().find(|name| !name.is_empty()).cloned().unwrap_or_default();
        let stands_for_tag = match format {
            Format::Linkwarden => item.folder != "Unorganized",
            // Whoever gave tags sorted by them; else the folder says what the link is about.
            Format::Firefox | Format::Chrome => item.tags.is_empty(),
            _ => false,
        };
        if stands_for_tag {
            let folder = item.folder.clone();
            add_tag(&mut item.tags, &folder);
        }
        self.listing.add(item);
    }
}

fn is_container(key: &str, value: &Value) -> bool {
    CONTAINERS.contains(&key) && (value.is_array() || (value.is_object() && key != "content"))
}

fn contains_more(object: &Object) -> bool {
    object.iter().any(|(key, value)| is_container(key, value))
}

/// Whether an object is an article: it has an address, and holds no further ones but those of a text.
fn is_item(object: &Object) -> bool {
    let has_more = object.iter().any(|(key, value)| {
        is_container(key, value) && !matches!(key.as_str(), "links" | "entries" | "data" | "content" | "list" | "other")
    });
    !has_more && !is_envelope(object) && (address_of(object).is_some() || is_text(object))
}

/// Whether an object only carries a list of links though it has an address of its own.
fn is_envelope(object: &Object) -> bool {
    object.get("links").is_some_and(Value::is_array) && !object.contains_key("url")
}

/// A note without an address (Karakeep).
fn is_text(object: &Object) -> bool {
    object.get("content").and_then(|content| content.get("type")?.as_str()) == Some("text")
}

fn is_separator(object: &Object) -> bool {
    object
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind.contains("separator") || kind.contains("container"))
}

fn first_item(node: &Value, depth: usize) -> Option<&Object> {
    match node {
        _ if depth > DEEPEST => None,
        Value::Array(values) => values.iter().find_map(|value| first_item(value, depth + 1)),
        Value::Object(object) if is_item(object) => Some(object),
        Value::Object(object) => object.values().find_map(|value| first_item(value, depth + 1)),
        _ => None,
    }
}

/// What wrote a file, by the names that only one program uses.
fn format_of(root: &Value, item: &Object, name: &str) -> Format {
    let has = |names: &[&str]| names.iter().all(|name| item.contains_key(*name));
    let rooted = |key: &str| root.get(key).is_some();
    if rooted("roots") {
        Format::Chrome
    } else if has(&["uri", "guid"]) || has(&["uri", "dateAdded"]) || rooted("root") {
        Format::Firefox
    } else if has(&["crawlTimeMsec"]) || has(&["canonical"]) || has(&["alternate"]) || has(&["timestampUsec"]) {
        Format::GoogleReader
    } else if rooted("pinnedLinks")
        || (rooted("collections") && has(&["collectionId"]))
        || item.contains_key("collectionId")
    {
        Format::Linkwarden
    } else if item.get("content").is_some_and(|content| content.get("type").is_some()) {
        Format::Karakeep
    } else if has(&["story_permalink"]) {
        Format::NewsBlur
    } else if has(&["given_url"]) || has(&["time_added"]) || name.contains("annotations/") {
        Format::Pocket
    } else if has(&["is_marked"]) || has(&["read_progress", "labels"]) {
        Format::Readeck
    } else if has(&["slug", "savedAt"]) || has(&["savedAt", "labels"]) {
        Format::Omnivore
    } else if has(&["is_archived", "domain_name"]) || has(&["is_starred"]) || has(&["is_fav"]) {
        Format::Wallabag
    } else if has(&["href", "toread"]) || has(&["href", "extended"]) {
        Format::Pinboard
    } else if has(&["others", "owner"]) || has(&["private", "created", "url"]) {
        Format::Delicious
    } else if has(&["imageURL"]) || has(&["hasArchive"]) || has(&["createArchive"]) {
        Format::Shiori
    } else if has(&["article__url"]) {
        Format::Readability
    } else if has(&["website_title"]) || has(&["is_archived", "tag_names"]) {
        Format::Linkding
    } else if has(&["feed_id", "status"]) || has(&["feed", "status", "hash"]) {
        Format::Miniflux
    } else if has(&["extracted_content_url"]) || has(&["content", "summary", "published", "created_at"]) {
        Format::Feedbin
    } else if has(&["marked"]) || has(&["feed_title", "labels"]) {
        Format::TinyTinyRss
    } else if has(&["important", "link"]) || has(&["raindropRef"]) || has(&["excerpt", "link", "cover"]) {
        Format::Raindrop
    } else if has(&["reading_progress", "location"]) {
        Format::Readwise
    } else {
        Format::Json
    }
}

fn lists_of(root: &Value) -> HashMap<String, String> {
    let lists = root.get("lists").and_then(Value::as_array).into_iter().flatten();
    lists
        .filter_map(|list| Some((list.get("id")?.as_str()?.to_owned(), list.get("name")?.as_str()?.to_owned())))
        .collect()
}

fn text_of<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn first<'a>(object: &'a Object, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| object.get(*name).filter(|value| !value.is_null()))
}

/// The first of these fields that is a text with something in it.
fn first_text<'a>(object: &'a Object, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| object.get(*name)?.as_str().filter(|text| !text.trim().is_empty()))
}

fn address_of(object: &Object) -> Option<&str> {
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
pub(super) fn names_of(value: &Value) -> Vec<String> {
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

fn item_of(object: &Object, format: Format) -> Item {
    let title = first_text(object, TITLES);
    // Pinboard calls the title a description.
    let is_pinboard = format == Format::Pinboard && title.is_none();
    let title = if is_pinboard { first_text(object, &["description"]) } else { title };
    let summaries = if is_pinboard { &["extended"] } else { SUMMARIES };
    let mut item = Item {
        address: address_of(object).unwrap_or_default().trim().to_owned(),
        title: value::title(title.unwrap_or_default()),
        html: html_of(object, format),
        summary: value::summary(&html_line_to_text(first_text(object, summaries).unwrap_or_default())),
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
        Value::String(text) if format == Format::Pinboard && !text.contains(',') => value::words(text),
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
            "state/com.google/kept-unread" => unread = true,
            _ => {
                if let Some(label) = rest.strip_prefix("label/") {
                    add_tag(&mut item.tags, label);
                }
            }
        }
    }
    item.read = if unread { Some(false) } else { Some(item.read.unwrap_or(true)) };
    item.title = value::title(&html_line_to_text(&item.title));
    // Notes that a reader wrote on an item.
    for note in object.get("annotations").and_then(Value::as_array).into_iter().flatten() {
        item.summary = value::summary(text_of(note, "content").unwrap_or_default());
    }
    item.passages.clear();
    item.added = item.added.or(item.published);
}
