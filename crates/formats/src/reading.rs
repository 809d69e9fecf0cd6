//! A reading made by hand, for the tests of formats: what detection says, the facts, the children and the claims.

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Ledger,
    fact::Fact,
    format::{Certainty, Format, Head},
    sink::{Child, Collected, Sink},
    stop::Stop,
};

/// The outcome of one reading.
pub(crate) struct Reading {
    pub(crate) facts: Vec<Fact>,
    pub(crate) children: Vec<Child>,
    pub(crate) ledger: Ledger,
    pub(crate) stop: Option<Stop>,
    pub(crate) passed: bool,
    length: u64,
}

impl Reading {
    /// Whether the reading counts, ended at its end and explains every byte once.
    pub(crate) fn complete(&self) -> bool {
        self.stop.is_none() && self.passed && self.ledger.gaps(self.length).is_empty() && self.ledger.defects() == 0
    }
}

/// What detection says of `bytes` under this name.
pub(crate) fn detect(format: &Format, name: &str, bytes: &[u8]) -> Option<Certainty> {
    let probes: Vec<(u64, [u8; 16])> = (9..40)
        .map(|power| 1_usize << power)
        .map_while(|at| bytes.get(at..at + 16).map(|probe| (at as u64, probe.try_into().unwrap())))
        .collect();
    let first = &bytes[..bytes.len().min(64 << 10)];
    let last = &bytes[bytes.len().saturating_sub(66 << 10)..];
    (format.detect)(&Head { first, last, probes: &probes, len: Some(bytes.len() as u64), name })
}

/// Reads `bytes` as the engine would; `None` when they are not detected.
pub(crate) fn read(format: &Format, name: &str, bytes: &[u8]) -> Option<Reading> {
    detect(format, name, bytes).map(|certainty| parse(format, name, bytes, certainty == Certainty::Possible))
}

/// Parses `bytes` whatever detection says.
pub(crate) fn parse(format: &Format, name: &str, bytes: &[u8], trial: bool) -> Reading {
    let mut collected = Collected::default();
    let mut sink = Sink::new(&mut collected, Meter::unlimited(), trial, name);
    let stop = (format.parse)(&Blob::from_bytes(bytes), &mut sink).err();
    let passed = sink.passed();
    let ledger = sink.into_ledger();
    assert_eq!(ledger.defects(), 0, "{} claims a byte twice", format.id);
    Reading { facts: collected.facts, children: collected.children, ledger, stop, passed, length: bytes.len() as u64 }
}

/// Reads `bytes` with one byte changed here and there: whatever it is, the reading ends and claims nothing twice.
pub(crate) fn change(format: &Format, name: &str, bytes: &[u8]) {
    for at in (0..bytes.len()).step_by(bytes.len() / 400 + 1) {
        for value in [0xff, 0x7f, 0x80, 0, bytes[at].wrapping_add(1)] {
            let mut bytes = bytes.to_vec();
            bytes[at] = value;
            parse(format, name, &bytes, false);
        }
    }
}

/// The facts, one line each.
pub(crate) fn facts(reading: &Reading) -> Vec<String> {
    reading.facts.iter().map(ToString::to_string).collect()
}
