//! Any bytes as `tar`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::reading::check(fuzz::reading::format("tar"), bytes));
