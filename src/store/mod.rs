//! Both databases: SQLite for one machine, PostgreSQL for more.
//!
//! Owns: every SQL statement of the program, the schema (`migrations/`), transactions, leases, compression of bodies
//! and the rules that keep reading state: an update never makes a read article unread, nothing is deleted by itself,
//! a mark never touches what arrived after the page was drawn. Does not own: what an article is made of (`content`),
//! when a feed is due (`jobs`), what a page shows (`web`). Drafts and outcomes flow in, rows of plain values flow out.
//!
//! Every statement is a constant in a `statements!` list of its file and runs on both databases with the same text;
//! the few that cannot are in `dialect`. A lookup answers `Ok(None)` when there is nothing, an error only when the
//! database failed. Whatever a reader asks for is scoped by [`AccountId`](crate::domain::AccountId) in its signature.

mod access;
mod account;
mod api_token;
mod article;
mod articles;
mod bin;
mod body;
mod category;
mod check;
mod copy;
mod cutting;
mod db;
mod deeds;
mod departed;
mod details;
mod dialect;
mod digest;
mod error;
mod feed;
mod highlight;
mod imported;
mod ingest;
mod job;
mod list;
mod list_choice;
mod log;
mod mark;
mod merge;
mod meta;
mod mount;
mod opened;
mod original;
mod picture;
mod picture_policy;
mod pin;
mod place;
mod played;
mod publication;
mod repeat;
mod retention;
mod revision;
mod row;
mod rule;
mod schedule;
mod search;
mod session;
mod several;
mod share;
mod sidebar;
mod sqlite;
mod state;
mod steady;
mod subscription;
mod tag;
mod tombstone;
mod trash;
mod version;
mod view;
mod wanted;
mod whole;

pub use account::Account;
pub use api_token::{ApiToken, MAX_API_TOKENS};
pub use article::{ArticleView, StoredBody};
pub use articles::AT_A_TIME;
pub use category::{Category, CategoryGone, CategoryRenamed, Step};
pub use check::{Integrity, Sizes};
pub use copy::{BackupFacts, examine_backup};
pub use db::{DatabaseAddress, Db, ServerLock};
pub use deeds::Deeds;
pub use digest::{Digest, DigestBook, DigestChoice, DigestOutcome, MAX_DIGESTS, NewBook};
pub use error::StoreError;
pub use feed::{Feed, FeedKind, PrivateKind};
pub use highlight::{
    Highlight, HighlightCursor, Highlighted, ListedHighlight, MAX_HIGHLIGHTS, MAX_HIGHLIGHTS_OF_ARTICLE,
};
pub use imported::{Holdings, ImportUndone, Imported, Marks, UndoableImport};
pub use ingest::{IncomingArticle, NewUnread, Refused, StoreReport};
pub use job::{Job, JobKind};
pub use list::{Cursor, ListQuery, ListRow, Neighbours, Order, Scope};
pub use mark::{MarkReceipt, Marked, UNDO_MILLIS};
pub use merge::Strangers;
pub use opened::{Opening, Reads};
pub use original::{Fate, OnlyHere, Original};
pub use picture::{PictureSource, PictureState, PictureUse, Pictures, StoredPicture};
pub use pin::{MAX_PINNED, Pinned};
pub use played::Played;
pub use publication::{Announced, MAX_PUBLICATIONS, NewPublication, Publication};
pub use repeat::AlsoIn;
pub use retention::{Doomed, DoomedArticle};
pub use revision::Revision;
pub use rule::{MAX_RULES, Rule, Verdict};
pub use schedule::{DocumentFacts, DueFeed, FeedOutcome, Moved};
pub use search::{
    Confirmed, Hit, HitWindow, HitsWanted, MAX_SAVED_SEARCHES, MAX_SAVED_UNREAD, SEARCH_PATIENCE, SavedLine,
    SavedSearch, SearchRequest, SearchedText,
};
pub use session::Session;
pub use several::{BulkChange, BulkChanged};
pub use share::{MAX_SHARES, NewShare, OpenShare, Share, Shared, SharedPassage, Snapshot};
pub use sidebar::{Counts, Sidebar, SidebarCategory, SidebarFeed};
pub use steady::{CORRECTION, SteadyTime};
pub use subscription::{SubscriptionChange, SubscriptionRow};
pub use tag::{ArticleTag, MAX_TAGS, MAX_TAGS_OF_ARTICLE, Renamed, Tag, TagGone, Tagged};
pub use trash::{Swept, ThrownAway, Trashed};
pub use version::VersionRow;
pub use wanted::{Brought, Progress, Wanted};
pub use whole::back::{Completed, KnownArticle};

/// Every statement of this room with its name.
fn statements() -> impl Iterator<Item = (&'static str, dialect::Either)> {
    [
        account::ALL,
        api_token::ALL,
        article::ALL,
        articles::ALL,
        bin::ALL,
        body::ALL,
        category::ALL,
        check::ALL,
        cutting::ALL,
        deeds::ALL,
        imported::ALL,
        departed::ALL,
        details::ALL,
        dialect::ALL,
        digest::ALL,
        feed::ALL,
        highlight::ALL,
        ingest::ALL,
        ingest::REUSE,
        ingest::WRITE,
        job::ALL,
        list::ALL,
        list::LISTS,
        list_choice::ALL,
        mark::ALL,
        merge::ALL,
        meta::ALL,
        opened::ALL,
        original::ALL,
        pin::ALL,
        picture::ALL,
        picture_policy::ALL,
        place::ALL,
        played::ALL,
        publication::ALL,
        repeat::ALL,
        retention::ALL,
        rule::ALL,
        schedule::ALL,
        search::HIT,
        search::INDEX,
        search::OWN,
        search::RESOLVE,
        search::RUN,
        search::SAVED,
        search::TEXTS,
        session::ALL,
        several::ALL,
        share::ALL,
        revision::ALL,
        sidebar::ALL,
        state::ALL,
        steady::ALL,
        subscription::ALL,
        tag::ALL,
        tombstone::ALL,
        trash::ALL,
        version::ALL,
        view::ALL,
        wanted::ALL,
        whole::ALL,
        whole::back::ALL,
        whole::out::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}
