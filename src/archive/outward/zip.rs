//! A ZIP file (APPNOTE 6.3.10), as far as books and folders of small files need it: no encryption, no parts above 4 GiB.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// 1980-01-01, the first day that the format knows: the same files give the same bytes on every day.
const DAY: u16 = 0x21;
/// Names are UTF-8.
const UTF_8: u16 = 0x800;

/// A ZIP file that is being written.
#[derive(Debug, Default)]
pub struct ZipFile {
    out: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl ZipFile {
    /// Adds a file as it is: pictures do not become smaller.
    pub fn store(&mut self, name: &str, bytes: &[u8]) {
        self.add(name, bytes, bytes, 0);
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
        let mut crc = Crc::new();
        crc.update(bytes);
        let offset = length(self.out.len());
        let mut facts = Vec::with_capacity(30);
        for number in [20, UTF_8, method, 0, DAY] {
            facts.extend_from_slice(&u16::to_le_bytes(number));
        }
        for number in [crc.sum(), length(packed.len()), length(bytes.len())] {
            facts.extend_from_slice(&u32::to_le_bytes(number));
        }
        let name_length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        facts.extend_from_slice(&name_length.to_le_bytes());
        facts.extend_from_slice(&[0, 0]);
        self.out.extend_from_slice(b"PK\x03\x04");
        self.out.extend_from_slice(&facts);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(packed);
        self.directory.extend_from_slice(b"PK\x01\x02\x14\x03");
        self.directory.extend_from_slice(&facts);
        // No comment, first disk, no attributes but those of a plain file that everybody may read.
        self.directory.extend_from_slice(&[0; 6]);
        self.directory.extend_from_slice(&(0o100_644_u32 << 16).to_le_bytes());
        self.directory.extend_from_slice(&offset.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.count = self.count.saturating_add(1);
    }

    /// The whole file.
    pub fn finish(mut self) -> Vec<u8> {
        let (offset, size) = (length(self.out.len()), length(self.directory.len()));
        self.out.extend_from_slice(&self.directory);
        self.out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for number in [self.count, self.count] {
            self.out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [size, offset] {
            self.out.extend_from_slice(&number.to_le_bytes());
        }
        self.out.extend_from_slice(&[0, 0]);
        self.out
    }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
