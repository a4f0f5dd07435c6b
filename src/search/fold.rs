//! Texts as they are compared: without regard to case, width, accents and the two scripts of Chinese.
//!
//! Folding keeps what was written apart from how it was written. Every character of a folded text is one of four [`Kind`]s, and
//! white space is one space. Whatever is searched and whatever is looked for goes through here, so that no rule has to
//! be right, only the same on both sides.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::han::simplified;

/// What a folded character is to a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of a word that has an end and a beginning.
    Letter,
    /// A character of a script that writes no spaces between words, or whose words are looked for in parts.
    Glyph,
    /// White space, always one.
    Space,
    /// Everything else: punctuation, symbols.
    Sign,
}

impl Kind {
    /// Whether it counts in a search; spaces and signs are what lies between.
    pub(super) fn is_term(self) -> bool {
        matches!(self, Self::Letter | Self::Glyph)
    }
}

/// A folded text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folded {
    text: String,
    /// Where its pieces came from, in order.
    sources: Vec<Piece>,
}

/// Folded characters that stand one after the other in the source, too.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    /// Where they begin in the folded text.
    start: usize,
    /// The bytes that they came from.
    source: Range<usize>,
    /// Each came from as many bytes as it takes. Else it is one, or it is one of several that came from the same bytes.
    is_even: bool,
}

impl Folded {
    /// Folds a text.
    pub fn new(text: &str) -> Self {
        let mut out = String::with_capacity(text.len());
        fold(text, |c, _| out.push(c));
        Self { text: trimmed(out), sources: Vec::new() }
    }

    /// Folds a text and remembers where each character stood.
    pub fn with_sources(text: &str) -> Self {
        let mut out = String::with_capacity(text.len());
        let mut sources: Vec<Piece> = Vec::new();
        fold(text, |c, source| {
            let start = out.len();
            out.push(c);
            let is_even = source.len() == c.len_utf8();
            match sources.last_mut() {
                // Nearly everything: a text is a few long pieces.
                Some(piece) if is_even && piece.is_even && piece.source.end == source.start => {
                    piece.source.end = source.end;
                }
                _ => sources.push(Piece { start, source, is_even }),
            }
        });
        Self { text: out, sources }
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bytes of the source that these bytes of the folded text came from. Empty without [`Folded::with_sources`].
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        let piece = |at: usize| {
            let after = self.sources.partition_point(|piece| piece.start <= at);
            self.sources.get(after.checked_sub(1)?)
        };
        let (Some(first), Some(last)) = (piece(range.start), range.end.checked_sub(1).and_then(piece)) else {
            return 0..0;
        };
        let start = if first.is_even { first.source.start + range.start - first.start } else { first.source.start };
        let end = if last.is_even { last.source.start + range.end - last.start } else { last.source.end };
        start..end.max(start)
    }
}

fn trimmed(mut text: String) -> String {
    if text.ends_with(' ') {
        text.pop();
    }
    text
}

/// What a folded character is.
pub(super) fn kind(c: char) -> Kind {
    match c {
        ' ' => Kind::Space,
        'a'..='z' | '0'..='9' => Kind::Letter,
        '\0'..='\x7f' => Kind::Sign,
        _ if is_glyph(c) => Kind::Glyph,
        _ if c.is_alphanumeric() || is_combining_mark(c) => Kind::Letter,
        _ => Kind::Sign,
    }
}

/// Han, kana, hangul and bopomofo, and the scripts of South-East Asia that write no spaces.
fn is_glyph(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}' | '\u{ac00}'..='\u{d7a3}' | '\u{3400}'..='\u{4dbf}' | '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{3029}' | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}'
        | '\u{f900}'..='\u{faff}' | '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97c}' | '\u{d7b0}'..='\u{d7fb}'
        | '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e81}'..='\u{ebd}' | '\u{ec0}'..='\u{ece}'
        | '\u{edc}'..='\u{edf}' | '\u{1000}'..='\u{1049}' | '\u{1050}'..='\u{109d}' | '\u{1780}'..='\u{17d3}'
        | '\u{20000}'..='\u{3fffd}')
        || is_picture(c)
}

/// Emoji and their like: each is looked for as a character is.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{2b50}'..='\u{2b55}' | '\u{1f000}'..='\u{1faff}')
}

/// Calls `emit` with each folded character and the bytes it came from.
pub(super) fn fold(text: &str, mut emit: impl FnMut(char, Range<usize>)) {
    // What was emitted last; spaces at the beginning do not count.
    let mut last = ' ';
    let mut put = |c: char, source: Range<usize>, last: &mut char| {
        if c != ' ' || *last != ' ' {
            *last = c;
            emit(c, source);
        }
    };
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next_is_ascii = bytes.get(at + 1).is_none_or(u8::is_ascii);
        if byte < 0x80 && next_is_ascii {
            put(ascii(byte), at..at + 1, &mut last);
            at += 1;
            continue;
        }
        let mut rest = text[at..].chars();
        let Some(c) = rest.next() else { break };
        let mut end = at + c.len_utf8();
        let mut next = rest.next();
        if let Some(alone) = alone(c)
            && next.is_none_or(|next| self::alone(next).is_some() || !joins(next))
        {
            put(alone, at..end, &mut last);
            at = end;
            continue;
        }
        // Some write one between the words of a script without spaces, and most do not: it is nothing to a search there.
        if c == '\u{200b}' && kind(last) == Kind::Glyph {
            at = end;
            continue;
        }
        // A character with all that joins it is folded as one.
        while let Some(joined) = next.filter(|c| joins(*c)) {
            end += joined.len_utf8();
            next = rest.next();
        }
        for c in together(&text[at..end]).chars() {
            put(c, at..end, &mut last);
        }
        at = end;
    }
}

fn ascii(byte: u8) -> char {
    let c = char::from(byte.to_ascii_lowercase());
    if c.is_ascii_whitespace() || c.is_ascii_control() { ' ' } else { c }
}

/// The fold of a character that nothing joins, where that is one character and easily told: most of what is written in the
/// scripts of East Asia, Cyrillic, Greek, Arabic and Hebrew, and the usual punctuation. Such a character joins no other.
fn alone(c: char) -> Option<char> {
    match c {
        '\0'..='\x7f' => u8::try_from(c).ok().map(ascii),
        '\u{4e00}'..='\u{9fff}' => Some(simplified(c)),
        '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{3001}'
        | '\u{3002}' => Some(c),
        'й' | 'Й' => None,
        'а'..='я' | 'α'..='ρ' | 'σ'..='ω' | 'א'..='ת' | '\u{628}'..='\u{63a}' | '\u{641}'..='\u{64a}' => {
            Some(c)
        }
        'А'..='Я' | 'Α'..='Ρ' | 'Σ'..='Ω' => char::from_u32(u32::from(c) + 0x20),
        // Letters, numbers and punctuation of ASCII in full width.
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(c) - 0xfee0).ok().map(ascii),
        '\u{3000}' | '\u{a0}' => Some(' '),
        '‘' | '’' => Some('\''),
        '“' | '”' => Some('"'),
        '–' | '—' => Some('-'),
        _ => None,
    }
}

/// Whether a character belongs to the one before it: marks, the later parts of a syllable in hangul, the half-width voicing
/// marks of kana, what nobody sees.
fn joins(c: char) -> bool {
    !c.is_ascii()
        && (is_combining_mark(c) || matches!(c, '\u{1160}'..='\u{11ff}' | '\u{ff9e}' | '\u{ff9f}') || is_unseen(c))
}

/// What has no width, and of which colour somebody is.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}'
        | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e01ef}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// A mark that does not matter: accents of Latin, Greek and Cyrillic, the points of Hebrew and Arabic.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// The fold of one character and what joins it.
fn together(cluster: &str) -> String {
    let apart: String = cluster.nfkd().filter(|c| !is_accent(*c) && !is_unseen(*c)).collect();
    let lower: String = apart.chars().flat_map(char::to_lowercase).filter(|c| !is_accent(*c)).collect();
    let mut out = String::with_capacity(lower.len());
    for c in lower.nfkc() {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'þ' => out.push_str("th"),
            'ı' => out.push('i'),
            'ς' => out.push('σ'),
            'ـ' => {}
            '‘' | '’' | '‚' | '‛' | 'ʼ' | '′' => out.push('\''),
            '“' | '”' | '„' | '‟' | '″' => out.push('"'),
            '‐'..='―' | '−' => out.push('-'),
            c if c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}' | '\u{feff}') => out.push(' '),
            c => out.push(simplified(c)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_width_accents_and_scripts_do_not_matter() {
        for (text, folded) in [
            ("Café  CRÈME", "cafe creme"),
            ("cafe\u{301}", "cafe"),
            ("ＡＢＣ１２３，", "abc123,"),
            ("ｶﾞｷﾞ ガギ か\u{3099}", "ガギ ガギ が"),
            ("臺灣國語 繁體", "台湾国语 繁体"),
            ("Straße, Ærø, ŁÓDŹ", "strasse, aero, lodz"),
            ("ΟΔΟΣ ὁδός", "οδοσ οδοσ"),
            ("Ёлка Йод", "елка иод"),
            ("İstanbul ISPARTA ısı", "istanbul isparta isi"),
            ("한국어 \u{1112}\u{1161}\u{11ab}", "한국어 한"),
            ("مُحَمَّد", "محمد"),
            ("soft\u{ad}hyphen zero\u{200d}joiner", "softhyphen zerojoiner"),
            ("👍🏽 ❤\u{fe0f}", "👍 ❤"),
            ("“quotes” — ‘dash’", "\"quotes\" - 'dash'"),
            (" \n a\t\u{3000}b \u{a0}", "a b"),
            ("हिन्दी", "हिन्दी"),
            ("ភាសា\u{200b}ខ្មែរ\u{200b} ABC", "ភាសាខ្មែរ abc"),
            ("one\u{200b}two", "one two"),
        ] {
            assert_eq!(Folded::new(text).as_str(), folded, "{text}");
            assert_eq!(Folded::new(folded).as_str(), folded, "folding twice");
        }
    }

    #[test]
    fn what_is_told_quickly_is_the_fold() {
        for (c, fold) in ('\0'..=char::MAX).filter_map(|c| Some((c, alone(c)?))) {
            assert_eq!(together(&c.to_string()), fold.to_string(), "{c:?}");
            assert!(!joins(c), "{c:?}");
        }
    }

    #[test]
    fn a_place_in_the_fold_is_a_place_in_the_text() {
        let text = "Le Café—ﬁn 國";
        let folded = Folded::with_sources(text);
        for (part, source) in [("cafe", "Café"), ("fin", "ﬁn"), ("国", "國"), ("i", "ﬁ"), ("-", "—")] {
            let at = folded.as_str().find(part).unwrap();
            assert_eq!(&text[folded.source(at..at + part.len())], source);
        }
        assert_eq!(Folded::with_sources("").source(0..1), 0..0);
    }

    proptest::proptest! {
        #[test]
        fn every_place_in_the_fold_knows_its_bytes(text in "[aA éﬁß國か\u{3099}ｶﾞ\u{301}\u{a0}—한\\PC]{0,40}") {
            let mut told: Vec<(Range<usize>, Range<usize>)> = Vec::new();
            let mut end = 0;
            fold(&text, |c, source| {
                told.push((end..end + c.len_utf8(), source));
                end += c.len_utf8();
            });
            let folded = Folded::with_sources(&text);
            for (at, (first, from)) in told.iter().enumerate() {
                for (last, to) in &told[at..] {
                    assert_eq!(folded.source(first.start..last.end), from.start..to.end);
                }
            }
        }
    }
}
