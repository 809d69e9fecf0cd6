//! A value that lies in pieces: read as one.

use std::{io, ops::Range, sync::Arc};

use base::{blob::Blob, source::Source};

/// Pieces of a file in the order in which they make a value.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans {
    parts: Vec<Range<u64>>,
    len: u64,
}

impl Spans {
    pub(super) fn one(range: Range<u64>) -> Self {
        let mut spans = Self::default();
        spans.push(range);
        spans
    }

    pub(super) fn push(&mut self, range: Range<u64>) {
        let len = range.end.saturating_sub(range.start);
        if len > 0 {
            self.len = self.len.saturating_add(len);
            self.parts.push(range);
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The pieces.
    pub(super) fn parts(&self) -> &[Range<u64>] {
        &self.parts
    }

    /// The part `range` of the value.
    pub(super) fn cut(&self, range: Range<u64>) -> Self {
        let mut cut = Self::default();
        let mut at = 0_u64;
        for part in &self.parts {
            let next = at.saturating_add(part.end.saturating_sub(part.start));
            let (from, to) = (range.start.max(at), range.end.min(next));
            if from < to {
                let start = part.start.saturating_add(from.saturating_sub(at));
                cut.push(start..start.saturating_add(to.saturating_sub(from)));
            }
            at = next;
        }
        cut
    }

    /// The value as a blob: a window where it lies in one piece.
    pub(super) fn blob(&self, file: &Blob) -> Blob {
        if let [part] = &*self.parts
            && let Some(window) = file.slice(part.clone())
        {
            return window;
        }
        Blob::new(Arc::new(Joined { file: file.clone(), spans: self.clone() }))
    }
}

/// Pieces of a file as one blob.
pub(crate) fn joined(file: &Blob, parts: Vec<Range<u64>>) -> Blob {
    let mut spans = Spans::default();
    parts.into_iter().for_each(|part| spans.push(part));
    spans.blob(file)
}

struct Joined {
    file: Blob,
    spans: Spans,
}

impl Source for Joined {
    fn len(&self) -> Option<u64> {
        Some(self.spans.len)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut at = 0_u64;
        for part in &self.spans.parts {
            let next = at.saturating_add(part.end.saturating_sub(part.start));
            if offset < next {
                let within = offset.saturating_sub(at);
                let room = usize::try_from(next.saturating_sub(offset)).unwrap_or(usize::MAX).min(into.len());
                let into = into.get_mut(..room).unwrap_or_default();
                return self.file.read_at(part.start.saturating_add(within), into);
            }
            at = next;
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_read_as_one_and_are_cut() {
        let file = Blob::from_bytes(*b"0123456789");
        let mut spans = Spans::one(7..10);
        spans.push(0..2);
        assert_eq!(spans.blob(&file).bytes_at(0, 9).unwrap(), b"78901");
        assert_eq!(spans.cut(2..4).blob(&file).bytes_at(0, 9).unwrap(), b"90");
        assert_eq!(spans.cut(3..9).parts().first(), Some(&(0..2)));
    }
}
