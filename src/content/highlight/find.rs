//! Where a passage is: its words wherever they stand, of several places the one whose surroundings fit best; and if the
//! words themselves were changed, what stands between its surroundings, provided that it is still much the same.

use std::collections::HashMap;
use std::ops::Range;

use memchr::memmem;

use super::text::{PlainText, squeeze};
use crate::domain::Anchor;

/// At most so many places of the same words are compared.
const MAX_PLACES: usize = 2_000;
/// So many characters of the surroundings are enough to tell places apart, and to find one by.
const CONTEXT: usize = 24;
/// Fewer characters of the surroundings stand in a text by chance.
const LEAST_CONTEXT: usize = 8;
/// How much of a changed passage must be the same, of 1,000.
const LEAST_LIKENESS: usize = 500;

/// The place of a passage in a text.
pub(super) fn find(text: &PlainText, anchor: &Anchor) -> Option<Range<usize>> {
    find_words(text, anchor).or_else(|| find_between(text, anchor))
}

/// The place of the words of a passage.
pub(super) fn find_words(text: &PlainText, anchor: &Anchor) -> Option<Range<usize>> {
    let words = squeezed(&anchor.exact);
    if words.is_empty() {
        return None;
    }
    let (prefix, suffix) = (last(&squeezed(&anchor.prefix)), first(&squeezed(&anchor.suffix)));
    let hint = usize::try_from(anchor.start).unwrap_or(0);
    occurrences(text.squeezed(), &words)
        .take(MAX_PLACES)
        .filter_map(|at| {
            let range = text.range(text.squeezed_place(at)..text.squeezed_place(at + words.len()))?;
            let (before, after) = (&text.squeezed()[..at], &text.squeezed()[at + words.len()..]);
            let context = common_end(before, &prefix) + common_start(after, &suffix);
            let same = text.slice(range.clone()) == anchor.exact;
            Some((context, same, std::cmp::Reverse(range.start.abs_diff(hint)), range))
        })
        .max_by_key(|(context, same, distance, _)| (*context, *same, *distance))
        .map(|(.., range)| range)
}

/// What stands between the surroundings of a passage, if that is much the same as the passage was.
fn find_between(text: &PlainText, anchor: &Anchor) -> Option<Range<usize>> {
    let words = squeezed(&anchor.exact);
    let (prefix, suffix) = (last(&squeezed(&anchor.prefix)), first(&squeezed(&anchor.suffix)));
    if prefix.chars().count() < LEAST_CONTEXT || suffix.chars().count() < LEAST_CONTEXT {
        return None;
    }
    let all = text.squeezed();
    let longest = words.len() * 2 + 64;
    occurrences(all, &prefix)
        .take(MAX_PLACES / 20)
        .filter_map(|at| {
            let start = at + prefix.len();
            let length = memmem::find(all.as_bytes().get(start..)?, suffix.as_bytes()).filter(|n| *n <= longest)?;
            let between = &all[start..start + length];
            let likeness = likeness(&words, between);
            let range = text.range(text.squeezed_place(start)..text.squeezed_place(start + length))?;
            (likeness >= LEAST_LIKENESS).then_some((likeness, range))
        })
        .max_by_key(|(likeness, _)| *likeness)
        .map(|(_, range)| range)
}

/// A text as passages are compared.
fn squeezed(text: &str) -> String {
    text.chars().filter_map(squeeze).collect()
}

/// Every place of `needle`, those that overlap, too.
fn occurrences<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let finder = memmem::Finder::new(needle.as_bytes());
    let step = needle.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + finder.find(text.as_bytes().get(from..)?)?;
        from = at + step;
        Some(at)
    })
}

fn last(text: &str) -> String {
    let skipped = text.chars().count().saturating_sub(CONTEXT);
    text.chars().skip(skipped).collect()
}

fn first(text: &str) -> String {
    text.chars().take(CONTEXT).collect()
}

/// How many characters two texts have in common at their ends.
fn common_end(a: &str, b: &str) -> usize {
    a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b).count()
}

/// How many characters two texts have in common at their beginnings.
fn common_start(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

/// How much two texts have in common, from 0 to 1,000: the share of pairs of neighbouring characters (Dice).
fn likeness(a: &str, b: &str) -> usize {
    let mut pairs: HashMap<(char, char), usize> = HashMap::new();
    for pair in a.chars().zip(a.chars().skip(1)) {
        *pairs.entry(pair).or_default() += 1;
    }
    let mut common = 0_usize;
    for pair in b.chars().zip(b.chars().skip(1)) {
        if let Some(left) = pairs.get_mut(&pair).filter(|left| **left > 0) {
            *left -= 1;
            common += 1;
        }
    }
    let total = a.chars().count().saturating_sub(1) + b.chars().count().saturating_sub(1);
    (common * 2_000).checked_div(total).unwrap_or(0)
}
