//! The one door into the readers of all feed formats.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::decode::{Kind, decode};
use super::{assemble, json, reader};
use crate::domain::{Failure, FeedDocument, FeedWarning, UnixMillis, WebUrl};

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

/// Reads a feed document of any format: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, CDF, JSON Feed.
///
/// Whatever is broken costs only what it hits; what had to be mended or left out stands in the warnings. Takes linear
/// time and never panics; should it do so nevertheless, the panic is caught and the document called no feed.
pub fn parse(bytes: &[u8], ctx: &ParseContext<'_>) -> Result<FeedDocument, FeedError> {
    catch_unwind(AssertUnwindSafe(|| parse_unguarded(bytes, ctx))).unwrap_or(Err(FeedError::NotAFeed))
}

fn parse_unguarded(bytes: &[u8], ctx: &ParseContext<'_>) -> Result<FeedDocument, FeedError> {
    let decoded = decode(bytes, ctx.content_type, Kind::Xml, Some(ctx.url.host()));
    let text = decoded.text.trim_start();
    if text.is_empty() {
        return Err(FeedError::Empty);
    }
    let mut warnings = Vec::new();
    if decoded.damaged {
        warnings.push(FeedWarning::DamagedText);
    }
    let raw = if text.starts_with(['{', '[']) {
        let (raw, warning) = json::read(text)?;
        warnings.extend(warning);
        raw
    } else {
        let read = reader::read(text, ctx.url)?;
        match (read.truncated, read.mended) {
            (true, _) => warnings.push(FeedWarning::Truncated),
            (false, true) => warnings.push(FeedWarning::Mended),
            (false, false) => {}
        }
        read.feed
    };
    Ok(assemble::assemble(raw, ctx, warnings))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> FeedDocument {
        let url = WebUrl::parse("https://site.example/feed").expect("an address");
        let ctx = ParseContext { url: &url, content_type: None, now: UnixMillis(1_700_000_000_000), max_entries: 10 };
        parse(text.as_bytes(), &ctx).expect("a feed")
    }

    #[test]
    fn an_entry_taken_from_elsewhere_has_the_author_of_its_source() {
        let source = "<source><title>S</title><link href='/no'/><author><name>Ann</name></author></source>";
        for (own, author) in [("", "Ann"), ("<author><name>Bob</name></author>", "Bob")] {
            let feed = read(&format!(
                "<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title><author><name>Eve</name></author>\
                 <entry><title>E</title>{source}{own}<id>1</id></entry></feed>"
            ));
            let entry = &feed.entries[0];
            assert_eq!((entry.title.as_str(), entry.author.as_deref(), &entry.url), ("E", Some(author), &None));
        }
    }

    #[test]
    fn a_relation_may_be_written_as_an_address() {
        let feed = read(
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>E</title>\
             <link rel='http://www.iana.org/assignments/relation/alternate' href='/one'/></entry></feed>",
        );
        assert_eq!(feed.entries[0].url.as_ref().map(WebUrl::as_str), Some("https://site.example/one"));
    }
}
