//! Pickles as values of key-value stores (`shelve`, Python's `dbm`): found, or the store is incomplete, and never clean.

use base::{
    report::Report,
    verdict::{Completeness, Verdict},
};
use engine::Settings;
use testkit::pickle::assemble;

use crate::memory::{Item, Tree, scan, scan_file, target};

const HARMLESS: &str = "PROTO 4\nEMPTY_LIST\nMARK\nBININT1 1\nBININT1 2\nAPPENDS\nSTOP";
const POISONED: &str = "PROTO 4\nGLOBAL posix system\nBINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nSTOP";
/// Blocks of `dbm/dumb.py`, to which values are padded.
const BLOCK: usize = 512;

/// A shelf of `dbm.dumb`: values in `.dat`, padded to blocks, and an index as text in `.dir`.
fn shelf(values: &[&str]) -> Report {
    let (mut data, mut index) = (Vec::new(), String::new());
    for (key, value) in values.iter().enumerate() {
        let value = assemble(value).unwrap();
        index += &format!("'key{key}', ({}, {})\n", data.len(), value.len());
        data.extend(value);
        data.resize(data.len().next_multiple_of(BLOCK), 0);
    }
    let tree = Tree::default().file("shelf.dat", data).file("shelf.bak", index.clone()).file("shelf.dir", index);
    scan(vec![target("store", Item::Folder(tree))], Settings::default())
}

#[test]
fn a_poisoned_value_of_a_shelf_is_found_wherever_it_stands() {
    for at in 0..3 {
        let mut values = [HARMLESS; 3];
        values[at] = POISONED;
        let report = shelf(&values);
        assert_eq!(report.verdict, Verdict::Malicious, "{at}: {:#?}", report.artifacts);
        assert!(report.findings.iter().any(|finding| finding.message.contains("os.system")), "{:#?}", report.findings);
    }
}

/// A shelf that Python wrote (`testdata/shelf/make.py`).
fn real_shelf(data: &[u8], index: &[u8]) -> Report {
    let tree = Tree::default().file("shelf.dat", data).file("shelf.bak", index).file("shelf.dir", index);
    scan(vec![target("store", Item::Folder(tree))], Settings::default())
}

#[test]
fn what_shelve_writes_is_quiet() {
    let data = include_bytes!("../../testdata/shelf/plain.dat");
    let report = real_shelf(data, include_bytes!("../../testdata/shelf/plain.dir"));
    let told = (report.verdict, report.completeness);
    assert_eq!(told, (Verdict::Clean, Completeness::Complete), "{:#?}", report.artifacts);
    // What a shorter value left of the one before stays where it was.
    let data = include_bytes!("../../testdata/shelf/updated.dat");
    let report = real_shelf(data, include_bytes!("../../testdata/shelf/updated.dir"));
    let told = (report.verdict, report.completeness);
    assert_eq!(told, (Verdict::Clean, Completeness::Complete), "{:#?}", report.artifacts);
}

/// The second value is replaced by a short one; `left` stays behind it, at an offset inside its blocks.
fn replaced(left: &[u8]) -> Report {
    let mut data = assemble(HARMLESS).unwrap();
    data.resize(BLOCK, 0);
    data.extend(assemble(HARMLESS).unwrap());
    data.extend(left);
    data.resize(data.len().next_multiple_of(BLOCK), b'K');
    data.extend(assemble(HARMLESS).unwrap());
    scan_file("shelf.dat", data)
}

#[test]
fn what_is_left_of_old_values_is_looked_into() {
    let report = replaced(b"K\x01K\x02K\x03e.");
    assert_eq!(
        (report.verdict, report.completeness),
        (Verdict::Clean, Completeness::Complete),
        "{:#?}",
        report.artifacts
    );
    // An index may lead into the middle of a block.
    for poison in [
        &b"(cposix\nsystem\nVecho hi\ntR."[..],
        b"K\x01K\x02\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x07echo hi\x85R.",
    ] {
        assert_ne!(replaced(poison).verdict, Verdict::Clean);
    }
    let mut far = vec![b'K'; 100 << 10];
    far.resize(far.len().next_multiple_of(BLOCK) - 26, b'K');
    far.extend(assemble(POISONED).unwrap());
    assert_eq!(replaced(&far).verdict, Verdict::Malicious);
}

#[test]
fn stores_of_libraries_give_their_values() {
    macro_rules! store {
        ($name:literal) => {
            ($name, &include_bytes!(concat!("../../../formats/src/store/testdata/", $name))[..])
        };
    }
    for (name, bytes) in [store!("plain.sqlite"), store!("plain.gdbm"), store!("plain.ndbm"), store!("tables.sqlite")] {
        let report = scan_file(name, bytes);
        let told = (report.verdict, report.completeness);
        assert_eq!(
            told,
            (Verdict::Clean, Completeness::Complete),
            "{name}: {:#?} {:#?}",
            report.findings,
            report.artifacts
        );
    }
    for (name, bytes) in [store!("poisoned.sqlite"), store!("poisoned.gdbm"), store!("poisoned.ndbm")] {
        let report = scan_file(name, bytes);
        let named = report.findings.iter().any(|finding| finding.message.contains("os.system"));
        assert!(report.verdict == Verdict::Malicious && named, "{name}: {:#?}", report.artifacts);
    }
}

#[test]
fn a_value_behind_one_that_is_no_pickle_is_never_clean() {
    let mut data = vec![0xff; BLOCK];
    data.extend(assemble(POISONED).unwrap());
    assert_ne!(scan_file("shelf.dat", data).verdict, Verdict::Clean);
}

#[test]
fn stores_without_a_reader_are_incomplete() {
    let value = assemble(POISONED).unwrap();
    let store = |magic: &[u8], header: usize| {
        let mut bytes = magic.to_vec();
        bytes.resize(header, 0);
        bytes.extend(&value);
        bytes.resize(4096, 0);
        bytes
    };
    let stores = [
        ("values.sqlite", store(b"SQLite format 3\0\x10\x00\x01\x01", 100)),
        ("gdbm-little.db", store(&[0xce, 0x9a, 0x57, 0x13], 256)),
        ("gdbm-big.db", store(&[0x13, 0x57, 0x9a, 0xce], 256)),
        // An old `ndbm` page has no magic: counts and offsets of entries come first.
        ("ndbm.pag", store(&[2, 0, 0xfd, 3, 0xa0, 3], 0x3a0)),
    ];
    for (name, bytes) in stores {
        let report = scan_file(name, bytes);
        assert!(
            report.verdict == Verdict::Malicious || report.completeness == Completeness::Incomplete,
            "{name}: {:#?}",
            report.artifacts
        );
    }
}
