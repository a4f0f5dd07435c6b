//! XML namespaces as feeds use them: declared wrongly, with old addresses, or not at all.

use super::xml::Tag;

/// To which vocabulary an element belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// RSS, RDF Site Summary, Atom, CDF, and everything without a namespace. They share their element names in good
    /// peace, and feeds mix them.
    Feed,
    /// Atom by an own prefix inside another format (`atom:link` in RSS).
    Atom,
    Dublin,
    Content,
    Media,
    Itunes,
    Xhtml,
    Rdf,
    Syndication,
    FeedBurner,
    WellFormedWeb,
    /// The Podcast namespace of podcastindex.org, and Google's podcast namespace.
    Podcast,
    Other,
}

/// The vocabulary behind an address, in every spelling that is found.
fn by_address(address: &str) -> Namespace {
    let address = address.trim().to_ascii_lowercase();
    let bare = address.trim_start_matches("http://").trim_start_matches("https://").trim_start_matches("www.");
    let bare = bare.trim_end_matches(['/', '#']);
    if bare.starts_with("purl.org/dc/") {
        return Namespace::Dublin;
    }
    if bare.starts_with("itunes.com/dtds/podcast") || bare.contains("example.com/dtds/podcast") {
        return Namespace::Itunes;
    }
    if bare.starts_with("search.yahoo.com/mrss") {
        return Namespace::Media;
    }
    if bare.starts_with("purl.org/atom/ns") || bare.starts_with("w3.org/2005/atom") || bare.starts_with("purl.org/echo")
    {
        return Namespace::Atom;
    }
    match bare {
        ""
        | "purl.org/rss/1.0"
        | "my.netscape.com/rdf/simple/0.9"
        | "backend.userland.com/rss"
        | "purl.org/net/rss1.1"
        | "backend.userland.com/rss2"
        | "blogs.law.harvard.edu/tech/rss"
        | "my.netscape.com/publish/formats/rss-0.91.dtd"
        | "purl.org/pie"
        | "uri/of/echo/namespace"
        | "example.com/newformat"
        | "example.com/necho"
        | "backend.userland.com/rss091"
        | "backend.userland.com/rss092" => Namespace::Feed,
        "purl.org/rss/1.0/modules/content" => Namespace::Content,
        "w3.org/1999/xhtml" => Namespace::Xhtml,
        "w3.org/1999/02/22-rdf-syntax-ns" => Namespace::Rdf,
        "purl.org/rss/1.0/modules/syndication" => Namespace::Syndication,
        "rssnamespace.org/feedburner/ext/1.0" => Namespace::FeedBurner,
        "wellformedweb.org/commentapi" => Namespace::WellFormedWeb,
        "podcastindex.org/namespace/1.0" | "google.com/schemas/play-podcasts/1.0" => Namespace::Podcast,
        _ => Namespace::Other,
    }
}

/// What a prefix means that nobody declared.
fn by_habit(prefix: &str) -> Namespace {
    match prefix.to_ascii_lowercase().as_str() {
        "" | "rss" => Namespace::Feed,
        "atom" | "atom10" | "atom03" | "a10" => Namespace::Atom,
        "dc" | "dcterms" => Namespace::Dublin,
        "content" => Namespace::Content,
        "media" => Namespace::Media,
        "itunes" => Namespace::Itunes,
        "xhtml" => Namespace::Xhtml,
        "rdf" => Namespace::Rdf,
        "sy" => Namespace::Syndication,
        "feedburner" => Namespace::FeedBurner,
        "wfw" => Namespace::WellFormedWeb,
        "podcast" | "googleplay" => Namespace::Podcast,
        _ => Namespace::Other,
    }
}

/// How many declarations are kept; a tag with a hundred thousand of them is an attack.
const MOST_BINDINGS: usize = 128;

/// The declarations in force.
#[derive(Debug, Default)]
pub(crate) struct Scope<'a> {
    bindings: Vec<(usize, &'a str, Namespace)>,
}

impl<'a> Scope<'a> {
    /// Takes the declarations of `tag`, an element at `depth`.
    pub(crate) fn enter(&mut self, tag: &Tag<'a>, depth: usize) {
        if !tag.attributes.contains("xmlns") {
            return;
        }
        for (name, value) in tag.iter() {
            let prefix = match name.split_once(':') {
                Some(("xmlns", prefix)) => prefix,
                None if name == "xmlns" => "",
                _ => continue,
            };
            if self.bindings.len() >= MOST_BINDINGS {
                return;
            }
            let mut namespace = by_address(value);
            if prefix.is_empty() && matches!(namespace, Namespace::Other | Namespace::Atom) {
                // A default namespace that nobody knows is an RSS or Atom of its author's own making.
                namespace = Namespace::Feed;
            }
            self.bindings.push((depth, prefix, namespace));
        }
    }

    /// Forgets the declarations of elements deeper than `depth`.
    pub(crate) fn leave(&mut self, depth: usize) {
        while self.bindings.last().is_some_and(|(at, ..)| *at > depth) {
            self.bindings.pop();
        }
    }

    /// The vocabulary and the local name of a qualified name.
    pub(crate) fn resolve<'n>(&self, name: &'n str) -> (Namespace, &'n str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let bound = self.bindings.iter().rev().find(|(_, bound, _)| *bound == prefix).map(|(.., namespace)| *namespace);
        (bound.unwrap_or_else(|| by_habit(prefix)), local)
    }
}
