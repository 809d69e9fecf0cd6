//! How deep the stack is at each instruction, as CPython's compiler counts it.
//!
//! CPython trusts what it compiled: code that takes more than there is, or puts more there than it declared, reads and writes
//! whatever lies around its stack. No compiler writes such code; what does wants just that.

use super::{code::Code, effect::effect, instruction::Decoded, opcode::Op, version::Version};

/// An instruction was not reached yet.
const UNREACHED: u32 = u32::MAX;
/// Times that each instruction may be reached with less on the stack than before, on average.
const MAX_FALLS: usize = 8;

/// Room for the depths of one code object after the other.
#[derive(Debug, Default)]
pub(super) struct Depths {
    /// The least that the stack holds before each instruction; then once more, for what CALL_FINALLY runs.
    least: Vec<u32>,
    /// Where something leads and was not followed yet.
    ways: Vec<Way>,
}

/// A way into code.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// The position of the instruction.
    position: usize,
    /// What the stack holds before it.
    depth: u32,
    /// Whether CALL_FINALLY leads there: END_FINALLY goes back to it (3.8).
    called: bool,
}

/// What is wrong with some code, and where that shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wrong {
    /// More is taken than there is.
    pub(super) underflow: Option<u32>,
    /// More is there than the code declares.
    pub(super) overflow: Option<u32>,
    /// A constant, name or variable that the code does not have.
    pub(super) outside: Option<u32>,
    /// The code ends, and nothing says where it goes on.
    pub(super) end: Option<u32>,
}

impl Depths {
    /// Follows every way through `code`, which `version` reads as `decoded`.
    pub(super) fn check(&mut self, code: &Code, decoded: &Decoded, version: Version) -> Wrong {
        let count = decoded.instructions.len();
        self.least.clear();
        self.least.resize(count, UNREACHED);
        self.ways.clear();
        self.ways.extend(decoded.handlers.iter().filter_map(|handler| {
            let raised = 1_u32.saturating_add(u32::from(handler.offset));
            let depth = handler.depth.saturating_add(raised);
            Some(Way { position: decoded.at(handler.target)?, depth, called: false })
        }));
        self.ways.push(Way { position: 0, depth: 0, called: false });
        let mut wrong = Wrong::default();
        let mut left = count.saturating_mul(MAX_FALLS);
        let deepest = self.ways.iter().max_by_key(|way| way.depth).filter(|way| way.depth > code.numbers.stack);
        wrong.overflow = deepest.and_then(|way| decoded.instructions.get(way.position)).map(|handler| handler.at);
        while let Some(way) = self.ways.pop() {
            self.follow(code, decoded, version, way, &mut left, &mut wrong);
        }
        // A handler keeps what lies below what it handles: that has to be there.
        for handler in &decoded.handlers {
            let (start, end) = handler.range;
            let first = decoded.instructions.partition_point(|known| known.at < start);
            let known = decoded.instructions.iter().zip(&self.least).skip(first);
            let mut handled = known.take_while(|(known, _)| known.at < end);
            if handled.any(|(_, least)| *least < handler.depth) {
                wrong.underflow.get_or_insert(handler.target);
            }
        }
        // Up to 3.8 one END_FINALLY ends bodies that ran through and handlers, with other depths.
        wrong.overflow = wrong.overflow.filter(|_| version >= Version::V3_9);
        wrong
    }

    /// Follows the code from one instruction on, until it ends or leads to what is known.
    fn follow(
        &mut self,
        code: &Code,
        decoded: &Decoded,
        version: Version,
        way: Way,
        left: &mut usize,
        wrong: &mut Wrong,
    ) {
        let count = decoded.instructions.len();
        let Way { mut position, mut depth, called } = way;
        if called && self.least.len() == count {
            self.least.resize(count.saturating_mul(2), UNREACHED);
        }
        let again = if called { count } else { 0 };
        while let Some(instruction) = decoded.instructions.get(position) {
            let Some(least) = self.least.get_mut(position.saturating_add(again)) else { break };
            if *least <= depth {
                // With each round of a loop there is more.
                if *least < depth {
                    wrong.overflow.get_or_insert(instruction.at);
                }
                break;
            }
            *least = depth;
            let Some(effect) = effect(instruction, version) else { break };
            let Some(rest) = depth.checked_sub(effect.takes).filter(|_| *left > 0) else {
                // Where it falls with each round of a loop, it ends below nothing.
                wrong.underflow.get_or_insert(instruction.at);
                break;
            };
            *left = left.saturating_sub(1);
            if code.lacks(instruction, version) {
                wrong.outside.get_or_insert(instruction.at);
            }
            if let Some(target) = instruction.target(version).and_then(|target| decoded.at(target)) {
                let depth = rest.saturating_add(effect.leaves_there);
                if depth > code.numbers.stack {
                    wrong.overflow.get_or_insert(instruction.at);
                }
                self.ways.push(Way { position: target, depth, called: called || instruction.op == Op::CallFinally });
            }
            if instruction.ends() || called && instruction.op == Op::EndFinally {
                break;
            }
            depth = rest.saturating_add(effect.leaves);
            if depth > code.numbers.stack {
                wrong.overflow.get_or_insert(instruction.at);
            }
            position = match position.saturating_add(1) {
                next if next < decoded.straight => next,
                _ => match decoded.at(instruction.next) {
                    Some(next) => next,
                    None => {
                        wrong.end.get_or_insert(instruction.at);
                        break;
                    }
                },
            };
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
