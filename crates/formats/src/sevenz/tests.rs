//! Tests of 7z: what 7-Zip itself writes, cut short, flipped, and lying.

use std::{io::Cursor, path::Path};

use base::{
    limits::Limits,
    sink::{Child, ChildBody},
};
use testkit::{compress::crc32, prefixes};

use super::*;
use crate::reading::{self, Reading};

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sevenz/testdata");
    std::fs::read(folder.join(name).with_extension("7z")).unwrap()
}

fn unpacked(child: &Child) -> Result<Vec<u8>, Stop> {
    match &child.body {
        ChildBody::Window(blob) => Ok(blob.bytes_at(0, 1 << 20)?),
        ChildBody::Closed(stop) => Err(stop.clone()),
        ChildBody::Packed(packed) => {
            let from = packed.from.bytes_at(0, 1 << 20)?;
            let whole = from.len() as u64;
            let mut decoder = (packed.codec.open)(Box::new(Cursor::new(from)), &Limits::default())?;
            let mut content = Vec::new();
            decoder.by_ref().take(1 << 20).read_to_end(&mut content)?;
            assert!(decoder.consumed() <= whole);
            Ok(content)
        }
    }
}

/// Names and contents of every file, those of solid folders out of their tar archive.
fn files(reading: &Reading) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for child in &reading.children {
        let (name, content) = (String::from_utf8(child.name.clone()).unwrap(), unpacked(child).unwrap());
        if name.starts_with("solid-") {
            let inner = reading::read(&crate::tar::FORMAT, &name, &content).unwrap();
            assert!(inner.complete(), "{:?}", inner.stop);
            files.extend(self::files(&inner));
        } else {
            files.push((name, content));
        }
    }
    files.sort();
    files
}

fn expected() -> Vec<(String, Vec<u8>)> {
    let calls = (0..100_u8).flat_map(|index| [0xe8, index, 1, 0, 0]).collect();
    let long = "long".repeat(30);
    [("calls", calls), (&*long, b"a long name".to_vec()), ("sub/data.pkl", b"\x80\x02]q\0.".to_vec())]
        .into_iter()
        .chain([("text.txt", b"some text ".repeat(30))])
        .map(|(name, content)| (name.to_owned(), content))
        .collect()
}

#[test]
fn every_coder_gives_the_files_back() {
    for name in
        ["copy", "lzma", "lzma-marked", "lzma2-solid", "apart", "deflate", "bzip2", "branch", "delta", "plain-header"]
    {
        let bytes = fixture(name);
        let reading = reading::read(&FORMAT, name, &bytes).unwrap();
        assert!(reading.complete(), "{name}: {:?} {:?}", reading.stop, reading.ledger.gaps(bytes.len() as u64));
        assert_eq!(files(&reading), expected(), "{name}");
        for child in &reading.children {
            let ChildBody::Packed(packed) = &child.body else { continue };
            let content = unpacked(child).unwrap();
            assert_eq!(packed.size, Some(content.len() as u64), "{name}");
            assert!(packed.crc32.is_none_or(|crc| crc == crc32(&content)), "{name}");
        }
    }
}

#[test]
fn what_cannot_be_decoded_is_closed_and_never_silent() {
    for (name, what) in [("ppmd", "7z method 30401"), ("aes", "encryption")] {
        let reading = reading::read(&FORMAT, name, &fixture(name)).unwrap();
        let closed = |child: &Child| matches!(&child.body, ChildBody::Closed(Stop::Unsupported(told)) if told == what);
        assert!(!reading.children.is_empty() && reading.children.iter().all(closed), "{name}");
        assert!(reading::facts(&reading).iter().any(|fact| fact.contains("sub/data.pkl")), "{name}");
    }
    let reading = reading::read(&FORMAT, "x", &fixture("aes-header")).unwrap();
    assert_eq!(reading.stop, Some(Stop::Unsupported("encryption".into())));
    assert!(!reading.complete());
    let reading = reading::read(&FORMAT, "x", &fixture("branch-four")).unwrap();
    assert!(reading.children.iter().any(|child| matches!(child.body, ChildBody::Closed(_))));
}

#[test]
fn an_archive_of_nothing_is_complete() {
    assert!(reading::read(&FORMAT, "x", &fixture("none")).unwrap().complete());
    let longer = [&fixture("none")[..], b"more"].concat();
    assert!(!reading::read(&FORMAT, "x", &longer).unwrap().complete());
}

#[test]
fn every_prefix_stops_politely() {
    for name in ["copy", "lzma2-solid", "plain-header"] {
        let bytes = fixture(name);
        for cut in prefixes(&bytes, &[]) {
            assert!(reading::parse(&FORMAT, name, &bytes[..cut], false).stop.is_some(), "{name} cut at {cut}");
        }
    }
}

#[test]
fn every_flipped_bit_is_read_politely_and_seen() {
    let bytes = fixture("plain-header");
    let honest = files(&reading::read(&FORMAT, "x", &bytes).unwrap());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let Some(reading) = reading::read(&FORMAT, "x", &flipped) else { continue };
        let broken = reading.children.iter().any(|child| unpacked(child).is_err());
        let told = reading::facts(&reading).iter().any(|fact| fact.starts_with("flaw"));
        // The minor version changes nothing.
        assert!(broken || told || !reading.complete() || files(&reading) == honest, "bit {bit}");
    }
}

/// An archive around a header that is written as it stands.
fn archive(packed: &[u8], header: &[u8]) -> Vec<u8> {
    let mut start = (packed.len() as u64).to_le_bytes().to_vec();
    start.extend((header.len() as u64).to_le_bytes());
    start.extend(crc32(header).to_le_bytes());
    [MAGIC, &[4], &crc32(&start).to_le_bytes(), &start, packed, header].concat()
}

#[test]
fn counts_that_cannot_be_hold_nothing() {
    const HUGE: [u8; 9] = [0xff; 9];
    let tables: [&[u8]; 6] = [&[1, 4, 6, 0], &[1, 4, 7, 0x0b], &[1, 5], &[1, 4, 6, 0, 1, 9], &[0x17, 6], &[1, 2, 1]];
    for table in tables {
        let reading = reading::read(&FORMAT, "x", &archive(b"", &[table, &HUGE].concat())).unwrap();
        assert!(matches!(reading.stop, Some(Stop::Malformed { .. })), "{table:?} {:?}", reading.stop);
    }
    let mut far = archive(b"", b"\x01\0");
    far[19] = 0x80;
    let reading = reading::read(&FORMAT, "x", &far).unwrap();
    assert!(matches!(reading.stop, Some(Stop::Truncated { .. })), "{:?}", reading.stop);
}

#[test]
fn a_header_that_unpacks_to_itself_ends() {
    // Stored headers, each of which says that the next one is packed.
    let encoded = |position: u8, size: u8| {
        [&[0x17, 6, position, 1, 9, size, 0, 7, 0x0b, 1, 0, 1, 1, 0, 0x0c, size, 0, 0][..]].concat()
    };
    let reading = reading::read(&FORMAT, "x", &archive(b"", &encoded(0, 18))).unwrap();
    assert_eq!(reading.stop, Some(Stop::Limit(Reason::Depth)));
}

#[test]
fn what_no_file_has_is_given_back_and_told() {
    // One stored folder, and no list of files.
    let header = [1, 4, 6, 0, 1, 9, 4, 0, 7, 0x0b, 1, 0, 1, 1, 0, 0x0c, 4, 0, 0, 0];
    let bytes = [&archive(b"abcd", &header)[..], b"tail"].concat();
    let reading = reading::read(&FORMAT, "x", &bytes).unwrap();
    assert!(reading.complete(), "{:?}", reading.stop);
    let names = [("folder-0-stream-0".to_owned(), b"abcd".to_vec()), ("trailing".into(), b"tail".to_vec())];
    assert_eq!(files(&reading), names);
    let flaws: Vec<_> = reading::facts(&reading).into_iter().filter(|fact| fact.starts_with("flaw")).collect();
    assert!(flaws[0].contains("hidden-entry") && flaws[1].contains("trailing-data"), "{flaws:?}");
}
