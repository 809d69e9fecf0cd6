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
    /// Whether a jump or a handler leads to it.
    pub(crate) joins: bool,
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
    /// How many are in the order of the bytes.
    pub(crate) straight: usize,
    /// Where one stands, by its offset, [`NONE`] where none begins: made once they are no longer in order.
    index: Vec<u32>,
    /// Which of them may jump.
    jumps: Vec<usize>,
    /// Jumps that lead behind the code.
    pub(crate) stray: Option<u32>,
    /// A jump into the middle of an instruction.
    pub(crate) overlap: Option<u32>,
    /// The first opcode that the version does not have.
    pub(crate) unknown: Option<u32>,
    /// Whether something is imported in it, or runs a text.
    pub(crate) imports: bool,
    /// Loops: where their headers begin and where a jump back stands, in the order of the jumps.
    pub(crate) loops: Vec<(u32, u32)>,
    /// Where SETUP_EXCEPT and its like lead, up to 3.10.
    pub(crate) setups: Vec<u32>,
    /// Entries of exception tables: target, depth, whether the offset is pushed (3.11 on).
    pub(crate) handlers: Vec<Handler>,
}

/// A handler of exceptions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handler {
    /// What it handles: where that begins and ends.
    pub(crate) range: (u32, u32),
    /// The handler's first instruction.
    pub(crate) target: u32,
    /// Values that stay on the stack.
    pub(crate) depth: u32,
    /// Whether the offset of what raised is pushed.
    pub(crate) offset: bool,
}

/// What CALL_INTRINSIC_1 does by this number: `import *`.
pub(crate) const IMPORT_STAR: u32 = 2;
/// No instruction begins here.
const NONE: u32 = u32::MAX;
/// Instructions revealed by jumps into the middle of others.
const HIDDEN: usize = 1 << 14;

impl Decoded {
    pub(super) fn new(code: &Code, version: Version) -> Self {
        let mut decoded = Self::default();
        // Nearly all instructions take two bytes or more.
        decoded.instructions.reserve_exact(code.code.len() / 2);
        decoded.jumps.reserve_exact(code.code.len() / 24);
        decoded.run(&code.code, version, 0);
        decoded.straight = decoded.instructions.len();
        decoded.handlers = handlers(&code.handlers);
        for index in 0..decoded.handlers.len() {
            if let Some((from, target)) = decoded.handlers.get(index).map(|handler| (handler.range.0, handler.target)) {
                decoded.lead(&code.code, version, from, target);
            }
        }
        decoded.follow_jumps(&code.code, version);
        decoded
    }

    /// Whether there is something in it that no compiler writes.
    pub(crate) fn is_odd(&self) -> bool {
        let hidden = self.straight < self.instructions.len();
        hidden || self.unknown.is_some() || self.stray.is_some() || self.overlap.is_some()
    }

    /// The position of the instruction that begins at `at`.
    pub(crate) fn at(&self, at: u32) -> Option<usize> {
        if self.index.is_empty() {
            return self.instructions.binary_search_by_key(&at, |known| known.at).ok();
        }
        let found = *self.index.get(usize::try_from(at).ok()?)?;
        if found == NONE { None } else { usize::try_from(found).ok() }
    }

    /// Notes where the instructions from `position` on stand.
    fn note(&mut self, position: usize) {
        for (position, known) in self.instructions.iter().enumerate().skip(position) {
            let slot = usize::try_from(known.at).ok().and_then(|at| self.index.get_mut(at));
            if let (Some(slot), Ok(position)) = (slot, u32::try_from(position)) {
                *slot = position;
            }
        }
    }

    /// Marks an instruction that something leads to.
    fn join(&mut self, position: Option<usize>) {
        if let Some(joined) = position.and_then(|position| self.instructions.get_mut(position)) {
            joined.joins = true;
        }
    }

    /// Decodes from `start` until the end or until known instructions follow.
    fn run(&mut self, bytes: &[u8], version: Version, start: usize) {
        let table = version.table();
        let Ok(mut next) = u32::try_from(start) else { return };
        let (mut begun, mut extended) = (next, 0_u32);
        let mut rest = bytes.get(start..).unwrap_or_default().iter();
        let mut instructions = std::mem::take(&mut self.instructions);
        let (words, alone, mut imports) = (version.is_wordcode(), self.index.is_empty(), self.imports);
        while let Some(number) = rest.next().copied() {
            let row = table.row(number);
            // Two bytes from 3.6 on, whatever they mean; one before, or three with an argument.
            let arg = if words {
                let low = rest.next().copied().unwrap_or(0);
                next = next.saturating_add(2);
                if row.has_argument { extended << 8 | u32::from(low) } else { 0 }
            } else if row.has_argument {
                let (low, high) = (rest.next().copied().unwrap_or(0), rest.next().copied().unwrap_or(0));
                next = next.saturating_add(3);
                extended << 16 | u32::from(high) << 8 | u32::from(low)
            } else {
                next = next.saturating_add(1);
                0
            };
            if row.caches > 0 {
                let caches = usize::from(row.caches).saturating_mul(2);
                rest = rest.as_slice().get(caches..).unwrap_or_default().iter();
                next = next.saturating_add(u32::from(row.caches).saturating_mul(2));
            }
            if row.seldom {
                match row.op {
                    Op::ExtendedArg => {
                        extended = arg;
                        continue;
                    }
                    Op::ImportName | Op::ImportStar | Op::ExecStmt => imports = true,
                    Op::CallIntrinsic1 => imports |= arg == IMPORT_STAR,
                    Op::Unknown => {
                        self.unknown.get_or_insert(begun);
                    }
                    _ => self.jumps.push(instructions.len()),
                }
            }
            instructions.push(Instruction { at: begun, op: row.op, number, joins: false, arg, next });
            if !alone && self.at(next).is_some() {
                break;
            }
            (begun, extended) = (next, 0);
        }
        (self.instructions, self.imports) = (instructions, imports);
    }

    /// Decodes what only jumps reach: an instruction in the middle of another.
    fn follow_jumps(&mut self, bytes: &[u8], version: Version) {
        let mut followed = 0;
        while let Some(position) = self.jumps.get(followed).copied() {
            followed = followed.saturating_add(1);
            let Some(instruction) = self.instructions.get(position).copied() else { break };
            let Some(target) = instruction.target(version) else {
                self.stray.get_or_insert(instruction.at);
                continue;
            };
            if target < instruction.at && position < self.straight {
                self.loops.push((target, instruction.at));
            }
            if matches!(instruction.op, Op::SetupExcept | Op::SetupFinally | Op::SetupWith) {
                self.setups.push(target);
            }
            self.lead(bytes, version, instruction.at, target);
        }
        self.jumps = Vec::new();
    }

    /// Something at `from` leads to `target`: decodes what begins there, where nothing was seen to.
    fn lead(&mut self, bytes: &[u8], version: Version, from: u32, target: u32) {
        let start = usize::try_from(target).unwrap_or(usize::MAX);
        let mut led = self.at(target);
        if start >= bytes.len() {
            self.stray.get_or_insert(from);
        } else if led.is_none() && self.instructions.len() < self.straight.saturating_add(HIDDEN) {
            self.overlap.get_or_insert(from);
            // Words begin at even offsets; CPython aligns nothing else.
            if version.is_wordcode() && !start.is_multiple_of(2) {
                return;
            }
            if self.index.is_empty() {
                self.index = vec![NONE; bytes.len()];
                self.note(0);
            }
            let revealed = self.instructions.len();
            self.run(bytes, version, start);
            self.note(revealed);
            led = Some(revealed);
        }
        self.join(led);
    }
}

/// Where a jump is counted from.
pub(super) enum Jump {
    Back,
    Ahead,
    Absolute,
}

impl Op {
    /// How it may jump.
    pub(super) fn jump(self, version: Version) -> Option<Jump> {
        match self {
            Self::JumpBackward
            | Self::JumpBackwardNoInterrupt
            | Self::PopJumpBackwardIfFalse
            | Self::PopJumpBackwardIfTrue
            | Self::PopJumpBackwardIfNone
            | Self::PopJumpBackwardIfNotNone => Some(Jump::Back),
            Self::JumpForward
            | Self::ForIter
            | Self::SetupLoop
            | Self::SetupExcept
            | Self::SetupFinally
            | Self::SetupWith
            | Self::SetupAsyncWith
            | Self::CallFinally
            | Self::Send
            | Self::PopJumpForwardIfFalse
            | Self::PopJumpForwardIfTrue
            | Self::PopJumpForwardIfNone
            | Self::PopJumpForwardIfNotNone => Some(Jump::Ahead),
            Self::PopJumpIfFalse
            | Self::PopJumpIfTrue
            | Self::JumpIfFalseOrPop
            | Self::JumpIfTrueOrPop
            | Self::PopJumpIfNone
            | Self::PopJumpIfNotNone
                if version >= Version::V3_11 =>
            {
                Some(Jump::Ahead)
            }
            Self::PopJumpIfFalse
            | Self::PopJumpIfTrue
            | Self::JumpIfFalseOrPop
            | Self::JumpIfTrueOrPop
            | Self::JumpAbsolute
            | Self::JumpIfNotExcMatch
            | Self::ContinueLoop => Some(Jump::Absolute),
            _ => None,
        }
    }
}

impl Instruction {
    /// Where it may jump to.
    pub(crate) fn target(&self, version: Version) -> Option<u32> {
        let unit = if version >= Version::V3_10 { 2 } else { 1 };
        let distance = self.arg.saturating_mul(unit);
        Some(match self.op.jump(version)? {
            Jump::Back => self.next.checked_sub(distance)?,
            Jump::Ahead => self.next.saturating_add(distance),
            Jump::Absolute => distance,
        })
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
        if let [start, length, target, depth] = *numbers {
            let word = |count: u32| count.saturating_mul(2);
            let range = (word(start), word(start.saturating_add(length)));
            entries.push(Handler { range, target: word(target), depth: depth >> 1, offset: depth & 1 == 1 });
            numbers.clear();
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::{Code, Decoded, Version};
    use crate::bytecode::code::Part;

    fn decoded(version: Version, code: &[u8], handlers: &[u8]) -> Decoded {
        let mut object = Code::default();
        (object.code, object.handlers) = (Part::Shared(code.into()), Part::Shared(handlers.into()));
        Decoded::new(&object, version)
    }

    /// Where instructions begin, and whether something leads there.
    fn joins(decoded: &Decoded) -> Vec<(u32, bool)> {
        for (position, known) in decoded.instructions.iter().enumerate() {
            assert_eq!(decoded.at(known.at), Some(position));
        }
        decoded.instructions.iter().map(|known| (known.at, known.joins)).collect()
    }

    #[test]
    fn jumps_and_handlers_lead_to_instructions() {
        // 3.8: FOR_ITER to 8, NOP, JUMP_ABSOLUTE to 0, NOP, RETURN_VALUE.
        let looped = decoded(Version::V3_8, &[93, 6, 9, 0, 113, 0, 9, 0, 83, 0], &[]);
        assert_eq!(joins(&looped), [(0, true), (2, false), (4, false), (6, false), (8, true)]);
        assert_eq!(looped.loops, [(0, 4)]);
        // 3.12: NOP four times; an entry from word 0, 1 word long, to word 2.
        let handled = decoded(Version::V3_12, &[9, 0, 9, 0, 9, 0, 9, 0], &[0x80, 1, 2, 0]);
        assert_eq!(joins(&handled), [(0, false), (2, false), (4, true), (6, false)]);
        // To the caches of LOAD_GLOBAL, which say RETURN_CONST; behind the code.
        let hidden = decoded(Version::V3_12, &[116, 0, 121, 0, 0, 0, 0, 0, 0, 0, 121, 0], &[0x80, 1, 1, 0]);
        assert_eq!(joins(&hidden), [(0, false), (10, false), (2, true), (4, false), (6, false), (8, false)]);
        assert_eq!(hidden.overlap, Some(0));
        assert_eq!(decoded(Version::V3_12, &[9, 0, 121, 0], &[0x80, 1, 9, 0]).stray, Some(0));
    }

    #[test]
    fn what_only_a_jump_reveals_comes_last() {
        // 3.8: JUMP_FORWARD into the middle of NOP with an extended argument, RETURN_VALUE.
        let hidden = decoded(Version::V3_8, &[110, 2, 144, 1, 9, 0, 83, 0], &[]);
        assert_eq!(joins(&hidden), [(0, false), (2, false), (6, false), (4, true)]);
        assert_eq!((hidden.straight, hidden.overlap, hidden.at(3)), (3, Some(0), None));
        // 2.7: the same into an argument; the jump to where no instruction begins and the code ends reveals nothing.
        let hidden = decoded(Version::V2_7, &[110, 1, 0, 100, 9, 83, 110, 255, 255], &[]);
        assert_eq!(joins(&hidden), [(0, false), (3, false), (6, false), (4, true), (5, false)]);
        assert_eq!(hidden.stray, Some(6));
    }
}
