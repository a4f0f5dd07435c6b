//! Integration tests: the real router, the real databases, a web server of our own as the outside world.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod add;
mod cli;
mod egress;
mod exports;
mod feed;
mod fuzz;
mod import;
mod pages;
mod pictures;
mod refresh;
mod running;
mod site_of_files;
mod small_disk;
mod store;
mod support;
mod web;
mod whole_account;
