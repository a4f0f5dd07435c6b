//! Which feeds the table shows, and in which order: an address, and what it chooses.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

use url::form_urlencoded;

use super::ailing::ailment;
use super::health::title_of;
use crate::domain::{CategoryId, FeedId, UnixMillis, WebUrl};
use crate::store::{FeedKind, SubscriptionRow};
use crate::web::page::Frame;

/// By what the table is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sort {
    /// What needs a hand, then by title.
    #[default]
    Trouble,
    Title,
    Category,
    Unread,
    Newest,
    Rhythm,
    Checked,
    Next,
}

/// Each order, its name in addresses, and the sentence of its column.
pub(super) const SORTS: [(Sort, &str, &str); 7] = [
    (Sort::Title, "title", "feeds.feed"),
    (Sort::Category, "category", "feeds.category"),
    (Sort::Unread, "unread", "list.unread"),
    (Sort::Newest, "newest", "feeds.newest"),
    (Sort::Rhythm, "rhythm", "feeds.rhythm"),
    (Sort::Checked, "checked", "feeds.checked"),
    (Sort::Next, "next", "feeds.next"),
];

/// Which of the feeds are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Show {
    #[default]
    All,
    Trouble,
    Silent,
    Paused,
    Muted,
}

/// Each choice, its name in addresses, and its sentence.
pub(super) const SHOWS: [(Show, &str, &str); 5] = [
    (Show::All, "", "feeds.show_all"),
    (Show::Trouble, "trouble", "feeds.show_trouble"),
    (Show::Silent, "silent", "feeds.show_silent"),
    (Show::Paused, "paused", "feeds.show_paused"),
    (Show::Muted, "muted", "feeds.show_muted"),
];

/// The words of the table's address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct View {
    pub(super) sort: Sort,
    /// The other way round than the order begins.
    pub(super) reversed: bool,
    pub(super) show: Show,
    /// A category; `Some(None)` for feeds without one.
    pub(super) category: Option<Option<CategoryId>>,
    /// Words of title or address.
    pub(super) words: String,
    /// Counted from 1.
    pub(super) page: usize,
}

impl View {
    /// Reads a query. Unknown words are no words.
    pub(super) fn read(query: &str) -> Self {
        let mut view = Self { page: 1, ..Self::default() };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*name, &*value) {
                ("sort", value) => {
                    view.sort =
                        SORTS.iter().find(|(_, name, _)| *name == value).map_or(Sort::Trouble, |(sort, ..)| *sort);
                }
                ("dir", "other") => view.reversed = true,
                ("show", value) => {
                    view.show = SHOWS.iter().find(|(_, name, _)| *name == value).map_or(Show::All, |(show, ..)| *show);
                }
                ("in", "none") => view.category = Some(None),
                ("in", value) => view.category = value.parse().ok().map(|id| Some(CategoryId(id))),
                ("q", value) => view.words = value.trim().chars().take(200).collect(),
                ("page", value) => view.page = value.parse().ok().filter(|page| *page > 0).unwrap_or(1),
                _ => {}
            }
        }
        view
    }

    /// The address of the table.
    pub(super) fn address(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let name = SORTS.iter().find(|(sort, ..)| *sort == self.sort).map(|(_, name, _)| *name);
        if let Some(name) = name {
            query.append_pair("sort", name);
        }
        if self.reversed {
            query.append_pair("dir", "other");
        }
        if let Some((_, name, _)) = SHOWS.iter().find(|(show, ..)| *show == self.show && self.show != Show::All) {
            query.append_pair("show", name);
        }
        match self.category {
            Some(Some(id)) => drop(query.append_pair("in", &id.to_string())),
            Some(None) => drop(query.append_pair("in", "none")),
            None => {}
        }
        if !self.words.is_empty() {
            query.append_pair("q", &self.words);
        }
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { "/feeds".to_owned() } else { format!("/feeds?{query}") }
    }

    /// Whether anything is left out.
    pub(super) fn chooses(&self) -> bool {
        self.show != Show::All || self.category.is_some() || !self.words.is_empty()
    }

    /// Whether a feed is shown. `recent` counts the articles of each feed in the last weeks.
    pub(super) fn has(&self, row: &SubscriptionRow, recent: &HashMap<FeedId, i64>, frame: &Frame) -> bool {
        let is_shown = match self.show {
            Show::All => true,
            Show::Trouble => is_troubled(row, frame.now),
            Show::Silent => row.kind == FeedKind::Public && !recent.contains_key(&row.feed),
            Show::Paused => row.paused_at.is_some(),
            Show::Muted => row.muted,
        };
        is_shown && self.category.is_none_or(|category| category == row.category) && self.has_words(row, frame)
    }

    fn has_words(&self, row: &SubscriptionRow, frame: &Frame) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let address = row.url.as_ref().map(WebUrl::masked).unwrap_or_default();
        let text = format!("{} {address}", title_of(row, frame)).to_lowercase();
        self.words.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }

    /// Whether the order or the choice needs to know how much each feed brings.
    pub(super) fn needs_rhythm(&self) -> bool {
        self.sort == Sort::Rhythm || self.show == Show::Silent
    }

    /// Orders rows that stand by title. What has no value stands last, whichever way round.
    pub(super) fn order(
        &self,
        rows: &mut [SubscriptionRow],
        recent: &HashMap<FeedId, i64>,
        places: &HashMap<CategoryId, usize>,
        now: UnixMillis,
    ) {
        let known = |value: Option<i64>| (value.is_none(), if self.reversed { value } else { value.map(|v| -v) });
        match self.sort {
            Sort::Trouble => rows.sort_by_key(|row| !is_troubled(row, now)),
            Sort::Title if self.reversed => rows.reverse(),
            Sort::Title => {}
            Sort::Category => {
                let place = |row: &SubscriptionRow| row.category.and_then(|id| places.get(&id).copied());
                rows.sort_by(|one, other| match (place(one), place(other)) {
                    (Some(one), Some(other)) if self.reversed => Reverse(one).cmp(&Reverse(other)),
                    (Some(one), Some(other)) => one.cmp(&other),
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (None, None) => Ordering::Equal,
                });
            }
            Sort::Unread => rows.sort_by_key(|row| known(Some(row.unread))),
            Sort::Newest => rows.sort_by_key(|row| known(row.newest_article_at.map(|at| at.0))),
            Sort::Rhythm => rows.sort_by_key(|row| known(recent.get(&row.feed).copied())),
            Sort::Checked => rows.sort_by_key(|row| known(row.checked_at.map(|at| at.0))),
            Sort::Next => rows.sort_by_key(|row| {
                let is_asked = row.kind == FeedKind::Public && !row.gone && row.paused_at.is_none();
                // The soonest first.
                known(is_asked.then_some(-row.next_check_at.0))
            }),
        }
    }
}

/// Whether a feed could not be read, for somebody who wants it read.
pub(super) fn is_troubled(row: &SubscriptionRow, now: UnixMillis) -> bool {
    row.paused_at.is_none() && (row.failure.is_some() || ailment(row, now).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_it_means_and_nothing_else() {
        for (query, address) in [
            ("", "/feeds"),
            ("sort=newest&dir=other&page=3", "/feeds?sort=newest&dir=other&page=3"),
            ("show=trouble&in=7&q=a%20b", "/feeds?show=trouble&in=7&q=a+b"),
            ("in=none&sort=sideways&show=x&page=0&done=stored", "/feeds?in=none"),
        ] {
            assert_eq!(View::read(query).address(), address);
        }
    }
}
