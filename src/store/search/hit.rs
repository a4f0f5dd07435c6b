//! Articles that were found, and what facets count of them.
//!
//! A search brings a thousand of them, and a driver takes longer for a thousand rows than a database does. So the database
//! puts them into one text, which is read here.

use std::sync::Arc;

use crate::domain::{AccountId, ArticleId, FeedId, Language, UnixMillis};
use crate::store::access::may_read;
use crate::store::db::{Db, read, statements};
use crate::store::error::StoreError;
use crate::store::row::id_list;

/// A hit of article `a` and account `$1` in one text: id, moment, feed, three states and the language, with commas between them.
macro_rules! line {
    () => {
        "a.id || ',' || a.sort_at || ',' || a.feed_id || ',' \
         || CASE WHEN EXISTS (SELECT 1 FROM unread u WHERE u.article_id = a.id AND u.account_id = $1) THEN '1' ELSE '0' END \
         || CASE WHEN EXISTS (SELECT 1 FROM starred t WHERE t.article_id = a.id AND t.account_id = $1) THEN '1' ELSE '0' END \
         || CASE WHEN EXISTS (SELECT 1 FROM later l WHERE l.article_id = a.id AND l.account_id = $1) THEN '1' ELSE '0' END \
         || ',' || COALESCE(a.language, '')"
    };
}
pub(super) use line;

statements! {
    THESE = concat!("SELECT string_agg(line, ' ') FROM (SELECT ", line!(), " AS line FROM article a \
             WHERE a.id IN (SELECT value FROM json_each($2)) AND ", may_read!(), ") AS found");
}

/// An article that was found, with what facets count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its id.
    pub id: ArticleId,
    /// Its moment in lists.
    pub sort_at: UnixMillis,
    /// Its feed.
    pub feed_id: FeedId,
    /// The language of its text, shared by the hits around it.
    pub language: Option<Arc<Language>>,
    /// Not read.
    pub unread: bool,
    /// Starred.
    pub starred: bool,
    /// Kept for later.
    pub later: bool,
    /// It is a hit. Else it is one as far as its sketch tells, and [`Db::confirm`] reads its text.
    pub is_sure: bool,
    /// Answers to tests, as a check wants them.
    pub(super) facts: String,
}

impl Hit {
    /// Reads a line; `before` is the language of the line before, as it was written and as it was read.
    fn read<'a>(line: &'a str, before: &mut (&'a str, Option<Arc<Language>>)) -> Option<Self> {
        let mut fields = pieces(line, b',');
        let mut number = || fields.next()?.parse().ok();
        let (id, sort_at, feed) = (number()?, number()?, number()?);
        let states = fields.next()?.as_bytes();
        let tag = fields.next()?;
        if tag != before.0 {
            *before = (tag, Language::parse(tag).map(Arc::new));
        }
        let is = |place| states.get(place) == Some(&b'1');
        Some(Self {
            id: ArticleId(id),
            sort_at: UnixMillis(sort_at),
            feed_id: FeedId(feed),
            language: before.1.clone(),
            unread: is(0),
            starred: is(1),
            later: is(2),
            is_sure: true,
            facts: String::new(),
        })
    }
}

/// The pieces of a text between signs of ASCII. They are so short that looking at each byte is faster than `str::split`.
fn pieces(text: &str, between: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().position(|byte| byte == between);
        rest = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len()))
    })
}

/// The hits of a text, the latest first.
pub(super) fn hits(text: &str) -> Vec<Hit> {
    let mut before = ("", None);
    let mut hits: Vec<Hit> = pieces(text, b' ').filter_map(|line| Hit::read(line, &mut before)).collect();
    hits.sort_unstable_by_key(|hit| std::cmp::Reverse(hit.id));
    hits
}

/// A candidate of a search whose texts have to be read.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) id: ArticleId,
    /// Answers to tests.
    pub(super) facts: String,
}

impl Candidate {
    /// Reads the text of its row.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (id, facts) = text.split_once(',')?;
        Some(Self { id: ArticleId(id.parse().ok()?), facts: facts.to_owned() })
    }
}

impl Db {
    /// The hits that candidates, the latest first, will be once their texts were read.
    pub(super) async fn hits_of(&self, account: AccountId, candidates: Vec<Candidate>) -> Result<Vec<Hit>, StoreError> {
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let ids = id_list(candidates.iter().map(|candidate| candidate.id.0));
        let text: Option<String> =
            read!(self, c => sqlx::query_scalar(THESE).bind(account).bind(&ids).fetch_one(c).await)?;
        let mut hits = hits(&text.unwrap_or_default());
        let mut candidates = candidates.into_iter();
        for hit in &mut hits {
            hit.is_sure = false;
            hit.facts =
                candidates.find(|candidate| candidate.id == hit.id).map(|found| found.facts).unwrap_or_default();
        }
        Ok(hits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_read_from_one_text() {
        let hits = hits("7,-5,3,101,zh-Hans 9,1,4,000, x 8,2");
        let told: Vec<_> =
            hits.iter().map(|hit| (hit.id.0, hit.sort_at.0, hit.feed_id.0, hit.unread, hit.later)).collect();
        assert_eq!(told, [(9, 1, 4, false, false), (7, -5, 3, true, true)]);
        assert_eq!(hits[1].language.as_deref().map(Language::as_str), Some("zh-Hans"));
        assert_eq!(hits[0].language, None);
    }
}
