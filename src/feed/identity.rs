//! By what an entry is recognised when its feed is read again.
//!
//! The first key is of the guid, else the link, else title and body; never of anything random. Where several entries
//! of one document would have the same first key, all of them get their link, title and date into it: so neither the
//! order nor a new one among them moves an old one's key. The second key is of link and title: it finds an entry again
//! whose guid changed, and is only given where it points to one entry alone.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::text::collapse;
use crate::domain::{Entry, WebUrl, hex};

/// Fills the keys of `entries` and takes out those that stand in the document twice; returns how many it took.
pub(crate) fn identify(entries: &mut Vec<Entry>, site: Option<&WebUrl>) -> usize {
    for entry in &mut *entries {
        entry.keys.first = match (&entry.guid, &entry.url) {
            (Some(guid), _) => digest(&["guid", guid]),
            (None, Some(url)) => digest(&["link", &url.bare()]),
            (None, None) => digest(&["text", &collapse(&entry.title), body(entry)]),
        };
        entry.keys.second = second_key(entry, site);
    }
    tell_apart(entries, |entry| {
        let link = entry.url.as_ref().map(WebUrl::bare).unwrap_or_default();
        digest(&["apart", &hex(&entry.keys.first), &link, &collapse(&entry.title)])
    });
    tell_apart(entries, |entry| {
        digest(&["date", &hex(&entry.keys.first), entry.published_text.as_deref().unwrap_or_default()])
    });
    let before = entries.len();
    let mut seen = std::collections::HashSet::with_capacity(before);
    entries.retain(|entry| seen.insert(entry.keys.first));
    let mut second: HashMap<[u8; 16], u32> = HashMap::new();
    for key in entries.iter().filter_map(|entry| entry.keys.second) {
        *second.entry(key).or_default() += 1;
    }
    for entry in &mut *entries {
        entry.keys.second = entry.keys.second.filter(|key| second.get(key) == Some(&1));
    }
    before - entries.len()
}

/// Gives another first key to all entries that share theirs.
fn tell_apart(entries: &mut [Entry], key: impl Fn(&Entry) -> [u8; 16]) {
    let mut counts: HashMap<[u8; 16], u32> = HashMap::with_capacity(entries.len());
    for entry in &*entries {
        *counts.entry(entry.keys.first).or_default() += 1;
    }
    if counts.len() == entries.len() {
        return;
    }
    for entry in entries {
        if counts.get(&entry.keys.first).is_some_and(|count| *count > 1) {
            entry.keys.first = key(entry);
        }
    }
}

fn second_key(entry: &Entry, site: Option<&WebUrl>) -> Option<[u8; 16]> {
    let title = collapse(&entry.title);
    let url = entry.url.as_ref()?;
    // Without a title, or with the front page as its link, an entry cannot be told from its neighbours.
    let front = url.as_url().path() == "/" && url.as_url().query().is_none() && url.as_url().fragment().is_none();
    let link = url.bare();
    if title.is_empty() || front || site.is_some_and(|site| site.bare() == link) {
        return None;
    }
    Some(digest(&["second", &link, &title]))
}

fn body(entry: &Entry) -> &str {
    entry.content.as_deref().or(entry.summary.as_deref()).unwrap_or_default()
}

/// SHA-256 of the parts, each with its length, cut to 16 bytes.
fn digest(parts: &[&str]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut key = [0; 16];
    key.copy_from_slice(&hasher.finalize()[..16]);
    key
}

/// A long guid is kept as its hash, so that no feed can fill the database with names.
pub(crate) fn short_guid(guid: &str, longest: usize) -> String {
    if guid.len() <= longest { guid.to_owned() } else { format!("sha256:{}", hex(&digest(&["long", guid]))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(guid: Option<&str>, url: Option<&str>, title: &str) -> Entry {
        Entry {
            guid: guid.map(str::to_owned),
            url: url.and_then(|url| WebUrl::parse(url).ok()),
            title: title.to_owned(),
            ..Entry::default()
        }
    }

    fn first_keys(entries: &[Entry]) -> Vec<[u8; 16]> {
        entries.iter().map(|entry| entry.keys.first).collect()
    }

    #[test]
    fn entries_with_one_guid_are_told_apart_in_any_order() {
        let a = entry(Some("1"), Some("https://a.example/a"), "A");
        let b = entry(Some("1"), Some("https://a.example/b"), "B");
        let mut forth = vec![a.clone(), b.clone()];
        let mut back = vec![b, a];
        identify(&mut forth, None);
        identify(&mut back, None);
        back.reverse();
        assert_ne!(forth[0].keys.first, forth[1].keys.first);
        assert_eq!(first_keys(&forth), first_keys(&back));
    }

    #[test]
    fn an_entry_that_stands_there_twice_is_kept_once() {
        let same = entry(Some("1"), Some("https://a.example/a"), "A");
        let mut entries = vec![same.clone(), same];
        assert_eq!(identify(&mut entries, None), 1);
        assert_eq!(entries.len(), 1);
    }

    #[test]
    fn a_changed_guid_keeps_the_second_key() {
        let mut before = vec![entry(Some("http://a.example/?p=1"), Some("http://www.a.example/one"), "One")];
        let mut after = vec![entry(Some("https://a.example/?p=1"), Some("https://a.example/one/?utm_source=x"), "One")];
        identify(&mut before, None);
        identify(&mut after, None);
        assert_ne!(before[0].keys.first, after[0].keys.first);
        assert!(before[0].keys.second.is_some());
        assert_eq!(before[0].keys.second, after[0].keys.second);
    }

    #[test]
    fn entries_that_all_lead_to_the_front_page_have_no_second_key() {
        let mut entries = vec![entry(Some("1"), Some("https://a.example/"), "Note")];
        identify(&mut entries, None);
        assert_eq!(entries[0].keys.second, None);
    }

    #[test]
    fn without_guid_and_link_title_and_body_decide() {
        let mut entries = vec![entry(None, None, "A"), entry(None, None, "B")];
        identify(&mut entries, None);
        assert_ne!(entries[0].keys.first, entries[1].keys.first);
    }
}
