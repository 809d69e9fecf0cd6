//! An archive inside a member that another reading has given back: it is read there, and the file around it is no archive.

use base::{blob::Blob, sink::Child};

/// `PK\3\4`, with which a zip archive begins.
const FIRST: &[u8] = b"PK\x03\x04";
/// `PK\5\6`: the end of the central directory, of 22 bytes where there is no comment.
const END: &[u8] = b"PK\x05\x06";
const END_SIZE: usize = 22;
/// How far from its end a loader looks for the end of the central directory.
const SEARCHED: u64 = (64 << 10) + END_SIZE as u64;

/// Whether the archive that the end of `blob` shows is the whole of one of these children: a pickle of Keras holds one as bytes.
pub(crate) fn zip_is_a_child(blob: &Blob, children: &[Child]) -> bool {
    let len = blob.len().unwrap_or(0);
    children.iter().any(|child| {
        let (start, end) = (child.place.offset, child.place.offset.saturating_add(child.place.length));
        start > 0 && is_whole_zip(blob, start, end) && !ends_a_zip(blob, end, len)
    })
}

/// The eight bytes with which an HDF5 file begins, at its start or at 512, 1024, 2048 and so on.
const SUPERBLOCK: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Whether the first superblock of HDF5 that a reader finds in `blob` stands inside one of these children.
pub(crate) fn hdf5_is_in_a_child(blob: &Blob, children: &[Child]) -> bool {
    let len = blob.len().unwrap_or(0);
    let offsets =
        std::iter::successors(Some(512_u64), |offset| offset.checked_mul(2)).take_while(|offset| *offset < len);
    let at = |offset: u64| blob.bytes_at(offset, SUPERBLOCK.len()).unwrap_or_default() == SUPERBLOCK;
    let Some(found) = std::iter::once(0).chain(offsets).find(|offset| at(*offset)) else { return false };
    children.iter().any(|child| {
        let (start, end) = (child.place.offset, child.place.offset.saturating_add(child.place.length));
        0 < start && start <= found && found < end
    })
}

/// Whether an archive without comment fills `start..end`: what its end says of the directory fits.
fn is_whole_zip(blob: &Blob, start: u64, end: u64) -> bool {
    let size = end.saturating_sub(start);
    let Some(at) = size.checked_sub(END_SIZE as u64) else {
        return false;
    };
    let read = |offset: u64, count: usize| blob.bytes_at(start.saturating_add(offset), count).unwrap_or_default();
    let (first, last) = (read(0, FIRST.len()), read(at, END_SIZE));
    let number = |from: usize| last.get(from..from.saturating_add(4)).and_then(|bytes| bytes.try_into().ok());
    let directory = number(12).zip(number(16)).map(|(size, offset): ([u8; 4], [u8; 4])| {
        u64::from(u32::from_le_bytes(size)).saturating_add(u64::from(u32::from_le_bytes(offset)))
    });
    first == FIRST && last.starts_with(END) && last.ends_with(&[0, 0]) && directory == Some(at)
}

/// Whether another archive could end in `start..end`.
fn ends_a_zip(blob: &Blob, start: u64, end: u64) -> bool {
    let from = start.max(end.saturating_sub(SEARCHED));
    let count = usize::try_from(end.saturating_sub(from)).unwrap_or(usize::MAX);
    let tail = blob.bytes_at(from, count).unwrap_or_default();
    tail.windows(END.len()).any(|bytes| bytes == END)
}

#[cfg(test)]
mod tests {
    use base::location::Place;

    use super::*;

    fn child(offset: u64, length: usize) -> Vec<Child> {
        vec![Child::window("inner", Place::bytes(offset, length as u64), Blob::from_bytes(Vec::new()))]
    }

    #[test]
    fn a_superblock_in_a_child_is_the_child_s() {
        let file = |at: usize| Blob::from_bytes([&vec![b'x'; at][..], SUPERBLOCK, &[0; 40]].concat());
        assert!(hdf5_is_in_a_child(&file(512), &child(100, 440)));
        assert!(!hdf5_is_in_a_child(&file(512), &child(100, 412)));
        assert!(!hdf5_is_in_a_child(&file(512), &[]));
        assert!(!hdf5_is_in_a_child(&file(513), &child(100, 460)));
        assert!(!hdf5_is_in_a_child(&file(0), &child(1, 40)));
    }

    #[test]
    fn only_an_archive_that_fills_a_child_counts() {
        let zip = testkit::zip::ZipWriter::new().stored("a.txt", b"hello").finish();
        let around = |tail: &[u8]| Blob::from_bytes([b"\x80\x04C", &zip[..], tail].concat());
        assert!(zip_is_a_child(&around(b"."), &child(3, zip.len())));
        assert!(!zip_is_a_child(&around(b"."), &child(3, zip.len() - 1)));
        assert!(!zip_is_a_child(&around(b"."), &child(0, zip.len() + 3)));
        assert!(!zip_is_a_child(&around(b"."), &[]));
        // A second archive behind the first is another reading of the file.
        assert!(!zip_is_a_child(&around(&zip), &child(3, zip.len())));
    }
}
