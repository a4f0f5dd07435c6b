//! Plain text from HTML and the way back, and white space.

mod elements;
mod references;

use std::borrow::Cow;

use memchr::memchr;

pub(crate) use elements::{is_html_element, is_void_element};
use references::WINDOWS_1252;
pub(crate) use references::{decode_references, is_allowed, windows_1252};

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

#[cfg(test)]
mod tests {
    use super::*;

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
