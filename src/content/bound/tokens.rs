//! Markup cut into tags, comments and text, as the HTML standard's tokenizer (section 13.2.5) cuts it.

use memchr::{memchr, memmem};

/// A start or end tag.
#[derive(Debug, Clone, Copy)]
pub(in crate::content) struct Tag {
    /// Offset of the first byte of its name.
    pub(in crate::content) name_start: usize,
    /// Offset behind its name.
    pub(in crate::content) name_end: usize,
    /// Offset behind its `>`.
    pub(in crate::content) end: usize,
    /// Whether it ends in `/>`.
    pub(in crate::content) self_closing: bool,
    /// Whether it breaks a limit on attributes, so that it has to be written anew.
    pub(in crate::content) oversized: bool,
}

/// How many attributes a tag may have, and how long they may be.
#[derive(Debug, Clone, Copy)]
pub(in crate::content) struct AttributeLimits {
    pub(in crate::content) count: usize,
    pub(in crate::content) bytes: usize,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// Reads the tag whose name begins at `name_start`. `None` if the document ends inside it: such a tag is dropped.
/// Every attribute within `limits` is given to `keep` as the range that it takes.
pub(in crate::content) fn tag(
    bytes: &[u8],
    name_start: usize,
    limits: AttributeLimits,
    mut keep: impl FnMut(usize, usize),
) -> Option<Tag> {
    let mut at = name_start;
    while !matches!(bytes.get(at)?, b' ' | b'\t' | b'\n' | b'\r' | 0x0c | b'/' | b'>') {
        at += 1;
    }
    let name_end = at;
    let mut count = 0;
    let mut oversized = false;
    loop {
        while is_space(*bytes.get(at)?) {
            at += 1;
        }
        match bytes[at] {
            b'>' => return Some(Tag { name_start, name_end, end: at + 1, self_closing: false, oversized }),
            b'/' => {
                at += 1;
                if *bytes.get(at)? == b'>' {
                    return Some(Tag { name_start, name_end, end: at + 1, self_closing: true, oversized });
                }
                continue;
            }
            _ => {}
        }
        let start = at;
        // A leading “=” belongs to the name.
        at += 1;
        while !matches!(bytes.get(at)?, b' ' | b'\t' | b'\n' | b'\r' | 0x0c | b'/' | b'>' | b'=') {
            at += 1;
        }
        let mut end = at;
        while is_space(*bytes.get(at)?) {
            at += 1;
        }
        if bytes[at] == b'=' {
            at += 1;
            while is_space(*bytes.get(at)?) {
                at += 1;
            }
            match bytes[at] {
                quote @ (b'"' | b'\'') => at += 2 + memchr(quote, bytes.get(at + 1..)?)?,
                b'>' => {}
                _ => {
                    while !is_space(*bytes.get(at)?) && bytes[at] != b'>' {
                        at += 1;
                    }
                }
            }
            end = at;
        }
        count += 1;
        if count > limits.count || end - start > limits.bytes {
            oversized = true;
        } else {
            keep(start, end);
        }
    }
}

/// Offset behind the comment, doctype or processing instruction that begins at `start` (at its `<`).
pub(in crate::content) fn comment_end(bytes: &[u8], start: usize, foreign: bool) -> usize {
    let rest = &bytes[start..];
    let found = if rest.starts_with(b"<!--") {
        let inner = &rest[4..];
        if inner.starts_with(b">") {
            Some(5)
        } else if inner.starts_with(b"->") {
            Some(6)
        } else {
            let plain = memmem::find(inner, b"-->").map(|i| i + 7);
            // “--!>” also ends a comment, though nobody should write it.
            let odd = memmem::find(&inner[..plain.map_or(inner.len(), |end| end - 4)], b"--!>").map(|i| i + 8);
            odd.or(plain)
        }
    } else if foreign && rest.starts_with(b"<![CDATA[") {
        memmem::find(rest, b"]]>").map(|i| i + 3)
    } else {
        memchr(b'>', rest).map(|i| i + 1)
    };
    found.map_or(bytes.len(), |length| start + length)
}

/// Offset of the end tag that ends the raw text that begins at `start`, or the end of the document.
/// `name` is the element's name in lower case.
pub(in crate::content) fn raw_end(bytes: &[u8], start: usize, name: &[u8]) -> usize {
    if name == b"script" {
        return script_end(bytes, start);
    }
    let mut at = start;
    while let Some(found) = memmem::find(&bytes[at..], b"</") {
        at += found;
        if names_tag(bytes, at + 2, name) {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

/// Whether `name` stands at `at` as the whole name of a tag.
fn names_tag(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    let end = at + name.len();
    bytes.get(at..end).is_some_and(|b| b.eq_ignore_ascii_case(name))
        && bytes.get(end).is_some_and(|&b| is_space(b) || b == b'/' || b == b'>')
}

/// The end of a script, which may hold `<!-- <script> </script> -->` (the “double escaped” states).
fn script_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut escaped = false;
    let mut double = false;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let Some(found) = (if escaped { memchr::memchr2(b'<', b'-', rest) } else { memchr(b'<', rest) }) else {
            break;
        };
        at += found;
        let rest = &bytes[at..];
        if rest.starts_with(b"</") && names_tag(bytes, at + 2, b"script") {
            if !double {
                return at;
            }
            double = false;
            at += 8;
        } else if !escaped && rest.starts_with(b"<!--") {
            escaped = true;
            // The two dashes may also be those of “-->”.
            at += 2;
        } else if escaped && !double && names_tag(bytes, at + 1, b"script") && rest[0] == b'<' {
            double = true;
            at += 7;
        } else if escaped && rest.starts_with(b"-->") {
            escaped = false;
            double = false;
            at += 3;
        } else {
            at += 1;
        }
    }
    bytes.len()
}
