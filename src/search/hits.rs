//! Where a text has what was looked for: marks in a title, a snippet of a text, places in an article.

use std::ops::Range;

use super::fold::{Folded, Kind, kind};
use super::phrase::Phrase;

/// The most places that are marked in one text.
const MAX_PLACES: usize = 1_000;
/// How wide a snippet is. A letter counts one, a character of a script without spaces two.
const WIDTH: usize = 170;
/// How much of that stands before the first hit.
const BEFORE: usize = 40;
/// For the choice of the best place so many are looked at.
const LOOKED_AT: usize = 200;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// As it stands in the text.
    pub text: String,
    /// It was looked for.
    pub is_hit: bool,
}

/// The places of phrases in a text, in its bytes, in order, none over another.
pub fn places(text: &str, phrases: &[&Phrase]) -> Vec<Range<usize>> {
    joined(found(&Folded::with_sources(text), phrases))
}

/// Places, those that overlap as one.
fn joined(found: Vec<(Range<usize>, usize)>) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = found.into_iter().map(|(place, _)| place).collect();
    all.dedup_by(|next, before| {
        let joins = next.start < before.end;
        if joins {
            before.end = before.end.max(next.end);
        }
        joins
    });
    all
}

/// Places with the number of their phrase, in order.
fn found(folded: &Folded, phrases: &[&Phrase]) -> Vec<(Range<usize>, usize)> {
    let mut all = Vec::new();
    for (number, phrase) in phrases.iter().enumerate() {
        let places = phrase.places(folded.as_str()).take(MAX_PLACES);
        all.extend(places.map(|place| (folded.source(place), number)));
    }
    all.sort_by_key(|(place, _)| (place.start, place.end));
    all.truncate(MAX_PLACES);
    all
}

/// A whole text with what was looked for set apart.
pub fn marked(text: &str, phrases: &[&Phrase]) -> Vec<Segment> {
    segments(text, 0..text.len(), &places(text, phrases))
}

/// A piece of a text around the place that says most, with what was looked for set apart. `None` if the text has nothing of it.
pub fn snippet(text: &str, phrases: &[&Phrase]) -> Option<Vec<Segment>> {
    let folded = Folded::with_sources(text);
    let found = found(&folded, phrases);
    let best = best_place(text, &found)?;
    let start = before(text, found.get(best)?.0.start);
    let end = after(text, start, WIDTH);
    let mut segments = segments(text, start..end, &joined(found));
    // What was left out is no hit.
    let left_out = || Segment { text: "…".to_owned(), is_hit: false };
    match segments.first_mut() {
        Some(first) if start > 0 && !first.is_hit => first.text.insert(0, '…'),
        _ if start > 0 => segments.insert(0, left_out()),
        _ => {}
    }
    let is_cut = end < text.trim_end().len();
    match segments.last_mut() {
        Some(last) if is_cut && !last.is_hit => last.text.push('…'),
        _ if is_cut => segments.push(left_out()),
        _ => {}
    }
    Some(segments)
}

/// The place from which on a snippet has most different phrases.
fn best_place(text: &str, found: &[(Range<usize>, usize)]) -> Option<usize> {
    let mut best = None;
    for (at, (place, _)) in found.iter().enumerate().take(LOOKED_AT) {
        let end = after(text, place.start, WIDTH - BEFORE);
        let mut numbers: Vec<usize> =
            found[at..].iter().take_while(|(other, _)| other.end <= end).map(|(_, number)| *number).collect();
        let all = numbers.len().min(4);
        numbers.sort_unstable();
        numbers.dedup();
        let worth = (numbers.len(), all);
        if best.is_none_or(|(known, _)| worth > known) {
            best = Some((worth, at));
        }
    }
    best.map(|(_, at)| at)
}

fn width(c: char) -> usize {
    if kind(c) == Kind::Glyph { 2 } else { 1 }
}

/// Where a snippet begins: at a border of words, or of a paragraph, some way before a hit.
fn before(text: &str, hit: usize) -> usize {
    let mut left = BEFORE;
    let mut start = hit;
    let mut border = hit;
    for (at, c) in text[..hit].char_indices().rev() {
        if c == '\n' || matches!(c, '。' | '！' | '？') {
            return start;
        }
        let Some(less) = left.checked_sub(width(c)) else { return border };
        left = less;
        start = at;
        // What ends a part of a sentence does not begin a piece.
        let ends =
            matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '”' | '’' | '»' | '，' | '、' | '；' | '：');
        if !ends && (kind(c) != Kind::Letter || c.is_uppercase()) {
            border = if c.is_whitespace() { at + c.len_utf8() } else { at };
        }
    }
    start
}

/// Where a piece of this width ends: at a border of words.
fn after(text: &str, start: usize, most: usize) -> usize {
    let mut left = most;
    let mut border = start;
    for (at, c) in text[start..].char_indices() {
        let Some(less) = left.checked_sub(width(c)) else {
            return if border > start { border } else { start + at };
        };
        left = less;
        let is_letter = c.is_alphanumeric() && kind(c) != Kind::Glyph;
        if !is_letter {
            border = start + at + if c.is_whitespace() { 0 } else { c.len_utf8() };
        }
    }
    text.len()
}

/// Cuts a piece of a text at the borders of places. Line breaks become spaces.
fn segments(text: &str, piece: Range<usize>, places: &[Range<usize>]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut push = |range: Range<usize>, is_hit: bool| {
        let text = text.get(range).unwrap_or_default().replace('\n', " ");
        if !text.is_empty() {
            segments.push(Segment { text, is_hit });
        }
    };
    let mut at = piece.start;
    for place in places {
        let (start, end) = (place.start.clamp(at, piece.end), place.end.clamp(at, piece.end));
        if start < end {
            push(at..start, false);
            push(start..end, true);
            at = end;
        }
    }
    push(at..piece.end, false);
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(segments: &[Segment]) -> String {
        let piece = |s: &Segment| if s.is_hit { format!("[{}]", s.text) } else { s.text.clone() };
        segments.iter().map(piece).collect()
    }

    fn phrases(texts: &[&str]) -> Vec<Phrase> {
        texts.iter().filter_map(|text| Phrase::loose(text)).collect()
    }

    #[test]
    fn hits_are_marked_in_the_script_of_the_text() {
        let phrases = phrases(&["麦田", "cafe"]);
        let phrases: Vec<&Phrase> = phrases.iter().collect();
        assert_eq!(shown(&marked("Café in the 麥田, cafes", &phrases)), "[Café] in the [麥田], cafes");
        assert_eq!(shown(&marked("<b>Cafe</b>", &phrases)), "<b>[Cafe]</b>");
        assert_eq!(snippet("nothing", &phrases), None);
    }

    #[test]
    fn hits_stand_at_their_places_where_the_fold_is_longer_or_shorter() {
        let text = "Große ﬁsche, ㈱ＡＢＣ, 臺灣㍿, ｶﾞｷﾞ e\u{301}te\u{301} İstanbul ﷺ 한국 👍🏽";
        for (query, hits) in [
            ("grosse", "[Große]"),
            ("fische", "[ﬁsche]"),
            ("株", "[㈱]"),
            ("abc", "[ＡＢＣ]"),
            ("台湾", "[臺灣]"),
            ("会社", "[㍿]"),
            ("ガギ", "[ｶﾞｷﾞ]"),
            ("été", "[e\u{301}te\u{301}]"),
            ("istanbul", "[İstanbul]"),
            ("한", "[한]"),
            ("👍", "[👍🏽]"),
        ] {
            let phrases = phrases(&[query]);
            let phrases: Vec<&Phrase> = phrases.iter().collect();
            let found = shown(&marked(text, &phrases));
            assert!(found.contains(hits), "{query}: {found}");
            assert_eq!(found.replace(['[', ']'], ""), text);
            let snippet = shown(&snippet(text, &phrases).unwrap());
            assert!(found.ends_with(snippet.trim_start_matches('…')) && snippet.contains(hits), "{snippet}");
        }
    }

    #[test]
    fn places_that_overlap_are_one() {
        let phrases = phrases(&["中国人", "国人民"]);
        assert_eq!(places("在中国人民", &phrases.iter().collect::<Vec<_>>()), std::slice::from_ref(&(3..15)));
    }

    #[test]
    fn a_snippet_is_cut_at_words_around_the_place_that_says_most() {
        let filler = "some words that nobody asked for ".repeat(20);
        let text = format!("{filler}wheat alone. {filler}\nThen wheat in the field by the river, and {filler}");
        let phrases = phrases(&["wheat", "river"]);
        let snippet = shown(&snippet(&text, &phrases.iter().collect::<Vec<_>>()).unwrap());
        assert!(snippet.starts_with("…Then [wheat] in the field by the [river], and some words"), "{snippet}");
        assert!(snippet.ends_with('…') && snippet.chars().count() < 190, "{snippet}");
    }

    #[test]
    fn a_snippet_does_not_begin_with_the_end_of_a_sentence() {
        let text =
            format!("{}until it is full. Nobody counts what is left on the field", "an ear here and there, ".repeat(9));
        let phrases = phrases(&["field"]);
        let snippet = shown(&snippet(&text, &phrases.iter().collect::<Vec<_>>()).unwrap());
        assert!(snippet.starts_with("…Nobody counts"), "{snippet}");
    }

    #[test]
    fn a_chinese_snippet_begins_with_its_sentence() {
        let text = "前面一句话。风吹过麥田的时候，".to_owned() + &"我们看见了很远的地方".repeat(20);
        let phrases = phrases(&["麦田"]);
        let snippet = shown(&snippet(&text, &phrases.iter().collect::<Vec<_>>()).unwrap());
        assert!(snippet.starts_with("…风吹过[麥田]的时候，我们"), "{snippet}");
        assert!((70..100).contains(&snippet.chars().count()), "{}", snippet.chars().count());
    }

    #[test]
    fn what_was_left_out_is_no_hit() {
        let phrases = phrases(&["前"]);
        let text = format!("x。{}", "前".repeat(400));
        let snippet = shown(&snippet(&text, &phrases.iter().collect::<Vec<_>>()).unwrap());
        assert!(snippet.starts_with("…[前]") && snippet.ends_with("[前]…"), "{snippet}");
    }
}
