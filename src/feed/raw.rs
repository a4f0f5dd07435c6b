//! What the readers of the formats hand over: texts as they stand in the document, nothing resolved, limited or dated.

use std::borrow::Cow;

use crate::domain::{FeedFormat, WebUrl};

/// A text and how it is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawText<'a> {
    /// The text, references of the surrounding XML or JSON decoded.
    pub(crate) value: Cow<'a, str>,
    /// Whether the text is HTML, or means exactly its characters.
    pub(crate) html: bool,
    /// The base address in force where it stands.
    pub(crate) base: Option<WebUrl>,
}

/// A feed document.
#[derive(Debug, Default)]
pub(crate) struct RawFeed<'a> {
    pub(crate) format: FeedFormat,
    pub(crate) title: Option<RawText<'a>>,
    pub(crate) description: Option<RawText<'a>>,
    pub(crate) link: Option<RawLink<'a>>,
    /// Whether `link` is a link element of Atom, which an RSS link overrules.
    pub(crate) link_is_atom: bool,
    /// Whether `link` leads to a page rather than to another form of the feed.
    pub(crate) link_is_html: bool,
    pub(crate) self_link: Option<RawLink<'a>>,
    pub(crate) language: Option<Cow<'a, str>>,
    pub(crate) authors: Vec<RawPerson<'a>>,
    pub(crate) icon: Option<RawLink<'a>>,
    pub(crate) logo: Option<RawLink<'a>>,
    pub(crate) updated: Option<Cow<'a, str>>,
    pub(crate) ttl_minutes: Option<Cow<'a, str>>,
    pub(crate) update_period: Option<Cow<'a, str>>,
    pub(crate) update_frequency: Option<Cow<'a, str>>,
    pub(crate) entries: Vec<RawEntry<'a>>,
}

/// An entry.
#[derive(Debug, Default)]
pub(crate) struct RawEntry<'a> {
    pub(crate) guid: Option<Cow<'a, str>>,
    /// Whether the guid may stand in for a missing link.
    pub(crate) guid_is_link: bool,
    pub(crate) link: Option<RawLink<'a>>,
    /// How sure it is that `link` leads to the entry's page; 0 for a mere guess.
    pub(crate) link_rank: u8,
    /// The link before a service put its redirect in front of it.
    pub(crate) original_link: Option<RawLink<'a>>,
    /// The same for its file.
    pub(crate) original_enclosure: Option<RawLink<'a>>,
    pub(crate) title: Option<RawText<'a>>,
    /// Titles of lower rank (`dc:title`, `media:title`, `itunes:title`).
    pub(crate) other_title: Option<RawText<'a>>,
    pub(crate) authors: Vec<RawPerson<'a>>,
    /// Of the feed that it was taken from.
    pub(crate) source_authors: Vec<RawPerson<'a>>,
    /// Authors of lower rank (`itunes:author`).
    pub(crate) other_author: Option<Cow<'a, str>>,
    pub(crate) published: Option<Cow<'a, str>>,
    pub(crate) updated: Option<Cow<'a, str>>,
    /// Dates of lower rank (`dc:date`, `created`).
    pub(crate) other_date: Option<Cow<'a, str>>,
    pub(crate) summary: Option<RawText<'a>>,
    pub(crate) content: Option<RawText<'a>>,
    /// Texts of lower rank (`itunes:summary`, `media:description`).
    pub(crate) other_text: Option<RawText<'a>>,
    pub(crate) language: Option<Cow<'a, str>>,
    pub(crate) base: Option<WebUrl>,
    pub(crate) enclosures: Vec<RawEnclosure<'a>>,
    pub(crate) duration: Option<Cow<'a, str>>,
    pub(crate) categories: Vec<Cow<'a, str>>,
    pub(crate) image: Option<RawPicture<'a>>,
    pub(crate) comments: Option<RawLink<'a>>,
}

/// A picture that stands for an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawPicture<'a> {
    pub(crate) link: RawLink<'a>,
    /// In pixels, where it is said.
    pub(crate) width: Option<u32>,
    /// Of which sort it is; of two that do not say how wide they are the higher one is shown.
    pub(crate) rank: PictureRank,
}

/// Sorts of pictures by how large they usually are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PictureRank {
    /// It stands for the entry in lists.
    Thumbnail,
    /// It is what the entry shows.
    Content,
}

impl RawPicture<'_> {
    /// Whether this picture is shown rather than `other`, which came before it.
    pub(crate) fn is_better_than(&self, other: &Self) -> bool {
        match (self.width, other.width) {
            (Some(width), Some(other)) => width > other,
            _ => self.rank > other.rank,
        }
    }
}

/// An address with the base in force where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawLink<'a> {
    pub(crate) href: Cow<'a, str>,
    pub(crate) base: Option<WebUrl>,
}

/// An author.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RawPerson<'a> {
    /// The name, or the whole text where name and address are one.
    pub(crate) name: Cow<'a, str>,
    pub(crate) email: Cow<'a, str>,
}

/// A file that goes with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawEnclosure<'a> {
    pub(crate) link: RawLink<'a>,
    pub(crate) media_type: Option<Cow<'a, str>>,
    pub(crate) length: Option<Cow<'a, str>>,
    pub(crate) title: Option<Cow<'a, str>>,
    pub(crate) duration: Option<Cow<'a, str>>,
}
