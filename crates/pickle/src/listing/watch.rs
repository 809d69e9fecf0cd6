//! Runs the machine one opcode at a time and tells a watcher of each.

use base::{reader::Reader, stop::Stop};

use crate::{
    cursor::Cursor,
    machine::{Machine, Pause},
    numpy_wrapper::Wrapped,
    opcode::{self, Argument},
};

/// An opcode that was executed.
pub(crate) struct Op<'o> {
    /// Its byte.
    pub(crate) opcode: u8,
    /// Where it stands.
    pub(crate) at: u64,
    /// Where the next one stands.
    pub(crate) end: u64,
    /// Its bytes with what belongs to it; only the start of a long constant.
    pub(crate) raw: &'o [u8],
    /// Indices of the memo in use before.
    pub(crate) filled: u64,
}

impl Op<'_> {
    /// The index that a GET or PUT names, or MEMOIZE means.
    pub(crate) fn index(&self) -> Option<u64> {
        match self.opcode {
            opcode::MEMOIZE => Some(self.filled),
            opcode::BINGET | opcode::BINPUT => self.raw.get(1).map(|byte| u64::from(*byte)),
            opcode::LONG_BINGET | opcode::LONG_BINPUT => {
                self.raw.get(1..)?.first_chunk().map(|bytes| u64::from(u32::from_le_bytes(*bytes)))
            }
            _ => u64::try_from(crate::literal::index(self.line()?)?).ok(),
        }
    }

    /// The first line behind the opcode, without what ends it.
    pub(crate) fn line(&self) -> Option<&[u8]> {
        let rest = self.raw.get(1..)?;
        match memchr::memchr(b'\n', rest) {
            Some(end) => rest.get(..end),
            // At the end of the stream the unpickler chops the last byte.
            None => rest.get(..rest.len().saturating_sub(1)),
        }
    }

    /// Whether all of its bytes are in `raw`.
    pub(crate) fn whole(&self) -> bool {
        self.end.saturating_sub(self.at) == self.raw.len() as u64
    }
}

/// Who is told of what the machine does.
pub(crate) trait Watcher {
    /// An opcode was executed; `machine` stands behind it.
    fn executed(&mut self, machine: &Machine<'_, '_>, op: &Op<'_>) -> Result<(), Stop>;
    /// A pickle begins inside of another, with a stack and memo of its own, or ends.
    fn nested(&mut self, begins: bool, at: u64) -> Result<(), Stop>;
    /// Raw data stand in the stream.
    fn data(&mut self, at: u64, end: u64, what: &str) -> Result<(), Stop>;
    /// A pickle of the file begins.
    fn begins(&mut self);
}

/// Runs to STOP as [`Machine::run`] does.
pub(crate) fn run(
    machine: &mut Machine<'_, '_>,
    reader: &mut Reader<'_>,
    watcher: &mut (dyn Watcher + '_),
) -> Result<(), Stop> {
    let mut want = 1;
    let mut raw = Vec::new();
    loop {
        let at = reader.offset();
        let window = reader.peek(want)?;
        let ended = window.len() < want;
        let one = length(window).and_then(|length| window.get(..length));
        let mut cursor = match one {
            Some(one) => Cursor::new(one, at, false),
            None => Cursor::new(window, at, ended),
        };
        raw.clear();
        raw.extend_from_slice(one.or(window.get(..window.len().min(64))).unwrap_or_default());
        let opcode = window.first().copied().unwrap_or_default();
        let (before, filled) = (machine.opcodes, machine.memo.filled());
        let outcome = machine.execute(&mut cursor);
        let (consumed, partly) = (cursor.at, one.is_none());
        reader.consume(consumed);
        let executed = machine.opcodes > before;
        if partly && executed && ended {
            // The last line of the stream, without its end.
            raw = reader.blob().bytes_at(at, consumed)?;
        }
        machine.meter.steps(1)?;
        machine.account()?;
        let mut op = Op { opcode, at, end: reader.offset(), raw: &raw, filled };
        let outcome = outcome?;
        want = 1;
        match outcome {
            Pause::More(count) if !executed => {
                if ended {
                    return machine.ran_out(reader);
                }
                want = count;
                continue;
            }
            Pause::Skip(count) => machine.skip(reader, count)?,
            Pause::LongLine(opcode) => machine.long_line(reader, opcode)?,
            Pause::Stop => {
                watcher.executed(machine, &op)?;
                return machine.finish(reader);
            }
            Pause::Array(wrapped) => {
                watcher.executed(machine, &op)?;
                array(machine, reader, watcher, wrapped)?;
                continue;
            }
            Pause::More(_) => {}
        }
        op.end = reader.offset();
        watcher.executed(machine, &op)?;
    }
}

/// joblib reads an array from the stream: raw data, or a pickle of its own.
fn array(
    machine: &mut Machine<'_, '_>,
    reader: &mut Reader<'_>,
    watcher: &mut (dyn Watcher + '_),
    wrapped: Wrapped,
) -> Result<(), Stop> {
    let at = reader.offset();
    if wrapped.holds_objects() {
        watcher.nested(true, at)?;
        machine.nested_with(reader, |inner, reader| run(inner, reader, watcher))?;
        return watcher.nested(false, reader.offset());
    }
    let what = wrapped.describe();
    machine.array(reader, wrapped)?;
    watcher.data(at, reader.offset(), &what)
}

/// The length of the opcode at the start of `window`, where all of it is there.
fn length(window: &[u8]) -> Option<usize> {
    let (opcode, rest) = window.split_first()?;
    let behind = match opcode::argument(*opcode)? {
        Argument::Nothing => 0,
        Argument::Fixed(count) => usize::from(count),
        Argument::Counted(width) => {
            let width = usize::from(width);
            let bytes = rest.get(..width)?;
            let value = bytes.iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
            usize::try_from(value).ok()?.checked_add(width)?
        }
        Argument::Line => memchr::memchr(b'\n', rest)?.checked_add(1)?,
        Argument::TwoLines => {
            let first = memchr::memchr(b'\n', rest)?.checked_add(1)?;
            memchr::memchr(b'\n', rest.get(first..)?)?.checked_add(first)?.checked_add(1)?
        }
    };
    let length = behind.checked_add(1)?;
    (length <= window.len()).then_some(length)
}
