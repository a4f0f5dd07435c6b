//! A ZIP file of ours read from where it lies, one file of it at a time: an account of any size needs the memory of its largest part.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

use flate2::read::DeflateDecoder;

/// What can be read from any place.
pub trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

/// The most files of one archive.
const MAX_FILES: usize = 2_000_000;
/// The most bytes of the list of its files.
const MAX_DIRECTORY: u64 = 512 * 1024 * 1024;

/// A ZIP file that is being read.
pub struct Unzip {
    source: Box<dyn Source>,
    places: HashMap<String, Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    packed: u64,
    deflated: bool,
}

impl std::fmt::Debug for Unzip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unzip").field("files", &self.places.len()).finish_non_exhaustive()
    }
}

impl Unzip {
    /// Reads the list of files at the end; `None` if there is none that makes sense.
    pub fn open(mut source: Box<dyn Source>) -> std::io::Result<Option<Self>> {
        let length = source.seek(SeekFrom::End(0))?;
        let tail = length.saturating_sub(22 + 65_535 + 76);
        let bytes = read_at(&mut *source, tail, length - tail)?;
        let Some((at, size)) = directory(&bytes)
            .filter(|(at, size)| *size <= MAX_DIRECTORY && at.checked_add(*size).is_some_and(|end| end <= length))
        else {
            return Ok(None);
        };
        let listed = read_at(&mut *source, at, size)?;
        Ok(places(&listed).map(|places| Self { source, places }))
    }

    /// The names of its files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The content of a file of at most so many bytes; `None` if there is none of this name, it is larger, or damaged.
    pub fn read(&mut self, name: &str, most: u64) -> std::io::Result<Option<Vec<u8>>> {
        let Some(place) = self.places.get(name).copied().filter(|place| place.packed <= most) else { return Ok(None) };
        let head = read_at(&mut *self.source, place.offset, 30)?;
        if head.len() < 30 || !head.starts_with(b"PK\x03\x04") {
            return Ok(None);
        }
        let skip = number(&head, 26, 2).unwrap_or_default() + number(&head, 28, 2).unwrap_or_default();
        self.source.seek(SeekFrom::Start(place.offset + 30 + skip))?;
        let packed = (&mut *self.source).take(place.packed);
        let mut content = Vec::new();
        let read = if place.deflated {
            DeflateDecoder::new(packed).take(most + 1).read_to_end(&mut content)
        } else {
            packed.take(most + 1).read_to_end(&mut content)
        };
        Ok(read.ok().filter(|read| *read as u64 <= most).map(|_| content))
    }
}

fn read_at(source: &mut dyn Source, at: u64, length: u64) -> std::io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    source.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where the list of files is, and its length, by what stands at the end of an archive.
fn directory(tail: &[u8]) -> Option<(u64, u64)> {
    let end = memchr::memmem::rfind(tail, b"PK\x05\x06")?;
    let short = (number(tail, end + 16, 4)?, number(tail, end + 12, 4)?);
    match memchr::memmem::rfind(tail.get(..end)?, b"PK\x06\x06") {
        Some(long) if tail.get(..end)?.ends_with(&[1, 0, 0, 0]) => {
            Some((number(tail, long + 48, 8)?, number(tail, long + 40, 8)?))
        }
        _ => Some(short),
    }
}

fn places(listed: &[u8]) -> Option<HashMap<String, Place>> {
    let mut places = HashMap::new();
    let mut at = 0;
    while listed.get(at..at + 4).is_some_and(|sign| sign == b"PK\x01\x02") {
        if places.len() >= MAX_FILES {
            return None;
        }
        let (flags, method) = (number(listed, at + 8, 2)?, number(listed, at + 10, 2)?);
        let packed = number(listed, at + 20, 4)?;
        let size = |from: usize| number(listed, from, 2).and_then(|size| usize::try_from(size).ok());
        let (name_length, extra, comment) = (size(at + 28)?, size(at + 30)?, size(at + 32)?);
        let name_at = at + 46;
        let name = std::str::from_utf8(listed.get(name_at..name_at + name_length)?).ok();
        let mut offset = number(listed, at + 42, 4)?;
        if offset == u64::from(u32::MAX) && extra >= 12 {
            offset = number(listed, name_at + name_length + 4, 8)?;
        }
        if let Some(name) = name.filter(|_| flags & 1 == 0 && (method == 0 || method == 8)) {
            places.insert(name.to_owned(), Place { offset, packed, deflated: method == 8 });
        }
        at = name_at + name_length + extra + comment;
    }
    Some(places)
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::archive::ZipFile;

    fn archive(files: usize) -> Vec<u8> {
        let mut zip = ZipFile::default();
        let mut out = Vec::new();
        for number in 0..files {
            zip.store(&format!("f{number}"), b"x");
        }
        zip.deflate("long", "again ".repeat(1_000).as_bytes());
        out.extend(zip.take());
        zip.store("文", b"last");
        out.extend(zip.finish());
        out
    }

    fn open(bytes: Vec<u8>) -> Option<Unzip> {
        Unzip::open(Box::new(Cursor::new(bytes))).unwrap()
    }

    #[test]
    fn what_went_out_in_parts_is_read_back_whatever_its_size() {
        for files in [0, 3, 70_000] {
            let mut zip = open(archive(files)).expect("an archive");

            assert_eq!(zip.names().count(), files + 2);
            assert_eq!(zip.read("long", 10_000).unwrap().unwrap().len(), 6_000);
            assert_eq!(zip.read("文", 4).unwrap().unwrap(), b"last");
            assert_eq!(zip.read("long", 5_999).unwrap(), None, "larger than it may be");
            assert_eq!(zip.read("none", 10).unwrap(), None);
        }
    }

    #[test]
    fn what_is_no_archive_or_damaged_is_none() {
        assert!(open(Vec::new()).is_none());
        assert!(open(b"PK\x05\x06 and no more".to_vec()).is_none());
        let mut bytes = archive(2);
        let length = bytes.len();
        bytes[length - 6..length - 2].fill(0xff);
        assert!(open(bytes).is_none_or(|mut zip| zip.read("long", 10_000).unwrap().is_none()));
    }
}
