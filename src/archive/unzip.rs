//! A ZIP file (APPNOTE 6.3.10) read from where it lies, one file of it at a time: an archive of any size needs the memory
//! of its largest part.
//!
//! What an archive says of itself is believed of nothing but where to look. Files are stored or deflated, and not encrypted;
//! the caller says how many there may be and how much one may unpack to.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::read::DeflateDecoder;

/// What can be read from any place.
pub trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

/// The most bytes of the list of its files.
const MAX_DIRECTORY: u64 = 512 * 1024 * 1024;

/// A ZIP file that is being read.
pub struct Unzip<'a> {
    source: Box<dyn Source + 'a>,
    files: Vec<Listed>,
    by_name: HashMap<String, usize>,
}

/// What a file of an archive turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Unpacked {
    /// Its bytes.
    Content(Vec<u8>),
    /// It has more bytes than were allowed.
    TooLarge,
    /// There is none of this name, or it is damaged.
    Unreadable,
}

#[derive(Debug)]
struct Listed {
    name: String,
    offset: u64,
    packed: u64,
    sum: u64,
    deflated: bool,
}

impl std::fmt::Debug for Unzip<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unzip").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

impl<'a> Unzip<'a> {
    /// Reads the list of files at the end; `None` if there is none that makes sense, or one of more than `most_files`.
    pub fn open(source: impl Source + 'a, most_files: usize) -> std::io::Result<Option<Self>> {
        let mut source: Box<dyn Source + 'a> = Box::new(source);
        let length = source.seek(SeekFrom::End(0))?;
        let tail = length.saturating_sub(22 + 65_535 + 76);
        let bytes = read_at(&mut *source, tail, length - tail)?;
        let Some((at, size)) = directory(&bytes)
            .filter(|(at, size)| *size <= MAX_DIRECTORY && at.checked_add(*size).is_some_and(|end| end <= length))
        else {
            return Ok(None);
        };
        let listed = read_at(&mut *source, at, size)?;
        Ok(files(&listed, most_files).map(|files| {
            let by_name = files.iter().enumerate().map(|(index, file)| (file.name.clone(), index)).collect();
            Self { source, files, by_name }
        }))
    }

    /// The names of its files, in its own order; folders are left out, and `\` is written `/`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// Whether it has a file of this name.
    pub fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The bytes that a file takes in the archive; 0 if there is none of this name.
    pub fn packed(&self, name: &str) -> u64 {
        self.file(name).map_or(0, |file| file.packed)
    }

    /// The content of a file of at most so many bytes; `None` if there is none of this name, it is larger, or damaged.
    pub fn read(&mut self, name: &str, most: u64) -> std::io::Result<Option<Vec<u8>>> {
        Ok(match self.unpack(name, most)? {
            Unpacked::Content(content) => Some(content),
            Unpacked::TooLarge | Unpacked::Unreadable => None,
        })
    }

    /// The content of a file of at most so many bytes. Errors come from where the archive lies.
    pub fn unpack(&mut self, name: &str, most: u64) -> std::io::Result<Unpacked> {
        let Some(Listed { offset, packed, sum, deflated, .. }) = self.file(name) else {
            return Ok(Unpacked::Unreadable);
        };
        let (offset, packed, sum, deflated) = (*offset, *packed, *sum, *deflated);
        if packed > most {
            return Ok(Unpacked::TooLarge);
        }
        let head = read_at(&mut *self.source, offset, 30)?;
        if head.len() < 30 || !head.starts_with(b"PK\x03\x04") {
            return Ok(Unpacked::Unreadable);
        }
        let skip = number(&head, 26, 2).unwrap_or_default() + number(&head, 28, 2).unwrap_or_default();
        self.source.seek(SeekFrom::Start(offset + 30 + skip))?;
        let bytes = (&mut *self.source).take(packed);
        let mut content = Vec::new();
        let read = if deflated {
            DeflateDecoder::new(bytes).take(most + 1).read_to_end(&mut content)
        } else {
            bytes.take(most + 1).read_to_end(&mut content)
        };
        Ok(match read {
            Ok(read) if read as u64 > most => Unpacked::TooLarge,
            Ok(_) if is_whole(&content, sum) => Unpacked::Content(content),
            _ => Unpacked::Unreadable,
        })
    }

    fn file(&self, name: &str) -> Option<&Listed> {
        self.files.get(*self.by_name.get(name)?)
    }
}

/// Whether these are the bytes that were packed. Some programs write no sum.
fn is_whole(content: &[u8], sum: u64) -> bool {
    let mut own = Crc::new();
    own.update(content);
    sum == 0 || u64::from(own.sum()) == sum
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

fn files(listed: &[u8], most: usize) -> Option<Vec<Listed>> {
    let mut files = Vec::new();
    let mut at = 0;
    while listed.get(at..at + 4).is_some_and(|sign| sign == b"PK\x01\x02") {
        if files.len() >= most {
            return None;
        }
        let (flags, method) = (number(listed, at + 8, 2)?, number(listed, at + 10, 2)?);
        let (sum, packed) = (number(listed, at + 16, 4)?, number(listed, at + 20, 4)?);
        let size = |from: usize| number(listed, from, 2).and_then(|size| usize::try_from(size).ok());
        let (name_length, extra, comment) = (size(at + 28)?, size(at + 30)?, size(at + 32)?);
        let name_at = at + 46;
        let name = String::from_utf8_lossy(listed.get(name_at..name_at + name_length)?).replace('\\', "/");
        let mut offset = number(listed, at + 42, 4)?;
        if offset == u64::from(u32::MAX) && extra >= 12 {
            offset = number(listed, name_at + name_length + 4, 8)?;
        }
        if !name.ends_with('/') && flags & 1 == 0 && (method == 0 || method == 8) {
            files.push(Listed { name, offset, packed, sum, deflated: method == 8 });
        }
        at = name_at + name_length + extra + comment;
    }
    Some(files)
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use axum::body::Bytes;

    use super::*;
    use crate::archive::ZipFile;

    fn archive(files: usize) -> Vec<u8> {
        let mut zip = ZipFile::default();
        let mut out = Vec::new();
        for number in 0..files {
            zip.store(&format!("f{number}"), b"x");
        }
        zip.deflate("long", "again ".repeat(1_000).as_bytes());
        out.extend(zip.take().concat());
        zip.store("文", b"last");
        out.extend(zip.finish());
        out
    }

    fn open(bytes: Vec<u8>) -> Option<Unzip<'static>> {
        Unzip::open(Cursor::new(bytes), 100_000).unwrap()
    }

    #[test]
    fn what_went_out_in_parts_is_read_back_whatever_its_size() {
        for files in [0, 3, 70_000] {
            let mut zip = open(archive(files)).expect("an archive");

            assert_eq!(zip.names().count(), files + 2);
            assert_eq!(zip.read("long", 10_000).unwrap().unwrap().len(), 6_000);
            assert_eq!(zip.read("文", 4).unwrap().unwrap(), b"last");
            assert_eq!(zip.unpack("long", 5_999).unwrap(), Unpacked::TooLarge);
            assert_eq!(zip.read("none", 10).unwrap(), None);
        }
    }

    #[test]
    fn what_somebody_else_holds_goes_in_without_a_copy_and_is_read_back() {
        let (small, large) = (Bytes::from_static(b"small"), Bytes::from(vec![7; 100_000]));
        let mut zip = ZipFile::default();
        for (name, bytes) in [("a", &large), ("b", &small), ("c", &large)] {
            zip.store_shared(name, bytes);
        }

        let parts = zip.finish_parts();

        assert_eq!(parts.iter().filter(|part| part.as_ptr() == large.as_ptr()).count(), 2);
        let mut zip = open(parts.concat()).expect("an archive");
        assert_eq!(zip.read("a", 100_000).unwrap().unwrap(), large);
        assert_eq!(zip.read("b", 5).unwrap().unwrap(), small);
        assert_eq!(zip.read("c", 100_000).unwrap().unwrap(), large);
    }

    #[test]
    fn an_archive_of_more_files_than_may_be_is_none() {
        assert!(Unzip::open(Cursor::new(archive(3)), 5).unwrap().is_some());
        assert!(Unzip::open(Cursor::new(archive(3)), 4).unwrap().is_none());
    }

    #[test]
    fn a_file_whose_bytes_are_others_than_were_packed_is_unreadable() {
        let mut bytes = archive(0);
        let at = memchr::memmem::find(&bytes, b"last").unwrap();
        bytes[at] = b'p';

        let mut zip = open(bytes).expect("an archive");

        assert_eq!(zip.unpack("文", 10).unwrap(), Unpacked::Unreadable);
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
