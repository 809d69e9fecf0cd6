//! Every reader on a stack of 256 KiB: over all goldens, and over recipes that nest as deep as their bytes allow.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads its own fixtures, and a panic is how it speaks"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use base::{
    blob::Blob,
    budget::Meter,
    format::Head,
    sink::{Collected, Sink},
};

const STACK: usize = 256 << 10;

/// Reads `bytes` as every format that detection allows, and as the one named.
fn read(name: &str, bytes: &[u8]) -> usize {
    let first = &bytes[..bytes.len().min(64 << 10)];
    let last = &bytes[bytes.len().saturating_sub(66 << 10)..];
    let head = Head { first, last, probes: &[], len: Some(bytes.len() as u64), name };
    let wanted = formats::FORMATS.iter().filter(|format| format.id == name || (format.detect)(&head).is_some());
    let mut readings = 0;
    for format in wanted {
        for trial in [true, false] {
            let mut collected = Collected::default();
            let mut sink = Sink::new(&mut collected, Meter::unlimited(), trial, name);
            let _ = (format.parse)(&Blob::from_bytes(bytes), &mut sink);
            readings += 1;
        }
    }
    readings
}

fn on_a_small_stack(files: Vec<(String, Vec<u8>)>) {
    let run = move || {
        // A few fixtures are of no format by themselves, such as raw deflate; most are of one at least.
        let readings: usize = files.iter().map(|(name, bytes)| read(name, bytes)).sum();
        assert!(readings >= files.len(), "{readings} readings of {} files", files.len());
    };
    thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap();
}

fn goldens() -> Vec<(String, Vec<u8>)> {
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().into()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let extension = path.extension().unwrap_or_default().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.components().any(|part| part.as_os_str() == "testdata") {
                match &*extension {
                    "facts" | "py" | "md" => {}
                    "pickle-asm" => {
                        let text = fs::read_to_string(&path).unwrap();
                        files.push(("pickle".into(), testkit::pickle::assemble(&text).unwrap()));
                    }
                    _ => files.push((path.file_name().unwrap().to_str().unwrap().into(), fs::read(&path).unwrap())),
                }
            }
        }
    }
    files
}

#[test]
fn no_golden_needs_more() {
    let files = goldens();
    assert!(files.len() > 40, "{}", files.len());
    on_a_small_stack(files);
}

/// `open` and `close` around nothing, this often.
fn nested(open: &str, close: &str, depth: usize) -> Vec<u8> {
    (open.repeat(depth) + &close.repeat(depth)).into_bytes()
}

#[test]
fn no_nesting_needs_more() {
    const DEEP: usize = 50_000;
    let pickle = |start: &[u8], layer: &[u8], end: &[u8]| [start, &layer.repeat(DEEP), end, b"."].concat();
    let literal = nested("(", ")", 5_000);
    let files = [
        ("json", nested("[", "]", DEEP)),
        ("json", nested("{\"a\":[", "]}", DEEP)),
        ("yaml", nested("[", "]", DEEP)),
        ("yaml", nested("{a: ", "}", DEEP)),
        ("yaml", "- ".repeat(DEEP).into_bytes()),
        ("yaml", (0..600).map(|depth| " ".repeat(depth) + "a:\n").collect::<String>().into_bytes()),
        ("xml", nested("<a>", "</a>", DEEP)),
        (
            "xml",
            [b"<!DOCTYPE a [".to_vec(), "<!ENTITY a \"&a;\">".repeat(DEEP).into_bytes(), b"]><a>&a;</a>".to_vec()]
                .concat(),
        ),
        ("ini", "[a]\n".repeat(DEEP).into_bytes()),
        (
            "npy",
            testkit::npy::file(
                1,
                &[&b"{'descr': "[..], &literal, b", 'fortran_order': False, 'shape': ()}"].concat(),
                b"",
            ),
        ),
        // Tuples in tuples, lists in lists, marks on marks, and calls of the results of calls.
        ("pickle", pickle(b"\x80\x02)", b"\x85", b"")),
        ("pickle", pickle(b"\x80\x02", b"]", &[&b"a".repeat(DEEP - 1)[..], b""].concat())),
        ("pickle", pickle(b"\x80\x02", b"(", b"t")),
        ("pickle", pickle(b"\x80\x02cbuiltins\nlen\n", b")R", b"")),
        ("pickle", pickle(b"\x80\x02cfunctools\npartial\n", b"\x85cfunctools\npartial\n\x86R", b"")),
        (
            "pickle",
            pickle(
                b"\x80\x04cfunctools\npartial\ncbuiltins\nlen\n\x85R\x94",
                b"cfunctools\npartial\nh\x00\x85R\x940cfunctools\npartial\nh\x00\x85R\x94",
                b")R",
            ),
        ),
        ("pickle", pickle(b"\x80\x02cbuiltins\ngetattr\n(cos\nsystem\nX\x01\0\0\0atR", b"\x85\x85", b"b")),
        ("pickle", [&b"\x80\x02cast\nliteral_eval\nX\x10\x27\0\0"[..], &literal, b"\x85R."].concat()),
        (
            "pickle",
            [&b"\x80\x02cre\nsub\n(X\x10\x27\0\0"[..], &nested("(?:", ")", 2_500), b"X\0\0\0\0X\x01\0\0\0atR."]
                .concat(),
        ),
    ];
    on_a_small_stack(files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect());
}
