//! Goldens of recipes, every prefix of them, and claims that cover each byte once.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::{fmt::Write as _, fs, path::Path};

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Claim,
    fact::Fact,
    sink::{ChildBody, Collected, Sink},
    stop::Stop,
};

struct Reading {
    collected: Collected,
    outcome: Result<(), Stop>,
    claims: Vec<(std::ops::Range<u64>, Claim)>,
    passed: bool,
    defects: u64,
}

fn read(bytes: &[u8]) -> Reading {
    let mut collected = Collected::default();
    let (blob, meter) = (Blob::from_bytes(bytes), Meter::unlimited());
    let mut sink = Sink::new(&mut collected, meter.clone(), true, "test.pkl");
    let outcome = pickle::read(&blob, &mut sink);
    let passed = sink.passed();
    let ledger = sink.into_ledger();
    let claims = ledger.claims().collect();
    Reading { collected, outcome, claims, passed, defects: ledger.defects() }
}

fn render(bytes: &[u8]) -> String {
    let reading = read(bytes);
    let mut text = String::new();
    for fact in &reading.collected.facts {
        writeln!(text, "{fact}").unwrap();
    }
    for child in &reading.collected.children {
        let ChildBody::Window(blob) = &child.body else { panic!("children of pickles are windows") };
        let content = blob.bytes_at(0, 60).unwrap();
        writeln!(
            text,
            "child {} @{:#x} {:?}",
            String::from_utf8_lossy(&child.name),
            child.place.offset,
            String::from_utf8_lossy(&content)
        )
        .unwrap();
    }
    for (range, claim) in &reading.claims {
        writeln!(text, "claim {:#x}..{:#x} {claim:?}", range.start, range.end).unwrap();
    }
    let outcome = match &reading.outcome {
        Ok(()) => "complete".to_owned(),
        Err(stop) => stop.to_string(),
    };
    writeln!(text, "{outcome}{}", if reading.passed { "" } else { ", not a pickle" }).unwrap();
    text
}

#[test]
fn goldens() {
    testkit::goldens::check(Path::new(env!("CARGO_MANIFEST_DIR")), |_, bytes| render(bytes));
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pickle-asm"))
        .map(|path| {
            (path.display().to_string(), testkit::pickle::assemble(&fs::read_to_string(path).unwrap()).unwrap())
        })
        .collect();
    found.sort();
    assert!(found.len() > 20);
    found
}

/// What a fact says, without the place.
fn said(facts: &[Fact]) -> Vec<String> {
    facts.iter().filter(|fact| !matches!(fact.kind(), base::fact::Kind::Flaw)).map(|fact| fact.to_string()).collect()
}

#[test]
fn every_prefix_stops_politely_and_keeps_what_ran() {
    for (name, bytes) in fixtures() {
        let whole = said(&read(&bytes).collected.facts);
        for cut in testkit::prefixes(&bytes, &[]) {
            let reading = read(&bytes[..cut]);
            assert_eq!(reading.defects, 0, "{name} cut at {cut}");
            let part = said(&reading.collected.facts);
            // A name cut at the end of the input is chopped, as the unpickler does: that fact alone may differ.
            let same = part.iter().zip(&whole).take_while(|(one, other)| one == other).count();
            assert!(part.len() - same <= 2, "{name} cut at {cut}: {part:#?}");
        }
    }
}

#[test]
fn claims_cover_every_byte_of_complete_readings_once() {
    for (name, bytes) in fixtures() {
        let reading = read(&bytes);
        assert_eq!(reading.defects, 0, "{name}");
        let claimed: u64 = reading.claims.iter().map(|(range, _)| range.end - range.start).sum();
        let left_to_a_child = reading.collected.children.iter().any(|child| child.name == b"trailing");
        if reading.outcome.is_ok() && reading.passed && !left_to_a_child {
            assert_eq!(claimed, bytes.len() as u64, "{name}");
        }
    }
}

#[test]
fn flipped_bytes_never_panic() {
    for (_, bytes) in fixtures() {
        for at in 0..bytes.len() {
            for mask in [1_u8, 0x80, 0xff] {
                let mut flipped = bytes.clone();
                flipped[at] ^= mask;
                assert_eq!(read(&flipped).defects, 0);
            }
        }
    }
}
