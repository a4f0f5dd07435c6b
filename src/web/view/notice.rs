//! What just happened, carried from a form's answer to the next page in its address: nothing has to be remembered
//! on the server, and two windows never see each other's notices.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use url::form_urlencoded;

use super::{MarkName, MarkValue};
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
    /// A mark on one article was set or taken away.
    Set {
        /// Which mark.
        name: MarkName,
        /// What takes it back.
        undo: MarkValue,
    },
    /// A mark of many was taken back.
    Unmarked {
        /// How many articles are unread again.
        count: u64,
    },
    /// Feeds are not followed any more.
    FeedsLeft {
        /// How many.
        count: u64,
        /// The title, if it is one.
        title: Option<String>,
        /// Follows them again as they were.
        receipt: i64,
    },
    /// Feeds were moved, muted, paused, or one of these was ended.
    FeedsChanged {
        /// What was done.
        deed: FeedsDeed,
        /// With how many.
        count: u64,
        /// Takes it back; 0 if nothing changed.
        receipt: i64,
    },
    /// A feed was fetched and brought so many new articles.
    Fetched {
        /// How many.
        added: u64,
    },
    /// What was typed is no name of a tag.
    TagNameBad {
        /// What was typed.
        typed: String,
        /// The tag that was to have it; 0 if it was for an article.
        tag: i64,
    },
    /// A category was deleted, or became part of another.
    CategoryGone {
        /// Its title.
        title: String,
        /// The title of the category that has its feeds now.
        into: Option<String>,
        /// Brings it back.
        receipt: i64,
    },
    /// A rule was applied to articles that were there.
    RuleApplied {
        /// How many are not as they were.
        count: u64,
        /// Takes it back.
        receipt: i64,
    },
    /// Articles went into the trash.
    ThrownAway {
        /// How many.
        count: u64,
        /// Brings them back.
        receipt: i64,
    },
    /// Articles were brought back from the trash.
    BroughtBack {
        /// How many.
        count: u64,
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
    /// A saved search was deleted.
    SearchGone {
        /// Brings it back.
        receipt: i64,
    },
    /// Something simple went as it should.
    Simply(Simple),
}

/// What is done with several feeds at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedsDeed {
    /// They were put into a category, or taken out of any.
    Moved,
    /// Their articles do not become unread.
    Muted,
    /// They do again.
    Unmuted,
    /// They are not fetched.
    Paused,
    /// They are again.
    Resumed,
}

const FEEDS_DEEDS: [(FeedsDeed, &str, &str); 5] = [
    (FeedsDeed::Moved, "moved", "done.feeds_moved"),
    (FeedsDeed::Muted, "muted", "done.feeds_muted"),
    (FeedsDeed::Unmuted, "unmuted", "done.feeds_unmuted"),
    (FeedsDeed::Paused, "paused", "done.feeds_paused"),
    (FeedsDeed::Resumed, "resumed", "done.feeds_resumed"),
];

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
    /// Something was taken back.
    TakenBack,
    /// No feed was chosen.
    NoFeedChosen,
    /// A feed is fetched from another address.
    AddressChanged,
    /// A feed is followed at another address, and the old one is paused beside it.
    AddressBeside,
    /// A tag was renamed or brought back.
    TagsChanged,
    /// What was typed cannot be the name of a tag.
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
    /// A link was taken back.
    ShareDeleted,
    /// A list is not published any more.
    ListTakenBack,
    /// A digest and its books are deleted.
    DigestDeleted,
    /// A book is deleted.
    BookDeleted,
    /// A search is kept.
    SearchKept,
    /// An account cannot keep so many searches.
    TooManySearches,
    /// What was looked for last is forgotten.
    SearchesForgotten,
    /// A version was chosen to be read.
    VersionPinned,
    /// The newest version is read again.
    VersionUnpinned,
    /// An account cannot choose versions of so many articles.
    TooManyPinned,
    /// An article is marked as worth keeping, so it is not thrown away.
    StillKept,
    /// An article is nowhere else any more, and its reader did not say that they know.
    OnlyHere,
}

const SIMPLE: [(Simple, &str, &str); 34] = [
    (Simple::StillKept, "still-kept", "trash.still_kept"),
    (Simple::OnlyHere, "only-here", "trash.only_here"),
    (Simple::VersionPinned, "pinned", "versions.done.pinned"),
    (Simple::VersionUnpinned, "unpinned", "versions.done.unpinned"),
    (Simple::TooManyPinned, "too-many-pinned", "versions.done.too_many"),
    (Simple::Followed, "followed", "done.followed"),
    (Simple::Stored, "stored", "done.stored"),
    (Simple::Fetched, "fetched", "done.fetched"),
    (Simple::NotFetched, "not-fetched", "done.not_fetched"),
    (Simple::PageRead, "page-read", "done.page_read"),
    (Simple::PageNotRead, "page-not-read", "done.page_not_read"),
    (Simple::CategoryChanged, "category", "done.category"),
    (Simple::CategoryNameTaken, "category-taken", "done.category_taken"),
    (Simple::TakenBack, "taken-back", "done.taken_back"),
    (Simple::NoFeedChosen, "no-feed", "done.no_feed"),
    (Simple::AddressChanged, "address", "done.address"),
    (Simple::AddressBeside, "address-beside", "done.address_beside"),
    (Simple::TagsChanged, "tags", "done.tags"),
    (Simple::TooManyTags, "too-many-tags", "done.too_many_tags"),
    (Simple::TooLate, "too-late", "done.too_late"),
    (Simple::TooMuch, "too-much", "done.too_much"),
    (Simple::PassageEmpty, "no-passage", "done.passage_empty"),
    (Simple::PassageNotFound, "passage-not-found", "done.passage_not_found"),
    (Simple::TooManyHighlights, "too-many-highlights", "done.too_many_highlights"),
    (Simple::RulesChanged, "rules", "done.rules"),
    (Simple::TooManyRules, "too-many-rules", "done.too_many_rules"),
    (Simple::KeyDeleted, "key-deleted", "programs.deleted"),
    (Simple::ShareDeleted, "share-deleted", "share.deleted"),
    (Simple::ListTakenBack, "list-taken-back", "published.deleted"),
    (Simple::DigestDeleted, "digest-deleted", "digest.deleted"),
    (Simple::BookDeleted, "book-deleted", "digest.book_deleted"),
    (Simple::SearchKept, "search-kept", "search.done.kept"),
    (Simple::TooManySearches, "too-many-searches", "search.done.too_many"),
    (Simple::SearchesForgotten, "searches-forgotten", "search.done.forgotten"),
];

impl Simple {
    fn is_error(self) -> bool {
        matches!(
            self,
            Self::NotFetched
                | Self::PageNotRead
                | Self::CategoryNameTaken
                | Self::NoFeedChosen
                | Self::TooManyTags
                | Self::TooLate
                | Self::TooMuch
                | Self::PassageEmpty
                | Self::PassageNotFound
                | Self::TooManyHighlights
                | Self::TooManyRules
                | Self::TooManySearches
                | Self::TooManyPinned
                | Self::StillKept
                | Self::OnlyHere
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
            Self::Set { name, undo } => {
                fields.append_pair("done", "set").append_pair("mark", name.as_str());
                fields.append_pair("undo", &undo.to_string());
            }
            Self::Unmarked { count } => {
                fields.append_pair("done", "unmarked").append_pair("n", &count.to_string());
            }
            Self::FeedsLeft { count, title, receipt } => {
                fields.append_pair("done", "feeds-left").append_pair("n", &count.to_string());
                if let Some(title) = title {
                    fields.append_pair("title", title);
                }
                fields.append_pair("undo", &receipt.to_string());
            }
            Self::FeedsChanged { deed, count, receipt } => {
                let name = FEEDS_DEEDS.iter().find(|(known, ..)| known == deed).map_or("", |(_, name, _)| name);
                fields.append_pair("done", "feeds").append_pair("deed", name).append_pair("n", &count.to_string());
                fields.append_pair("undo", &receipt.to_string());
            }
            Self::Fetched { added } => {
                fields.append_pair("done", "fetched-new").append_pair("n", &added.to_string());
            }
            Self::CategoryGone { title, into, receipt } => {
                gone(&mut fields, "category-gone", title, into.as_deref(), *receipt);
            }
            Self::RuleApplied { count, receipt } => {
                fields.append_pair("done", "applied").append_pair("n", &count.to_string());
                fields.append_pair("undo", &receipt.to_string());
            }
            Self::ThrownAway { count, receipt } => {
                fields.append_pair("done", "thrown").append_pair("n", &count.to_string());
                fields.append_pair("undo", &receipt.to_string());
            }
            Self::BroughtBack { count } => {
                fields.append_pair("done", "brought-back").append_pair("n", &count.to_string());
            }
            Self::TagGone { name, into, receipt } => {
                gone(&mut fields, "tag-gone", name, into.as_deref(), *receipt);
            }
            Self::TagNameBad { typed, tag } => {
                let typed: String = typed.chars().take(TYPED_CHARS).collect();
                fields.append_pair("done", "tag-name").append_pair("title", &typed).append_pair("n", &tag.to_string());
            }
            Self::HighlightGone { receipt } => {
                fields.append_pair("done", "highlight-gone").append_pair("undo", &receipt.to_string());
            }
            Self::RuleGone { receipt } => {
                fields.append_pair("done", "rule-gone").append_pair("undo", &receipt.to_string());
            }
            Self::SearchGone { receipt } => {
                fields.append_pair("done", "search-gone").append_pair("undo", &receipt.to_string());
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

/// Writes down that something is gone, or part of something else, and can be brought back.
fn gone(
    fields: &mut form_urlencoded::Serializer<'_, String>,
    done: &str,
    title: &str,
    into: Option<&str>,
    receipt: i64,
) {
    fields.append_pair("done", done).append_pair("title", title);
    if let Some(into) = into {
        fields.append_pair("into", into);
    }
    fields.append_pair("undo", &receipt.to_string());
}

/// So much of what was typed is carried on: more than the field takes.
const TYPED_CHARS: usize = 1_000;
/// The fields that a notice uses in an address.
const FIELDS: [&str; 7] = ["done", "n", "undo", "mark", "title", "deed", "into"];

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

/// What was typed and cannot be the name of a tag, and of which tag it was to be (none is 0): it is said beside its field.
pub fn tag_name_of(address: &str) -> Option<(String, i64)> {
    let (_, query) = address.split_once('?').filter(|(_, query)| query.contains("done=tag-name"))?;
    let field = |wanted| form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted);
    Some((field("title")?.1.into_owned(), field("n")?.1.parse().ok()?))
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
    let undo = |path: &str, more: Vec<(&'static str, String)>| {
        let fields = [("receipt", number("undo").to_string())].into_iter().chain(more).collect();
        Undo { path: path.to_owned(), fields }
    };
    let gone_text = |deleted: &str, merged: &str, name: &str| match field("into") {
        "" => locale.say(deleted, [(name, &field("title"))]),
        into => locale.say(merged, [(name, &field("title")), ("into", &into)]),
    };
    match field("done") {
        "marked" => {
            let done = Notice::done(locale.count("done.marked", number("n")));
            Some(if number("undo") > 0 { done.with_undo(undo("/undo", vec![back])) } else { done })
        }
        "set" => {
            let name = MarkName::ALL.into_iter().find(|name| name.as_str() == field("mark"))?;
            let value = MarkValue::try_from(field("undo").to_owned()).ok()?;
            let fields = vec![(name.as_str(), value.to_string()), back];
            let done = Notice::done(locale.t(name.told(!value.on)).to_owned());
            Some(done.with_undo(Undo { path: "/marks".to_owned(), fields }))
        }
        "unmarked" => Some(Notice::done(locale.count("done.unmarked", number("n")))),
        "feeds-left" => {
            let text = match field("title") {
                "" => locale.count("done.feeds_left", number("n")),
                title => locale.say("done.unsubscribed", [("title", &title)]),
            };
            Some(Notice::done(text).with_undo(undo("/feeds/again", vec![back])))
        }
        "feeds" => {
            let (.., key) = FEEDS_DEEDS.iter().find(|(_, known, _)| *known == field("deed"))?;
            let done = Notice::done(locale.count(key, number("n")));
            Some(if number("undo") > 0 { done.with_undo(undo("/feeds/several/undo", vec![back])) } else { done })
        }
        "fetched-new" => Some(Notice::done(match number("n") {
            0 => locale.t("done.fetched_nothing").to_owned(),
            n => locale.count("done.fetched_new", n),
        })),
        "category-gone" => {
            let text = gone_text("done.category_deleted", "done.category_merged", "title");
            Some(Notice::done(text).with_undo(undo("/categories/again", Vec::new())))
        }
        "applied" => {
            let done = Notice::done(locale.count("done.applied", number("n")));
            Some(if number("undo") > 0 { done.with_undo(undo("/rules/undo", Vec::new())) } else { done })
        }
        "thrown" => {
            let done =
                Notice::done(locale.count("trash.thrown", number("n"))).with_more("/trash", locale.t("trash.title"));
            Some(done.with_undo(undo("/trash/back", vec![back])))
        }
        "brought-back" => Some(Notice::done(locale.count("trash.brought_back", number("n")))),
        "tag-gone" => {
            let text = gone_text("done.tag_deleted", "done.tag_merged", "name");
            Some(Notice::done(text).with_undo(undo("/tags/again", Vec::new())))
        }
        "highlight-gone" => {
            let undo = undo("/highlights/again", vec![back]);
            Some(Notice::done(locale.t("done.highlight_deleted").to_owned()).with_undo(undo))
        }
        "rule-gone" => {
            let undo = undo("/rules/again", Vec::new());
            Some(Notice::done(locale.t("done.rule_deleted").to_owned()).with_undo(undo))
        }
        "search-gone" => {
            let undo = undo("/searches/again", Vec::new());
            Some(Notice::done(locale.t("search.done.deleted").to_owned()).with_undo(undo))
        }
        name => {
            let (simple, _, key) = SIMPLE.iter().find(|(_, known, _)| *known == name)?;
            let text = locale.t(key).to_owned();
            Some(if simple.is_error() { Notice::error(text) } else { Notice::done(text) })
        }
    }
}
