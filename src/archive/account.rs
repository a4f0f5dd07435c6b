//! A whole account as files: what stands in them, line by line (docs/account-export.md).
//!
//! Fields that a reader does not know are passed over, and those that a file lacks have their default, so that older and newer
//! programs read each other's files. Only what a value means is here; what becomes of it is `jobs::account`'s.

use serde::{Deserialize, Serialize};

use crate::domain::{Anchor, Condition, Enclosure, GivenDates, HighlightColour};

/// The first file that is looked for: what the archive is.
pub const HEAD: &str = "gleaner/account.json";
/// Categories, feeds, tags, rules and saved searches.
pub const LISTS: &str = "gleaner/lists.json";
/// Where articles are: `gleaner/articles-1.jsonl`, `gleaner/articles-2.jsonl` and so on.
pub fn articles(number: usize) -> String {
    format!("gleaner/articles-{number}.jsonl")
}
/// Where a picture is, by the SHA-256 of its bytes in hexadecimal.
pub fn picture(hash: &str) -> String {
    format!("pictures/{hash}")
}
/// The form that is written.
pub const FORM: u32 = 1;
/// The most bytes of one file of lines.
pub const MAX_LINES: u64 = 192 * 1024 * 1024;
/// The most files of an account, pictures counted.
pub const MAX_PARTS: usize = 2_000_000;

/// What the archive is, and what the account chose for itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Head {
    /// [`FORM`].
    pub form: u32,
    /// A name of its own: what was taken in once is known by it.
    pub id: String,
    /// The program that wrote it.
    pub program: String,
    /// When, in Unix milliseconds as every moment here.
    pub made_at: i64,
    /// Its choices.
    pub choices: Choices,
}

/// What an account chose for itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// How pages look and behave, as JSON.
    pub settings: String,
    /// Which pictures are kept.
    pub pictures: i64,
    /// Whether what several feeds bring is shown once.
    pub folds_repeats: bool,
    /// How long articles are kept, as JSON.
    pub retention: String,
}

/// Everything but articles.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Lists {
    /// Titles, in the account's order.
    pub categories: Vec<String>,
    /// Feeds that are followed, and those of articles that were kept of others.
    pub feeds: Vec<FeedLine>,
    /// Names.
    pub tags: Vec<String>,
    /// In their order.
    pub rules: Vec<RuleLine>,
    /// Searches that were kept: name and query.
    pub searches: Vec<(String, String)>,
    /// How single lists are looked at.
    pub choices: Vec<ListChoiceLine>,
}

/// How a list is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListChoiceLine {
    /// Of the lists that everybody has: `unread`, `all`, `starred`, `later`, `history`.
    pub list: Option<String>,
    /// The number of the feed whose list it is.
    pub feed: Option<i64>,
    /// The title of the category.
    pub category: Option<String>,
    /// The name of the tag.
    pub tag: Option<String>,
    /// What was chosen, as JSON: `order`, `only_unread`, `density`; what is missing follows the settings.
    pub choice: String,
}

/// Which kind of feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedKind {
    /// One that is fetched.
    #[default]
    Feed,
    /// That of saved pages.
    Saved,
    /// One of imported articles; its title names it.
    Imported,
}

/// A feed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedLine {
    /// By which articles and rules name it.
    pub number: i64,
    /// What it is.
    pub kind: FeedKind,
    /// Where it is fetched.
    pub url: Option<String>,
    /// What it calls itself.
    pub title: String,
    /// The page that it belongs to.
    pub site_url: Option<String>,
    /// A small picture.
    pub icon_url: Option<String>,
    /// The language that it declares.
    pub language: Option<String>,
    /// How the account follows it; `None` if it does not.
    pub followed: Option<Followed>,
}

/// How an account follows a feed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Followed {
    /// The title of its category.
    pub category: Option<String>,
    /// The account's own name for it.
    pub title: Option<String>,
    /// Which text is shown: 0 the better one, 1 the feed's, 2 the page's.
    pub preference: i64,
    /// It does not become unread.
    pub muted: bool,
    /// Since when nothing is fetched.
    pub paused_at: Option<i64>,
    /// Its letter has no colour.
    pub plain_tile: bool,
    /// Which pictures are kept, if that is not as for the account.
    pub pictures: Option<i64>,
    /// How long articles are kept, as JSON, if that is not as for the account.
    pub retention: Option<String>,
    /// What is cut from its articles, as JSON.
    pub cutting: Option<String>,
    /// Since when it is followed.
    pub since: i64,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleLine {
    /// The number of the feed that it looks at.
    pub feed: Option<i64>,
    /// The title of the category that it looks at; without both, it looks at everything.
    pub category: Option<String>,
    /// When it applies.
    pub when: Condition,
    /// What it does.
    pub read: bool,
    /// The same.
    pub star: bool,
    /// The same.
    pub later: bool,
    /// The tag that it gives.
    pub tag: Option<String>,
    /// It is switched off.
    pub off: bool,
}

/// An article with everything that is known of it and that the account did with it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArticleLine {
    /// The number of its feed.
    pub feed: i64,
    /// By what its feed is known to name it, in hexadecimal.
    pub key: String,
    /// By what it is found again if that changes.
    pub second_key: Option<String>,
    /// What its feed said last, as a hash in hexadecimal.
    pub content: String,
    /// The id that its feed gives it.
    pub guid: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// Plain text.
    pub title: String,
    /// Plain text.
    pub author: Option<String>,
    /// The name of the site.
    pub site_name: Option<String>,
    /// When it was published.
    pub published: Option<i64>,
    /// The same as it was written.
    pub published_text: Option<String>,
    /// What feed, page and first line say, where that is not `published` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<GivenDates>,
    /// When it was first seen.
    pub seen: i64,
    /// Its language.
    pub language: Option<String>,
    /// Plain text.
    pub excerpt: String,
    /// Words of its text.
    pub words: u32,
    /// Han, kana and hangul characters of its text.
    pub cjk_chars: u32,
    /// The picture beside its title.
    pub lead_image: Option<String>,
    /// Its source shows only a part of it.
    pub partial: bool,
    /// Sound, film, files.
    pub enclosures: Vec<Enclosure>,
    /// Its feed's categories.
    pub categories: Vec<String>,
    /// The page with the discussion about it.
    pub comments_url: Option<String>,
    /// Which text is shown: 0 the feed's, 1 the page's.
    pub shown: i64,
    /// Why, as a number.
    pub reason: i64,
    /// Every state of its text, the oldest first.
    pub versions: Vec<VersionLine>,
    /// Its pictures that are kept: address and hash.
    pub pictures: Vec<(String, String)>,
    /// What the account did with it.
    pub marks: Marks,
}

/// A state of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VersionLine {
    /// When it was stored.
    pub at: i64,
    /// The title then.
    pub title: String,
    /// It says what the one before said.
    pub trivial: bool,
    /// The text of the feed, if it is another one than before.
    pub feed: Option<String>,
    /// The text of the page, if it is another one than before.
    pub page: Option<String>,
}

/// What an account did with an article. Moments where something is so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Not read yet.
    pub unread: bool,
    /// Starred.
    pub starred: Option<i64>,
    /// Kept for later.
    pub later: Option<i64>,
    /// Opened.
    pub opened: Option<i64>,
    /// How far it was read: a share from 0 to 1,000, a paragraph, when.
    pub place: Option<(i64, i64, i64)>,
    /// Where it stopped in sound and film: which file (the beginning of the SHA-256 of its address), the second, when.
    pub played: Vec<(String, i64, i64)>,
    /// The text that the account wants to see: 0 the feed's, 1 the page's.
    pub text: Option<i64>,
    /// The version that the account chose: its place among the versions, from 0, and when.
    pub pinned: Option<(usize, i64)>,
    /// Names, and when they were given.
    pub tags: Vec<(String, i64)>,
    /// Passages.
    pub highlights: Vec<HighlightLine>,
}

/// A marked passage.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HighlightLine {
    /// When it was marked.
    pub at: i64,
    /// Its colour.
    pub colour: HighlightColour,
    /// What finds it again.
    pub anchor: Anchor,
    /// What was written on it.
    pub note: String,
}
