//! The loops inside the server: feeds, pages and pictures that are due, the index of the search, and housekeeping.
//!
//! Nothing is decided here. What is due stands in the store, so a loop that dies or a second server changes nothing
//! but the pace.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::reindex::SavedCounts;
use super::{fulltext, housekeeping as house, mirror, originals, pictures, reindex, round};
use crate::app::SharedApp;
use crate::domain::UnixMillis;
use crate::store::{JobKind, StoreError, Swept};

/// The longest sleep: what somebody else put into the store is seen by then.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);
/// The sleep after an error of the database.
const AFTER_ERROR: Duration = Duration::from_secs(30);
/// The time between two counts of saved searches.
const COUNTING: Duration = Duration::from_secs(10);
/// The time between two looks at the clock.
const CLOCK: Duration = Duration::from_mins(1);
/// Between two rounds of retention.
const DAY: Duration = Duration::from_hours(24);
/// A log of the database of more bytes is worth a word.
const LONG_LOG: u64 = 256 << 20;
/// The time between two rounds of housekeeping.
const HOUSEKEEPING: Duration = Duration::from_hours(1);

/// Runs until `stop` is cancelled, and returns when everything under way is finished or given back: a matter of
/// a second, because nothing waits for the network any more then.
pub async fn run(app: SharedApp, stop: CancellationToken) {
    tokio::join!(
        feeds(&app, &stop),
        pages(&app, &stop),
        mirrors(&app, &stop),
        index(&app, &stop),
        housekeeping(&app, &stop),
        clock(&app, &stop)
    );
}

async fn feeds(app: &SharedApp, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let next = match round::refresh_due_until(app, usize::MAX, stop, &|_| {}).await {
            Ok(report) => {
                if report != round::RoundReport::default() {
                    tracing::info!(
                        read = report.read,
                        unchanged = report.unchanged,
                        failed = report.failed,
                        added = report.added,
                        changed = report.changed,
                        "feeds checked"
                    );
                }
                app.db.next_feed_due().await
            }
            Err(error) => Err(error),
        };
        rest(app, stop, next).await;
    }
}

async fn pages(app: &SharedApp, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let next = match fulltext::fetch_due_pages(app, stop).await {
            Ok(_) => app.db.next_job_due(&[JobKind::Page]).await,
            Err(error) => Err(error),
        };
        rest(app, stop, next).await;
    }
}

async fn index(app: &SharedApp, stop: &CancellationToken) {
    if let Err(error) = app.db.check_search_scheme().await {
        tracing::error!(%error, "it is not known whether the search has to be indexed anew");
    }
    let mut counts = SavedCounts::default();
    while !stop.is_cancelled() {
        let done = match reindex::reindex_waiting(app, stop, &|_| {}).await {
            Ok(indexed) => {
                if indexed > 0 {
                    tracing::info!(indexed, "articles were added to the search");
                }
                counts.refresh(app).await
            }
            Err(error) => Err(error),
        };
        let wait = match done {
            Ok(_) => COUNTING,
            Err(error) => {
                tracing::error!(%error, "the search could not be brought up to date; trying again soon");
                AFTER_ERROR
            }
        };
        sleep(stop, wait).await;
    }
}

async fn mirrors(app: &SharedApp, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let next = match mirror::keep_due_pictures(app, stop).await {
            Ok(_) => app.db.next_job_due(&[JobKind::Pictures]).await,
            Err(error) => Err(error),
        };
        rest(app, stop, next).await;
    }
}

async fn housekeeping(app: &SharedApp, stop: &CancellationToken) {
    let mut kept_house: Option<Instant> = None;
    let mut looked: Option<Instant> = None;
    while !stop.is_cancelled() {
        // Even a server that never runs for an hour comes forward.
        let ran = looked.map_or(HOUSEKEEPING, |last| last.elapsed());
        looked = Some(Instant::now());
        let now = match house::look_at_clock(app, ran).await {
            Ok(now) => now,
            Err(error) => {
                tracing::warn!(%error, "the time could not be noted; nothing is let go");
                sleep(stop, HOUSEKEEPING).await;
                continue;
            }
        };
        let log = app.db.log_bytes();
        if log > LONG_LOG {
            tracing::warn!(log, "the log of the database is long: somebody has been reading from it for a long time");
        }
        match app.db.purge_sessions(now).await {
            Ok(0) => {}
            Ok(purged) => tracing::debug!(purged, "sessions that no longer hold are deleted"),
            Err(error) => tracing::warn!(%error, "sessions that no longer hold could not be deleted"),
        }
        if let Err(error) = app.db.forget_acted(now).await {
            tracing::warn!(%error, "the moments of old marks could not be deleted");
        }
        match pictures::keep_within_quota(app).await {
            Ok(freed) if freed.files == 0 => {}
            Ok(freed) => tracing::info!(files = freed.files, bytes = freed.bytes, "pictures made room"),
            Err(error) => tracing::warn!(%error, "no room could be made for pictures"),
        }
        if kept_house.is_none_or(|last| last.elapsed() >= DAY) {
            kept_house = Some(Instant::now());
            match house::apply_all(app, now).await {
                Ok(0) => {}
                Ok(articles) => tracing::info!(articles, "articles went into the trash"),
                Err(error) => tracing::warn!(%error, "what nobody wants to keep could not be put into the trash"),
            }
        }
        match house::sweep(app, now).await {
            Ok(swept) if swept == Swept::default() => {}
            Ok(swept) => {
                tracing::info!(swept.for_good, swept.deleted, "the trash was emptied of what lay there for long");
            }
            Err(error) => tracing::warn!(%error, "the trash could not be emptied"),
        }
        match stop.run_until_cancelled(originals::look_after(app)).await {
            Some(Ok(0)) | None => {}
            Some(Ok(looked)) => tracing::debug!(looked, "originals of kept articles were looked at"),
            Some(Err(error)) => tracing::warn!(%error, "the originals of kept articles could not be looked at"),
        }
        sleep(stop, HOUSEKEEPING).await;
    }
}

/// Notices within a minute that the clock went back while the server was running.
async fn clock(app: &SharedApp, stop: &CancellationToken) {
    let (mut watch, mut looked) = (house::ClockWatch::new(app), Instant::now());
    while !stop.is_cancelled() {
        sleep(stop, CLOCK).await;
        let ran = looked.elapsed();
        looked += ran;
        if let Err(error) = watch.look(app, ran).await {
            tracing::warn!(%error, "the clock went back, and what waits for its former time could not be mended");
        }
    }
}

/// Sleeps until something may be due.
async fn rest(app: &SharedApp, stop: &CancellationToken, next: Result<Option<UnixMillis>, StoreError>) {
    let wait = match next {
        Ok(Some(due)) => {
            let millis = due.0.saturating_sub(app.clock.now().0);
            // Not at once even if something is due: it may be on lease elsewhere.
            Duration::from_millis(u64::try_from(millis).unwrap_or(0)).clamp(Duration::from_secs(1), LONGEST_SLEEP)
        }
        Ok(None) => LONGEST_SLEEP,
        Err(error) => {
            tracing::error!(%error, "the database failed; trying again soon");
            if error.is_disk() {
                pictures::give_way_to_database(app).await;
            }
            AFTER_ERROR
        }
    };
    sleep(stop, wait).await;
}

async fn sleep(stop: &CancellationToken, wait: Duration) {
    let _ = stop.run_until_cancelled(tokio::time::sleep(wait)).await;
}
