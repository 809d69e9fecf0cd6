//! The version of a stream that does not say it: layouts that read to the end, opcode tables that make sense of the code.

use base::{blob::Blob, budget::Meter, stop::Stop};

use super::{
    code::Code,
    depth::Depths,
    instruction::{Decoded, Instruction},
    marshal::{self, Stream},
    opcode::Op,
    version::{Layout, Version},
};

/// What was found.
pub(super) struct Found {
    /// The stream as the first of `distinct` reads it.
    pub(super) stream: Stream,
    /// Versions that read it equally well, oldest first.
    pub(super) versions: Vec<Version>,
    /// Things that make no sense in the best version.
    pub(super) faults: u64,
    /// One version for each way in which they differ.
    pub(super) distinct: Vec<Version>,
}

/// Layouts, newest first: most streams are of a recent version.
const LAYOUTS: [Layout; 4] = [Layout::Merged, Layout::PositionalOnly, Layout::KeywordOnly, Layout::Two];
/// What bytes behind the stream weigh: more than all faults of code could.
const REST: u64 = 1 << 40;
/// Bytes of code that are looked at.
const GLANCE: usize = 64 << 10;

/// The versions that read best what lies in memory.
pub(super) fn versions(blob: &Blob, meter: &Meter) -> Result<Found, Stop> {
    let mut best: Option<(u64, Found)> = None;
    let mut failed: Option<Stop> = None;
    for layout in LAYOUTS {
        let stream = marshal::read(blob, 0, layout, meter);
        match &stream.broken {
            None => {}
            Some(stop @ (Stop::Malformed { .. } | Stop::Truncated { .. })) => {
                // The layout that came farthest says best where the stream breaks.
                let place = |stop: &Stop| match stop {
                    Stop::Malformed { at, .. } | Stop::Truncated { at, .. } => *at,
                    _ => 0,
                };
                if failed.as_ref().is_none_or(|known| place(stop) > place(known)) {
                    failed = Some(stop.clone());
                }
                continue;
            }
            Some(stop) => return Err(stop.clone()),
        }
        // Bytes behind the stream are ignored by CPython, but seldom there.
        let rest = u64::from(blob.len().is_some_and(|len| len > stream.end as u64)).saturating_mul(REST);
        let odd = stream.codes.iter().filter(|code| code.odd).count() as u64;
        for version in Version::ALL.iter().copied().filter(|version| version.layout() == layout) {
            let mut faults = rest.saturating_add(odd.saturating_mul(100));
            let mut left = GLANCE;
            for code in stream.codes.iter().rev() {
                let Some(after) = left.checked_sub(code.code.len()) else { break };
                left = after;
                meter.steps(code.code.len() as u64)?;
                faults = faults.saturating_add(self::faults(code, version));
            }
            match &mut best {
                Some((known, found)) if *known == faults && found.versions.iter().all(|one| one.layout() == layout) => {
                    found.versions.push(version);
                }
                Some((known, _)) if *known <= faults => {}
                _ => best = Some((faults, found(marshal::read(blob, 0, layout, meter), version))),
            }
        }
        // What holds no code every layout reads the same.
        if best.as_ref().is_some_and(|(faults, _)| *faults == 0) {
            break;
        }
    }
    let Some((faults, mut found)) = best else {
        return Err(failed.unwrap_or_else(|| Stop::malformed(0, "a marshalled object")));
    };
    found.faults = faults % REST;
    found.distinct = distinct(&found);
    Ok(found)
}

fn found(stream: Stream, version: Version) -> Found {
    Found { stream, versions: vec![version], faults: 0, distinct: Vec::new() }
}

/// The newest version, and each older one that reads some instruction otherwise than those chosen.
fn distinct(found: &Found) -> Vec<Version> {
    let mut chosen: Vec<Version> = Vec::new();
    for version in found.versions.iter().rev().copied() {
        let same = |other: &Version| found.stream.codes.iter().all(|code| reads_the_same(code, version, *other));
        if !chosen.iter().any(same) {
            chosen.push(version);
        }
    }
    chosen
}

fn reads_the_same(code: &Code, one: Version, other: Version) -> bool {
    let differs = |number: u8| one.table().row(number).op != other.table().row(number).op;
    let units = (one >= Version::V3_10) != (other >= Version::V3_10);
    let jumps = |number: u8| {
        let jump = Instruction { at: 0, op: one.table().row(number).op, number, joins: false, arg: 1, next: 2 };
        units && jump.target(one).is_some()
    };
    !code.code.chunks(2).filter_map(|word| word.first().copied()).any(|number| differs(number) || jumps(number))
}

/// What in `code` makes no sense in `version`.
fn faults(code: &Code, version: Version) -> u64 {
    let decoded = &Decoded::new(code, version);
    let mut faults = 0_u64;
    for instruction in &decoded.instructions {
        let none = matches!(instruction.op, Op::Unknown | Op::Cache | Op::Reserved);
        let outside = none || code.lacks(instruction, version);
        faults = faults.saturating_add(u64::from(outside));
        if instruction.op == Op::CompareOp && version <= Version::V3_10 && instruction.arg > 10 {
            faults = faults.saturating_add(1);
        }
    }
    let wrong = Depths::default().check(code, decoded, version);
    let found = [decoded.stray, decoded.overlap, wrong.underflow, wrong.overflow, wrong.end];
    faults = faults.saturating_add(found.iter().flatten().count() as u64);
    let last = decoded.straight.checked_sub(1).and_then(|index| decoded.instructions.get(index));
    let first = decoded.instructions.iter().map(|known| known.op);
    // From 3.11 on code begins with RESUME, behind what sets up cells and generators.
    if version >= Version::V3_11 && !first.take(48).any(|op| op == Op::Resume) {
        faults = faults.saturating_add(1);
    }
    faults.saturating_add(u64::from(!last.is_some_and(Instruction::ends)))
}
