//! Who gives way when every place is taken: the connection that has waited longest without asking for anything.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::connection::Phases;

/// All connections.
#[derive(Debug, Clone, Default)]
pub(super) struct Crowd {
    members: Arc<Mutex<HashMap<u64, (Phases, CancellationToken)>>>,
    next: Arc<AtomicU64>,
}

/// One connection's membership, which ends when it is dropped.
#[derive(Debug)]
pub(super) struct Member {
    crowd: Crowd,
    number: u64,
    leave: CancellationToken,
}

impl Crowd {
    /// Takes in a connection.
    pub(super) fn join(&self, phases: Phases) -> Member {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let leave = CancellationToken::new();
        self.members().insert(number, (phases, leave.clone()));
        Member { crowd: self.clone(), number, leave }
    }

    /// Sends away the connection that has waited longest for a request. None goes whose request is being answered.
    pub(super) fn make_room(&self) {
        let members = self.members();
        let waiting = members.values().filter_map(|(phases, leave)| Some((phases.waiting_since()?, leave)));
        let longest = waiting.filter(|(_, leave)| !leave.is_cancelled()).min_by_key(|(since, _)| *since);
        if let Some((_, leave)) = longest {
            leave.cancel();
        }
    }

    fn members(&self) -> std::sync::MutexGuard<'_, HashMap<u64, (Phases, CancellationToken)>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member {
    /// Ends when this connection is to give way.
    pub(super) async fn sent_away(&self) {
        self.leave.cancelled().await;
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.crowd.members().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_has_waited_longest_gives_way_and_none_that_is_being_answered() {
        let crowd = Crowd::default();
        let (busy, first, second) = (Phases::default(), Phases::default(), Phases::default());
        let members = [busy.clone(), first, second].map(|phases| crowd.join(phases));
        busy.request_came();
        let gone = || members.each_ref().map(|member| member.leave.is_cancelled());

        crowd.make_room();
        assert_eq!(gone(), [false, true, false]);

        crowd.make_room();
        assert_eq!(gone(), [false, true, true]);

        crowd.make_room();
        assert_eq!(gone(), [false, true, true], "who is being answered stays");
    }
}
