//! The part of the stream that lies in memory while opcodes are executed.

use memchr::memchr;

/// A line that is longer is handled outside the window.
pub(crate) const LONG_LINE: usize = 60_000;

/// A window on the stream and a position inside.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'w> {
    window: &'w [u8],
    /// The next byte to be read.
    pub(crate) at: usize,
    /// Offset of the window in the artifact.
    pub(crate) base: u64,
    /// Whether the stream ends with the window.
    pub(crate) ended: bool,
}

/// What looking for a line gave.
pub(crate) enum Line<'w> {
    /// The line without its newline; at the end of the stream without its last byte, as the unpickler chops it.
    Whole(&'w [u8]),
    /// The window ends before the line.
    More,
    /// The line is too long for a window.
    Long,
}

impl<'w> Cursor<'w> {
    /// A cursor at the start of a window.
    pub(crate) fn new(window: &'w [u8], base: u64, ended: bool) -> Self {
        Self { window, at: 0, base, ended }
    }

    /// Offset of the next byte in the artifact.
    #[inline]
    pub(crate) fn offset(&self) -> u64 {
        self.base.wrapping_add(self.at as u64)
    }

    /// Bytes left in the window.
    #[inline]
    pub(crate) fn left(&self) -> usize {
        self.window.len().saturating_sub(self.at)
    }

    /// The next byte.
    #[inline]
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let byte = self.window.get(self.at).copied();
        self.at = self.at.wrapping_add(usize::from(byte.is_some()));
        byte
    }

    /// The next `N` bytes.
    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = *self.window.get(self.at..)?.first_chunk::<N>()?;
        self.at = self.at.wrapping_add(N);
        Some(bytes)
    }

    /// The next `N` bytes, which stay the next ones.
    #[inline]
    pub(crate) fn ahead<const N: usize>(&self) -> Option<[u8; N]> {
        self.window.get(self.at..)?.first_chunk::<N>().copied()
    }

    /// The next `count` bytes.
    #[inline]
    pub(crate) fn take(&mut self, count: usize) -> Option<&'w [u8]> {
        let end = self.at.checked_add(count)?;
        let bytes = self.window.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    /// The next line, which is consumed with its newline.
    pub(crate) fn line(&mut self) -> Line<'w> {
        let rest = self.window.get(self.at..).unwrap_or_default();
        match memchr(b'\n', rest) {
            Some(end) => {
                self.at = self.at.saturating_add(end).saturating_add(1);
                Line::Whole(rest.get(..end).unwrap_or_default())
            }
            None if rest.len() > LONG_LINE => Line::Long,
            None if self.ended && !rest.is_empty() => {
                self.at = self.window.len();
                Line::Whole(rest.get(..rest.len().saturating_sub(1)).unwrap_or_default())
            }
            None => Line::More,
        }
    }
}
