//! Normalise: what feeds and relays put around a text is taken off, and pictures point to where they really are.
//!
//! Owns: the rules, each a small named function over one parsed tree. Does not own: bounding the input (done before),
//! finding the article in a page, and safety (done last, by [`clean`](super::clean)). Bounded HTML and the facts that
//! are known about the entry flow in; HTML with absolute addresses flows out, with what was read on the way: a date
//! line, an author, a shorter title, the first picture.

use crate::domain::{Language, UnixMillis, WebUrl};

/// What is known about the article whose body is normalised.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Its title as plain text; may be empty.
    pub title: &'a str,
    /// The article's own page.
    pub url: Option<&'a WebUrl>,
    /// Against which relative addresses resolve; [`Facts::url`] stands in where it is missing.
    pub base: Option<&'a WebUrl>,
    /// The title of the feed or site, plain text; may be empty.
    pub source_title: &'a str,
    /// When it was published, where that is known already.
    pub published: Option<UnixMillis>,
    /// The language of the text, where it is known.
    pub language: Option<&'a Language>,
    /// The present moment.
    pub now: UnixMillis,
}

/// A body without its wrapping, and what the wrapping said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalised {
    /// The body: still untrusted, with absolute addresses.
    pub html: String,
    /// The date that stood above the text, as it was written there.
    pub date_line: Option<String>,
    /// The author that stood beside that date.
    pub author: Option<String>,
    /// The title without the name of its source; `None` if nothing had to be cut.
    pub title: Option<String>,
    /// The first picture of the body that is worth showing in a list.
    pub lead_image: Option<WebUrl>,
}

/// Applies every rule to bounded HTML.
pub fn normalise(html: &str, facts: &Facts<'_>) -> Normalised {
    let _ = facts;
    Normalised { html: html.to_owned(), ..Normalised::default() }
}
