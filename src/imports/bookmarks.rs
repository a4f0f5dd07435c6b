//! Lists of bookmarks as HTML: the Netscape form that browsers, Shiori, Pinboard, linkding and others write, and the plainer ones
//! of Pocket and Instapaper.

use super::value;
use super::{Format, Item, Listing};
use crate::feed::text::decode_references;
use crate::feed::xml::{Tag, Token, Tokenizer};

/// Folders deeper than this count as the one above.
const DEEPEST: usize = 32;

/// Whether a text is such a list, by how it begins.
pub(super) fn is_list(text: &str) -> bool {
    let head = value::head(text, 2_048).to_ascii_lowercase();
    head.contains("netscape-bookmark-file")
        || head.contains("<title>pocket export")
        || head.contains("<title>instapaper: export")
        || head.contains("<dt><a href")
        || (head.contains("<dl>") && head.contains("<dt><h3"))
}

/// Whose text is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Title,
    Folder,
    Section,
    Link,
    Remark,
}

/// Reads a list.
pub(super) fn read(name: &str, text: &str) -> Listing {
    let head = value::head(text, 2_048).to_ascii_lowercase();
    let format = if head.contains("<title>pocket export") {
        Format::Pocket
    } else if head.contains("<title>instapaper") {
        Format::Instapaper
    } else {
        Format::Bookmarks
    };
    let mut reading = Reading {
        listing: Listing::new(name, format),
        folders: Vec::new(),
        below: 0,
        pending: None,
        reading_list: None,
        pending_is_reading_list: false,
        section: String::new(),
        item: None,
        text: String::new(),
        inside: Inside::Nothing,
    };
    for token in Tokenizer::new(text) {
        match token {
            Token::Open(tag) => reading.open(&tag),
            Token::Close(tag) => reading.close(tag),
            Token::Text(piece) => reading.take(&decode_references(piece)),
            Token::CData(piece) => reading.take(piece),
        }
        if reading.listing.is_full() {
            break;
        }
    }
    reading.finish_text();
    reading.finish_item();
    reading.listing
}

struct Reading {
    listing: Listing,
    /// The names of the folders that are open; those that every browser makes have none.
    folders: Vec<String>,
    /// How many more are open below them.
    below: usize,
    /// The folder that the next list is of.
    pending: Option<String>,
    /// What the reading list of Safari holds waits to be read, as deep as this.
    reading_list: Option<usize>,
    pending_is_reading_list: bool,
    section: String,
    item: Option<Item>,
    text: String,
    inside: Inside,
}

impl Reading {
    fn take(&mut self, piece: &str) {
        if self.inside != Inside::Nothing && self.text.len() < 16_384 {
            self.text.push_str(value::head(piece, 16_384));
        }
    }

    fn begin(&mut self, inside: Inside) {
        self.finish_text();
        self.inside = inside;
    }

    fn open(&mut self, tag: &Tag<'_>) {
        match tag.name.to_ascii_lowercase().as_str() {
            "title" => self.begin(Inside::Title),
            "h1" => {
                self.finish_item();
                self.begin(Inside::Section);
            }
            "h3" => {
                self.finish_item();
                self.begin(Inside::Folder);
                let made_by_browser = ["personal_toolbar_folder", "unfiled_bookmarks_folder"]
                    .iter()
                    .any(|name| tag.attribute(name).is_some());
                self.pending_is_reading_list =
                    tag.attribute("id").is_some_and(|id| id.eq_ignore_ascii_case("com.apple.ReadingList"));
                self.pending = (made_by_browser || self.pending_is_reading_list).then(String::new);
            }
            "dl" => {
                self.finish_item();
                self.finish_text();
                let folder = self.pending.take().unwrap_or_default();
                if self.folders.len() < DEEPEST {
                    self.folders.push(folder);
                    if std::mem::take(&mut self.pending_is_reading_list) {
                        self.reading_list.get_or_insert(self.folders.len());
                    }
                } else {
                    self.below += 1;
                }
            }
            "a" => {
                self.finish_item();
                self.begin(Inside::Link);
                self.item = tag.attribute("href").map(|_| self.link(tag));
            }
            "dd" => self.begin(Inside::Remark),
            "dt" | "li" | "hr" => self.finish_item(),
            _ => {}
        }
    }

    fn close(&mut self, tag: &str) {
        match tag.to_ascii_lowercase().as_str() {
            "title" | "h1" | "h3" | "a" | "dd" => self.finish_text(),
            "dl" => {
                self.finish_item();
                if self.below > 0 {
                    self.below -= 1;
                } else {
                    self.folders.pop();
                    self.reading_list = self.reading_list.filter(|depth| *depth <= self.folders.len());
                }
            }
            "li" => self.finish_item(),
            _ => {}
        }
    }

    /// What the text that was read belongs to.
    fn finish_text(&mut self) {
        let text = std::mem::take(&mut self.text);
        match std::mem::replace(&mut self.inside, Inside::Nothing) {
            Inside::Section => self.section = value::title(&text),
            Inside::Folder if self.pending.is_none() => self.pending = Some(value::title(&text)),
            Inside::Link => {
                if let Some(item) = &mut self.item {
                    item.title = value::title(&text);
                }
            }
            Inside::Remark => {
                if let Some(item) = &mut self.item {
                    item.summary = value::summary(&text);
                }
            }
            Inside::Title | Inside::Folder | Inside::Nothing => {}
        }
    }

    fn finish_item(&mut self) {
        self.finish_text();
        if let Some(item) = self.item.take() {
            self.listing.add(item);
        }
    }

    fn link(&self, tag: &Tag<'_>) -> Item {
        let attribute = |names: &[&str]| {
            let value = names.iter().find_map(|name| tag.attribute(name)).unwrap_or_default();
            decode_references(value).into_owned()
        };
        let folder = self.folders.iter().rev().find(|name| !name.is_empty()).cloned().unwrap_or_default();
        let mut item = Item {
            address: attribute(&["href"]).trim().to_owned(),
            added: value::moment(&attribute(&["add_date", "time_added"])),
            tags: value::names(&attribute(&["tags"])),
            read: value::truth(&attribute(&["toread"])).map(|unread| !unread).or(self.reading_list.map(|_| false)),
            starred: value::truth(&attribute(&["data-important"])).unwrap_or(false),
            ..Item::default()
        };
        match self.listing.format {
            Format::Pocket | Format::Instapaper => {
                let section = self.section.to_lowercase();
                item.read = Some(section.contains("archive"));
                item.starred = matches!(section.as_str(), "starred" | "liked");
                if !matches!(section.as_str(), "unread" | "archive" | "read archive" | "starred" | "liked" | "") {
                    value::add_tag(&mut item.tags, &self.section);
                }
                item.folder = self.section.clone();
            }
            // Whoever gave tags sorted by them; else the folder says what the link is about.
            _ if item.tags.is_empty() => {
                value::add_tag(&mut item.tags, &folder);
                item.folder = folder;
            }
            _ => item.folder = folder,
        }
        item
    }
}
