//! What templates show: plain values made from what the store holds, in the reader's language.
//!
//! Owns: the view structs that several pages share. Does not own: pages, routes, SQL. In: rows of `store` and values of
//! `domain`. Out: structs that a template only has to write down.

mod preferences;
mod sidebar;

pub use preferences::{Order, Preferences, Theme};
pub use sidebar::{Letter, SidebarCategory, SidebarFeed, SidebarView};
