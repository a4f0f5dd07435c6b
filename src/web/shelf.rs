//! What was looked up and drawn at the present revision of the database, to be given again as long as that lasts.
//!
//! Owns: sessions, pages and what is given away that are still true, within a bound of memory. Does not own: the question whether they are,
//! which [`Revision`] answers exactly, so that nobody has to clear anything after a change; who
//! may see a page, which the gate decides before the shelf is asked.
//!
//! In: a session or a page, and the revision that was read before it was made. Out: the same for an equal revision.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;

use super::session::TokenHash;
use crate::domain::{AccountId, UnixMillis};
use crate::store::{OpenShare, Revision, Session};

/// The most bytes of all pages together.
const PAGE_BYTES: usize = 2 * 1024 * 1024;
/// The most bytes of what is given away: room of its own, so that visitors push no reader's pages out.
const GIVEN_BYTES: usize = 2 * 1024 * 1024;
/// The most sessions.
const SESSIONS: usize = 1024;
/// Pages say how long ago something was, so that none may grow old.
const PAGE_MILLIS: i64 = 30 * 1000;

/// The shelf. Everything on it belongs to one revision, but for pages of links.
#[derive(Debug, Default)]
pub struct Shelf {
    kept: Mutex<Kept>,
    given: Mutex<Given>,
}

#[derive(Debug, Default)]
struct Kept {
    revision: Option<Revision>,
    sessions: HashMap<TokenHash, Session>,
    pages: HashMap<PageKey, (UnixMillis, Arc<DrawnPage>)>,
    bytes: usize,
}

/// Pages of links. Nearly everything that is committed concerns other things, so that each is looked at by itself.
#[derive(Debug, Default)]
struct Given {
    pages: HashMap<GivenKey, (UnixMillis, Revision, GivenPage)>,
    bytes: usize,
}

/// What the page of a link depends on beside the database, the settings and the time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GivenKey {
    /// The SHA-256 of its code.
    pub code: [u8; 32],
    /// The tag of the browser's language.
    pub language: &'static str,
    /// Scheme, host and base path, as the visitor's browser knows them.
    pub server: String,
}

/// The page of a link that asks nothing before it opens.
#[derive(Debug, Clone)]
pub struct GivenPage {
    /// The link as it was when the page was drawn: as long as it is, so is the page.
    pub share: Arc<OpenShare>,
    /// The page.
    pub html: Bytes,
}

/// What a page depends on beside the database, the settings and the time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageKey {
    /// Whose page it is.
    pub account: AccountId,
    /// The tag of the browser's language, which counts where the account has chosen none.
    pub language: &'static str,
    /// Path and query.
    pub here: String,
    /// Whether its reader opened it, as opposed to a browser that loads ahead.
    pub opened: bool,
}

/// A page in HTML without the nonce, and the places where it belongs.
#[derive(Debug, PartialEq, Eq)]
pub struct DrawnPage {
    html: String,
    gaps: Vec<usize>,
}

impl DrawnPage {
    /// Takes `nonce` out of `html`. A nonce is random and was made for this page, so that no text holds it by chance.
    pub fn without(nonce: &str, html: &str) -> Self {
        let mut parts = html.split(nonce);
        let mut page = Self { html: parts.next().unwrap_or_default().to_owned(), gaps: Vec::new() };
        for part in parts {
            page.gaps.push(page.html.len());
            page.html.push_str(part);
        }
        page
    }

    /// The page with another nonce.
    pub fn with(&self, nonce: &str) -> String {
        let mut html = String::with_capacity(self.html.len() + self.gaps.len() * nonce.len());
        let mut from = 0;
        for &gap in &self.gaps {
            html.push_str(self.html.get(from..gap).unwrap_or_default());
            html.push_str(nonce);
            from = gap;
        }
        html.push_str(self.html.get(from..).unwrap_or_default());
        html
    }
}

impl Shelf {
    /// The session of a token, as it was found at this revision.
    pub fn session(&self, revision: &Revision, token: &TokenHash) -> Option<Session> {
        self.at(revision, |kept| kept.sessions.get(token).cloned())
    }

    /// Keeps a session that was looked up after `revision` was read.
    pub fn keep_session(&self, revision: &Revision, token: TokenHash, session: Session) {
        self.at(revision, |kept| {
            if kept.sessions.len() < SESSIONS {
                kept.sessions.insert(token, session);
            }
        });
    }

    /// The page of `key`, as it was drawn at this revision and shortly before `now`.
    pub fn page(&self, revision: &Revision, key: &PageKey, now: UnixMillis) -> Option<Arc<DrawnPage>> {
        self.at(revision, |kept| {
            let (drawn_at, page) = kept.pages.get(key)?;
            is_young(*drawn_at, now).then(|| Arc::clone(page))
        })
    }

    /// Keeps a page that was drawn at `now`, after `revision` was read.
    pub fn keep_page(&self, revision: &Revision, key: PageKey, page: DrawnPage, now: UnixMillis) {
        let size = page.html.len() + key.here.len();
        if size > PAGE_BYTES / 4 {
            return;
        }
        self.at(revision, |kept| {
            if kept.bytes + size > PAGE_BYTES {
                // Whoever reads so much at once without changing anything is rare: starting again is good enough.
                kept.pages.clear();
                kept.bytes = 0;
            }
            kept.bytes += size;
            if let Some((_, old)) = kept.pages.insert(key, (now, Arc::new(page))) {
                kept.bytes = kept.bytes.saturating_sub(old.html.len());
            }
        });
    }

    /// The page of a link, drawn shortly before `now`, if the link is not over by then; and whether nothing at all was committed
    /// since it was true. If something was, the link has to be looked at.
    pub fn given(&self, revision: &Revision, key: &GivenKey, now: UnixMillis) -> Option<(GivenPage, bool)> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let (drawn_at, seen, page) = given.pages.get(key)?;
        let is_over = page.share.expires_at.is_some_and(|end| end <= now);
        (is_young(*drawn_at, now) && !is_over).then(|| (page.clone(), seen == revision))
    }

    /// This page of a link is still true, as was found after `revision` was read.
    pub fn still_given(&self, revision: &Revision, key: &GivenKey, page: &GivenPage) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, seen, known)) = given.pages.get_mut(key)
            && Arc::ptr_eq(&known.share, &page.share)
        {
            *seen = revision.clone();
        }
    }

    /// Keeps the page of a link that was drawn at `now`, after `revision` was read.
    pub fn keep_given(&self, revision: &Revision, key: GivenKey, page: GivenPage, now: UnixMillis) {
        // What the link itself says is about as much as the page, at most.
        let size = 2 * page.html.len();
        if size > GIVEN_BYTES / 2 {
            return;
        }
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.bytes + size > GIVEN_BYTES {
            *given = Given::default();
        }
        given.bytes += size;
        if let Some((_, _, old)) = given.pages.insert(key, (now, revision.clone(), page)) {
            given.bytes = given.bytes.saturating_sub(2 * old.html.len());
        }
    }

    /// Works on what belongs to `revision`; everything else is gone by then.
    fn at<T>(&self, revision: &Revision, work: impl FnOnce(&mut Kept) -> T) -> T {
        // Nothing that is done under the lock can leave a half-made state behind.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.revision.as_ref() != Some(revision) {
            *kept = Kept { revision: Some(revision.clone()), ..Kept::default() };
        }
        work(&mut kept)
    }
}

fn is_young(drawn_at: UnixMillis, now: UnixMillis) -> bool {
    (0..PAGE_MILLIS).contains(&now.0.saturating_sub(drawn_at.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_given_again_with_a_nonce_of_its_own() {
        let page = DrawnPage::without("abc", "<a nonce=\"abc\">文</a><b nonce=\"abc\">");

        assert_eq!(page.with("xyz"), "<a nonce=\"xyz\">文</a><b nonce=\"xyz\">");
        assert!(!page.html.contains("abc"));
        assert_eq!(DrawnPage::without("abc", "plain").with("xyz"), "plain");
    }
}
