//! The one door through which any request leaves.
//!
//! Owns: which addresses may be asked (the guard), the HTTP client, redirects, decompression, limits of size and
//! time, and politeness towards hosts. Does not own: what the bytes mean, when a feed is asked again, or how a
//! failure is put into words. In comes a [`Request`] with an address from anywhere, however hostile; out comes an
//! [`Answer`] with a bounded, decoded body, or a [`FetchError`] that tells no more than its reader may know.
//!
//! The walk of a request, hop by hop: the address is checked as written ([`guard`]), a place at its host is
//! waited for (`politeness`), the name is resolved and every address it gives is checked again (`resolve`), the
//! connection goes to a checked address only, and its peer is checked once more. Redirects are followed here and
//! not by the client, so that each hop is checked like the first. All bodies together share a bounded room (`room`).

mod body;
#[cfg(feature = "s3")]
mod bucket;
mod client;
mod exchange;
pub mod guard;
mod hints;
mod limits;
mod politeness;
mod resolve;
mod room;
mod rules;

#[cfg(feature = "s3")]
pub use bucket::BucketConnector;
pub use client::{Egress, EgressError, EgressSettings, Recording};
pub use exchange::{Answer, FetchError, Fetched, Request, Unchanged, Validators};
pub use hints::CacheHints;
pub use limits::{Deadlines, Purpose};
pub use resolve::{Looking, Lookup};
pub use room::Body;
pub use rules::{AllowRule, AllowRuleError};
