use base::{budget::Meter, sink::Collected};
use testkit::zip::ZipWriter;

use super::*;
#[test]
fn honest() {
    let bytes = ZipWriter::new().stored("a", b"hello").deflated("b/c", &[7; 1000]).comment(b"hi").finish();
    let mut collected = Collected::default();
    let mut sink = Sink::new(&mut collected, Meter::unlimited(), false, "x.zip");
    let blob = Blob::from_bytes(bytes.clone());
    parse(&blob, &mut sink).unwrap();
    assert_eq!(sink.ledger().defects(), 0);
    assert_eq!(sink.ledger().gaps(bytes.len() as u64), vec![]);
    for f in &collected.facts { println!("{f}"); }
}
