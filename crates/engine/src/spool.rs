//! Temporary space for a stream that has to be read out of order: a file without a name, gone when it is closed.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use base::{reason::Reason, stop::Stop};

/// Makes names of temporary files differ within a process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// An unlinked temporary file.
pub(crate) struct Spool {
    file: Mutex<File>,
    len: u64,
    most: u64,
}

impl Spool {
    /// A spool in `folder`; `most` = 0 or no folder forbids it.
    pub(crate) fn create(folder: Option<&Path>, most: u64) -> Result<Self, Stop> {
        let folder = folder.filter(|_| most > 0).ok_or(Stop::Limit(Reason::Memory))?;
        let name = format!("modelward-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = folder.join(name);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
        let file = file.map_err(|error| Stop::Io(format!("no temporary file: {error}")))?;
        // Without a name nothing is left behind, whatever ends the process.
        std::fs::remove_file(&path).map_err(|error| Stop::Io(format!("temporary file: {error}")))?;
        Ok(Self { file: Mutex::new(file), len: 0, most })
    }

    /// Adds `block` at the end.
    pub(crate) fn append(&mut self, block: &[u8]) -> Result<(), Stop> {
        self.len = self.len.saturating_add(block.len() as u64);
        if self.len > self.most {
            return Err(Stop::Limit(Reason::Memory));
        }
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        let written = file.seek(SeekFrom::End(0)).and_then(|_| file.write_all(block));
        written.map_err(|error| Stop::Io(format!("temporary file: {error}")))
    }

    /// Reads at `offset`.
    pub(crate) fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read(into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_bytes_within_its_limit_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::create(Some(folder.path()), 8).unwrap();
        spool.append(b"abcd").unwrap();
        spool.append(b"efgh").unwrap();
        let mut into = [0; 4];
        assert_eq!(spool.read_at(3, &mut into).unwrap(), 4);
        assert_eq!(&into, b"defg");
        assert_eq!(spool.append(b"i"), Err(Stop::Limit(Reason::Memory)));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(Spool::create(None, 8).is_err() && Spool::create(Some(folder.path()), 0).is_err());
    }
}
