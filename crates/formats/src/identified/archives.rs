//! Archives and images without a reader.

use base::format::Head;

/// RAR 1.5 to 4, RAR 5.
pub(super) fn rar(head: &Head<'_>) -> bool {
    head.starts(b"Rar!\x1a\x07\0") || head.starts(b"Rar!\x1a\x07\x01\0")
}

/// [MS-CAB], section 2.3: signature, a reserved zero and version 1.3.
pub(super) fn cabinet(head: &Head<'_>) -> bool {
    head.starts(b"MSCF\0\0\0\0") && matches!(head.at(24, 2), Some([3, 1]))
}

/// ECMA-119, section 8: a volume descriptor in sector 16.
pub(super) fn iso9660(head: &Head<'_>) -> bool {
    head.at(32_769, 5).is_some_and(|magic| magic == b"CD001")
}

/// The superblock of version 4, alone or in a Singularity image behind its header.
pub(super) fn squashfs(head: &Head<'_>) -> bool {
    let version = |at: usize| matches!(head.at(at, 4), Some([4, 0, 0, 0]));
    (head.starts(b"hsqs") || head.starts(b"sqsh")) && version(28)
}

/// LZW of compress(1): magic and 9 to 16 bits.
pub(super) fn compress(head: &Head<'_>) -> bool {
    head.starts(&[0x1f, 0x9d]) && head.first.get(2).is_some_and(|flags| (9..=16).contains(&(flags & 0x1f)))
}

/// lzip, version 1.
pub(super) fn lzip(head: &Head<'_>) -> bool {
    head.starts(b"LZIP\x01")
}
