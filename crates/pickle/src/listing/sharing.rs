//! The first run: which values are fetched again, by the offset of the opcode that made them.

use std::collections::{HashMap, HashSet};

use base::stop::Stop;

use super::{Op, Watcher};
use crate::{machine::Machine, opcode as op};

/// What stands on the stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Mark,
    /// Made at this offset.
    Made(u64),
}

/// Bytes that a slot or an entry of the memo is taken to need.
const ENTRY: u64 = 40;

/// Stack and memo of one pickle.
#[derive(Default)]
struct Frame {
    stack: Vec<Slot>,
    memo: HashMap<u64, u64>,
}

/// Follows where values go.
#[derive(Default)]
pub(super) struct Sharing {
    now: Frame,
    outer: Vec<Frame>,
    shared: HashSet<u64>,
    held: u64,
}

impl Sharing {
    /// What was found.
    pub(super) fn found(self) -> HashSet<u64> {
        self.shared
    }

    fn pop(&mut self, count: usize) {
        let left = self.now.stack.len().saturating_sub(count);
        self.now.stack.truncate(left);
    }

    fn pop_to_mark(&mut self) {
        while self.now.stack.pop().is_some_and(|slot| slot != Slot::Mark) {}
    }

    fn again(&mut self, made: u64) {
        self.shared.insert(made);
        self.now.stack.push(Slot::Made(made));
    }

    fn account(&mut self, machine: &Machine<'_, '_>) -> Result<(), Stop> {
        let entries = self.now.stack.len().saturating_add(self.now.memo.len()).saturating_add(self.shared.len()) as u64;
        let more = entries.saturating_mul(ENTRY).saturating_sub(self.held);
        if more > 1 << 20 {
            machine.meter.hold(more)?;
            self.held = self.held.saturating_add(more);
        }
        Ok(())
    }
}

impl Watcher for Sharing {
    fn executed(&mut self, machine: &Machine<'_, '_>, op: &Op<'_>) -> Result<(), Stop> {
        let made = Slot::Made(op.at);
        match op.opcode {
            op::PROTO | op::FRAME | op::READONLY_BUFFER => {}
            op::MARK => self.now.stack.push(Slot::Mark),
            op::POP | op::STOP | op::APPEND | op::BUILD => self.pop(1),
            op::SETITEM => self.pop(2),
            op::POP_MARK | op::APPENDS | op::SETITEMS | op::ADDITEMS => self.pop_to_mark(),
            op::PUT | op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => {
                if let (Some(index), Some(Slot::Made(made))) = (op.index(), self.now.stack.last()) {
                    self.now.memo.insert(index, *made);
                }
            }
            op::GET | op::BINGET | op::LONG_BINGET => {
                if let Some(made) = op.index().and_then(|index| self.now.memo.get(&index).copied()) {
                    self.again(made);
                }
            }
            op::DUP => {
                if let Some(Slot::Made(made)) = self.now.stack.last().copied() {
                    self.again(made);
                }
            }
            op::TUPLE | op::LIST | op::DICT | op::FROZENSET | op::OBJ | op::INST => {
                self.pop_to_mark();
                self.now.stack.push(made);
            }
            op::TUPLE1 | op::BINPERSID => {
                self.pop(1);
                self.now.stack.push(made);
            }
            op::TUPLE2 | op::REDUCE | op::NEWOBJ | op::STACK_GLOBAL => {
                self.pop(2);
                self.now.stack.push(made);
            }
            op::TUPLE3 | op::NEWOBJ_EX => {
                self.pop(3);
                self.now.stack.push(made);
            }
            _ => self.now.stack.push(made),
        }
        self.account(machine)
    }

    fn nested(&mut self, begins: bool, _: u64) -> Result<(), Stop> {
        if begins {
            self.outer.push(std::mem::take(&mut self.now));
        } else {
            self.now = self.outer.pop().unwrap_or_default();
        }
        Ok(())
    }

    fn data(&mut self, _: u64, _: u64, _: &str) -> Result<(), Stop> {
        Ok(())
    }

    fn begins(&mut self) {
        self.now = Frame::default();
    }
}
