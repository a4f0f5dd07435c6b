//! What just happened, carried from a form's answer to the next page in its address: nothing has to be remembered
//! on the server, and two windows never see each other's notices.

use std::collections::HashMap;

use url::form_urlencoded;

use crate::domain::FeedId;
use crate::web::locale::Locale;
use crate::web::page::{Notice, Undo};

/// A deed that the next page reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// So many articles were marked as read; the receipt takes it back.
    Marked {
        /// How many.
        count: u64,
        /// The receipt's number; 0 if nothing was marked.
        receipt: i64,
    },
    /// A mark was taken back.
    Unmarked {
        /// How many articles are unread again.
        count: u64,
    },
    /// A feed is not followed any more. The fields follow it again as it was.
    Unsubscribed {
        /// Its title.
        title: String,
        /// Its address.
        url: String,
        /// The account's own title for it.
        own_title: Option<String>,
        /// Its category.
        category: Option<i64>,
        /// Which body was shown.
        preference: i64,
        /// Takes back that its articles were marked as read.
        receipt: i64,
    },
    /// A category was deleted; its feeds are without one.
    CategoryDeleted {
        /// Its title.
        title: String,
        /// The feeds that were in it.
        feeds: Vec<FeedId>,
    },
    /// A tag was deleted, or became part of another.
    TagGone {
        /// Its name.
        name: String,
        /// The name of the tag that has its articles now.
        into: Option<String>,
        /// Brings it back.
        receipt: i64,
    },
    /// A highlight was deleted.
    HighlightGone {
        /// Brings it back.
        receipt: i64,
    },
    /// A rule was deleted.
    RuleGone {
        /// Brings it back.
        receipt: i64,
    },
    /// Something simple went as it should.
    Simply(Simple),
}

/// A deed without particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simple {
    /// A feed is followed.
    Followed,
    /// Changes were stored.
    Stored,
    /// A feed was fetched and had something new, or not.
    Fetched,
    /// A feed could not be fetched; the page shows why.
    NotFetched,
    /// The page of an article was read again.
    PageRead,
    /// The page of an article could not be read.
    PageNotRead,
    /// A category was made, renamed or deleted.
    CategoryChanged,
    /// A category's name is taken or empty.
    CategoryNameTaken,
    /// A tag was renamed or brought back.
    TagsChanged,
    /// What was typed cannot be the name of a tag.
    TagNameBad,
    /// An article or an account cannot have so many tags.
    TooManyTags,
    /// What was deleted cannot be brought back any more.
    TooLate,
    /// So much is being fetched for this account that the next has to wait.
    TooMuch,
    /// There are no words to mark.
    PassageEmpty,
    /// The words are kept, but the text that is shown does not have them.
    PassageNotFound,
    /// An article or an account cannot have so many highlights.
    TooManyHighlights,
    /// A rule was added or brought back.
    RulesChanged,
    /// An account cannot have so many rules.
    TooManyRules,
    /// A key for programs was taken back.
    KeyDeleted,
}

const SIMPLE: [(Simple, &str, &str); 19] = [
    (Simple::Followed, "followed", "done.followed"),
    (Simple::Stored, "stored", "done.stored"),
    (Simple::Fetched, "fetched", "done.fetched"),
    (Simple::NotFetched, "not-fetched", "done.not_fetched"),
    (Simple::PageRead, "page-read", "done.page_read"),
    (Simple::PageNotRead, "page-not-read", "done.page_not_read"),
    (Simple::CategoryChanged, "category", "done.category"),
    (Simple::CategoryNameTaken, "category-taken", "done.category_taken"),
    (Simple::TagsChanged, "tags", "done.tags"),
    (Simple::TagNameBad, "tag-name", "done.tag_name"),
    (Simple::TooManyTags, "too-many-tags", "done.too_many_tags"),
    (Simple::TooLate, "too-late", "done.too_late"),
    (Simple::TooMuch, "too-much", "done.too_much"),
    (Simple::PassageEmpty, "no-passage", "done.passage_empty"),
    (Simple::PassageNotFound, "passage-not-found", "done.passage_not_found"),
    (Simple::TooManyHighlights, "too-many-highlights", "done.too_many_highlights"),
    (Simple::RulesChanged, "rules", "done.rules"),
    (Simple::TooManyRules, "too-many-rules", "done.too_many_rules"),
    (Simple::KeyDeleted, "key-deleted", "programs.deleted"),
];

impl Simple {
    fn is_error(self) -> bool {
        matches!(
            self,
            Self::NotFetched
                | Self::PageNotRead
                | Self::CategoryNameTaken
                | Self::TagNameBad
                | Self::TooManyTags
                | Self::TooLate
                | Self::TooMuch
                | Self::PassageEmpty
                | Self::PassageNotFound
                | Self::TooManyHighlights
                | Self::TooManyRules
        )
    }
}

impl Done {
    /// `address` (a path of ours, with or without a query or a fragment) with this deed on it.
    pub fn on(&self, address: &str) -> String {
        let (address, fragment) = match address.split_once('#') {
            Some((address, fragment)) => (address, format!("#{fragment}")),
            None => (address, String::new()),
        };
        let address = without_notice(address);
        let mut fields = form_urlencoded::Serializer::new(String::new());
        match self {
            Self::Marked { count, receipt } => {
                fields.append_pair("done", "marked").append_pair("n", &count.to_string());
                fields.append_pair("undo", &receipt.to_string());
            }
            Self::Unmarked { count } => {
                fields.append_pair("done", "unmarked").append_pair("n", &count.to_string());
            }
            Self::Unsubscribed { title, url, own_title, category, preference, receipt } => {
                fields.append_pair("done", "unsubscribed").append_pair("title", title).append_pair("url", url);
                if let Some(own_title) = own_title {
                    fields.append_pair("own_title", own_title);
                }
                if let Some(category) = category {
                    fields.append_pair("category", &category.to_string());
                }
                fields.append_pair("body", &preference.to_string()).append_pair("undo", &receipt.to_string());
            }
            Self::CategoryDeleted { title, feeds } => {
                // An address has room for so many; the others stay without a category after an Undo.
                let feeds: Vec<_> = feeds.iter().take(MOST_FEEDS).map(ToString::to_string).collect();
                fields.append_pair("done", "category-deleted").append_pair("title", title);
                fields.append_pair("feeds", &feeds.join("."));
            }
            Self::TagGone { name, into, receipt } => {
                fields.append_pair("done", "tag-gone").append_pair("title", name);
                if let Some(into) = into {
                    fields.append_pair("into", into);
                }
                fields.append_pair("undo", &receipt.to_string());
            }
            Self::HighlightGone { receipt } => {
                fields.append_pair("done", "highlight-gone").append_pair("undo", &receipt.to_string());
            }
            Self::RuleGone { receipt } => {
                fields.append_pair("done", "rule-gone").append_pair("undo", &receipt.to_string());
            }
            Self::Simply(simple) => {
                let name = SIMPLE.iter().find(|(known, ..)| known == simple).map_or("", |(_, name, _)| name);
                fields.append_pair("done", name);
            }
        }
        let joint = if address.contains('?') { '&' } else { '?' };
        format!("{address}{joint}{}{fragment}", fields.finish())
    }
}

/// The fields that a notice uses in an address.
const FIELDS: [&str; 10] = ["done", "n", "undo", "title", "url", "own_title", "category", "body", "feeds", "into"];
/// The most feeds that a notice carries.
const MOST_FEEDS: usize = 500;

/// An address without the notice that it may carry. Only called for addresses that carry one of ours, or none.
pub fn without_notice(address: &str) -> String {
    let Some((path, query)) = address.split_once('?') else { return address.to_owned() };
    if !query.contains("done=") {
        return address.to_owned();
    }
    let kept: Vec<_> =
        form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| !FIELDS.contains(&name.as_ref())).collect();
    if kept.is_empty() {
        return path.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    format!("{path}?{query}")
}

/// The notice that an address carries.
pub fn notice_of(address: &str, locale: Locale) -> Option<Notice> {
    let (_, query) = address.split_once('?')?;
    if !query.contains("done=") {
        return None;
    }
    let fields: HashMap<String, String> =
        form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let number = |name: &str| field(name).parse::<i64>().unwrap_or(0).max(0);
    let back = ("back", without_notice(address));
    match field("done") {
        "marked" => {
            let done = Notice::done(locale.count("done.marked", number("n")));
            let undo = Undo { path: "/undo".to_owned(), fields: vec![("receipt", number("undo").to_string()), back] };
            Some(if number("undo") > 0 { done.with_undo(undo) } else { done })
        }
        "unmarked" => Some(Notice::done(locale.count("done.unmarked", number("n")))),
        "unsubscribed" => {
            let fields = [("url", "url"), ("title", "own_title"), ("category", "category"), ("body", "body")]
                .map(|(name, from)| (name, field(from).to_owned()))
                .into_iter()
                .chain([("receipt", number("undo").to_string())])
                .collect();
            let title = field("title");
            let undo = Undo { path: "/feeds/again".to_owned(), fields };
            let done = Notice::done(locale.say("done.unsubscribed", [("title", &title)]));
            Some(if field("url").is_empty() { done } else { done.with_undo(undo) })
        }
        "category-deleted" => {
            let title = field("title");
            let fields = vec![("title", title.to_owned()), ("feeds", field("feeds").to_owned())];
            let undo = Undo { path: "/categories/again".to_owned(), fields };
            Some(Notice::done(locale.say("done.category_deleted", [("title", &title)])).with_undo(undo))
        }
        "tag-gone" => {
            let (name, into) = (field("title"), field("into"));
            let text = match into {
                "" => locale.say("done.tag_deleted", [("name", &name)]),
                into => locale.say("done.tag_merged", [("name", &name), ("into", &into)]),
            };
            let fields = vec![("receipt", number("undo").to_string())];
            Some(Notice::done(text).with_undo(Undo { path: "/tags/again".to_owned(), fields }))
        }
        "highlight-gone" => {
            let fields = vec![("receipt", number("undo").to_string()), back];
            let undo = Undo { path: "/highlights/again".to_owned(), fields };
            Some(Notice::done(locale.t("done.highlight_deleted").to_owned()).with_undo(undo))
        }
        "rule-gone" => {
            let fields = vec![("receipt", number("undo").to_string())];
            let undo = Undo { path: "/rules/again".to_owned(), fields };
            Some(Notice::done(locale.t("done.rule_deleted").to_owned()).with_undo(undo))
        }
        name => {
            let (simple, _, key) = SIMPLE.iter().find(|(_, known, _)| *known == name)?;
            let text = locale.t(key).to_owned();
            Some(if simple.is_error() { Notice::error(text) } else { Notice::done(text) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_reported_with_a_way_back_to_the_same_list() {
        let address = Done::Marked { count: 12, receipt: 34 }.on("/unread?order=oldest");

        let notice = notice_of(&address, Locale::english()).unwrap();

        let undo = notice.undo.unwrap();
        assert_eq!(notice.text, "12 articles marked as read.");
        assert_eq!(undo.path, "/undo");
        assert_eq!(undo.fields, [("receipt", "34".to_owned()), ("back", "/unread?order=oldest".to_owned())]);
    }

    #[test]
    fn a_later_notice_takes_the_place_of_an_earlier_one() {
        let marked = Done::Marked { count: 12, receipt: 34 }.on("/unread?order=oldest");

        let undone = Done::Unmarked { count: 12 }.on(&marked);

        assert_eq!(undone, "/unread?order=oldest&done=unmarked&n=12");
    }

    #[test]
    fn nothing_marked_offers_no_undo() {
        let address = Done::Marked { count: 0, receipt: 0 }.on("/unread#a7");
        assert!(address.ends_with("#a7"), "{address}");
        assert_eq!(notice_of("/unread?done=marked&n=0&undo=0", Locale::english()).unwrap().undo, None);
    }

    #[test]
    fn an_address_without_a_known_deed_has_no_notice() {
        assert_eq!(notice_of("/unread", Locale::english()), None);
        assert_eq!(notice_of("/unread?done=everything", Locale::english()), None);
    }

    #[test]
    fn an_unsubscribed_feed_can_be_followed_again_as_it_was() {
        let done = Done::Unsubscribed {
            title: "A & B".to_owned(),
            url: "https://example.com/feed?a=1&b=2".to_owned(),
            own_title: Some("Mine".to_owned()),
            category: Some(3),
            preference: 2,
            receipt: 9,
        };

        let undo = notice_of(&done.on("/feeds"), Locale::english()).unwrap().undo.unwrap();

        assert_eq!(undo.fields[0], ("url", "https://example.com/feed?a=1&b=2".to_owned()));
        assert_eq!(undo.fields[1], ("title", "Mine".to_owned()));
        assert_eq!(undo.fields[4], ("receipt", "9".to_owned()));
    }
}
