//! Archives and images without a reader.

use base::format::Head;

/// SquashFS before version 4 on big-endian machines.
pub(super) fn squashfs(head: &Head<'_>) -> bool {
    head.starts(b"sqsh")
}
