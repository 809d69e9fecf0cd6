//! Any bytes as Python bytecode: the first byte says whether as a `.pyc` or as a bare marshal stream.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some((first, bytes)) = bytes.split_first() {
        fuzz::reading::check(fuzz::reading::format(["python-bytecode", "marshal"][usize::from(*first & 1)]), bytes);
    }
});
