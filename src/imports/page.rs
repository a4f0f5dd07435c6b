//! Single pages: saved by a browser or an extension as one file.

use super::value;
use super::{Format, Item, Listing};
use crate::feed::text::decode_references;
use crate::feed::xml::{Token, Tokenizer};

/// How far a page's head is looked into; pictures may be written into it.
const HEAD: usize = 2 * 1024 * 1024;
/// The largest page that is taken.
const MAX_PAGE: usize = 32 * 1024 * 1024;

/// Whether a text that begins with a comment is an archived article: the comment is its stamp.
pub(super) fn is_archived(text: &str) -> bool {
    let stamp = text.trim_start_matches("<!--").trim_start();
    stamp.starts_with(|c: char| c.is_ascii_digit()) || stamp.starts_with("NaN")
}

/// Whether a browser or an extension saved a page and says so in a comment, by how it begins.
pub(super) fn is_saved(text: &str) -> bool {
    let mut item = Item::default();
    said_by_saver(value::head(text, 8_192), &mut item);
    !item.address.is_empty()
}

/// Reads a page; `None` if the text is none.
pub(super) fn read(name: &str, text: &str) -> Option<Listing> {
    let start = value::head(text, 8_192).to_ascii_lowercase();
    if !["<html", "<!doctype html", "<head", "<body"].iter().any(|sign| start.contains(sign)) || text.len() > MAX_PAGE {
        return None;
    }
    let mut item = Item { page: Some(text.to_owned()), read: Some(false), ..Item::default() };
    said_by_saver(value::head(text, 8_192), &mut item);
    if item.address.is_empty() {
        item.address = address_in_head(value::head(text, HEAD)).unwrap_or_default();
    }
    let mut listing = Listing::new(name, Format::Page);
    listing.add(item);
    Some(listing)
}

/// What an extension writes into a comment at the beginning: `url:` and `saved date:`; browsers write `saved from url=`.
fn said_by_saver(start: &str, item: &mut Item) {
    for line in start.lines().take(60) {
        let line = line.trim();
        if let Some((_, rest)) = line.split_once("saved from url=(") {
            let address = rest.split_once(')').map_or("", |(_, rest)| rest);
            let address = address.split("-->").next().unwrap_or_default().trim();
            if address.starts_with("http") {
                item.address = address.to_owned();
            }
        } else if let Some(address) = line.strip_prefix("url:") {
            item.address = address.trim().to_owned();
        } else if let Some(date) = line.strip_prefix("saved date:") {
            item.added = value::moment(date);
        }
    }
}

/// The address that a page gives for itself: the canonical one, else the one for previews.
fn address_in_head(head: &str) -> Option<String> {
    let mut preview = None;
    for token in Tokenizer::new(head) {
        let Token::Open(tag) = token else { continue };
        let is = |name: &str| tag.name.eq_ignore_ascii_case(name);
        if is("link") && tag.attribute("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) {
            let href = tag.attribute("href").map(|href| decode_references(href).trim().to_owned());
            if let Some(href) = href.filter(|href| href.starts_with("http")) {
                return Some(href);
            }
        } else if is("meta") && tag.attribute("property").is_some_and(|name| name.eq_ignore_ascii_case("og:url")) {
            preview = tag.attribute("content").map(|url| decode_references(url).trim().to_owned());
        } else if is("body") {
            break;
        }
    }
    preview.filter(|url| url.starts_with("http"))
}
