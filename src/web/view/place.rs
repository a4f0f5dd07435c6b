//! A list as an address: which articles, in which order. An article's address carries it along, so that “next” knows
//! what comes next.

use std::fmt::{self, Write as _};

use serde::Deserialize;

use super::Preferences;
use crate::domain::{ArticleId, UnixMillis};
use crate::store::{Cursor, ListQuery, Order, Scope};

/// A list and how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which articles.
    pub scope: Scope,
    /// In which order.
    pub order: Order,
    /// Without what was read.
    pub only_unread: bool,
    /// The page that begins after this row; `None` is the first one.
    pub after: Option<Cursor>,
}

/// What the query of an address says of a list, on its own pages and on those of articles that were opened from it.
#[derive(Debug, Default, Deserialize)]
pub struct PlaceParams {
    order: Option<String>,
    show: Option<String>,
    after: Option<String>,
}

impl Place {
    /// A list as the account prefers to see it.
    pub fn preferred(scope: Scope, preferences: &Preferences) -> Self {
        let only_unread = preferences.only_unread && can_hide_read(scope);
        Self { scope, order: preferences.order.into(), only_unread, after: None }
    }

    /// The list of an address: what its query says, else what the account prefers. Unknown words are no words.
    pub fn read(scope: Scope, params: &PlaceParams, preferences: &Preferences) -> Self {
        let preferred = Self::preferred(scope, preferences);
        let order = match params.order.as_deref() {
            Some("newest") => Order::NewestFirst,
            Some("oldest") => Order::OldestFirst,
            _ => preferred.order,
        };
        let only_unread = match params.show.as_deref() {
            Some("unread") => can_hide_read(scope),
            Some("all") => false,
            _ => preferred.only_unread,
        };
        Self { scope, order, only_unread, after: params.after.as_deref().and_then(parse_cursor) }
    }

    /// The page that keeps what this is a list of: that of tags, for a tag.
    pub fn tag_page(&self) -> Option<&'static str> {
        matches!(self.scope, Scope::Tag(_)).then_some("/tags")
    }

    /// The list's path.
    pub fn path(&self) -> String {
        match self.scope {
            Scope::Unread => "/unread".to_owned(),
            Scope::All => "/all".to_owned(),
            Scope::Starred => "/starred".to_owned(),
            Scope::Later => "/later".to_owned(),
            Scope::History => "/history".to_owned(),
            Scope::Tag(id) => format!("/tags/{id}"),
            Scope::Category(id) => format!("/categories/{id}"),
            Scope::Feed(id) => format!("/feeds/{id}"),
        }
    }

    /// The list's address with what differs from the account's preferences.
    pub fn address(&self, preferences: &Preferences) -> String {
        let mut address = self.path();
        let mut joint = '?';
        for (name, value) in self.differences(preferences) {
            address.push(joint);
            address.push_str(name);
            address.push('=');
            address.push_str(value);
            joint = '&';
        }
        address
    }

    /// The list's address, at the page that this is.
    pub fn page_address(&self, preferences: &Preferences) -> String {
        let address = self.address(preferences);
        let Some(cursor) = self.after else { return address };
        let joint = if address.contains('?') { '&' } else { '?' };
        format!("{address}{joint}after={}.{}", cursor.sort_at.0, cursor.id)
    }

    /// The address of an article that is opened from this list.
    pub fn article(&self, article: ArticleId, preferences: &Preferences) -> String {
        let mut address = format!("/articles/{article}?in={}", self.scope_name());
        for (name, value) in self.differences(preferences) {
            address.push('&');
            address.push_str(name);
            address.push('=');
            address.push_str(value);
        }
        if let Some(cursor) = self.after {
            let _ = write!(address, "&after={}.{}", cursor.sort_at.0, cursor.id);
        }
        address
    }

    /// The list's name in queries and form fields.
    pub fn scope_name(&self) -> ScopeName {
        ScopeName(self.scope)
    }

    /// The query to the store.
    pub fn query(&self, limit: i64) -> ListQuery {
        ListQuery { scope: self.scope, only_unread: self.only_unread, order: self.order, after: self.after, limit }
    }

    /// Whether what came last stands first.
    pub fn is_newest_first(&self) -> bool {
        self.order == Order::NewestFirst
    }

    /// Whether this list can leave out what was read: one that holds only unread articles anyway cannot, nor can the
    /// history, which is about what was read.
    pub fn can_hide_read(&self) -> bool {
        can_hide_read(self.scope)
    }

    fn differences(&self, preferences: &Preferences) -> impl Iterator<Item = (&'static str, &'static str)> {
        let preferred = Self::preferred(self.scope, preferences);
        let order = match self.order {
            Order::NewestFirst => "newest",
            Order::OldestFirst => "oldest",
        };
        let show = if self.only_unread { "unread" } else { "all" };
        [
            (self.order != preferred.order).then_some(("order", order)),
            (self.only_unread != preferred.only_unread).then_some(("show", show)),
        ]
        .into_iter()
        .flatten()
    }
}

fn can_hide_read(scope: Scope) -> bool {
    !matches!(scope, Scope::Unread | Scope::History)
}

/// The name of a scope: `unread`, `all`, `starred`, `later`, `history`, `tag-5`, `category-3`,
/// `feed-7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeName(pub Scope);

impl ScopeName {
    /// The scope of a name; `None` for what is none.
    pub fn parse(name: &str) -> Option<Scope> {
        Scope::from_name(name)
    }
}

impl fmt::Display for ScopeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name())
    }
}

/// The place in a list that an address names as `MILLIS.ARTICLE`.
fn parse_cursor(text: &str) -> Option<Cursor> {
    let (sort_at, id) = text.split_once('.')?;
    Some(Cursor { sort_at: UnixMillis(sort_at.parse().ok()?), id: ArticleId(id.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CategoryId, FeedId, TagId};

    #[test]
    fn an_address_says_only_what_differs_from_the_preferences() {
        let preferences = Preferences::default();
        let usual = Place::preferred(Scope::Feed(FeedId(7)), &preferences);
        let unusual = Place { order: Order::OldestFirst, only_unread: true, ..usual };

        assert_eq!(usual.address(&preferences), "/feeds/7");
        assert_eq!(unusual.address(&preferences), "/feeds/7?order=oldest&show=unread");
        assert_eq!(usual.article(ArticleId(3), &preferences), "/articles/3?in=feed-7");
        assert_eq!(unusual.article(ArticleId(3), &preferences), "/articles/3?in=feed-7&order=oldest&show=unread");
    }

    #[test]
    fn the_next_page_begins_where_this_one_ended() {
        let cursor = Cursor { sort_at: UnixMillis(-5), id: ArticleId(9) };
        let preferences = Preferences::default();
        let place = Place { after: Some(cursor), ..Place::preferred(Scope::Unread, &preferences) };

        assert_eq!(place.page_address(&preferences), "/unread?after=-5.9");
        assert_eq!(place.article(ArticleId(3), &preferences), "/articles/3?in=unread&after=-5.9");
        assert_eq!(place.address(&preferences), "/unread");
        assert_eq!(parse_cursor("-5.9"), Some(cursor));
        assert_eq!(parse_cursor("x"), None);
    }

    #[test]
    fn every_scope_has_a_name_that_leads_back_to_it() {
        for scope in [
            Scope::Unread,
            Scope::Later,
            Scope::History,
            Scope::Tag(TagId(5)),
            Scope::Category(CategoryId(3)),
            Scope::Feed(FeedId(7)),
        ] {
            assert_eq!(ScopeName::parse(&ScopeName(scope).to_string()), Some(scope));
        }
        assert_eq!(ScopeName::parse("feed-x"), None);
    }

    #[test]
    fn what_an_address_says_goes_before_the_preferences() {
        let preferences = Preferences { only_unread: true, ..Preferences::default() };
        let params = |order: &str, show: &str| PlaceParams {
            order: Some(order.to_owned()),
            show: Some(show.to_owned()),
            after: None,
        };
        let place = Place::read(Scope::All, &params("oldest", "all"), &preferences);
        assert_eq!((place.order, place.only_unread), (Order::OldestFirst, false));
        assert!(Place::read(Scope::All, &params("sideways", ""), &preferences).only_unread);
    }
}
