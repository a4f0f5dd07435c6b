//! The character encoding of what was fetched.
//!
//! Declarations lie often enough that evidence goes first: a byte order mark, the pattern of UTF-16 or UTF-32, and text
//! that is valid UTF-8 with at least one multi-byte sequence win over everything that a server or a document says. Then
//! come the HTTP header, the document's own declaration, and a guess from the bytes. A declared encoding that does not
//! fit the bytes is passed over; one that fits all but a few is believed, and the few become U+FFFD.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252,
};
use memchr::memmem;

use super::text::{is_allowed, windows_1252};

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
    /// The text, without byte order mark and without the characters that XML 1.0 (section 2.2) forbids.
    pub text: String,
    /// The encoding's name as the WHATWG Encoding Standard writes it.
    pub encoding: &'static str,
    /// Whether bytes were replaced that fit no character.
    pub damaged: bool,
}

/// How far a declaration is looked for.
const DECLARATION_WITHIN: usize = 4096;
/// How many bytes the detector sees; what it has not understood by then it never will.
const DETECTED_WITHIN: usize = 256 * 1024;
/// A declared encoding may fail to fit once in so many of the characters that are not ASCII.
const ONE_IN: usize = 20;
/// The same for UTF-8, whose sequences no other encoding makes by chance.
const ONE_IN_UTF_8: usize = 4;

/// Decodes `bytes`; always gives a text. `content_type` is the header whole, `host` that of the source, whose country
/// helps the detector.
pub fn decode(bytes: &[u8], content_type: Option<&str>, kind: Kind, host: Option<&str>) -> Decoded {
    if let Some(text) = utf_32(bytes) {
        return finish(Cow::Owned(text), "UTF-32", false);
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return with(encoding, &bytes[length..]);
    }
    if let Some(encoding) = utf_16_pattern(bytes) {
        return with(encoding, bytes);
    }
    let escaped = memchr::memchr(0x1b, bytes).is_some();
    match std::str::from_utf8(bytes) {
        // HZ and ISO-2022-JP look like ASCII; the latter is told by its escapes.
        Ok(text) if !escaped || text.bytes().any(|b| b >= 0x80) => {
            return finish(Cow::Borrowed(text), UTF_8.name(), false);
        }
        // Only the very end is missing: a truncated document, not another encoding.
        Err(error) if error.error_len().is_none() && has_multi_byte(&bytes[..error.valid_up_to()]) => {
            return with(UTF_8, bytes);
        }
        _ => {}
    }
    if escaped && [&b"\x1b$B"[..], b"\x1b$@", b"\x1b(J"].iter().any(|escape| memmem::find(bytes, escape).is_some()) {
        return with(ISO_2022_JP, bytes);
    }
    let head = &bytes[..bytes.len().min(DECLARATION_WITHIN)];
    let declared = [content_type.and_then(charset_of_header), charset_of_document(head, kind)];
    let mut partly = None;
    for encoding in declared.into_iter().flatten() {
        match fit(encoding, bytes) {
            Fit::Whole => return with(encoding, bytes),
            Fit::Nearly if partly.is_none() => partly = Some(encoding),
            _ => {}
        }
    }
    let encoding = partly.unwrap_or_else(|| match fit(UTF_8, bytes) {
        Fit::Nearly => UTF_8,
        _ => detect(bytes, host),
    });
    with(encoding, bytes)
}

/// Decodes with a known encoding.
fn with(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let (text, damaged) = encoding.decode_without_bom_handling(bytes);
    finish(text, encoding.name(), damaged)
}

fn finish(text: Cow<'_, str>, encoding: &'static str, damaged: bool) -> Decoded {
    // Characters 128 to 159 of Unicode stand in no text; who writes them means those of windows-1252.
    let text = if memchr::memchr_iter(0xc2, text.as_bytes())
        .any(|at| matches!(text.as_bytes().get(at + 1), Some(0x80..=0x9f)))
    {
        Cow::Owned(text.chars().map(|c| windows_1252(u32::from(c)).unwrap_or(c)).collect())
    } else {
        text
    };
    let forbidden = |text: &str| {
        text.bytes().any(|b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r'))
            || memmem::find(text.as_bytes(), b"\xef\xbf\xbe").is_some()
    };
    let text = if forbidden(&text) { text.chars().filter(|c| is_allowed(*c)).collect() } else { text.into_owned() };
    Decoded { text, encoding, damaged }
}

/// UTF-32 with a byte order mark or an obvious beginning: nearly extinct, but unreadable as anything else.
fn utf_32(bytes: &[u8]) -> Option<String> {
    let big = match bytes.get(..4)? {
        [0, 0, 0xfe, 0xff] | [0, 0, 0, b'<'] => true,
        [0xff, 0xfe, 0, 0] | [b'<', 0, 0, 0] => false,
        _ => return None,
    };
    let unit = |unit: &[u8]| {
        let unit: [u8; 4] = unit.try_into().ok()?;
        char::from_u32(if big { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) })
    };
    let text: String = bytes.chunks_exact(4).map(|bytes| unit(bytes).unwrap_or('\u{fffd}')).collect();
    Some(text.trim_start_matches('\u{feff}').to_owned())
}

/// UTF-16 without a byte order mark: every second byte of the markup is zero.
fn utf_16_pattern(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(64)];
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|b| **b == 0).count();
    match head {
        [b'<' | b'{' | b' ' | b'\n' | b'\r', 0, ..] if zeros(1) * 3 > head.len() => Some(UTF_16LE),
        [0, b'<' | b'{' | b' ' | b'\n' | b'\r', ..] if zeros(0) * 3 > head.len() => Some(UTF_16BE),
        _ => None,
    }
}

fn has_multi_byte(bytes: &[u8]) -> bool {
    !bytes.is_ascii()
}

/// How well an encoding fits.
enum Fit {
    Whole,
    Nearly,
    Badly,
}

fn fit(encoding: &'static Encoding, bytes: &[u8]) -> Fit {
    let (text, damaged) = encoding.decode_without_bom_handling(bytes);
    if !damaged {
        return Fit::Whole;
    }
    let replaced = memmem::find_iter(text.as_bytes(), "\u{fffd}".as_bytes()).count();
    let foreign = text.chars().filter(|c| !c.is_ascii()).count();
    let one_in = if encoding == UTF_8 { ONE_IN_UTF_8 } else { ONE_IN };
    if replaced * one_in <= foreign { Fit::Nearly } else { Fit::Badly }
}

/// The encoding behind a label, each widened to what is really written under its name. Labels that browsers refuse for
/// safety (`utf-7`, `x-user-defined`, `replacement`) count as none.
fn by_label(label: &[u8]) -> Option<&'static Encoding> {
    let label = label.trim_ascii();
    let encoding = match label.to_ascii_lowercase().as_slice() {
        b"x-user-defined" => return None,
        b"ks_c_5601" | b"ks_c_5601-1987" | b"cp949" | b"ms949" | b"uhc" => EUC_KR,
        b"gb-2312" | b"gb_2312" | b"cp936" | b"ms936" => GB18030,
        b"big5hkscs" | b"cp950" | b"big-5" => BIG5,
        b"cp932" | b"windows-932" | b"shift-jis" | b"sjis-win" => encoding_rs::SHIFT_JIS,
        b"utf8mb4" | b"utf_8" => UTF_8,
        b"cp1252" | b"windows1252" | b"latin-1" => WINDOWS_1252,
        b"cp1251" | b"windows1251" | b"win-1251" => encoding_rs::WINDOWS_1251,
        other => Encoding::for_label(other)?,
    };
    if encoding == GBK {
        return Some(GB18030);
    }
    // A label of UTF-16 that can be read as bytes is wrong, as is that of the replacement encoding.
    (encoding != REPLACEMENT && encoding != UTF_16BE && encoding != UTF_16LE).then_some(encoding)
}

/// The `charset` parameter of a `Content-Type` header (RFC 9110, section 8.3).
fn charset_of_header(header: &str) -> Option<&'static Encoding> {
    header
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .and_then(|(_, value)| by_label(value.trim().trim_matches(['"', '\'']).as_bytes()))
}

/// What the document says: the XML declaration, for pages `meta` elements too. Pages are often called feeds and feeds
/// pages, so both are looked for whatever the kind.
fn charset_of_document(head: &[u8], kind: Kind) -> Option<&'static Encoding> {
    if kind == Kind::Json {
        return None;
    }
    let declaration = memmem::find(head, b"<?xml").and_then(|from| {
        let end = memmem::find(&head[from..], b"?>").map_or(head.len(), |end| from + end);
        value_after(&head[from..end], b"encoding")
    });
    declaration.or_else(|| {
        if kind == Kind::Xml && memmem::find(&head.to_ascii_lowercase(), b"<html").is_none() {
            return None;
        }
        memmem::find_iter(head, b"<").find_map(|from| {
            let tag = &head[from..head.len().min(from + 512)];
            if !tag.get(1..5).is_some_and(|name| name.eq_ignore_ascii_case(b"meta")) {
                return None;
            }
            let end = memchr::memchr(b'>', tag).unwrap_or(tag.len());
            value_after(&tag[..end], b"charset")
        })
    })
}

/// The encoding named after `name` and an equals sign, in quotes or not.
fn value_after(text: &[u8], name: &[u8]) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let after = &text[memmem::find(&lower, name)? + name.len()..];
    let value = after.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let end =
        value.iter().position(|b| matches!(b, b'"' | b'\'' | b' ' | b';' | b'>' | b'/' | b'?')).unwrap_or(value.len());
    by_label(&value[..end])
}

/// A guess from the bytes alone, with the country of the host as a hint.
fn detect(bytes: &[u8], host: Option<&str>) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let part = &bytes[..bytes.len().min(DETECTED_WITHIN)];
    detector.feed(part, part.len() == bytes.len());
    let country =
        host.and_then(|host| host.rsplit('.').next()).filter(|tld| tld.bytes().all(|b| b.is_ascii_lowercase()));
    let guess = detector.guess(country.map(str::as_bytes), Utf8Detection::Allow);
    if guess == GBK { GB18030 } else { guess }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHINESE: &str = "<?xml version='1.0' encoding='gb2312'?><a>今天的渡口重新开放，图书馆的灯亮到午夜。镕</a>";

    fn encoding(bytes: &[u8], content_type: Option<&str>) -> (&'static str, String) {
        let decoded = decode(bytes, content_type, Kind::Xml, None);
        (decoded.encoding, decoded.text)
    }

    #[test]
    fn a_declaration_is_believed_if_it_fits() {
        let (bytes, ..) = GB18030.encode(CHINESE);
        assert_eq!(encoding(&bytes, None), ("gb18030", CHINESE.to_owned()));
    }

    #[test]
    fn valid_utf_8_wins_over_every_declaration() {
        let header = Some("text/xml; charset=windows-1251");
        assert_eq!(encoding(CHINESE.as_bytes(), header), ("UTF-8", CHINESE.to_owned()));
    }

    #[test]
    fn the_header_wins_over_the_declaration() {
        let text = "<?xml version='1.0' encoding='iso-8859-1'?><a>Утренний листок</a>";
        let (bytes, ..) = encoding_rs::KOI8_R.encode(text);
        assert_eq!(encoding(&bytes, Some("text/xml; charset=\"KOI8-R\"")).1, text);
    }

    #[test]
    fn undeclared_text_is_guessed() {
        let text = "<a>Ежедневная утренняя газета для всех жителей города</a>";
        let (bytes, ..) = encoding_rs::WINDOWS_1251.encode(text);
        assert_eq!(encoding(&bytes, None).1, text);
    }

    #[test]
    fn text_of_two_and_four_bytes_is_read_with_and_without_mark() {
        let text = "<a>Zażółć 漢字</a>";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let four: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        let marked = [&b"\xff\xfe"[..], &little].concat();
        for bytes in [little, big, four, marked] {
            assert_eq!(encoding(&bytes, None).1, text);
        }
    }

    #[test]
    fn a_few_damaged_bytes_do_not_change_the_encoding() {
        let mut bytes = "<a>今天的渡口重新开放，图书馆的灯亮到午夜。今天的渡口重新开放</a>".as_bytes().to_vec();
        bytes[7] = 0xff;
        let decoded = decode(&bytes, None, Kind::Xml, None);
        assert_eq!((decoded.encoding, decoded.damaged), ("UTF-8", true));
    }

    #[test]
    fn japanese_in_seven_bits_is_known_by_its_escapes() {
        let text = "<a>図書館の灯り</a>";
        let (bytes, ..) = ISO_2022_JP.encode(text);
        assert_eq!(encoding(&bytes, None).1, text);
    }

    #[test]
    fn dangerous_labels_count_as_none() {
        for label in ["utf-7", "x-user-defined", "replacement"] {
            let header = format!("text/xml; charset={label}");
            assert_eq!(encoding(b"<a>+ADw-script+AD4-</a>", Some(&header)).1, "<a>+ADw-script+AD4-</a>");
        }
    }

    #[test]
    fn forbidden_characters_vanish() {
        assert_eq!(encoding(b"<a>\x00b\x01\x0b</a>", None).1, "<a>b</a>");
    }
}
