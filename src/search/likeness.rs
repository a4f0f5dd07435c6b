//! Whether two articles are one: what of an article can be compared without its text.
//!
//! Two articles of different feeds are copies of each other if they have one address, or one title and texts that are nearly the
//! same. The texts are compared by fingerprints (SimHash, Charikar 2002) of the terms that the search knows of them: texts with
//! nearly the same terms have fingerprints that differ in few of their 64 bits. One is of the whole text, one of its beginning, because
//! many feeds bring only that.

use foldhash::HashSet;
use foldhash::HashSetExt as _;

use super::fold::Folded;
use super::terms::{Indexed, Piece, hash, indexed_pieces, pairs, pieces};
use crate::domain::{UnixMillis, WebUrl};

/// A text with fewer different terms has no fingerprint: too many are alike by chance.
const FEWEST: usize = 12;
/// So many terms are the beginning of a text.
const BEGINNING: usize = 40;
/// In so many bits the fingerprints of whole texts may differ.
const WHOLE_BITS: u32 = 8;
/// In so many those of beginnings.
const BEGINNING_BITS: u32 = 2;
/// In so many those of texts whose title a feed gives to one article after the other.
const RECURRING_BITS: u32 = 3;
/// Titles with fewer letters say too little.
const TITLE_LETTERS: usize = 4;
/// Behind a title a site may write so many characters, its name.
const SITE_NAME: usize = 32;
/// One address names one article for so long.
const ADDRESS_DAYS: i64 = 7;
/// One title does for so long.
const TITLE_DAYS: i64 = 3;

/// No two articles that are further apart are one.
pub const LIKENESS_MILLIS: i64 = ADDRESS_DAYS * UnixMillis::DAY;

/// What of an article is compared. Numbers are what a database can hold, and the same in every version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Likeness {
    /// Of its address.
    pub address: Option<i64>,
    /// Of its title.
    pub title: Option<i64>,
    /// The fingerprint of its text.
    pub whole: Option<i64>,
    /// The fingerprint of the beginning of its text.
    pub beginning: Option<i64>,
}

/// What is known of two articles beside their likeness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    /// Milliseconds between them.
    pub apart: i64,
    /// One of the feeds gives this address to several articles.
    pub shared_address: bool,
    /// One of the feeds gives this title to several articles.
    pub shared_title: bool,
}

impl Likeness {
    /// Of an article with this title and this text, both folded.
    pub fn new(address: Option<&WebUrl>, title: &Folded, text: &Folded) -> Self {
        Self::of(address, title, pieces(text.as_str()))
    }

    fn of<'a>(address: Option<&WebUrl>, title: &Folded, text: impl Iterator<Item = Piece<'a>>) -> Self {
        let mut terms: Vec<u64> = Vec::new();
        let mut seen = HashSet::new();
        let mut beginning = None;
        for (count, term) in each_term(text).enumerate() {
            if count == BEGINNING {
                beginning = fingerprint(&terms);
            }
            if seen.insert(term) {
                terms.push(term);
            }
        }
        let whole = fingerprint(&terms);
        Self { address: address.and_then(address_key), title: title_key(title), whole, beginning: beginning.or(whole) }
    }

    /// Whether two articles of different feeds are one.
    pub fn is_copy_of(&self, other: &Self, occasion: Occasion) -> bool {
        let same = |a: Option<i64>, b: Option<i64>| a.is_some() && a == b;
        if same(self.address, other.address)
            && !occasion.shared_address
            && occasion.apart <= ADDRESS_DAYS * UnixMillis::DAY
        {
            return true;
        }
        if !same(self.title, other.title) || occasion.apart > TITLE_DAYS * UnixMillis::DAY {
            return false;
        }
        if occasion.shared_title {
            return are_near(self.whole, other.whole, RECURRING_BITS);
        }
        are_near(self.whole, other.whole, WHOLE_BITS) || are_near(self.beginning, other.beginning, BEGINNING_BITS)
    }
}

/// What is indexed of an article, and what is compared.
pub fn indexed_and_compared(address: Option<&WebUrl>, title: &str, author: &str, text: &str) -> (Indexed, Likeness) {
    let (title, author, text) = (Folded::new(title), Folded::new(author), Folded::new(text));
    let text: Vec<Piece<'_>> = pieces(text.as_str()).collect();
    let [title_pieces, author] = [&title, &author].map(|folded| pieces(folded.as_str()).collect::<Vec<_>>());
    (indexed_pieces(&title_pieces, &author, &text), Likeness::of(address, &title, text.iter().copied()))
}

fn are_near(a: Option<i64>, b: Option<i64>, bits: u32) -> bool {
    a.zip(b).is_some_and(|(a, b)| (a ^ b).count_ones() <= bits)
}

/// The terms of a text in their order: words, and pairs of characters of scripts without spaces.
fn each_term<'a>(pieces: impl Iterator<Item = Piece<'a>>) -> impl Iterator<Item = u64> {
    pieces.flat_map(|piece| {
        let word = piece.is_word.then(|| hash(&[piece.text]));
        let run = if piece.is_word { "" } else { piece.text };
        word.into_iter().chain(pairs(run).map(|pair| hash(&[pair])))
    })
}

/// Each bit is what the terms have most often in its place.
fn fingerprint(terms: &[u64]) -> Option<i64> {
    if terms.len() < FEWEST {
        return None;
    }
    let mut counts = [0_usize; 64];
    for some in terms.chunks(usize::from(u8::MAX)) {
        // Eight counters in one number: the byte `n` of the lane `l` counts the bit `8n + l`.
        let mut lanes = [0_u64; 8];
        for term in some {
            for (bit, lane) in lanes.iter_mut().enumerate() {
                *lane += term >> bit & 0x0101_0101_0101_0101;
            }
        }
        for (place, count) in counts.iter_mut().enumerate() {
            *count += usize::from(lanes[place % 8].to_le_bytes()[place / 8]);
        }
    }
    let bits =
        counts.iter().enumerate().fold(0_u64, |bits, (bit, count)| bits | u64::from(2 * count > terms.len()) << bit);
    Some(bits.cast_signed())
}

/// A key is never negative, so that it is the same number in a list of ids.
fn key(text: &str) -> i64 {
    (hash(&[text]) >> 1).cast_signed()
}

/// An address without what does not change where it leads. One that leads to a site and not to a page of it is none.
fn address_key(url: &WebUrl) -> Option<i64> {
    let url = url.without_tracking();
    let parts = url.as_url();
    let path = parts.path().trim_end_matches('/');
    if path.is_empty() && parts.query().is_none() {
        return None;
    }
    let host = url.site().to_lowercase();
    let port = parts.port().map_or_else(String::new, |port| format!(":{port}"));
    let query = parts.query().map_or_else(String::new, |query| format!("?{query}"));
    let fragment = parts.fragment().map_or_else(String::new, |fragment| format!("#{fragment}"));
    Some(key(&format!("{host}{port}{path}{query}{fragment}")))
}

/// The letters of a title without the name of the site that may stand behind it.
fn title_key(title: &Folded) -> Option<i64> {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let title = title.as_str();
    let ends = [" - ", " | ", "_", " · "].into_iter().filter_map(|sign| title.rfind(sign)).max();
    let bare = ends
        .and_then(|at| title.get(..at).zip(title.get(at..)))
        .filter(|(bare, site)| site.chars().count() <= SITE_NAME && letters(bare).chars().count() >= 3 * TITLE_LETTERS)
        .map_or(title, |(bare, _)| bare);
    let letters = letters(bare);
    (letters.chars().count() >= TITLE_LETTERS).then(|| key(&letters))
}

#[cfg(test)]
mod tests;
