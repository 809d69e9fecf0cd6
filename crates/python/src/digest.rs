//! Digests by which repetitions are told: keyed, so that nobody who wrote a file can choose them.

use std::hash::{BuildHasher, Hasher, RandomState};

/// The keys of the digests of one reading.
#[derive(Default)]
pub(crate) struct Keys(RandomState);

impl Keys {
    /// The digest of what `feed` gives.
    pub(crate) fn digest(&self, feed: impl FnOnce(&mut Gathered)) -> u64 {
        let mut gathered = Gathered(Vec::with_capacity(USUAL));
        feed(&mut gathered);
        self.0.hash_one(&*gathered.0)
    }
}

/// Bytes of most calls.
const USUAL: usize = 256;

/// Gathers what it is fed: hashed at once, eight bytes take no longer than one.
pub(crate) struct Gathered(Vec<u8>);

impl Hasher for Gathered {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn write_u8(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Nobody's digest: [`Keys`] hashes what was gathered.
    fn finish(&self) -> u64 {
        self.0.len() as u64
    }
}
