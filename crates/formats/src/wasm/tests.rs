//! A module by wabt (`testdata/make.sh`), and lies.
use super::*;
use crate::reading;

const MODULE: &[u8] = include_bytes!("testdata/module.wasm");

#[test]
fn imports_and_what_starts_are_told() {
    let reading = reading::read(&FORMAT, "a.wasm", MODULE).unwrap();
    assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger);
    let facts = reading::facts(&reading).join("\n");
    for wanted in [
        r#"import module="wasm:wasi_snapshot_preview1" name="sock_send" origin="symbol" when="load""#,
        r#"import module="wasm:env" name="memory""#,
        r#"import module="wasm:env" name="base""#,
        r#"identity key="start" value="function 2""#,
        r#"identity key="entry-point" value="_start""#,
        r#"opaque kind="virtual-machine""#,
    ] {
        assert!(facts.contains(wanted), "{wanted} in\n{facts}");
    }
}

#[test]
fn every_prefix_stops_politely() {
    let mut whole = 0;
    for cut in testkit::prefixes(MODULE, &[]).filter(|cut| *cut >= 8) {
        whole += usize::from(reading::parse(&FORMAT, "a.wasm", &MODULE[..cut], false).stop.is_none());
    }
    // A module may end behind any of its sections.
    assert!(whole < 16, "{whole}");
}

#[test]
fn lies_stop_politely() {
    let header = b"\0asm\x01\0\0\0";
    for rest in [
        &[2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0xff, 0x0f][..],
        &[2, 2, 0xff, 0xff, 0xff, 0xff, 0x7f],
        &[99, 0],
        &[1, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
        &[7, 1, 5],
    ] {
        let bytes = [&header[..], rest].concat();
        assert!(reading::read(&FORMAT, "a.wasm", &bytes).unwrap().stop.is_some(), "{rest:?}");
    }
}

#[test]
fn changed_bytes_stop_politely() {
    reading::change(&FORMAT, "a.wasm", MODULE);
}
