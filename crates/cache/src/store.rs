//! The folder of a cache: `key`, and `entries/<group>/<key>`.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use base::memory::Memory;
use tempfile::NamedTempFile;

use crate::seal::Seal;

/// Bytes of the largest entry that is read.
const LARGEST: u64 = 8 << 20;

/// A cache in a folder. Whatever goes wrong with an entry, it is as if there were none.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    seal: Seal,
    written: AtomicU64,
}

impl Store {
    /// The cache in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// A folder or a key that cannot be made or read, or a key that others can read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder.join("entries"))?;
        Ok(Self { folder: folder.to_owned(), seal: Seal::of(folder)?, written: AtomicU64::new(0) })
    }

    /// How many entries were written through this.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    fn group(&self, group: &str) -> PathBuf {
        self.folder.join("entries").join(group)
    }

    fn read(&self, group: &str, key: &str) -> io::Result<Vec<u8>> {
        let path = self.group(group).join(key);
        // Neither a link nor a pipe: what is opened is what was put there.
        if !fs::symlink_metadata(&path)?.is_file() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut bytes = Vec::new();
        File::open(&path)?.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn write(&self, group: &str, key: &str, entry: &[u8]) -> io::Result<()> {
        let folder = self.group(group);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let mut partial = partial(&folder)?;
        partial.write_all(entry)?;
        partial.persist(folder.join(key)).map(drop).map_err(Into::into)
    }
}

/// A file of a name of its own in `folder`, removed unless it is given another. Process ids would not do for names:
/// threads share one, and so do the first processes of two containers over one folder.
pub(crate) fn partial(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".").suffix(".partial").tempfile_in(folder)
}

/// Names of entries are made by the program and hold hexadecimal digits only; anything else could name another place.
fn plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 128 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Memory for Store {
    fn knows(&self, group: &str) -> bool {
        plain(group) && self.group(group).is_dir()
    }

    fn recall(&self, group: &str, key: &str) -> Option<Vec<u8>> {
        if !plain(group) || !plain(key) {
            return None;
        }
        let entry = self.read(group, key).ok()?;
        let content = self.seal.open(group, key, &entry);
        if content.is_none() {
            let _ = fs::remove_file(self.group(group).join(key));
        }
        content
    }

    fn keep(&self, group: &str, key: &str, bytes: &[u8]) {
        if plain(group) && plain(key) && self.write(group, key, &self.seal.close(group, key, bytes)).is_ok() {
            self.written.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_kept_is_recalled_by_another_that_has_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert!(!store.knows("aa") && store.recall("aa", "bb").is_none());
        store.keep("aa", "bb", b"content");
        let other = Store::open(folder.path()).unwrap();
        assert!(other.knows("aa"));
        assert_eq!(other.recall("aa", "bb").as_deref(), Some(&b"content"[..]));
        assert_eq!((store.written(), other.written()), (1, 0));
        let mode = fs::metadata(folder.path().join("key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_entry_that_was_changed_moved_or_forged_is_refused_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.keep("aa", "bb", b"content");
        let path = folder.path().join("entries/aa/bb");
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, bad).unwrap();
            assert_eq!(store.recall("aa", "bb"), None, "byte {at}");
            assert!(!path.exists());
        }
        for length in 0..good.len() {
            fs::write(&path, &good[..length]).unwrap();
            assert_eq!(store.recall("aa", "bb"), None, "length {length}");
        }
        fs::write(&path, &good).unwrap();
        fs::copy(&path, folder.path().join("entries/aa/cc")).unwrap();
        assert_eq!(store.recall("aa", "cc"), None);
        assert!(store.recall("aa", "bb").is_some());
        fs::remove_file(folder.path().join("key")).unwrap();
        assert_eq!(Store::open(folder.path()).unwrap().recall("aa", "bb"), None);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path()).unwrap();
        let key = folder.path().join("key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Store::open(folder.path()).unwrap_err().to_string().contains("can be read by others"));
        fs::remove_file(&key).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &key).unwrap();
        assert!(Store::open(folder.path()).is_err());
    }

    #[test]
    fn names_lead_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.keep("..", "key", b"x");
        store.keep("aa", "../../key", b"x");
        assert!(!store.knows("..") && store.recall("..", "key").is_none());
        assert_eq!(fs::metadata(folder.path().join("key")).unwrap().len(), 32);
    }

    #[test]
    fn several_at_a_time_agree_on_one_key() {
        let work = |folder: &Path, id: usize| {
            let store = Store::open(folder).unwrap();
            for round in 0..5_usize {
                let key = format!("{round:x}");
                store.keep("aa", &key, format!("content {round}").as_bytes());
                let found = store.recall("aa", &key);
                assert_eq!(found.as_deref(), Some(format!("content {round}").as_bytes()), "{id}");
            }
        };
        // The key is made once for each folder: many folders, many chances to make it twice.
        for _ in 0..100 {
            let folder = tempfile::tempdir().unwrap();
            let start = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for id in 0..4 {
                    let (folder, start) = (folder.path(), &start);
                    scope.spawn(move || {
                        start.wait();
                        work(folder, id);
                    });
                }
            });
            let left = fs::read_dir(folder.path().join("entries/aa")).unwrap().count();
            assert_eq!((left, fs::read_dir(folder.path()).unwrap().count()), (5, 2), "nothing partial is left");
        }
    }
}
