//! Whether an article that is only just arriving answers a query: what a rule asks.

use std::collections::HashMap;

use super::{Node, Query, State, Test, Thing};
use crate::domain::{ArticleDraft, FeedId};
use crate::search::fold::Folded;
use crate::search::terms::Part;

/// An article on its way in, with its text. Nobody has done anything with it yet.
#[derive(Debug)]
pub struct Arriving<'a> {
    feed: FeedId,
    feeds: &'a HashMap<Test, Vec<FeedId>>,
    draft: &'a ArticleDraft,
    title: Folded,
    author: Folded,
    text: Folded,
}

impl<'a> Arriving<'a> {
    /// The article, its feed, the plain text of its shown body, and which feeds are meant by each name in the query.
    pub fn new(feed: FeedId, feeds: &'a HashMap<Test, Vec<FeedId>>, draft: &'a ArticleDraft, text: &str) -> Self {
        Self {
            feed,
            feeds,
            draft,
            title: Folded::new(&draft.title),
            author: Folded::new(draft.author.as_deref().unwrap_or_default()),
            text: Folded::new(text),
        }
    }

    fn is(&self, node: &Node) -> bool {
        match node {
            Node::All(nodes) => nodes.iter().all(|node| self.is(node)),
            Node::Any(nodes) => nodes.iter().any(|node| self.is(node)),
            Node::Not(node) => !self.is(node),
            Node::Is(test) => self.meets(test),
        }
    }

    fn meets(&self, test: &Test) -> bool {
        let draft = self.draft;
        let has_media = |kind: &str| {
            let types = draft.enclosures.iter().filter_map(|file| file.media_type.as_deref());
            types.into_iter().any(|declared| declared.to_ascii_lowercase().starts_with(kind))
        };
        match test {
            Test::Text { part, phrase } => match part {
                Part::Any => [&self.text, &self.title, &self.author].into_iter().any(|part| phrase.is_in(part)),
                Part::Title => phrase.is_in(&self.title),
                Part::Author => phrase.is_in(&self.author),
            },
            Test::Language(tag) => draft.language.as_ref().is_some_and(|language| {
                let language = language.as_str().to_ascii_lowercase();
                language.strip_prefix(tag.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            }),
            Test::Site(host) => draft.url.as_ref().is_some_and(|url| {
                url.host().strip_suffix(host.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }),
            Test::State(state) => *state == State::Unread,
            Test::Has(Thing::Picture) => draft.lead_image.is_some(),
            Test::Has(Thing::Audio) => has_media("audio/"),
            Test::Has(Thing::Video) => has_media("video/"),
            Test::Before(moment) => draft.published.is_some_and(|published| published < *moment),
            Test::From(moment) => draft.published.is_none_or(|published| published >= *moment),
            Test::Feed(_) | Test::Category(_) => self.feeds.get(test).is_some_and(|feeds| feeds.contains(&self.feed)),
            // Tags and marks come later.
            Test::Tag(_) | Test::Has(Thing::Highlight | Thing::Note) => false,
        }
    }
}

impl Query {
    /// Whether an arriving article answers the query. A query that asks for nothing is answered by none.
    pub fn is_met_by(&self, article: &Arriving<'_>) -> bool {
        self.node.as_ref().is_some_and(|node| article.is(node))
    }
}
