//! Files of other readers and keepers: their exports, recognised by what is in them.
//!
//! Owns: which program wrote a file ([`Format`]), and what it says of each article: address, title, text, tags, marks, dates,
//! marked passages. One file for each family: tables (`csv`), JSON (`json`), lists of bookmarks (`bookmarks`), XML
//! (`xml`), single pages (`page`), and archives and folders of all these (`files`). Does not own: subscription lists (`feed::opml`)
//! and archived articles (`archive`), which are only told apart here; nor what becomes of an item (`jobs`).
//!
//! Pure: bytes flow in and [`Part`]s flow out. Everything is bounded (bytes, rows, depth, what an archive unpacks to), and a row
//! that makes no sense is named by its number and keeps no other one out.

mod bookmarks;
mod csv;
mod files;
mod json;
#[cfg(test)]
mod odd_tests;
mod page;
#[cfg(test)]
mod tests;
mod value;
mod xml;

use std::sync::Arc;

pub use files::{Files, read_files};

use crate::domain::{Language, UnixMillis};
use crate::feed::decode::{Kind, decode};

/// The largest file that is read.
pub const MAX_BYTES: usize = 256 * 1024 * 1024;
/// The most items of one file; what comes behind them is left out and said.
pub const MAX_ITEMS: usize = 200_000;
/// Bad rows that are named; of further ones only the last is.
const MAX_BAD: usize = 1_000;

/// What wrote a file, as far as its content tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Pocket: CSV, HTML, or the answers of its interface.
    Pocket,
    /// Instapaper: CSV or HTML.
    Instapaper,
    /// Omnivore: JSON, or the archive with texts and highlights.
    Omnivore,
    /// wallabag 1 or 2.
    Wallabag,
    /// Readeck.
    Readeck,
    /// Karakeep, which was Hoarder.
    Karakeep,
    /// Linkwarden.
    Linkwarden,
    /// Shiori.
    Shiori,
    /// Pinboard, and Delicious in its form.
    Pinboard,
    /// Delicious.
    Delicious,
    /// Diigo.
    Diigo,
    /// Readability, which is no more.
    Readability,
    /// Raindrop.io.
    Raindrop,
    /// Readwise and Readwise Reader.
    Readwise,
    /// The form of Google Reader: FreshRSS, Inoreader, Feedly and others.
    GoogleReader,
    /// Feedbin.
    Feedbin,
    /// NewsBlur.
    NewsBlur,
    /// Miniflux.
    Miniflux,
    /// Tiny Tiny RSS.
    TinyTinyRss,
    /// linkding.
    Linkding,
    /// A backup of Firefox.
    Firefox,
    /// The bookmarks of Chrome and its relatives.
    Chrome,
    /// A list of bookmarks as every browser writes it.
    Bookmarks,
    /// One page in one file.
    Page,
    /// A table with addresses.
    Table,
    /// JSON with addresses.
    Json,
}

impl Format {
    /// What to call it; names of programs are the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pocket => "Pocket",
            Self::Instapaper => "Instapaper",
            Self::Omnivore => "Omnivore",
            Self::Wallabag => "wallabag",
            Self::Readeck => "Readeck",
            Self::Karakeep => "Karakeep",
            Self::Linkwarden => "Linkwarden",
            Self::Shiori => "Shiori",
            Self::Pinboard => "Pinboard",
            Self::Delicious => "Delicious",
            Self::Diigo => "Diigo",
            Self::Readability => "Readability",
            Self::Raindrop => "Raindrop.io",
            Self::Readwise => "Readwise",
            Self::GoogleReader => "Google Reader (FreshRSS, Inoreader, Feedly)",
            Self::Feedbin => "Feedbin",
            Self::NewsBlur => "NewsBlur",
            Self::Miniflux => "Miniflux",
            Self::TinyTinyRss => "Tiny Tiny RSS",
            Self::Linkding => "linkding",
            Self::Firefox => "Firefox",
            Self::Chrome => "Chrome",
            Self::Bookmarks => "Bookmarks (HTML)",
            Self::Page => "HTML",
            Self::Table => "CSV",
            Self::Json => "JSON",
        }
    }
}

/// A passage that was marked elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passage {
    /// Its words.
    pub text: String,
    /// What was noted on it; may be empty.
    pub note: String,
}

/// What a file says of one article. Everything is as written there, and untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// Its place in the file, from 1; of a table, without the head.
    pub row: usize,
    /// Its address as written; may be empty, or no web address at all.
    pub address: String,
    /// Plain text; may be empty.
    pub title: String,
    /// The text, as HTML.
    pub html: Option<String>,
    /// A whole page, of which the article is a part.
    pub page: Option<String>,
    /// What it says about itself in a sentence, or what its keeper said of it; plain text.
    pub summary: String,
    /// What its keeper noted on it; plain text, may be empty.
    pub note: String,
    /// Its tags; folders that stand for tags are among them.
    pub tags: Vec<String>,
    /// The folder it lay in, as written.
    pub folder: String,
    /// Whether it was read (or put away); `None` where the file does not say.
    pub read: Option<bool>,
    /// Whether it was starred.
    pub starred: bool,
    /// When it was kept.
    pub added: Option<UnixMillis>,
    /// When it was published.
    pub published: Option<UnixMillis>,
    /// Who wrote it.
    pub author: Option<String>,
    /// Its language.
    pub language: Option<Language>,
    /// What was marked in it.
    pub passages: Vec<Passage>,
    /// By what the rest of it is found in an archive.
    slug: String,
}

/// Why a row was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadReason {
    /// It has neither an address nor a text.
    #[error("it has no address")]
    NoAddress,
    /// It is no row of its kind.
    #[error("it cannot be read")]
    Unreadable,
    /// There are more rows than are read.
    #[error("the file has more rows than are read, and ends here")]
    TooMany,
}

/// A row that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadRow {
    /// Its place in the file, from 1.
    pub row: usize,
    /// Why.
    pub reason: BadReason,
}

/// The items of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The file's name; of a file in an archive, its name there.
    pub name: String,
    /// What wrote it.
    pub format: Format,
    /// In the order of the file.
    pub items: Vec<Item>,
    /// What was not taken.
    pub bad: Vec<BadRow>,
    /// It stands for many files of one article each.
    is_of_many: bool,
}

impl Listing {
    fn new(name: &str, format: Format) -> Self {
        Self { name: name.to_owned(), format, items: Vec::new(), bad: Vec::new(), is_of_many: false }
    }

    /// The number of the next row.
    fn next_row(&self) -> usize {
        self.items.len() + self.bad.len() + 1
    }

    /// Whether there is room for more.
    fn is_full(&self) -> bool {
        self.items.len() >= MAX_ITEMS
    }

    fn add(&mut self, item: Item) {
        let row = self.next_row();
        if self.is_full() {
            if self.bad.last().is_none_or(|bad| bad.reason != BadReason::TooMany) {
                self.bad.push(BadRow { row, reason: BadReason::TooMany });
            }
        } else if item.address.is_empty() && item.html.is_none() {
            self.refuse(BadReason::NoAddress);
        } else {
            self.items.push(Item { row, ..item });
        }
    }

    fn refuse(&mut self, reason: BadReason) {
        let row = self.next_row();
        if self.bad.len() >= MAX_BAD {
            self.bad.pop();
        }
        self.bad.push(BadRow { row, reason });
    }
}

/// What was found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Items of another reader or keeper.
    Items(Listing),
    /// A subscription list.
    Subscriptions {
        /// The file's name.
        name: String,
        /// Its content.
        bytes: Vec<u8>,
    },
    /// A whole account of Gleaner.
    Account {
        /// The file's name.
        name: String,
        /// Its content.
        bytes: Arc<[u8]>,
    },
    /// A file that may hold an archived article.
    Archived {
        /// The file's name with its folders.
        name: String,
        /// Its content.
        bytes: Vec<u8>,
    },
}

/// Why nothing of a file was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportsError {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It is larger than what is read, or unpacks to more.
    #[error("the file is larger, or unpacks to more, than is read ({} MiB)", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// It is an archive that is damaged, or of a kind that is not read.
    #[error("the archive is damaged or of a kind that is not read")]
    Archive,
    /// Nothing in it is known.
    #[error("this is no export of a reader or keeper that is known")]
    Unknown,
}

/// Reads a file, whatever wrote it. `name` only helps where the content leaves a doubt.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<Part>, ImportsError> {
    if bytes.is_empty() {
        return Err(ImportsError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(ImportsError::TooLarge);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        if files::is_account(bytes) {
            return Ok(vec![Part::Account { name: name.to_owned(), bytes: bytes.into() }]);
        }
        return files::read(bytes);
    }
    read_one(name, bytes).map(|part| vec![part])
}

/// Whether a file that was named is to be read here, and not as an archived article: by its name and how it begins.
pub fn is_export(name: &str, start: &[u8]) -> bool {
    match ending(name).as_str() {
        // With front matter it is a post.
        "html" | "htm" => !String::from_utf8_lossy(start).trim_start_matches('\u{feff}').starts_with("---"),
        "csv" | "json" | "zip" | "xml" => true,
        "md" | "markdown" | "txt" => looks_like_table(start),
        _ => {
            let text = String::from_utf8_lossy(start);
            let text = text.trim_start_matches('\u{feff}').trim_start();
            let is_page = text.starts_with('<') && !(text.starts_with("<!--") && page::is_archived(text));
            let is_json =
                text.starts_with('{') || text.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{'));
            is_page || is_json || start.starts_with(b"PK\x03\x04") || looks_like_table(start)
        }
    }
}

/// Whether a file that lies in a folder among others may be an export, by its name and how it begins. Pages are left alone there
/// that nobody saved, and tables without addresses.
pub fn may_be_export(name: &str, start: &[u8]) -> bool {
    match ending(name).as_str() {
        "csv" => looks_like_table(start),
        "html" | "htm" => {
            let start = String::from_utf8_lossy(start);
            bookmarks::is_list(&start) || page::is_saved(&start)
        }
        "json" | "xml" => true,
        _ => false,
    }
}

fn ending(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// Reads a file that is no archive.
fn read_one(name: &str, bytes: &[u8]) -> Result<Part, ImportsError> {
    let ending = ending(name);
    if matches!(ending.as_str(), "md" | "markdown" | "txt") && !looks_like_table(bytes) {
        return Ok(Part::Archived { name: name.to_owned(), bytes: bytes.to_vec() });
    }
    let text = decode(bytes, None, Kind::Html, None).text;
    let start = text.trim_start();
    if start.is_empty() {
        return Err(ImportsError::Empty);
    }
    let listing = if start.starts_with(['{', '[']) {
        json::read(name, start)
    } else if start.starts_with('<') {
        let head = value::head(start, 4_096).to_ascii_lowercase();
        if head.contains("<opml") {
            return Ok(Part::Subscriptions { name: name.to_owned(), bytes: bytes.to_vec() });
        }
        if start.starts_with("<!--") && page::is_archived(start) {
            return Ok(Part::Archived { name: name.to_owned(), bytes: bytes.to_vec() });
        }
        if bookmarks::is_list(start) {
            Some(bookmarks::read(name, start))
        } else if !head.contains("<html") && ["<articles", "<posts", "<article>"].iter().any(|sign| head.contains(sign))
        {
            xml::read(name, start).or_else(|| page::read(name, &text))
        } else {
            page::read(name, &text)
        }
    } else {
        csv::read(name, &text)
    };
    match listing {
        Some(listing) if !listing.items.is_empty() || !listing.bad.is_empty() => Ok(Part::Items(listing)),
        _ if start.starts_with("---") || is_archived_link(start) => {
            Ok(Part::Archived { name: name.to_owned(), bytes: bytes.to_vec() })
        }
        _ => Err(ImportsError::Unknown),
    }
}

/// Whether a text begins as an archived article without a stamp does: with a link in square brackets.
fn is_archived_link(start: &str) -> bool {
    start.starts_with('[') && start.lines().next().is_some_and(|line| line.contains("]("))
}

/// Whether what calls itself a text is a table with addresses.
fn looks_like_table(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    csv::is_head(&String::from_utf8_lossy(line.get(..1_024).unwrap_or(line)))
}
