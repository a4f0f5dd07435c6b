//! By what saved and imported articles are found again. Entries of feeds have the rules of `feed` instead.

use sha2::{Digest, Sha256};

use crate::domain::{ArticleDraft, Entry, Keys, WebUrl};

/// The address that stands for a page: without tracking parameters and credentials, and without a fragment that only names a place on
/// it. Fragments that begin like a path are the page itself on sites that draw it in the browser.
pub(super) fn address_of_page(url: &WebUrl) -> WebUrl {
    let bare = url.without_tracking().without_credentials();
    match bare.as_url().fragment() {
        Some(fragment) if !fragment.starts_with(['/', '!']) => {
            let mut whole = bare.as_url().clone();
            whole.set_fragment(None);
            WebUrl::try_from(whole).unwrap_or(bare)
        }
        _ => bare,
    }
}

/// The keys of a page: its address as [`address_of_page`] gives it.
pub(super) fn of_page(url: &WebUrl) -> Keys {
    Keys { first: hash(&["page", address_of_page(url).as_str()]), second: None }
}

/// The keys of an archived entry: those of its page, or of its text if it names none.
pub(super) fn of_entry(entry: &Entry) -> Keys {
    match &entry.url {
        Some(url) => of_page(url),
        None => {
            let body = entry.content.as_deref().unwrap_or_default();
            Keys { first: hash(&["text", &entry.title, body]), second: None }
        }
    }
}

/// A first key by address and text together, for articles that share an address.
pub(super) fn of_text(draft: &ArticleDraft) -> [u8; 16] {
    let body = draft.bodies.first().map_or("", |body| body.html.as_str());
    hash(&["text", draft.url.as_ref().map_or("", WebUrl::as_str), &draft.title, body])
}

/// The first half of SHA-256 over the parts, each with its length before it, so that no two lists run together.
fn hash(parts: &[&str]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut key = [0; 16];
    key.copy_from_slice(&hasher.finalize()[..16]);
    key
}
