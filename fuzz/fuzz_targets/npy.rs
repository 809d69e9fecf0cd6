//! Any bytes as `npy`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::reading::check(fuzz::reading::format("npy"), bytes));
