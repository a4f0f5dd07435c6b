//! Fuzzes `targets::account`.
#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code, reason = "each target uses one function of the file")]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::account(bytes));
