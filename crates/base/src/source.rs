//! Where bytes come from: the one trait that files, memory, ranges and members implement.

use std::{io, ops::Deref, sync::Arc};

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

    /// Bytes from `offset` on that another reading of the source just fetched: looking at them saves fetching them again.
    /// `None` says nothing about the source: whoever wants the bytes reads them. May wait a moment for that other reading.
    fn passing(&self, _offset: u64) -> Option<Passing> {
        None
    }
}

/// A window of a source, shared between those who read it at the same time.
#[derive(Clone, Debug)]
pub struct Passing {
    block: Arc<Vec<u8>>,
    from: usize,
    len: usize,
}

impl Passing {
    /// The bytes of `block` from `from` on; `None` where none are left.
    pub fn new(block: Arc<Vec<u8>>, from: usize) -> Option<Self> {
        let len = block.len().checked_sub(from).filter(|len| *len > 0)?;
        Some(Self { block, from, len })
    }

    /// The first `most` bytes of it.
    pub fn cut(self, most: u64) -> Self {
        let len = self.len.min(usize::try_from(most).unwrap_or(usize::MAX));
        Self { len, ..self }
    }
}

impl Deref for Passing {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.block.get(self.from..).and_then(|rest| rest.get(..self.len)).unwrap_or_default()
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
