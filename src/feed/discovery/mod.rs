//! Finding the feeds of a page: in its HTML, by the habits of its site, or by guessing.
//!
//! Nothing is fetched here; who asks decides which of the answers to try, and in which order.

mod known;

use memchr::memmem;

use super::text::{collapse, cut, decode_references};
use super::xml::{Tag, Token, Tokenizer};
use crate::domain::WebUrl;

pub use known::known_feeds;

/// No page offers more feeds than anyone could choose from.
const MOST_FEEDS: usize = 50;
/// In characters.
const LONGEST_TITLE: usize = 256;

/// A feed that a page offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLink {
    /// Where the feed is.
    pub url: WebUrl,
    /// What the page calls it; plain text, may be empty.
    pub title: String,
}

/// The feeds that a page names: those of its `link` elements in the order of the page, each once, at most 50. Where it
/// has none, those that it offers to programs that write (`rel="service.feed"`), or else the links in its text that look like feeds.
///
/// `page` is the page's final address; a `base` element overrules it. Linear in the page, which need not be well-formed.
pub fn find_feeds(html: &str, page: &WebUrl) -> Vec<FeedLink> {
    let mut found =
        Found { base: page.clone(), has_base: false, declared: Vec::new(), service: Vec::new(), linked: Vec::new() };
    let mut tokens = Tokenizer::new(html);
    while let Some(token) = tokens.next() {
        let Token::Open(tag) = token else { continue };
        match tag.name.to_ascii_lowercase().as_str() {
            "link" => found.link(&tag),
            // Only the first one counts (the HTML standard, section 4.2.3).
            "base" if !found.has_base => {
                if let Some(href) = attribute(&tag, "href") {
                    found.has_base = true;
                    found.base = page.join(&href).unwrap_or(found.base);
                }
            }
            "a" => found.anchor(&tag),
            // What stands in them is no markup.
            name @ ("script" | "style" | "textarea") => {
                let rest = &html.as_bytes()[tokens.position()..];
                let at = memmem::find_iter(rest, b"</").find(|at| closes(&rest[at + 2..], name));
                tokens.rewind(tokens.position() + at.unwrap_or(rest.len()));
            }
            _ => {}
        }
    }
    let all = [found.declared, found.service, found.linked];
    all.into_iter().find(|links| !links.is_empty()).unwrap_or_default()
}

/// Whether the name of a closing tag is `name`, in any case.
fn closes(text: &[u8], name: &str) -> bool {
    text.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
}

struct Found {
    base: WebUrl,
    /// Whether the page has said what its base is.
    has_base: bool,
    declared: Vec<FeedLink>,
    service: Vec<FeedLink>,
    linked: Vec<FeedLink>,
}

impl Found {
    /// A `link` element (the HTML standard, section 4.6.7.1; `rel="feed"` of an older draft).
    fn link(&mut self, tag: &Tag<'_>) {
        let rel = attribute(tag, "rel").unwrap_or_default().to_ascii_lowercase();
        let has = |wanted: &str| rel.split_ascii_whitespace().any(|word| word == wanted);
        let Some(href) = attribute(tag, "href").filter(|href| !href.is_empty()) else { return };
        let kind = media_type(tag);
        let is_feed = is_feed_type(&kind)
            || match kind.as_str() {
                // WordPress names its programming interface this way.
                "application/json" => !href.contains("/wp-json"),
                // Any XML may be called this; a feed says so by its address.
                "application/xml" | "text/xml" => has("feed") || looks_like_feed(&href),
                "" => has("feed") || has("service.feed"),
                _ => false,
            };
        let title = attribute(tag, "title").unwrap_or_default();
        let url = self.address(&href).filter(|_| is_feed);
        if has("alternate") || has("feed") || rel.is_empty() {
            add(&mut self.declared, url, &title);
        } else if has("service.feed") {
            add(&mut self.service, url, &title);
        }
    }

    fn anchor(&mut self, tag: &Tag<'_>) {
        let Some(href) = attribute(tag, "href").filter(|href| looks_like_feed(href) || is_feed_type(&media_type(tag)))
        else {
            return;
        };
        let title = attribute(tag, "title").unwrap_or_default();
        let url = self.address(&href);
        add(&mut self.linked, url, &title);
    }

    /// The address of a link, which may have a scheme of feeds.
    fn address(&self, href: &str) -> Option<WebUrl> {
        let is_feed = href.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("feed:"));
        if is_feed { WebUrl::from_typed(href).ok() } else { self.base.join(href).ok() }
    }
}

/// The type that a link says, in lower case and without parameters.
fn media_type(tag: &Tag<'_>) -> String {
    let kind = attribute(tag, "type").unwrap_or_default().to_ascii_lowercase();
    kind.split(';').next().unwrap_or_default().trim().to_owned()
}

/// Whether this is the type of feeds, and of nothing else.
fn is_feed_type(kind: &str) -> bool {
    matches!(
        kind,
        "application/rss+xml"
            | "application/atom+xml"
            | "application/rdf+xml"
            | "application/feed+json"
            | "application/x-rss+xml"
            | "application/x.atom+xml"
            | "text/rss+xml"
            | "text/atom+xml"
            | "text/rss"
            | "application/rss"
    )
}

fn add(links: &mut Vec<FeedLink>, url: Option<WebUrl>, title: &str) {
    let Some(url) = url else { return };
    if links.len() < MOST_FEEDS && !links.iter().any(|link| link.url == url) {
        links.push(FeedLink { url, title: cut(collapse(title), LONGEST_TITLE) });
    }
}

fn attribute(tag: &Tag<'_>, name: &str) -> Option<String> {
    Some(decode_references(tag.attribute(name)?).trim().to_owned())
}

/// Whether an address names a feed by the habits of most programs that make them.
fn looks_like_feed(href: &str) -> bool {
    let href = href.to_ascii_lowercase();
    let path = href.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let query = href.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
    let last = path.rsplit('/').next().unwrap_or_default();
    matches!(last, "feed" | "rss" | "atom" | "rss2" | "feed.json")
        || [".rss", ".atom", ".rdf", "feed.xml", "rss.xml", "atom.xml", "index.xml"]
            .iter()
            .any(|end| last.ends_with(end))
        || href.starts_with("feed:")
        // Without addresses that tell, WordPress and Joomla ask for it.
        || query.split('&').any(|pair| matches!(pair, "feed=rss" | "feed=rss2" | "feed=atom" | "feed=rdf" | "format=feed" | "format=rss"))
        || path.contains("feeds.feedburner.com/")
}

/// Where feeds often are, best guess first, for a page that names none: below the page's folder and at the root.
pub fn common_paths(page: &WebUrl) -> Vec<WebUrl> {
    const NAMES: [&str; 9] = [
        "feed",
        "rss.xml",
        "atom.xml",
        "feed.xml",
        "index.xml",
        "rss",
        "feed.json",
        "feeds/posts/default",
        "?feed=rss2",
    ];
    let mut paths: Vec<WebUrl> = Vec::new();
    let mut folder = page.as_url().clone();
    folder.set_query(None);
    folder.set_fragment(None);
    let inner = if folder.path().ends_with('/') { folder.path().to_owned() } else { format!("{}/", folder.path()) };
    for prefix in ["/", inner.as_str()] {
        for name in NAMES {
            let Ok(url) = page.join(&format!("{prefix}{name}")) else { continue };
            if !paths.contains(&url) {
                paths.push(url);
            }
        }
    }
    // Beyond that a site gets more requests than its feed is worth.
    paths.truncate(12);
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(html: &str) -> Vec<String> {
        let page = WebUrl::parse("https://site.example/blog/").expect("an address");
        find_feeds(html, &page).into_iter().map(|link| link.url.to_string()).collect()
    }

    #[test]
    fn link_elements_are_found_in_every_spelling() {
        for html in [
            "<link rel=alternate type='application/rss+xml' href='/feed'>",
            "<LINK HREF=\"/feed\" TYPE=\"application/atom+xml; charset=utf-8\" REL=\"Alternate nofollow\"/>",
            "<link rel=\"feed\" href=\"/feed\">",
            "<link rel=alternate hreflang=de type=text/xml href=/de><link rel=alternate type=text/xml href=/feed>",
            "<link rel=alternate type=application/rss+xml href='feed://site.example/feed'>",
            "<link rel=alternate type=application/rss+xml href='FEED:https://site.example/feed'>",
            "<a type=application/rss+xml href=/feed>Follow</a>",
            "<a href='feed://site.example/feed'>Follow</a><a href='/?feedback=rss'>Say something</a>",
            "<base href='https://site.example/'><link rel=alternate type=application/feed+json href=feed>",
            "<base href='/'><base href='/other/'><link rel=alternate type=application/rss+xml href=feed>",
            "<link rel=alternate type=text/xml href=/feed>",
            "<Script>'<link rel=feed href=/no>'</Script><link rel=feed href=/feed>",
            "<script>if (a<b) document.write('<link href=x')</script><link rel=alternate type=application/rss+xml href=/feed>",
        ] {
            assert_eq!(urls(html), ["https://site.example/feed"], "{html}");
        }
    }

    #[test]
    fn what_is_no_feed_is_not_found() {
        for html in [
            "<link rel=alternate type=application/rss+xml>",
            "<link rel=alternate type=application/rss+xml href='  '>",
            "<link rel=alternate type=application/rss+xml href='javascript:alert(1)'>",
            "<link rel=alternate type=application/json href=/wp-json/wp/v2/posts/1>",
            "<link rel=alternate type=application/xml href=/record.xml>",
            "<link rel=stylesheet type=text/css href=/feed.css>",
            "<!-- <link rel=alternate type=application/rss+xml href=/feed> -->",
            "<a href=/about>About our feed</a>",
        ] {
            assert!(urls(html).is_empty(), "{html}");
        }
    }

    #[test]
    fn links_in_the_text_help_only_where_nothing_is_declared() {
        let anchor = "<a href='https://other.example/rss.xml'>RSS</a>";
        assert_eq!(urls(anchor), ["https://other.example/rss.xml"]);
        assert_eq!(urls("<a href='/?lang=de&amp;feed=rss2#top'>RSS</a>").len(), 1);
        let both = format!("<link rel=alternate type=application/rss+xml href=/feed>{anchor}");
        assert_eq!(urls(&both), ["https://site.example/feed"]);
    }

    #[test]
    fn a_feed_for_programs_that_write_is_found_where_no_other_is() {
        let service = "<link rel=service.feed type=application/atom+xml href=/feeds/7/posts/default>\
                       <link rel=service.post type=application/atom+xml href=/feeds/7/posts>";
        assert_eq!(urls(service), ["https://site.example/feeds/7/posts/default"]);
        let anchor = "<a href='https://other.example/rss.xml'>RSS</a>";
        assert_eq!(urls(&format!("{anchor}{service}")), ["https://site.example/feeds/7/posts/default"]);
        let both = format!("{service}<link rel=alternate type=application/atom+xml href=/feed>");
        assert_eq!(urls(&both), ["https://site.example/feed"]);
    }

    #[test]
    fn common_places_are_few_and_begin_at_the_root() {
        let page = WebUrl::parse("https://site.example/a/b?c=d").expect("an address");
        let paths = common_paths(&page);
        assert_eq!(paths[0].as_str(), "https://site.example/feed");
        assert!(paths.iter().any(|path| path.as_str() == "https://site.example/a/b/feed"));
        assert!(paths.len() <= 12);
    }
}
