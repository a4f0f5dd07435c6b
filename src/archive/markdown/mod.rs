//! Posts in Markdown, read: from the text that people write for static sites to HTML.
//!
//! Owns: the common part of CommonMark, with tables, struck words and footnotes, and as much of the marks of Jekyll (Liquid,
//! kramdown) as has to be understood or left out. In `lines` the blocks, in `words` what stands in a line. Does not own: whether a
//! file is Markdown (`read`), and what of its HTML is allowed (`content`): HTML in a text goes through as it is, and is cleaned as
//! everything else from outside. Takes time in proportion to the text, whatever stands in it.

mod lines;
mod liquid;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;
use std::collections::HashMap;

pub(super) use liquid::without;

/// Blocks within blocks and links within links; what lies deeper is plain text.
const DEEPEST: usize = 16;
/// The most notes and addresses that are named at the end of a text.
const MOST_NAMED: usize = 2_000;

/// What stands elsewhere in the text.
#[derive(Debug, Default)]
struct Named {
    /// Addresses and titles of links by their names.
    links: HashMap<String, (String, String)>,
    /// Footnotes by their names: place and text.
    notes: HashMap<String, (usize, String)>,
}

/// Writes a text in Markdown as HTML.
pub(super) fn to_html(text: &str) -> String {
    let text = without(text, false);
    let mut named = Named::default();
    let lines = take_named(&text, &mut named);
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    lines::write(&lines, &named, 0, &mut out);
    let mut notes: Vec<&(usize, String)> = named.notes.values().collect();
    notes.sort_unstable();
    if !notes.is_empty() {
        out.push_str("<hr>\n<ol>\n");
        for (_, note) in notes {
            out.push_str(&format!("<li>{}</li>\n", words::html(note, &named, 1)));
        }
        out.push_str("</ol>\n");
    }
    out
}

/// The lines of a text but those that name something, which go into `named`.
fn take_named<'a>(text: &'a str, named: &mut Named) -> Vec<Cow<'a, str>> {
    let mut lines = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    let mut in_note: Option<String> = None;
    for line in text.lines() {
        let line: Cow<'a, str> = if line.contains('\t') { Cow::Owned(without_tabs(line)) } else { Cow::Borrowed(line) };
        if let Some(mark) = lines::fence_of(&line) {
            match fence {
                Some((character, length)) if mark.0 == character && mark.1 >= length && mark.2.is_empty() => {
                    fence = None;
                }
                None => fence = Some((mark.0, mark.1)),
                Some(_) => {}
            }
        } else if fence.is_none() {
            if let Some(name) = &in_note
                && line.starts_with("  ")
                && !line.trim().is_empty()
            {
                if let Some((_, note)) = named.notes.get_mut(name) {
                    note.push('\n');
                    note.push_str(line.trim());
                }
                continue;
            }
            in_note = None;
            if let Some((name, rest)) = definition(&line) {
                if let Some(name) = name.strip_prefix('^') {
                    let place = named.notes.len() + 1;
                    if place <= MOST_NAMED && !named.notes.contains_key(name) {
                        named.notes.insert(name.to_owned(), (place, rest.to_owned()));
                        in_note = Some(name.to_owned());
                        continue;
                    }
                } else if named.links.len() < MOST_NAMED && !rest.is_empty() {
                    let (address, title) = words::address_and_title(rest);
                    named.links.entry(key(name)).or_insert((address, title));
                    continue;
                }
            }
        }
        lines.push(line);
    }
    lines
}

/// `[name]: rest`, where it stands alone on a line.
fn definition(line: &str) -> Option<(&str, &str)> {
    let inner = line.trim_start_matches(' ').strip_prefix('[').filter(|_| lines::indent(line) < 4)?;
    let (name, rest) = inner.split_once("]:")?;
    (!name.is_empty() && !name.contains(['[', ']'])).then_some((name, rest.trim()))
}

/// The name of a link as it is compared.
fn key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A line with spaces up to each fourth column in the place of tabs at its beginning; others are one space.
fn without_tabs(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut at_start = true;
    for c in line.chars() {
        match c {
            '\t' if at_start => {
                for _ in 0..4 - out.len() % 4 {
                    out.push(' ');
                }
            }
            '\t' => out.push(' '),
            c => {
                at_start &= c == ' ';
                out.push(c);
            }
        }
    }
    out
}
