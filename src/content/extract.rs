//! A web page to its article.

use crate::domain::{Completeness, Language, WebUrl};

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
pub fn extract(html: &str, url: &WebUrl) -> ExtractedPage {
    let _ = html;
    ExtractedPage {
        url: url.clone(),
        title: String::new(),
        author: None,
        published_text: None,
        site_name: None,
        language: None,
        lead_image: None,
        description: None,
        body: None,
        completeness: Completeness::Whole,
    }
}
