//! Randomness, and the only place that may ask the machine for it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Gives random bytes. Whoever needs a token, a salt or jitter receives one of these.
pub trait Entropy: Send + Sync + std::fmt::Debug {
    /// Fills `buffer` with random bytes.
    fn fill(&self, buffer: &mut [u8]);

    /// A number below `bound`, or 0 if `bound` is 0. Evenly spread enough for jitter, not meant for secrets.
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes).checked_rem(bound).unwrap_or(0)
    }
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the one provider of randomness")]
    fn fill(&self, buffer: &mut [u8]) {
        // Without randomness no session or salt is safe: stopping the process is the only right answer,
        // and every system that runs this program has the source.
        #[expect(clippy::expect_used, reason = "see above")]
        getrandom::fill(buffer).expect("the operating system gives no randomness");
    }
}

/// A source for tests: every call gives other bytes, every run the same ones.
#[derive(Debug, Default)]
pub struct FixedEntropy(AtomicU64);

impl Entropy for FixedEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            // splitmix64
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}
