//! What was asked for a moment ago, in memory.
//!
//! A link that many people open at once asks for the same few pictures again and again; these need not come from the disk
//! or the bucket each time. An entry is short-lived, so that what another process took away is soon gone here, too.

use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;

use super::PictureKey;
use crate::domain::UnixMillis;

/// So many pictures are remembered.
const ENTRIES: usize = 32;
/// None that is larger.
const LARGEST: usize = 64 * 1024;
/// None for longer.
const LONGEST: i64 = UnixMillis::MINUTE;

/// The pictures that were asked for last: two megabytes at most.
#[derive(Debug, Default)]
pub struct Recent(Mutex<Vec<(PictureKey, Bytes, UnixMillis)>>);

impl Recent {
    /// The picture, if it was put here less than a minute before `now`.
    pub fn get(&self, key: &PictureKey, now: UnixMillis) -> Option<Bytes> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, bytes, since) = entries.iter().find(|(other, ..)| other == key)?;
        (since.plus(LONGEST) > now).then(|| bytes.clone())
    }

    /// Remembers a picture in the place of the one that has been here for longest.
    pub fn put(&self, key: PictureKey, bytes: Bytes, now: UnixMillis) {
        if bytes.len() > LARGEST {
            return;
        }
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(other, ..)| *other != key);
        if entries.len() >= ENTRIES {
            entries.remove(0);
        }
        entries.push((key, bytes, now));
    }

    /// Forgets everything: something was deleted.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::PictureHash;

    fn key(number: usize) -> PictureKey {
        PictureKey::variant(PictureHash::of(&number.to_be_bytes()), "w=900")
    }

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    #[test]
    fn what_was_put_is_there_for_a_minute() {
        let recent = Recent::default();
        recent.put(key(1), Bytes::from_static(b"one"), NOW);
        assert_eq!(recent.get(&key(1), NOW.plus(LONGEST - 1)).as_deref(), Some(&b"one"[..]));
        assert_eq!(recent.get(&key(2), NOW), None);
        assert_eq!(recent.get(&key(1), NOW.plus(LONGEST)), None);
    }

    #[test]
    fn it_stays_small() {
        let recent = Recent::default();
        recent.put(key(0), vec![0; LARGEST + 1].into(), NOW);
        assert_eq!(recent.get(&key(0), NOW), None, "too large");
        for number in 1..=ENTRIES + 1 {
            recent.put(key(number), vec![0; LARGEST].into(), NOW);
        }
        assert_eq!(recent.get(&key(1), NOW), None, "it came first");
        assert!((2..=ENTRIES + 1).all(|number| recent.get(&key(number), NOW).is_some()));
        recent.clear();
        assert_eq!(recent.get(&key(2), NOW), None);
    }
}
