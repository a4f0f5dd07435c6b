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
    /// Whether a page is still there: asked with HEAD, and answered without a body.
    Probe,
}

/// How long a request may take. The defaults are those of the program; tests are in more of a hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// To resolve a name.
    pub lookup: Duration,
    /// To a connection, name lookup and TLS included.
    pub connect: Duration,
    /// From the start of a hop to its response headers.
    pub first_byte: Duration,
    /// For a feed or an icon with all its redirects, waiting for politeness not counted.
    pub feed: Duration,
    /// The same for a page or a list of subscriptions.
    pub page: Duration,
    /// The same for a picture.
    pub picture: Duration,
    /// To room in memory for a long body, while others have it.
    pub room: Duration,
}

impl Default for Deadlines {
    /// 5 s, 10 s, 15 s; 20 s, 30 s, 60 s; 10 s.
    fn default() -> Self {
        Self {
            lookup: Duration::from_secs(5),
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(15),
            feed: Duration::from_secs(20),
            page: Duration::from_secs(30),
            picture: Duration::from_secs(60),
            room: Duration::from_secs(10),
        }
    }
}

impl Deadlines {
    /// The longest time in the network for one request.
    pub(super) fn total(&self, purpose: Purpose) -> Duration {
        match purpose {
            Purpose::Feed | Purpose::Icon => self.feed,
            Purpose::Page | Purpose::Opml | Purpose::Probe => self.page,
            Purpose::Picture => self.picture,
        }
    }
}

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
    /// The longest decoded body, in bytes.
    pub(super) fn longest_body(self) -> usize {
        match self {
            Self::Feed => 16 * MIB,
            Self::Page | Self::Opml => 8 * MIB,
            Self::Picture => 10 * MIB,
            Self::Icon => 512 * 1024,
            Self::Probe => 1_024,
        }
    }

    /// The `Accept` header.
    pub(super) fn accept(self) -> &'static str {
        match self {
            Self::Feed => {
                "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, \
                 application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.4"
            }
            Self::Page | Self::Probe => "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.5",
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
