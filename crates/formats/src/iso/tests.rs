//! Images that mkisofs and xorriso wrote, cut and changed.

use base::sink::ChildBody;

use super::FORMAT;
use crate::reading;

fn image(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed), &mut bytes).unwrap();
    bytes
}

fn images() -> [Vec<u8>; 3] {
    [
        image(include_bytes!("testdata/plain.iso.gz")),
        image(include_bytes!("testdata/both.iso.gz")),
        image(include_bytes!("testdata/deep.iso.gz")),
    ]
}

#[test]
fn every_byte_of_what_tools_write_is_explained_and_files_come_back() {
    for (number, bytes) in images().iter().enumerate() {
        let reading = reading::read(&FORMAT, "x.iso", bytes).unwrap();
        assert!(reading.complete(), "{number}: {:?} {:x?}", reading.stop, reading.ledger.gaps(bytes.len() as u64));
        let names: Vec<_> = reading.children.iter().map(|child| String::from_utf8_lossy(&child.name).into_owned()).collect();
        assert!(!names.iter().any(|name| name.starts_with("gap") || name == "trailing"), "{number}: {names:?}");
        let model = reading.children.iter().find(|child| child.name.to_ascii_lowercase().ends_with(b"model.pkl"));
        let Some(ChildBody::Window(blob)) = model.map(|child| &child.body) else { panic!("{names:?}") };
        assert_eq!(blob.bytes_at(0, 99).unwrap(), b"\x80\x04K\x01.");
    }
}

#[test]
fn names_of_rock_ridge_come_first_and_those_of_joliet_are_known() {
    let reading = reading::read(&FORMAT, "x.iso", &images()[1]).unwrap();
    let child = reading.children.iter().find(|child| child.name == b"folder/model.pkl").unwrap();
    assert_eq!(child.also, [b"folder/model.pkl"]);
    let facts = reading::facts(&reading);
    assert!(facts.iter().any(|fact| fact.starts_with("reference") && fact.contains("target=\"../../etc/passwd\"")), "{facts:#?}");
    assert!(facts.iter().any(|fact| fact.contains("link-escape")), "{facts:#?}");
}

#[test]
fn directories_that_were_moved_up_are_found() {
    let reading = reading::read(&FORMAT, "x.iso", &images()[2]).unwrap();
    let path = b"1/2/3/4/5/6/7/8/9/a name that is long enough for two fields of sixty letters each, one behind the other/model.pkl";
    assert!(reading.children.iter().any(|child| child.name == path), "{:?}", reading.children.iter().map(|c| String::from_utf8_lossy(&c.name).into_owned()).collect::<Vec<_>>());
}

#[test]
fn what_is_cut_or_changed_stops_politely() {
    for bytes in images() {
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        for cut in (32_769..end).step_by(997) {
            let reading = reading::parse(&FORMAT, "x", &bytes[..cut], false);
            assert!(reading.stop.is_some(), "cut at {cut}");
        }
        reading::change(&FORMAT, "x", &bytes[..end + 1]);
    }
}
