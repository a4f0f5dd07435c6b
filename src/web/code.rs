//! Codes in addresses that are given away: whoever has one may look, and nobody finds one by trying.
//!
//! A code is 22 letters and digits (131 bits). The database holds its SHA-256 only, so that a stolen database opens no link.
//! A reader may choose the words of an address instead; such a slug is known to whoever guesses it. For people who must type
//! an address there are short codes: ten small letters and digits (49 bits) that nobody takes for each other.

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use crate::domain::Entropy;

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH: usize = 22;
/// Neither 0 and o nor 1, i and l. Never of [`LENGTH`], so it is read as a slug is: however it is typed.
const TYPED_LETTERS: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
const TYPED_LENGTH: usize = 10;
/// The most bytes of a slug.
const SLUG_BYTES: usize = 100;
/// The fewest characters of a slug.
const SLUG_CHARS: usize = 3;

/// A code in the clear. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

impl Code {
    /// A code that nobody can guess.
    pub fn new(entropy: &dyn Entropy) -> Self {
        Self(draw(entropy, LETTERS, LENGTH))
    }

    /// A short one, to be typed.
    pub fn short(entropy: &dyn Entropy) -> Self {
        Self(draw(entropy, TYPED_LETTERS, TYPED_LENGTH))
    }

    /// A slug as a reader typed it: letters of any script, digits and hyphens, from 3 characters on.
    pub fn slug(typed: &str) -> Option<Self> {
        let slug: String = typed.trim().nfc().flat_map(char::to_lowercase).collect();
        let slug = slug.split_whitespace().collect::<Vec<_>>().join("-");
        let fits = slug.chars().count() >= SLUG_CHARS && slug.len() <= SLUG_BYTES;
        let plain = slug.chars().all(|c| c.is_alphanumeric() || c == '-') && slug.contains(char::is_alphanumeric);
        (fits && plain && !is_random(&slug)).then_some(Self(slug))
    }

    /// What stands in an address, if it can be a code or a slug.
    pub fn read(text: &str) -> Option<Self> {
        if is_random(text) { Some(Self(text.to_owned())) } else { Self::slug(text) }
    }

    /// The code as it stands in an address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code as it is written in an address.
    pub fn encoded(&self) -> String {
        url::form_urlencoded::byte_serialize(self.0.as_bytes()).collect()
    }

    /// What the database keeps.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// `length` of these letters, at most 62.
fn draw(entropy: &dyn Entropy, letters: &[u8], length: usize) -> String {
    let mut code = String::with_capacity(length);
    let mut bytes = [0; 2 * LENGTH];
    while code.len() < length {
        entropy.fill(&mut bytes);
        // 248 is a multiple of both 62 and 31. What lies above is thrown away: every letter is as likely as any other.
        let fair = bytes.iter().filter(|byte| **byte < 248).map(|byte| letters[usize::from(*byte) % letters.len()]);
        code.extend(fair.take(length - code.len()).map(char::from));
    }
    code
}

fn is_random(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::FixedEntropy;

    #[test]
    fn every_code_is_another_one_of_22_letters_and_digits() {
        let entropy = FixedEntropy::default();
        let codes: HashSet<String> = (0..1_000).map(|_| Code::new(&entropy).as_str().to_owned()).collect();
        assert_eq!(codes.len(), 1_000);
        assert!(codes.iter().all(|code| is_random(code)));
        let letters: HashSet<char> = codes.iter().flat_map(|code| code.chars()).collect();
        assert_eq!(letters.len(), 62, "all of them occur");
    }

    #[test]
    fn a_short_code_is_of_letters_that_nobody_takes_for_each_other_and_is_found_however_it_is_typed() {
        let entropy = FixedEntropy::default();
        let codes: Vec<Code> = (0..1_000).map(|_| Code::short(&entropy)).collect();
        let letters: HashSet<char> = codes.iter().flat_map(|code| code.as_str().chars()).collect();
        assert_eq!(letters.len(), 31, "all of them occur");
        for code in &codes {
            assert_eq!(code.as_str().len(), 10);
            assert_eq!(Code::read(&code.as_str().to_uppercase()).as_ref(), Some(code));
        }
    }

    #[test]
    fn a_slug_is_of_words_in_any_script() {
        for (typed, slug) in [
            (" High Water ", Some("high-water")),
            ("洪水之夜", Some("洪水之夜")),
            ("2024-report", Some("2024-report")),
            ("ab", None),
            ("---", None),
            ("a/b/c", None),
            ("a.b.c", None),
            ("Abcdefghijklmnopqrstuv", None),
        ] {
            assert_eq!(Code::slug(typed).as_ref().map(Code::as_str), slug, "{typed}");
        }
        assert_eq!(Code::read("High-Water"), Code::slug("high water"), "however it is typed");
        assert!(Code::read("../etc").is_none() && Code::read("").is_none());
    }
}
