//! JSON of every shape: lists of articles, alone or within objects, flat or in folders.
//!
//! Programs call the same things by many names; the names are looked for in an order in which the surer one comes first. Which
//! program wrote a file is told by the names that only it uses.

mod fields;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::value::{self, add_tag};
use super::{BadReason, Format, Item, Listing};
use fields::{address_of, item_of, text_of};

type Object = Map<String, Value>;

/// So many values a file may have, or nearly: each takes sixteen times the memory of the shortest way to write it.
const MAX_VALUES: usize = 10_000_000;
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
/// Reads a file; `None` if it is no JSON or holds no articles.
pub(super) fn read(name: &str, text: &str) -> Option<Listing> {
    if text.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() > MAX_VALUES {
        return None;
    }
    let root: Value = match serde_json::from_str(text) {
        Ok(root) => root,
        // One object a line.
        Err(_) => Value::Array(text.lines().map(serde_json::from_str).collect::<Result<_, _>>().ok()?),
    };
    let root = with_usual_names(root);
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

/// One article of which the fields are named as a program names its own: Readeck writes `IsArchived` into its backup.
fn with_usual_names(root: Value) -> Value {
    let Value::Object(object) = root else { return root };
    if !object.contains_key("URL") || object.contains_key("url") {
        return Value::Object(object);
    }
    let usual = |name: &str| {
        let mut out = String::with_capacity(name.len() + 4);
        let mut was_small = false;
        for c in name.chars() {
            if c.is_ascii_uppercase() && was_small {
                out.push('_');
            }
            was_small = c.is_ascii_lowercase();
            out.push(c.to_ascii_lowercase());
        }
        out
    };
    Value::Object(object.into_iter().map(|(name, value)| (usual(&name), value)).collect())
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
    } else if has(&["crawlTimeMsec"])
        || has(&["canonical"])
        || has(&["alternate"])
        || has(&["timestampUsec"])
        || has(&["canonicalUrl", "crawled"])
    {
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
    } else if has(&["is_archived", "domain_name"]) {
        Format::Wallabag
    } else if has(&["given_url"]) || has(&["time_added"]) || name.contains("annotations/") {
        Format::Pocket
    } else if has(&["is_marked"]) || has(&["read_progress", "labels"]) {
        Format::Readeck
    } else if has(&["slug", "savedAt"]) || has(&["savedAt", "labels"]) {
        Format::Omnivore
    } else if has(&["is_starred"]) || has(&["is_fav"]) {
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
