//! Tables of source lines: `lnotab` up to 3.9, `co_linetable` of 3.10, locations with columns from 3.11 on.

use super::{code::Code, version::Version};

/// Lines kept for one code object.
const MAX_LINES: usize = 1 << 20;

/// Where lines begin: offset, line, column from 1 (0 where no column is known).
pub(super) fn starts(code: &Code, version: Version) -> Vec<(u32, u32, u32)> {
    match version {
        Version::V2_7 | Version::V3_6 | Version::V3_7 | Version::V3_8 | Version::V3_9 => pairs(code, version, false),
        Version::V3_10 => pairs(code, version, true),
        _ => locations(code),
    }
}

/// Pairs of bytes: how far the offset and the line go. `ranges` (3.10, PEP 626): the line comes first, -128 is none.
fn pairs(code: &Code, version: Version, ranges: bool) -> Vec<(u32, u32, u32)> {
    let mut starts = Vec::with_capacity((code.lines.len() / 2).saturating_add(1).min(MAX_LINES));
    starts.push((0, code.numbers.line, 0));
    let (mut at, mut line) = (0_u32, i64::from(code.numbers.line));
    let mut next = 0_u32;
    for pair in code.lines.chunks_exact(2).take(MAX_LINES) {
        let [offset, delta] = *pair else { break };
        let signed = i64::from(delta.cast_signed());
        let delta = if version == Version::V2_7 { i64::from(delta) } else { signed };
        if ranges {
            at = next;
            next = next.saturating_add(u32::from(offset));
            if delta == -128 {
                starts.push((at, 0, 0));
                continue;
            }
            line = line.saturating_add(delta);
        } else {
            at = at.saturating_add(u32::from(offset));
            line = line.saturating_add(delta);
        }
        starts.push((at, u32::try_from(line).unwrap_or(0), 0));
    }
    starts
}

/// The location table (`Objects/locations.md`): entries of a head byte and numbers behind it.
fn locations(code: &Code) -> Vec<(u32, u32, u32)> {
    // An entry has two bytes at least, but for those that name no place.
    let mut starts = Vec::with_capacity((code.lines.len() / 2).min(MAX_LINES));
    let mut rest = &*code.lines;
    let (mut at, mut line) = (0_u32, i64::from(code.numbers.line));
    while let Some((head, after)) = rest.split_first() {
        rest = after;
        if starts.len() >= MAX_LINES {
            break;
        }
        let length = u32::from(head & 7).saturating_add(1).saturating_mul(2);
        let kind = head >> 3 & 15;
        let mut column = 0_u32;
        let mut known = true;
        match kind {
            15 => known = false,
            14 => {
                line = line.saturating_add(signed(&mut rest));
                unsigned(&mut rest);
                column = u32::try_from(unsigned(&mut rest)).unwrap_or(0);
                unsigned(&mut rest);
            }
            13 => line = line.saturating_add(signed(&mut rest)),
            10..=12 => {
                line = line.saturating_add(i64::from(kind.saturating_sub(10)));
                column = u32::from(byte(&mut rest)).saturating_add(1);
                byte(&mut rest);
            }
            short => column = (u32::from(short) << 3 | u32::from(byte(&mut rest) >> 4)).saturating_add(1),
        }
        let shown = if known { u32::try_from(line).unwrap_or(0) } else { 0 };
        starts.push((at, shown, column));
        at = at.saturating_add(length);
    }
    starts
}

/// The next byte; 0 behind the end.
fn byte(rest: &mut &[u8]) -> u8 {
    let Some((first, after)) = rest.split_first() else { return 0 };
    *rest = after;
    *first
}

fn unsigned(rest: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0_u64, 0_u32);
    while let Some((byte, after)) = rest.split_first() {
        *rest = after;
        value |= u64::from(byte & 63).checked_shl(shift).unwrap_or(0);
        shift = shift.saturating_add(6);
        if byte & 64 == 0 {
            break;
        }
    }
    value
}

fn signed(rest: &mut &[u8]) -> i64 {
    let value = unsigned(rest);
    let size = i64::try_from(value >> 1).unwrap_or(0);
    if value & 1 == 1 { size.saturating_neg() } else { size }
}
