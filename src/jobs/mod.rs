//! The steps that move data between the rooms, and their schedule.
//!
//! Owns: when a feed is asked again, refreshing feeds, fetching pages, keeping pictures, the loop that does so inside the server, and what
//! people start themselves (following, saving, importing). Does not own: how bytes are fetched, read or stored. Every
//! step is a function on [`App`](crate::app::App) that a test calls directly and that may be called twice; the loops
//! around them are a few lines. What is due is data in the store, and so is who is at it.

pub mod account;
pub mod address;
mod desk;
mod document;
mod due;
pub mod fulltext;
pub mod gather;
pub mod housekeeping;
mod identity;
pub mod import;
pub mod import_log;
pub mod import_parts;
pub mod mirror;
pub mod originals;
pub mod pictures;
pub mod refresh;
pub mod reindex;
pub mod round;
pub mod rules;
pub mod save;
pub mod schedule;
pub mod scheduler;
pub mod subscribe;
pub mod zone;
