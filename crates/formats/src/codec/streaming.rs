//! One way to drive every decoder that works on slices: deflate, bzip2, xz, LZMA and brotli differ only in their machine.

use std::io::{self, BufRead, Read};

use base::sink::Decode;

use super::input::Input;

/// What one step of a machine did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Compressed bytes consumed.
    pub(super) taken: usize,
    /// Bytes that came out.
    pub(super) made: usize,
    /// Whether this stream is at its end.
    pub(super) ended: bool,
}

/// A decoder of one stream at a time, from slice to slice.
pub(super) trait Machine: Send {
    /// What it decodes, for messages.
    const WHAT: &'static str;

    /// Decodes some of `from` into `into`. `at_end`: nothing follows `from`.
    fn step(&mut self, from: &[u8], into: &mut [u8], at_end: bool) -> io::Result<Step>;

    /// Bytes that were taken, but lie behind the stream that ended. A machine that takes any is followed by no other stream.
    fn unused(&self) -> usize {
        0
    }

    /// Looks behind a stream that ended: whether another one begins there, for which the machine then is ready.
    fn next_stream(&mut self, _input: &mut Input) -> io::Result<bool> {
        Ok(false)
    }
}

/// A machine with its input.
pub(super) struct Streaming<M> {
    input: Input,
    machine: M,
    ended: bool,
    /// Told when it came, and again at every later read.
    failed: bool,
}

impl<M: Machine> Streaming<M> {
    pub(super) fn new(input: Input, machine: M) -> Self {
        Self { input, machine, ended: false, failed: false }
    }

    fn advance(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let from = self.input.fill_buf()?;
            let at_end = from.is_empty();
            let step = match self.machine.step(from, into, at_end) {
                Ok(step) => step,
                Err(error) if at_end && error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(self.input.truncated(M::WHAT));
                }
                Err(error) => return Err(self.input.because(M::WHAT, error)),
            };
            self.input.consume(step.taken);
            if step.ended {
                self.input.unread(self.machine.unused());
                self.ended = !self.machine.next_stream(&mut self.input)?;
            }
            if step.made > 0 || self.ended {
                return Ok(step.made);
            }
            if step.taken == 0 && !step.ended {
                let stuck = if at_end { self.input.truncated(M::WHAT) } else { self.input.malformed(M::WHAT) };
                return Err(stuck);
            }
        }
    }
}

impl<M: Machine> Read for Streaming<M> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.ended || into.is_empty() {
            return Ok(0);
        }
        if self.failed {
            return Err(self.input.malformed(M::WHAT));
        }
        let read = self.advance(into);
        self.failed = read.is_err();
        read
    }
}

impl<M: Machine> Decode for Streaming<M> {
    fn consumed(&self) -> u64 {
        self.input.consumed()
    }
}
