//! Where bytes come from: the one trait that files, memory, ranges and members implement.

use std::io;

use crate::reason::Reason;

/// How a source likes to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Any offset at any time.
    Random,
    /// From the front to the end; going back beyond its window needs a spool.
    Forward,
}

/// A run of bytes that can be read at an offset. Implementations are immutable from outside and shared between threads.
pub trait Source: Send + Sync {
    /// The length in bytes; `None` for a forward source whose end was not seen yet.
    fn len(&self) -> Option<u64>;

    /// Whether the length is known to be zero.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Reads up to `into.len()` bytes at `offset`; fewer than asked, and at last 0, only at the end.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// How it likes to be read.
    fn access(&self) -> Access {
        Access::Random
    }

    /// Whether the bytes are still those that were there when it was opened: asked after they were read.
    fn unchanged(&self) -> bool {
        true
    }

    /// Why it ends before what it was taken from does, if it does.
    fn cut_short(&self) -> Option<Reason> {
        None
    }

    /// The bytes themselves, where they lie in memory.
    fn memory(&self) -> Option<&[u8]> {
        None
    }
}

impl Source for Vec<u8> {
    fn len(&self) -> Option<u64> {
        u64::try_from(Vec::len(self)).ok()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }

    fn memory(&self) -> Option<&[u8]> {
        Some(self)
    }
}
