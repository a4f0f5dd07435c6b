//! What may be the name of an account.

use unicode_normalization::UnicodeNormalization as _;

/// The most characters of a name.
pub const LONGEST: usize = 64;

/// The text cannot be a name: empty, longer than [`LONGEST`], or holding characters that nobody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {LONGEST} visible characters")]
pub struct BadName;

/// Reads the name of a new account: trimmed and in Unicode's composed form (NFC).
pub fn chosen(text: &str) -> Result<String, BadName> {
    // Marks that turn the reading direction and letters without width could make two names look like one.
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let name: String = text.trim().nfc().take(LONGEST + 1).collect();
    let fits = (1..=LONGEST).contains(&name.chars().count());
    if fits && !name.contains(unseen) { Ok(name) } else { Err(BadName) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_visible() {
        assert_eq!(chosen("  Ada  "), Ok("Ada".to_owned()));
        assert_eq!(chosen("小王"), Ok("小王".to_owned()));
        assert_eq!(chosen("cafe\u{301}"), Ok("caf\u{e9}".to_owned()));
        for bad in ["", "   ", "a\u{202e}b", "a\nb", "a\0b", "\u{200b}", &"x".repeat(65), &"x".repeat(100_000)] {
            assert_eq!(chosen(bad), Err(BadName), "{bad:.20}");
        }
    }
}
