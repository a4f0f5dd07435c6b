//! Subscription lists (OPML 1.0 to 2.0), read leniently and written strictly.

use crate::domain::{UnixMillis, WebUrl};

/// One feed of a subscription list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The feed.
    pub url: WebUrl,
    /// What the list calls it; plain text, may be empty.
    pub title: String,
    /// The page that the feed belongs to.
    pub site_url: Option<WebUrl>,
    /// The folders above it, outermost first.
    pub folders: Vec<String>,
}

/// An outline that names something that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The address as it stands in the list, cut to 200 characters.
    pub text: String,
    /// Why it was not taken.
    pub reason: RefusedReason,
}

/// Why an outline was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedReason {
    /// The text is no address.
    NotAnAddress,
    /// The address has a scheme other than http and https.
    Scheme,
    /// The address is longer than 4,096 bytes.
    TooLong,
}

/// A subscription list, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubscriptionList {
    /// The title of the list; plain text, may be empty.
    pub title: String,
    /// The feeds in document order, each address in each folder once.
    pub outlines: Vec<Outline>,
    /// What was not taken.
    pub refused: Vec<Refused>,
}

/// Why no subscription list could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpmlError {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is something else.
    #[error("the file is no OPML subscription list")]
    NotOpml,
    /// Folders are nested deeper than 256 levels.
    #[error("the list is nested deeper than 256 levels")]
    TooDeep,
}

/// Reads a subscription list.
pub fn read(bytes: &[u8]) -> Result<SubscriptionList, OpmlError> {
    if bytes.is_empty() {
        return Err(OpmlError::Empty);
    }
    Err(OpmlError::NotOpml)
}

/// Writes a subscription list (OPML 2.0) that [`read`] reads back to the same outlines.
pub fn write(title: &str, outlines: &[Outline], now: UnixMillis) -> String {
    let _ = (title, outlines, now);
    String::new()
}
