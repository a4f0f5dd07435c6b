//! The sidebar of wide screens, which is the drawer of phones.

use super::feed_title;
use crate::domain::{CategoryId, FeedId, SavedSearchId, TagId};
use crate::store;
use crate::web::locale::Locale;

/// Up to so many feeds the sidebar shows all; beyond, only those of the category that one is in. A sidebar of a thousand
/// feeds would be larger than all else on the page.
pub const ALL_FEEDS: i64 = 60;
/// At most so many feeds of one category; the category's own list and the page of feeds have them all.
const FEEDS_OF_CATEGORY: usize = 120;
/// The sidebar shows so many of the tags that most articles have; the page of tags has them all.
const TAGS: usize = 30;

/// Lists, categories and feeds with their counters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SidebarView {
    /// Unread articles of all subscriptions.
    pub unread: i64,
    /// Starred articles.
    pub starred: i64,
    /// Articles put by for later.
    pub later: i64,
    /// In the reader's order; the last one may be without id: feeds without a category.
    pub categories: Vec<SidebarCategory>,
    /// By name.
    pub tags: Vec<SidebarTag>,
    /// Searches that the reader keeps.
    pub searches: Vec<SidebarSearch>,
}

/// A tag in the sidebar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidebarTag {
    /// Its id.
    pub id: TagId,
    /// As the reader writes it.
    pub name: String,
    /// How many articles have it.
    pub articles: i64,
}

/// A saved search in the sidebar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidebarSearch {
    /// Its id.
    pub id: SavedSearchId,
    /// As the reader calls it.
    pub name: String,
    /// How many articles were unread when they were last counted; empty if none.
    pub unread: String,
}

/// A category in the sidebar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidebarCategory {
    /// Its id, or `None` for feeds that are in no category.
    pub id: Option<CategoryId>,
    /// Its title; empty without an id.
    pub title: String,
    /// Unread articles of its feeds.
    pub unread: i64,
    /// Its feeds; empty where the sidebar would grow too long, they are then on the category's own page.
    pub feeds: Vec<SidebarFeed>,
}

/// A feed in the sidebar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidebarFeed {
    /// Its id.
    pub id: FeedId,
    /// The title that the reader gave it, or its own.
    pub title: String,
    /// Unread articles.
    pub unread: i64,
    /// Whether it could not be read the last time.
    pub trouble: bool,
    /// Whether its letter has no colour.
    pub plain_tile: bool,
}

impl SidebarView {
    /// The sidebar as the store gave it.
    pub fn new(sidebar: &store::Sidebar, locale: Locale) -> Self {
        let categories = sidebar
            .categories
            .iter()
            // Feeds without a category have no list of their own: a heading alone would lead nowhere.
            .filter(|category| category.id.is_some() || !category.feeds.is_empty())
            .map(|category| SidebarCategory {
                id: category.id,
                title: category.title.clone(),
                unread: category.unread,
                feeds: category
                    .feeds
                    .iter()
                    .take(FEEDS_OF_CATEGORY)
                    .map(|feed| SidebarFeed::new(feed, locale))
                    .collect(),
            })
            .collect();
        let counts = sidebar.counts;
        Self {
            unread: counts.unread,
            starred: counts.starred,
            later: counts.later,
            categories,
            tags: tags(&sidebar.tags),
            searches: sidebar
                .searches
                .iter()
                .map(|line| SidebarSearch { id: line.id, name: line.name.clone(), unread: unread(line.unread, locale) })
                .collect(),
        }
    }
}

/// The unread articles of a saved search; what is more than is counted has a sign that says so.
fn unread(counted: Option<i64>, locale: Locale) -> String {
    let most = i64::try_from(store::MAX_SAVED_UNREAD).unwrap_or(i64::MAX);
    match counted.unwrap_or(0) {
        0 => String::new(),
        n if n > most => format!("{}+", locale.number(most)),
        n => locale.number(n),
    }
}

/// The tags that most articles have, by name.
fn tags(all: &[store::Tag]) -> Vec<SidebarTag> {
    let mut most: Vec<usize> = (0..all.len()).filter(|place| all[*place].articles > 0).collect();
    most.sort_by_key(|place| std::cmp::Reverse(all[*place].articles));
    most.truncate(TAGS);
    most.sort_unstable();
    most.into_iter()
        .map(|place| &all[place])
        .map(|tag| SidebarTag { id: tag.id, name: tag.name.clone(), articles: tag.articles })
        .collect()
}

impl SidebarTag {
    /// The path of its list.
    pub fn path(&self) -> String {
        format!("/tags/{}", self.id)
    }
}

impl SidebarSearch {
    /// The path of its list.
    pub fn path(&self) -> String {
        format!("/searches/{}", self.id)
    }
}

impl SidebarCategory {
    /// The path of its list; `None` for feeds that are in no category.
    pub fn path(&self) -> Option<String> {
        self.id.map(|id| format!("/categories/{id}"))
    }
}

impl SidebarFeed {
    fn new(feed: &store::SidebarFeed, locale: Locale) -> Self {
        let title = feed_title(&feed.title, locale);
        Self { id: feed.id, title, unread: feed.unread, trouble: feed.trouble, plain_tile: feed.plain_tile }
    }

    /// The path of its list.
    pub fn path(&self) -> String {
        format!("/feeds/{}", self.id)
    }

    /// The tile in front of its title.
    pub fn letter(&self) -> Letter {
        Letter::of(&self.title).without_colour(self.plain_tile)
    }
}

/// A tile with the first letter of a name, in one of six quiet colours: docs/decisions/tiles.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letter {
    /// The first letter, digit or ideograph, in upper case.
    pub letter: char,
    /// The number of its colour, 0 to 5; the same name always has the same.
    pub colour: u8,
}

impl Letter {
    /// The tile of a name.
    pub fn of(name: &str) -> Self {
        let first = name.chars().find(|c| c.is_alphanumeric()).unwrap_or('·');
        let letter = first.to_uppercase().next().unwrap_or(first);
        let sum = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        Self { letter, colour: u8::try_from(sum % 6).unwrap_or(0) }
    }

    /// The same tile, in the grey of the first colour where its reader wants none.
    pub fn without_colour(self, is_plain: bool) -> Self {
        if is_plain { Self { colour: 0, ..self } } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_shows_the_first_real_letter() {
        for (name, letter) in [("“quotes”", 'Q'), ("朝日新聞", '朝'), ("…", '·'), ("élan", 'É'), ("ß", 'S')]
        {
            assert_eq!(Letter::of(name).letter, letter, "{name}");
        }
        assert_eq!(Letter::of("a").colour, Letter::of("a").colour);
    }
}
