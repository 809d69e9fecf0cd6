//! Archives and images without a reader.

use base::format::Head;

/// ECMA-119, section 8: a volume descriptor in sector 16.
pub(super) fn iso9660(head: &Head<'_>) -> bool {
    head.at(32_769, 5).is_some_and(|magic| magic == b"CD001")
}

/// The superblock of version 4, alone or in a Singularity image behind its header.
pub(super) fn squashfs(head: &Head<'_>) -> bool {
    let version = |at: usize| matches!(head.at(at, 4), Some([4, 0, 0, 0]));
    (head.starts(b"hsqs") || head.starts(b"sqsh")) && version(28)
}

/// lzip, version 1.
pub(super) fn lzip(head: &Head<'_>) -> bool {
    head.starts(b"LZIP\x01")
}
