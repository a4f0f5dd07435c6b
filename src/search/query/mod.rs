//! The language in which a reader asks, and how a query was read.
//!
//! Words, "phrases", `-not`, `or`, brackets and fields such as `feed:`. Every text is a query: what cannot be understood is
//! looked for as words, and [`Query::notes`] says so. `or` binds more tightly than what stands side by side, as in the search
//! engines that people know: `a b or c` is `a (b or c)`.

mod arriving;
mod dates;
mod parse;
mod show;
#[cfg(test)]
mod tests;

pub use arriving::Arriving;
use jiff::tz::TimeZone;

use super::fold::Folded;
use super::phrase::Phrase;
use super::terms::Part;
use crate::domain::UnixMillis;

/// The most bytes of a query; what comes after them is left out.
pub const MAX_QUERY_BYTES: usize = 256;

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What an article must be. `None` if nothing was asked for.
    pub node: Option<Node>,
    /// What was not read as it may have been meant.
    pub notes: Vec<Note>,
    /// Where its reader is.
    zone: TimeZone,
}

/// A condition on an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// All of them.
    All(Vec<Node>),
    /// At least one of them.
    Any(Vec<Node>),
    /// Not this one.
    Not(Box<Node>),
    /// A single one.
    Is(Test),
}

/// A single condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// It has these words.
    Text {
        /// Where.
        part: Part,
        /// Which.
        phrase: Phrase,
    },
    /// It came with a feed whose title is, or else holds, this.
    Feed(String),
    /// Its feed is in a category of such a title.
    Category(String),
    /// It has a tag of such a name.
    Tag(String),
    /// It is in this language; `zh` is all of Chinese.
    Language(String),
    /// Its page is on this host or below it.
    Site(String),
    /// It is in this state.
    State(State),
    /// It has this.
    Has(Thing),
    /// It is older than this moment.
    Before(UnixMillis),
    /// It is of this moment or later.
    From(UnixMillis),
}

/// What a reader, or its source, did with an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Not read.
    Unread,
    /// Read.
    Read,
    /// Starred.
    Starred,
    /// Kept for later.
    Later,
    /// Changed at its source.
    Edited,
    /// Shared.
    Shared,
    /// Gone from its source.
    Gone,
}

impl State {
    /// Its word in a query.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Read => "read",
            Self::Starred => "starred",
            Self::Later => "later",
            Self::Edited => "edited",
            Self::Shared => "shared",
            Self::Gone => "gone",
        }
    }
}

/// What an article can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Thing {
    /// A picture worth showing.
    Picture,
    /// A recording.
    Audio,
    /// A film.
    Video,
    /// A passage that the reader marked.
    Highlight,
    /// A note at such a passage.
    Note,
}

impl Thing {
    /// Its word in a query.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Highlight => "highlight",
            Self::Note => "note",
        }
    }
}

/// Something about a query that its writer should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// It was longer than [`MAX_QUERY_BYTES`].
    Cut,
    /// A quotation mark or a bracket had no other half.
    Unclosed,
    /// There is nothing to look for in this.
    Nothing(String),
    /// There is no such field, or it cannot have this value; looked for as words.
    AsWords(String),
}

impl Query {
    /// Reads a query. Dates are those of the reader's `zone`, and `now` is what `7d` counts from.
    pub fn parse(text: &str, now: UnixMillis, zone: &TimeZone) -> Self {
        parse::parse(text, now, zone)
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.node.is_none()
    }

    /// Whether a text of a reader's own has the words that are asked for, whatever else is: a note has neither feed nor title.
    pub fn is_met_by_words(&self, text: &Folded) -> bool {
        self.node.as_ref().and_then(|node| node.words_in(text)) == Some(true)
    }

    /// Whether a text of a reader's own has the words, and whatever else is asked for `holds` where it stands.
    pub fn is_met_with(&self, text: &Folded, holds: &dyn Fn(&Test) -> bool) -> bool {
        self.node.as_ref().is_some_and(|node| node.is_met_with(text, holds))
    }

    /// The phrases that this part of a found article may have, to be marked in it: in a text, those that are looked for anywhere.
    pub fn phrases(&self, part: Part) -> Vec<&Phrase> {
        let mut phrases = Vec::new();
        if let Some(node) = &self.node {
            node.phrases(part, &mut phrases);
        }
        phrases
    }
}

impl Node {
    /// Whether the words are in a text; `None` if something else decides.
    fn words_in(&self, text: &Folded) -> Option<bool> {
        match self {
            Self::All(nodes) => nodes.iter().filter_map(|node| node.words_in(text)).reduce(|all, one| all && one),
            Self::Any(nodes) => {
                let all: Vec<Option<bool>> = nodes.iter().map(|node| node.words_in(text)).collect();
                [Some(true), None].into_iter().find(|is| all.contains(is)).unwrap_or(Some(false))
            }
            Self::Not(node) => node.words_in(text).map(|is| !is),
            Self::Is(Test::Text { part: Part::Any, phrase }) => Some(phrase.is_in(text)),
            Self::Is(_) => None,
        }
    }

    fn is_met_with(&self, text: &Folded, holds: &dyn Fn(&Test) -> bool) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.is_met_with(text, holds)),
            Self::Any(nodes) => nodes.iter().any(|node| node.is_met_with(text, holds)),
            Self::Not(node) => !node.is_met_with(text, holds),
            Self::Is(Test::Text { part: Part::Any, phrase }) => phrase.is_in(text),
            Self::Is(test) => holds(test),
        }
    }

    fn phrases<'a>(&'a self, part: Part, phrases: &mut Vec<&'a Phrase>) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.phrases(part, phrases)),
            Self::Is(Test::Text { part: asked, phrase }) if *asked == Part::Any || *asked == part => {
                phrases.push(phrase);
            }
            Self::Is(_) | Self::Not(_) => {}
        }
    }
}
