//! Exports in XML: starred articles of Tiny Tiny RSS, bookmarks of Pinboard and Delicious.

use super::value;
use super::{Format, Item, Listing};
use crate::feed::text::decode_references;
use crate::feed::xml::{Token, Tokenizer};

/// Reads such a file; `None` if it is something else.
pub(super) fn read(name: &str, text: &str) -> Option<Listing> {
    let mut listing: Option<Listing> = None;
    let mut article: Option<Item> = None;
    let mut field = String::new();
    let mut published = false;
    for token in Tokenizer::new(text) {
        match token {
            Token::Open(tag) if tag.name == "post" => {
                let attribute = |name: &str| decode_references(tag.attribute(name).unwrap_or_default()).into_owned();
                listing.get_or_insert_with(|| Listing::new(name, Format::Pinboard)).add(Item {
                    address: attribute("href").trim().to_owned(),
                    title: value::title(&attribute("description")),
                    summary: value::summary(&attribute("extended")),
                    note: value::passage(&attribute("extended")),
                    tags: value::words(&attribute("tag")),
                    added: value::moment(&attribute("time")),
                    read: Some(!attribute("toread").eq_ignore_ascii_case("yes")),
                    ..Item::default()
                });
            }
            Token::Open(tag) if tag.name == "article" => {
                article = Some(Item { read: Some(true), ..Item::default() });
                published = false;
            }
            Token::Open(_) => field.clear(),
            Token::Text(piece) => value::push(&mut field, &decode_references(piece)),
            Token::CData(piece) => value::push(&mut field, piece),
            Token::Close("article") => {
                if let Some(mut item) = article.take() {
                    item.starred |= !published;
                    listing.get_or_insert_with(|| Listing::new(name, Format::TinyTinyRss)).add(item);
                }
            }
            Token::Close(tag) => {
                if let Some(item) = &mut article {
                    published |= tag == "published" && value::truth(&field) == Some(true);
                    take(item, tag, &field);
                }
                field.clear();
            }
        }
        if listing.as_ref().is_some_and(Listing::is_full) {
            break;
        }
    }
    listing
}

/// A field of an article of Tiny Tiny RSS.
fn take(item: &mut Item, name: &str, field: &str) {
    match name {
        "link" => item.address = field.trim().to_owned(),
        "title" => item.title = value::title(field),
        "content" => item.html = Some(field.to_owned()).filter(|html| !html.trim().is_empty()),
        "marked" => item.starred = value::truth(field).unwrap_or(false),
        "note" => item.summary = value::summary(field),
        "tag_cache" => item.tags.extend(value::names(field)),
        "label_cache" => {
            if let Ok(labels) = serde_json::from_str::<serde_json::Value>(field) {
                // Of each label: its number, its name, two colours.
                let names = labels.as_array().into_iter().flatten().filter_map(|label| label.get(1)?.as_str());
                item.tags.extend(names.map(value::title).filter(|name| !name.is_empty()));
            }
        }
        "updated" => {
            item.published = value::moment(field);
            item.added = item.published;
        }
        _ => {}
    }
}
