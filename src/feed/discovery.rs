//! Finding the feeds of a page.

use crate::domain::WebUrl;

/// A feed that a page offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLink {
    /// Where the feed is.
    pub url: WebUrl,
    /// What the page calls it; plain text, may be empty.
    pub title: String,
}

/// The feeds that a page names in its `link` elements, in the order of the page, each once.
pub fn find_feeds(html: &str, page: &WebUrl) -> Vec<FeedLink> {
    let _ = (html, page);
    Vec::new()
}

/// The feeds of well-known sites, known from the address alone.
pub fn known_feeds(page: &WebUrl) -> Vec<FeedLink> {
    let _ = page;
    Vec::new()
}

/// Where feeds often are, best guess first, for a page that names none.
pub fn common_paths(page: &WebUrl) -> Vec<WebUrl> {
    ["/feed", "/rss.xml", "/atom.xml"].iter().filter_map(|path| page.join(path).ok()).collect()
}
