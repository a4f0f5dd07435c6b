//! Highlights: a reader's passages, found again in a text and marked in its HTML.
//!
//! Owns: what makes two passages the same, how a passage is told from others like it, and where a `<mark>` may stand.
//! Does not own: what is stored of a passage (`domain`) and the sanitiser. Sanitised HTML and anchors flow in; the same HTML
//! with marks around words, and nothing else changed, flows out.
//!
//! White space is no part of a passage: a text that is extracted anew breaks its lines elsewhere, a browser's selection
//! has none between two paragraphs, and what is copied from a page has two line breaks there.

mod find;
mod hits;
#[cfg(test)]
mod tests;
mod text;
mod wrap;

use super::clean::CleanHtml;
use crate::domain::{Anchor, HighlightColour, HighlightId, MAX_PASSAGE_CHARS};

pub use hits::{MarkedHits, mark_hits};
use text::PlainText;

/// How many characters around a passage are kept with it.
const CONTEXT_CHARS: usize = 64;

/// A passage to mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marking {
    /// Names the mark: its element has the id `h` and this number.
    pub id: HighlightId,
    /// Its colour.
    pub colour: HighlightColour,
    /// What finds it.
    pub anchor: Anchor,
}

/// A text with its marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// The text.
    pub html: CleanHtml,
    /// For each marking where it begins, in characters of the text; `None` where the text does not have it any more.
    pub starts: Vec<Option<usize>>,
}

/// Marks passages in a text as it is shown: as it was written, or with other characters in their places. Where marks overlap,
/// they stand in each other.
pub fn mark(written: &CleanHtml, shown: CleanHtml, markings: &[Marking]) -> Marked {
    if markings.is_empty() {
        return Marked { html: shown, starts: Vec::new() };
    }
    let text = PlainText::read(written.as_str());
    let found: Vec<_> = markings.iter().map(|marking| find::find(&text, &marking.anchor)).collect();
    let starts = found.iter().map(|range| range.as_ref().map(|range| range.start)).collect();
    let wraps: Vec<_> = found
        .into_iter()
        .zip(markings)
        .filter_map(|(range, marking)| {
            Some(wrap::Wrap { range: range?, around: wrap::Around::Passage(marking.id, marking.colour) })
        })
        .collect();
    let text = if *written == shown { text } else { PlainText::read(shown.as_str()) };
    let html = CleanHtml::amended(wrap::wrap(shown.as_str(), &text, &wraps));
    Marked { html, starts }
}

/// The anchor of a passage as it stands in a text, with its surroundings there, whether its words are those of the text as
/// it is shown or as it was written. `wanted` needs no more than the words. `None` if the text does not have them, or they
/// are longer than [`MAX_PASSAGE_CHARS`].
pub fn anchor(written: &CleanHtml, shown: &CleanHtml, wanted: &Anchor) -> Option<Anchor> {
    let text = PlainText::read(written.as_str());
    let in_shown = (written != shown).then(|| find::find_words(&PlainText::read(shown.as_str()), wanted)).flatten();
    let range = in_shown.or_else(|| find::find_words(&text, wanted))?;
    let exact = text.slice(range.clone());
    let fits = exact.chars().count() <= MAX_PASSAGE_CHARS;
    fits.then(|| Anchor {
        exact,
        prefix: text.slice(range.start.saturating_sub(CONTEXT_CHARS)..range.start),
        suffix: text.slice(range.end..(range.end + CONTEXT_CHARS).min(text.len())),
        start: i64::try_from(range.start).unwrap_or(i64::MAX),
    })
}
