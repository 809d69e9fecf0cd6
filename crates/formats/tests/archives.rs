//! Goldens of the containers: what real producers write, read to facts, children and claims, and every child decoded.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test reads its own fixtures, and a panic is how it speaks"
)]

use std::{
    fmt::Write as _,
    io::{Cursor, Read as _},
    path::Path,
};

use base::{
    blob::Blob,
    budget::Meter,
    format::{Certainty, Format, Head},
    limits::Limits,
    sink::{Child, ChildBody, Collected, Sink},
};

/// The format whose folder the fixture lies in, as detection finds it.
fn certain(path: &Path, bytes: &[u8]) -> Vec<&'static Format> {
    let first = &bytes[..bytes.len().min(64 << 10)];
    let last = &bytes[bytes.len().saturating_sub(66 << 10)..];
    let name = path.file_name().unwrap().to_str().unwrap();
    let head = Head { first, last, probes: &[], len: Some(bytes.len() as u64), name };
    formats::FORMATS.iter().copied().filter(|format| (format.detect)(&head) == Some(Certainty::Certain)).collect()
}

fn body(child: &Child) -> String {
    match &child.body {
        ChildBody::Window(blob) => format!("{} bytes", blob.len().unwrap()),
        ChildBody::Packed(packed) => {
            let from = packed.from.bytes_at(0, 1 << 20).unwrap();
            let length = from.len() as u64;
            let mut decoder = (packed.codec.open)(Box::new(Cursor::new(from)), &Limits::default()).unwrap();
            let mut content = Vec::new();
            let end = decoder.read_to_end(&mut content);
            assert!(packed.size.is_none_or(|size| size == content.len() as u64));
            let left = length - decoder.consumed();
            format!(
                "{} -> {} bytes, {left} left, {:?}",
                packed.codec.id,
                content.len(),
                end.err().map(|e| e.to_string())
            )
        }
        ChildBody::Closed(stop) => stop.to_string(),
    }
}

fn render(path: &Path, bytes: &[u8]) -> String {
    let mut text = String::new();
    for format in certain(path, bytes) {
        let mut collected = Collected::default();
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut sink = Sink::new(&mut collected, Meter::unlimited(), false, name);
        let stop = (format.parse)(&Blob::from_bytes(bytes), &mut sink).err();
        let ledger = sink.into_ledger();
        assert_eq!(ledger.defects(), 0);
        writeln!(text, "# {}", format.id).unwrap();
        for fact in &collected.facts {
            writeln!(text, "{fact}").unwrap();
        }
        for child in &collected.children {
            let name = String::from_utf8_lossy(&child.name);
            writeln!(text, "child {name:?} @{:#x}: {}", child.place.offset, body(child)).unwrap();
            assert!(child.also.len() < 9);
        }
        for (range, claim) in ledger.claims() {
            writeln!(text, "claim {:#x}..{:#x} {claim:?}", range.start, range.end).unwrap();
        }
        let gaps = ledger.gaps(bytes.len() as u64);
        writeln!(text, "gaps {gaps:?}, stop {:?}", stop.map(|stop| stop.to_string())).unwrap();
    }
    text
}

#[test]
fn bytecode_is_read_as_its_goldens_say() {
    testkit::goldens::check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/python-bytecode"), render);
}

#[test]
fn containers_are_read_as_their_goldens_say() {
    for folder in ["zip", "tar", "compressed", "sevenz", "torch_mobile", "squashfs"] {
        testkit::goldens::check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder), render);
    }
}
