//! The compressed side of a decoder: buffered, and counting what was truly consumed.

use std::io::{self, BufRead, Read};

use base::{reason::Reason, stop::Stop};

/// Compressed bytes fetched at a time.
const WINDOW: usize = 32 << 10;

/// A buffered reader that knows how many bytes its user consumed, not how many it fetched.
pub(super) struct Input {
    inner: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    position: usize,
    consumed: u64,
    ended: bool,
}

impl Input {
    pub(super) fn new(inner: Box<dyn Read + Send>) -> Self {
        Self { inner, buffer: Vec::new(), position: 0, consumed: 0, ended: false }
    }

    /// Bytes consumed so far.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Takes back that `count` bytes were consumed: they are only counted, not given again.
    pub(super) fn unread(&mut self, count: usize) {
        self.consumed = self.consumed.saturating_sub(count as u64);
    }

    /// What is buffered.
    fn rest(&self) -> &[u8] {
        self.buffer.get(self.position..).unwrap_or_default()
    }

    /// At least `count` bytes ahead (at most the window), fewer only at the end.
    pub(super) fn ahead(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.rest().len() < count.min(WINDOW) && !self.ended {
            self.fetch()?;
        }
        Ok(self.rest())
    }

    fn fetch(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.position.min(self.buffer.len()));
        self.position = 0;
        let kept = self.buffer.len();
        self.buffer.resize(kept.saturating_add(WINDOW), 0);
        let read = loop {
            match self.inner.read(self.buffer.get_mut(kept..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let count = *read.as_ref().unwrap_or(&0);
        self.buffer.truncate(kept.saturating_add(count));
        self.ended = count == 0;
        read.map(|_| ())
    }

    /// Exactly `N` bytes, consumed; an error that names `what` where fewer are left.
    pub(super) fn array<const N: usize>(&mut self, what: &str) -> io::Result<[u8; N]> {
        match self.ahead(N)?.first_chunk::<N>() {
            Some(array) => {
                let array = *array;
                self.consume(N);
                Ok(array)
            }
            None => Err(self.truncated(what)),
        }
    }

    /// Steps over exactly `count` bytes.
    pub(super) fn skip(&mut self, mut count: u64, what: &str) -> io::Result<()> {
        while count > 0 {
            let seen = self.fill_buf()?.len();
            if seen == 0 {
                return Err(self.truncated(what));
            }
            let step = seen.min(usize::try_from(count).unwrap_or(usize::MAX));
            self.consume(step);
            count = count.saturating_sub(step as u64);
        }
        Ok(())
    }

    /// The error of a stream that ends inside `what`.
    pub(super) fn truncated(&self, what: &str) -> io::Error {
        Stop::truncated(self.consumed.saturating_add(self.rest().len() as u64), what).into()
    }

    /// The error of a decoder: a limit, a stop from below, or a stream that breaks its rules here.
    pub(super) fn because(&self, what: &str, error: io::Error) -> io::Error {
        match error.kind() {
            io::ErrorKind::OutOfMemory => Stop::Limit(Reason::Memory).into(),
            _ if error.get_ref().is_some_and(|inner| inner.is::<Stop>()) => error,
            _ => self.malformed(format!("{what}: {error}")),
        }
    }

    /// The error of a stream that breaks its rules here.
    pub(super) fn malformed(&self, what: impl Into<String>) -> io::Error {
        Stop::malformed(self.consumed, what).into()
    }
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let count = from.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), from.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.ahead(1)
    }

    fn consume(&mut self, count: usize) {
        let count = count.min(self.rest().len());
        self.position = self.position.saturating_add(count);
        self.consumed = self.consumed.saturating_add(count as u64);
    }
}
