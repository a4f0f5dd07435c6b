//! Pictures: where they lie, what they are, and smaller forms of them.
//!
//! Owns: the picture store ([`PictureStore`], in a [folder] or, with the feature `s3`, a bucket), the kinds of media by their
//! bytes, the [header check](header) that stands before every decoder, a decoder of JPEGs that are wanted small,
//! [variants](variant) and the words in which they are asked for ([`Spec`]). Does not own: fetching (`egress`), which pictures
//! are wanted (`jobs`), what is known of them (`store`), addresses (`web`). Everything about bytes is pure and runs on a small
//! pool of its own; only the stores touch anything outside.
//!
//! In: bytes from anywhere. Out: bytes by their hash; facts and variants, or a [`Refused`].

#[cfg(feature = "s3")]
pub mod bucket;
pub mod card;
pub mod colour;
pub mod folder;
pub mod header;
mod jpeg;
mod kind;
pub mod recent;
mod spec;
pub mod store;
pub mod variant;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

#[cfg(feature = "s3")]
use self::bucket::Bucket;
use self::folder::Folder;
use self::recent::Recent;
use crate::config::PicturePlace;
use crate::content::pool::{ContentPool, PoolError};

pub use header::{Facts, Refused};
pub use kind::MediaKind;
pub use spec::{Fit, Output, Spec, SpecError};
pub use store::{PictureHash, PictureKey, PictureStore, StorageError};

/// Pictures that are decoded at a time. Each may take [`header::MOST_BYTES`] of memory.
const DESKS: usize = 2;
/// How long decoding, resizing and encoding one picture may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same where nobody waits, on a thread that everybody else goes before.
const BACKGROUND_PATIENCE: Duration = Duration::from_secs(20);
/// While people ask for pages, the background rests for so many times as long as it has worked: a low rank alone still
/// makes every twentieth page wait, because the system lets a thread that runs finish its turn.
const REST: u32 = 7;
/// No rest is longer.
const LONGEST_REST: Duration = Duration::from_millis(200);

/// The picture store, and the desks at which pictures are decoded. Clones share both.
#[derive(Debug, Clone)]
pub struct Media {
    /// Where pictures lie.
    pub store: Arc<dyn PictureStore>,
    /// Variants that were asked for a moment ago.
    pub recent: Arc<Recent>,
    desks: Arc<Semaphore>,
    background: Arc<Semaphore>,
    pool: ContentPool,
    background_pool: ContentPool,
    courtesy: Arc<Courtesy>,
}

/// What the background owes to people who ask for something.
#[derive(Debug, Default)]
struct Courtesy {
    /// Requests so far, wrapping.
    asked: AtomicUsize,
    /// The rest that comes before the next piece of work, in microseconds.
    rest: AtomicU64,
}

impl Media {
    /// Pictures in the place that the settings name. Touches nothing yet.
    pub fn open(place: &PicturePlace) -> Result<Self, StorageError> {
        Ok(Self::new(match place {
            PicturePlace::Folder(path) => Arc::new(Folder::new(path.clone())),
            #[cfg(feature = "s3")]
            PicturePlace::Bucket(place) => Arc::new(Bucket::new(place.clone())?),
            #[cfg(not(feature = "s3"))]
            PicturePlace::Bucket(_) => return Err(StorageError::NoBuckets),
        }))
    }

    /// Pictures in this store.
    pub fn new(store: Arc<dyn PictureStore>) -> Self {
        Self {
            store,
            recent: Arc::default(),
            desks: Arc::new(Semaphore::new(DESKS)),
            background: Arc::new(Semaphore::new(1)),
            pool: ContentPool::with_patience(DESKS, PATIENCE),
            background_pool: ContentPool::in_background(BACKGROUND_PATIENCE),
            courtesy: Arc::default(),
        }
    }

    /// The same with another time for each picture: tests run on machines that have much else to do.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self {
            pool: ContentPool::with_patience(DESKS, patience),
            background_pool: ContentPool::in_background(patience),
            ..self
        }
    }

    /// Takes a picture away, from memory, too.
    pub async fn delete(&self, key: PictureKey) -> Result<(), StorageError> {
        let outcome = self.store.delete(key).await;
        // After it: whoever read the file before has put it there by now, or reads what is as good as gone for a minute.
        self.recent.clear();
        outcome
    }

    /// Says that somebody asks for something now, and waits for it.
    pub fn somebody_asks(&self) {
        self.courtesy.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for a desk. Whoever has none yet must not hold a picture's bytes: then those who wait cost no memory.
    pub async fn desk(&self) -> Desk {
        Desk { pool: self.pool.clone(), courtesy: None, _places: [self.desks.clone().acquire_owned().await.ok(), None] }
    }

    /// As [`Media::desk`], for work that nobody waits for: it never takes the last desk.
    pub async fn background_desk(&self) -> Desk {
        let place = self.background.clone().acquire_owned().await.ok();
        tokio::time::sleep(Duration::from_micros(self.courtesy.rest.swap(0, Ordering::Relaxed))).await;
        Desk {
            pool: self.background_pool.clone(),
            courtesy: Some(Arc::clone(&self.courtesy)),
            _places: [place, self.desks.clone().acquire_owned().await.ok()],
        }
    }
}

/// The right to decode one picture.
#[derive(Debug)]
pub struct Desk {
    pool: ContentPool,
    /// Of a desk in the background.
    courtesy: Option<Arc<Courtesy>>,
    _places: [Option<OwnedSemaphorePermit>; 2],
}

impl Desk {
    /// Does `work`, behind a wall against panics and for two seconds at most, twenty in the background. If somebody
    /// asked for something meanwhile, the next desk in the background is given after a rest.
    pub async fn run<T, F>(&self, work: F) -> Result<T, PoolError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let Some(Courtesy { asked, rest }) = self.courtesy.as_deref() else { return self.pool.run(work).await };
        let (begun, before) = (Instant::now(), asked.load(Ordering::Relaxed));
        let outcome = self.pool.run(work).await;
        if asked.load(Ordering::Relaxed) != before {
            let owed = (begun.elapsed() * REST).min(LONGEST_REST);
            rest.store(u64::try_from(owed.as_micros()).unwrap_or(0), Ordering::Relaxed);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_background_rests_after_work_during_which_somebody_asked() {
        let media = Media::new(Arc::new(Folder::new("nowhere".into())));
        let owed = || media.courtesy.rest.load(Ordering::Relaxed);
        media.background_desk().await.run(|| ()).await.unwrap();
        assert_eq!(owed(), 0, "nobody asked");

        let asks = media.clone();
        media.background_desk().await.run(move || asks.somebody_asks()).await.unwrap();
        assert!(owed() > 0);

        let _desk = media.background_desk().await;
        assert_eq!(owed(), 0, "it was had before the desk was given");
    }
}
