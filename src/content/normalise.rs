//! Bodies without the wrappings of their carriers. (Placeholder until the rules land.)

use crate::domain::{Language, UnixMillis, WebUrl};

/// What is known of an article while its body is normalised.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Its title, plain text.
    pub title: &'a str,
    /// Its page.
    pub url: Option<&'a WebUrl>,
    /// Against which relative references resolve.
    pub base: Option<&'a WebUrl>,
    /// The title of the feed or site.
    pub source_title: &'a str,
    /// When it was published, if that is known.
    pub published: Option<UnixMillis>,
    /// Its declared language.
    pub language: Option<&'a Language>,
    /// The present moment.
    pub now: UnixMillis,
}

/// A normalised body and what was taken out of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalised {
    /// The body.
    pub html: String,
    /// A leading date line, as written.
    pub date_line: Option<String>,
    /// An author named in a leading byline.
    pub author: Option<String>,
    /// The title without the name of its source, if it had to be changed.
    pub title: Option<String>,
    /// The first picture worth showing.
    pub lead_image: Option<WebUrl>,
}

/// Normalises `html`, which must be bounded.
pub fn normalise(html: &str, _facts: &Facts<'_>) -> Normalised {
    Normalised { html: html.to_owned(), ..Normalised::default() }
}
