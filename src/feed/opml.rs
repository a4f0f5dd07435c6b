//! Subscription lists (OPML 1.0 to 2.0), read leniently and written strictly.
//!
//! Reading is one pass over tokens without a tree: depth costs nothing, entities and external references are never
//! followed, and a list that breaks off gives what stood in it so far.

use std::collections::HashSet;

use super::decode::{Kind, decode};
use super::text::{collapse, cut, decode_references, is_allowed};
use super::xml::{Tag, Token, Tokenizer};
use crate::domain::{UnixMillis, UrlError, WebUrl};

/// Folders deeper than this are put into their parent; in characters, names are cut at [`LONGEST_NAME`].
const DEEPEST_FOLDER: usize = 16;
const LONGEST_NAME: usize = 256;
/// How much of a refused address is shown, in characters.
const LONGEST_REFUSED: usize = 200;

/// One feed of a subscription list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The feed.
    pub url: WebUrl,
    /// What the list calls it; plain text, may be empty.
    pub title: String,
    /// The page that the feed belongs to.
    pub site_url: Option<WebUrl>,
    /// The folders above it, outermost first, at most 16.
    pub folders: Vec<String>,
}

/// An outline that names something that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The address as it stands in the list, cut to 200 characters.
    pub text: String,
    /// Why it was not taken.
    pub reason: RefusedReason,
}

/// Why an outline was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedReason {
    /// The text is no address.
    NotAnAddress,
    /// The address has a scheme other than http and https.
    Scheme,
    /// The address is longer than 4,096 bytes.
    TooLong,
    /// It is of something else: a page, another list.
    NoFeed,
}

/// A subscription list, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubscriptionList {
    /// The title of the list; plain text, may be empty.
    pub title: String,
    /// The feeds in document order, each address in each folder once.
    pub outlines: Vec<Outline>,
    /// How many outlines named a feed again in the same folder.
    pub repeated: usize,
    /// Feeds that were not taken.
    pub refused: Vec<Refused>,
    /// Addresses that are not said to be of feeds.
    pub others: Vec<Refused>,
}

/// Why no subscription list could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpmlError {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is something else.
    #[error("the file is no OPML subscription list")]
    NotOpml,
}

/// Reads a subscription list in any encoding. Addresses may lack their scheme or begin with `feed:`; what cannot be
/// followed is listed with a reason. Linear in the file.
pub fn read(bytes: &[u8]) -> Result<SubscriptionList, OpmlError> {
    let decoded = decode(bytes, None, Kind::Xml, None);
    if decoded.text.trim().is_empty() {
        return Err(OpmlError::Empty);
    }
    let mut reader = Reader::default();
    let mut tokens = Tokenizer::new(&decoded.text);
    while let Some(token) = tokens.next() {
        match token {
            // Half a tag at the end of a broken file may hold half an address.
            Token::Open(_) if tokens.cut => break,
            Token::Open(tag) => reader.open(&tag),
            Token::Close(name) => reader.close(name),
            Token::Text(text) => reader.text(&decode_references(text)),
            Token::CData(text) => reader.text(text),
        }
    }
    if !reader.is_opml {
        return Err(OpmlError::NotOpml);
    }
    reader.list.title = cut(collapse(&reader.list.title), LONGEST_NAME);
    Ok(reader.list)
}

#[derive(Default)]
struct Reader {
    list: SubscriptionList,
    is_opml: bool,
    in_title: bool,
    /// The names of the folders that count, outermost first.
    folders: Vec<String>,
    /// For each open outline whether it put a name into `folders`.
    open: Vec<bool>,
    seen: HashSet<(String, String)>,
}

impl Reader {
    fn open(&mut self, tag: &Tag<'_>) {
        let name = tag.name.rsplit(':').next().unwrap_or_default();
        if name.eq_ignore_ascii_case("opml") {
            self.is_opml = true;
        } else if name.eq_ignore_ascii_case("title") {
            self.in_title = !tag.empty && self.open.is_empty() && self.list.title.is_empty();
        } else if name.eq_ignore_ascii_case("outline") {
            self.is_opml = true;
            self.outline(tag);
        }
    }

    fn outline(&mut self, tag: &Tag<'_>) {
        let label = attribute(tag, "title").or_else(|| attribute(tag, "text")).unwrap_or_default();
        let label = cut(collapse(&label), LONGEST_NAME);
        let kind = attribute(tag, "type").unwrap_or_default().to_ascii_lowercase();
        let address = attribute(tag, "xmlUrl").or_else(|| {
            attribute(tag, "url").filter(|_| ["rss", "atom", "feed"].iter().any(|known| kind.starts_with(known)))
        });
        let is_feed = address.is_some();
        if let Some(address) = address {
            self.feed(tag, &address, label.clone());
        } else if let Some(address) = attribute(tag, "url").or_else(|| attribute(tag, "htmlUrl")) {
            self.list.others.push(Refused { text: cut(address, LONGEST_REFUSED), reason: RefusedReason::NoFeed });
        }
        if !tag.empty {
            let folder = !is_feed && !label.is_empty() && self.folders.len() < DEEPEST_FOLDER;
            if folder {
                self.folders.push(label);
            }
            self.open.push(folder);
        }
    }

    fn feed(&mut self, tag: &Tag<'_>, address: &str, title: String) {
        let url = match WebUrl::from_typed(address) {
            Ok(url) => url,
            Err(error) => {
                let reason = match error {
                    UrlError::Malformed(_) => RefusedReason::NotAnAddress,
                    UrlError::Scheme(_) => RefusedReason::Scheme,
                    UrlError::TooLong => RefusedReason::TooLong,
                };
                self.list.refused.push(Refused { text: cut(address.to_owned(), LONGEST_REFUSED), reason });
                return;
            }
        };
        let mut folders = self.folders.clone();
        if folders.is_empty()
            && let Some(category) = attribute(tag, "category")
        {
            folders = category_folders(&category);
        }
        if !self.seen.insert((url.to_string(), folders.join("\u{0}"))) {
            self.list.repeated += 1;
            return;
        }
        let site_url = attribute(tag, "htmlUrl").and_then(|address| WebUrl::from_typed(&address).ok());
        self.list.outlines.push(Outline { url, title, site_url, folders });
    }

    fn close(&mut self, name: &str) {
        let name = name.rsplit(':').next().unwrap_or_default();
        if name.eq_ignore_ascii_case("outline") {
            if self.open.pop() == Some(true) {
                self.folders.pop();
            }
        } else if name.eq_ignore_ascii_case("title") {
            self.in_title = false;
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_title && self.list.title.len() < LONGEST_NAME * 8 {
            self.list.title.push_str(text);
        }
    }
}

/// An attribute's value, decoded, whatever the case of its name; `None` if it is missing or blank.
fn attribute(tag: &Tag<'_>, name: &str) -> Option<String> {
    let value = decode_references(tag.attribute(name)?);
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// The folders of a `category` attribute, which lists paths such as `/News/World,/Tech` (OPML 2.0); the first counts.
fn category_folders(category: &str) -> Vec<String> {
    let first = category.split(',').next().unwrap_or_default();
    first
        .split('/')
        .map(|name| cut(collapse(name), LONGEST_NAME))
        .filter(|name| !name.is_empty())
        .take(DEEPEST_FOLDER)
        .collect()
}

/// Writes a subscription list (OPML 2.0) that [`read`] reads back to the same outlines in the same order.
///
/// Neighbours in one folder share its element; give them sorted by folder for a list that is pleasant to look at.
pub fn write(title: &str, outlines: &[Outline], now: UnixMillis) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n");
    out.push_str(&format!("    <title>{}</title>\n", escape(title)));
    if let Some(date) = now.to_timestamp().map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        out.push_str(&format!("    <dateCreated>{date}</dateCreated>\n"));
    }
    out.push_str("  </head>\n  <body>\n");
    let mut open: Vec<&str> = Vec::new();
    let indent = |depth: usize| "  ".repeat(depth + 2);
    for outline in outlines {
        let folders = &outline.folders;
        let shared = open.iter().zip(folders).take_while(|(open, folder)| *open == folder).count();
        while open.len() > shared {
            open.pop();
            out.push_str(&format!("{}</outline>\n", indent(open.len())));
        }
        for folder in &folders[shared..] {
            let name = escape(folder);
            out.push_str(&format!("{}<outline text=\"{name}\" title=\"{name}\">\n", indent(open.len())));
            open.push(folder);
        }
        let (text, url) = (escape(&outline.title), escape(outline.url.as_str()));
        out.push_str(&format!(
            "{}<outline type=\"rss\" text=\"{text}\" title=\"{text}\" xmlUrl=\"{url}\"",
            indent(open.len())
        ));
        if let Some(site) = &outline.site_url {
            out.push_str(&format!(" htmlUrl=\"{}\"", escape(site.as_str())));
        }
        out.push_str("/>\n");
    }
    while open.pop().is_some() {
        out.push_str(&format!("{}</outline>\n", indent(open.len())));
    }
    out.push_str("  </body>\n</opml>\n");
    out
}

/// Text for an attribute or an element, without what XML forbids.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| is_allowed(*c)) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\r' | '\t' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
#[path = "opml_tests.rs"]
mod tests;
