//! Archives of exports.
//!
//! Every file is unpacked up to a limit, all of them together up to another, and one that unpacks to far more than it could be
//! is refused.

use std::collections::{HashMap, HashSet};
use std::io::Cursor;

use crate::archive::account::HEAD;
use crate::archive::{Unpacked, Unzip};

use super::{Format, ImportsError, Item, Listing, MAX_BYTES, Part, Passage, ending, read_one, value};

/// The most files of an archive.
const MAX_FILES: usize = 50_000;
/// The most bytes of one file.
const MAX_FILE: u64 = 64 * 1024 * 1024;
/// A file of more than a mebibyte may not unpack to more than so many times its size.
const MAX_RATIO: u64 = 200;

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
    let mut parts = Vec::new();
    let mut used = HashSet::new();
    let mut remarks: HashMap<String, Vec<Passage>> = HashMap::new();
    // Lists first: they name the files that belong to their items.
    let mut names: Vec<String> = archive.zip.names().map(str::to_owned).collect();
    names.sort_by_key(|name| !matches!(ending(name).as_str(), "csv" | "json" | "opml" | "xml"));
    for name in names {
        let known = ["csv", "json", "opml", "xml", "html", "htm", "md", "markdown", "txt"];
        if used.contains(&name) || is_hidden(&name) || !known.contains(&ending(&name).as_str()) {
            continue;
        }
        let Some(content) = archive.unpack(&name)? else { continue };
        match read_one(&name, &content) {
            Ok(Part::Items(listing)) if name.contains("annotations/") => {
                for item in listing.items {
                    remarks.entry(item.address).or_default().extend(item.passages);
                }
            }
            Ok(Part::Items(mut listing)) => {
                if listing.format == Format::Omnivore {
                    complete(&mut archive, &mut listing, &mut used)?;
                }
                // A page without an address is a page of something else, not an article.
                let is_stray =
                    listing.format == Format::Page && listing.items.iter().all(|item| item.address.is_empty());
                if !is_stray {
                    parts.push(Part::Items(listing));
                }
            }
            Ok(part) => parts.push(part),
            Err(_) => {}
        }
    }
    for part in &mut parts {
        let Part::Items(listing) = part else { continue };
        for item in &mut listing.items {
            item.passages.extend(remarks.remove(&item.address).unwrap_or_default());
        }
    }
    if parts.is_empty() { Err(ImportsError::Unknown) } else { Ok(parts) }
}

fn is_hidden(name: &str) -> bool {
    name.starts_with("__MACOSX/") || name.split('/').any(|part| part.starts_with('.'))
}

/// Gives the items of Omnivore their texts and highlights, which lie beside the list.
fn complete(archive: &mut Archive<'_>, listing: &mut Listing, used: &mut HashSet<String>) -> Result<(), ImportsError> {
    // Beside the list: everything may lie in a folder.
    let folder = listing.name.rfind('/').map_or("", |end| &listing.name[..=end]).to_owned();
    for item in &mut listing.items {
        if item.slug.is_empty() {
            continue;
        }
        let text = format!("{folder}content/{}.html", item.slug);
        let marks = format!("{folder}highlights/{}.md", item.slug);
        if let Some(content) = archive.unpack(&text)? {
            item.html = Some(String::from_utf8_lossy(&content).into_owned()).filter(|html| !html.trim().is_empty());
            used.insert(text);
        }
        if let Some(content) = archive.unpack(&marks)? {
            quotations(&String::from_utf8_lossy(&content), item);
            used.insert(marks);
        }
    }
    Ok(())
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
