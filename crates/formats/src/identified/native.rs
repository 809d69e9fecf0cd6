//! Code for processors and virtual machines.

use base::format::Head;

/// A DOS header that is a shell script at the same time.
pub(super) fn ape(head: &Head<'_>) -> bool {
    head.starts(b"MZqFpD='") || head.starts(b"jartsr='") || head.starts(b"APEDBG='")
}

/// Dalvik executable: magic with a version of three digits.
pub(super) fn dex(head: &Head<'_>) -> bool {
    head.starts(b"dex\n") && matches!(head.at(4, 4), Some([b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', 0]))
}

/// A version that some CPython has had and that is not read, `\r\n`, and a code object behind a header of 8, 12 or 16 bytes.
pub(super) fn pyc(head: &Head<'_>) -> bool {
    let Some([low, high, b'\r', b'\n']) = head.at(0, 4) else {
        return false;
    };
    let version = u16::from_le_bytes([*low, *high]);
    let known = (3000..4000).contains(&version) || (20_000..63_000).contains(&version);
    known
        && !::python::bytecode::is_pyc(head)
        && [8, 12, 16].into_iter().any(|offset| matches!(head.first.get(offset), Some(b'c' | 0xe3)))
}

/// MS-SHLLINK, section 2.1: header size and class identifier.
pub(super) fn windows_shortcut(head: &Head<'_>) -> bool {
    head.starts(&[0x4c, 0, 0, 0, 1, 0x14, 2, 0, 0, 0, 0, 0, 0xc0])
}
