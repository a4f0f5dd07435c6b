//! An article on its way into the store: what `content` makes of an entry, a page or an archived file.

use super::{Enclosure, GivenDates, Language, UnixMillis, WebUrl};

/// By what an article is recognised when its source is read again. Both are SHA-256, cut to 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Keys {
    /// Of the guid, else the link, else title and body. Unique within a feed.
    pub first: [u8; 16],
    /// Of the normalised link and title; finds an article again whose guid changed. `None` without a link.
    pub second: Option<[u8; 16]>,
}

/// Where a body came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    /// What the feed (or the imported file) holds.
    Feed,
    /// What was extracted from the article's page.
    Page,
}

impl BodyKind {
    /// The number by which the databases know it.
    pub fn code(self) -> i64 {
        match self {
            Self::Feed => 0,
            Self::Page => 1,
        }
    }

    /// The kind behind a number from the database.
    pub fn from_code(code: i64) -> Self {
        if code == 1 { Self::Page } else { Self::Feed }
    }

    /// The other kind.
    pub fn other(self) -> Self {
        match self {
            Self::Feed => Self::Page,
            Self::Page => Self::Feed,
        }
    }
}

/// What a subscription wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyPreference {
    /// The better of the two; pages are fetched where they can help.
    #[default]
    Automatic,
    /// Always the feed's own; pages are not fetched.
    Feed,
    /// Always the page, where one could be read.
    Page,
}

impl BodyPreference {
    /// The number by which the databases know it.
    pub fn code(self) -> i64 {
        match self {
            Self::Automatic => 0,
            Self::Feed => 1,
            Self::Page => 2,
        }
    }

    /// The preference behind a number from the database.
    pub fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Feed,
            2 => Self::Page,
            _ => Self::Automatic,
        }
    }
}

/// Which body is shown, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyChoice {
    /// The body that is shown.
    pub shown: BodyKind,
    /// Why this one.
    pub reason: ChoiceReason,
}

/// Why a body is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceReason {
    /// There is no other.
    OnlyOne,
    /// The feed's own text is long enough to be the whole article.
    FeedComplete,
    /// The feed has a teaser, the page has the text.
    FeedIsTeaser,
    /// The page was fetched and held nothing to read.
    PageEmpty,
    /// The subscription says so.
    Preference,
    /// The reader chose it for this article.
    Reader,
}

impl ChoiceReason {
    /// The number by which the databases know it.
    pub fn code(self) -> i64 {
        match self {
            Self::OnlyOne => 0,
            Self::FeedComplete => 1,
            Self::FeedIsTeaser => 2,
            Self::PageEmpty => 3,
            Self::Preference => 4,
            Self::Reader => 5,
        }
    }

    /// The reason behind a number from the database.
    pub fn from_code(code: i64) -> Self {
        match code {
            1 => Self::FeedComplete,
            2 => Self::FeedIsTeaser,
            3 => Self::PageEmpty,
            4 => Self::Preference,
            5 => Self::Reader,
            _ => Self::OnlyOne,
        }
    }
}

/// Whether the source lets everybody read the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Completeness {
    /// Nothing says otherwise.
    #[default]
    Whole,
    /// The page itself says that only a part is free (`isAccessibleForFree: false`).
    Partial,
}

/// One body: bounded, normalised, not yet sanitised HTML. Sanitising is the last step on the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Where it came from.
    pub kind: BodyKind,
    /// Bounded and normalised HTML with absolute addresses.
    pub html: String,
}

/// A fetched page as it was, for a better extractor to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPage {
    /// The final address after redirects.
    pub url: WebUrl,
    /// The page, decoded to UTF-8.
    pub html: String,
    /// When it was fetched.
    pub fetched_at: UnixMillis,
}

/// An article ready to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleDraft {
    /// By what it is recognised again.
    pub keys: Keys,
    /// The id that its feed gives it.
    pub guid: Option<String>,
    /// Its page: canonical if the page says so, without tracking parameters.
    pub url: Option<WebUrl>,
    /// Plain text, at most 1,024 characters. Empty if there is none; lists then show the excerpt.
    pub title: String,
    /// Plain text, at most 256 characters.
    pub author: Option<String>,
    /// The name of the site, where the page tells it.
    pub site_name: Option<String>,
    /// The date that counts ([`GivenDates`]); `None` if none is known.
    pub published: Option<UnixMillis>,
    /// The date as it was written.
    pub published_text: Option<String>,
    /// What is given for it, where that is not [`published`](Self::published) alone.
    pub dates: Option<GivenDates>,
    /// The text's language.
    pub language: Option<Language>,
    /// One or two sentences of plain text for lists.
    pub excerpt: String,
    /// Words of alphabetic scripts in the shown body.
    pub words: u32,
    /// Han, kana and hangul characters in the shown body.
    pub cjk_chars: u32,
    /// The first picture worth showing in a list, unwrapped.
    pub lead_image: Option<WebUrl>,
    /// Whether the source shows the whole text to everybody.
    pub completeness: Completeness,
    /// Audio, video and files.
    pub enclosures: Vec<Enclosure>,
    /// The feed's categories of the entry.
    pub categories: Vec<String>,
    /// The page with the discussion about it.
    pub comments_url: Option<WebUrl>,
    /// One or two bodies, of different kinds. An empty list is an article of title and link alone.
    pub bodies: Vec<Body>,
    /// Which of them is shown.
    pub choice: BodyChoice,
}

impl ArticleDraft {
    /// All dates that are given for it.
    pub fn given_dates(&self) -> GivenDates {
        let of_feed = || GivenDates::of_feed(self.published, self.published_text.as_deref());
        self.dates.clone().unwrap_or_else(of_feed)
    }

    /// Takes the date that counts from those that are given, for an article that was first seen at `seen`.
    pub fn date_by(&mut self, dates: GivenDates, seen: UnixMillis) {
        self.published = dates.published(seen);
        let chosen = dates.chosen(seen).or(dates.feed.as_ref()).or(dates.page.as_ref()).or(dates.line.as_ref());
        self.published_text = chosen.and_then(|date| date.text.clone());
        let alone = GivenDates::of_feed(self.published, self.published_text.as_deref());
        self.dates = Some(dates).filter(|dates| *dates != alone);
    }

    /// Whether it may show pictures: a look at its bytes, wrong at most by saying yes.
    pub fn may_show_pictures(&self) -> bool {
        let has = |html: &str| ["<img", "<picture", "poster"].iter().any(|sign| html.contains(sign));
        let is_picture = |file: &Enclosure| file.media_type.as_deref().is_some_and(|kind| kind.starts_with("image/"));
        self.lead_image.is_some()
            || self.bodies.iter().any(|body| has(&body.html))
            || self.enclosures.iter().any(is_picture)
    }
}
