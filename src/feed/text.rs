//! Character references, plain text from HTML, and white space.

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
const WINDOWS_1252: [char; 32] = [
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

/// Text as HTML that shows the same text.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

/// Plain text of several lines as HTML: escaped, empty lines part paragraphs, other line ends are kept.
pub(crate) fn text_to_html(text: &str) -> String {
    let text = text.trim().replace("\r\n", "\n").replace('\r', "\n");
    if !text.contains('\n') {
        return escape(&text).into_owned();
    }
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        html.push_str("<p>");
        html.push_str(&escape(paragraph.trim()).replace('\n', "<br>\n"));
        html.push_str("</p>");
    }
    html
}

/// More of a line than this is not even looked at.
const LONGEST_LINE: usize = 16 * 1024;

/// The beginning of a text that may be megabytes long.
pub(crate) fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_LINE)]
}

/// The text of one line of HTML, such as a title: tags of HTML elements go, references are decoded once, white space
/// is collapsed. What only looks like a tag (`Vec<T>`, `a < b`) stays. Only the [`head`] of it counts: damaged tags and
/// comments are looked for again and again.
pub(crate) fn html_line_to_text(html: &str) -> String {
    let html = head(html);
    if !html.contains(['<', '&']) {
        return collapse(html);
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    // Past the last bracket that closes there is no tag; looking for its end from every opening one would be quadratic.
    let last = html.rfind('>').unwrap_or(0);
    while let Some(at) = memchr(b'<', rest.as_bytes())
        && html.len() - rest.len() + at < last
    {
        out.push_str(&decode_references(&rest[..at]));
        rest = &rest[at..];
        match html_tag(rest) {
            Some((length, breaks)) => {
                if breaks {
                    out.push(' ');
                }
                rest = &rest[length..];
            }
            None => {
                out.push('<');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(&decode_references(rest));
    collapse(&out)
}

/// Where the tag at the beginning of `text` ends; an angle bracket in a quoted attribute does not end it.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') if before == '=' => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        before = c;
    }
    // The quote was none.
    text.find('>').map(|at| at + 1)
}

/// The length of the HTML tag or comment at the beginning of `text`, and whether it parts words; for `script` and
/// `style` with all that they hold.
fn html_tag(text: &str) -> Option<(usize, bool)> {
    if text.starts_with("<!--") {
        return Some((text.find("-->")? + 3, false));
    }
    if text.starts_with("<!") {
        return Some((text.find('>')? + 1, false));
    }
    let inner = &text[1..];
    let name_from = usize::from(inner.starts_with('/'));
    let name_len = inner[name_from..].bytes().take(16).take_while(u8::is_ascii_alphanumeric).count();
    let name = inner[name_from..name_from + name_len].to_ascii_lowercase();
    if !is_html_element(&name) {
        return None;
    }
    let end = tag_end(text)?;
    if name_from == 0 && matches!(name.as_str(), "script" | "style") {
        let close = format!("</{name}");
        let body = text[end..].to_ascii_lowercase();
        if let Some(at) = body.find(&close) {
            let after = end + at;
            return Some((text[after..].find('>').map_or(text.len(), |found| after + found + 1), true));
        }
        return Some((text.len(), true));
    }
    Some((end, matches!(name.as_str(), "br" | "p" | "div" | "li" | "td" | "h1" | "h2" | "h3" | "hr")))
}

/// The byte of a character in Latin-1 or windows-1252.
fn latin_byte(c: char) -> Option<u8> {
    u8::try_from(u32::from(c)).ok().or_else(|| {
        let at = WINDOWS_1252.iter().position(|known| *known == c)?;
        u8::try_from(at + 0x80).ok()
    })
}

/// Text that was UTF-8, taken for Latin-1 and encoded as UTF-8 once more (“Ã©” for “é”), as it was meant; other text as
/// it is. Only done where every character fits, so real text is never hit: nobody writes “Ã©” on purpose.
pub(crate) fn undo_double_utf_8(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let bytes: Option<Vec<u8>> = text.chars().map(latin_byte).collect();
    match bytes.map(String::from_utf8) {
        Some(Ok(meant)) => Cow::Owned(meant),
        _ => Cow::Borrowed(text),
    }
}

/// White space collapsed to single spaces, none at the ends.
pub(crate) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// At most `limit` characters of `text`; what is longer ends in “…”.
pub(crate) fn cut(text: String, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text,
        Some(_) => {
            let keep = text.char_indices().nth(limit.saturating_sub(1)).map_or(0, |(at, _)| at);
            let mut short = text[..keep].trim_end().to_owned();
            short.push('…');
            short
        }
    }
}

/// Whether `name`, in lower case, is an element of HTML, past or present.
pub(crate) fn is_html_element(name: &str) -> bool {
    HTML_ELEMENTS.binary_search(&name).is_ok()
}

/// Whether `name`, in lower case, is an element of HTML that never has an end tag.
pub(crate) fn is_void_element(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Sorted.
const HTML_ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "applet",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "basefont",
    "bdi",
    "bdo",
    "big",
    "blink",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "del",
    "details",
    "dfn",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "link",
    "main",
    "map",
    "mark",
    "marquee",
    "math",
    "menu",
    "meta",
    "meter",
    "nav",
    "nobr",
    "noscript",
    "object",
    "ol",
    "optgroup",
    "option",
    "output",
    "p",
    "param",
    "picture",
    "pre",
    "progress",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "script",
    "section",
    "select",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "track",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

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

    #[test]
    fn a_title_loses_its_markup_and_nothing_else() {
        for (html, text) in [
            ("<b>Bold</b> &amp; <i>slanted</i>", "Bold & slanted"),
            ("Vec<T> and a < b > c", "Vec<T> and a < b > c"),
            ("one<br/>two", "one two"),
            ("<script>alert(1)</script>Title", "Title"),
            ("  much\n  space ", "much space"),
            ("&lt;b&gt;", "<b>"),
        ] {
            assert_eq!(html_line_to_text(html), text, "{html}");
        }
    }

    #[test]
    fn what_is_damaged_costs_no_more_than_other_text() {
        for damage in ["<a", "<!--", "<script></script>", "<a title=\""] {
            let text = html_line_to_text(&format!("<b>x</b>{}", damage.repeat(500_000)));
            assert!(text.starts_with('x') && text.len() <= LONGEST_LINE, "{damage}");
        }
    }

    #[test]
    fn the_list_of_elements_is_sorted() {
        assert!(HTML_ELEMENTS.is_sorted());
    }

    #[test]
    fn plain_text_keeps_its_lines_as_html() {
        assert_eq!(text_to_html("a < b"), "a &lt; b");
        assert_eq!(text_to_html("one\ntwo\n\nthree"), "<p>one<br>\ntwo</p><p>three</p>");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(cut("漢字漢字".to_owned(), 3), "漢字…");
        assert_eq!(cut("abc".to_owned(), 3), "abc");
    }

    #[test]
    fn text_encoded_twice_is_put_right_and_real_text_is_left() {
        for (text, meant) in
            [("niÃ±os", "niños"), ("café", "café"), ("Ã©té", "Ã©té"), ("漢字 Ã©", "漢字 Ã©"), ("itâ€™s", "it’s")]
        {
            assert_eq!(undo_double_utf_8(text), meant);
        }
    }
}
