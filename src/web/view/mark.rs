//! Marks on one article, as forms and addresses say them.

use std::fmt;

use serde::Deserialize;

use crate::domain::{ArticleId, UnixMillis};

/// A mark on one article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkName {
    /// It is read.
    Read,
    /// It has a star.
    Starred,
    /// It is kept for later.
    Later,
}

impl MarkName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Starred, Self::Later];

    /// Its name in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Starred => "starred",
            Self::Later => "later",
        }
    }

    /// The key of the sentence that it was set, or taken away.
    pub fn told(self, on: bool) -> &'static str {
        match (self, on) {
            (Self::Read, true) => "done.read",
            (Self::Read, false) => "done.unread",
            (Self::Starred, true) => "done.starred",
            (Self::Starred, false) => "done.unstarred",
            (Self::Later, true) => "done.later",
            (Self::Later, false) => "done.not_later",
        }
    }
}

/// A mark to be set on an article, or taken from it: `ARTICLE.1` or `ARTICLE.0`, and `ARTICLE.1.MILLIS` to set it as it was set
/// at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct MarkValue {
    /// The article.
    pub article: ArticleId,
    /// Whether it is set.
    pub on: bool,
    /// Since when; `None` is now.
    pub since: Option<UnixMillis>,
}

impl TryFrom<String> for MarkValue {
    type Error = &'static str;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        let mut parts = value.splitn(3, '.');
        let article = parts.next().and_then(|id| id.parse().ok()).map(ArticleId);
        let on = match parts.next() {
            Some("1") => true,
            Some("0") => false,
            _ => return Err("a mark is an article's number and .1 or .0"),
        };
        let since = parts.next().map(|millis| millis.parse().map(UnixMillis)).transpose();
        match (article, since) {
            (Some(article), Ok(since)) => Ok(Self { article, on, since }),
            _ => Err("this is not the number of an article, or no moment"),
        }
    }
}

impl fmt::Display for MarkValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.article, u8::from(self.on))?;
        self.since.map_or(Ok(()), |since| write!(f, ".{}", since.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_says_which_article_and_whether_the_mark_is_set() {
        let read = |value: &str| MarkValue::try_from(value.to_owned()).ok();
        let mark = |on, since: Option<i64>| MarkValue { article: ArticleId(7), on, since: since.map(UnixMillis) };
        for (text, value) in [("7.1", mark(true, None)), ("7.0", mark(false, None)), ("7.1.900", mark(true, Some(900)))]
        {
            assert_eq!(read(text), Some(value));
            assert_eq!(value.to_string(), text);
        }
        for nonsense in ["7", "7.2", "x.1", ".1", "7.1.", "7.1.x", "99999999999999999999.1"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
