//! The checked reader: every byte of an input goes through it, and no length that the input states is allocated before it is seen.

use crate::{blob::Blob, budget::Meter, source::Access, stop::Stop};

/// Bytes fetched at a time.
const WINDOW: usize = 256 << 10;
/// Bytes fetched at a time from a stream, where more would have to be decoded first.
const STRETCH: usize = 64 << 10;

/// A buffered, checked reader over a blob that names what it was reading when something is missing.
///
/// Offsets are in the artifact's own bytes. It never claims coverage: the parser does.
pub struct Reader<'a> {
    blob: &'a Blob,
    meter: Meter,
    buffer: Vec<u8>,
    /// Offset of the buffer's first byte.
    base: u64,
    position: usize,
}

macro_rules! integers {
    ($($name:ident $type:ty, $from:ident, $doc:literal;)+) => {
        $(#[doc = $doc]
        pub fn $name(&mut self, what: &str) -> Result<$type, Stop> {
            const SIZE: usize = size_of::<$type>();
            let bytes: [u8; SIZE] = self.array(what)?;
            Ok(<$type>::$from(bytes))
        })+
    };
}

impl<'a> Reader<'a> {
    /// A reader at the start of `blob` that pays to `meter`.
    pub fn new(blob: &'a Blob, meter: &Meter) -> Self {
        Self { blob, meter: meter.clone(), buffer: Vec::new(), base: 0, position: 0 }
    }

    /// A reader at `offset`.
    pub fn at(blob: &'a Blob, meter: &Meter, offset: u64) -> Self {
        let mut reader = Self::new(blob, meter);
        reader.base = offset;
        reader
    }

    /// Where the next byte comes from.
    pub fn offset(&self) -> u64 {
        self.base.saturating_add(self.position as u64)
    }

    /// The blob below.
    pub fn blob(&self) -> &'a Blob {
        self.blob
    }

    /// Goes to `offset`, in either direction.
    pub fn seek(&mut self, offset: u64) {
        let inside = offset.checked_sub(self.base).and_then(|delta| usize::try_from(delta).ok());
        match inside.filter(|delta| *delta <= self.buffer.len()) {
            Some(delta) => self.position = delta,
            None => {
                self.buffer.clear();
                self.base = offset;
                self.position = 0;
            }
        }
    }

    /// The bytes that can be had without reading on: at least `count` (at most 64 KiB) unless the end is nearer.
    pub fn peek(&mut self, count: usize) -> Result<&[u8], Stop> {
        if self.buffer.len().saturating_sub(self.position) < count.min(64 << 10) {
            self.refill()?;
        }
        Ok(self.buffer.get(self.position..).unwrap_or_default())
    }

    /// Steps over `count` bytes that were peeked.
    pub fn consume(&mut self, count: usize) {
        self.position = self.position.saturating_add(count).min(self.buffer.len());
    }

    /// Moves what is left to the front and fetches more.
    #[cold]
    fn refill(&mut self) -> Result<(), Stop> {
        self.base = self.offset();
        self.buffer.drain(..self.position.min(self.buffer.len()));
        self.position = 0;
        let kept = self.buffer.len();
        // Small blobs get small buffers: a tree of a thousand tiny members must not cost a thousand windows.
        let rest = self.blob.len().map_or(WINDOW as u64, |len| len.saturating_sub(self.base));
        let most = if self.blob.access() == Access::Random { WINDOW } else { kept.saturating_add(STRETCH) };
        let window = usize::try_from(rest).unwrap_or(WINDOW).min(most).max(kept);
        self.buffer.resize(window, 0);
        let at = self.base.saturating_add(kept as u64);
        let into = self.buffer.get_mut(kept..).unwrap_or_default();
        let read = self.blob.fill_at(at, into);
        let count = *read.as_ref().unwrap_or(&0);
        self.buffer.truncate(kept.saturating_add(count));
        read?;
        self.meter.bytes(count as u64)
    }

    /// Whether no byte is left.
    pub fn at_end(&mut self) -> Result<bool, Stop> {
        Ok(self.peek(1)?.is_empty())
    }

    /// The next byte, or `None` at the end.
    #[inline]
    pub fn next_byte(&mut self) -> Result<Option<u8>, Stop> {
        if let Some(byte) = self.buffer.get(self.position) {
            self.position = self.position.saturating_add(1);
            return Ok(Some(*byte));
        }
        self.refill()?;
        let byte = self.buffer.first().copied();
        self.position = usize::from(byte.is_some());
        Ok(byte)
    }

    /// The next byte.
    #[inline]
    pub fn u8(&mut self, what: &str) -> Result<u8, Stop> {
        match self.next_byte()? {
            Some(byte) => Ok(byte),
            None => Err(self.truncated(what)),
        }
    }

    integers! {
        u16_le u16, from_le_bytes, "A little-endian `u16`.";
        u32_le u32, from_le_bytes, "A little-endian `u32`.";
        u64_le u64, from_le_bytes, "A little-endian `u64`.";
        i32_le i32, from_le_bytes, "A little-endian `i32`.";
        i64_le i64, from_le_bytes, "A little-endian `i64`.";
        u16_be u16, from_be_bytes, "A big-endian `u16`.";
        u32_be u32, from_be_bytes, "A big-endian `u32`.";
        u64_be u64, from_be_bytes, "A big-endian `u64`.";
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Stop> {
        let bytes = self.peek(N)?;
        match bytes.first_chunk::<N>() {
            Some(array) => {
                let array = *array;
                self.consume(N);
                Ok(array)
            }
            None => Err(self.truncated(what)),
        }
    }

    /// Exactly `count` bytes, owned; grows only as the bytes are seen, and the memory is paid to the meter by the caller.
    pub fn take(&mut self, count: u64, what: &str) -> Result<Vec<u8>, Stop> {
        if self.blob.len().is_some_and(|len| len.saturating_sub(self.offset()) < count) {
            return Err(self.truncated(what));
        }
        let mut taken = Vec::new();
        let mut left = count;
        while left > 0 {
            let ask = usize::try_from(left.min(64 << 10)).unwrap_or(64 << 10);
            let seen = self.peek(ask)?;
            if seen.is_empty() {
                return Err(self.truncated(what));
            }
            let count = seen.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            taken.extend_from_slice(seen.get(..count).unwrap_or_default());
            self.consume(count);
            left = left.saturating_sub(count as u64);
        }
        Ok(taken)
    }

    /// Steps over `count` bytes; fails where fewer are left.
    pub fn skip(&mut self, count: u64, what: &str) -> Result<(), Stop> {
        let buffered = self.buffer.len().saturating_sub(self.position) as u64;
        if count <= buffered {
            self.consume(usize::try_from(count).unwrap_or(usize::MAX));
            return Ok(());
        }
        let end = self.offset().checked_add(count);
        match (end, self.blob.len()) {
            // What ends with the blob need not be decoded to be stepped over.
            (Some(end), Some(len)) if end == len || end < len && self.blob.access() == Access::Random => {
                self.seek(end);
                Ok(())
            }
            (_, Some(len)) if end.is_none_or(|end| end > len) => Err(self.truncated(what)),
            _ => self.skip_forward(count, what),
        }
    }

    /// A forward source is skipped by asking for the last byte of each stretch: it decodes, but nothing is copied.
    fn skip_forward(&mut self, count: u64, what: &str) -> Result<(), Stop> {
        let end = self.offset().saturating_add(count);
        self.seek(self.base.saturating_add(self.buffer.len() as u64));
        while self.offset() < end {
            let step = end.saturating_sub(self.offset()).min(WINDOW as u64);
            let next = self.offset().saturating_add(step);
            if self.blob.read_at(next.saturating_sub(1), &mut [0])? == 0 {
                self.seek(self.blob.len().unwrap_or(next).max(self.offset()));
                return Err(self.truncated(what));
            }
            self.meter.bytes(step)?;
            self.seek(next);
        }
        Ok(())
    }

    /// Bytes up to and without the next `\n`, which is consumed; at most `limit` bytes.
    pub fn line(&mut self, limit: usize, what: &str) -> Result<Vec<u8>, Stop> {
        let mut line = Vec::new();
        loop {
            let seen = self.peek(1)?;
            if seen.is_empty() {
                return Err(self.truncated(what));
            }
            let end = seen.iter().position(|byte| *byte == b'\n');
            let part = seen.get(..end.unwrap_or(seen.len())).unwrap_or_default();
            line.extend_from_slice(part);
            let count = part.len();
            self.consume(count.saturating_add(usize::from(end.is_some())));
            if line.len() > limit {
                return Err(Stop::malformed(self.offset(), format!("{what} is longer than {limit} bytes")));
            }
            if end.is_some() {
                return Ok(line);
            }
        }
    }

    /// The stop for an input that ends inside `what`.
    #[cold]
    pub fn truncated(&self, what: &str) -> Stop {
        let end = self.blob.len().unwrap_or_else(|| self.base.saturating_add(self.buffer.len() as u64));
        Stop::truncated(end.max(self.offset()), what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_integers_lines_and_names_what_is_missing() {
        let blob = Blob::from_bytes([1, 2, 0, b'a', b'\n', 9, 9]);
        let meter = Meter::unlimited();
        let mut reader = Reader::new(&blob, &meter);
        assert_eq!(reader.u8("a").unwrap(), 1);
        assert_eq!(reader.u16_le("b").unwrap(), 2);
        assert_eq!(reader.line(10, "name").unwrap(), b"a");
        assert_eq!(reader.u32_le("count"), Err(Stop::truncated(7, "count")));
        assert_eq!(reader.offset(), 5);
        assert_eq!(reader.take(1 << 60, "blob"), Err(Stop::truncated(7, "blob")));
        assert_eq!(reader.skip(3, "pad"), Err(Stop::truncated(7, "pad")));
        reader.skip(2, "pad").unwrap();
        assert!(reader.at_end().unwrap());
    }

    #[test]
    fn crosses_windows_and_seeks() {
        let bytes: Vec<u8> = (0..WINDOW * 2 + 10).map(|index| (index % 251) as u8).collect();
        let blob = Blob::from_bytes(bytes.clone());
        let mut reader = Reader::new(&blob, &Meter::unlimited());
        assert_eq!(reader.take((WINDOW + 5) as u64, "x").unwrap(), bytes[..WINDOW + 5]);
        assert_eq!(reader.offset(), (WINDOW + 5) as u64);
        reader.seek(3);
        assert_eq!(reader.u8("y").unwrap(), 3);
        reader.skip((WINDOW * 2) as u64, "z").unwrap();
        assert_eq!(reader.u8("y").unwrap(), bytes[WINDOW * 2 + 4]);
    }
}
