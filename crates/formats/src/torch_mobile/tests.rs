//! Modules that PyTorch wrote, cut and changed.

use super::FORMAT;
use crate::reading;

const RICH: &[u8] = include_bytes!("testdata/rich.ff");
const SAVES: &[u8] = include_bytes!("testdata/saves.ff");

#[test]
fn every_byte_of_what_pytorch_writes_is_explained() {
    for bytes in [RICH, SAVES, include_bytes!("testdata/quantised.ff"), include_bytes!("testdata/extra.ff")] {
        let reading = reading::read(&FORMAT, "x.ff", bytes).unwrap();
        assert!(reading.complete(), "{:?} {:x?}", reading.stop, reading.ledger.gaps(bytes.len() as u64));
        let gap = reading.children.iter().find(|child| child.name.starts_with(b"gap"));
        assert!(gap.is_none(), "{:?}", gap.map(|child| &child.place));
    }
}

#[test]
fn operators_tensors_sources_and_storages_are_stated() {
    let reading = reading::read(&FORMAT, "x.ff", SAVES).unwrap();
    let facts = reading::facts(&reading);
    assert!(facts.iter().any(|fact| fact.starts_with(r#"operator domain="aten" name="save" node="__torch__.B.forward" args=('/tmp/x')"#)), "{facts:#?}");
    let reading = reading::read(&FORMAT, "x.ff", RICH).unwrap();
    let facts = reading::facts(&reading);
    assert!(facts.iter().any(|fact| fact.contains(r#"dtype="float16" shape="2" bytes=4 stored=4"#)), "{facts:#?}");
    let names: Vec<_> = reading.children.iter().map(|child| String::from_utf8_lossy(&child.name).into_owned()).collect();
    assert!(names.contains(&"storage-0".into()) && names.iter().any(|name| name.starts_with("code/__torch__")), "{names:?}");
    assert!(reading.children.iter().filter(|child| child.name.starts_with(b"storage")).all(|child| child.tensor_data));
}

#[test]
fn a_function_that_loading_runs_is_marked() {
    let reading = reading::read(&FORMAT, "x.ff", include_bytes!("testdata/quantised.ff")).unwrap();
    let facts = reading::facts(&reading);
    assert!(facts.iter().any(|fact| fact.starts_with("operator domain=\"torch.classes") && fact.contains(r#"when="load""#)), "{facts:#?}");
}

#[test]
fn bytes_that_no_table_has_are_given_back() {
    let bytes = [SAVES, b"\x80\x04N."].concat();
    let reading = reading::read(&FORMAT, "x.ff", &bytes).unwrap();
    assert!(reading.complete() && reading.children.iter().any(|child| child.name == b"trailing"));
}

#[test]
fn what_is_cut_or_changed_stops_politely() {
    for cut in 8..SAVES.len() {
        let reading = reading::parse(&FORMAT, "x.ff", &SAVES[..cut], false);
        assert!(reading.stop.is_some(), "cut at {cut}");
    }
    for bytes in [SAVES, RICH, include_bytes!("testdata/quantised.ff")] {
        reading::change(&FORMAT, "x.ff", bytes);
    }
}
