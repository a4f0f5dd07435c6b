//! From a file's bytes to an archived article.

use std::borrow::Cow;

use super::front_matter::{self, FrontMatter};
use super::{ArchiveError, ArchivedArticle, MAX_BYTES, file_name, markdown, pictures};
use crate::feed::decode;

/// The last millisecond of the year 9999; what lies beyond is no time.
const LAST_MILLIS: i64 = 253_402_300_799_999;

/// Lines that a title which was broken over several of them may take.
const TITLE_LINES: usize = 4;

/// Reads one file. `name` is its file name, from which the title is taken if the file itself has none.
///
/// Any text encoding is read; line ends of any kind; the stamp, the rule and the front matter may each be missing.
pub fn read(name: &str, bytes: &[u8]) -> Result<ArchivedArticle, ArchiveError> {
    if bytes.len() > MAX_BYTES {
        return Err(ArchiveError::TooLarge);
    }
    let text = text_of(bytes)?;
    let mut rest = skip_blank_lines(&text);
    if rest.is_empty() {
        return Err(ArchiveError::Empty);
    }
    let head = match front_matter::split(rest)? {
        Some((head, after)) => {
            rest = skip_blank_lines(after);
            Some(head)
        }
        None => None,
    };
    // A post of a static site as its writer has it: nobody collected it.
    let mut is_post = head.is_some();
    let stamp = match stamp_line(rest) {
        Some((stamp, after)) => {
            rest = skip_blank_lines(after);
            is_post = false;
            stamp
        }
        None => None,
    };
    // A post may begin with a link, or with a heading that has a rule below it.
    let link = match link_line(rest).filter(|(_, after)| !is_post || is_rule(first_line(after).0)) {
        Some((link, after)) if !is_post || rest.starts_with('[') => {
            rest = skip_rule(after);
            is_post = false;
            Some(link)
        }
        _ => None,
    };
    let body = if head.is_some() { unwrap_division(rest) } else { without_last_line_end(rest) };
    assemble(name, head, stamp, link, body, is_post)
}

/// The HTML of a post. `title` is what its head says; a post that has none there may begin with it.
fn body_of_post<'a>(name: &str, head: &FrontMatter, body: &'a str, title: &mut String) -> Cow<'a, str> {
    let body = match head.separator.as_deref().filter(|separator| separator.len() > 2) {
        Some(separator) => Cow::Owned(body.replacen(separator, "", 1)),
        None => Cow::Borrowed(body),
    };
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if matches!(ending.as_str(), "html" | "htm") || is_html(&body) {
        return match markdown::without(&body, true) {
            Cow::Owned(text) => Cow::Owned(text),
            Cow::Borrowed(_) => body,
        };
    }
    let (first, rest) = first_line(&body);
    let heading = without_backslashes(first.strip_prefix("# ").map(str::trim).unwrap_or_default());
    if !heading.is_empty() && (title.is_empty() || *title == heading) {
        *title = heading;
        return Cow::Owned(markdown::to_html(rest));
    }
    Cow::Owned(markdown::to_html(&body))
}

/// A line without the backslashes before its signs (CommonMark 0.31, section 2.4).
fn without_backslashes(line: &str) -> String {
    let mut chars = line.chars();
    let mut out = String::with_capacity(line.len());
    while let Some(c) = chars.next() {
        let is_escape = c == '\\' && chars.as_str().starts_with(|next: char| next.is_ascii_punctuation());
        out.extend(if is_escape { chars.next() } else { Some(c) });
    }
    out
}

/// Whether a text is HTML throughout: each of its pieces between empty lines begins with a tag.
fn is_html(text: &str) -> bool {
    let text = text.trim();
    let begins = |piece: &str| {
        piece
            .strip_prefix('<')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'))
    };
    text.is_empty() || (text.ends_with('>') && text.split("\n\n").all(|piece| piece.trim().is_empty() || begins(piece)))
}

fn assemble(
    name: &str,
    head: Option<FrontMatter>,
    stamp: Option<i64>,
    link: Option<Link>,
    body: &str,
    is_post: bool,
) -> Result<ArchivedArticle, ArchiveError> {
    if head.is_none() && link.is_none() {
        return Err(ArchiveError::NoTitle);
    }
    let head = head.unwrap_or_default();
    let link = link.unwrap_or_default();
    if head.is_draft {
        return Err(ArchiveError::Unpublished);
    }
    let mut title = head.title.clone().unwrap_or(link.title);
    let body = if is_post { body_of_post(name, &head, body, &mut title) } else { Cow::Borrowed(body) };
    if title.is_empty() {
        title = file_name::title_in(name).unwrap_or_default();
    }
    let address = head.address.unwrap_or(link.address);
    if body.trim().is_empty() && title.is_empty() && address.is_empty() {
        return Err(ArchiveError::NoText);
    }
    Ok(ArchivedArticle {
        stamp,
        title,
        address,
        author: head.author,
        date: head.date.or_else(|| file_name::date_in(name)),
        tags: head.tags,
        body: pictures::with_first_addresses(&body).into_owned(),
        source: head.source,
        is_post,
    })
}

/// The file's text without a byte order mark.
fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, ArchiveError> {
    // UTF-16 without a mark shows by a zero in the first character, which is ASCII in every form of this file.
    let wide = bytes.iter().take(2).any(|byte| *byte == 0);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !wide => Cow::Borrowed(text),
        _ => Cow::Owned(decode::decode(bytes, None, decode::Kind::Html, None).text),
    };
    let controls = text.chars().take(512).filter(|c| c.is_control() && !c.is_whitespace()).count();
    if controls > 32 {
        return Err(ArchiveError::NotText);
    }
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
    };
    // The first line tells how lines end; a lone carriage return further down belongs to the text.
    let dos = text.split_once('\n').is_some_and(|(line, _)| line.ends_with('\r'));
    Ok(if dos { Cow::Owned(text.replace("\r\n", "\n")) } else { text })
}

/// The first line without its end, and what follows.
pub(super) fn first_line(text: &str) -> (&str, &str) {
    match text.find('\n') {
        Some(end) => (text[..end].strip_suffix('\r').unwrap_or(&text[..end]), &text[end + 1..]),
        None => (text, ""),
    }
}

fn skip_blank_lines(mut text: &str) -> &str {
    loop {
        let (line, after) = first_line(text);
        if !line.trim().is_empty() || text.is_empty() {
            return text;
        }
        text = after;
    }
}

/// `<!--1692092344000-->`. Outer `None`: there is no such line; inner: it holds no usable number (`NaN`).
fn stamp_line(text: &str) -> Option<(Option<i64>, &str)> {
    let (line, after) = first_line(text);
    let inner = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    let looks_right = inner.eq_ignore_ascii_case("nan")
        || inner.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.'));
    let digits = inner.split_once('.').map_or(inner, |(whole, _)| whole);
    looks_right.then(|| (digits.parse().ok().filter(|number| (0..=LAST_MILLIS).contains(number)), after))
}

#[derive(Debug, Default)]
struct Link {
    title: String,
    address: String,
}

/// `[title](address)`, or as much of it as is there; also a bare title with a rule under it.
fn link_line(text: &str) -> Option<(Link, &str)> {
    let (line, after) = first_line(text);
    let line = line.trim();
    let Some(inner) = line.strip_prefix('[') else {
        let (next, _) = first_line(after);
        let bare = !line.is_empty() && !line.starts_with('<') && is_rule(next);
        return bare.then(|| (Link { title: plain_title(line), address: String::new() }, after));
    };
    if let Some(link) = split_link(inner) {
        return Some((link, after));
    }
    // A title with a line break in it: the link goes on below.
    let mut joined = inner.to_owned();
    let mut rest = after;
    for _ in 1..TITLE_LINES {
        let (next, below) = first_line(rest);
        if is_rule(next) || next.trim_start().starts_with('<') {
            break;
        }
        joined.push(' ');
        joined.push_str(next.trim());
        rest = below;
        if let Some(link) = split_link(&joined) {
            return Some((link, rest));
        }
    }
    let title = inner.strip_suffix(']').unwrap_or(inner);
    Some((Link { title: plain_title(title), address: String::new() }, after))
}

/// Splits `title](address)`; brackets and parentheses may stand in either part, so the address is what follows the
/// last `](` that a scheme follows, up to the last `)`.
fn split_link(inner: &str) -> Option<Link> {
    let positions = || inner.match_indices("](").map(|(at, _)| at);
    let is_address = |at: &usize| {
        let address = inner[at + 2..].trim_start();
        ["http://", "https://"]
            .iter()
            .any(|scheme| address.get(..scheme.len()).is_some_and(|a| a.eq_ignore_ascii_case(scheme)))
    };
    let at = positions().filter(is_address).last().or_else(|| positions().last())?;
    let address = &inner[at + 2..];
    let address = address.rfind(')').map_or(address, |end| &address[..end]);
    Some(Link { title: plain_title(&inner[..at]), address: address.trim().to_owned() })
}

/// A title as it was meant: character references resolved once, `\“` and other quotation marks without the backslash
/// that some collectors put before them. Every other backslash stands for itself.
pub(super) fn plain_title(written: &str) -> String {
    let mut title = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find(['&', '\\']) {
        title.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((character, length)) = reference(rest) {
            title.push(character);
            rest = &rest[length..];
        } else if rest.starts_with('\\') && rest[1..].starts_with(['"', '“', '”', '‘', '’', '\'']) {
            rest = &rest[1..];
        } else {
            let length = rest.chars().next().map_or(0, char::len_utf8);
            title.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    title.push_str(rest);
    title.trim().to_owned()
}

/// The character that a reference at the start of `text` stands for, and the reference's length in bytes.
fn reference(text: &str) -> Option<(char, usize)> {
    let inner = text.strip_prefix('&')?;
    let end = inner.as_bytes().iter().take(10).position(|byte| *byte == b';')?;
    let name = &inner[..end];
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control())?
        }
    };
    Some((character, end + 2))
}

/// A line of dashes or equals signs.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && (line.bytes().all(|b| b == b'-') || line.bytes().all(|b| b == b'='))
}

/// What follows the rule and the one empty line below it, where they are.
fn skip_rule(text: &str) -> &str {
    let (line, after) = first_line(text);
    let text = if is_rule(line) { after } else { text };
    let (line, after) = first_line(text);
    if line.trim().is_empty() { after } else { text }
}

fn without_last_line_end(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// The body of a file with front matter: what stands between the `<div>` line and the `</div>` line.
fn unwrap_division(text: &str) -> &str {
    // Only a division on lines of its own wraps the whole; `<div>a</div><div>b</div>` are two pieces of text.
    text.trim()
        .strip_prefix("<div>\n")
        .and_then(|inner| inner.strip_suffix("\n</div>"))
        .unwrap_or_else(|| without_last_line_end(text))
}
