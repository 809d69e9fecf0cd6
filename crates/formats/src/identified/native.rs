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

/// MS-SHLLINK, section 2.1: header size and class identifier.
pub(super) fn windows_shortcut(head: &Head<'_>) -> bool {
    head.starts(&[0x4c, 0, 0, 0, 1, 0x14, 2, 0, 0, 0, 0, 0, 0xc0])
}
