//! The checked reader: every byte of an input goes through it, and no length that the input states is allocated before it is seen.

use crate::{
    blob::Blob,
    budget::Meter,
    source::{Access, Passing},
    stop::Stop,
};

/// Bytes fetched at a time.
const WINDOW: usize = 256 << 10;
/// Bytes fetched at a time from a stream, where more would have to be decoded first.
const STRETCH: usize = 64 << 10;
/// Bytes copied out of the next block that passes, where something begins at the end of one.
const BORDER: usize = 4 << 10;

/// A buffered, checked reader over a blob that names what it was reading when something is missing.
///
/// Offsets are in the artifact's own bytes. It never claims coverage: the parser does.
pub struct Reader<'a> {
    blob: &'a Blob,
    meter: Meter,
    window: Window<'a>,
    /// What was fetched; only as much of it as `window` says.
    buffer: Vec<u8>,
    /// Offset of the window's first byte.
    base: u64,
    position: usize,
}

/// Where the bytes lie that can be had without reading on.
enum Window<'a> {
    /// In the buffer, so many.
    Fetched(usize),
    /// In the memory of the blob.
    Lent(&'a [u8]),
    /// In a block that another reading of the same file fetched.
    Passing(Passing),
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
        Self { blob, meter: meter.clone(), window: Window::Fetched(0), buffer: Vec::new(), base: 0, position: 0 }
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

    /// The window.
    #[inline]
    fn window(&self) -> &[u8] {
        match &self.window {
            Window::Lent(bytes) => bytes,
            Window::Fetched(count) => self.buffer.get(..*count).unwrap_or_default(),
            Window::Passing(block) => block,
        }
    }

    /// The part of the window that was not read yet.
    fn unread(&self) -> &[u8] {
        self.window().get(self.position..).unwrap_or_default()
    }

    /// Goes to `offset`, in either direction.
    pub fn seek(&mut self, offset: u64) {
        let inside = offset.checked_sub(self.base).and_then(|delta| usize::try_from(delta).ok());
        match inside.filter(|delta| *delta <= self.window().len()) {
            Some(delta) => self.position = delta,
            None => {
                self.window = Window::Fetched(0);
                self.base = offset;
                self.position = 0;
            }
        }
    }

    /// The bytes that can be had without reading on: at least `count` (at most 64 KiB) unless the end is nearer.
    pub fn peek(&mut self, count: usize) -> Result<&[u8], Stop> {
        let count = count.min(64 << 10);
        if self.window().len().saturating_sub(self.position) < count {
            self.refill(count)?;
        }
        Ok(self.unread())
    }

    /// Steps over `count` bytes that were peeked.
    pub fn consume(&mut self, count: usize) {
        self.position = self.position.saturating_add(count).min(self.window().len());
    }

    /// A window that begins with what is left of this one and holds more than it: `count` bytes where there are so many.
    #[cold]
    fn refill(&mut self, count: usize) -> Result<(), Stop> {
        let (at, kept) = (self.offset(), self.unread().len());
        if let Some(memory) = self.blob.memory() {
            let rest = usize::try_from(at).ok().and_then(|at| memory.get(at..)).unwrap_or_default();
            return self.show(at, kept, Window::Lent(rest.get(..WINDOW).unwrap_or(rest)));
        }
        // What begins at the end of one block ends in the next.
        let between = kept > 0 && matches!(self.window, Window::Passing(_));
        match self.blob.passing(if between { at.saturating_add(kept as u64) } else { at }) {
            Some(block) if between => {
                let border = block.get(..count.max(BORDER)).unwrap_or(&block);
                self.keep(at);
                self.buffer.truncate(kept);
                self.buffer.extend_from_slice(border);
                self.show(at, kept, Window::Fetched(kept.saturating_add(border.len())))
            }
            Some(block) if block.len() >= count.max(kept.saturating_add(1)) => {
                self.show(at, kept, Window::Passing(block))
            }
            _ => {
                let count = self.fetch(at, kept)?;
                self.show(at, kept, Window::Fetched(count))
            }
        }
    }

    /// Makes `window` the one that is read from now on, at `base`; all of it but the first `kept` bytes is new.
    fn show(&mut self, base: u64, kept: usize, window: Window<'a>) -> Result<(), Stop> {
        (self.window, self.base, self.position) = (window, base, 0);
        self.meter.bytes(self.window().len().saturating_sub(kept) as u64)
    }

    /// Moves what is left to the front of the buffer, where it is all there is until more is fetched.
    fn keep(&mut self, base: u64) {
        let kept = self.unread().len();
        if let Window::Fetched(count) = self.window {
            self.buffer.copy_within(self.position.min(count)..count, 0);
        } else {
            let left = self.unread().to_vec();
            self.buffer.splice(..kept.min(self.buffer.len()), left);
        }
        (self.window, self.base, self.position) = (Window::Fetched(kept), base, 0);
    }

    /// Fetches a window behind the `kept` bytes that are left. Returns how many bytes the buffer has then.
    fn fetch(&mut self, base: u64, kept: usize) -> Result<usize, Stop> {
        self.keep(base);
        // Small blobs get small buffers: a tree of a thousand tiny members must not cost a thousand windows.
        let rest = self.blob.len().map_or(WINDOW as u64, |len| len.saturating_sub(base));
        let most = if self.blob.access() == Access::Random { WINDOW } else { kept.saturating_add(STRETCH) };
        let wanted = usize::try_from(rest).unwrap_or(WINDOW).min(most).max(kept);
        self.buffer.resize(self.buffer.len().max(wanted), 0);
        let into = self.buffer.get_mut(kept..wanted).unwrap_or_default();
        let count = self.blob.fill_at(base.saturating_add(kept as u64), into)?;
        Ok(kept.saturating_add(count))
    }

    /// Whether no byte is left.
    pub fn at_end(&mut self) -> Result<bool, Stop> {
        Ok(self.peek(1)?.is_empty())
    }

    /// The next byte, or `None` at the end.
    #[inline]
    pub fn next_byte(&mut self) -> Result<Option<u8>, Stop> {
        if let Some(byte) = self.window().get(self.position).copied() {
            self.position = self.position.saturating_add(1);
            return Ok(Some(byte));
        }
        self.refill(1)?;
        let byte = self.window().first().copied();
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
        let buffered = self.unread().len() as u64;
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
        self.seek(self.base.saturating_add(self.window().len() as u64));
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
        let end = self.blob.len().unwrap_or_else(|| self.base.saturating_add(self.window().len() as u64));
        Stop::truncated(end.max(self.offset()), what)
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use proptest::prelude::*;

    use super::*;
    use crate::source::Source;

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

    /// Bytes that are not in memory as far as anyone can tell; blocks of them pass, but for every fourth.
    struct Blocks(Vec<u8>);

    impl Source for Blocks {
        fn len(&self) -> Option<u64> {
            Some(self.0.len() as u64)
        }

        fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
            self.0.read_at(offset, into)
        }

        fn passing(&self, offset: u64) -> Option<Passing> {
            const BLOCK: usize = 70_001;
            let at = usize::try_from(offset).ok()?;
            let block = self.0.chunks(BLOCK).nth(at / BLOCK).filter(|_| at / BLOCK % 4 < 3)?;
            Passing::new(Arc::new(block.to_vec()), at % BLOCK)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn wherever_the_bytes_lie_the_same_are_read(steps in prop::collection::vec((0_u8..5, 0_usize..90_000), 1..60)) {
            let bytes: Vec<u8> = (0..1_000_000_u32).map(|index| (index / 7 % 251) as u8).collect();
            let blobs = [
                Blob::from_bytes(bytes.clone()),
                Blob::new(Arc::new(Blocks(bytes.clone()))),
                Blob::from_bytes([&[9; 3], &bytes[..]].concat()).from(3).unwrap(),
            ];
            let meter = Meter::unlimited();
            for blob in &blobs {
                let (mut reader, mut at) = (Reader::new(blob, &meter), 0_usize);
                for (how, count) in &steps {
                    let rest = &bytes[at..];
                    match how {
                        0 => {
                            let seen = reader.peek(*count).unwrap();
                            prop_assert!(seen.len() >= rest.len().min(*count).min(64 << 10) && rest.starts_with(seen));
                            let count = seen.len().min(*count);
                            reader.consume(count);
                            at += count;
                        }
                        1 => {
                            let taken = reader.take(*count as u64, "x");
                            prop_assert_eq!(taken.ok(), rest.get(..*count).map(<[u8]>::to_vec));
                            at += if rest.len() >= *count { *count } else { return Ok(()) };
                        }
                        2 => {
                            prop_assert_eq!(reader.next_byte().unwrap(), rest.first().copied());
                            at += usize::from(!rest.is_empty());
                        }
                        3 => {
                            at = count * 11;
                            reader.seek(at as u64);
                        }
                        _ => {
                            prop_assert_eq!(reader.skip(*count as u64, "x").is_ok(), rest.len() >= *count);
                            at += if rest.len() >= *count { *count } else { return Ok(()) };
                        }
                    }
                    prop_assert_eq!(reader.offset(), at as u64);
                }
            }
        }
    }
}
