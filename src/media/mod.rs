//! Pictures: where they lie, what they are, and smaller forms of them.
//!
//! Owns: the picture store ([`PictureStore`], in a [folder] or, with the feature `s3`, a bucket), the kinds of media by their
//! bytes, the [header check](header) that stands before every decoder, [variants](variant) and the words in which they are
//! asked for ([`Spec`]). Does not own: fetching (`egress`), which pictures are wanted (`jobs`), what is known of them
//! (`store`), addresses (`web`). Everything about bytes is pure and runs on a small pool of its own; only the stores touch
//! anything outside.
//!
//! In: bytes from anywhere. Out: bytes by their hash; facts and variants, or a [`Refused`].

#[cfg(feature = "s3")]
pub mod bucket;
pub mod card;
pub mod colour;
pub mod folder;
pub mod header;
mod kind;
mod spec;
pub mod store;
pub mod variant;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[cfg(feature = "s3")]
use self::bucket::Bucket;
use self::folder::Folder;
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

/// The picture store, and the desks at which pictures are decoded. Clones share both.
#[derive(Debug, Clone)]
pub struct Media {
    /// Where pictures lie.
    pub store: Arc<dyn PictureStore>,
    desks: Arc<Semaphore>,
    background: Arc<Semaphore>,
    pool: ContentPool,
    background_pool: ContentPool,
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
            desks: Arc::new(Semaphore::new(DESKS)),
            background: Arc::new(Semaphore::new(1)),
            pool: ContentPool::with_patience(DESKS, PATIENCE),
            background_pool: ContentPool::in_background(BACKGROUND_PATIENCE),
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

    /// Waits for a desk. Whoever has none yet must not hold a picture's bytes: then those who wait cost no memory.
    pub async fn desk(&self) -> Desk {
        Desk { pool: self.pool.clone(), _places: [self.desks.clone().acquire_owned().await.ok(), None] }
    }

    /// As [`Media::desk`], for work that nobody waits for: it never takes the last desk.
    pub async fn background_desk(&self) -> Desk {
        let place = self.background.clone().acquire_owned().await.ok();
        Desk { pool: self.background_pool.clone(), _places: [place, self.desks.clone().acquire_owned().await.ok()] }
    }
}

/// The right to decode one picture.
#[derive(Debug)]
pub struct Desk {
    pool: ContentPool,
    _places: [Option<OwnedSemaphorePermit>; 2],
}

impl Desk {
    /// Does `work`, behind a wall against panics and for two seconds at most, twenty in the background.
    pub async fn run<T, F>(&self, work: F) -> Result<T, PoolError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.pool.run(work).await
    }
}
