//! The desk at which fetched documents are read and stored, a few at a time.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Places for documents in the works. What is fetched waits here as bytes, which are smaller than the articles made of them.
#[derive(Debug)]
pub(super) struct Desk {
    places: Semaphore,
    documents: AtomicUsize,
}

/// A document's place; the next one takes it when this is dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    desk: &'a Desk,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Desk {
    /// A desk where so many documents are worked on at a time.
    pub(super) fn new(places: usize) -> Self {
        Self { places: Semaphore::new(places), documents: AtomicUsize::new(0) }
    }

    /// Waits for a place.
    pub(super) async fn place(&self) -> Place<'_> {
        self.documents.fetch_add(1, Ordering::Relaxed);
        // Counted from here on, also if whoever waits is stopped.
        let mut place = Place { desk: self, _permit: None };
        place._permit = self.places.acquire().await.ok();
        place
    }

    /// How many documents are in the works or wait.
    pub(super) fn documents(&self) -> usize {
        self.documents.load(Ordering::Relaxed)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.desk.documents.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn documents_count_while_they_wait_and_no_longer() {
        let desk = Desk::new(1);
        let first = desk.place().await;
        let second = tokio::time::timeout(std::time::Duration::from_millis(10), desk.place());
        assert!(second.await.is_err(), "there is one place");
        assert_eq!(desk.documents(), 1);
        drop(first);
        let _third = desk.place().await;
        assert_eq!(desk.documents(), 1);
    }
}
