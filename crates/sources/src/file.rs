//! A regular file as a source: opened once, read by position, its identity remembered.

use std::{
    fs::{File, Metadata},
    io,
    os::unix::fs::{FileExt, MetadataExt},
    sync::Arc,
};

use base::{artifact::Body, blob::Blob, reason::Reason, source::Source};

/// Files up to this size are read at once: hash, detection and readers then see the very same bytes.
const WHOLE: u64 = 1 << 20;

/// An open file. Never mapped: a file cut short under a map is a SIGBUS.
struct OpenFile {
    file: File,
    len: u64,
    opened: Identity,
}

impl OpenFile {
    /// Why its length cannot be believed, if it cannot: files that the kernel or a driver makes up as they are read (those
    /// of `/proc`, some of user-space file systems) call themselves empty and are not.
    fn holds_more(&self) -> Option<Reason> {
        loop {
            return match self.file.read_at(&mut [0], self.len) {
                Ok(0) => None,
                Ok(_) if self.len == 0 => Some(Reason::SpecialFile),
                Ok(_) => Some(Reason::Changed),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => Some(Reason::Unreadable),
            };
        }
    }
}

impl Source for OpenFile {
    fn len(&self) -> Option<u64> {
        Some(self.len)
    }

    fn unchanged(&self) -> bool {
        self.file.metadata().is_ok_and(|metadata| Identity::of(&metadata) == self.opened)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = into.len().min(room);
        let into = into.get_mut(..count).unwrap_or_default();
        loop {
            match self.file.read_at(into, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The length was promised to the ledger: a file that became shorter is an error, not an end.
                Ok(0) if count > 0 => return Err(io::Error::other("the file became shorter while it was read")),
                result => return result,
            }
        }
    }
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    /// The identity in a `stat`.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// An opened file as a body, with its identity. Only regular files are read.
pub(crate) fn body(file: File) -> Result<(Body, Identity), Reason> {
    let metadata = file.metadata().map_err(|_| Reason::Unreadable)?;
    if !metadata.is_file() {
        return Err(Reason::SpecialFile);
    }
    let identity = Identity::of(&metadata);
    let open = OpenFile { file, len: metadata.len(), opened: identity };
    if let Some(reason) = open.holds_more() {
        return Err(reason);
    }
    let blob = if open.len <= WHOLE {
        Blob::from_bytes(whole(&open).map_err(|_| Reason::Changed)?)
    } else {
        Blob::new(Arc::new(open))
    };
    Ok((Body::Blob(blob), identity))
}

/// All bytes of a small file.
fn whole(file: &OpenFile) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(file.len).unwrap_or(0)];
    let mut done = 0_usize;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        done = done.saturating_add(file.read_at(done as u64, rest)?);
    }
    Ok(bytes)
}
