//! The loop that does jobs as long as some are due.

use std::future::Future;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::store::{Job, JobKind, StoreError};

/// Which jobs, and how many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    /// Jobs of these kinds.
    pub(super) kinds: &'static [JobKind],
    /// For how long each is leased, in milliseconds.
    pub(super) lease: i64,
    /// So many are under way at a time.
    pub(super) at_once: usize,
}

/// Does the jobs that are due with `work`; how many were done, failed ones included. When `stop` is cancelled, those
/// under way are given back undone.
pub(super) async fn work_off<F, W>(
    app: &Arc<App>,
    stop: &CancellationToken,
    due: Due,
    work: F,
) -> Result<usize, StoreError>
where
    F: Fn(Arc<App>, Job) -> W,
    W: Future<Output = Result<(), StoreError>> + Send + 'static,
{
    let stop = stop.child_token();
    let mut running: JoinSet<Result<(), StoreError>> = JoinSet::new();
    let (mut done, mut more_due, mut first_error) = (0, true, None);
    loop {
        if more_due && running.len() <= due.at_once / 2 && !stop.is_cancelled() {
            let limit = i64::try_from(due.at_once - running.len()).unwrap_or(1);
            match app.db.lease_jobs(app.clock.now(), due.lease, limit, due.kinds).await {
                Ok(jobs) => {
                    more_due = !jobs.is_empty();
                    for job in jobs {
                        let (id, lease) = (job.id, job.lease);
                        let (app, stop, working) = (Arc::clone(app), stop.clone(), work(Arc::clone(app), job));
                        running.spawn(async move {
                            match stop.run_until_cancelled(working).await {
                                Some(outcome) => outcome,
                                None => app.db.release_job(id, lease).await,
                            }
                        });
                    }
                }
                Err(error) => {
                    stop.cancel();
                    first_error.get_or_insert(error);
                }
            }
        }
        match running.join_next().await {
            Some(Ok(Ok(()))) => done += 1,
            Some(Ok(Err(error))) => {
                // The database fails: those under way give their jobs back as far as they can.
                stop.cancel();
                first_error.get_or_insert(error);
            }
            Some(Err(error)) => tracing::error!(%error, "a job was torn down; its lease runs out by itself"),
            None if more_due && !stop.is_cancelled() => {}
            None => return first_error.map_or(Ok(done), Err),
        }
    }
}
