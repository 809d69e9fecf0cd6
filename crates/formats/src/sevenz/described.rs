//! A packed stream with its folder's description in front: what the codec of 7z folders reads.

use std::{io, sync::Arc};

use base::{blob::Blob, source::Source};

/// `description` and then `packed`.
struct Described {
    description: Vec<u8>,
    packed: Blob,
}

/// Puts a description in front of a packed stream.
pub(crate) fn described(description: Vec<u8>, packed: Blob) -> Blob {
    Blob::new(Arc::new(Described { description, packed }))
}

impl Source for Described {
    fn len(&self) -> Option<u64> {
        self.packed.len()?.checked_add(self.description.len() as u64)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        match offset.checked_sub(self.description.len() as u64) {
            Some(offset) => self.packed.read_at(offset, into),
            None => self.description.read_at(offset, into),
        }
    }
}
