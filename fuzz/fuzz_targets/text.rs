//! Any bytes as a language of text: the first byte picks it.
#![no_main]

const LANGUAGES: [&str; 5] = ["json", "yaml", "xml", "ini", "text"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some((first, bytes)) = bytes.split_first() {
        fuzz::reading::check(fuzz::reading::format(LANGUAGES[usize::from(*first) % LANGUAGES.len()]), bytes);
    }
});
