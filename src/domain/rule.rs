//! Rules: what a reader wants done with articles that arrive.

use super::{CategoryId, FeedId, TagName};

/// Which articles a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleScope {
    /// Those of every followed feed.
    All,
    /// Those of one followed feed. `None` if it is not there any more: then the rule rests.
    Feed(Option<FeedId>),
    /// Those of the feeds in one category. `None` if it is not there any more.
    Category(Option<CategoryId>),
}

/// What of an article a rule reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleField {
    /// The title.
    #[default]
    Title,
    /// The author.
    Author,
    /// The text, as far as it came with the feed.
    Text,
    /// The address of its page.
    Url,
    /// The tag of its language, such as `en` or `zh-Hans`.
    Language,
}

/// How a pattern is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleTest {
    /// All of its words, in any order.
    #[default]
    Words,
    /// All of it, as it stands.
    Phrase,
    /// A regular expression.
    Regex,
    /// A query in the language of the search, over all of the article.
    Query,
}

/// When a rule applies.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Condition {
    /// What is read.
    pub field: RuleField,
    /// How the pattern is read.
    pub test: RuleTest,
    /// What is looked for. Case does not matter.
    pub pattern: String,
}

/// What a rule does. It never deletes anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actions {
    /// The article does not become unread.
    pub read: bool,
    /// It is starred.
    pub star: bool,
    /// It is kept for later.
    pub later: bool,
    /// It gets this tag.
    pub tag: Option<TagName>,
}

impl Actions {
    /// Whether anything is to be done.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what `other` does; of two tags the first one counts.
    pub fn join(&mut self, other: &Self) {
        self.read |= other.read;
        self.star |= other.star;
        self.later |= other.later;
        if self.tag.is_none() {
            self.tag.clone_from(&other.tag);
        }
    }
}
