//! How much and how long, by what a request is for.

use std::time::Duration;

/// What an answer is wanted for: decides limits and what the request says it accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A feed document.
    Feed,
    /// A web page to read.
    Page,
    /// A picture of an article.
    Picture,
    /// The small picture of a site.
    Icon,
    /// A list of subscriptions.
    Opml,
}

/// The limits of one request with all its redirects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The longest decoded body, in bytes.
    pub(super) body: usize,
    /// The longest time in the network, waiting for politeness not counted.
    pub(super) total: Duration,
}

/// The longest time to a connection, name lookup and TLS included.
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// The longest time from the start of a hop to its response headers.
pub(super) const FIRST_BYTE: Duration = Duration::from_secs(15);
/// The longest time for a name to resolve.
pub(super) const LOOKUP: Duration = Duration::from_secs(5);
/// The most addresses of one name that are looked at.
pub(super) const ADDRESSES: usize = 16;
/// The most redirects of one request.
pub(super) const REDIRECTS: usize = 5;
/// The most bytes of response headers, names and values together.
pub(super) const HEADER_BYTES: usize = 64 * 1024;
/// The most response header fields.
pub(super) const HEADER_FIELDS: usize = 100;
/// From this size on a decoded body may not be more than [`RATIO`] times its encoded form.
pub(super) const RATIO_FROM: usize = 1024 * 1024;
/// The highest ratio of compression that is believed: text reaches 20, a bomb of zeros 1029.
pub(super) const RATIO: usize = 200;

const MIB: usize = 1024 * 1024;

impl Purpose {
    pub(super) fn limits(self) -> Limits {
        let (body, seconds) = match self {
            Self::Feed => (16 * MIB, 20),
            Self::Page => (8 * MIB, 30),
            Self::Picture => (10 * MIB, 60),
            Self::Icon => (512 * 1024, 20),
            Self::Opml => (8 * MIB, 30),
        };
        Limits { body, total: Duration::from_secs(seconds) }
    }

    /// The `Accept` header.
    pub(super) fn accept(self) -> &'static str {
        match self {
            Self::Feed => {
                "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, \
                 application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.4"
            }
            Self::Page => "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.5",
            Self::Picture | Self::Icon => "image/avif, image/webp, image/png, image/jpeg, image/*;q=0.8, */*;q=0.3",
            Self::Opml => "text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5",
        }
    }

    /// Whether nobody waits for the answer, so that the pause between requests to one host applies. Pictures are loaded
    /// while somebody reads, as a browser would, and only share the limit of connections.
    pub(super) fn is_paced(self) -> bool {
        !matches!(self, Self::Picture | Self::Icon)
    }
}
