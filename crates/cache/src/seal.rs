//! The key of a cache and the seal of its entries: BLAKE3 keyed with 32 random bytes that only the user can read.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use crate::store::partial;

/// Bytes of a key and of a seal.
const SIZE: usize = 32;
/// What an entry begins with; the number changes with its structure.
const MAGIC: &[u8; 8] = b"MWCACHE1";

/// The key of a cache.
#[derive(Clone)]
pub(crate) struct Seal([u8; SIZE]);

impl Seal {
    /// The key in `folder`, made where there is none. Of several that make one at a time, one wins and all use it.
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        let path = folder.join("key");
        if !path.exists() {
            let mut key = [0; SIZE];
            File::open("/dev/urandom")?.read_exact(&mut key)?;
            let mut own = partial(folder)?;
            own.write_all(&key)?;
            match own.persist_noclobber(&path) {
                Err(refused) if refused.error.kind() != io::ErrorKind::AlreadyExists => return Err(refused.error),
                _ => {}
            }
        }
        Self::read(&path)
    }

    fn read(path: &Path) -> io::Result<Self> {
        let refuse = |why: &str| io::Error::other(format!("{}: {why}; remove it", path.display()));
        let metadata = fs::symlink_metadata(path)?;
        if !metadata.is_file() || metadata.len() != SIZE as u64 {
            return Err(refuse("is not a key"));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(refuse("can be read by others"));
        }
        let mut key = [0; SIZE];
        let mut file = File::open(path)?;
        if file.metadata()?.ino() != metadata.ino() {
            return Err(refuse("changed"));
        }
        file.read_exact(&mut key)?;
        Ok(Self(key))
    }

    /// The bytes of an entry: magic, seal, content.
    pub(crate) fn close(&self, group: &str, key: &str, content: &[u8]) -> Vec<u8> {
        let sum = self.sum(group, key, content);
        [MAGIC, sum.as_bytes().as_slice(), content].concat()
    }

    /// The content of an entry whose seal is whole.
    pub(crate) fn open(&self, group: &str, key: &str, entry: &[u8]) -> Option<Vec<u8>> {
        let (sum, content) = entry.strip_prefix(MAGIC)?.split_first_chunk::<SIZE>()?;
        // Hashes compare in constant time.
        (self.sum(group, key, content) == *sum).then(|| content.to_vec())
    }

    /// The seal says also what the entry is an answer to: an entry that was moved is refused.
    fn sum(&self, group: &str, key: &str, content: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in [group.as_bytes(), key.as_bytes(), content] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.finalize()
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}
