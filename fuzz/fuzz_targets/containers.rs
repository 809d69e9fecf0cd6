//! Any bytes as any format: the first byte picks it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some((first, bytes)) = bytes.split_first() {
        fuzz::reading::check(formats::FORMATS[usize::from(*first) % formats::FORMATS.len()], bytes);
    }
});
