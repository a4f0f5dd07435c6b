//! A ZIP file (APPNOTE 6.3.10), as far as books, folders of files and whole accounts need it: no encryption, no single file above
//! 4 GiB. One that grows beyond that as a whole, or has more files than the old form counts, ends in the new form (ZIP64).

use std::io::Write as _;

use axum::body::Bytes;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// 1980-01-01, the first day that the format knows: the same files give the same bytes on every day.
const DAY: u16 = 0x21;
/// Names are UTF-8.
const UTF_8: u16 = 0x800;
/// The mark of the longer form of a place.
const LONG: u16 = 1;

/// What is stored as it is and has more bytes becomes a part of its own, which is not copied.
const PART: usize = 16 * 1024;

/// A ZIP file that is being written.
#[derive(Debug, Default)]
pub struct ZipFile {
    /// Parts that are whole, and the one that is being written.
    done: Vec<Bytes>,
    out: Vec<u8>,
    /// How much there is before that one.
    gone: u64,
    directory: Vec<u8>,
    count: u64,
}

impl ZipFile {
    /// Adds a file as it is: pictures do not become smaller.
    pub fn store(&mut self, name: &str, bytes: &[u8]) {
        self.add(name, bytes, bytes, 0);
    }

    /// The same for bytes that somebody else holds as well: they are not copied.
    pub fn store_shared(&mut self, name: &str, bytes: &Bytes) {
        if bytes.len() < PART {
            return self.store(name, bytes);
        }
        self.begin(name, bytes, bytes.len(), 0);
        self.end_part();
        self.gone += bytes.len() as u64;
        self.done.push(bytes.clone());
    }

    /// Adds a file, compressed.
    pub fn deflate(&mut self, name: &str, bytes: &[u8]) {
        let mut encoder = DeflateEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::default());
        // Writing to memory does not fail; if it did, the file would be stored as it is.
        match encoder.write_all(bytes).and_then(|()| encoder.finish()) {
            Ok(packed) if packed.len() < bytes.len() => self.add(name, bytes, &packed, 8),
            _ => self.store(name, bytes),
        }
    }

    fn add(&mut self, name: &str, bytes: &[u8], packed: &[u8], method: u16) {
        self.begin(name, bytes, packed.len(), method);
        self.out.extend_from_slice(packed);
    }

    /// Writes what stands before the bytes of a file, and its line in the directory.
    fn begin(&mut self, name: &str, bytes: &[u8], packed: usize, method: u16) {
        let mut crc = Crc::new();
        crc.update(bytes);
        let offset = self.length();
        let mut facts = Vec::with_capacity(30);
        for number in [20, UTF_8, method, 0, DAY] {
            facts.extend_from_slice(&u16::to_le_bytes(number));
        }
        for number in [crc.sum(), length(packed as u64), length(bytes.len() as u64)] {
            facts.extend_from_slice(&u32::to_le_bytes(number));
        }
        let name_length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        facts.extend_from_slice(&name_length.to_le_bytes());
        self.out.extend_from_slice(b"PK\x03\x04");
        self.out.extend_from_slice(&facts);
        self.out.extend_from_slice(&[0, 0]);
        self.out.extend_from_slice(name.as_bytes());
        let mut far = Vec::new();
        if offset >= u64::from(u32::MAX) {
            far.extend_from_slice(&LONG.to_le_bytes());
            far.extend_from_slice(&8_u16.to_le_bytes());
            far.extend_from_slice(&offset.to_le_bytes());
        }
        self.directory.extend_from_slice(b"PK\x01\x02\x14\x03");
        self.directory.extend_from_slice(&facts);
        self.directory.extend_from_slice(&u16::try_from(far.len()).unwrap_or_default().to_le_bytes());
        // No comment, first disk, no attributes but those of a plain file that everybody may read.
        self.directory.extend_from_slice(&[0; 6]);
        self.directory.extend_from_slice(&(0o100_644_u32 << 16).to_le_bytes());
        self.directory.extend_from_slice(&length(offset).to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.directory.extend_from_slice(&far);
        self.count += 1;
    }

    fn end_part(&mut self) {
        self.gone += self.out.len() as u64;
        let part = std::mem::take(&mut self.out);
        self.done.push(part.into());
    }

    /// What was written since the last time: so a file of any size goes out in parts.
    pub fn take(&mut self) -> Vec<Bytes> {
        self.end_part();
        std::mem::take(&mut self.done)
    }

    /// The whole file, or the rest of one that went out in parts.
    pub fn finish(self) -> Vec<u8> {
        self.finish_parts().concat()
    }

    /// The same in parts.
    pub fn finish_parts(mut self) -> Vec<Bytes> {
        let (offset, size) = (self.length(), self.directory.len() as u64);
        self.out.extend_from_slice(&self.directory);
        let is_long = offset + size >= u64::from(u32::MAX) || self.count >= u64::from(u16::MAX);
        if is_long {
            let place = self.length();
            self.out.extend_from_slice(b"PK\x06\x06");
            self.out.extend_from_slice(&44_u64.to_le_bytes());
            self.out.extend_from_slice(&[45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for number in [self.count, self.count, size, offset] {
                self.out.extend_from_slice(&number.to_le_bytes());
            }
            self.out.extend_from_slice(b"PK\x06\x07\0\0\0\0");
            self.out.extend_from_slice(&place.to_le_bytes());
            self.out.extend_from_slice(&1_u32.to_le_bytes());
        }
        self.out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        let count = u16::try_from(self.count).unwrap_or(u16::MAX);
        for number in [count, count] {
            self.out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [length(size), length(offset)] {
            self.out.extend_from_slice(&number.to_le_bytes());
        }
        self.out.extend_from_slice(&[0, 0]);
        self.take()
    }

    fn length(&self) -> u64 {
        self.gone + self.out.len() as u64
    }
}

fn length(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
