//! Any bytes through the whole scanner.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::scanning::prepare(), |bytes: &[u8]| fuzz::scanning::check(bytes));
