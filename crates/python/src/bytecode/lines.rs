//! Tables of source lines: `lnotab` up to 3.9, `co_linetable` of 3.10, locations with columns from 3.11 on.

use super::{code::Code, version::Version};

/// Entries that are read of one table.
const MAX_LINES: usize = 1 << 20;
/// Entries between two marks.
const STRIDE: usize = 64;

/// How far a table was read: most is asked for in the order of the code, and much of it never.
#[derive(Debug, Default)]
pub(super) struct Lines {
    cursor: Option<Cursor>,
    /// Where the cursor stood behind each [`STRIDE`] entries, to go back to.
    marks: Vec<Cursor>,
}

/// A place between two entries of a table.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    /// The entry before it.
    entry: Entry,
    /// How many entries are before it.
    count: usize,
    /// Bytes of the table before it.
    bytes: usize,
    /// Where the entry before it ends.
    next: u32,
    line: i64,
}

/// Where a line begins.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// Offset of the code.
    start: u32,
    /// 0 where none is known.
    line: u32,
    /// From 1; 0 where none is known.
    column: u32,
}

/// A table in its version's form.
pub(super) struct Table<'c> {
    bytes: &'c [u8],
    version: Version,
    /// The line of `def`.
    first: u32,
}

impl Lines {
    /// Line and column of the instruction at `at`; 0 where none is known.
    pub(super) fn find(&mut self, table: &Table<'_>, at: u32) -> (u32, u32) {
        let behind = |cursor: &Cursor| cursor.entry.start <= at;
        let mut cursor = match self.cursor.filter(behind) {
            Some(cursor) => cursor,
            None => {
                let mark = self.marks.partition_point(behind).checked_sub(1).and_then(|mark| self.marks.get(mark));
                mark.copied().unwrap_or_else(|| table.begin())
            }
        };
        let mut rest = table.bytes.get(cursor.bytes..).unwrap_or_default().iter();
        while cursor.count < MAX_LINES && table.next(&mut rest, &mut cursor, at) {
            cursor.count = cursor.count.saturating_add(1);
            if cursor.count.is_multiple_of(STRIDE) && cursor.count / STRIDE > self.marks.len() {
                cursor.bytes = table.bytes.len().saturating_sub(rest.as_slice().len());
                self.marks.push(cursor);
            }
        }
        cursor.bytes = table.bytes.len().saturating_sub(rest.as_slice().len());
        self.cursor = Some(cursor);
        (cursor.entry.line, cursor.entry.column)
    }
}

impl<'c> Table<'c> {
    pub(super) fn of(code: &'c Code, version: Version) -> Self {
        Self { bytes: &code.lines, version, first: code.numbers.line }
    }

    /// Up to 3.10 the code begins on the line of `def`, whatever the table says.
    fn begin(&self) -> Cursor {
        let line = if self.version >= Version::V3_11 { 0 } else { self.first };
        let entry = Entry { line, ..Entry::default() };
        Cursor { entry, count: 0, bytes: 0, next: 0, line: i64::from(self.first) }
    }

    /// Reads the next entry, if there is one that begins up to `at`.
    fn next(&self, bytes: &mut Bytes<'_>, cursor: &mut Cursor, at: u32) -> bool {
        match self.version {
            Version::V2_7 | Version::V3_6 | Version::V3_7 | Version::V3_8 | Version::V3_9 | Version::V3_10 => {
                self.pair(bytes, cursor, at)
            }
            _ => location(bytes, cursor, at),
        }
    }

    /// A pair of bytes: how far the offset and the line go. In 3.10 (PEP 626) the line comes first, and -128 is none.
    fn pair(&self, bytes: &mut Bytes<'_>, cursor: &mut Cursor, at: u32) -> bool {
        let [offset, delta, rest @ ..] = bytes.as_slice() else { return false };
        let ranges = self.version == Version::V3_10;
        let end = cursor.next.saturating_add(u32::from(*offset));
        let start = if ranges { cursor.next } else { end };
        if start > at {
            return false;
        }
        *bytes = rest.iter();
        let go = if self.version == Version::V2_7 { i64::from(*delta) } else { i64::from(delta.cast_signed()) };
        let known = !ranges || go != -128;
        if known {
            cursor.line = cursor.line.saturating_add(go);
        }
        cursor.next = end;
        cursor.entry = Entry { start, line: shown(cursor.line, known), column: 0 };
        true
    }
}

/// What is left of a table.
type Bytes<'a> = std::slice::Iter<'a, u8>;

/// An entry of the location table (`Objects/locations.md`): a head byte and numbers behind it.
fn location(bytes: &mut Bytes<'_>, cursor: &mut Cursor, at: u32) -> bool {
    let start = cursor.next;
    let Some(head) = bytes.as_slice().first().copied().filter(|_| start <= at) else { return false };
    bytes.next();
    let kind = head >> 3 & 15;
    let mut byte = || bytes.next().copied().map_or(0, u32::from);
    let mut column = 0_u32;
    match kind {
        15 => {}
        14 => {
            cursor.line = cursor.line.saturating_add(signed(bytes));
            unsigned(bytes);
            column = u32::try_from(unsigned(bytes)).unwrap_or(0);
            unsigned(bytes);
        }
        13 => cursor.line = cursor.line.saturating_add(signed(bytes)),
        10..=12 => {
            cursor.line = cursor.line.saturating_add(i64::from(kind.saturating_sub(10)));
            column = byte().saturating_add(1);
            byte();
        }
        short => column = (u32::from(short) << 3 | byte() >> 4).saturating_add(1),
    }
    cursor.next = start.saturating_add(u32::from(head & 7).saturating_add(1).saturating_mul(2));
    cursor.entry = Entry { start, line: shown(cursor.line, kind != 15), column };
    true
}

/// A line as it is told; 0 is none.
fn shown(line: i64, known: bool) -> u32 {
    if known { u32::try_from(line).unwrap_or(0) } else { 0 }
}

fn unsigned(bytes: &mut Bytes<'_>) -> u64 {
    let (mut value, mut shift) = (0_u64, 0_u32);
    for byte in bytes {
        value |= u64::from(byte & 63).checked_shl(shift).unwrap_or(0);
        shift = shift.saturating_add(6);
        if byte & 64 == 0 {
            break;
        }
    }
    value
}

fn signed(bytes: &mut Bytes<'_>) -> i64 {
    let value = unsigned(bytes);
    let size = i64::try_from(value >> 1).unwrap_or(0);
    if value & 1 == 1 { size.saturating_neg() } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table, entry by entry.
    fn entries(table: &Table<'_>) -> Vec<Entry> {
        let mut cursor = table.begin();
        let mut rest = table.bytes.iter();
        let first = cursor.entry;
        let next = || table.next(&mut rest, &mut cursor, u32::MAX).then_some(cursor.entry);
        std::iter::once(first).chain(std::iter::from_fn(next)).collect()
    }

    /// Asked in any order, a table answers as it does when all of it was read before.
    #[test]
    fn what_is_asked_in_any_order_is_found() {
        let noise: Vec<u8> = (0..1_500_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for version in Version::ALL.iter().copied() {
            let table = Table { bytes: &noise, version, first: 7 };
            let all = entries(&table);
            assert!(all.len() > 4 * STRIDE && all.is_sorted_by_key(|entry| entry.start), "{version:?}");
            let mut lines = Lines::default();
            for step in 0..4_000_u32 {
                let at = step.wrapping_mul(7_919) % 5_000;
                let before = all.iter().rfind(|entry| entry.start <= at);
                assert_eq!(
                    Some(lines.find(&table, at)),
                    before.map(|entry| (entry.line, entry.column)),
                    "{version:?} {at}"
                );
            }
        }
    }
}
