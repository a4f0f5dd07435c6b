//! Reading a body off the wire, within its deadline and its room.

use tokio::time::{Duration, Instant, timeout};

use super::{Inner, RootCause};
use crate::domain::Failure;
use crate::egress::body::{BodyReader, Packing};
use crate::egress::limits::Purpose;
use crate::egress::room::{Body, MARGIN, Room};

/// So much of a packed body is unpacked before the room is looked at again: unpacked it is at most [`MARGIN`] bytes, since
/// no byte of gzip becomes more than 1,032 of them.
const STEP: usize = MARGIN / 1_032;

impl Inner {
    /// Reads a body of at most the purpose's length. `left` is the time that it may still take in the network; waiting for
    /// room has a deadline of its own, because it is not the server's fault.
    pub(super) async fn read_body(
        &self,
        mut response: reqwest::Response,
        purpose: Purpose,
        mut left: Duration,
        mut room: Room,
    ) -> Result<Body, Failure> {
        let longest = purpose.longest_body();
        let packing = Packing::read(response.headers())?;
        let mut reader = BodyReader::new(packing, longest);
        let mut expected = longest;
        if let Some(length) = response.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX)) {
            if length > longest {
                return Err(Failure::TooLarge);
            }
            if packing == Packing::Plain {
                expected = length;
                reader.expect_bytes(length.min(room.bytes()));
            }
        }
        loop {
            let started = Instant::now();
            let piece = timeout(left, response.chunk()).await.map_err(|_| Failure::TimedOut)?;
            left = left.saturating_sub(started.elapsed());
            let Some(piece) = piece.map_err(|error| body_failure(&error))? else { break };
            for step in piece.chunks(if packing == Packing::Plain { MARGIN } else { STEP }) {
                if reader.len() + MARGIN > room.bytes() && room.bytes() < expected {
                    let grown = timeout(self.deadlines.room, self.rooms.grow(&mut room, expected)).await;
                    grown.map_err(|_| Failure::TimedOut)?;
                }
                // Only a bomb in Brotli outgrows the margin in one step.
                reader.take(step, room.bytes())?;
            }
        }
        Ok(room.keep(reader.finish()?))
    }
}

fn body_failure(error: &reqwest::Error) -> Failure {
    tracing::debug!(error = %RootCause(error), "the body broke off");
    if error.is_timeout() { Failure::TimedOut } else { Failure::Garbled }
}
