//! Search: the index of what articles say, and the way from a query to articles.
//!
//! The index holds terms without positions, on both databases the same ones. It answers for single words and for one or two
//! characters. For longer phrases it gives candidates, newest first; a sketch of each sorts out most that are wrong, and the
//! text decides about the rest. So both databases give the same answers, and what a query costs depends on how far back one has to
//! look for enough hits.
//!
//! The index knows one text of an article. Where a reader chose another version, or another body than others did, theirs is
//! read instead: it is taken out of what the index gives, and compared with the query as it stands.

mod compile;
mod hit;
mod index;
mod own;
mod resolve;
mod run;
mod saved;
mod texts;

pub(super) use hit::ALL as HIT;
pub use hit::Hit;
pub(super) use index::{ALL as INDEX, Entry, enqueue_all, enqueue_feed, index_stored, put};
pub(super) use own::ALL as OWN;
pub(super) use resolve::ALL as RESOLVE;
pub(super) use run::ALL as RUN;
pub use run::{Confirmed, HitWindow, HitsWanted, SEARCH_PATIENCE, SearchRequest};
pub(super) use saved::{ALL as SAVED, NotedSearches};
pub use saved::{MAX_SAVED_SEARCHES, MAX_SAVED_UNREAD, SavedLine, SavedSearch};
pub(super) use texts::ALL as TEXTS;
pub use texts::SearchedText;
