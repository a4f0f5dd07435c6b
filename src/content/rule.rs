//! The conditions of rules: whether an article is one that a reader means.
//!
//! Owns: how words, phrases and regular expressions are compared, and the limits on them. Does not own: what is done then.
//! A condition and what is known of an article flow in; yes or no flows out. Patterns are a reader's own, and hostile all
//! the same: a regular expression is bounded in length, in size once compiled, and runs in linear time.

use std::collections::HashMap;

use regex::RegexBuilder;
use unicode_normalization::UnicodeNormalization as _;

use super::text::plain_text;
use crate::domain::{ArticleDraft, Condition, FeedId, RuleField, RuleTest};
use crate::search::{self, Arriving, Query};

/// The most bytes of a pattern.
pub const MAX_PATTERN_BYTES: usize = 500;
/// The most bytes of a compiled expression; larger ones take long to be refused.
const MAX_COMPILED_BYTES: usize = 1 << 20;
/// The deepest nesting of an expression.
const MAX_NESTING: u32 = 50;
/// So many bytes of a text are looked at.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// A pattern that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// There is nothing to look for.
    #[error("the pattern is empty")]
    Empty,
    /// It is longer than [`MAX_PATTERN_BYTES`].
    #[error("the pattern is longer than {MAX_PATTERN_BYTES} bytes")]
    TooLong,
    /// It is no regular expression, or one that is too large.
    #[error("the pattern is no regular expression, or too large a one")]
    NoRegex,
}

/// The query of a condition that is one: what its words mean depends on whose it is.
#[derive(Debug, Clone)]
pub struct Asked {
    /// As its reader means it.
    pub query: Query,
    /// Which feeds are meant by each name of a feed or a category.
    pub feeds: HashMap<search::Test, Vec<FeedId>>,
}

/// A condition, ready to be asked about many articles.
#[derive(Debug)]
pub struct Matcher {
    field: RuleField,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// Each of these has to stand in the text.
    Words(Vec<String>),
    Regex(regex::Regex),
    Query(Asked),
}

impl Matcher {
    /// Reads a condition, whose query was read already, if it is one. Compiling an expression can take some milliseconds: not on
    /// an async thread.
    pub fn new(condition: &Condition, asked: Option<Asked>) -> Result<Self, PatternError> {
        let pattern = condition.pattern.trim();
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(PatternError::TooLong);
        }
        let test = match condition.test {
            RuleTest::Words => Test::Words(folded(pattern).split_whitespace().map(str::to_owned).collect()),
            RuleTest::Phrase => {
                Test::Words(Some(folded(pattern)).filter(|phrase| !phrase.is_empty()).into_iter().collect())
            }
            RuleTest::Regex => {
                let regex = RegexBuilder::new(pattern)
                    .case_insensitive(true)
                    .size_limit(MAX_COMPILED_BYTES)
                    .dfa_size_limit(MAX_COMPILED_BYTES)
                    .nest_limit(MAX_NESTING)
                    .build();
                Test::Regex(regex.map_err(|_| PatternError::NoRegex)?)
            }
            RuleTest::Query => Test::Query(asked.ok_or(PatternError::Empty)?),
        };
        let is_empty = match &test {
            Test::Words(words) => words.is_empty(),
            Test::Query(asked) => asked.query.is_empty(),
            Test::Regex(_) => pattern.is_empty(),
        };
        if is_empty { Err(PatternError::Empty) } else { Ok(Self { field: condition.field, test }) }
    }

    /// Whether the condition holds for an article.
    pub fn matches(&self, article: &mut Matched<'_>) -> bool {
        if let Test::Query(Asked { query, feeds }) = &self.test {
            let (feed, draft) = (article.feed, article.draft);
            return query.is_met_by(&Arriving::new(feed, feeds, draft, article.field(RuleField::Text)));
        }
        let text = article.field(self.field);
        match &self.test {
            Test::Words(words) => {
                let text = folded(text);
                words.iter().all(|word| has_word(&text, word))
            }
            Test::Regex(regex) => regex.is_match(text),
            Test::Query(_) => false,
        }
    }
}

/// An article that rules look at. Its text is read once, and only if one of them asks for it.
#[derive(Debug)]
pub struct Matched<'a> {
    feed: FeedId,
    draft: &'a ArticleDraft,
    text: Option<String>,
}

impl<'a> Matched<'a> {
    /// An article on its way in, or a stored one.
    pub fn new(feed: FeedId, draft: &'a ArticleDraft) -> Self {
        Self { feed, draft, text: None }
    }

    fn field(&mut self, field: RuleField) -> &str {
        let draft = self.draft;
        match field {
            RuleField::Title => &draft.title,
            RuleField::Author => draft.author.as_deref().unwrap_or_default(),
            RuleField::Url => draft.url.as_ref().map_or("", |url| url.as_str()),
            RuleField::Language => draft.language.as_ref().map_or("", |language| language.as_str()),
            RuleField::Text => self.text.get_or_insert_with(|| {
                let shown = draft.bodies.iter().find(|body| body.kind == draft.choice.shown);
                let mut text = shown.or(draft.bodies.first()).map(|body| plain_text(&body.html)).unwrap_or_default();
                text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
                text
            }),
        }
    }
}

/// A text without regard to case, width and line breaks.
fn folded(text: &str) -> String {
    let lower: String = text.nfkc().flat_map(char::to_lowercase).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether `word` stands in `text` as a word of its own. Scripts that write no spaces have none to go by.
fn has_word(text: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() && u32::from(c) < 0x2e80;
    let begins = word.chars().next().is_some_and(joins);
    let ends = word.chars().next_back().is_some_and(joins);
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(joins);
        let after = text[at + word.len()..].chars().next().is_some_and(joins);
        !(begins && before || ends && after)
    })
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::domain::{Body, BodyChoice, BodyKind, ChoiceReason, Completeness, Keys, Language, UnixMillis, WebUrl};

    fn article() -> ArticleDraft {
        ArticleDraft {
            keys: Keys { first: [0; 16], second: None },
            guid: None,
            url: Some(WebUrl::parse("https://river.example/sponsored/1").unwrap()),
            title: "Weekly: The Ｒiver’s rise, in Pictures".into(),
            author: Some("Ada Ström".into()),
            site_name: None,
            published: None,
            published_text: None,
            dates: None,
            language: Language::parse("zh-Hans"),
            excerpt: String::new(),
            words: 0,
            cjk_chars: 0,
            lead_image: None,
            completeness: Completeness::Whole,
            enclosures: Vec::new(),
            categories: Vec::new(),
            comments_url: None,
            bodies: vec![Body {
                kind: BodyKind::Feed, html: "<p>河水在<b>夜里</b>上涨 with\n water</p>".into()
            }],
            choice: BodyChoice { shown: BodyKind::Feed, reason: ChoiceReason::OnlyOne },
        }
    }

    /// On 1 June 2025; the articles are of feed 7, which is called `Daily`.
    fn asked(test: RuleTest, pattern: &str) -> Option<Asked> {
        let feeds = HashMap::from([(search::Test::Feed("daily".into()), vec![FeedId(7)])]);
        let query = Query::parse(pattern, UnixMillis(1_748_736_000_000), &TimeZone::UTC);
        (test == RuleTest::Query).then_some(Asked { query, feeds })
    }

    fn matches(field: RuleField, test: RuleTest, pattern: &str) -> bool {
        let condition = Condition { field, test, pattern: pattern.to_owned() };
        let mut article = article();
        article.published = Some(UnixMillis(1_748_736_000_000 - 10 * UnixMillis::DAY));
        Matcher::new(&condition, asked(test, pattern)).unwrap().matches(&mut Matched::new(FeedId(7), &article))
    }

    #[test]
    fn words_are_found_in_any_order_and_whole() {
        use RuleField::{Author, Language, Text, Title, Url};
        for (field, test, pattern, found) in [
            (Title, RuleTest::Words, "rise RIVER", true),
            (Title, RuleTest::Words, "rive", false),
            (Title, RuleTest::Phrase, "in pictures", true),
            (Title, RuleTest::Phrase, "pictures in", false),
            (Title, RuleTest::Regex, r"^weekly\b", true),
            (Title, RuleTest::Regex, r"weekly$", false),
            (Author, RuleTest::Words, "ström", true),
            (Url, RuleTest::Words, "sponsored", true),
            (Language, RuleTest::Words, "zh", true),
            (Text, RuleTest::Phrase, "夜里上涨 with water", true),
            (Text, RuleTest::Words, "水 上涨", true),
            (Text, RuleTest::Words, "drought", false),
            (Title, RuleTest::Query, "title:river 河水 -drought lang:zh site:river.example", true),
            (Title, RuleTest::Query, "is:unread (drought or \"夜里上涨\") after:11d", true),
            (Title, RuleTest::Query, "河水 -title:weekly", false),
            (Title, RuleTest::Query, "is:starred", false),
            (Title, RuleTest::Query, "after:7d or before:2w", false),
            (Title, RuleTest::Query, "before:7d 河水 feed:daily", true),
            (Title, RuleTest::Query, "河水 -feed:daily", false),
            (Title, RuleTest::Query, "feed:weekly", false),
        ] {
            assert_eq!(matches(field, test, pattern), found, "{field:?} {test:?} {pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_or_costs_too_much_is_refused() {
        let read = |test: RuleTest, pattern: &str| {
            let condition = Condition { field: RuleField::Title, test, pattern: pattern.to_owned() };
            Matcher::new(&condition, asked(test, pattern))
        };
        let error = |test: RuleTest, pattern: &str| read(test, pattern).unwrap_err();
        assert_eq!(error(RuleTest::Query, " -"), PatternError::Empty);
        assert_eq!(error(RuleTest::Words, "  "), PatternError::Empty);
        assert_eq!(error(RuleTest::Regex, ""), PatternError::Empty);
        assert_eq!(error(RuleTest::Regex, "("), PatternError::NoRegex);
        assert_eq!(error(RuleTest::Phrase, &"x".repeat(501)), PatternError::TooLong);
        // What they compile to is bounded while they are compiled: nothing else is wrong with them.
        let brackets = |n: usize| "(".repeat(n) + &")".repeat(n);
        for (small, large) in [
            (r"(?:a{10}){10}".to_owned(), r"(?:a{1000}){1000}".to_owned()),
            (r"\w{5}".to_owned(), r"\w{500}".to_owned()),
            (brackets(6), brackets(60)),
        ] {
            assert!(read(RuleTest::Regex, &small).is_ok(), "{small}");
            assert_eq!(error(RuleTest::Regex, &large), PatternError::NoRegex, "{large}");
        }
    }
}
