//! Stores that the libraries themselves wrote: read whole, cut and changed.

use base::{format::Format, sink::ChildBody};

use super::{berkeley, gdbm, sqlite};
use crate::reading::{self, Reading};

const STORES: [(&Format, &[u8]); 4] = [
    (&sqlite::FORMAT, include_bytes!("testdata/plain.sqlite")),
    (&gdbm::FORMAT, include_bytes!("testdata/plain.gdbm")),
    (&berkeley::FORMAT, include_bytes!("testdata/plain.ndbm")),
    (&sqlite::FORMAT, include_bytes!("testdata/tables.sqlite")),
];

fn contents(reading: &Reading) -> Vec<Vec<u8>> {
    let values = reading.children.iter().filter_map(|child| match &child.body {
        ChildBody::Window(blob) if !child.name.starts_with(b"freed") => Some(blob.bytes_at(0, 1 << 20).unwrap()),
        _ => None,
    });
    values.collect()
}

#[test]
fn every_byte_of_what_the_libraries_write_is_explained() {
    for (format, bytes) in STORES {
        let reading = reading::read(format, "x", bytes).unwrap();
        let gaps = reading.ledger.gaps(bytes.len() as u64);
        assert!(reading.complete(), "{}: {:?} {gaps:x?}", format.id, reading.stop);
        let gap = reading.children.iter().find(|child| child.name.starts_with(b"gap") || child.name == b"trailing");
        assert!(gap.is_none(), "{}: {:?}", format.id, gap.map(|child| &child.place));
    }
}

#[test]
fn every_value_is_given_back_whole() {
    let note = [&b"X"[..], &9000_u32.to_le_bytes(), &[b'x'; 9000]].concat();
    for (format, bytes) in STORES.into_iter().take(3) {
        let contents = contents(&reading::read(format, "x", bytes).unwrap());
        let pickles = contents.iter().filter(|value| value.first() == Some(&0x80) && value.last() == Some(&b'.')).count();
        assert_eq!(pickles, 5 + 40 - 14, "{}", format.id);
        // A text of 9,000 letters takes several pages in each of them.
        assert!(contents.iter().any(|value| value.windows(note.len()).any(|part| part == note)), "{}", format.id);
    }
    let contents = contents(&reading::read(&sqlite::FORMAT, "x", STORES[3].1).unwrap());
    let pickles = contents.iter().filter(|value| value.starts_with(b"\x80\x04")).collect::<Vec<_>>();
    assert!(pickles.len() == 9 && pickles.iter().all(|value| value.ends_with(b".")), "{}", pickles.len());
}

#[test]
fn what_is_cut_or_changed_stops_politely() {
    for (format, bytes) in STORES {
        for cut in (100..bytes.len()).step_by(797) {
            let reading = reading::parse(format, "x", &bytes[..cut], false);
            assert!(reading.stop.is_some(), "{} cut at {cut}", format.id);
        }
        reading::change(format, "x", bytes);
    }
}

#[test]
fn bytes_behind_a_store_and_pages_that_nothing_leads_to_are_told() {
    for (format, bytes) in [STORES[0], STORES[1]] {
        let bytes = [bytes, &[7; 4096]].concat();
        let reading = reading::read(format, "x", &bytes).unwrap();
        assert!(reading.complete() && reading.children.iter().any(|child| child.name == b"trailing"), "{}", format.id);
    }
    let mut bytes = STORES[3].1.to_vec();
    // The list of free pages is forgotten: they belong to nobody.
    bytes[32..36].fill(0);
    let reading = reading::read(&sqlite::FORMAT, "x", &bytes).unwrap();
    let told = reading.children.iter().any(|child| child.name.starts_with(b"gap") || child.name == b"trailing");
    assert!(told, "{:?}", reading.stop);
}
