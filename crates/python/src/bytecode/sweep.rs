//! Two ways through a code object: every instruction once, for what it states; or as CPython runs it, for its value.

use std::{rc::Rc, sync::Arc};

use base::stop::Stop;
use eval::Value;
use foldhash::{HashMap, HashSet};
use ruff_text_size::{TextRange, TextSize};

use super::{
    Running,
    branch::{condition, jumps, on_import},
    code::Code,
    flow::{assigned, grown},
    instruction::{Decoded, Instruction},
    opcode::Op,
    stack::{Frame, MAX_SAVED, Role, Slot},
    step::{Branch, Next, Wants, node},
    version::Version,
};
use crate::{
    comprehension::MAX_ITERATED,
    machine::{Machine, When},
    scope::Known,
};

/// Instructions of loops that are looked through in one code object.
const LOOKING: usize = 1 << 20;
/// Rounds of a loop that are walked one by one.
const ROUNDS: usize = 8;
/// CO_GENERATOR.
const GENERATOR: u32 = 0x20;

/// Instructions that run only under a condition.
struct Region {
    until: u32,
    /// Whether its condition holds while a module is imported, where that is certain.
    holds: Option<bool>,
    /// What held before it.
    before: (When, Option<Arc<str>>, bool),
}

/// A sweep through a code object.
struct Sweep<'t> {
    code: &'t Code,
    decoded: &'t Decoded,
    version: Version,
    regions: Vec<Region>,
    /// Handlers by their first instruction (3.11 on).
    handlers: HashMap<u32, (u32, bool)>,
    /// Handlers up to 3.10: where SETUP_EXCEPT and its like lead.
    setups: HashSet<u32>,
    /// Instructions of loops that may still be looked through for what they add to.
    looking: usize,
    /// Loops: where their headers begin and where the last jump back stands.
    loops: HashMap<u32, u32>,
    /// Whether nothing is known to lead to what is walked.
    unreached: bool,
}

impl<'t> Machine<'t, '_, '_> {
    /// Walks a code object and states what is in it.
    pub(crate) fn walk_code(&mut self, code: &'t Code) -> Result<(), Stop> {
        let Some(outer) = self.running else { return Ok(()) };
        code.walked.set(true);
        self.running = Some(Running { code, entered: outer.entered.saturating_add(1), ..outer });
        let before = (self.when, self.context.clone(), self.branch);
        let decoded = code.decoded(outer.version);
        let mut sweep = Sweep {
            code,
            decoded,
            version: outer.version,
            regions: Vec::new(),
            handlers: decoded.handlers.iter().map(|entry| (entry.target, (entry.depth, entry.offset))).collect(),
            setups: decoded.setups.iter().copied().collect(),
            looking: LOOKING,
            loops: decoded.loops.iter().copied().collect(),
            unreached: false,
        };
        let mut frame = Frame::on(&mut self.spare);
        frame.watching = self.quiet == 0 && self.when != When::Called;
        let result = self.sweep(&mut sweep, &mut frame, 0, decoded.instructions.len());
        frame.leave(&mut self.spare);
        (self.when, self.context, self.branch) = before;
        for (value, at) in std::mem::take(&mut frame.taken) {
            self.takes(TextRange::empty(TextSize::new(at)), &value);
        }
        self.running = Some(outer);
        result
    }

    /// Walks the instructions `from..to`, each once.
    fn sweep(&mut self, sweep: &mut Sweep<'t>, frame: &mut Frame<'t>, from: usize, to: usize) -> Result<(), Stop> {
        let mut position = from;
        let mut dead = false;
        while position < to {
            let Some(instruction) = sweep.decoded.instructions.get(position).copied() else { break };
            self.pay()?;
            self.leave(sweep, instruction.at);
            if instruction.joins || dead {
                self.join(sweep, frame, &instruction, dead);
            }
            dead = false;
            frame.at = instruction.at;
            let next = self.step(frame, &instruction)?;
            position = position.saturating_add(1);
            match next {
                Next::On => {}
                Next::Branch(branch) => self.branch(sweep, frame, &instruction, branch),
                Next::Loop(target) => position = self.enter_loop(sweep, frame, position, target)?,
                Next::Jump(target) => {
                    if target > instruction.at {
                        frame.save(target, None);
                        // The end of one branch: what follows up to the target is the other.
                        if let Some(region) = sweep.regions.last_mut()
                            && region.until == instruction.next
                            // Where this branch never runs on import, the other one always does.
                            && region.holds != Some(false)
                        {
                            region.until = target;
                            if self.when > When::Perhaps {
                                self.context = Some("else".into());
                            }
                            if region.holds.take() == Some(true) {
                                self.when = When::Called;
                                self.branch = true;
                            }
                        }
                    }
                    dead = true;
                }
                Next::Return => {
                    let known = frame.given();
                    self.gives(node(&instruction), &known)?;
                    dead = true;
                }
                Next::End => dead = true,
            }
            if frame.compared.is_some()
                && !matches!(
                    instruction.op,
                    Op::CompareOp | Op::IsOp | Op::ContainsOp | Op::Copy | Op::ToBool | Op::CheckExcMatch
                )
            {
                frame.compared = None;
            }
        }
        Ok(())
    }

    /// Leaves the regions that end here.
    fn leave(&mut self, sweep: &mut Sweep<'t>, at: u32) {
        while sweep.regions.last().is_some_and(|region| region.until <= at) {
            if let Some(region) = sweep.regions.pop() {
                (self.when, self.context, self.branch) = region.before;
            }
        }
    }

    /// Takes up the stack of jumps that lead here, and begins handlers.
    fn join(&mut self, sweep: &mut Sweep<'t>, frame: &mut Frame<'t>, instruction: &Instruction, dead: bool) {
        let saved = frame.saved.take(instruction.at);
        let handler = if sweep.handlers.is_empty() { None } else { sweep.handlers.remove(&instruction.at) };
        let unreached = std::mem::take(&mut sweep.unreached);
        match (saved, dead || unreached) {
            (Some(saved), true) => {
                frame.replace(saved);
                if self.version() <= Version::V3_10 && sweep.decoded.instructions.len() > 1 {
                    self.guarded(sweep, instruction);
                }
            }
            (Some(saved), false) if saved.len() == frame.slots().len() => self.merge(frame, &saved),
            (_, false) => {}
            (None, true) if !dead => sweep.unreached = true,
            (None, true) => match handler {
                Some((depth, offset)) => {
                    let kept = usize::try_from(depth).unwrap_or(0).min(1 << 10);
                    let count = kept.saturating_add(1).saturating_add(usize::from(offset));
                    frame.replace(std::iter::repeat_n(Slot::unknown(), count));
                    // What jumps around the handler goes on where it ends.
                    let end = frame.saved.ahead(instruction.at);
                    self.region(sweep, end.unwrap_or(u32::MAX), When::Conditional, || "except".into());
                }
                None => {
                    frame.replace([]);
                    sweep.unreached = true;
                }
            },
        }
        if !sweep.loops.is_empty()
            && let Some(end) = sweep.loops.get(&instruction.at).copied()
            && instruction.op != Op::ForIter
        {
            self.forget_grown(sweep, instruction.at, end);
        }
    }

    /// Two ways lead here: what names something says more than a constant.
    fn merge(&self, frame: &mut Frame<'t>, saved: &[Slot<'t>]) {
        let names = |slot: &Slot<'t>| slot.known.value.as_name().is_some() || self.local(&slot.known).is_some();
        let (Some(here), Some(there)) = (frame.peek(1), saved.last()) else { return };
        match (names(here), names(there)) {
            (false, true) => *here = there.clone(),
            // Both may be called.
            (true, true) if here.others.is_none() && here.known.value != there.known.value => {
                here.others = Some(Rc::new(vec![there.known.clone()]));
            }
            _ => {}
        }
    }

    /// Up to 3.10 a handler begins where only SETUP_EXCEPT or SETUP_FINALLY lead; it ends with the code around it.
    fn guarded(&mut self, sweep: &mut Sweep<'t>, instruction: &Instruction) {
        let before = sweep.decoded.at(instruction.at).and_then(|end| sweep.decoded.instructions.get(..end));
        let Some(before) = before else { return };
        // The body ends with a jump behind the handlers: that is where they end, too.
        let ends = before.last().and_then(|jump| jump.target(sweep.version)).filter(|target| *target > instruction.at);
        let (Some(until), true) = (ends, sweep.setups.contains(&instruction.at)) else { return };
        self.region(sweep, until, When::Conditional, || "except".into());
    }

    fn region(&mut self, sweep: &mut Sweep<'t>, until: u32, when: When, context: impl FnOnce() -> Arc<str>) {
        let until = sweep.regions.last().map_or(until, |region| region.until.min(until));
        sweep.regions.push(Region { until, holds: None, before: (self.when, self.context.clone(), self.branch) });
        if self.when > When::Perhaps {
            self.context = Some(context());
        }
        self.when = self.when.min(when);
        self.branch = true;
    }

    /// A jump under a condition: what follows up to its target runs only sometimes.
    fn branch(&mut self, sweep: &mut Sweep<'t>, frame: &mut Frame<'t>, instruction: &Instruction, branch: Branch) {
        let Branch { wants, target, keeps } = branch;
        let test = frame.given();
        if target <= instruction.at {
            return;
        }
        frame.save(target, keeps.then(|| test.clone().into()));
        if keeps {
            return;
        }
        // What follows runs when it does not jump.
        let holds = on_import(frame, &test).filter(|_| !self.checking && matches!(wants, Wants::True | Wants::False));
        let holds = holds.map(|holds| holds == (wants == Wants::False));
        let before = (self.when, self.context.clone(), self.branch);
        let when = if holds == Some(false) { When::Called } else { When::Conditional };
        self.region(sweep, target, when, || condition(frame, &test, wants).into());
        if holds == Some(true) {
            (self.when, self.context, self.branch) = before;
        }
        if let Some(region) = sweep.regions.last_mut() {
            region.holds = holds;
        }
    }

    /// FOR_ITER: a loop over what is known is walked round by round, or executed for its value; any other once.
    fn enter_loop(
        &mut self,
        sweep: &mut Sweep<'t>,
        frame: &mut Frame<'t>,
        position: usize,
        target: u32,
    ) -> Result<usize, Stop> {
        let version = sweep.version;
        let over = frame.pop();
        let items = match &over.role {
            Role::Items(left) => left.items.get(left.taken..).map(<[Value]>::to_vec),
            _ => self.items_of(&over.known)?,
        };
        // What is empty as far as this code says need not be when the loop runs.
        let items = items.filter(|items| !items.is_empty() && items.len() <= MAX_ITERATED);
        let members = self.members(&over.known.value)?.is_some();
        let exit = sweep.decoded.at(target).filter(|exit| *exit >= position && *exit < sweep.decoded.straight);
        let unknown = Value::item_of(over.known.written().clone(), Known::unknown().value);
        if frame.slots().len() > MAX_SAVED {
            frame.push(over);
            frame.push(Slot::from(unknown));
            return Ok(position);
        }
        let below = frame.slots().clone();
        frame.push(over.clone());
        let (Some(items), Some(exit), false) = (items, exit, self.unrolling || self.effort == 0) else {
            after_loop(frame, &below, &over, target, version);
            let header = sweep.decoded.instructions.get(position.saturating_sub(1)).map_or(0, |known| known.at);
            self.forget_grown(sweep, header, target);
            frame.push(Slot::from(unknown));
            return Ok(position);
        };
        let outer = std::mem::replace(&mut self.unrolling, true);
        let before = (items.len() > ROUNDS).then(|| self.scope.snapshot());
        let copied = before.as_ref().map_or(0, |before| before.len() / 8);
        self.effort = self.effort.saturating_sub(u32::try_from(copied).unwrap_or(u32::MAX));
        let rounds = match members {
            true => self.telling_rounds(sweep, &below, &over, &items, position, target)?,
            false => items.iter().take(ROUNDS).cloned().collect(),
        };
        let none = members && rounds.is_empty();
        for item in rounds.iter().chain(none.then_some(&unknown)) {
            // What a list built here holds so far stays; a round that left the loop took more than its own.
            if frame.slots().len() > below.len() {
                frame.cut(below.len())
            } else {
                frame.replace(below.iter().cloned())
            }
            frame.push(over.clone());
            frame.push(Slot::from(item.clone()));
            let regions = sweep.regions.len();
            self.sweep(sweep, frame, position, exit)?;
            if let Some(region) = sweep.regions.drain(regions.min(sweep.regions.len())..).next() {
                (self.when, self.context, self.branch) = region.before;
            }
        }
        self.unrolling = outer;
        if let Some(before) = before {
            self.scope.restore(before);
            let mut quick = Frame::begin();
            quick.replace(below.iter().cloned());
            quick.push(Slot { role: Role::items(items), ..over.clone() });
            let done = self.quietly(|machine| {
                machine.run_code(sweep.code, &mut quick, position.saturating_sub(1), Some(target))
            })?;
            match done {
                Some(_) => frame.replace(std::mem::take(&mut quick).into_slots()),
                None => {
                    let header = sweep.decoded.instructions.get(position.saturating_sub(1)).map_or(0, |known| known.at);
                    self.forget_grown(sweep, header, target);
                }
            }
        }
        if frame.slots().len() >= below.len() {
            frame.cut(below.len());
        } else {
            frame.replace(below);
        }
        let reached = frame.slots().clone();
        after_loop(frame, &reached, &over, target, version);
        if let Some(saved) = frame.saved.get(target).map(<[Slot]>::to_vec) {
            frame.replace(saved);
        }
        Ok(exit)
    }

    /// The members of a module whose round of a loop calls something.
    fn telling_rounds(
        &mut self,
        sweep: &Sweep<'t>,
        below: &[Slot<'t>],
        over: &Slot<'t>,
        items: &[Value],
        position: usize,
        target: u32,
    ) -> Result<Vec<Value>, Stop> {
        let mut telling = Vec::new();
        for item in items {
            let mut quick = Frame::begin();
            quick.replace(below.iter().cloned());
            quick.push(Slot { role: Role::items(vec![item.clone()]), ..over.clone() });
            let header = position.saturating_sub(1);
            let tells =
                self.tells(|machine| machine.run_code(sweep.code, &mut quick, header, Some(target)).map(|_| ()))?;
            if tells {
                telling.push(item.clone());
                if telling.len() >= ROUNDS {
                    break;
                }
            }
        }
        Ok(telling)
    }

    /// Names that the loop `from..to` adds to are not known in it, nor behind it.
    fn forget_grown(&mut self, sweep: &mut Sweep<'t>, from: u32, to: u32) {
        if self.unrolling {
            return;
        }
        let end = sweep.decoded.instructions.partition_point(|known| known.at < to).min(sweep.decoded.straight);
        let range = sweep.decoded.at(from).and_then(|start| sweep.decoded.instructions.get(start..end));
        let range = range.unwrap_or_default();
        let Some(left) = sweep.looking.checked_sub(range.len()) else { return };
        sweep.looking = left;
        for name in grown(sweep.code, sweep.version, range) {
            self.scope.clone().bind(name, Known::unknown(), false);
        }
    }

    /// What a function returns, where executing it is cheap and certain.
    pub(crate) fn execute_code(&mut self, code: &'t Code) -> Result<Known, Stop> {
        let Some(outer) = self.running else { return Ok(Known::unknown()) };
        if outer.entered >= super::MAX_ENTERED {
            return Ok(Known::unknown());
        }
        self.running = Some(Running { code, entered: outer.entered.saturating_add(1), ..outer });
        let mut frame = Frame::on(&mut self.spare);
        let returned = self.run_code(code, &mut frame, 0, None);
        frame.leave(&mut self.spare);
        if frame.round.is_some() {
            self.leave_loop();
        }
        self.running = Some(outer);
        let returned = returned?;
        if code.numbers.flags & GENERATOR != 0 {
            let items = returned.map(|_| Value::iterator(frame.yielded));
            return Ok(items.map_or_else(Known::unknown, |value| Known { value, encoded: frame.encoded }));
        }
        Ok(returned.unwrap_or_else(Known::unknown))
    }

    /// Runs from an instruction on until the code returns or `until` is reached; nothing where the way is not known.
    fn run_code(
        &mut self,
        code: &'t Code,
        frame: &mut Frame<'t>,
        from: usize,
        until: Option<u32>,
    ) -> Result<Option<Known>, Stop> {
        let version = self.version();
        let decoded = code.decoded(version);
        let mut position = from;
        loop {
            let Some(instruction) = decoded.instructions.get(position).copied() else { return Ok(None) };
            if until == Some(instruction.at) {
                return Ok(Some(Known::unknown()));
            }
            if !self.pay()? {
                return Ok(None);
            }
            let next = self.step(frame, &instruction)?;
            position = position.saturating_add(1);
            let mut target = match next {
                Next::On => continue,
                Next::Return => return Ok(Some(frame.given())),
                Next::End => return Ok(None),
                Next::Jump(target) if target <= instruction.at && self.never_ends(code, target)? => return Ok(None),
                Next::Jump(target) => target,
                Next::Branch(Branch { wants, target, keeps }) => {
                    let test = frame.given();
                    let Some(jumps) = jumps(&test.value, wants) else { return Ok(None) };
                    if !jumps {
                        continue;
                    }
                    if keeps {
                        frame.push(test);
                    }
                    target
                }
                Next::Loop(target) => match self.next_item(frame, version)? {
                    Some(true) => continue,
                    Some(false) => target,
                    None => return Ok(None),
                },
            };
            if target <= instruction.at {
                // The first time says where the loop is; what was evaluated before is not one of its rounds.
                let on = match frame.round.replace(target) {
                    None => {
                        self.begin_rounds();
                        true
                    }
                    Some(_) => self.end_round(),
                };
                if !on {
                    match self.cut_loop(code, frame, target, instruction.at) {
                        Some(exit) => target = exit,
                        None => continue,
                    }
                }
            }
            match decoded.at(target) {
                Some(found) => position = found,
                None => return Ok(None),
            }
        }
    }

    /// Leaves the loop from `header` to the jump at `last` before its end: nothing that it assigns is known. Where it goes
    /// on; nothing: behind the jump.
    fn cut_loop(&mut self, code: &'t Code, frame: &mut Frame<'t>, header: u32, last: u32) -> Option<u32> {
        let version = self.version();
        let decoded = code.decoded(version);
        let start = decoded.at(header)?;
        let end = decoded.instructions.partition_point(|known| known.at <= last);
        let range = decoded.instructions.get(start..end).unwrap_or_default();
        self.effort = self.effort.saturating_sub(u32::try_from(range.len() / 8).unwrap_or(u32::MAX));
        for name in assigned(code, version, range) {
            self.scope.clone().bind(name, Known::unknown(), false);
        }
        // The loops around it are left, too.
        if !decoded.loops.iter().any(|(outer, until)| *outer < header && *until > last) {
            frame.round = None;
            self.leave_loop();
        }
        let first = range.first().filter(|first| first.op == Op::ForIter)?;
        exhausted(frame, version);
        first.target(version)
    }

    /// Pushes the next item of the iterator on top; `false`: there is none, and what follows the loop begins.
    fn next_item(&mut self, frame: &mut Frame<'t>, version: Version) -> Result<Option<bool>, Stop> {
        let mut over = frame.pop();
        if !matches!(over.role, Role::Items(..)) {
            let Some(items) = self.items_of(&over.known)? else { return Ok(None) };
            over.role = Role::items(items);
        }
        let Role::Items(left) = &mut over.role else { return Ok(None) };
        let item = left.items.get(left.taken).cloned();
        left.taken = left.taken.saturating_add(1);
        match item {
            Some(item) => {
                frame.push(over);
                frame.push(Slot::from(item));
                Ok(Some(true))
            }
            None => {
                frame.push(over);
                exhausted(frame, version);
                Ok(Some(false))
            }
        }
    }
}

/// The iterator on top has no more items: from 3.12 on END_FOR and what follows it take it, and a value.
fn exhausted(frame: &mut Frame<'_>, version: Version) {
    if version >= Version::V3_12 {
        frame.push(Slot::unknown());
    } else {
        drop(frame.pop_path());
    }
}

/// Keeps the stack behind a loop: from 3.12 on the iterator and a value are taken by END_FOR and what follows it.
fn after_loop<'t>(frame: &mut Frame<'t>, below: &[Slot<'t>], over: &Slot<'t>, target: u32, version: Version) {
    let mut slots = below.to_vec();
    if version >= Version::V3_12 {
        slots.push(over.clone());
        slots.push(Slot::unknown());
    }
    frame.saved.put(target, slots);
}
