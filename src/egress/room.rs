//! Room in memory for bodies: together they never take more than the limit, however many long ones come at once.
//!
//! There are two stores. Every request takes a megabyte of the first before it asks, which is enough for almost every body. A
//! longer body takes all that it may ever need of the second, at once or not at all. So whoever waits for room holds nothing
//! that anybody needs who has it: those with room wait for the network alone, which has deadlines, and nobody waits in a
//! circle. Room is held until the body is dropped, and a body gives back what it did not need as soon as it is whole.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const MIB: usize = 1024 * 1024;
/// What every request takes before it asks.
const FIRST: usize = MIB;
/// What all long bodies share.
const LONG: usize = 32 * MIB;
/// A body that comes so near to the end of its room takes more before it goes on.
pub(super) const MARGIN: usize = 256 * 1024;
/// What the stores count in; their numbers are small enough for any machine.
const UNIT: usize = 1024;

/// All the room there is.
#[derive(Debug)]
pub(super) struct Rooms {
    first: Arc<Semaphore>,
    long: Arc<Semaphore>,
}

/// What one body has of it, given back when dropped.
#[derive(Debug)]
pub(super) struct Room {
    first: OwnedSemaphorePermit,
    long: Option<OwnedSemaphorePermit>,
}

impl Rooms {
    /// Room for as many requests as there are connections, and 32 MiB for the long bodies among them.
    pub(super) fn new(connections: usize) -> Self {
        Self {
            first: Arc::new(Semaphore::new(connections.max(1) * (FIRST / UNIT))),
            long: Arc::new(Semaphore::new(LONG / UNIT)),
        }
    }

    /// Waits for the room that a body of at most `longest` bytes begins with. `None`: the program is ending.
    pub(super) async fn enter(&self, longest: usize) -> Option<Room> {
        let units = units(longest.min(FIRST));
        let first = Arc::clone(&self.first).acquire_many_owned(units).await.ok()?;
        Some(Room { first, long: None })
    }

    /// Waits until `room` is `bytes` long, which must be less than a long body may ever have. Whoever waits too long must
    /// give up and drop what it has.
    pub(super) async fn grow(&self, room: &mut Room, bytes: usize) {
        let more = bytes.saturating_sub(room.bytes());
        if room.long.is_none() && more > 0 {
            room.long = Arc::clone(&self.long).acquire_many_owned(units(more.min(LONG))).await.ok();
        }
    }
}

impl Room {
    /// How many bytes there is room for.
    pub(super) fn bytes(&self) -> usize {
        let long = self.long.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        (self.first.num_permits() + long) * UNIT
    }

    /// Keeps the room that `bytes` take, and gives the rest back.
    pub(super) fn keep(mut self, mut bytes: Vec<u8>) -> Body {
        bytes.shrink_to_fit();
        let needed = bytes.len().div_ceil(UNIT);
        let first = self.first.num_permits();
        match self.long.as_mut() {
            Some(long) if needed > first => drop(long.split(long.num_permits().saturating_sub(needed - first))),
            _ => self.long = None,
        }
        drop(self.first.split(first.saturating_sub(needed)));
        Body { bytes, _room: Some(self) }
    }
}

/// A body and the room that it takes among all bodies, until it is dropped.
#[derive(Debug)]
pub struct Body {
    bytes: Vec<u8>,
    _room: Option<Room>,
}

impl Body {
    /// The bytes alone. They are no longer counted: for those who hand them on at once.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Vec<u8>> for Body {
    /// Bytes that came from elsewhere and take no room here.
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, _room: None }
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(rooms: &Rooms) -> (usize, usize) {
        (rooms.first.available_permits() * UNIT, rooms.long.available_permits() * UNIT)
    }

    #[tokio::test]
    async fn a_short_body_keeps_what_it_is_long_and_gives_it_back_in_the_end() {
        let rooms = Rooms::new(2);
        let room = rooms.enter(16 * MIB).await.unwrap();
        assert_eq!(left(&rooms), (MIB, LONG));
        let body = room.keep(vec![0; 10 * UNIT - 1]);
        assert_eq!(left(&rooms), (2 * MIB - 10 * UNIT, LONG));
        drop(body);
        assert_eq!(left(&rooms), (2 * MIB, LONG));
    }

    #[tokio::test]
    async fn a_long_body_takes_all_that_it_may_need_at_once_and_keeps_its_length() {
        let rooms = Rooms::new(2);
        let mut room = rooms.enter(16 * MIB).await.unwrap();
        rooms.grow(&mut room, 16 * MIB).await;
        assert_eq!((room.bytes(), left(&rooms)), (16 * MIB, (MIB, LONG - 15 * MIB)));
        let body = room.keep(vec![0; 3 * MIB]);
        assert_eq!(left(&rooms), (MIB, LONG - 2 * MIB));
        drop(body);
        assert_eq!(left(&rooms), (2 * MIB, LONG));
    }

    #[tokio::test]
    async fn whoever_waits_for_a_long_room_keeps_nobody_with_a_short_body_waiting() {
        let rooms = Rooms::new(4);
        let mut long = Vec::new();
        for _ in 0..2 {
            let mut room = rooms.enter(16 * MIB).await.unwrap();
            rooms.grow(&mut room, 16 * MIB).await;
            long.push(room);
        }
        let mut third = rooms.enter(16 * MIB).await.unwrap();
        let growing = async {
            rooms.grow(&mut third, 16 * MIB).await;
            third.bytes()
        };
        tokio::pin!(growing);
        assert!(futures_util::poll!(&mut growing).is_pending());
        assert!(rooms.enter(16 * MIB).await.is_some(), "a fourth begins");
        long.pop();
        assert_eq!(growing.await, 16 * MIB);
    }
}
