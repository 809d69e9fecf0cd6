//! The stack of a code object that is walked, and what its slots are known to be.

use std::rc::Rc;

use base::fact::Str;
use eval::Value;

use crate::{
    reach::may_be_taken,
    scope::{Known, Others},
};

/// A slot of the stack.
#[derive(Clone, Debug)]
pub(super) struct Slot<'t> {
    /// What it is.
    pub(super) known: Known,
    /// What else it may be, where a name was bound in several branches.
    pub(super) others: Others,
    /// The name that was loaded.
    pub(super) name: Option<&'t Str>,
    /// The name of the variable whose method it is.
    pub(super) receiver: Option<&'t Str>,
    /// Whether it reads as what it is: a constant, or a name.
    pub(super) literal: bool,
    /// What else it is.
    pub(super) role: Role,
}

/// What a slot is beside a value.
#[derive(Clone, Debug, Default)]
pub(super) enum Role {
    /// A value.
    #[default]
    Value,
    /// NULL, which CPython pushes beside callables.
    Null,
    /// A list that is being built, of these so far; the value is made when it is taken or looked at.
    #[expect(clippy::box_collection, reason = "slots are moved all the time, and seldom grow")]
    Growing(Box<Vec<Value>>),
    /// An iterator over known items, and how many were taken.
    Items(Box<Left>),
    /// The method that enters or leaves a context; the slot is what a `with` statement binds.
    Enter,
    /// A cell that a closure is made of.
    Cell,
}

/// Items of which some were taken.
#[derive(Clone, Debug)]
pub(super) struct Left {
    pub(super) items: Rc<[Value]>,
    pub(super) taken: usize,
}

impl Role {
    /// An iterator over these.
    pub(super) fn items(items: impl Into<Rc<[Value]>>) -> Self {
        Self::Items(Box::new(Left { items: items.into(), taken: 0 }))
    }
}

impl From<Known> for Slot<'_> {
    fn from(known: Known) -> Self {
        Self { known, others: None, name: None, receiver: None, literal: false, role: Role::Value }
    }
}

impl From<Value> for Slot<'_> {
    fn from(value: Value) -> Self {
        Known::from(value).into()
    }
}

impl<'t> Slot<'t> {
    /// A slot that reads as what it is.
    pub(super) fn literal(known: Known) -> Self {
        Self { literal: true, ..known.into() }
    }

    /// Nothing is known.
    pub(super) fn unknown() -> Self {
        Known::unknown().into()
    }

    /// NULL.
    pub(super) fn null() -> Self {
        Self { role: Role::Null, ..Self::unknown() }
    }

    /// Makes the value of a list that was being built.
    pub(super) fn settle(&mut self) {
        if let Role::Growing(items) = &mut self.role {
            self.known.value = Value::list(std::mem::take(&mut **items));
            self.role = Role::Value;
        }
    }

    /// Whether it is NULL.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.role, Role::Null)
    }
}

/// A stack that is not in use: most frames are short, and follow each other.
#[derive(Debug, Default)]
pub(crate) struct Spare<'t>(Vec<Slot<'t>>);

/// Values that one stack may hold.
const MAX_STACK: usize = 1 << 16;

/// Arguments that are tried with what else they are.
const MAX_ALTERED: usize = 8;

/// Callables that leave the stack of one code object and are kept.
const MAX_WATCHED: usize = 1 << 12;

/// Depth of a stack that is kept for a jump.
pub(super) const MAX_SAVED: usize = 256;
/// Jumps whose stacks are kept at once.
const MAX_TARGETS: usize = 1 << 12;

/// Stacks that are kept for jumps, by where those lead: the nearest last, as it is taken next.
#[derive(Debug, Default)]
pub(super) struct Saved<'t>(Vec<(u32, Vec<Slot<'t>>)>);

impl<'t> Saved<'t> {
    /// Where the stack for `target` stands, or would.
    fn place(&self, target: u32) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| target.cmp(known))
    }

    /// Takes the stack for `target`.
    pub(super) fn take(&mut self, target: u32) -> Option<Vec<Slot<'t>>> {
        self.place(target).ok().map(|place| self.0.remove(place).1)
    }

    /// The stack for `target`.
    pub(super) fn get(&self, target: u32) -> Option<&[Slot<'t>]> {
        self.0.get(self.place(target).ok()?).map(|(_, slots)| &**slots)
    }

    /// Keeps another stack for `target`.
    pub(super) fn put(&mut self, target: u32, slots: Vec<Slot<'t>>) {
        match self.place(target) {
            Ok(place) => drop(self.0.get_mut(place).map(|known| known.1 = slots)),
            Err(place) => self.0.insert(place, (target, slots)),
        }
    }

    /// The nearest target behind `at`.
    pub(super) fn ahead(&self, at: u32) -> Option<u32> {
        self.0.iter().rev().map(|(target, _)| *target).find(|target| *target > at)
    }
}

/// The state of one walk through a code object.
#[derive(Debug, Default)]
pub(super) struct Frame<'t> {
    slots: Vec<Slot<'t>>,
    /// Names of keyword arguments of the call that follows (KW_NAMES).
    pub(super) keywords: Option<Vec<Str>>,
    /// What a comparison compared, until the jump behind it.
    pub(super) compared: Option<(Known, &'static str, Known)>,
    /// The module of the `from … import` that is under way.
    pub(super) importing: Option<Str>,
    /// What a generator gave.
    pub(super) yielded: Vec<Value>,
    /// How the first of that came about which was decoded.
    pub(super) encoded: Option<Rc<Value>>,
    /// Stacks of jumps that were seen, by target.
    pub(super) saved: Saved<'t>,
    /// What is tested or returned.
    pub(super) given: Known,
    /// Where the loop begins that is executed.
    pub(super) round: Option<u32>,
    /// The instruction that is walked.
    pub(super) at: u32,
    /// Whether callables are kept that leave the stack for elsewhere.
    pub(super) watching: bool,
    /// Those values, and which instruction took them.
    pub(super) taken: Vec<(Value, u32)>,
}

impl<'t> Frame<'t> {
    /// The frame of code that begins.
    pub(super) fn begin() -> Self {
        Self::default()
    }

    /// The same, on the stack that another frame left.
    pub(super) fn on(spare: &mut Spare<'t>) -> Self {
        Self { slots: std::mem::take(&mut spare.0), ..Self::begin() }
    }

    /// Leaves the stack for another frame.
    pub(super) fn leave(&mut self, spare: &mut Spare<'t>) {
        self.slots.clear();
        spare.0 = std::mem::take(&mut self.slots);
    }

    /// Takes what is tested or returned.
    pub(super) fn given(&mut self) -> Known {
        std::mem::take(&mut self.given)
    }

    pub(super) fn push(&mut self, slot: impl Into<Slot<'t>>) {
        if self.slots.len() < MAX_STACK {
            self.slots.push(slot.into());
        }
    }

    pub(super) fn pop(&mut self) -> Slot<'t> {
        let slot = self.pop_path();
        if self.watching {
            self.watch(&slot);
        }
        slot
    }

    /// What else the texts among the last `count` are in other branches, each with its position.
    pub(super) fn other_texts(&self, count: u32) -> Vec<(usize, Known)> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let Some(given) = self.slots.len().checked_sub(count).and_then(|start| self.slots.get(start..)) else {
            return Vec::new();
        };
        let others = |(at, slot): (usize, &Slot<'t>)| {
            let others = slot.others.iter().flat_map(|others| others.iter());
            others.filter(|other| other.value.as_str().is_some()).map(|other| (at, other.clone())).collect::<Vec<_>>()
        };
        given.iter().take(MAX_ALTERED).enumerate().flat_map(others).collect()
    }

    /// The top, where it was made just now and is no lambda: what is called with a definition is a decorator.
    pub(super) fn fresh(&self) -> Option<&Value> {
        let slot = self.slots.last().filter(|slot| slot.name.is_none() && slot.receiver.is_none())?;
        matches!(&slot.known.value, Value::External(name) if &**name != "<lambda>").then_some(&slot.known.value)
    }

    /// What this instruction took is not put anywhere.
    pub(super) fn untake(&mut self) {
        let at = self.at;
        self.taken.retain(|(_, taken)| *taken != at);
    }

    /// Keeps a callable that leaves the stack for elsewhere.
    fn watch(&mut self, slot: &Slot<'t>) {
        // What is made here and bound is a definition; what was loaded is put somewhere else.
        let loaded = slot.name.is_some() || slot.receiver.is_some();
        let told = match &slot.known.value {
            Value::Global(name) => loaded && may_be_taken(name),
            Value::External(name) => loaded || &**name == "<lambda>",
            _ => false,
        };
        if told && self.taken.len() < MAX_WATCHED {
            self.taken.push((slot.known.value.clone(), self.at));
        }
        for other in slot.others.iter().flat_map(|others| others.iter()).filter(|_| loaded) {
            if self.taken.len() < MAX_WATCHED {
                self.taken.push((other.value.clone(), self.at));
            }
        }
    }

    /// The top, to be called or asked for an attribute.
    pub(super) fn pop_path(&mut self) -> Slot<'t> {
        match self.slots.pop() {
            Some(mut slot) => {
                slot.settle();
                slot
            }
            None => Slot::unknown(),
        }
    }

    /// The last `count`, in order.
    pub(super) fn take(&mut self, count: u32) -> Vec<Slot<'t>> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut taken = match self.slots.len().checked_sub(count) {
            Some(rest) => self.slots.split_off(rest),
            None => {
                // What is there are the last ones; what is missing is not made up beyond reason.
                let missing = count.saturating_sub(self.slots.len()).min(64);
                let mut taken = vec![Slot::unknown(); missing];
                taken.append(&mut self.slots);
                taken
            }
        };
        taken.iter_mut().for_each(Slot::settle);
        if self.watching {
            taken.iter().for_each(|slot| self.watch(slot));
        }
        taken
    }

    /// What the last `count` are, in order, and whether all but the last `named` of them read as what they are.
    pub(super) fn arguments(&mut self, count: u32, named: usize) -> (Vec<Known>, bool) {
        let length = usize::try_from(count).unwrap_or(usize::MAX);
        if self.slots.len() < length {
            self.slots = self.take(count);
        }
        let start = self.slots.len().saturating_sub(length);
        let positional = self.slots.len().saturating_sub(start).saturating_sub(named);
        let mut literal = true;
        if self.watching {
            for index in start..self.slots.len() {
                if let Some(slot) = self.slots.get(index).cloned() {
                    self.watch(&slot);
                }
            }
        }
        let known = |(at, mut slot): (usize, Slot<'t>)| {
            slot.settle();
            literal &= slot.literal || at >= positional;
            slot.known
        };
        let arguments = self.slots.drain(start..).enumerate().map(known).collect();
        (arguments, literal)
    }

    /// The slot `depth` below the top, which is 1.
    pub(super) fn peek(&mut self, depth: u32) -> Option<&mut Slot<'t>> {
        let slot = self.growing(depth)?;
        slot.settle();
        Some(slot)
    }

    /// The same, where it may be a list that is being built.
    pub(super) fn growing(&mut self, depth: u32) -> Option<&mut Slot<'t>> {
        let depth = usize::try_from(depth).ok()?;
        let index = self.slots.len().checked_sub(depth)?;
        self.slots.get_mut(index)
    }

    /// Moves the top `depth - 1` slots down.
    pub(super) fn rotate(&mut self, depth: u32) {
        let depth = usize::try_from(depth).unwrap_or(0);
        if let Some(start) = self.slots.len().checked_sub(depth)
            && let Some(part) = self.slots.get_mut(start..)
            && !part.is_empty()
        {
            part.rotate_right(1);
        }
    }

    /// Exchanges the top and the slot `depth` below it.
    pub(super) fn swap(&mut self, depth: u32) {
        let top = self.slots.len().checked_sub(1);
        let other = self.slots.len().checked_sub(usize::try_from(depth).unwrap_or(0));
        if let (Some(top), Some(other)) = (top, other.filter(|other| *other < self.slots.len())) {
            self.slots.swap(top, other);
        }
    }

    /// Keeps the stack for a jump to `target`; one that is deeper than honest code's is not kept.
    pub(super) fn save(&mut self, target: u32, more: impl IntoIterator<Item = Slot<'t>>) {
        if self.slots.len() <= MAX_SAVED
            && self.saved.0.len() <= MAX_TARGETS
            && let Err(place) = self.saved.place(target)
        {
            let slots = self.slots.iter().cloned().chain(more).collect();
            self.saved.0.insert(place, (target, slots));
        }
    }

    pub(super) fn slots(&self) -> &Vec<Slot<'t>> {
        &self.slots
    }

    pub(super) fn replace(&mut self, slots: impl IntoIterator<Item = Slot<'t>>) {
        self.slots.clear();
        self.slots.extend(slots);
    }

    pub(super) fn into_slots(self) -> Vec<Slot<'t>> {
        self.slots
    }

    pub(super) fn cut(&mut self, length: usize) {
        self.slots.truncate(length);
    }
}
