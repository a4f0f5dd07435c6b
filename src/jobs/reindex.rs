//! The index in the background: what waits to be indexed, and how many unread articles saved searches have.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use tokio_util::sync::CancellationToken;

use super::zone::zone_of;
use crate::app::App;
use crate::search::{Node, Query, State, Test};
use crate::store::{SearchRequest, StoreError};

/// Articles in one go: enough to be quick, few enough that nobody waits for the database.
const BATCH: i64 = 20;
/// Unread articles of a saved search are counted so far.
const MOST: usize = 1_000;

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

/// Counts the unread articles of every saved search. Dates in a query are those of its reader's time zone.
pub async fn count_saved(app: &App) -> Result<(), StoreError> {
    let mut zones = HashMap::new();
    for (account, id, text, known) in app.db.every_saved_search().await? {
        let zone = match zones.entry(account) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(zone_of(app, account).await?),
        };
        let Some(node) = Query::parse(&text, app.clock.now(), zone).node else { continue };
        let node = Node::All(vec![node, Node::Is(Test::State(State::Unread))]);
        let request = SearchRequest { node: &node, within: None, below: None, limit: MOST };
        let found = app.db.search(account, &request).await?;
        let unread = i64::try_from(found.hits.len()).unwrap_or(0);
        // What there was no time for is no number.
        if known != Some(unread) && !(found.is_late && known.is_some()) {
            app.db.count_saved_search(id, unread).await?;
        }
    }
    Ok(())
}
