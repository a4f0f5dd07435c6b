//! What templates show: plain values made from what the store holds, in the reader's language.
//!
//! Owns: the view structs that several pages share. Does not own: pages, routes, SQL. In: rows of `store` and values of
//! `domain`. Out: structs that a template only has to write down.

mod highlight;
mod mark;
mod moment;
mod notice;
mod offline;
mod picture;
mod place;
mod preferences;
mod row;
mod sidebar;
mod trouble;
mod typography;

pub use highlight::{ColourView, HighlightView};
pub use mark::{MarkName, MarkValue};
pub use moment::Moment;
pub use notice::{Done, FeedsDeed, Simple, notice_of, tag_name_of, without_notice};
pub use offline::Offline;
pub use picture::{PictureView, Thumbnail, in_its_size};
pub use place::{Place, PlaceParams, ScopeName};
pub use preferences::{Density, Habits, ListChoice, ListChoiceForm, Order, Preferences, ReadWhen, Theme};
pub use row::{RowContext, RowView, also_in, article_title, feed_title, reading_time, source_name};
pub use sidebar::{ALL_FEEDS, Letter, SidebarCategory, SidebarFeed, SidebarSearch, SidebarTag, SidebarView};
pub use trouble::{failure_text, warning_text};
pub use typography::{Chinese, PanelForm, PanelRow, Typography, panel};
