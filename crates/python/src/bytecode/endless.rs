//! Loops that nothing ends while they are executed for their value: one round says as much as all that could be paid for.

use base::stop::Stop;

use super::{code::Code, flow::condition, instruction::Decoded, opcode::Op, version::Version};
use crate::machine::Machine;

impl Machine<'_, '_, '_> {
    /// Whether what a jump back leads to never leaves the code. What a generator yielded until then is of no use: it gives nothing.
    pub(super) fn never_ends(&mut self, code: &Code, target: u32) -> Result<bool, Stop> {
        if let Some(known) = code.endless.borrow().get(&target) {
            return Ok(*known);
        }
        let version = self.version();
        let (endless, seen) = endless(code.decoded(version), version, target);
        code.endless.borrow_mut().insert(target, endless);
        self.sink.meter().steps(seen)?;
        // Looking is cheaper than executing.
        self.effort = self.effort.saturating_sub(u32::try_from(seen / 8).unwrap_or(u32::MAX));
        Ok(endless)
    }
}

/// Whether no way from `target` ends, as code is executed: handlers are not. And how many instructions were looked at.
fn endless(decoded: &Decoded, version: Version, target: u32) -> (bool, u64) {
    let mut seen = vec![false; decoded.instructions.len()];
    let mut count = 0_u64;
    let mut ways = vec![decoded.at(target)];
    while let Some(way) = ways.pop() {
        // Behind the last instruction, or where none begins, execution ends.
        let Some((position, seen)) = way.and_then(|at| Some((at, seen.get_mut(at)?))) else { return (false, count) };
        if std::mem::replace(seen, true) {
            continue;
        }
        count = count.saturating_add(1);
        let Some(instruction) = decoded.instructions.get(position) else { return (false, count) };
        let next = Some(position.saturating_add(1));
        let target = instruction.target(version).map(|target| decoded.at(target));
        match (instruction.op, target) {
            (
                Op::ReturnValue
                | Op::ReturnConst
                | Op::RaiseVarargs
                | Op::Reraise
                | Op::BreakLoop
                | Op::InterpreterExit
                | Op::StopCode,
                _,
            ) => return (false, count),
            (
                Op::JumpForward | Op::JumpAbsolute | Op::JumpBackward | Op::JumpBackwardNoInterrupt | Op::ContinueLoop,
                Some(target),
            ) => ways.push(target),
            (op, Some(target)) if op == Op::ForIter || condition(op).is_some() => ways.extend([next, target]),
            _ => ways.push(next),
        }
    }
    (true, count)
}
