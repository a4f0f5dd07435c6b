//! The part of a thing that a browser asks for (RFC 9110, section 14.1.2). One range is answered as one; several at once
//! are answered with the whole, as the RFC allows: nobody needs them, and ten thousand would be an attack.

use std::ops::Range;

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slice {
    /// Everything: nothing else was asked for, or it cannot be understood.
    Whole,
    /// These bytes.
    Part(Range<usize>),
    /// Nothing: the asked part lies behind the end.
    Impossible,
}

impl Slice {
    /// Reads a `Range` header for a thing of `length` bytes.
    pub(super) fn read(header: &[u8], length: usize) -> Self {
        let Some((first, last)) = single(header) else { return Self::Whole };
        match (first, last) {
            (Some(first), _) if first >= length => Self::Impossible,
            (Some(first), Some(last)) if last < first => Self::Whole,
            (Some(first), last) => Self::Part(first..last.map_or(length, |last| last.saturating_add(1).min(length))),
            (None, Some(0)) => Self::Impossible,
            (None, Some(tail)) => Self::Part(length.saturating_sub(tail)..length),
            (None, None) => Self::Whole,
        }
    }
}

/// Whether a `Range` header asks for one part that can be understood.
pub(super) fn is_single(header: &str) -> bool {
    single(header.as_bytes()).is_some_and(|(first, last)| first.is_some() || last.is_some())
}

/// The two numbers of `bytes=FIRST-LAST`, each of which may be missing; `None` for any other form.
fn single(header: &[u8]) -> Option<(Option<usize>, Option<usize>)> {
    let text = std::str::from_utf8(header).ok()?.trim();
    let (unit, range) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    Some((number(first)?, number(last)?))
}

/// `Some(None)` for nothing, `None` for what is no number.
fn number(text: &str) -> Option<Option<usize>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    // `parse` alone would take a sign.
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().unwrap_or(usize::MAX)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_cut_out() {
        for (header, slice) in [
            ("bytes=0-0", 0..1),
            ("bytes=2-4", 2..5),
            ("bytes=2-", 2..10),
            ("bytes=2-99", 2..10),
            ("bytes=-3", 7..10),
            ("bytes=-99", 0..10),
            ("BYTES = 0-99999999999999999999999999", 0..10),
        ] {
            assert_eq!(Slice::read(header.as_bytes(), 10), Slice::Part(slice), "{header}");
        }
    }

    #[test]
    fn many_ranges_and_nonsense_give_the_whole() {
        let many = format!("bytes={}0-0", "0-0,".repeat(10_000));
        for header in ["", "bytes", "bytes=", "bytes=-", "bytes=4-2", "bytes=+1-2", "bytes=--5", "lines=0-1", &many] {
            assert_eq!(Slice::read(header.as_bytes(), 10), Slice::Whole, "{header:.20}");
        }
    }

    #[test]
    fn what_lies_behind_the_end_is_impossible() {
        for header in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(Slice::read(header.as_bytes(), 10), Slice::Impossible, "{header}");
        }
    }
}
