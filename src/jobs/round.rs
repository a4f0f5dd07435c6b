//! A round: every feed that is due is checked, many at a time, few of the same host.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::desk::Desk;
use super::refresh::{Ended, LEASE, RefreshReport, check};
use crate::app::App;
use crate::domain::UnixMillis;
use crate::store::{DueFeed, StoreError};

/// Feeds leased in one call.
const BATCH: usize = 100;
/// Leased feeds that may wait here for a place at their hosts.
const WAITING: usize = 400;
/// The time between two looks for due feeds when there were none.
const PAUSE: Duration = Duration::from_secs(5);
/// What is left of a lease must suffice for a check.
const LEAST_LEASE: i64 = 3 * UnixMillis::MINUTE;
/// Documents that are read and stored at a time: enough to keep the threads and the database busy.
const DESK: usize = 4;
/// From so many documents on that are here and not stored nothing more is fetched: they are memory, and would only wait.
const HEAP: usize = 2 * DESK;

/// What a round brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoundReport {
    /// Feeds of which a document was read.
    pub read: usize,
    /// Feeds without news.
    pub unchanged: usize,
    /// Feeds that could not be read.
    pub failed: usize,
    /// Articles that are new.
    pub added: usize,
    /// Articles whose text changed.
    pub changed: usize,
}

impl RoundReport {
    fn count(&mut self, report: &RefreshReport) {
        match report.ended {
            Ended::Read => self.read += 1,
            Ended::Unchanged => self.unchanged += 1,
            Ended::Failed(_) => self.failed += 1,
            Ended::Skipped => {}
        }
        self.added += report.added;
        self.changed += report.changed;
    }
}

/// Checks up to `limit` feeds that are due, and calls `progress` after each.
pub async fn refresh_due(
    app: &App,
    limit: usize,
    progress: &(dyn Fn(&RefreshReport) + Sync),
) -> Result<RoundReport, StoreError> {
    refresh_due_until(app, limit, &CancellationToken::new(), progress).await
}

/// As [`refresh_due`]; when `stop` is cancelled, what is under way is given back undone. Whoever may be interrupted uses
/// this one: a feed that is not given back counts as one at which a process died.
pub async fn refresh_due_until(
    app: &App,
    limit: usize,
    stop: &CancellationToken,
    progress: &(dyn Fn(&RefreshReport) + Sync),
) -> Result<RoundReport, StoreError> {
    let mut round = Round::new(Arc::new(app.clone()), limit, stop.child_token());
    let mut report = RoundReport::default();
    let mut first_error = None;
    loop {
        if let Err(error) = round.lease().await {
            round.stop.cancel();
            first_error.get_or_insert(error);
        }
        round.start().await;
        match round.next().await {
            Some(Ok(done)) => {
                progress(&done);
                report.count(&done);
            }
            Some(Err(error)) => {
                // The database fails: those under way give their feeds back as far as they can.
                round.stop.cancel();
                first_error.get_or_insert(error);
            }
            None if round.waiting.is_empty() || round.stop.is_cancelled() => break,
            None => {}
        }
    }
    round.give_back().await;
    first_error.map_or(Ok(report), Err)
}

struct Round {
    app: Arc<App>,
    /// How many more may be leased.
    left: usize,
    /// Nothing was due a moment ago: when to look again, while slow hosts keep the round going.
    look_again: Option<Instant>,
    waiting: VecDeque<DueFeed>,
    running: JoinSet<Result<RefreshReport, StoreError>>,
    hosts: HashMap<Id, String>,
    per_host: HashMap<String, usize>,
    desk: Arc<Desk>,
    stop: CancellationToken,
}

impl Round {
    fn new(app: Arc<App>, limit: usize, stop: CancellationToken) -> Self {
        Self {
            app,
            left: limit,
            look_again: None,
            waiting: VecDeque::new(),
            running: JoinSet::new(),
            hosts: HashMap::new(),
            per_host: HashMap::new(),
            desk: Arc::new(Desk::new(DESK)),
            stop,
        }
    }

    /// Takes more feeds if there is room for them.
    async fn lease(&mut self) -> Result<(), StoreError> {
        if self.stop.is_cancelled() {
            self.left = 0;
        }
        // All of a batch may belong to one slow host: then others are looked for, up to a bound.
        let is_idle = self.running.len() < self.most_running() && !self.can_start();
        let is_early = self.look_again.is_some_and(|moment| Instant::now() < moment);
        if self.left == 0 || self.waiting.len() + BATCH > WAITING || !is_idle || is_early {
            return Ok(());
        }
        let wanted = self.left.min(BATCH);
        let leased =
            self.app.db.lease_due_feeds(self.app.clock.now(), LEASE, i64::try_from(wanted).unwrap_or(i64::MAX)).await?;
        self.look_again = leased.is_empty().then(|| Instant::now() + PAUSE);
        self.left = self.left.saturating_sub(leased.len());
        self.waiting.extend(leased);
        Ok(())
    }

    fn most_running(&self) -> usize {
        // Some are read and stored while others are in the network.
        let most = self.app.settings.polling.connections.max(1) + DESK;
        match self.desk.documents() {
            0..DESK => most,
            // The works are the bottleneck: one more for one that is done.
            DESK..HEAP => most.min(self.running.len() + 1),
            HEAP.. => 0,
        }
    }

    fn has_room(&self, feed: &DueFeed) -> bool {
        let here = self.per_host.get(host_of(feed)).copied().unwrap_or(0);
        here < self.app.settings.polling.host_connections.max(1)
    }

    fn can_start(&self) -> bool {
        self.waiting.iter().any(|feed| self.has_room(feed))
    }

    /// Starts what may start.
    async fn start(&mut self) {
        let most = self.most_running();
        while self.running.len() < most && !self.stop.is_cancelled() {
            let Some(place) = self.waiting.iter().position(|feed| self.has_room(feed)) else { return };
            let Some(due) = self.waiting.remove(place) else { return };
            if due.lease < self.app.clock.now().plus(LEAST_LEASE) {
                // It waited so long for its host that somebody else might have it before the end.
                give_back(&self.app, &due).await;
                continue;
            }
            let host = host_of(&due).to_owned();
            *self.per_host.entry(host.clone()).or_default() += 1;
            let (app, desk, stop) = (Arc::clone(&self.app), Arc::clone(&self.desk), self.stop.clone());
            let task = self.running.spawn(async move {
                let (feed, lease) = (due.feed.id, due.lease);
                match stop.run_until_cancelled(check(&app, due, &desk)).await {
                    Some(report) => report,
                    None => app.db.release_feed(feed, lease).await.map(|()| RefreshReport::skipped(feed)),
                }
            });
            self.hosts.insert(task.id(), host);
        }
    }

    /// Waits for one that is done; `None` when nothing runs.
    async fn next(&mut self) -> Option<Result<RefreshReport, StoreError>> {
        loop {
            let joined = self.running.join_next_with_id().await?;
            let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
            if let Some(host) = self.hosts.remove(&id)
                && let Some(count) = self.per_host.get_mut(&host)
            {
                *count -= 1;
                if *count == 0 {
                    self.per_host.remove(&host);
                }
            }
            match joined {
                Ok((_, report)) => return Some(report),
                // A check that panicked outside the pool: its lease runs out, and the store counts that.
                Err(error) => tracing::error!(%error, "the check of a feed was torn down"),
            }
        }
    }

    /// Gives back what was leased and not begun.
    async fn give_back(&mut self) {
        for due in self.waiting.drain(..) {
            give_back(&self.app, &due).await;
        }
    }
}

async fn give_back(app: &App, due: &DueFeed) {
    if let Err(error) = app.db.release_feed(due.feed.id, due.lease).await {
        tracing::warn!(%error, "a feed could not be given back; its lease runs out by itself");
    }
}

/// The host of a feed; feeds without one share the empty name.
fn host_of(feed: &DueFeed) -> &str {
    feed.feed.url.as_ref().map_or("", |url| url.host())
}
