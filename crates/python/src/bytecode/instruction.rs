//! Bytes to instructions: words from 3.6 on, one or three bytes before, caches and extended arguments taken together.

use super::{code::Code, opcode::Op, version::Version};

/// One instruction with its extended arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instruction {
    /// Where it begins, extended arguments included.
    pub(crate) at: u32,
    /// What it does.
    pub(crate) op: Op,
    /// Its number.
    pub(crate) number: u8,
    /// Its argument; 0 without one.
    pub(crate) arg: u32,
    /// Where the next one begins, behind its caches.
    pub(crate) next: u32,
}

/// The instructions of a code object.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    /// In the order of the bytes; instructions that only a jump into the middle of others reveals come last.
    pub(crate) instructions: Vec<Instruction>,
    /// Index of the instruction at an offset, [`NONE`] where none begins.
    index: Vec<u32>,
    /// How many are in the order of the bytes.
    pub(crate) straight: usize,
    /// Jumps that lead behind the code.
    pub(crate) stray: Option<u32>,
    /// A jump into the middle of an instruction.
    pub(crate) overlap: Option<u32>,
    /// Loops: where their headers begin and where a jump back stands, in the order of the jumps.
    pub(crate) loops: Vec<(u32, u32)>,
    /// Where SETUP_EXCEPT and its like lead, up to 3.10.
    pub(crate) setups: Vec<u32>,
    /// Entries of exception tables: start, end, target, depth, whether the offset is pushed (3.11 on).
    pub(crate) handlers: Vec<Handler>,
}

/// A handler of exceptions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handler {
    /// The handler's first instruction.
    pub(crate) target: u32,
    /// Values that stay on the stack.
    pub(crate) depth: u32,
    /// Whether the offset of what raised is pushed.
    pub(crate) offset: bool,
}

/// No instruction begins here.
const NONE: u32 = u32::MAX;
/// Instructions revealed by jumps into the middle of others.
const HIDDEN: usize = 1 << 14;

impl Decoded {
    pub(super) fn new(code: &Code, version: Version) -> Self {
        let mut decoded = Self { index: vec![NONE; code.code.len().saturating_add(1)], ..Self::default() };
        decoded.instructions.reserve(code.code.len() / 4);
        decoded.run(&code.code, version, 0);
        decoded.straight = decoded.instructions.len();
        decoded.handlers = handlers(&code.handlers);
        decoded.follow_jumps(&code.code, version);
        decoded
    }

    /// The position of the instruction that begins at `at`.
    pub(crate) fn at(&self, at: u32) -> Option<usize> {
        let found = *self.index.get(usize::try_from(at).ok()?)?;
        if found == NONE { None } else { usize::try_from(found).ok() }
    }

    /// Decodes from `start` until the end or until known instructions follow.
    fn run(&mut self, bytes: &[u8], version: Version, start: usize) {
        let table = version.table();
        let mut at = start;
        let (mut begun, mut extended) = (at, 0_u32);
        while let Some(number) = bytes.get(at).copied() {
            if at > start && begun == at && self.index.get(at).is_some_and(|known| *known != NONE) {
                return;
            }
            let row = table.row(number);
            let byte = |offset: usize| bytes.get(at.saturating_add(offset)).copied().map_or(0, u32::from);
            let (arg, size) = match version.is_wordcode() {
                true if number >= table.argument_from => (extended << 8 | byte(1), 2),
                true => (0, 2),
                false if number >= table.argument_from => (extended << 16 | byte(2) << 8 | byte(1), 3),
                false => (0, 1),
            };
            at = at.saturating_add(size);
            if row.op == Op::ExtendedArg {
                extended = arg;
                continue;
            }
            at = at.saturating_add(usize::from(row.caches).saturating_mul(2));
            let (Ok(begin), Ok(next), Ok(position)) =
                (u32::try_from(begun), u32::try_from(at), u32::try_from(self.instructions.len()))
            else {
                return;
            };
            if let Some(slot) = self.index.get_mut(begun)
                && *slot == NONE
            {
                *slot = position;
            }
            self.instructions.push(Instruction { at: begin, op: row.op, number, arg, next });
            (begun, extended) = (at, 0);
        }
    }

    /// Decodes what only jumps reach: an instruction in the middle of another.
    fn follow_jumps(&mut self, bytes: &[u8], version: Version) {
        let mut position = 0;
        let end = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        while let Some(instruction) = self.instructions.get(position).copied() {
            position = position.saturating_add(1);
            let Some(target) = instruction.target(version) else { continue };
            if target < instruction.at && position <= self.straight {
                self.loops.push((target, instruction.at));
            }
            if matches!(instruction.op, Op::SetupExcept | Op::SetupFinally | Op::SetupWith) {
                self.setups.push(target);
            }
            if target >= end {
                self.stray.get_or_insert(instruction.at);
            } else if self.at(target).is_none() && self.instructions.len() < self.straight.saturating_add(HIDDEN) {
                let start = usize::try_from(target).unwrap_or(0);
                self.overlap.get_or_insert(instruction.at);
                // Words begin at even offsets; CPython aligns nothing else.
                if version.is_wordcode() && !start.is_multiple_of(2) {
                    continue;
                }
                self.run(bytes, version, start);
            }
        }
    }
}

impl Instruction {
    /// Where it may jump to.
    pub(crate) fn target(&self, version: Version) -> Option<u32> {
        let unit = if version >= Version::V3_10 { 2 } else { 1 };
        let distance = self.arg.saturating_mul(unit);
        match self.op {
            Op::JumpBackward
            | Op::JumpBackwardNoInterrupt
            | Op::PopJumpBackwardIfFalse
            | Op::PopJumpBackwardIfTrue
            | Op::PopJumpBackwardIfNone
            | Op::PopJumpBackwardIfNotNone => Some(self.next.saturating_sub(distance)),
            Op::JumpForward
            | Op::ForIter
            | Op::SetupLoop
            | Op::SetupExcept
            | Op::SetupFinally
            | Op::SetupWith
            | Op::SetupAsyncWith
            | Op::CallFinally
            | Op::Send
            | Op::PopJumpForwardIfFalse
            | Op::PopJumpForwardIfTrue
            | Op::PopJumpForwardIfNone
            | Op::PopJumpForwardIfNotNone => Some(self.next.saturating_add(distance)),
            Op::PopJumpIfFalse
            | Op::PopJumpIfTrue
            | Op::JumpIfFalseOrPop
            | Op::JumpIfTrueOrPop
            | Op::PopJumpIfNone
            | Op::PopJumpIfNotNone
                if version >= Version::V3_11 =>
            {
                Some(self.next.saturating_add(distance))
            }
            Op::PopJumpIfFalse
            | Op::PopJumpIfTrue
            | Op::JumpIfFalseOrPop
            | Op::JumpIfTrueOrPop
            | Op::JumpAbsolute
            | Op::JumpIfNotExcMatch
            | Op::ContinueLoop => Some(distance),
            _ => None,
        }
    }

    /// Whether nothing runs on behind it.
    pub(crate) fn ends(&self) -> bool {
        matches!(
            self.op,
            Op::ReturnValue
                | Op::ReturnConst
                | Op::RaiseVarargs
                | Op::Reraise
                | Op::JumpForward
                | Op::JumpAbsolute
                | Op::JumpBackward
                | Op::JumpBackwardNoInterrupt
                | Op::BreakLoop
                | Op::ContinueLoop
                | Op::InterpreterExit
                | Op::StopCode
        )
    }
}

/// The exception table (`Objects/exception_handling_notes.txt`): numbers of six bits a byte, the first of an entry marked.
fn handlers(bytes: &[u8]) -> Vec<Handler> {
    let mut numbers = Vec::new();
    let mut entries = Vec::new();
    let mut value = 0_u32;
    for byte in bytes {
        if byte & 0x80 != 0 {
            numbers.clear();
            value = 0;
        }
        value = value << 6 | u32::from(byte & 0x3f);
        if byte & 0x40 != 0 {
            continue;
        }
        numbers.push(value);
        value = 0;
        if let [_, _, target, depth] = *numbers {
            let word = |count: u32| count.saturating_mul(2);
            entries.push(Handler { target: word(target), depth: depth >> 1, offset: depth & 1 == 1 });
            numbers.clear();
        }
    }
    entries
}
