//! JSON Feed (versions 1 and 1.1 of jsonfeed.org), read leniently: a missing version or title, numbers for ids, one
//! author for many, and members of the wrong type are all found.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::FeedError;
use super::raw::{PictureRank, RawEnclosure, RawEntry, RawFeed, RawLink, RawPerson, RawPicture, RawText};
use crate::domain::{FeedFormat, FeedWarning};

type Object = Map<String, Value>;

/// Reads a JSON Feed; the second value says whether it broke the rules, or ends too early. Depth is bounded by the JSON parser (128).
pub(crate) fn read(text: &str) -> Result<(RawFeed<'static>, Option<FeedWarning>), FeedError> {
    let (value, is_whole) = match serde_json::from_str(text) {
        Err(error) if error.is_eof() => (serde_json::from_str(&closed(text)), false),
        value => (value, true),
    };
    let Ok(Value::Object(mut feed)) = value else { return Err(FeedError::NotAFeed) };
    let version = feed.get("version").and_then(Value::as_str).unwrap_or_default();
    let versioned = version.contains("jsonfeed.org/version");
    let items = match feed.remove("items") {
        Some(Value::Array(items)) => items,
        _ if versioned => Vec::new(),
        _ => return Err(FeedError::NotAFeed),
    };
    // Any API may answer with “items”; those of a feed look like entries.
    let named = ["title", "home_page_url", "feed_url"].iter().any(|name| feed.contains_key(*name));
    let bodies = !items.is_empty()
        && items.iter().all(|item| item.get("content_html").or_else(|| item.get("content_text")).is_some());
    let feed_like = versioned || bodies || (named && items.iter().all(looks_like_entry));
    if !feed_like {
        return Err(FeedError::NotAFeed);
    }
    let raw = RawFeed {
        format: FeedFormat::Json,
        title: string(&mut feed, "title").map(plain),
        description: string(&mut feed, "description").map(plain),
        link: string(&mut feed, "home_page_url").map(link),
        self_link: string(&mut feed, "feed_url").map(link),
        language: string(&mut feed, "language").map(Cow::Owned),
        icon: string(&mut feed, "favicon").map(link),
        logo: string(&mut feed, "icon").map(link),
        authors: authors(&mut feed),
        entries: items.into_iter().filter_map(entry).collect(),
        ..RawFeed::default()
    };
    let warning = if is_whole { (!versioned).then_some(FeedWarning::Mended) } else { Some(FeedWarning::Truncated) };
    Ok((raw, warning))
}

/// A document that ends in the middle, up to the last of its items that is whole, with what was open there closed.
fn closed(text: &str) -> String {
    let (mut open, mut in_text, mut escaped) = (Vec::new(), false, false);
    let mut end = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' => open.push('}'),
            b'[' => open.push(']'),
            b'}' | b']' => {
                open.pop();
                if byte == b'}' && open == ['}', ']'] {
                    end = Some(at + 1);
                }
            }
            _ => {}
        }
    }
    end.map_or_else(String::new, |end| format!("{}]}}", &text[..end]))
}

fn looks_like_entry(item: &Value) -> bool {
    item.as_object().is_some_and(|item| {
        ["url", "id", "content_html", "content_text", "external_url"].iter().any(|name| item.contains_key(*name))
    })
}

fn entry(item: Value) -> Option<RawEntry<'static>> {
    let Value::Object(mut item) = item else { return None };
    let html =
        string(&mut item, "content_html").map(|value| RawText { value: Cow::Owned(value), html: true, base: None });
    let content = html.or_else(|| string(&mut item, "content_text").map(plain));
    let url = string(&mut item, "url");
    let external = string(&mut item, "external_url");
    Some(RawEntry {
        guid: string(&mut item, "id").map(Cow::Owned),
        guid_is_link: true,
        link: url.or(external).map(link),
        title: string(&mut item, "title").map(plain),
        authors: authors(&mut item),
        published: string(&mut item, "date_published").map(Cow::Owned),
        updated: string(&mut item, "date_modified").map(Cow::Owned),
        summary: string(&mut item, "summary").map(plain),
        content,
        language: string(&mut item, "language").map(Cow::Owned),
        enclosures: array(&mut item, "attachments").into_iter().filter_map(attachment).collect(),
        categories: array(&mut item, "tags").into_iter().filter_map(scalar).map(Cow::Owned).collect(),
        image: string(&mut item, "image").or_else(|| string(&mut item, "banner_image")).map(|address| RawPicture {
            link: link(address),
            width: None,
            rank: PictureRank::Content,
        }),
        ..RawEntry::default()
    })
}

fn attachment(attachment: Value) -> Option<RawEnclosure<'static>> {
    let Value::Object(mut attachment) = attachment else { return None };
    Some(RawEnclosure {
        link: link(string(&mut attachment, "url")?),
        media_type: string(&mut attachment, "mime_type").map(Cow::Owned),
        length: string(&mut attachment, "size_in_bytes").map(Cow::Owned),
        title: string(&mut attachment, "title").map(Cow::Owned),
        duration: string(&mut attachment, "duration_in_seconds").map(Cow::Owned),
    })
}

/// `authors` of version 1.1 and `author` of version 1; each an object with a name, or the name itself.
fn authors(object: &mut Object) -> Vec<RawPerson<'static>> {
    let mut all = match object.remove("authors") {
        Some(Value::Array(authors)) => authors,
        Some(other) => vec![other],
        None => Vec::new(),
    };
    all.extend(object.remove("author"));
    all.into_iter()
        .filter_map(|author| match author {
            Value::Object(mut author) => string(&mut author, "name"),
            other => scalar(other),
        })
        .map(|name| RawPerson { name: Cow::Owned(name), email: Cow::Borrowed("") })
        .collect()
}

fn array(object: &mut Object, name: &str) -> Vec<Value> {
    match object.remove(name) {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    }
}

fn string(object: &mut Object, name: &str) -> Option<String> {
    object.remove(name).and_then(scalar)
}

/// A string, or a number written as one; `None` if it is blank.
fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn link(href: String) -> RawLink<'static> {
    RawLink { href: Cow::Owned(href), base: None }
}

fn plain(value: String) -> RawText<'static> {
    RawText { value: Cow::Owned(value), html: false, base: None }
}
