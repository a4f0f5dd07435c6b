//! Between values of the house and columns: texts that both databases take, addresses, hashes, lists of ids.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::StoreError;
use crate::domain::WebUrl;

/// `text` without NUL, which PostgreSQL refuses in a text.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}

/// `text` without NUL, cut to `chars` characters.
pub(super) fn clipped(text: &str, chars: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(chars).collect()
}

/// The first 16 bytes of the SHA-256 of `bytes`: enough to tell billions of values apart, half the size.
pub(super) fn short_hash(bytes: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(bytes)[..16]);
    short
}

/// A stored address. One that no longer reads as an address is as good as none.
pub(super) fn url(text: Option<String>) -> Option<WebUrl> {
    text.and_then(|text| WebUrl::parse(&text).ok())
}

/// A stored key.
pub(super) fn key(bytes: &[u8]) -> Result<[u8; 16], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged(format!("a key of {} instead of 16 bytes", bytes.len())))
}

/// Ids as a JSON list, the form in which a statement takes any number of them on both databases.
pub(super) fn id_list(ids: impl IntoIterator<Item = i64>) -> String {
    let mut list = String::from("[");
    for id in ids {
        if list.len() > 1 {
            list.push(',');
        }
        list.push_str(&id.to_string());
    }
    list.push(']');
    list
}

/// Keys as a JSON list of hexadecimal texts, for the same purpose.
pub(super) fn hex_list(keys: &[[u8; 16]]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut list = String::with_capacity(keys.len() * 35 + 2);
    list.push('[');
    for key in keys {
        list.push_str(if list.len() > 1 { ",\"" } else { "\"" });
        for byte in key {
            list.push(char::from(DIGITS[usize::from(byte >> 4)]));
            list.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        list.push('"');
    }
    list.push(']');
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lose_what_a_database_cannot_hold() {
        assert_eq!(storable("a\0b"), "ab");
        assert_eq!(clipped("中\0文字", 2), "中文");
    }

    #[test]
    fn ids_and_keys_become_lists() {
        assert_eq!(id_list([]), "[]");
        assert_eq!(id_list([1, 22, 3]), "[1,22,3]");
        assert_eq!(hex_list(&[]), "[]");
        assert_eq!(hex_list(&[[0x0f; 16], [0xa0; 16]]), format!("[\"{}\",\"{}\"]", "0f".repeat(16), "a0".repeat(16)));
    }
}
