//! Any bytes through any codec: the first byte picks it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some((first, bytes)) = bytes.split_first() {
        fuzz::decoding::check(formats::CODECS[usize::from(*first) % formats::CODECS.len()], bytes);
    }
});
