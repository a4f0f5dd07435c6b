//! A web page to its article.
//!
//! Owns: finding the article in a page, what the page says about itself, and what the page leaves to its scripts. Does
//! not own: fetching and decoding the page (done before), and the mending of the body (done after, by
//! [`normalise`](super::normalise)). In flows a decoded page with the address it was read from; out flows an
//! [`ExtractedPage`]. The page is bounded and parsed once, and everything is read from that one tree.

mod author;
mod code;
mod lazy;
mod lead;
mod metadata;
mod named;
mod names;
mod phrases;
mod prepare;
#[cfg(test)]
mod shape_tests;
mod signature;
mod site;
mod state;
mod structured;
#[cfg(test)]
mod tests;
mod trim;
mod when;

use dom_query::Document;
use dom_smoothie::{Config, Readability};

use super::bound;
use super::text::Prose;
use crate::domain::{Completeness, Language, WebUrl};
use structured::Structured;
pub(super) use when::of_address as day_of_address;

/// Text shorter than this was hardly found: then what the page offers to search engines and scripts may be more.
const NEXT_TO_NOTHING: usize = 250;

/// From this length on such a text is worth taking.
const WORTH_TAKING: usize = 400;

/// Fewer characters than these are no article, unless there are pictures or the page holds no more.
const LEAST_TEXT: usize = 25;

/// What a page says and holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtractedPage {
    /// Its canonical address if it names one on http(s), else the address it was read from, without tracking parameters.
    pub url: WebUrl,
    /// Plain text; empty if the page has none.
    pub title: String,
    /// Plain text.
    pub author: Option<String>,
    /// The date of publication as the page writes it.
    pub published_text: Option<String>,
    /// The name of the site.
    pub site_name: Option<String>,
    /// As declared by the page; not checked against its text.
    pub language: Option<Language>,
    /// The picture that stands for the page (Open Graph, Twitter card, JSON-LD).
    pub lead_image: Option<WebUrl>,
    /// What the page says about itself in a sentence or two, as plain text.
    pub description: Option<String>,
    /// The article as bounded, untrusted HTML with absolute addresses; `None` if there is nothing to read.
    pub body: Option<String>,
    /// Whether the page says that only a part is free.
    pub completeness: Completeness,
}

/// Reads the page `html`, already decoded, that was fetched from `url` (after redirects).
///
/// Never fails: a page without an article gives one without a body. Takes a few milliseconds for an ordinary page and
/// wants a deep stack, so it runs on the [`pool`](super::pool).
pub fn extract(html: &str, url: &WebUrl) -> ExtractedPage {
    let bounded = bound::bound(html, &bound::PAGE);
    let page = prepare::without_hyphenation(&bounded.html);
    let document = Document::from(page.as_ref());
    let base = base_of(&document, url);
    let structured = Structured::read(&document);
    let said = metadata::read(&document, &structured, &base);
    prepare::prepare(&document);
    lazy::show_pictures(&document);
    code::tidy(&document);
    let lead = lead::find(&document, said.lead_image.as_ref());
    let named = named::find(&document);
    let from_state = is_next_to_nothing(&document).then(|| state::read(&document)).flatten();
    // Classes tell what a block is; they are taken off once that is known.
    let config = Config { max_elements_to_parse: 2 * bound::PAGE.elements, keep_classes: true, ..Config::default() };
    let mut reading = Readability::with_document(document, Some(url.as_str()), Some(config)).ok();
    let found = reading.as_mut().and_then(|reading| reading.parse().ok());
    let title = metadata::title(found.as_ref().map(|article| article.title.as_str()), &said, &base);
    let body = reading
        .filter(|_| found.is_some())
        .and_then(|reading| {
            named::restore(&reading.doc, &named);
            trim::trim(&reading.doc)
        })
        .filter(|body| is_readable(body, &page))
        .map(|body| lead::put_above(body, lead));
    let body = or_fuller(body, structured.body.as_deref().map(structured::as_html));
    let author = said
        .author
        .or_else(|| found.as_ref()?.byline.as_deref().and_then(author::of_byline))
        .or_else(|| signature::below(body.as_deref()?));
    ExtractedPage {
        url: said.canonical.unwrap_or_else(|| url.clone()).without_tracking(),
        author,
        published_text: said.published_text,
        site_name: said.site_name.or_else(|| site::of_title(&said.window, &title)),
        title,
        language: said.language,
        lead_image: said.lead_image,
        description: said.description,
        body: or_fuller(body, from_state),
        completeness: if structured.is_partial || said.is_locked { Completeness::Partial } else { Completeness::Whole },
    }
}

/// Against which relative addresses resolve: `<base href>` if it names an address on http(s).
fn base_of(document: &Document, url: &WebUrl) -> WebUrl {
    document.base_uri().and_then(|base| url.join(&base).ok()).unwrap_or_else(|| url.clone())
}

/// Whether there is something to read or to look at. A few words are enough where the page holds no more.
fn is_readable(body: &str, page: &str) -> bool {
    let prose = Prose::read(body);
    let length = prose.text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).count();
    if prose.pictures > 0 || length >= LEAST_TEXT || body.contains("<iframe") || body.contains("<video") {
        return true;
    }
    length > 0 && Prose::read(page).text.trim().chars().count() < 4 * LEAST_TEXT
}

/// Whether a page shows hardly more than its own name: one that is drawn by scripts.
fn is_next_to_nothing(document: &Document) -> bool {
    let paragraphs = document.select("p");
    let shown: usize = paragraphs.nodes().iter().take(200).map(|p| p.text().chars().count()).sum();
    shown < 4 * NEXT_TO_NOTHING
}

/// The body, or the text that the page offers to search engines or scripts if the body is next to nothing beside it.
fn or_fuller(body: Option<String>, offered: Option<String>) -> Option<String> {
    let characters = |html: &str| Prose::read(html).text.chars().count();
    let Some(offered) = offered.filter(|html| characters(html) > WORTH_TAKING) else { return body };
    let found = body.as_deref().map_or(0, characters);
    if found >= NEXT_TO_NOTHING { body } else { Some(offered) }
}
