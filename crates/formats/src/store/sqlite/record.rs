//! Records (section 2.1): a header of types, then the values.

use std::ops::Range;

use super::page::varint;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number,
    Text,
    Bytes,
}

/// A value and its place in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) value: Value,
    pub(super) at: Range<u64>,
}

/// Bytes of a header: SQLite has at most 32,767 columns.
pub(super) const HEADER: usize = 320 << 10;

/// The columns of the record that begins with `bytes` and is `len` bytes long; `None` where it breaks its rules. What is
/// left behind the last value, or lacks, does so too.
pub(super) fn columns(bytes: &[u8], len: u64) -> Option<Vec<Column>> {
    let (size, mut at) = varint(bytes)?;
    let end = usize::try_from(size).ok()?;
    let header = bytes.get(..end)?;
    let mut start = size;
    let mut columns = Vec::new();
    while at < end {
        let (kind, taken) = varint(header.get(at..)?)?;
        at = at.checked_add(taken)?;
        let (value, length) = match kind {
            0 | 8 | 9 => (Value::Number, 0),
            1..=4 => (Value::Number, kind),
            5 => (Value::Number, 6),
            6 | 7 => (Value::Number, 8),
            10 | 11 => return None,
            _ if kind.is_multiple_of(2) => (Value::Bytes, kind.checked_sub(12)? >> 1),
            _ => (Value::Text, kind.checked_sub(13)? >> 1),
        };
        let next = start.checked_add(length).filter(|next| *next <= len)?;
        columns.push(Column { value, at: start..next });
        start = next;
    }
    (start == len).then_some(columns)
}

/// The number in these bytes, as far as it is not negative.
pub(super) fn number(bytes: &[u8]) -> Option<u64> {
    let wide = bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    (bytes.len() <= 8).then_some(wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_give_places() {
        let column = |value, at| Column { value, at };
        assert_eq!(
            columns(b"\x05\x01\x17\x0e\x08A12345B", 12),
            Some(vec![
                column(Value::Number, 5..6),
                column(Value::Text, 6..11),
                column(Value::Bytes, 11..12),
                column(Value::Number, 12..12),
            ])
        );
        assert_eq!(columns(b"\x05\x01\x17\x0e\x08A12345B", 13), None);
        assert_eq!(columns(b"\x02\x0aB", 3), None);
        assert_eq!(columns(b"\x7f\x0aB", 3), None);
    }
}
