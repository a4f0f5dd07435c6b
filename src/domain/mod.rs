//! The words of the house: ids, addresses, times, languages and the plain values that pass between rooms.
//!
//! Owns: types that every other room may name. Does not own: any behaviour that needs a network, a database, a
//! clock or a template. Nothing flows in or out; this room knows nobody.

mod article;
mod dates;
mod entry;
mod failure;
mod hex;
mod highlight;
mod ids;
mod language;
mod picture;
mod place;
mod random;
mod retention;
mod rule;
mod tag;
mod time;
mod tracking;
mod url;

pub use article::{
    ArticleDraft, Body, BodyChoice, BodyKind, BodyPreference, ChoiceReason, Completeness, KeptPage, Keys,
};
pub use dates::{GivenDate, GivenDates};
pub use entry::{Enclosure, Entry, FeedDocument, FeedFormat, FeedWarning, ScheduleHints};
pub use failure::Failure;
pub use hex::hex;
pub use highlight::{Anchor, HighlightColour, MAX_NOTE_CHARS, MAX_PASSAGE_CHARS};
pub use ids::{
    AccountId, ApiTokenId, ArticleId, CategoryId, DigestBookId, DigestId, FeedId, HighlightId, JobId, PictureId,
    PublicationId, RuleId, SavedSearchId, ShareId, TagId, VersionId,
};
pub use language::{Direction, Language};
pub use picture::PicturePolicy;
pub use place::ReadingPlace;
pub use random::{Entropy, FixedEntropy, SystemEntropy};
pub use retention::{Held, Retention};
pub use rule::{Actions, Condition, RuleField, RuleScope, RuleTest};
pub use tag::{MAX_TAG_CHARS, TagName};
pub use time::{Clock, ManualClock, SystemClock, UnixMillis, zone_named};
pub use url::{UrlError, WebUrl};
