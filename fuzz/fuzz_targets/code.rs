//! Any bytes as a format of code: the first byte picks it.
#![no_main]

/// Native code, bytecode, streams of objects and source.
const FORMATS: [&str; 11] = [
    "elf",
    "pe",
    "mach-o",
    "lua-bytecode",
    "lua-source",
    "torch7",
    "r-data",
    "r-source",
    "java-serialization",
    "java-class",
    "wasm",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    if let Some(format) = FORMATS.get(usize::from(*first) % FORMATS.len()) {
        fuzz::reading::check(fuzz::reading::format(format), rest);
    }
});
