//! What an index holds of a text: its words, and of scripts without spaces every pair of neighbours and every character.
//!
//! One and two characters, and single words, are found by the index alone, without a dictionary and without exception. For
//! whatever is longer the index gives candidates: texts with all of its pairs or words. A [`Sketch`] sorts most of the wrong
//! ones out without reading them, and the text itself decides.

use foldhash::HashSet;
use foldhash::HashSetExt as _;

use super::fold::{Folded, Kind, kind};

/// Words are cut to so many bytes; what is longer is no word.
const WORD_BYTES: usize = 64;
/// The most bytes of all terms of a text; PostgreSQL takes no more than 1 MiB.
const MAX_BYTES: usize = 1_000_000;
/// Up to so many bytes of text pairs are not made unique: the index does that, and repetitions are rare in short texts.
const SHORT: usize = 64 * 1024;
/// Bits of a sketch for each of its entries: of a hundred wrong entries nine are taken for right ones.
const BITS: usize = 5;
/// How many of them are set.
const SET: u64 = 3;

/// Stands before the terms of a title. Folding leaves neither this character nor the next one in any text.
const TITLE: char = '¹';
/// Stands before the terms of an author.
const AUTHOR: char = '²';

/// Which part of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Any of title, author and text.
    Any,
    /// The title.
    Title,
    /// The author.
    Author,
}

/// What is indexed of an article.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Indexed {
    /// The terms with spaces between them.
    pub terms: String,
    /// Which terms stand beside which.
    pub sketch: Sketch,
}

/// The terms of an article from its plain text.
pub fn indexed(title: &str, author: &str, text: &str) -> Indexed {
    let (title, author, text) = (Folded::new(title), Folded::new(author), Folded::new(text));
    let [title, author, text] = [&title, &author, &text].map(|folded| pieces(folded.as_str()).collect::<Vec<_>>());
    indexed_pieces(&title, &author, &text)
}

/// The same of texts that are folded and in pieces already.
pub(super) fn indexed_pieces(title: &[Piece<'_>], author: &[Piece<'_>], text: &[Piece<'_>]) -> Indexed {
    let bytes = text.iter().map(|piece| piece.text.len()).sum::<usize>();
    let mut collector = Collector {
        terms: String::with_capacity(bytes * 2),
        words: HashSet::new(),
        pairs: (bytes > SHORT).then(HashSet::new),
    };
    let mut neighbours = Vec::with_capacity(bytes / 4);
    for (part, mark) in [(title, Some(TITLE)), (author, Some(AUTHOR)), (text, None)] {
        collector.collect(part, None);
        if mark.is_some() {
            let mut marked = Collector { terms: String::new(), words: HashSet::new(), pairs: Some(HashSet::new()) };
            marked.collect(part, mark);
            collector.append(&marked.terms);
        }
        each_neighbours(part.iter().copied(), |hash| neighbours.push(hash));
    }
    Indexed { terms: collector.terms, sketch: Sketch::of(&neighbours) }
}

/// A piece of a folded text between signs and spaces, of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) is_word: bool,
    /// Something stands between it and the piece before.
    pub(super) is_apart: bool,
}

/// The pieces of a folded text.
pub(super) fn pieces(folded: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = folded.get(at..)?;
        let skipped = rest.find(|c| kind(c).is_term())?;
        let rest = &rest[skipped..];
        let first = kind(rest.chars().next()?);
        let end = rest.find(|c| kind(c) != first).unwrap_or(rest.len());
        let is_apart = at == 0 || skipped > 0;
        at += skipped + end;
        Some(Piece { text: &rest[..end], is_word: first == Kind::Letter, is_apart })
    })
}

/// A word as it stands in an index.
fn clipped(word: &str) -> &str {
    &word[..word.floor_char_boundary(WORD_BYTES)]
}

/// Whether a word is longer than what stands in an index.
pub(super) fn is_clipped(word: &str) -> bool {
    word.len() > WORD_BYTES
}

/// The pairs of neighbours in a run of characters.
pub(super) fn pairs(run: &str) -> impl Iterator<Item = &str> {
    let mut starts = run.char_indices().map(|(at, _)| at).skip(2).chain([run.len()]);
    let is_long = run.chars().nth(1).is_some();
    run.char_indices()
        .take(if is_long { usize::MAX } else { 0 })
        .map_while(move |(at, _)| Some(&run[at..starts.next()?]))
}

/// The terms that a text must have to hold a phrase, as an index holds them: words and pairs, single characters where
/// they stand alone.
pub(super) fn terms_of_phrase(folded: &str, part: Part) -> Vec<String> {
    let mut terms = Vec::new();
    for piece in pieces(folded) {
        if piece.is_word {
            terms.push(clipped(piece.text).to_owned());
        } else if piece.text.chars().nth(1).is_none() {
            terms.push(piece.text.to_owned());
        } else {
            terms.extend(pairs(piece.text).map(str::to_owned));
        }
    }
    terms.sort_unstable();
    terms.dedup();
    match part {
        Part::Any => terms,
        Part::Title => terms.into_iter().map(|term| format!("{TITLE}{term}")).collect(),
        Part::Author => terms.into_iter().map(|term| format!("{AUTHOR}{term}")).collect(),
    }
}

/// Gathers terms, words and characters once each.
struct Collector<'a> {
    terms: String,
    words: HashSet<&'a str>,
    pairs: Option<HashSet<&'a str>>,
}

impl<'a> Collector<'a> {
    fn collect(&mut self, pieces: &[Piece<'a>], mark: Option<char>) {
        for piece in pieces {
            if piece.is_word {
                self.add_once(clipped(piece.text), mark);
                continue;
            }
            for pair in pairs(piece.text) {
                if self.pairs.as_mut().is_none_or(|known| known.insert(pair)) {
                    self.add(pair, mark);
                }
            }
            for (at, c) in piece.text.char_indices() {
                self.add_once(&piece.text[at..at + c.len_utf8()], mark);
            }
        }
    }

    fn add_once(&mut self, term: &'a str, mark: Option<char>) {
        if self.words.insert(term) {
            self.add(term, mark);
        }
    }

    fn add(&mut self, term: &str, mark: Option<char>) {
        if self.terms.len() + term.len() + 4 > MAX_BYTES {
            return;
        }
        if !self.terms.is_empty() {
            self.terms.push(' ');
        }
        self.terms.extend(mark);
        self.terms.push_str(term);
    }

    fn append(&mut self, terms: &str) {
        if !terms.is_empty() && self.terms.len() + terms.len() < MAX_BYTES {
            self.terms.push(' ');
            self.terms.push_str(terms);
        }
    }
}

/// Calls `take` with a number for each group of neighbours: three characters of a run, and what stands on both sides of the
/// border between two pieces.
fn each_neighbours<'a>(pieces: impl Iterator<Item = Piece<'a>>, mut take: impl FnMut(u64)) {
    let mut last: Option<Piece<'a>> = None;
    for piece in pieces {
        if let Some(before) = last {
            let (left, right) = (before.last_unit(), piece.first_unit());
            // Between two runs there is always something, between a run and a word it does not matter.
            take(hash(&[left, right]));
        }
        if !piece.is_word {
            let mut starts = piece.text.char_indices().map(|(at, _)| at);
            let (mut first, mut second, mut third) = (starts.next(), starts.next(), starts.next());
            while let (Some(from), Some(_), Some(at)) = (first, second, third) {
                let end = at + piece.text[at..].chars().next().map_or(0, char::len_utf8);
                take(hash(&[&piece.text[from..end]]));
                (first, second, third) = (second, third, starts.next());
            }
        }
        last = Some(piece);
    }
}

impl<'a> Piece<'a> {
    fn first_unit(&self) -> &'a str {
        let end = self.text.chars().next().map_or(0, char::len_utf8);
        if self.is_word { clipped(self.text) } else { &self.text[..end] }
    }

    fn last_unit(&self) -> &'a str {
        let start = self.text.char_indices().next_back().map_or(0, |(at, _)| at);
        if self.is_word { clipped(self.text) } else { &self.text[start..] }
    }
}

/// The neighbours in a phrase, as a [`Sketch`] knows them.
pub(super) fn neighbours_of_phrase(folded: &str) -> Vec<u64> {
    let mut all = Vec::new();
    each_neighbours(pieces(folded), |hash| all.push(hash));
    all
}

/// FNV-1a, 64 bits, with the bits mixed once more: what is stored must be the same in every version.
pub(super) fn hash(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (hash >> 32)
}

/// Which terms of a text are neighbours, as a set that may hold too much but never too little (a Bloom filter).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sketch(Vec<u8>);

impl Sketch {
    fn of(neighbours: &[u64]) -> Self {
        let mut bits = vec![0_u8; (neighbours.len() * BITS).div_ceil(8)];
        let len = bits.len();
        for neighbour in neighbours {
            for place in places(*neighbour, len) {
                if let Some(byte) = bits.get_mut(place / 8) {
                    *byte |= 1 << (place % 8);
                }
            }
        }
        Self(bits)
    }

    /// The sketch as it was stored.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// What is stored of it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the text may hold all of these neighbours.
    pub(super) fn may_hold(&self, neighbours: &[u64]) -> bool {
        neighbours.iter().all(|neighbour| {
            !self.0.is_empty()
                && places(*neighbour, self.0.len())
                    .all(|place| self.0.get(place / 8).is_some_and(|byte| byte & (1 << (place % 8)) != 0))
        })
    }
}

/// The bits of a neighbour in a sketch of `bytes` bytes.
fn places(hash: u64, bytes: usize) -> impl Iterator<Item = usize> {
    let bits = u64::try_from(bytes).unwrap_or(u64::MAX / 8) * 8;
    let step = (hash >> 32) | 1;
    (0..SET).map(move |turn| usize::try_from(hash.wrapping_add(turn.wrapping_mul(step)) % bits.max(1)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let mut terms: Vec<_> = indexed("", "", text).terms.split(' ').map(str::to_owned).collect();
        terms.sort();
        terms
    }

    #[test]
    fn words_pairs_and_single_characters_are_terms() {
        assert_eq!(
            terms("Café中國的iPhone手机"),
            ["cafe", "iphone", "中", "中国", "国", "国的", "手", "手机", "机", "的"]
        );
        assert_eq!(terms("第3季, the The"), ["3", "the", "季", "第"]);
        assert_eq!(terms("中国，人民"), ["中", "中国", "人", "人民", "国", "民"]);
        assert_eq!(terms("good👍🏽news"), ["good", "news", "👍"]);
        assert_eq!(terms("한국 사람"), ["국", "람", "사", "사람", "한", "한국"]);
        assert_eq!(indexed("", "", " … ").terms, "");
    }

    #[test]
    fn titles_and_authors_have_terms_of_their_own() {
        let terms = indexed("麦田 news", "Ann", "text").terms;
        let all: Vec<_> = terms.split(' ').collect();
        for term in ["麦田", "¹麦田", "¹news", "news", "ann", "²ann", "text"] {
            assert!(all.contains(&term), "{term} of {terms}");
        }
        assert!(!all.contains(&"¹text") && !all.contains(&"²news"));
        assert!(!indexed("", "", "a¹news x²").terms.contains(TITLE), "folding leaves no mark in a text");
    }

    #[test]
    fn a_phrase_asks_for_as_little_as_finds_it() {
        assert_eq!(terms_of_phrase("中", Part::Any), ["中"]);
        assert_eq!(terms_of_phrase("中国人", Part::Any), ["中国", "国人"]);
        assert_eq!(terms_of_phrase("the document", Part::Title), ["¹document", "¹the"]);
        assert!(terms_of_phrase("!!", Part::Any).is_empty());
    }

    #[test]
    fn a_sketch_knows_the_neighbours_of_its_text_and_few_others() {
        let text = "the window opens 对话框中的选项 and a package";
        let sketch = indexed("", "", text).sketch;
        for there in ["the window opens", "对话框中", "的选项", "选项 and", "opens 对话框中的选项 and"]
        {
            assert!(sketch.may_hold(&neighbours_of_phrase(there)), "{there}");
        }
        let wrong = (0..1000).filter(|n| sketch.may_hold(&neighbours_of_phrase(&format!("window {n}")))).count();
        assert!(wrong < 200, "{wrong} of 1000");
        assert!(!Sketch::default().may_hold(&neighbours_of_phrase("a b")));
        assert!(Sketch::default().may_hold(&[]));
    }

    #[test]
    fn a_text_of_any_length_has_terms_that_both_databases_take() {
        let long: String = (0..400_000_u32).filter_map(|n| char::from_u32(0x4e00 + n * 7919 % 20_000)).collect();
        let indexed = indexed("", "", &long);
        assert!(indexed.terms.len() <= MAX_BYTES);
        assert_eq!(terms(&"x".repeat(1000)), ["x".repeat(WORD_BYTES)]);
    }
}
