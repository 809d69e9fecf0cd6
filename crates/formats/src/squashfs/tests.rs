//! Images that mksquashfs wrote with each compressor, cut and changed.

use std::io::Read;

use base::{limits::Limits, sink::ChildBody};

use super::FORMAT;
use crate::reading::{self, Reading};

const IMAGES: [(&str, &[u8]); 4] = [
    ("gzip", include_bytes!("testdata/gzip.squashfs")),
    ("xz", include_bytes!("testdata/xz.squashfs")),
    ("lz4", include_bytes!("testdata/lz4.squashfs")),
    ("zstd", include_bytes!("testdata/zstd.squashfs")),
];

fn contents(reading: &Reading) -> Vec<(String, Vec<u8>)> {
    let content = |child: &base::sink::Child| {
        let ChildBody::Packed(packed) = &child.body else { panic!("not packed") };
        let from = packed.from.bytes_at(0, 1 << 24).unwrap();
        let mut decoder = (packed.codec.open)(Box::new(std::io::Cursor::new(from)), &Limits::default()).unwrap();
        let mut content = Vec::new();
        decoder.read_to_end(&mut content).unwrap();
        assert_eq!(Some(content.len() as u64), packed.size);
        (String::from_utf8_lossy(&child.name).into_owned(), content)
    };
    reading.children.iter().map(content).collect()
}

#[test]
fn every_file_comes_out_and_every_byte_is_explained() {
    for (name, bytes) in IMAGES {
        let reading = reading::read(&FORMAT, "x", bytes).unwrap();
        assert!(reading.complete(), "{name}: {:?} {:x?}", reading.stop, reading.ledger.gaps(bytes.len() as u64));
        let contents = contents(&reading);
        let large = contents.iter().find(|(name, _)| name == "folder/large.bin").map(|(_, content)| content);
        let expected: Vec<u8> = (0..300_000_u32).map(|index| (index / 1000) as u8).collect();
        assert!(large == Some(&expected), "{name}");
        let (_, together) = contents.iter().find(|(name, _)| name.starts_with("fragment")).unwrap();
        assert!(together.windows(5).any(|part| part == b"\x80\x04K\x01."), "{name}");
        assert!(!contents.iter().any(|(name, _)| name.contains("gap")), "{name}");
        let facts = reading::facts(&reading);
        assert!(facts.iter().any(|fact| fact.contains("link-escape")), "{facts:#?}");
        assert!(facts.iter().any(|fact| fact.contains(r#"name="folder/model.pkl" kind="file""#)), "{facts:#?}");
    }
}

#[test]
fn what_is_cut_or_changed_stops_politely() {
    for (name, bytes) in IMAGES {
        let used = u64::from_le_bytes(bytes[40..48].try_into().unwrap()) as usize;
        for cut in (32..used).step_by(7) {
            assert!(reading::parse(&FORMAT, "x", &bytes[..cut], false).stop.is_some(), "{name} cut at {cut}");
        }
        reading::change(&FORMAT, "x", bytes);
    }
}
