//! Any bytes as `cpio`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::reading::check(fuzz::reading::format("cpio"), bytes));
