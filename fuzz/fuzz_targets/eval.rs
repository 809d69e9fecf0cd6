//! Any bytes as a stack program of calls that are folded.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::calling::prepare(), |bytes: &[u8]| fuzz::calling::check(bytes));
