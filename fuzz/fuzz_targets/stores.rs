//! Any bytes as a store, a file system or an archive with a table of contents: the first byte picks it.
#![no_main]

/// Formats that are read by following places, in any order.
const FORMATS: [&str; 8] =
    ["sqlite", "gdbm", "berkeley-db", "dumb-dbm-index", "torch-mobile", "iso9660", "xar", "squashfs"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    if let Some(format) = FORMATS.get(usize::from(*first) % FORMATS.len()) {
        fuzz::reading::check(fuzz::reading::format(format), rest);
    }
});
