//! Serialised objects and tables of other ecosystems.

use base::format::Head;

use super::{has, inside, u32_at, u64_at};

/// MAT-file level 5: a text header, version and byte order at 124.
pub(super) fn matlab(head: &Head<'_>) -> bool {
    head.starts(b"MATLAB 5.0 MAT-file") && matches!(head.at(124, 4), Some(b"\0\x01IM" | b"\x01\0MI"))
}

/// The magic at both ends; `PARE` when the footer is encrypted.
pub(super) fn parquet(head: &Head<'_>) -> bool {
    let both = |magic: &[u8]| head.starts(magic) && (head.last.is_empty() || head.last.ends_with(magic));
    (both(b"PAR1") || both(b"PARE")) && inside(head, 11)
}

/// Arrow IPC file and the older Feather.
pub(super) fn arrow(head: &Head<'_>) -> bool {
    head.starts(b"ARROW1\0\0") || head.starts(b"FEA1") && head.last.ends_with(b"FEA1") && inside(head, 11)
}

/// Avro object container.
pub(super) fn avro(head: &Head<'_>) -> bool {
    head.starts(b"Obj\x01") && super::weights::contains(head.first, b"avro.schema")
}

/// Magic at the start and in the postscript.
pub(super) fn orc(head: &Head<'_>) -> bool {
    let postscript = head.last.get(head.last.len().saturating_sub(4)..).unwrap_or_default();
    head.starts(b"ORC") && postscript.starts_with(b"ORC") && inside(head, 16)
}

/// The magic of the first meta page, behind a page header of 16 or 12 bytes.
pub(super) fn lmdb(head: &Head<'_>) -> bool {
    [16, 12].into_iter().any(|offset| u32_at(head, offset) == Some(0xbeef_c0de))
}

/// Magics of Berkeley DB at 12, or of version 1 at the start, in either byte order: what no reader takes.
pub(super) fn dbm(head: &Head<'_>) -> bool {
    let berkeley = |magic: u32| matches!(magic, 0x0006_1561 | 0x0005_3162 | 0x0004_2253 | 0x0004_0988);
    let either = |offset| u32_at(head, offset).is_some_and(|magic| berkeley(magic) || berkeley(magic.swap_bytes()));
    (either(0) || either(12)) && (crate::store::berkeley::FORMAT.detect)(head).is_none()
}

/// The magic that ends a LevelDB table.
pub(super) fn leveldb_table(head: &Head<'_>) -> bool {
    head.last.ends_with(&0xdb47_7524_8b80_fb57_u64.to_le_bytes()) && inside(head, 47)
}

/// Manifests and nodes of an optionally cooperative distributed B+tree.
pub(super) fn ocdbt(head: &Head<'_>) -> bool {
    let length = u64_at(head, 4).is_some_and(|length| head.len.is_none_or(|len| len == length));
    (has(head, 0, &[0x0c, 0xdb, 0x3a, 0x2a]) || has(head, 0, &[0x0c, 0xdb, 0x20, 0xde])) && length
}

/// Compound File Binary format, section 2.2.
pub(super) fn ole(head: &Head<'_>) -> bool {
    head.starts(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])
}
