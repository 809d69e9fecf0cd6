//! Any bytes as `pickle`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::reading::check(fuzz::reading::format("pickle"), bytes));
