//! What stands in a field: moments, yes and no, lists of names.

use crate::domain::{Language, UnixMillis};
use crate::feed::dates::{DateContext, parse_date};
use crate::feed::text::{collapse, cut};

/// No moment in a file is later than this; whoever takes it in knows the present one.
const LAST: UnixMillis = UnixMillis(253_402_300_799_999);
/// Titles, summaries, names and passages are cut behind so many characters.
const LONGEST_TITLE: usize = 1_024;
const LONGEST_SUMMARY: usize = 2_000;
const LONGEST_PASSAGE: usize = 10_000;
/// The longest field in bytes.
const MAX_FIELD: usize = 4 * 1024 * 1024;
/// The most names of one list.
const MAX_NAMES: usize = 50;
/// From here on a number is of milliseconds, of microseconds, of nanoseconds.
const MILLIS_FROM: i64 = 100_000_000_000;
const MICROS_FROM: i64 = 100_000_000_000_000;
const NANOS_FROM: i64 = 100_000_000_000_000_000;

/// The moment that a text means: a number of seconds, milliseconds or smaller parts since 1970, or a date.
pub(super) fn moment(text: &str) -> Option<UnixMillis> {
    moment_of(text, false)
}

/// The same, where it may be known that the day stands before the month.
pub(super) fn moment_of(text: &str, day_first: bool) -> Option<UnixMillis> {
    let text = text.trim();
    let whole =
        text.split_once('.').filter(|(_, part)| part.bytes().all(|b| b.is_ascii_digit())).map_or(text, |cut| cut.0);
    if !whole.is_empty() && whole.len() < 20 && whole.bytes().all(|b| b.is_ascii_digit()) {
        return whole.parse().ok().and_then(of_number);
    }
    // What scripts write behind a date is the name of its zone.
    let text = text.split_once(" (").map_or(text, |(date, _)| date);
    let language = if day_first { Language::parse("fr") } else { None };
    parse_date(text, &DateContext { language: language.as_ref(), host: None, now: LAST })
}

/// The moment of a number since 1970.
pub(super) fn of_number(number: i64) -> Option<UnixMillis> {
    let millis = match number {
        ..0 => return None,
        n if n < MILLIS_FROM => n * 1_000,
        n if n < MICROS_FROM => n,
        n if n < NANOS_FROM => n / 1_000,
        n => n / 1_000_000,
    };
    Some(UnixMillis(millis)).filter(|moment| *moment <= LAST)
}

/// A moment as Chrome writes it: microseconds since 1601.
pub(super) fn of_chrome(text: &str) -> Option<UnixMillis> {
    let micros: i64 = text.parse().ok()?;
    let millis = micros / 1_000 - 11_644_473_600_000;
    Some(UnixMillis(millis)).filter(|moment| (0..=LAST.0).contains(&moment.0))
}

/// Yes or no, in the words of programs.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "y" | "t" => Some(true),
        "0" | "false" | "no" | "n" | "f" => Some(false),
        _ => None,
    }
}

/// Whether a word for a state means that the article was read or put away.
pub(super) fn read_state(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "archive" | "archived" | "read" | "done" | "finished" | "completed" => Some(true),
        "unread" | "active" | "new" | "later" | "shortlist" | "inbox" | "reading" | "succeeded" | "to read" => {
            Some(false)
        }
        _ => None,
    }
}

/// The names in a field: separated by bars, commas or semicolons, or a list as programs write one.
pub(super) fn names(text: &str) -> Vec<String> {
    let text = text.trim();
    let text = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
    let separator = if text.contains('|') {
        '|'
    } else if text.contains(',') {
        ','
    } else {
        ';'
    };
    clean_names(text.split(separator))
}

/// The names in a field that separates them by spaces; one of several words stands in quotation marks. Where there are commas, they
/// separate.
pub(super) fn words(text: &str) -> Vec<String> {
    if text.contains(',') {
        return names(text);
    }
    let mut is_quoted = false;
    clean_names(text.split(|c: char| {
        is_quoted ^= c == '"';
        !is_quoted && c.is_whitespace()
    }))
}

/// Names without quotes and space around them, each once.
pub(super) fn clean_names<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in parts {
        let name = collapse(part.trim().trim_matches(['"', '\'']));
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
        if found.len() >= MAX_NAMES {
            break;
        }
    }
    found
}

/// Adds a name to tags that may hold it already.
pub(super) fn add_tag(tags: &mut Vec<String>, name: &str) {
    // A comma separates tags; a folder's name may hold one.
    let name = name.replace([',', '，', '、'], " ");
    for name in clean_names(std::iter::once(name.as_str())) {
        if !tags.contains(&name) {
            tags.push(name);
        }
    }
}

/// A title: one line of plain text.
pub(super) fn title(text: &str) -> String {
    cut(collapse(text), LONGEST_TITLE)
}

/// A summary: plain text.
pub(super) fn summary(text: &str) -> String {
    cut(collapse(text), LONGEST_SUMMARY)
}

/// A passage or a note: plain text.
pub(super) fn passage(text: &str) -> String {
    cut(text.trim().to_owned(), LONGEST_PASSAGE)
}

/// An author's name.
pub(super) fn author(text: &str) -> Option<String> {
    Some(cut(collapse(text), 256)).filter(|name| !name.is_empty())
}

/// At most the first `most` bytes of a text.
pub(super) fn head(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Adds a piece to a field, as far as there is room for it.
pub(super) fn push(field: &mut String, piece: &str) {
    let room = MAX_FIELD.saturating_sub(field.len());
    field.push_str(head(piece, room));
}
