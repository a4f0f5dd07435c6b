//! The schedule of feeds as data: which are due, who has them on lease, and how a check ended.

use std::sync::PoisonError;

use tokio::sync::oneshot::{self, error::TryRecvError};

use super::db::{Db, Tx, first, read, statements, within, write_one};
use super::dialect::LEASE_FEEDS;
use super::error::StoreError;
use super::feed::{Feed, FeedRecord, feed_columns};
use super::row::{clipped, storable};
use crate::domain::{AccountId, Failure, FeedId, FeedWarning, Language, UnixMillis, WebUrl};

statements! {
    /// Somebody asked for this feed: what went wrong before counts no more.
    LEASE_ONE = concat!("UPDATE feed SET leased_until = $2, open_attempts = 0 \
                 WHERE id = $1 AND owner_id IS NULL AND leased_until <= $3 RETURNING ", feed_columns!());
    SET_ASIDE = "UPDATE feed SET leased_until = 0, open_attempts = 1, next_check_at = $2, checked_at = $3, \
                 failure = 'set-aside', failing_since = COALESCE(failing_since, $3), \
                 failure_count = failure_count + 1 WHERE id = $1";
    RELEASE = "UPDATE feed SET leased_until = 0 WHERE id = $1 AND leased_until = $2";
    DOCUMENT = "UPDATE feed SET title = CASE WHEN $3 = '' THEN title ELSE $3 END, description = $4, site_url = $5, \
                icon_url = $6, language = $7, etag = $8, last_modified = $9, body_hash = $10, warnings = $11, \
                read_at = $12 WHERE id = $1 AND leased_until = $2";
    FINISH = "UPDATE feed SET leased_until = 0, open_attempts = 0, checked_at = $3, next_check_at = $4, failure = $5, \
              failing_since = CASE WHEN CAST($5 AS TEXT) IS NULL THEN NULL ELSE COALESCE(failing_since, $3) END, \
              failure_count = CASE WHEN CAST($5 AS TEXT) IS NULL THEN 0 ELSE failure_count + 1 END, \
              gone = $6, moved_to = $7, moved_count = $8, interval_millis = COALESCE($9, interval_millis) \
              WHERE id = $1 AND leased_until = $2";
    NEXT_DUE = "SELECT MIN(next_check_at) FROM feed WHERE owner_id IS NULL AND NOT gone \
                AND EXISTS (SELECT 1 FROM subscription s JOIN account k ON k.id = s.account_id \
                  WHERE s.feed_id = feed.id AND s.paused_at IS NULL AND k.disabled_at IS NULL)";
    MAKE_DUE = "UPDATE feed SET next_check_at = $2 WHERE owner_id IS NULL AND next_check_at > $2 \
                AND id IN (SELECT feed_id FROM subscription WHERE account_id = $1 AND paused_at IS NULL)";
    MAKE_ALL_DUE = "UPDATE feed SET next_check_at = $1 WHERE owner_id IS NULL AND NOT gone AND next_check_at > $1";
}

/// A feed whose worker died so many times while it was open is set aside.
const MAX_OPEN_ATTEMPTS: i64 = 2;
/// For how long. Not for good: the deaths may have had another reason, and no feed is to be lost to bad luck.
const ASIDE_MILLIS: i64 = UnixMillis::DAY;

/// A feed on lease.
#[derive(Debug, Clone, PartialEq)]
pub struct DueFeed {
    /// The feed.
    pub feed: Feed,
    /// Until when it is the caller's; also the proof that it still is, given back with the outcome.
    pub lease: UnixMillis,
    /// The `ETag` of the last document.
    pub etag: Option<String>,
    /// The `Last-Modified` of the last document.
    pub last_modified: Option<String>,
    /// The hash of the last document's bytes, as the last outcome gave it.
    pub body_hash: Option<Vec<u8>>,
}

impl DueFeed {
    /// Whether no document of it was read yet. Then only the newest of its entries are news.
    pub fn is_new(&self) -> bool {
        self.feed.read_at.is_none()
    }
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedOutcome {
    /// Which feed.
    pub id: FeedId,
    /// The lease under which it was checked.
    pub lease: UnixMillis,
    /// When.
    pub checked_at: UnixMillis,
    /// When to check again.
    pub next_check_at: UnixMillis,
    /// The interval that the feed's rhythm suggests, in milliseconds; `None` keeps what was known.
    pub interval_millis: Option<i64>,
    /// Why it could not be read; `None` after a document or a 304. [`Failure::Gone`] ends the checks.
    pub failure: Option<Failure>,
    /// The move that the answer told of, with how many times in a row it was told; `None` forgets earlier ones.
    pub moved: Option<Moved>,
    /// What the document says about the feed; `None` after a 304 or a failure keeps what was known.
    pub document: Option<DocumentFacts>,
}

/// A permanent redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Where to.
    pub to: WebUrl,
    /// How many times in a row it was told.
    pub count: i64,
}

/// What a document says about its feed, and how to ask for the next one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DocumentFacts {
    /// Plain text; empty keeps the title that was known.
    pub title: String,
    /// Plain text.
    pub description: Option<String>,
    /// The page that the feed belongs to.
    pub site_url: Option<WebUrl>,
    /// A small picture.
    pub icon_url: Option<WebUrl>,
    /// As declared.
    pub language: Option<Language>,
    /// What had to be mended.
    pub warnings: Vec<FeedWarning>,
    /// The answer's `ETag`.
    pub etag: Option<String>,
    /// The answer's `Last-Modified`.
    pub last_modified: Option<String>,
    /// A hash of the document's bytes, so that the same document is not read twice.
    pub body_hash: Option<Vec<u8>>,
}

/// Outcomes that wait for the writer. Whoever comes next to it writes all of them in one transaction: a commit waits
/// for the disk, and a thousand feeds without news would otherwise wait a thousand times.
#[derive(Debug, Default)]
pub(super) struct PendingOutcomes {
    queue: std::sync::Mutex<Vec<Pending>>,
    /// Held by the one that writes, until everyone whose outcome it took has an answer.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Pending {
    outcome: FeedOutcome,
    answer: oneshot::Sender<bool>,
}

impl PendingOutcomes {
    // A list of outcomes is whole whenever the lock is free, so a panic elsewhere does not spoil it.
    fn push(&self, pending: Pending) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push(pending);
    }

    fn take(&self) -> Vec<Pending> {
        std::mem::take(&mut *self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Db {
    /// Takes up to `limit` followed feeds that are due at `now`, the longest due first, for `lease_millis`.
    ///
    /// A lease that nobody finished runs out by itself. A feed whose lease ran out twice in a row was open when its
    /// worker died: it is set aside for a day, shows [`Failure::SetAside`], and is not given out here.
    pub async fn lease_due_feeds(
        &self,
        now: UnixMillis,
        lease_millis: i64,
        limit: i64,
    ) -> Result<Vec<DueFeed>, StoreError> {
        let mut tx = self.begin().await?;
        let statement = LEASE_FEEDS.of(self);
        let rows: Vec<FeedRecord> = within!(tx, c => sqlx::query_as(statement)
            .bind(now.plus(lease_millis)).bind(now).bind(limit).fetch_all(c).await)?;
        let mut due = Vec::with_capacity(rows.len());
        for row in rows {
            if row.open_attempts >= MAX_OPEN_ATTEMPTS {
                within!(tx, c => sqlx::query(SET_ASIDE)
                    .bind(row.id).bind(now.plus(ASIDE_MILLIS)).bind(now).execute(c).await.map(drop))?;
            } else {
                due.push(due_feed(row));
            }
        }
        tx.commit().await?;
        due.sort_by_key(|feed| (feed.feed.next_check_at, feed.feed.id));
        Ok(due)
    }

    /// Takes one public feed, due or not, followed or not, for `lease_millis`. `None` if someone else has it or there
    /// is no such feed. Being asked for by name also gives a feed that was set aside another try.
    pub async fn lease_feed(
        &self,
        id: FeedId,
        now: UnixMillis,
        lease_millis: i64,
    ) -> Result<Option<DueFeed>, StoreError> {
        let row: Option<FeedRecord> = write_one!(self, c => sqlx::query_as(LEASE_ONE)
            .bind(id).bind(now.plus(lease_millis)).bind(now).fetch_all(c).await.map(first))?;
        Ok(row.map(due_feed))
    }

    /// Gives a feed back unchecked, as a server does that stops. It stays due.
    pub async fn release_feed(&self, id: FeedId, lease: UnixMillis) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(RELEASE).bind(id).bind(lease).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Writes how a check ended and gives the feed back. False if the lease had run out and someone else has it: then
    /// nothing is written. Calls at the same time share a transaction.
    pub async fn finish_feed(&self, outcome: FeedOutcome) -> Result<bool, StoreError> {
        let (answer, mut written) = oneshot::channel();
        self.pending.push(Pending { outcome, answer });
        let _writing = self.pending.writing.lock().await;
        match written.try_recv() {
            // Someone before us took ours along.
            Ok(done) => return Ok(done),
            Err(TryRecvError::Closed) => return Err(StoreError::Database(sqlx::Error::WorkerCrashed)),
            Err(TryRecvError::Empty) => {}
        }
        let batch = self.pending.take();
        let mut tx = self.begin().await?;
        let mut answers = Vec::with_capacity(batch.len());
        for pending in batch {
            answers.push((finish(&mut tx, &pending.outcome).await?, pending.answer));
        }
        tx.commit().await?;
        for (done, answer) in answers {
            // A caller that has gone away needs no answer.
            let _ = answer.send(done);
        }
        written.try_recv().map_err(|_| StoreError::Database(sqlx::Error::WorkerCrashed))
    }

    /// When the next followed feed is due; `None` if nothing is followed.
    pub async fn next_feed_due(&self) -> Result<Option<UnixMillis>, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(NEXT_DUE).fetch_one(c).await)?)
    }

    /// Makes the feeds that the account follows, or all of them, due at `now`; how many were not yet.
    pub async fn make_feeds_due(&self, account: Option<AccountId>, now: UnixMillis) -> Result<u64, StoreError> {
        Ok(match account {
            Some(account) => write_one!(self, c => sqlx::query(MAKE_DUE)
                .bind(account).bind(now).execute(c).await.map(|done| done.rows_affected()))?,
            None => write_one!(self, c => sqlx::query(MAKE_ALL_DUE)
                .bind(now).execute(c).await.map(|done| done.rows_affected()))?,
        })
    }
}

fn due_feed(mut row: FeedRecord) -> DueFeed {
    DueFeed {
        lease: row.leased_until,
        etag: row.etag.take(),
        last_modified: row.last_modified.take(),
        body_hash: row.body_hash.take(),
        feed: row.into(),
    }
}

async fn finish(tx: &mut Tx, outcome: &FeedOutcome) -> Result<bool, StoreError> {
    if let Some(facts) = &outcome.document {
        let warnings = serde_json::to_string(&facts.warnings).unwrap_or_else(|_| "[]".to_owned());
        within!(*tx, c => sqlx::query(DOCUMENT)
            .bind(outcome.id)
            .bind(outcome.lease)
            .bind(clipped(&facts.title, 1_024))
            .bind(facts.description.as_deref().map(|text| clipped(text, 4_096)))
            .bind(facts.site_url.as_ref().map(WebUrl::as_str))
            .bind(facts.icon_url.as_ref().map(WebUrl::as_str))
            .bind(facts.language.as_ref())
            .bind(facts.etag.as_deref().map(storable))
            .bind(facts.last_modified.as_deref().map(storable))
            .bind(facts.body_hash.as_deref())
            .bind(&warnings)
            .bind(outcome.checked_at)
            .execute(c).await.map(drop))?;
    }
    let finished = within!(*tx, c => sqlx::query(FINISH)
        .bind(outcome.id)
        .bind(outcome.lease)
        .bind(outcome.checked_at)
        .bind(outcome.next_check_at)
        .bind(outcome.failure.map(|failure| failure.to_string()))
        .bind(outcome.failure == Some(Failure::Gone))
        .bind(outcome.moved.as_ref().map(|moved| moved.to.as_str()))
        .bind(outcome.moved.as_ref().map_or(0, |moved| moved.count))
        .bind(outcome.interval_millis)
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(finished > 0)
}
