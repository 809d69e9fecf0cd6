//! Jumps, loops, handlers and the end of code.

use base::stop::Stop;

use super::{
    code::{Code, Const},
    instruction::Instruction,
    opcode::Op,
    stack::{Frame, Slot},
    step::{Branch, Next, Wants, node},
    version::Version,
};
use crate::{local::Local, machine::Machine, scope::Known};

impl<'t> Machine<'t, '_, '_> {
    /// Where an instruction goes on that is none of the others.
    pub(super) fn flow(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<Next, Stop> {
        let version = self.version();
        let target = instruction.target(version);
        if let (Some((wants, keeps)), Some(target)) = (condition(instruction.op), target) {
            let test = if instruction.op == Op::JumpIfNotExcMatch {
                drop(frame.take(2));
                Known::unknown()
            } else {
                frame.pop().known
            };
            frame.given = test;
            return Ok(Next::Branch(Branch { wants, target, keeps }));
        }
        Ok(match (instruction.op, target) {
            (
                Op::JumpForward | Op::JumpAbsolute | Op::JumpBackward | Op::JumpBackwardNoInterrupt | Op::ContinueLoop,
                Some(target),
            ) => Next::Jump(target),
            (Op::ForIter, Some(target)) => Next::Loop(target),
            (Op::SetupLoop, Some(target)) => {
                frame.save(target, None);
                Next::On
            }
            (Op::SetupExcept | Op::SetupFinally, Some(target)) => {
                handler(frame, target, version);
                Next::On
            }
            (Op::SetupWith, Some(target)) => {
                let context = frame.pop();
                let entered = self.entered(instruction, context.known)?;
                frame.push(Slot::unknown());
                handler(frame, target, version);
                frame.push(entered);
                Next::On
            }
            (Op::Send, Some(target)) => {
                frame.pop();
                frame.save(target, (version >= Version::V3_12).then(Slot::unknown));
                frame.push(Slot::unknown());
                Next::On
            }
            (Op::ReturnValue, _) => {
                frame.given = frame.pop().known;
                Next::Return
            }
            (Op::ReturnConst, _) => {
                let constant =
                    self.running.and_then(|running| running.code.constant(instruction.arg).map(Const::value));
                frame.given = constant.map_or_else(Known::unknown, Known::from);
                Next::Return
            }
            (Op::RaiseVarargs, _) => {
                if let Some(raised) = frame.take(instruction.arg.min(3)).into_iter().next()
                    && let Some(Local::Class(_)) = self.local(&raised.known)
                {
                    self.apply(node(instruction), &raised.known, Vec::new(), Vec::new(), true)?;
                }
                Next::End
            }
            (Op::Reraise | Op::BreakLoop | Op::InterpreterExit | Op::StopCode, _) => Next::End,
            _ => Next::On,
        })
    }
}

/// Keeps the stack of a handler up to 3.10: what is there and what is raised.
fn handler<'t>(frame: &mut Frame<'t>, target: u32, version: Version) {
    let raised = if version == Version::V2_7 { 3 } else { 6 };
    frame.save(target, std::iter::repeat_n(Slot::unknown(), raised));
}

/// When a jump is taken, and whether what is tested stays.
pub(super) const fn condition(op: Op) -> Option<(Wants, bool)> {
    Some(match op {
        Op::PopJumpIfTrue | Op::PopJumpForwardIfTrue | Op::PopJumpBackwardIfTrue => (Wants::True, false),
        Op::PopJumpIfFalse | Op::PopJumpForwardIfFalse | Op::PopJumpBackwardIfFalse => (Wants::False, false),
        Op::PopJumpIfNone | Op::PopJumpForwardIfNone | Op::PopJumpBackwardIfNone => (Wants::Nothing, false),
        Op::PopJumpIfNotNone | Op::PopJumpForwardIfNotNone | Op::PopJumpBackwardIfNotNone => (Wants::Something, false),
        Op::JumpIfTrueOrPop => (Wants::True, true),
        Op::JumpIfFalseOrPop => (Wants::False, true),
        Op::JumpIfNotExcMatch => (Wants::Unknown, false),
        _ => return None,
    })
}

/// Names that a loop adds to: what they are is not known when its rounds are not.
pub(super) fn grown<'c>(code: &'c Code, version: Version, range: &[Instruction]) -> Vec<&'c str> {
    let in_place = |instruction: &Instruction| match instruction.op {
        Op::BinaryOp => instruction.arg >= 13 && instruction.arg != super::operate::SUBSCRIPT,
        op => super::operate::in_place(op),
    };
    let pairs = range.iter().zip(range.iter().skip(1));
    pairs.filter(|(first, _)| in_place(first)).filter_map(|(_, second)| bound(code, version, second)).collect()
}

/// Names that `range` binds.
pub(super) fn assigned<'c>(code: &'c Code, version: Version, range: &[Instruction]) -> Vec<&'c str> {
    let second = |instruction: &Instruction| match instruction.op {
        Op::StoreFastStoreFast => code.local(instruction.arg & 15).map(|name| &**name),
        _ => None,
    };
    range.iter().flat_map(|known| [bound(code, version, known), second(known)]).flatten().collect()
}

/// The name that an instruction binds first.
fn bound<'c>(code: &'c Code, version: Version, instruction: &Instruction) -> Option<&'c str> {
    let name = match instruction.op {
        Op::StoreFast => code.local(instruction.arg),
        Op::StoreFastLoadFast | Op::StoreFastStoreFast => code.local(instruction.arg >> 4),
        Op::StoreName | Op::StoreGlobal => code.name_at(instruction.arg),
        Op::StoreDeref => code.cell(version, instruction.arg),
        _ => None,
    };
    name.map(|name| &**name)
}
