//! Character references in HTML text.

use std::borrow::Cow;

use html5ever::data::NAMED_ENTITIES;
use memchr::memchr;

/// The longest name of a character reference is that of U+2233.
const LONGEST_NAME: usize = 33;

/// Replaces character references that end in a semicolon: numbers and every name that HTML knows. What is no reference
/// stays as it is.
pub(crate) fn decode_references(text: &str) -> Cow<'_, str> {
    let Some(mut at) = memchr(b'&', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let window = &rest.as_bytes()[1..rest.len().min(LONGEST_NAME + 1)];
        let reference = memchr(b';', window).and_then(|end| Some((resolve(rest.get(1..end + 1)?)?, end + 2)));
        if let Some(((first, second), length)) = reference {
            out.push(first);
            out.extend(second);
            rest = &rest[length..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
        match memchr(b'&', rest.as_bytes()) {
            Some(next) => at = next,
            None => break,
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn resolve(name: &str) -> Option<(char, Option<char>)> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some((char::from_u32(code).filter(|&c| c != '\0')?, None));
    }
    // The table is keyed by the name with its semicolon; prefixes of names stand in it with (0, 0).
    let (first, second) = *NAMED_ENTITIES.get(&*format!("{name};"))?;
    Some((char::from_u32(first).filter(|&c| c != '\0')?, char::from_u32(second).filter(|&c| c != '\0')))
}
