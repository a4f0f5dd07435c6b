//! Long lists in pages, the newest row first: each page begins behind the last row of the one before.

use serde::Deserialize;

use crate::domain::{ArticleId, UnixMillis};

/// Rows of a page.
const ROWS: usize = 100;
/// So many are asked for: one more tells whether there is another page.
pub(super) const ASKED: i64 = ROWS as i64 + 1;

/// The words of the address: the last row of the page before.
#[derive(Debug, Deserialize)]
pub struct Behind {
    at: Option<i64>,
    id: Option<i64>,
}

impl Behind {
    /// The row behind which the page begins; `None` for the first page.
    pub(super) fn place(&self) -> Option<(UnixMillis, ArticleId)> {
        self.at.zip(self.id).map(|(at, id)| (UnixMillis(at), ArticleId(id)))
    }
}

/// Cuts rows down to a page of the list at `path`; gives the address of the next one, if there is one.
pub(super) fn cut<T>(rows: &mut Vec<T>, path: &str, place: impl Fn(&T) -> (UnixMillis, ArticleId)) -> Option<String> {
    if rows.len() <= ROWS {
        return None;
    }
    rows.truncate(ROWS);
    rows.last().map(place).map(|(at, id)| format!("{path}?at={}&id={id}", at.0))
}
