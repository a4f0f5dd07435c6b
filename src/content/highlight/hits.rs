//! Marks around what a search looked for.

use std::ops::Range;

use super::text::PlainText;
use super::wrap::{self, Around, Wrap};
use crate::content::clean::CleanHtml;

/// A text with marks around hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedHits {
    /// The text. The elements of the first mark of each hit have the ids `hit1`, `hit2` and so on.
    pub html: CleanHtml,
    /// How many hits there are.
    pub count: usize,
}

/// Marks what `find` finds in the text: it is given the text with its paragraphs on lines of their own, and gives ranges of
/// bytes, in order and none over another.
pub fn mark_hits(html: CleanHtml, find: impl Fn(&str) -> Vec<Range<usize>>) -> MarkedHits {
    let text = PlainText::read(html.as_str());
    let (plain, ends) = text.lines();
    let places = find(&plain);
    let unit = |byte: usize| ends.partition_point(|end| *end <= byte);
    let wraps: Vec<Wrap> = places
        .iter()
        .filter(|place| !place.is_empty())
        .map(|place| unit(place.start)..unit(place.end - 1) + 1)
        .enumerate()
        .map(|(at, range)| Wrap { range, around: Around::Hit(at + 1) })
        .collect();
    let count = wraps.len();
    if count == 0 {
        return MarkedHits { html, count };
    }
    MarkedHits { html: CleanHtml::amended(wrap::wrap(html.as_str(), &text, &wraps)), count }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::clean::{Rendering, clean, nothing_kept};

    fn marked(html: &str, word: &str) -> MarkedHits {
        let html = clean(
            html,
            &Rendering {
                base: None,
                picture: &|url| url.to_string(),
                media: &|url| url.to_string(),
                kept: &nothing_kept,
            },
        );
        mark_hits(html, |text| text.match_indices(word).map(|(at, word)| at..at + word.len()).collect())
    }

    #[test]
    fn hits_are_marked_and_numbered_and_nothing_else_changes() {
        let found = marked("<p>a 麦<b>田</b> b</p><p>麦田 &amp; 麦</p><p>田</p>", "麦田");
        assert_eq!(
            found.html.as_str(),
            "<p>a <mark class=\"hit\" id=\"hit1\">麦</mark><b><mark class=\"hit\">田</mark></b> b</p>\
             <p><mark class=\"hit\" id=\"hit2\">麦田</mark> &amp; 麦</p><p>田</p>"
        );
        assert_eq!(found.count, 2);
        let read_aloud = marked("<p>a <ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>です</p>", "漢字で");
        assert_eq!(read_aloud.count, 1);
        assert!(read_aloud.html.as_str().contains("<mark class=\"hit\" id=\"hit1\">漢</mark>"), "{read_aloud:?}");
        assert!(read_aloud.html.as_str().contains("<mark class=\"hit\">で</mark>す"), "{read_aloud:?}");
        assert_eq!(marked("<p>x</p>", "y").html.as_str(), "<p>x</p>");
    }
}
