//! One instruction: what it leaves on the stack and where it goes on.

use base::stop::Stop;
use ruff_text_size::{TextRange, TextSize};

use super::{instruction::Instruction, opcode::Op, stack::Frame, version::Version};
use crate::machine::Machine;

/// Where it goes on behind an instruction.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    /// With the next instruction.
    On,
    /// Elsewhere.
    Jump(u32),
    /// There or with the next instruction; what is tested is [`Frame::given`].
    Branch(Branch),
    /// With an item of the iterator on top, or behind the loop when there is none left.
    Loop(u32),
    /// Out of the code, with [`Frame::given`].
    Return,
    /// Nowhere that is known: something is raised, a generator ends.
    End,
}

/// A jump under a condition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    /// When it jumps.
    pub(super) wants: Wants,
    /// Where to.
    pub(super) target: u32,
    /// Whether what is tested stays on the stack when it jumps.
    pub(super) keeps: bool,
}

/// When a branch jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    True,
    False,
    Nothing,
    Something,
    Unknown,
}

/// An instruction as the node at which facts are placed.
pub(super) fn node(instruction: &Instruction) -> TextRange {
    let start = TextSize::new(instruction.at);
    TextRange::new(start, TextSize::new(instruction.next.max(instruction.at)))
}

impl<'t> Machine<'t, '_, '_> {
    /// The version of the code that is walked.
    pub(super) fn version(&self) -> Version {
        self.running.as_ref().map_or(Version::V3_11, |running| running.version)
    }

    /// Does what one instruction does.
    pub(super) fn step(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<Next, Stop> {
        // The most frequent ones find their way at once.
        let done = match instruction.op {
            Op::Resume | Op::Precall | Op::PopTop | Op::PushNull | Op::KwNames | Op::Swap | Op::Copy => {
                self.arrange(frame, instruction)?
            }
            Op::Call | Op::MakeFunction => self.call_instruction(frame, instruction)?,
            Op::BinaryOp | Op::CompareOp | Op::BuildTuple | Op::ListAppend => self.operator(frame, instruction)?,
            Op::ReturnValue
            | Op::ReturnConst
            | Op::PopJumpIfFalse
            | Op::PopJumpIfTrue
            | Op::PopJumpForwardIfFalse
            | Op::PopJumpForwardIfTrue
            | Op::JumpForward
            | Op::JumpBackward
            | Op::ForIter => false,
            _ => {
                self.load(frame, instruction)?
                    || self.call_instruction(frame, instruction)?
                    || self.operator(frame, instruction)?
                    || self.arrange(frame, instruction)?
            }
        };
        if done { Ok(Next::On) } else { self.flow(frame, instruction) }
    }
}
