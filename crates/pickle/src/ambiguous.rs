//! Two loaders, two readings: joblib steps over the bytes of an array, `pickle.load` takes the same bytes for opcodes.

use base::{
    reader::Reader,
    sink::{Collected, Sink},
    stop::Stop,
};

use crate::{
    machine::{Machine, lend},
    opcode::{self as op, Argument},
};

/// Bytes of an array in which something that acts is looked for.
const SEEN: usize = 64 << 10;
impl Machine<'_, '_> {
    /// Runs what follows as a plain unpickler would, which knows nothing of arrays in the stream. It is stated if it imports a name that is known and that was not imported before:
    /// honest arrays of objects are read to nonsense, since their memo begins anew.
    pub(crate) fn plain_reading(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        // A plain unpickler comes to later arrays only by way of the first.
        if self.read_plainly || self.plain {
            return Ok(());
        }
        self.read_plainly = true;
        if !acts(reader.peek(SEEN)?) {
            return Ok(());
        }
        let mut collected = Collected::default();
        let mut sink = Sink::new(&mut collected, self.meter.clone(), true, "");
        let mut ahead = Reader::at(reader.blob(), &self.meter, reader.offset());
        let mut plain = Machine::new(&ahead, &mut sink);
        let stated = self.names.stated();
        plain.stack = self.stack.clone();
        plain.memo = self.memo.clone();
        let mine = plain.stack.bytes().saturating_add(plain.memo.bytes());
        self.meter.hold(mine)?;
        lend!(self, plain);
        (plain.plain, plain.astray, plain.protocol) = (true, true, self.protocol);
        // How it ends is no matter: that loader is not the one that the file was written for.
        let _ = plain.run(&mut ahead);
        lend!(self, plain);
        let limited = plain.limited;
        drop(plain);
        self.meter.release(mine);
        if !sink.passed() {
            self.names.forget_since(stated);
            return Ok(());
        }
        self.limited |= limited;
        self.flaw("ambiguous-array", "a plain unpickler takes the bytes of an array for opcodes that act".to_owned())?;
        self.sink.milestone()?;
        for fact in collected.facts {
            self.sink.fact(fact.at, fact.data)?;
        }
        for child in collected.children {
            self.sink.child(child)?;
        }
        Ok(())
    }
}

/// Whether bytes, taken for opcodes, reach one that imports or calls before one that is none.
fn acts(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((opcode, after)) = rest.split_first() {
        if matches!(
            *opcode,
            op::GLOBAL | op::STACK_GLOBAL | op::INST | op::REDUCE | op::OBJ | op::NEWOBJ | op::NEWOBJ_EX | op::BUILD
        ) {
            return true;
        }
        let skipped = match op::argument(*opcode) {
            None => return false,
            Some(Argument::Nothing) => 0,
            Some(Argument::Fixed(count)) => usize::from(count),
            Some(Argument::Line | Argument::TwoLines) => match memchr::memchr(b'\n', after) {
                Some(end) => end.saturating_add(1),
                None => return false,
            },
            Some(Argument::Counted(width)) => {
                let width = usize::from(width);
                let bytes = after.get(..width).unwrap_or_default();
                let len = bytes
                    .iter()
                    .rev()
                    .fold(0_usize, |len, byte| len.saturating_mul(256).saturating_add(usize::from(*byte)));
                len.saturating_add(width)
            }
        };
        if *opcode == op::STOP {
            return false;
        }
        match after.get(skipped..) {
            Some(left) => rest = left,
            // The rest lies beyond what was looked at.
            None => return true,
        }
    }
    bytes.len() >= SEEN
}
