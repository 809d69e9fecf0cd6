//! How deep the stack is at each instruction, as CPython's compiler counts it.
//!
//! CPython trusts what it compiled: code that takes more than there is, or puts more there than it declared, reads and writes
//! whatever lies around its stack. No compiler writes such code; what does wants just that.

use super::{code::Code, effect::effect, instruction::Decoded, opcode::Op, version::Version};

/// An instruction was not reached yet.
const UNREACHED: u32 = u32::MAX;
/// Times that code is gone through, as jumps back bring less than was there before.
const MAX_SWEEPS: usize = 16;

/// Room for the depths of one code object after the other: for each instruction, and then once more for what CALL_FINALLY runs
/// up to the END_FINALLY that goes back to it (3.8).
#[derive(Debug, Default)]
pub(super) struct Depths {
    /// The least that the stack holds before each instruction.
    least: Vec<u32>,
    /// That with which it was followed.
    followed: Vec<u32>,
    /// Whether something before an instruction that was passed changed.
    again: bool,
}

/// What is wrong with some code, and where that shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wrong {
    /// More is taken than there is.
    pub(super) underflow: Option<u32>,
    /// More is there than the code declares, or than another way brings.
    pub(super) overflow: Option<u32>,
    /// A constant, name or variable that the code does not have.
    pub(super) outside: Option<u32>,
    /// The code ends, and nothing says where it goes on.
    pub(super) end: Option<u32>,
}

/// The code that is followed.
struct Followed<'c> {
    code: &'c Code,
    decoded: &'c Decoded,
    version: Version,
    wrong: Wrong,
}

impl Depths {
    /// Follows every way through `code`, which `version` reads as `decoded`.
    pub(super) fn check(&mut self, code: &Code, decoded: &Decoded, version: Version) -> Wrong {
        let mut of = Followed { code, decoded, version, wrong: Wrong::default() };
        for depths in [&mut self.least, &mut self.followed] {
            depths.clear();
            depths.resize(decoded.instructions.len(), UNREACHED);
        }
        self.reach(&mut of, Some(0), 0, 0);
        for handler in &decoded.handlers {
            let raised = 1_u32.saturating_add(u32::from(handler.offset));
            let depth = handler.depth.saturating_add(raised);
            if depth > code.numbers.stack {
                of.wrong.overflow.get_or_insert(handler.target);
            }
            self.reach(&mut of, decoded.at(handler.target), depth, 0);
        }
        self.again = true;
        for _ in 0..MAX_SWEEPS {
            if !std::mem::take(&mut self.again) {
                break;
            }
            let mut index = 0;
            while index < self.least.len() {
                self.follow(&mut of, index);
                index = index.saturating_add(1);
            }
        }
        // Where it falls with each round of a loop, it ends below nothing.
        if self.again {
            let unfollowed = self.least.iter().zip(&self.followed).position(|(least, followed)| least < followed);
            let at = unfollowed.and_then(|index| decoded.instructions.get(index)).map_or(0, |known| known.at);
            of.wrong.underflow.get_or_insert(at);
        }
        self.keep(&mut of);
        // Up to 3.8 one END_FINALLY ends bodies that ran through and handlers, with other depths.
        of.wrong.overflow = of.wrong.overflow.filter(|_| version >= Version::V3_9);
        of.wrong
    }

    /// A handler keeps what lies below what it handles: that has to be there.
    fn keep(&self, of: &mut Followed<'_>) {
        // Each instruction has one handler.
        let mut left = self.least.len();
        for handler in &of.decoded.handlers {
            let (start, end) = handler.range;
            let first = of.decoded.instructions.partition_point(|known| known.at < start);
            let known = of.decoded.instructions.iter().zip(&self.least).skip(first);
            let handled = known.take_while(|(known, _)| known.at < end).take(left.saturating_add(1));
            let (mut seen, mut kept) = (0_usize, true);
            for (_, least) in handled {
                seen = seen.saturating_add(1);
                kept &= *least >= handler.depth;
            }
            let Some(rest) = left.checked_sub(seen).filter(|_| kept) else {
                of.wrong.underflow.get_or_insert(handler.target);
                return;
            };
            left = rest;
        }
    }

    /// Something at `from` leads to what stands at `index`, with so much on the stack.
    fn reach(&mut self, of: &mut Followed<'_>, index: Option<usize>, depth: u32, from: usize) {
        let Some((index, least)) = index.and_then(|index| Some((index, self.least.get_mut(index)?))) else { return };
        if depth < *least {
            *least = depth;
            self.again |= index <= from;
        } else if depth > *least {
            // With each round of a loop there is more.
            let at = of.decoded.instructions.get(index).map_or(0, |known| known.at);
            of.wrong.overflow.get_or_insert(at);
        }
    }

    /// Follows one instruction, where less is there than it was followed with.
    fn follow(&mut self, of: &mut Followed<'_>, index: usize) {
        let (Some(depth), Some(followed)) = (self.least.get(index).copied(), self.followed.get_mut(index)) else {
            return;
        };
        if depth >= *followed {
            return;
        }
        *followed = depth;
        let count = of.decoded.instructions.len();
        let (position, called) = if index < count { (index, 0) } else { (index.saturating_sub(count), count) };
        let Some(instruction) = of.decoded.instructions.get(position) else { return };
        let Some(effect) = effect(instruction, of.version) else { return };
        let Some(rest) = depth.checked_sub(effect.takes) else {
            of.wrong.underflow.get_or_insert(instruction.at);
            return;
        };
        if of.code.lacks(instruction, of.version) {
            of.wrong.outside.get_or_insert(instruction.at);
        }
        let (on, there) = (rest.saturating_add(effect.leaves), rest.saturating_add(effect.leaves_there));
        let target = instruction.target(of.version).and_then(|target| of.decoded.at(target));
        let ends = instruction.ends() || called > 0 && instruction.op == Op::EndFinally;
        if target.is_some() && there > of.code.numbers.stack || !ends && on > of.code.numbers.stack {
            of.wrong.overflow.get_or_insert(instruction.at);
        }
        if let Some(target) = target {
            let finally = instruction.op == Op::CallFinally;
            if finally && self.least.len() == count {
                self.least.resize(count.saturating_mul(2), UNREACHED);
                self.followed.resize(count.saturating_mul(2), UNREACHED);
            }
            let called = if finally { count } else { called };
            self.reach(of, Some(target.saturating_add(called)), there, index);
        }
        if ends {
            return;
        }
        let next = position.saturating_add(1);
        let next = if next < of.decoded.straight { Some(next) } else { of.decoded.at(instruction.next) };
        match next {
            Some(next) => self.reach(of, Some(next.saturating_add(called)), on, index),
            None => {
                of.wrong.end.get_or_insert(instruction.at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use eval::Value;

    use super::{Code, Decoded, Depths, Version, Wrong};
    use crate::bytecode::code::{Const, Part};

    fn check(version: Version, stack: u32, code: &[u8], handlers: &[u8]) -> Wrong {
        let mut object = Code::default();
        (object.code, object.handlers) = (Part::Shared(code.into()), Part::Shared(handlers.into()));
        object.consts.push(Const::Value(Value::None));
        object.numbers.stack = stack;
        Depths::default().check(&object, &Decoded::new(&object, version), version)
    }

    #[test]
    fn what_the_compiler_writes_is_right() {
        // 3.8: try: None; finally: None, left by `return` too, which runs what is at 16 and goes on at 10.
        let tried = [122, 14, 100, 0, 1, 0, 87, 0, 162, 6, 100, 0, 83, 0, 9, 0, 100, 0, 1, 0, 88, 0, 100, 0, 83, 0];
        assert_eq!(check(Version::V3_8, 7, &tried, &[]), Wrong::default());
        // 3.12: RESUME, NOP handled by PUSH_EXC_INFO, POP_EXCEPT at word 3.
        let handled = [151, 0, 9, 0, 121, 0, 35, 0, 89, 0, 121, 0];
        assert_eq!(check(Version::V3_12, 2, &handled, &[0x81, 1, 3, 0]), Wrong::default());
    }

    #[test]
    fn every_way_is_counted() {
        let underflow = |at| Wrong { underflow: Some(at), ..Wrong::default() };
        // 3.8: POP_TOP; the same behind a jump; where each round of a loop takes one more.
        assert_eq!(check(Version::V3_8, 1, &[1, 0, 100, 0, 83, 0], &[]), underflow(0));
        assert_eq!(check(Version::V3_8, 1, &[100, 0, 114, 6, 1, 0, 1, 0, 100, 0, 83, 0], &[]), underflow(4));
        assert_eq!(check(Version::V3_8, 2, &[100, 0, 100, 0, 1, 0, 113, 4], &[]), underflow(4));
        // What CALL_FINALLY runs: END_FINALLY behind a POP_TOP that took where it goes back to.
        assert_eq!(check(Version::V3_8, 1, &[162, 4, 100, 0, 83, 0, 1, 0, 88, 0], &[]), underflow(8));
        // 3.12: in a handler; a handler that keeps more than what it handles has.
        let handled = [151, 0, 9, 0, 121, 0, 35, 0, 89, 0, 1, 0, 1, 0, 121, 0];
        assert_eq!(check(Version::V3_12, 2, &handled, &[0x81, 1, 3, 0]), underflow(12));
        let handled = [151, 0, 9, 0, 121, 0, 1, 0, 1, 0, 1, 0, 121, 0];
        assert_eq!(check(Version::V3_12, 3, &handled, &[0x81, 1, 3, 4]), underflow(6));
    }

    #[test]
    fn what_is_declared_counts() {
        // 3.12: LOAD_CONST three times into two; of constant 1, which is not there; without an end.
        let three = [100, 0, 100, 0, 100, 0, 121, 0];
        assert_eq!(check(Version::V3_12, 2, &three, &[]), Wrong { overflow: Some(4), ..Wrong::default() });
        assert_eq!(check(Version::V3_12, 3, &three, &[]), Wrong::default());
        // A loop that puts one more with each round; what is raised, and where, beside nothing that is declared.
        let grows = Wrong { overflow: Some(0), ..Wrong::default() };
        assert_eq!(check(Version::V3_12, 9, &[100, 0, 140, 2], &[]), grows);
        let handled = [9, 0, 121, 0, 1, 0, 1, 0, 121, 0];
        assert_eq!(check(Version::V3_12, 1, &handled, &[0x80, 1, 2, 1]).overflow, Some(4));
        assert_eq!(check(Version::V3_12, 1, &[100, 1, 83, 0], &[]), Wrong { outside: Some(0), ..Wrong::default() });
        assert_eq!(check(Version::V3_12, 1, &[100, 0, 1, 0], &[]), Wrong { end: Some(2), ..Wrong::default() });
    }
}
