//! Search: what a text is made of, what a reader asks for, and whether the one answers the other.
//!
//! Owns: the folding of texts ([`Folded`]), their terms ([`indexed`]), the language of queries ([`Query`]), whether a text holds a
//! phrase, and where. Does not own: the index (`store`), what is shown of a hit (`web`). Everything here is pure, and
//! everything that has to do with search comes here, so that an index, a query, a snippet and a mark in an article can
//! never disagree about what a word is.
//!
//! In: plain text, and what somebody typed. Out: terms for an index, a query that any database can be asked, places of hits,
//! and whether two texts are one.

mod fold;
mod han;
mod hits;
mod likeness;
mod phrase;
mod query;
mod terms;

pub use fold::Folded;
pub use hits::{Segment, marked, places, snippet};
pub use likeness::{LIKENESS_MILLIS, Likeness, Occasion, indexed_and_compared};
pub use phrase::Phrase;
pub use query::{Arriving, MAX_QUERY_BYTES, Node, Note, Query, State, Test, Thing};
pub use terms::{Indexed, Part, Sketch, indexed};
