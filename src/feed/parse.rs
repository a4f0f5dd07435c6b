//! The one door into the readers of all feed formats.

use feedparser_rs::ParseOptions;
use sha2::{Digest, Sha256};

use super::decode::{Kind, decode};
use crate::domain::{Entry, Failure, FeedDocument, Keys, UnixMillis, WebUrl};

/// What the reader of a feed must know beside the bytes.
#[derive(Debug, Clone, Copy)]
pub struct ParseContext<'a> {
    /// The final address of the document; relative links resolve against it.
    pub url: &'a WebUrl,
    /// The `Content-Type` header, whole.
    pub content_type: Option<&'a str>,
    /// The present moment, for dates in the future.
    pub now: UnixMillis,
    /// How many entries are kept; the newest ones.
    pub max_entries: usize,
}

/// Why no feed could be read from a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// There are no bytes, or only white space.
    #[error("the document is empty")]
    Empty,
    /// The document is a web page; it may name its feeds (see [`super::discovery`]).
    #[error("the document is a web page, not a feed")]
    HtmlPage,
    /// The document is something else.
    #[error("the document is no RSS, Atom, RDF or JSON feed")]
    NotAFeed,
    /// Elements are nested deeper than 256 levels.
    #[error("the document is nested deeper than 256 levels")]
    TooDeep,
}

impl FeedError {
    /// The reason in the form that is stored.
    pub fn failure(self) -> Failure {
        match self {
            Self::Empty => Failure::Empty,
            Self::HtmlPage => Failure::HtmlPage,
            Self::NotAFeed => Failure::NotAFeed,
            Self::TooDeep => Failure::TooDeep,
        }
    }
}

/// Reads a feed document of any format.
pub fn parse(bytes: &[u8], ctx: &ParseContext<'_>) -> Result<FeedDocument, FeedError> {
    let decoded = decode(bytes, ctx.content_type, Kind::Xml, Some(ctx.url.host()));
    if decoded.text.trim().is_empty() {
        return Err(FeedError::Empty);
    }
    let options = ParseOptions { resolve_relative_uris: false, sanitize_html: false, ..ParseOptions::default() };
    let parsed =
        feedparser_rs::parse_with_options(decoded.text.as_bytes(), &options).map_err(|_| FeedError::NotAFeed)?;
    let entries = parsed
        .entries
        .into_iter()
        .take(ctx.max_entries)
        .map(|raw| {
            let guid = raw.id.map(|id| id.to_string());
            let url = raw.link.and_then(|link| ctx.url.join(&link).ok());
            let title = raw.title.unwrap_or_default();
            let seed = guid.clone().or_else(|| url.as_ref().map(ToString::to_string)).unwrap_or_else(|| title.clone());
            let mut first = [0; 16];
            first.copy_from_slice(&Sha256::digest(seed.as_bytes())[..16]);
            Entry {
                keys: Keys { first, second: None },
                guid,
                url,
                title,
                published: raw.published.map(|at| UnixMillis(at.timestamp_millis())),
                summary: raw.summary,
                content: raw.content.into_iter().next().map(|c| c.value),
                ..Entry::default()
            }
        })
        .collect();
    Ok(FeedDocument {
        title: parsed.feed.title.unwrap_or_default(),
        site_url: parsed.feed.link.and_then(|link| ctx.url.join(&link).ok()),
        entries,
        ..FeedDocument::default()
    })
}
