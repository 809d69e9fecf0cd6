//! Any bytes as `zip`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::reading::check(fuzz::reading::format("zip"), bytes));
