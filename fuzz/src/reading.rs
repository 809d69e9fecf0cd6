//! One format over any bytes, as a trial and as a certain reading.

use base::{
    blob::Blob,
    coverage::Ledger,
    fact::Fact,
    format::{Format, Head},
    sink::{Child, ChildBody, Collected, Sink},
    stop::Stop,
};

use crate::{decoding, limits, meter};

/// Children of one reading that are decoded.
const DECODED: usize = 4;

/// The format with this id.
///
/// # Panics
/// When there is none.
pub fn format(id: &str) -> &'static Format {
    formats::format(id).unwrap_or_else(|| panic!("no format {id}"))
}

/// Reads `bytes` as `format` in both ways, each twice.
pub fn check(format: &Format, bytes: &[u8]) {
    detect(format, bytes);
    for trial in [true, false] {
        let (one, two) = (read(format, bytes, trial), read(format, bytes, trial));
        // A float that is no number equals nothing, itself included.
        let same = one.facts == two.facts || format!("{:?}", one.facts) == format!("{:?}", two.facts);
        assert!(same, "another reading stated other facts: {:#?}, {:#?}", one.facts, two.facts);
        assert_eq!(one.stop, two.stop, "another reading ended otherwise");
        assert_eq!(one.ledger, two.ledger, "another reading claimed otherwise");
        assert_eq!(one.children.len(), two.children.len(), "another reading gave back other children");
        one.holds(bytes.len() as u64);
    }
}

/// What a reading left.
struct Reading {
    facts: Vec<Fact>,
    children: Vec<Child>,
    ledger: Ledger,
    stop: Option<Stop>,
    passed: bool,
}

impl Reading {
    fn holds(&self, length: u64) {
        assert_eq!(self.ledger.defects(), 0, "a byte was claimed twice");
        assert!(self.facts.len() as u64 <= limits().facts, "more facts than the limit");
        assert!(self.passed || self.facts.is_empty() && self.children.is_empty(), "a failed trial left something");
        if let Some((range, _)) = self.ledger.claims().last() {
            // A member may state more than there is, but then the reading may not end well.
            assert!(range.end <= length || self.stop.is_some(), "claimed {range:?} of {length} bytes");
        }
        for (index, child) in self.children.iter().enumerate() {
            match &child.body {
                ChildBody::Packed(packed) if index < DECODED => {
                    let from = packed.from.bytes_at(0, 1 << 20).expect("memory can be read");
                    decoding::check(packed.codec, &from);
                }
                ChildBody::Window(blob) => {
                    let known = blob.len().unwrap_or(0);
                    let read = blob.bytes_at(0, 1 << 20).expect("memory can be read").len() as u64;
                    assert_eq!(read, known.min(1 << 20), "a child is longer than its bytes");
                }
                _ => {}
            }
        }
    }
}

fn detect(format: &Format, bytes: &[u8]) {
    let probes: Vec<(u64, [u8; 16])> = (9..40)
        .map(|power| 1_usize << power)
        .map_while(|at| Some((at as u64, bytes.get(at..at + 16)?.try_into().ok()?)))
        .collect();
    let first = &bytes[..bytes.len().min(64 << 10)];
    let last = &bytes[bytes.len().saturating_sub(66 << 10)..];
    for (last, len) in [(last, Some(bytes.len() as u64)), (&[], None)] {
        let _ = (format.detect)(&Head { first, last, probes: &probes, len, name: "fuzz" });
    }
}

fn read(format: &Format, bytes: &[u8], trial: bool) -> Reading {
    let mut collected = Collected::default();
    let mut sink = Sink::new(&mut collected, meter(), trial, "fuzz");
    let stop = (format.parse)(&Blob::from_bytes(bytes), &mut sink).err();
    let passed = sink.passed();
    let ledger = sink.into_ledger();
    Reading { facts: collected.facts, children: collected.children, ledger, stop, passed }
}
