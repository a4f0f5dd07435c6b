//! Character references, and the characters that XML allows.

use std::borrow::Cow;

use memchr::memchr;

/// The longest name of a character reference that is looked up (`CounterClockwiseContourIntegral`).
const LONGEST_NAME: usize = 32;

/// Replaces character references: numeric ones, and every name that HTML knows. What is no reference stays as it is.
///
/// Numbers that XML 1.0 forbids vanish; those of the windows-1252 range 128 to 159 mean what browsers make of them.
pub(crate) fn decode_references(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr(b'&', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    loop {
        // `rest` begins with an ampersand.
        match reference(rest) {
            Some((replacement, length)) => {
                replacement.push_to(&mut out);
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
        match memchr(b'&', rest.as_bytes()) {
            Some(next) => {
                out.push_str(&rest[..next]);
                rest = &rest[next..];
            }
            None => {
                out.push_str(rest);
                return Cow::Owned(out);
            }
        }
    }
}

/// What a reference stands for.
enum Replacement {
    Nothing,
    One(char),
    Two(char, char),
}

impl Replacement {
    fn push_to(&self, out: &mut String) {
        match *self {
            Self::Nothing => {}
            Self::One(first) => out.push(first),
            Self::Two(first, second) => out.extend([first, second]),
        }
    }
}

/// The reference at the beginning of `text`, and how many bytes it takes.
fn reference(text: &str) -> Option<(Replacement, usize)> {
    let bytes = text.as_bytes();
    if bytes.get(1) == Some(&b'#') {
        let hex = matches!(bytes.get(2), Some(b'x' | b'X'));
        let from = if hex { 3 } else { 2 };
        let digits = bytes[from..]
            .iter()
            .take(12)
            .take_while(|b| if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() })
            .count();
        if digits == 0 {
            return None;
        }
        let number = u32::from_str_radix(&text[from..from + digits], if hex { 16 } else { 10 }).ok()?;
        let end = from + digits;
        let length = if bytes.get(end) == Some(&b';') { end + 1 } else { end };
        return Some((numeric(number), length));
    }
    let end = bytes.iter().take(LONGEST_NAME + 2).position(|b| *b == b';')?;
    let name = &text[1..=end];
    if name.len() < 2 || !name[..name.len() - 1].bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let simple = match name {
        "amp;" => '&',
        "lt;" => '<',
        "gt;" => '>',
        "quot;" => '"',
        "apos;" => '\'',
        _ => {
            let &(first, second) = html5ever::data::NAMED_ENTITIES.get(name)?;
            let first = char::from_u32(first).filter(|c| *c != '\0')?;
            return Some(match char::from_u32(second).filter(|c| *c != '\0') {
                Some(second) => (Replacement::Two(first, second), end + 1),
                None => (Replacement::One(first), end + 1),
            });
        }
    };
    Some((Replacement::One(simple), end + 1))
}

fn numeric(number: u32) -> Replacement {
    match windows_1252(number).or_else(|| char::from_u32(number)) {
        Some(character) if is_allowed(character) => Replacement::One(character),
        _ => Replacement::Nothing,
    }
}

/// The characters 128 to 159 of windows-1252.
pub(super) const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// What a number from 128 to 159 means in windows-1252; `None` for all others.
pub(crate) fn windows_1252(number: u32) -> Option<char> {
    WINDOWS_1252.get(usize::try_from(number.checked_sub(0x80)?).ok()?).copied()
}

/// Whether XML 1.0 (section 2.2) allows a character.
pub(crate) fn is_allowed(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => character >= ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_decoded_once_and_the_rest_is_left() {
        for (text, decoded) in [
            ("Tom &amp; Jerry", "Tom & Jerry"),
            ("&amp;amp;", "&amp;"),
            ("R&D, AT&T", "R&D, AT&T"),
            ("&nbsp;&mdash;&hellip;", "\u{a0}—…"),
            ("&#8217;&#x2019;&#146;", "’’’"),
            ("&#0;&#x1F;&#xD800;&#99999999;x", "x"),
            ("&bogus; &; &", "&bogus; &; &"),
            ("a?b=1&copy=2", "a?b=1&copy=2"),
        ] {
            assert_eq!(decode_references(text), decoded, "{text}");
        }
    }
}
