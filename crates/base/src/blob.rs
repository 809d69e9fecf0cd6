//! A cheap window over a shared source: slicing never copies.

use std::{borrow::Cow, io, ops::Range, sync::Arc};

use crate::{
    reason::Reason,
    source::{Access, Passing, Source},
};

/// A window over an `Arc<dyn Source>`.
#[derive(Clone)]
pub struct Blob {
    source: Arc<dyn Source>,
    start: u64,
    /// `None` while the window is open-ended over a forward source.
    len: Option<u64>,
}

impl Blob {
    /// The whole of a source.
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self { source, start: 0, len: None }
    }

    /// Bytes in memory.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(Arc::new(bytes.into()))
    }

    /// The length in bytes; `None` for an open-ended forward source.
    pub fn len(&self) -> Option<u64> {
        self.len.or_else(|| self.source.len().map(|len| len.saturating_sub(self.start)))
    }

    /// Whether it is known to hold nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// How the source below likes to be read.
    pub fn access(&self) -> Access {
        self.source.access()
    }

    /// Whether the source below still holds what it held when it was opened.
    pub fn unchanged(&self) -> bool {
        self.source.unchanged()
    }

    /// Why the source below ends too early, if it does.
    pub fn cut_short(&self) -> Option<Reason> {
        self.source.cut_short()
    }

    /// The part `range` of this blob, cut where the blob ends. `None` when the start lies beyond the end.
    pub fn slice(&self, range: Range<u64>) -> Option<Self> {
        let end = self.len().map_or(range.end, |len| range.end.min(len));
        let len = end.checked_sub(range.start)?;
        Some(Self { source: self.source.clone(), start: self.start.checked_add(range.start)?, len: Some(len) })
    }

    /// The rest of this blob from `offset`, open-ended where the blob is.
    pub fn from(&self, offset: u64) -> Option<Self> {
        let len = match self.len {
            Some(len) => Some(len.checked_sub(offset)?),
            None => None,
        };
        Some(Self { source: self.source.clone(), start: self.start.checked_add(offset)?, len })
    }

    /// Reads at `offset`; 0 bytes only at the end (or for an empty buffer).
    pub fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let room = self.len.map_or(u64::MAX, |len| len.saturating_sub(offset));
        let count = into.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let Some(into) = into.get_mut(..count) else {
            return Ok(0);
        };
        let at = self.start.checked_add(offset).ok_or(io::ErrorKind::InvalidInput)?;
        self.source.read_at(at, into)
    }

    /// Fills `into` from `offset` as far as there are bytes; returns how many. What came before an error is given first:
    /// whoever reads on is told of the error then.
    pub fn fill_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut done = 0_usize;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(done as u64);
            match self.read_at(at, rest) {
                Ok(0) => break,
                Ok(count) => done = done.saturating_add(count),
                Err(_) if done > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// At most `count` bytes from `offset`, read now.
    pub fn bytes_at(&self, offset: u64, count: usize) -> io::Result<Vec<u8>> {
        Ok(self.look_at(offset, count)?.into_owned())
    }

    /// At most `count` bytes from `offset`: where they lie in memory, or read now.
    pub fn look_at(&self, offset: u64, count: usize) -> io::Result<Cow<'_, [u8]>> {
        if let Some(all) = self.memory() {
            let rest = usize::try_from(offset).ok().and_then(|offset| all.get(offset..)).unwrap_or_default();
            return Ok(Cow::Borrowed(rest.get(..count).unwrap_or(rest)));
        }
        let room = self.len().map_or(count, |len| usize::try_from(len.saturating_sub(offset)).unwrap_or(usize::MAX));
        let mut bytes = vec![0; count.min(room)];
        let done = self.fill_at(offset, &mut bytes)?;
        bytes.truncate(done);
        Ok(Cow::Owned(bytes))
    }

    /// Bytes from `offset` on that another reading of the source just fetched, if one did.
    pub fn passing(&self, offset: u64) -> Option<Passing> {
        let room = self.len()?.checked_sub(offset).filter(|room| *room > 0)?;
        self.source.passing(self.start.checked_add(offset)?).map(|passing| passing.cut(room))
    }

    /// The bytes themselves, where they lie in memory.
    pub fn memory(&self) -> Option<&[u8]> {
        let all = self.source.memory()?;
        let start = usize::try_from(self.start).ok()?;
        let end = start.checked_add(usize::try_from(self.len()?).ok()?)?;
        all.get(start..end)
    }
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blob").field("start", &self.start).field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three bytes, and then an error.
    struct Breaks;

    impl Source for Breaks {
        fn len(&self) -> Option<u64> {
            None
        }

        fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
            match (offset < 3, into.first_mut()) {
                (true, Some(byte)) => {
                    *byte = 7;
                    Ok(1)
                }
                _ => Err(io::Error::other("broken")),
            }
        }

        fn access(&self) -> Access {
            Access::Forward
        }
    }

    #[test]
    fn what_came_before_an_error_is_given_first() {
        let blob = Blob::new(Arc::new(Breaks));
        assert_eq!(blob.bytes_at(0, 9).unwrap(), [7, 7, 7]);
        assert!(blob.bytes_at(3, 9).is_err());
    }

    #[test]
    fn slices_are_windows_and_cut_at_the_end() {
        let blob = Blob::from_bytes(*b"0123456789");
        let middle = blob.slice(2..6).unwrap();
        assert_eq!(middle.memory(), Some(&b"2345"[..]));
        assert_eq!(middle.slice(1..99).unwrap().bytes_at(0, 9).unwrap(), b"345");
        assert_eq!(middle.bytes_at(3, 9).unwrap(), b"5");
        assert_eq!(middle.bytes_at(1, 2).unwrap(), b"34");
        assert!(middle.bytes_at(9, 9).unwrap().is_empty());
        assert!(blob.slice(11..12).is_none());
        assert_eq!(blob.from(8).unwrap().bytes_at(0, 9).unwrap(), b"89");
    }
}
