//! The head of a file: the few lines of YAML that static site generators put before a text.
//!
//! A reader for the part of YAML 1.2 that such heads use: one `key: value` a line, plain, single- or double-quoted
//! values, lists in brackets or as dashed lines, folded and literal blocks. Everything else is passed over, because a
//! head is advice about an article and never a reason to refuse it.

use super::ArchiveError;
use super::read::first_line;

/// What the head says about the article.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct FrontMatter {
    pub(super) title: Option<String>,
    pub(super) address: Option<String>,
    pub(super) author: Option<String>,
    pub(super) date: Option<String>,
    pub(super) tags: Vec<String>,
    /// The source that it belongs to.
    pub(super) source: Option<String>,
    /// It says of itself that it is not published.
    pub(super) is_draft: bool,
    /// What stands between the beginning that lists show and the rest.
    pub(super) separator: Option<String>,
}

/// The most tags that are read.
const MAX_TAGS: usize = 50;

/// Splits the head from what follows it; `None` if the text does not begin with one.
pub(super) fn split(text: &str) -> Result<Option<(FrontMatter, &str)>, ArchiveError> {
    let (line, mut rest) = first_line(text);
    if line.trim_end() != "---" {
        return Ok(None);
    }
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let (line, after) = first_line(rest);
        rest = after;
        if matches!(line.trim_end(), "---" | "...") {
            return Ok(Some((interpret(&lines), rest)));
        }
        lines.push(line);
    }
    Err(ArchiveError::OpenFrontMatter)
}

/// Reads the lines between the two rules.
fn interpret(lines: &[&str]) -> FrontMatter {
    let mut head = FrontMatter::default();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        at += 1;
        let Some((key, value)) = line.split_once(':').filter(|_| !line.starts_with([' ', '\t', '#', '-'])) else {
            continue;
        };
        // The lines that belong to this key: indented ones, and dashed ones without indent.
        let start = at;
        while at < lines.len() && (lines[at].starts_with([' ', '\t', '-']) || lines[at].is_empty()) {
            at += 1;
        }
        let values = values_of(value.trim(), &lines[start..at]);
        let first = values.first().filter(|value| !value.is_empty()).cloned();
        match key.trim().to_ascii_lowercase().as_str() {
            "title" => head.title = first,
            "from" | "link" | "url" | "source" | "original" | "canonical_url" | "original_url" => {
                head.address = head.address.or(first);
            }
            "author" | "authors" => head.author = first.map(|_| values.join(", ")),
            SOURCE => head.source = first,
            "excerpt_separator" => head.separator = first,
            "published" | "draft" if first.as_deref().is_some_and(is_truth) => {
                let says = first.as_deref().is_some_and(|said| said.eq_ignore_ascii_case("true"));
                head.is_draft |= says == key.trim().eq_ignore_ascii_case("draft");
            }
            "date" | "published" | "saved" => head.date = head.date.or(first),
            name @ ("tags" | "tag" | "categories" | "category" | "labels") => {
                let is_scalar = !value.trim().is_empty() && !value.trim_start().starts_with(['[', '|', '>']);
                let values = if is_scalar { words_of(&values, name) } else { values };
                for value in values {
                    if !value.is_empty() && !head.tags.contains(&value) && head.tags.len() < MAX_TAGS {
                        head.tags.push(value);
                    }
                }
            }
            _ => {}
        }
    }
    head
}

/// The key of the source’s title, where the folder does not tell it.
pub(super) const SOURCE: &str = "feed_title";

fn is_truth(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// Names that stand in one value: between commas, or (under a key that calls them several) between spaces, as Jekyll has them.
fn words_of(values: &[String], key: &str) -> Vec<String> {
    let whole = values.join(" ");
    let pieces: Vec<&str> = if whole.contains(',') {
        whole.split(',').collect()
    } else if key.ends_with('s') {
        whole.split_whitespace().collect()
    } else {
        vec![&whole]
    };
    pieces.into_iter().map(|piece| piece.trim().to_owned()).filter(|piece| !piece.is_empty()).collect()
}

/// The values of one key: those on its own line, or those on the lines below.
fn values_of(value: &str, below: &[&str]) -> Vec<String> {
    if let Some(inner) = value.strip_prefix('[') {
        // A list in brackets may go on over the lines below.
        let mut whole = inner.to_owned();
        for line in below {
            whole.push(' ');
            whole.push_str(line.trim());
        }
        let whole = whole.trim_end();
        return flow_items(whole.strip_suffix(']').unwrap_or(whole));
    }
    if value.starts_with(['|', '>']) {
        let text: Vec<&str> = below.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
        return vec![text.join(" ")];
    }
    if value.is_empty() {
        return below.iter().filter_map(|line| line.trim().strip_prefix('-')).map(|item| scalar(item.trim())).collect();
    }
    vec![scalar(value)]
}

/// The items of `a, "b, c", d`.
fn flow_items(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => quoted_end(rest, quote).unwrap_or(rest.len()),
            _ => rest.find(',').unwrap_or(rest.len()),
        };
        items.push(scalar(rest[..end].trim()));
        rest = rest[end..].trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    items
}

/// Where the quoted value at the start of `text` ends, behind its closing quote.
fn quoted_end(text: &str, quote: char) -> Option<usize> {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && quote == '"' {
            characters.next();
        } else if character == quote {
            if quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == '\'') {
                characters.next();
            } else {
                return Some(at + quote.len_utf8());
            }
        }
    }
    None
}

/// One value, quoted or plain. A quote that does not close belongs to the text.
fn scalar(text: &str) -> String {
    match text.chars().next() {
        Some('"') => match quoted_end(text, '"') {
            Some(end) => unescape(&text[1..end - 1]),
            None => text.to_owned(),
        },
        Some('\'') => match quoted_end(text, '\'') {
            Some(end) => text[1..end - 1].replace("''", "'"),
            None => text.to_owned(),
        },
        _ => text.split(" #").next().unwrap_or_default().trim_end().to_owned(),
    }
}

/// Resolves the escapes of a double-quoted value (YAML 1.2.2, 5.7); an unknown one stands for itself.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        let Some(escape) = characters.next() else {
            out.push('\\');
            break;
        };
        let digits = match escape {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            '"' | '\\' | '/' | ' ' => escape,
            'x' | 'u' | 'U' => {
                let length = match escape {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let rest = characters.as_str();
                let code =
                    rest.get(..length).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
                if let Some(code) = code {
                    characters = rest[length..].chars();
                    code
                } else {
                    out.push('\\');
                    escape
                }
            }
            other => {
                out.push('\\');
                other
            }
        };
        out.push(digits);
    }
    out
}

/// Writes a value so that [`scalar`] reads it back: double-quoted, on one line.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("\\n"),
            // Control characters, and those that YAML or editors take for line ends or marks.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
