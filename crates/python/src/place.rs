//! Lines and columns of offsets.

use base::location::Place;
use ruff_text_size::{Ranged, TextRange};

/// Where the lines of a text begin.
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    offset: u64,
}

impl<'t> Lines<'t> {
    /// The lines of `text`, which begins `offset` bytes into its artifact.
    pub(crate) fn new(text: &'t str, offset: u64) -> Self {
        let newlines = memchr::memchr_iter(b'\n', text.as_bytes());
        let starts = std::iter::once(0).chain(newlines.map(|at| at.saturating_add(1))).collect();
        Self { text, starts, offset }
    }

    /// The text of `range`.
    pub(crate) fn text(&self, range: TextRange) -> &'t str {
        self.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default()
    }

    /// Line of an offset, from 0.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The place of what spans `node`.
    pub(crate) fn place(&self, node: impl Ranged) -> Place {
        let range = node.range();
        let at = range.start().to_usize();
        let line = self.line(at);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let column = self.text.get(start..at).map_or(0, |before| before.chars().count());
        let number = |count: usize| u32::try_from(count.saturating_add(1)).unwrap_or(u32::MAX);
        Place::bytes(self.offset.saturating_add(at as u64), u64::from(range.len().to_u32()))
            .line(number(line), number(column))
    }
}
