//! Bytes to entries.
//!
//! Owns: the character encoding of what was fetched, the reading of RSS, RDF, Atom, CDF and JSON Feed however broken,
//! dates as feeds write them, the identity of entries, finding the feeds of a page, subscription lists (OPML), and the writing of
//! feeds.
//! Does not own: fetching, cleaning (bodies leave here as untrusted HTML), and anything with a clock or a database.
//! In flow bytes with the address they came from and the present moment; out flow [`FeedDocument`]s or a
//! [`FeedError`]. Everything here is pure.

mod assemble;
pub mod dates;
pub mod decode;
pub mod discovery;
pub(crate) mod identity;
mod json;
mod namespace;
pub mod opml;
mod parse;
pub mod publish;
mod raw;
mod reader;
pub(crate) mod text;
pub(crate) mod xml;

pub use parse::{FeedError, ParseContext, parse};

#[cfg(doc)]
use crate::domain::FeedDocument;
