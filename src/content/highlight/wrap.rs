//! Marks around ranges of a text. A mark never reaches over a tag: where a passage does, each piece between two tags
//! has a mark of its own, so that no tree changes its shape.

use std::fmt::Write as _;
use std::ops::Range;

use super::text::PlainText;
use crate::domain::{HighlightColour, HighlightId};

/// A range of characters to mark.
#[derive(Debug, Clone)]
pub(super) struct Wrap {
    pub(super) range: Range<usize>,
    pub(super) around: Around,
}

/// What a mark is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Around {
    /// A passage that a reader marked.
    Passage(HighlightId, HighlightColour),
    /// What a search looked for, with its number.
    Hit(usize),
}

/// What is written for the end of a mark.
pub(super) const END: &str = "</mark>";

/// The HTML with marks. It differs from `html` in nothing else.
pub(super) fn wrap(html: &str, text: &PlainText, wraps: &[Wrap]) -> String {
    let units = text.units();
    let mut out = String::with_capacity(html.len() + wraps.len() * 128);
    let mut begun = vec![false; wraps.len()];
    let mut copied = 0;
    for piece in pieces(text, wraps) {
        let (Some(first), Some(last)) = (units.get(piece.start), units.get(piece.end - 1)) else { continue };
        out.push_str(&html[copied..first.at]);
        let covering = wraps.iter().enumerate().filter(|(_, wrap)| wrap.range.contains(&piece.start));
        let mut depth = 0;
        for (number, wrap) in covering {
            open(&mut out, wrap, !begun[number]);
            begun[number] = true;
            depth += 1;
        }
        out.push_str(&html[first.at..last.end()]);
        for _ in 0..depth {
            out.push_str(END);
        }
        copied = last.end();
    }
    out.push_str(&html[copied..]);
    out
}

fn open(out: &mut String, wrap: &Wrap, is_first: bool) {
    // Numbers and our own words only: nothing of what a reader or a page wrote comes in here.
    let _ = match wrap.around {
        Around::Passage(id, colour) => write!(out, "<mark class=\"hl {}\" data-highlight=\"{}\"", colour.name(), id.0),
        Around::Hit(_) => write!(out, "<mark class=\"hit\""),
    };
    if is_first {
        let _ = match wrap.around {
            Around::Passage(id, _) => write!(out, " id=\"h{}\"", id.0),
            Around::Hit(number) => write!(out, " id=\"hit{number}\""),
        };
    }
    out.push('>');
}

/// The pieces that get the same marks: cut at the borders of ranges and wherever a tag stands.
fn pieces(text: &PlainText, wraps: &[Wrap]) -> Vec<Range<usize>> {
    let units = text.units();
    let mut borders: Vec<usize> = wraps.iter().flat_map(|wrap| [wrap.range.start, wrap.range.end]).collect();
    borders.sort_unstable();
    borders.dedup();
    let mut pieces = Vec::new();
    for border in borders.windows(2) {
        let &[start, end] = border else { continue };
        if !wraps.iter().any(|wrap| wrap.range.contains(&start)) {
            continue;
        }
        let mut begin = start;
        for place in start..end.min(units.len()) {
            let is_last = place + 1 >= end.min(units.len())
                || units[place].end() != units[place + 1].at
                || !units[place + 1].can_be_marked;
            if !units[place].can_be_marked {
                begin = place + 1;
            } else if is_last {
                pieces.push(begin..place + 1);
                begin = place + 1;
            }
        }
    }
    pieces
}
