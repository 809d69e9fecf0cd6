//! One header block: its fields and its checksum.

use std::ops::Range;

use super::BLOCK;

/// Whether nothing stands in the block.
pub(super) fn is_empty(block: &[u8; BLOCK]) -> bool {
    block.iter().all(|byte| *byte == 0)
}

/// Whether the block calls itself ustar, POSIX or GNU.
pub(super) fn has_magic(block: &[u8; BLOCK]) -> bool {
    block.get(257..262).is_some_and(|magic| magic == b"ustar")
}

/// Whether the stated checksum is the sum of the bytes, its own field taken as blanks: unsigned, or signed as old tars had it.
pub(super) fn checksum_holds(block: &[u8; BLOCK]) -> bool {
    let (before, rest) = block.split_at(148);
    let (field, after) = rest.split_at(8);
    let sum = |value: fn(u8) -> i64| before.iter().chain(after).map(|byte| value(*byte)).fold(256, i64::saturating_add);
    let stated = number(field).and_then(|stated| i64::try_from(stated).ok());
    stated.is_some_and(|stated| stated == sum(i64::from) || stated == sum(|byte| i64::from(i8::from_le_bytes([byte]))))
}

/// The text of a field up to its first NUL.
pub(super) fn text(block: &[u8; BLOCK], at: usize, len: usize) -> &[u8] {
    let field = at.checked_add(len).and_then(|end| block.get(at..end)).unwrap_or_default();
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// What stands behind the NUL of a text field, from the first byte that is not NUL to the last.
pub(super) fn slack(block: &[u8; BLOCK], at: usize, len: usize) -> Option<Range<u64>> {
    let field = at.checked_add(len).and_then(|end| block.get(at..end)).unwrap_or_default();
    let end = field.iter().position(|byte| *byte == 0)?;
    let behind = field.get(end..)?;
    let first = behind.iter().position(|byte| *byte != 0)?;
    let last = behind.iter().rposition(|byte| *byte != 0)?;
    let start = at.saturating_add(end);
    Some(start.saturating_add(first) as u64..start.saturating_add(last).saturating_add(1) as u64)
}

/// The name: with the prefix field where POSIX's magic says that there is one.
pub(super) fn name(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = text(block, 0, 100);
    let posix = block.get(257..263).is_some_and(|magic| magic == b"ustar\0");
    match text(block, 345, 155) {
        prefix if posix && !prefix.is_empty() => [prefix, b"/", name].concat(),
        _ => name.to_vec(),
    }
}

/// A number: octal digits between blanks, or GNU's binary form. `None` where it is neither, negative or beyond 2^64.
pub(super) fn number(field: &[u8]) -> Option<u64> {
    match field {
        [0x80, digits @ ..] => {
            digits.iter().try_fold(0_u64, |value, digit| (value >> 56 == 0).then(|| value << 8 | u64::from(*digit)))
        }
        _ => octal(field),
    }
}

fn octal(field: &[u8]) -> Option<u64> {
    let start = field.iter().position(|byte| *byte != b' ').unwrap_or(field.len());
    let digits = field.get(start..)?;
    let end = digits.iter().position(|byte| matches!(byte, 0 | b' ')).unwrap_or(digits.len());
    digits.get(..end)?.iter().try_fold(0_u64, |value, digit| match digit {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(digit.checked_sub(b'0')?)),
        _ => None,
    })
}

/// The field at `at` as a number.
pub(super) fn number_at(block: &[u8; BLOCK], at: usize, len: usize) -> Option<u64> {
    number(block.get(at..at.checked_add(len)?)?)
}
