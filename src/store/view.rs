//! Views of links, counted in memory and written together.
//!
//! A commit waits for the disk; a page that many people open would otherwise wait once for each of them. Only links that end
//! after a number of views are counted at once ([`Db::count_view`]): of them none may be given once too often, whatever
//! happens to the server. Of the others a server that dies loses a second's worth.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::db::{Db, statements, within};
use super::error::StoreError;
use crate::domain::{ShareId, UnixMillis};

statements! {
    VIEWED = "UPDATE share SET views = views + $2, \
              last_view_at = CASE WHEN last_view_at > $3 THEN last_view_at ELSE $3 END WHERE id = $1";
}

/// For so long views are gathered before they are written.
const GATHER: Duration = Duration::from_secs(1);
/// After an error of the database they wait for so long.
const AFTER_ERROR: Duration = Duration::from_secs(30);
/// The most links whose views wait, for the case that the database takes none for long.
const MOST_LINKS: usize = 10_000;

/// Views that wait for the writer.
#[derive(Debug, Default)]
pub(super) struct PendingViews {
    gathered: Mutex<Gathered>,
    /// Held by the one that writes.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Gathered {
    /// By link, in the order of links, so that two servers that write never wait for each other.
    by_link: BTreeMap<ShareId, Views>,
    /// Somebody will write them.
    is_planned: bool,
}

/// Views of one link.
#[derive(Debug, Clone, Copy)]
struct Views {
    count: i64,
    last: UnixMillis,
}

impl Gathered {
    fn add(&mut self, share: ShareId, views: Views) {
        if let Some(known) = self.by_link.get_mut(&share) {
            known.count += views.count;
            known.last = known.last.max(views.last);
        } else if self.by_link.len() < MOST_LINKS {
            self.by_link.insert(share, views);
        }
    }
}

impl PendingViews {
    // Every change leaves it whole, so a panic elsewhere does not spoil it.
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the caller is the one who shall write them.
    fn plan(&self) -> bool {
        !std::mem::replace(&mut self.gathered().is_planned, true)
    }

    /// Forgets views of a link that is gone: another one may get its number.
    pub(super) fn forget(&self, share: ShareId) {
        self.gathered().by_link.remove(&share);
    }
}

impl Db {
    /// Counts a view of a link that does not end by views. It is written within a second or so.
    pub fn note_view(&self, share: ShareId, now: UnixMillis) {
        self.views.gathered().add(share, Views { count: 1, last: now });
        if !self.views.plan() {
            return;
        }
        let db = self.clone();
        tokio::spawn(async move {
            let mut wait = GATHER;
            loop {
                tokio::time::sleep(wait).await;
                db.views.gathered().is_planned = false;
                match db.write_views().await {
                    Err(error) if db.views.plan() => {
                        tracing::warn!(%error, "views of links could not be counted; trying again");
                        wait = AFTER_ERROR;
                    }
                    // Written, or somebody else will.
                    _ => break,
                }
            }
        });
    }

    /// Writes all views that wait. In a task of its own, so that nobody who leaves meanwhile takes them along.
    pub(super) async fn views_written(&self) {
        let db = self.clone();
        let written = tokio::spawn(async move { db.write_views().await }).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "views of links could not be counted yet"),
            Err(error) => tracing::error!(%error, "views of links were not counted"),
        }
    }

    async fn write_views(&self) -> Result<(), StoreError> {
        let _turn = self.views.writing.lock().await;
        let views = std::mem::take(&mut self.views.gathered().by_link);
        let done = self.add_views(&views).await;
        if done.is_err() {
            let mut gathered = self.views.gathered();
            for (share, views) in views {
                gathered.add(share, views);
            }
        }
        done
    }

    async fn add_views(&self, views: &BTreeMap<ShareId, Views>) -> Result<(), StoreError> {
        if views.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        for (share, views) in views {
            within!(tx, c => sqlx::query(VIEWED)
                .bind(share).bind(views.count).bind(views.last).execute(c).await.map(drop))?;
        }
        tx.commit().await
    }
}
