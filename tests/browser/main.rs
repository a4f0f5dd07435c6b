//! Browser tests: what a reader sees and does, in a real Chromium against the real program.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod article;
mod behind;
mod days;
mod feeds;
mod offline;
mod payloads;
mod reading;
mod sharing;
mod site;
mod support;
mod touching;
mod turning;
mod walks;
