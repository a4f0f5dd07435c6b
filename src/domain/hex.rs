//! Bytes as names of files, addresses and logs have them.

use std::fmt::Write as _;

/// The bytes in hexadecimal digits, two small ones for each.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
