//! What was stated before: the same call is stated once, and nothing that differs from it is lost.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hasher},
};

use base::stop::Stop;
use eval::Value as Known;

use crate::{
    arena::{Coding, Node},
    calls::{Called, How},
    machine::Machine,
    value::{Kind, Value},
};

/// Calls stated so far, so that the same call is stated once.
#[derive(Default)]
pub(crate) struct Stated {
    calls: HashSet<Digest>,
    /// By callee and how it is called: calls that differ in nothing but numbers.
    numeric: HashMap<Digest, u64>,
}

/// 128 bits, so that nobody finds two calls with one digest.
pub(crate) type Digest = (u64, u64);

/// Different calls remembered; beyond, the memory starts afresh.
const REMEMBERED: usize = 1 << 16;
/// Calls of one callable that differ in nothing but numbers and are stated one by one; beyond, each doubling is.
const NUMERIC: u64 = 4096;
/// Values of one call that are compared with earlier calls; a call with more is stated each time.
const COMPARED: u32 = 256;
/// Values of one state that are looked at for something new.
const LOOKED_AT: usize = 1 << 17;
/// New values in one fact.
const IN_ONE_FACT: usize = 32;
/// Text and bytes that are told apart by what they say; longer ones by where they stand.
const SHORT: usize = 256;
/// Text up to this length that is made of letters, digits and `_.-` is a name; bytes up to it, of an unknown callable, are numbers.
const NAME: usize = 24;

impl Stated {
    /// Whether this is stated for the first time.
    fn first(&mut self, digest: Digest) -> bool {
        if self.calls.len() >= REMEMBERED {
            self.calls.clear();
        }
        self.calls.insert(digest)
    }

    /// How often a call counts that differs from others in numbers only: 0 if it need not be stated.
    fn numeric(&mut self, subject: Digest) -> u64 {
        if self.numeric.len() >= REMEMBERED {
            self.numeric.clear();
        }
        let count = self.numeric.entry(subject).or_insert(0);
        *count = count.saturating_add(1);
        match *count {
            0..=NUMERIC => 1,
            count if count.is_power_of_two() => count / 2,
            _ => 0,
        }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        (self.calls.len() as u64).saturating_mul(24).saturating_add((self.numeric.len() as u64).saturating_mul(32))
    }
}

/// Mixes into a digest.
struct Mixer(DefaultHasher, DefaultHasher);

impl Mixer {
    /// For things that only differ from one another, not from those of another `kind`.
    fn new(kind: u64) -> Self {
        let (mut one, mut other) = (DefaultHasher::new(), DefaultHasher::new());
        one.write_u64(kind);
        other.write_u64(!kind);
        Self(one, other)
    }

    fn number(&mut self, number: u64) {
        self.0.write_u64(number);
        self.1.write_u64(number);
    }

    fn value(&mut self, value: Value) {
        self.number((value.kind() as u64) << 56 | value.payload());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.write(bytes);
        self.1.write(bytes);
    }

    fn digest(self) -> Digest {
        (self.0.finish(), self.1.finish())
    }
}

/// A digest of a name, the same wherever it was imported.
pub(crate) fn digest_of_name(module: &str, qualname: &str) -> Digest {
    let mut mixer = Mixer::new(0x103);
    mixer.bytes(module.as_bytes());
    mixer.bytes(qualname.as_bytes());
    mixer.digest()
}

/// Arguments by where their parts lie.
struct Compared {
    mixer: Mixer,
    /// Whether all of them are numbers.
    numeric: bool,
    /// Whether all of them were looked at.
    whole: bool,
}

impl Machine<'_, '_> {
    /// How often this call is to be stated to be made: 0 when the same was stated before, or many that differ in numbers only.
    pub(crate) fn repeats(&mut self, callee: Value, args: Value, how: How) -> u64 {
        let subject = self.subject(callee, how);
        let compared = self.compare(args, self.is_named(callee));
        let count = if compared.numeric && callee.global().is_some() { self.stated.numeric(subject) } else { 1 };
        if count == 0 || !compared.whole {
            return count;
        }
        let mut mixer = compared.mixer;
        mixer.number(subject.0);
        mixer.number(subject.1);
        u64::from(self.stated.first(mixer.digest())).saturating_mul(count)
    }

    /// A callee and how it is called. Imported twice, a name is the same.
    fn subject(&self, callee: Value, how: How) -> Digest {
        let mut mixer = Mixer::new(how as u64);
        self.mix_callable(&mut mixer, callee);
        mixer.digest()
    }

    fn mix_callable(&self, mixer: &mut Mixer, callee: Value) {
        match callee.global().and_then(|index| self.names.at(index)).and_then(|global| global.digest) {
            Some(digest) => {
                mixer.number(digest.0);
                mixer.number(digest.1);
            }
            None => mixer.value(callee),
        }
    }

    /// Whether the tables have a row for this name.
    fn is_named(&self, callee: Value) -> bool {
        callee.global().and_then(|index| self.names.at(index)).is_some_and(|global| global.named)
    }

    fn compare(&self, args: Value, named: bool) -> Compared {
        let mut compared = Compared { mixer: Mixer::new(u64::MAX), numeric: true, whole: true };
        let mut queue = vec![args];
        let mut left = COMPARED;
        while let Some(value) = queue.pop() {
            let Some(rest) = left.checked_sub(1) else {
                compared.whole = false;
                break;
            };
            left = rest;
            compared.mixer.value(value);
            match value.kind() {
                Kind::Tuple => {
                    let items = self.arena.items_of_run(value).unwrap_or_default();
                    compared.mixer.number(items.len() as u64);
                    queue.extend(items.iter().take(COMPARED as usize).copied());
                    compared.whole &= items.len() <= COMPARED as usize;
                }
                Kind::None | Kind::Bool | Kind::Int | Kind::Float => {}
                Kind::Bytes if named || value.len() <= NAME => {}
                Kind::Constant if matches!(self.arena.look(value), Some(Node::Float(_))) => {}
                Kind::List | Kind::Dict | Kind::Set => {
                    // What was added since, here or further down, makes it another call.
                    let (items, _) = self.arena.items(value).unwrap_or_default();
                    self.arena.version(value).into_iter().for_each(|part| compared.mixer.number(part));
                    queue.extend(items.iter().filter(|item| item.is_container()).take(COMPARED as usize));
                    compared.numeric = false;
                }
                _ => compared.numeric = false,
            }
        }
        compared
    }

    /// Whether NEWOBJ of this class was seen to give a plain instance, with arguments that cannot act and say nothing.
    pub(crate) fn is_plain(&self, class: u32, args: Value) -> bool {
        let Some(global) = self.names.at(class).filter(|global| global.plain) else {
            return false;
        };
        args.kind() == Kind::Tuple
            && self.arena.items_of_run(args).is_some_and(|items| {
                items.iter().all(|item| item.is_constant() && (global.named || self.saying(*item, true).is_none()))
            })
    }

    /// The class of an object is given a state, items or what is appended. Whatever the tables know of it, each *new* name, computed value
    /// and text that says something is stated: an honest first instance hides no later one.
    pub(crate) fn state_fact_as(&mut self, object: Value, args: &[Value], how: How) -> Result<(), Stop> {
        let class = Value::new(Kind::Global, u64::from(object.class()));
        let subject = self.subject(class, how);
        let first = self.stated.first(subject);
        let fresh = self.fresh(class, subject, args, how)?;
        let view = self.view();
        let callee = view.known(class);
        if first {
            let arguments: Vec<Known> = args.iter().take(8).map(|arg| view.shown(*arg)).collect();
            self.state_call(&Called { callee: &callee, args: &arguments, kwargs: &[] }, how, 1)?;
        }
        let shown = first && args.len() <= 8 && fresh.len() <= IN_ONE_FACT;
        for some in fresh.chunks(IN_ONE_FACT).filter(|_| !shown) {
            let view = self.view();
            let arguments: Vec<Known> = some
                .iter()
                .map(|(key, value)| match key {
                    Some(key) => Known::dict([(view.shown(*key), view.shown(*value))]),
                    None => view.shown(*value),
                })
                .collect();
            self.state_call(&Called { callee: &callee, args: &arguments, kwargs: &[] }, how, 1)?;
        }
        Ok(())
    }

    /// What in these values was not stated of this class before, with its key where it stands in a dict.
    fn fresh(
        &mut self,
        class: Value,
        subject: Digest,
        args: &[Value],
        how: How,
    ) -> Result<Vec<(Option<Value>, Value)>, Stop> {
        let named = self.is_named(class);
        // Of a class that is known, text matters where it is a state, and bytes never do: rows say what they are for.
        let texts = !named || how == How::Build;
        let pairs = how == How::Setitem;
        let mut queue: Vec<(Option<Value>, Value)> = Vec::new();
        match args {
            // A state is nearly always a dict of its own: nothing is gained by remembering it.
            [state] if state.kind() == Kind::Dict => {
                let items = self.arena.items(*state).map(|(items, _)| items).unwrap_or_default();
                self.parts(items, true, &mut queue);
            }
            _ => self.parts(args, pairs, &mut queue),
        }
        let (mut fresh, mut looked_at) = (Vec::new(), 0_usize);
        while let Some((key, value)) = queue.pop() {
            looked_at = looked_at.saturating_add(1);
            if looked_at > LOOKED_AT {
                break;
            }
            if value.is_container() && value.kind() != Kind::Object {
                if self.arena_is_new(subject, value) {
                    let (items, dict) = self.items_of(value);
                    self.parts(&items, dict, &mut queue);
                }
                continue;
            }
            let said = match value.kind() {
                Kind::Global | Kind::Known => {
                    let mut mixer = Mixer::new(0x100);
                    self.mix_callable(&mut mixer, value);
                    Some(mixer)
                }
                _ if texts => self.saying(value, !named),
                _ => None,
            };
            if let Some(mut mixer) = said {
                mixer.number(subject.0);
                if self.stated.first(mixer.digest()) {
                    fresh.push((key, value));
                }
            }
        }
        self.meter.steps(looked_at as u64)?;
        Ok(fresh)
    }

    /// Puts values, or keys and values, into the queue.
    fn parts(&self, items: &[Value], pairs: bool, queue: &mut Vec<(Option<Value>, Value)>) {
        if !pairs {
            queue.extend(items.iter().filter(|item| self.may_say(**item)).map(|item| (None, *item)));
            return;
        }
        for pair in items.chunks(2) {
            if let [key, value] = pair {
                queue.extend(Some((None, *key)).filter(|_| self.may_say(*key)));
                queue.extend(Some((Some(*key), *value)).filter(|_| self.may_say(*value)));
            }
        }
    }

    /// Whether it is anything but a number, a truth value, `None` or the result of a call, which was stated itself.
    fn may_say(&self, value: Value) -> bool {
        !matches!(
            value.kind(),
            Kind::Unknown | Kind::None | Kind::Bool | Kind::Int | Kind::Float | Kind::Hook | Kind::Object
        )
    }

    /// Whether this container, as it is now, was not looked at before for this class.
    fn arena_is_new(&mut self, subject: Digest, container: Value) -> bool {
        let mut mixer = Mixer::new(0x101);
        mixer.number(subject.0);
        mixer.value(container);
        self.arena.version(container).into_iter().for_each(|part| mixer.number(part));
        self.stated.first(mixer.digest())
    }

    fn items_of(&self, container: Value) -> (Vec<Value>, bool) {
        let items = match container.kind() {
            Kind::Tuple | Kind::FrozenSet => self.arena.items_of_run(container),
            _ => self.arena.items(container).map(|(items, _)| items),
        };
        (items.unwrap_or_default().to_vec(), container.kind() == Kind::Dict)
    }

    /// A digest of what text or bytes say; `None` for what is a name, a number or nothing.
    fn saying(&self, value: Value, bytes: bool) -> Option<Mixer> {
        let (offset, len) = match value.kind() {
            Kind::Text => (value.start(), value.len() as u64),
            Kind::Bytes if bytes => (value.start(), value.len() as u64),
            Kind::Constant => match self.arena.look(value)? {
                Node::Span { coding: Coding::Bytes | Coding::ByteArray, .. } if !bytes => return None,
                Node::Span { offset, len, .. } => (*offset, *len),
                _ => return None,
            },
            _ => return None,
        };
        let mut mixer = Mixer::new(0x102);
        let short = usize::try_from(len).ok().filter(|len| *len <= SHORT);
        match short.and_then(|_| self.texts.read(offset, len)) {
            Some(said) if is_name(&said) => return None,
            Some(said) => mixer.bytes(&said),
            None => mixer.number(offset),
        }
        Some(mixer)
    }
}

/// Whether text is no more than a name: short, of letters, digits and `_.-`.
fn is_name(text: &[u8]) -> bool {
    text.len() <= NAME && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}
