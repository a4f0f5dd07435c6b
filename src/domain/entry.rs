//! A feed document and its entries as `feed` reads them: raw, untrusted, alive only between parse and store.

use super::{Keys, Language, UnixMillis, WebUrl};

/// A feed document, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeedDocument {
    /// In which format it was written.
    pub format: FeedFormat,
    /// Plain text; empty if the feed has none.
    pub title: String,
    /// The page that the feed belongs to.
    pub site_url: Option<WebUrl>,
    /// The address that the feed gives for itself.
    pub self_url: Option<WebUrl>,
    /// Plain text.
    pub description: Option<String>,
    /// As declared by the feed; not checked against its texts.
    pub language: Option<Language>,
    /// Plain text.
    pub author: Option<String>,
    /// A small picture for lists: icon, else logo, else image.
    pub icon: Option<WebUrl>,
    /// When the feed says that it changed last.
    pub updated: Option<UnixMillis>,
    /// What the feed says about how often to look.
    pub schedule: ScheduleHints,
    /// In document order, at most the limit that the caller gave.
    pub entries: Vec<Entry>,
    /// How many entries stood in the document twice and were left out the second time.
    pub repeated: u32,
    /// What had to be mended or left out; shown with the feed.
    pub warnings: Vec<FeedWarning>,
}

/// The format of a feed document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeedFormat {
    /// RSS 0.9x or 2.0.
    #[default]
    Rss,
    /// RSS 0.90 or 1.0 (RDF Site Summary).
    Rdf,
    /// Atom 0.3 or 1.0 (RFC 4287).
    Atom,
    /// JSON Feed 1.x.
    Json,
    /// Channel Definition Format of 1997.
    Cdf,
}

/// What a feed says about its own rhythm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScheduleHints {
    /// RSS `ttl`, or the period of `sy:updatePeriod` divided by `sy:updateFrequency`, in milliseconds.
    pub interval_millis: Option<i64>,
}

/// Something about a feed document that its reader should know, though entries came out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedWarning {
    /// The document broke the rules of its format and was mended before it was read.
    Mended,
    /// The document ends in the middle; whole entries were kept.
    Truncated,
    /// More entries than the limit; so many were left out.
    TooManyEntries(u32),
    /// Bytes that fit no encoding were replaced.
    DamagedText,
    /// So many entries had a body over the limit and were cut.
    CutBodies(u32),
    /// So many entries could not be read and were left out.
    UnreadableEntries(u32),
}

/// One item of a feed document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entry {
    /// By what it is recognised again.
    pub keys: Keys,
    /// The id that the feed gives it (guid, atom:id), as written.
    pub guid: Option<String>,
    /// The page of the entry, absolute, without tracking parameters.
    pub url: Option<WebUrl>,
    /// Plain text; empty if there is none.
    pub title: String,
    /// Plain text; several authors joined with a comma.
    pub author: Option<String>,
    /// When it was published, within [1970, now + 24 h]; `None` if the feed has no usable date.
    pub published: Option<UnixMillis>,
    /// When it was changed last, within the same bounds; only if the feed says so itself.
    pub updated: Option<UnixMillis>,
    /// The publication date as it was written, for display and for another try.
    pub published_text: Option<String>,
    /// A short form as untrusted HTML.
    pub summary: Option<String>,
    /// The whole text as untrusted HTML.
    pub content: Option<String>,
    /// As declared on the entry (`xml:lang`, `dc:language`).
    pub language: Option<Language>,
    /// Against which relative references in `summary` and `content` resolve.
    pub base: Option<WebUrl>,
    /// Audio, video and files, at most 50.
    pub enclosures: Vec<Enclosure>,
    /// Plain text, at most 50.
    pub categories: Vec<String>,
    /// A picture that stands for the entry (media:thumbnail, itunes:image, JSON Feed `image`).
    pub image: Option<WebUrl>,
    /// How wide that picture is, in pixels, where it is said.
    pub image_width: Option<u32>,
    /// The page with the discussion about it.
    pub comments_url: Option<WebUrl>,
}

/// A file that goes with an entry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Enclosure {
    /// Where it is.
    pub url: WebUrl,
    /// Its media type as declared, such as `audio/mpeg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its length in bytes as declared, if that can be true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Playing time in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}
