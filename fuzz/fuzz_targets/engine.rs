//! Any bytes through the whole scanner.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::scanning::check(bytes));
