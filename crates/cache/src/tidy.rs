//! What a cache holds, and how it becomes smaller.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::store::Store;

/// What a cache holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries, partial ones that somebody left behind included.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
}

struct Entry {
    path: PathBuf,
    bytes: u64,
    written: SystemTime,
}

impl Store {
    /// What the cache in `folder` holds, without a key being made or read.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn stats(folder: &Path) -> io::Result<Stats> {
        Ok(sum(&entries(folder)?))
    }

    /// Removes every entry of the cache in `folder`; the key stays. Returns what was removed.
    ///
    /// # Errors
    /// A folder that cannot be read, an entry that cannot be removed.
    pub fn clear(folder: &Path) -> io::Result<Stats> {
        remove(folder, entries(folder)?)
    }

    /// Removes entries that were written before `oldest`, then the oldest ones until at most `most` bytes are left.
    ///
    /// # Errors
    /// As those of [`Store::clear`].
    pub fn prune(folder: &Path, oldest: Option<SystemTime>, most: Option<u64>) -> io::Result<Stats> {
        let mut all = entries(folder)?;
        all.sort_by_key(|entry| entry.written);
        let mut left = sum(&all).bytes;
        let mut gone = Vec::new();
        for entry in all {
            let old = oldest.is_some_and(|oldest| entry.written < oldest);
            if old || most.is_some_and(|most| left > most) {
                left = left.saturating_sub(entry.bytes);
                gone.push(entry);
            }
        }
        remove(folder, gone)
    }
}

fn sum(entries: &[Entry]) -> Stats {
    let add = |sum: u64, entry: &Entry| sum.saturating_add(entry.bytes);
    Stats { entries: entries.len() as u64, bytes: entries.iter().fold(0, add) }
}

/// Every file below `entries`; none where nothing was ever kept.
fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    let groups = match fs::read_dir(folder.join("entries")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        groups => groups?,
    };
    for group in groups {
        let group = group?;
        if !group.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(group.path())? {
            let file = file?;
            // Another process may have removed it.
            let Ok(metadata) = file.metadata() else { continue };
            if metadata.is_file() {
                found.push(Entry { path: file.path(), bytes: metadata.len(), written: metadata.modified()? });
            }
        }
    }
    Ok(found)
}

fn remove(folder: &Path, gone: Vec<Entry>) -> io::Result<Stats> {
    let stats = sum(&gone);
    for entry in gone {
        match fs::remove_file(&entry.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    // Empty groups go too; one that is being written to stays.
    if let Ok(groups) = fs::read_dir(folder.join("entries")) {
        for group in groups.flatten() {
            let _ = fs::remove_dir(group.path());
        }
    }
    Ok(stats)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base::memory::Memory;

    use super::*;

    #[test]
    fn old_and_surplus_entries_go() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Store::stats(folder.path()).unwrap(), Stats::default());
        let store = Store::open(folder.path()).unwrap();
        let now = SystemTime::now();
        for (age, key) in [(300, "a"), (200, "b"), (100, "c")] {
            store.keep("aa", key, b"12345678");
            let file = fs::File::options().write(true).open(folder.path().join("entries/aa").join(key)).unwrap();
            file.set_modified(now - Duration::from_secs(age)).unwrap();
        }
        assert_eq!(Store::stats(folder.path()).unwrap(), Stats { entries: 3, bytes: 144 });
        let gone = Store::prune(folder.path(), Some(now - Duration::from_secs(250)), None).unwrap();
        assert_eq!(gone.entries, 1);
        assert!(store.recall("aa", "a").is_none() && store.recall("aa", "b").is_some());
        assert_eq!(Store::prune(folder.path(), None, Some(50)).unwrap().entries, 1);
        assert!(store.recall("aa", "b").is_none() && store.recall("aa", "c").is_some());
        assert_eq!(Store::clear(folder.path()).unwrap().entries, 1);
        assert!(!store.knows("aa") && folder.path().join("key").exists());
    }
}
