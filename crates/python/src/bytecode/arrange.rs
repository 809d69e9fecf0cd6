//! Instructions that arrange the stack, and those that do nothing to it.

use base::stop::Stop;
use eval::Value;

use super::{
    instruction::Instruction,
    opcode::Op,
    stack::{Frame, Role, Slot},
    step::node,
    version::Version,
};
use crate::{machine::Machine, scope::Known};

impl<'t> Machine<'t, '_, '_> {
    /// What `with` binds.
    pub(super) fn entered(&mut self, instruction: &Instruction, context: Known) -> Result<Known, Stop> {
        self.enter(node(instruction), context)
    }

    /// Arranges the stack; `false`: the instruction does something else.
    pub(super) fn arrange(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<bool, Stop> {
        let (version, arg) = (self.version(), instruction.arg);
        match instruction.op {
            Op::PopTop | Op::PopIter => drop(frame.pop_path()),
            Op::EndFor => drop(frame.take(if version == Version::V3_12 { 2 } else { 1 })),
            Op::RotTwo => frame.swap(2),
            Op::RotThree => frame.rotate(3),
            Op::RotFour => frame.rotate(4),
            Op::RotN => frame.rotate(arg),
            Op::Swap => frame.swap(arg),
            Op::Copy => copy(frame, arg),
            Op::DupTop => copy(frame, 1),
            Op::DupTopTwo => twice(frame, 2),
            Op::DupTopx => twice(frame, arg.min(5)),
            Op::PushNull => frame.push(Slot::null()),
            Op::BeginFinally => frame.push(Slot::null()),
            Op::PushExcInfo => {
                let raised = frame.pop();
                frame.push(Slot::unknown());
                frame.push(raised);
            }
            Op::PopExcept if version >= Version::V3_11 => drop(frame.pop()),
            Op::PopExcept => drop(frame.take(3)),
            Op::CheckExcMatch => {
                let class = frame.pop();
                frame.compared = Some((Known::unknown(), "except", class.known));
                frame.push(Slot::unknown());
            }
            Op::CheckEgMatch => replace(frame, 2, 2),
            Op::PrepReraiseStar => replace(frame, 2, 1),
            Op::WithExceptStart | Op::GetAnext | Op::ReturnGenerator | Op::GetLen | Op::MatchMapping | Op::MatchSequence => {
                frame.push(Slot::unknown());
            }
            Op::MatchKeys => {
                let values = self.matched_keys(frame)?;
                frame.push(values);
                if version <= Version::V3_10 {
                    frame.push(Slot::unknown());
                }
            }
            Op::MatchClass => {
                let (names, class, of) = (frame.pop(), frame.pop(), frame.pop());
                let attributes = self.matched_class(instruction, &class.known, &of.known, &names.known)?;
                frame.push(attributes);
                if version <= Version::V3_10 {
                    frame.push(Slot::unknown());
                }
            }
            Op::CopyDictWithoutKeys => replace(frame, 1, 1),
            Op::BeforeWith | Op::BeforeAsyncWith => {
                let context = frame.pop();
                let entered = self.entered(instruction, context.known)?;
                frame.push(Slot::unknown());
                frame.push(entered);
            }
            Op::LoadSpecial => {
                let context = frame.pop();
                let entered = self.entered(instruction, context.known)?;
                frame.push(Slot { role: Role::Enter, ..entered.into() });
                frame.push(Slot::null());
            }
            Op::WithCleanup => replace(frame, 2, 1),
            Op::WithCleanupStart => replace(frame, 2, 3),
            Op::WithCleanupFinish => drop(frame.take(2)),
            Op::EndFinally => drop(frame.pop()),
            Op::PopFinally | Op::EndAsyncFor | Op::CleanupThrow | Op::CallFinally => {}
            Op::PrintItem | Op::PrintExpr | Op::PrintNewlineTo => drop(frame.pop()),
            Op::PrintItemTo => drop(frame.take(2)),
            Op::YieldValue => {
                let given = frame.pop();
                if frame.encoded.is_none() {
                    frame.encoded = given.known.encoded;
                }
                if frame.yielded.last().is_none_or(|last| *last != given.known.value) {
                    self.progress(&given.known.value);
                }
                frame.yielded.push(given.known.value);
                frame.push(Slot::unknown());
            }
            Op::YieldFrom => {
                let of = frame.take(2);
                let waited = of.into_iter().next().unwrap_or_else(Slot::unknown);
                frame.push(waited.known);
            }
            Op::EndSend => {
                let of = frame.take(2);
                frame.push(of.into_iter().next().unwrap_or_else(Slot::unknown).known);
            }
            Op::GetIter | Op::GetAiter => {
                let over = frame.pop();
                let given = self.iterated(node(instruction), over.known.clone())?;
                frame.push(Slot { known: given, ..over });
            }
            Op::KwNames => {
                let names = self.running.and_then(|running| running.code.constant(arg).map(super::code::Const::value));
                frame.keywords = Some(super::call::words(&names.unwrap_or(Value::None)));
            }
            // These leave the stack as it is, or are followed by what matters.
            Op::Nop
            // What was sent to a generator that begins is on the stack already.
            | Op::GenStart
            | Op::Cache
            | Op::Resume
            | Op::Precall
            | Op::CopyFreeVars
            | Op::MakeCell
            | Op::NotTaken
            | Op::SetupAnnotations
            | Op::PopBlock
            | Op::ToBool
            | Op::GetAwaitable
            | Op::GetYieldFromIter
            | Op::AsyncGenWrap
            | Op::PrintNewline
            | Op::ExitInitCheck
            | Op::SetupAsyncWith
            | Op::DeleteSlice0 => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl<'t> Machine<'t, '_, '_> {
    /// The attributes that a class pattern takes: by position, then by name.
    fn matched_class(
        &mut self,
        instruction: &Instruction,
        class: &Known,
        of: &Known,
        names: &Known,
    ) -> Result<Known, Stop> {
        let by_place = usize::try_from(instruction.arg).unwrap_or(usize::MAX).min(MAX_MATCHED);
        let declared = self.match_args(class);
        // What no class of this file declares gives nothing that is known.
        if declared.is_empty() && by_place > 1 {
            return Ok(Known::unknown());
        }
        let mut values = Vec::new();
        for position in 0..by_place {
            values.push(match declared.get(position) {
                Some(name) => self.attribute(node(instruction), of, name)?.value,
                None => of.value.clone(),
            });
        }
        for name in super::call::words(&names.value).iter().take(MAX_MATCHED) {
            values.push(self.attribute(node(instruction), of, name)?.value);
        }
        Ok(Value::tuple(values).into())
    }

    /// The values of the keys on top in the mapping below them.
    fn matched_keys(&mut self, frame: &mut Frame<'t>) -> Result<Known, Stop> {
        let keys = frame.peek(1).map(|slot| slot.known.value.clone());
        let of = frame.peek(2).map(|slot| slot.known.value.clone());
        let (Some(Value::Tuple(keys)), Some(of @ Value::Dict(_))) = (keys, of) else { return Ok(Known::unknown()) };
        self.sink.meter().steps(keys.len() as u64)?;
        let values: Vec<Value> = keys.iter().take(MAX_MATCHED).map(|key| eval::item(&of, key)).collect();
        Ok(Value::tuple(values).into())
    }
}

/// Attributes or keys of one pattern that are followed.
const MAX_MATCHED: usize = 16;

fn copy<'t>(frame: &mut Frame<'t>, depth: u32) {
    let slot = frame.peek(depth).map_or_else(Slot::unknown, |slot| slot.clone());
    frame.push(slot);
}

fn twice<'t>(frame: &mut Frame<'t>, count: u32) {
    for _ in 0..count {
        copy(frame, count);
    }
}

/// Takes some and leaves others of which nothing is known.
fn replace<'t>(frame: &mut Frame<'t>, taken: u32, left: u32) {
    drop(frame.take(taken));
    for _ in 0..left {
        frame.push(Slot::unknown());
    }
}
