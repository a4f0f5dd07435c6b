//! The index in the background: what waits to be indexed, and how many unread articles saved searches have.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use tokio_util::sync::CancellationToken;

use super::zone::zone_of;
use crate::app::App;
use crate::domain::UnixMillis;
use crate::search::{Node, Query, State, Test};
use crate::store::{MAX_SAVED_UNREAD, Revision, SearchRequest, StoreError};

/// Articles in one go: enough to be quick, few enough that nobody waits for the database.
const BATCH: i64 = 20;
/// Where nothing arrived and nothing was read or marked, saved searches are counted so seldom, whatever else was written.
const SELDOM_MILLIS: i64 = 60_000;

/// What saved searches were last counted at.
#[derive(Debug, Default)]
pub struct SavedCounts(Option<(Revision, String, UnixMillis)>);

impl SavedCounts {
    /// Counts what saved searches have, if anything that they tell changed since; whether it did. A feed that was asked in vain
    /// is written down, too: what is written all the time on a server with nothing new costs no search.
    pub async fn refresh(&mut self, app: &App) -> Result<bool, StoreError> {
        let revision = app.db.revision().await?;
        if self.0.as_ref().is_some_and(|(known, ..)| *known == revision) {
            return Ok(false);
        }
        let (signs, now) = (app.db.signs_of_news().await?, app.clock.now());
        let is_soon = |then: UnixMillis| (then.0..then.0.saturating_add(SELDOM_MILLIS)).contains(&now.0);
        if self.0.as_ref().is_some_and(|(_, known, then)| *known == signs && is_soon(*then)) {
            return Ok(false);
        }
        count_saved(app).await?;
        self.0 = Some((revision, signs, now));
        Ok(true)
    }
}

/// Indexes what waits for it, until nothing does or `stop` is cancelled, and tells `progress` of each go. How many it were.
pub async fn reindex_waiting(
    app: &App,
    stop: &CancellationToken,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<usize, StoreError> {
    let mut all = 0;
    while !stop.is_cancelled() {
        let done = app.db.reindex_some(BATCH).await?;
        if done == 0 {
            break;
        }
        all += done;
        progress(done);
        tokio::task::yield_now().await;
    }
    Ok(all)
}

/// Counts the unread articles of every saved search; one more than [`MAX_SAVED_UNREAD`] stands for all that are more. Dates in a query are those of its reader's time zone.
pub async fn count_saved(app: &App) -> Result<(), StoreError> {
    let mut zones = HashMap::new();
    for (account, id, text, known) in app.db.every_saved_search().await? {
        let zone = match zones.entry(account) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(zone_of(app, account).await?),
        };
        let Some(node) = Query::parse(&text, app.clock.now(), zone).node else { continue };
        let node = Node::All(vec![node, Node::Is(Test::State(State::Unread))]);
        let request = SearchRequest { node: &node, within: None, below: None, limit: MAX_SAVED_UNREAD + 1 };
        let found = app.db.search(account, &request).await?;
        let unread = i64::try_from(found.hits.len()).unwrap_or(0);
        // What there was no time for is no number.
        if known != Some(unread) && !(found.is_late && known.is_some()) {
            app.db.count_saved_search(id, unread).await?;
        }
    }
    Ok(())
}
