//! Archives (APPNOTE 6.3.10) of exports: stored or deflated files, no encryption, no parts above 4 GiB.
//!
//! What an archive says of itself is believed of nothing but where to look: every file is unpacked up to a limit, all of them
//! together up to another, and one that unpacks to far more than it could be is refused.

use std::collections::{HashMap, HashSet};
use std::io::Read as _;

use flate2::read::DeflateDecoder;

use crate::archive::account::HEAD;

use super::{Format, ImportsError, Item, Listing, MAX_BYTES, Part, Passage, ending, read_one, value};

/// The most files of an archive.
const MAX_FILES: usize = 50_000;
/// The most bytes of one file.
const MAX_FILE: usize = 64 * 1024 * 1024;
/// A file of more than a mebibyte may not unpack to more than so many times its size.
const MAX_RATIO: usize = 200;

struct Entry<'a> {
    name: String,
    packed: &'a [u8],
    deflated: bool,
}

struct Archive<'a> {
    entries: Vec<Entry<'a>>,
    by_name: HashMap<String, usize>,
    unpacked: usize,
}

/// Whether this is a whole account of Gleaner: by its first file, or by the list of all.
pub(super) fn is_account(bytes: &[u8]) -> bool {
    let begins = bytes.get(30..).is_some_and(|rest| rest.starts_with(HEAD.as_bytes()));
    begins || Archive::open(bytes).is_some_and(|archive| archive.by_name.contains_key(HEAD))
}

/// Reads everything in an archive that is known.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Part>, ImportsError> {
    let mut archive = Archive::open(bytes).ok_or(ImportsError::Archive)?;
    let mut parts = Vec::new();
    let mut used = HashSet::new();
    let mut remarks: HashMap<String, Vec<Passage>> = HashMap::new();
    // Lists first: they name the files that belong to their items.
    let mut order: Vec<usize> = (0..archive.entries.len()).collect();
    order.sort_by_key(|index| {
        !matches!(ending(&archive.entries[*index].name).as_str(), "csv" | "json" | "opml" | "xml")
    });
    for index in order {
        let name = archive.entries[index].name.clone();
        let known = ["csv", "json", "opml", "xml", "html", "htm", "md", "markdown", "txt"];
        if used.contains(&name) || is_hidden(&name) || !known.contains(&ending(&name).as_str()) {
            continue;
        }
        let Some(content) = archive.unpack(index)? else { continue };
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
        if let Some(index) = archive.by_name.get(&text).copied()
            && let Some(content) = archive.unpack(index)?
        {
            item.html = Some(String::from_utf8_lossy(&content).into_owned()).filter(|html| !html.trim().is_empty());
            used.insert(text);
        }
        if let Some(index) = archive.by_name.get(&marks).copied()
            && let Some(content) = archive.unpack(index)?
        {
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
    /// Reads the directory at the end.
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let tail = bytes.len().saturating_sub(22 + 65_535);
        let end = tail + memchr::memmem::rfind(&bytes[tail..], b"PK\x05\x06")?;
        let mut at = long(bytes, end + 16)?;
        let (mut entries, mut by_name) = (Vec::new(), HashMap::new());
        while bytes.get(at..at + 4)? == b"PK\x01\x02" {
            if entries.len() >= MAX_FILES {
                return None;
            }
            let (flags, method) = (short(bytes, at + 8)?, short(bytes, at + 10)?);
            let packed_length = long(bytes, at + 20)?;
            let (name_length, extra, comment) =
                (short(bytes, at + 28)?, short(bytes, at + 30)?, short(bytes, at + 32)?);
            let local = long(bytes, at + 42)?;
            let name = String::from_utf8_lossy(bytes.get(at + 46..at + 46 + name_length)?).replace('\\', "/");
            at += 46 + name_length + extra + comment;
            let readable = flags & 1 == 0 && (method == 0 || method == 8) && !name.ends_with('/');
            let Some(packed) = file_at(bytes, local, packed_length).filter(|_| readable) else { continue };
            by_name.insert(name.clone(), entries.len());
            entries.push(Entry { name, packed, deflated: method == 8 });
        }
        Some(Self { entries, by_name, unpacked: 0 })
    }

    /// The content of a file; `None` if it is damaged.
    fn unpack(&mut self, index: usize) -> Result<Option<Vec<u8>>, ImportsError> {
        let Some(entry) = self.entries.get(index) else { return Ok(None) };
        let most = MAX_FILE.min((entry.packed.len() * MAX_RATIO).max(1024 * 1024)).min(MAX_BYTES - self.unpacked);
        let mut content = Vec::new();
        if entry.deflated {
            let mut reader = DeflateDecoder::new(entry.packed).take(most as u64 + 1);
            if reader.read_to_end(&mut content).is_err() {
                return Ok(None);
            }
        } else {
            content.extend_from_slice(entry.packed.get(..most + 1).unwrap_or(entry.packed));
        }
        if content.len() > most {
            return Err(ImportsError::TooLarge);
        }
        self.unpacked += content.len();
        Ok(Some(content))
    }
}

/// The packed bytes of the file whose own head begins at `at`.
fn file_at(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    if bytes.get(at..at + 4)? != b"PK\x03\x04" {
        return None;
    }
    let begin = at + 30 + short(bytes, at + 26)? + short(bytes, at + 28)?;
    bytes.get(begin..begin.checked_add(length)?)
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(pair[0]) | usize::from(pair[1]) << 8)
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    Some(short(bytes, at)? | short(bytes, at + 2)? << 16)
}
