//! Entries and pages to articles: bound, extract, choose, normalise, clean.
//!
//! Owns: the limits on untrusted HTML ([`bound`]), the reading of web pages ([`extract`]), the choice between a feed's
//! own text and its page's ([`article`]), the mending of bodies ([`normalise`]), the sanitiser ([`clean`]), what an
//! edit changed ([`change`]), what all articles of a feed begin and end with ([`boilerplate`]), and what is known of a
//! text ([`text`], [`language`], [`pictures`]). Does not own: fetching, storing, and what is done with an article later.
//!
//! Everything here is pure: no clock, no network, no database, no globals. In flow feed entries and decoded pages, all
//! of them hostile until proven otherwise; out flow [`crate::domain::ArticleDraft`]s. [`pool`] owns the threads on which the
//! heavy parts run, because a tree builder needs a deep stack and a watchdog.

pub mod article;
pub mod boilerplate;
pub mod bound;
mod byline;
pub mod change;
pub mod chinese;
pub mod clean;
pub mod extract;
pub mod highlight;
pub mod language;
pub mod normalise;
pub mod pictures;
pub mod place;
pub mod pool;
pub mod rule;
pub mod text;
mod tree;
