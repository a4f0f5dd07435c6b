//! Files that belong together: those of an archive, or of a folder.
//!
//! Every file is unpacked up to a limit, all of them together up to another, and one that unpacks to far more than it could be
//! is refused.

use std::collections::{HashMap, HashSet};
use std::io::Cursor;

use crate::archive::account::HEAD;
use crate::archive::{Unpacked, Unzip};

use super::{
    Format, ImportsError, Item, Listing, MAX_BYTES, Part, Passage, ending, looks_like_table, page, read_one, value,
};

/// The most files of an archive.
const MAX_FILES: usize = 50_000;
/// The most bytes of one file.
const MAX_FILE: u64 = 64 * 1024 * 1024;
/// A file of more than a mebibyte may not unpack to more than so many times its size.
const MAX_RATIO: u64 = 200;
/// Stands in a folder that `gleaner publish` wrote: its articles lie there as Markdown, and everything else is made from them.
const SITE: &str = ".gleaner/site.json";

/// Where files that belong together lie.
pub trait Files {
    /// Their names with their folders, separated by `/`.
    fn names(&self) -> Vec<String>;
    /// What is in one; `None` if there is none of this name, or it cannot be read.
    fn content(&mut self, name: &str) -> Result<Option<Vec<u8>>, ImportsError>;
}

struct Archive<'a> {
    zip: Unzip<'a>,
    unpacked: u64,
}

/// Whether this is a whole account of Gleaner: by its first file, or by the list of all.
pub(super) fn is_account(bytes: &[u8]) -> bool {
    let begins = bytes.get(30..).is_some_and(|rest| rest.starts_with(HEAD.as_bytes()));
    begins || Archive::open(bytes).is_some_and(|archive| archive.zip.has(HEAD))
}

/// Reads everything in an archive that is known.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Part>, ImportsError> {
    let mut archive = Archive::open(bytes).ok_or(ImportsError::Archive)?;
    let (parts, _) = read_files(&mut archive, true)?;
    if parts.is_empty() { Err(ImportsError::Unknown) } else { Ok(parts) }
}

/// Reads what is known among these files, and says which of them were read as part of another. Without `with_articles`, texts,
/// subscription lists and whatever is no export of a known program are left alone: somebody else's folder holds much else.
pub fn read_files(files: &mut dyn Files, with_articles: bool) -> Result<(Vec<Part>, HashSet<String>), ImportsError> {
    let mut parts: Vec<Part> = Vec::new();
    let mut used = HashSet::new();
    let mut inner_bytes = 0;
    let mut remarks: HashMap<String, Vec<Passage>> = HashMap::new();
    let mut names = files.names();
    let sites: Vec<String> = names.iter().filter_map(|name| name.strip_suffix(SITE)).map(str::to_owned).collect();
    let is_made = |name: &str| {
        let is_text = matches!(ending(name).as_str(), "md" | "markdown" | "txt");
        !is_text && sites.iter().any(|site| name.starts_with(site.as_str()))
    };
    // Lists first: they name the files that belong to their items.
    names.sort_by_key(|name| !matches!(ending(name).as_str(), "csv" | "json" | "opml" | "xml"));
    for name in names {
        let known: &[&str] = match with_articles {
            true => &["csv", "json", "opml", "xml", "html", "htm", "md", "markdown", "txt"],
            false => &["csv", "json", "xml", "html", "htm"],
        };
        if used.contains(&name) || is_hidden(&name) || is_made(&name) || !known.contains(&ending(&name).as_str()) {
            continue;
        }
        let Some(content) = files.content(&name)? else { continue };
        let is_page = matches!(ending(&name).as_str(), "html" | "htm");
        match read_one(&name, &content) {
            Ok(Part::Items(listing)) if name.contains("annotations/") && listing.format == Format::Pocket => {
                for item in listing.items {
                    remarks.entry(item.address).or_default().extend(item.passages);
                }
                used.insert(name);
            }
            Ok(Part::Items(mut listing)) => {
                match listing.format {
                    Format::Omnivore => complete(files, &mut listing, &mut used)?,
                    Format::Readeck => complete_readeck(files, &mut listing, &mut inner_bytes)?,
                    _ => {}
                }
                // A page without an address is a page of something else, not an article.
                let is_stray = listing.format == Format::Page
                    && (listing.items.iter().all(|item| item.address.is_empty())
                        || (!with_articles && !page::is_saved(&String::from_utf8_lossy(&content))));
                let is_vague = !with_articles
                    && (listing.format == Format::Json
                        || (listing.format == Format::Table && !looks_like_table(&content)));
                if !is_stray && !is_vague {
                    used.insert(name);
                    add(&mut parts, listing);
                }
            }
            Ok(part @ Part::Archived { .. }) if with_articles || is_page => {
                used.insert(name);
                parts.push(part);
            }
            Ok(part) if with_articles => parts.push(part),
            Ok(_) | Err(_) => {}
        }
    }
    for part in &mut parts {
        let Part::Items(listing) = part else { continue };
        for item in &mut listing.items {
            item.passages.extend(remarks.remove(&item.address).unwrap_or_default());
        }
    }
    Ok((parts, used))
}

/// Adds a list. Programs that write one file for each article would fill a report with files of one line: such lists are one.
fn add(parts: &mut Vec<Part>, listing: Listing) {
    let size = |listing: &Listing| listing.items.len() + listing.bad.len();
    let former = parts.iter_mut().rev().find_map(|part| match part {
        Part::Items(former) if former.format == listing.format && former.is_of_many => Some(former),
        _ => None,
    });
    match former {
        Some(former) if size(&listing) == 1 => {
            for item in listing.items {
                former.add(item);
            }
            for bad in listing.bad {
                former.refuse(bad.reason);
            }
        }
        _ => {
            let is_of_many = size(&listing) == 1;
            parts.push(Part::Items(Listing { is_of_many, ..listing }));
        }
    }
}

fn is_hidden(name: &str) -> bool {
    name.starts_with("__MACOSX/") || name.split('/').any(|part| part.starts_with('.'))
}

/// Gives the items of Omnivore their texts and highlights, which lie beside the list.
fn complete(files: &mut dyn Files, listing: &mut Listing, used: &mut HashSet<String>) -> Result<(), ImportsError> {
    // Beside the list: everything may lie in a folder.
    let folder = listing.name.rfind('/').map_or("", |end| &listing.name[..=end]).to_owned();
    for item in &mut listing.items {
        if item.slug.is_empty() {
            continue;
        }
        let text = format!("{folder}content/{}.html", item.slug);
        let marks = format!("{folder}highlights/{}.md", item.slug);
        if let Some(content) = files.content(&text)? {
            item.html = Some(String::from_utf8_lossy(&content).into_owned()).filter(|html| !html.trim().is_empty());
            used.insert(text);
        }
        if let Some(content) = files.content(&marks)? {
            quotations(&String::from_utf8_lossy(&content), item);
            used.insert(marks);
        }
    }
    Ok(())
}

/// Gives the items of Readeck their texts, which lie in an archive beside each. All of these together unpack to no more than one
/// archive may.
fn complete_readeck(files: &mut dyn Files, listing: &mut Listing, inner_bytes: &mut u64) -> Result<(), ImportsError> {
    let folder = listing.name.rfind('/').map_or("", |end| &listing.name[..=end]);
    let [item] = listing.items.as_mut_slice() else { return Ok(()) };
    let Some(packed) = files.content(&format!("{folder}container.zip"))? else { return Ok(()) };
    let Some(mut archive) = Archive::open(&packed) else { return Ok(()) };
    archive.unpacked = *inner_bytes;
    if let Some(text) = archive.unpack("index.html")? {
        let text = without_inner_pictures(&String::from_utf8_lossy(&text));
        item.html = Some(text).filter(|html| !html.trim().is_empty());
    }
    *inner_bytes = archive.unpacked;
    Ok(())
}

/// A text without the pictures that lie in its own archive: their names mean nothing elsewhere.
fn without_inner_pictures(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<img") {
        out.push_str(&rest[..at]);
        let length = rest[at..].find('>').map_or(rest.len() - at, |end| end + 1);
        let tag = &rest[at..at + length];
        if ["http://", "https://", "data:"].iter().any(|scheme| tag.contains(scheme)) {
            out.push_str(tag);
        }
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    out
}

/// The quotations of a text in Markdown; what follows one is a note on it.
fn quotations(text: &str, item: &mut Item) {
    for block in text.split("\n\n").take(1_000) {
        let block = block.trim();
        if block.starts_with('>') {
            let lines: Vec<&str> = block.lines().map(|line| line.trim_start_matches('>').trim()).collect();
            let words = value::passage(&lines.join(" "));
            if !words.is_empty() {
                item.passages.push(Passage { text: words, note: String::new() });
            }
        } else if let Some(last) = item.passages.last_mut().filter(|_| !block.is_empty() && !block.starts_with('#')) {
            last.note = value::passage(block);
        }
    }
}

impl Files for Archive<'_> {
    fn names(&self) -> Vec<String> {
        self.zip.names().map(str::to_owned).collect()
    }

    fn content(&mut self, name: &str) -> Result<Option<Vec<u8>>, ImportsError> {
        self.unpack(name)
    }
}

impl<'a> Archive<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let zip = Unzip::open(Cursor::new(bytes), MAX_FILES).ok()??;
        Some(Self { zip, unpacked: 0 })
    }

    /// The content of a file; `None` if there is none of this name, or it is damaged.
    fn unpack(&mut self, name: &str) -> Result<Option<Vec<u8>>, ImportsError> {
        let left = MAX_BYTES as u64 - self.unpacked;
        let most = MAX_FILE.min((self.zip.packed(name) * MAX_RATIO).max(1024 * 1024)).min(left);
        match self.zip.unpack(name, most) {
            Ok(Unpacked::Content(content)) => {
                self.unpacked += content.len() as u64;
                Ok(Some(content))
            }
            Ok(Unpacked::TooLarge) => Err(ImportsError::TooLarge),
            Ok(Unpacked::Unreadable) | Err(_) => Ok(None),
        }
    }
}
