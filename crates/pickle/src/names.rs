//! The table of imported names: each is resolved once, stated once, and referred to by its index.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

use eval::{Name, Value as Known};

use crate::{
    calls::dotted,
    stated::{Digest, digest_of_name},
    value::Value,
};

/// A name that the stream imports.
pub(crate) struct Global {
    /// What it is; a [`Known::Global`] unless its place was written to.
    pub(crate) known: Known,
    /// Whether its module and name were printable text: what noise is not.
    pub(crate) printable: bool,
    /// Whether NEWOBJ of it gave a plain instance before, whatever the arguments.
    pub(crate) plain: bool,
    /// Whether the tables have a row for it.
    pub(crate) named: bool,
    /// A digest of its canonical name, if it has one.
    pub(crate) digest: Option<Digest>,
}

impl Global {
    /// The resolved name.
    pub(crate) fn name(&self) -> Option<&Rc<Name>> {
        self.known.as_name()
    }
}

/// Canonical module and name, the name as written where it differs, and how it came about.
pub(crate) type StatedName = (Arc<str>, Arc<str>, Arc<str>, Arc<str>);

/// Names that may be written over.
const MAX_REBOUND: usize = 1 << 16;

/// The names so far.
#[derive(Default)]
pub(crate) struct Names {
    globals: Vec<Global>,
    /// By module, name and whether Python 2's names are mapped.
    written: HashMap<(String, String, bool), u32>,
    /// STACK_GLOBAL operands seen before: the same two values are the same text.
    operands: HashMap<(Value, Value, bool), u32>,
    /// Names that calls gave, by canonical module and name.
    computed: HashMap<(String, String), u32>,
    /// Names that were stated: canonical, as written, and how they came about.
    stated: HashSet<StatedName>,
    /// What was written over a name: the whole dotted path to the new value. A module and an attribute of its package are one path.
    rebound: HashMap<String, Known>,
}

impl Names {
    /// The global with this index.
    pub(crate) fn at(&self, index: u32) -> Option<&Global> {
        self.globals.get(usize::try_from(index).ok()?)
    }

    /// The global with this index.
    pub(crate) fn at_mut(&mut self, index: u32) -> Option<&mut Global> {
        self.globals.get_mut(usize::try_from(index).ok()?)
    }

    /// The index of the name that these operands were before.
    pub(crate) fn by_operands(&self, module: Value, name: Value, python2: bool) -> Option<u32> {
        if self.rebound.is_empty() { self.operands.get(&(module, name, python2)).copied() } else { None }
    }

    /// Remembers what these operands are.
    pub(crate) fn keep_operands(&mut self, module: Value, name: Value, python2: bool, index: u32) {
        if self.operands.len() < 1 << 16 {
            self.operands.insert((module, name, python2), index);
        }
    }

    /// The index of `name` of `module`, resolved now unless it was before; the second part says whether it is new.
    pub(crate) fn import(&mut self, module: &str, name: &str, python2: bool) -> (u32, bool) {
        if self.rebound.is_empty() {
            // The common case pays for two short strings only when the name is new.
            let key = (module.to_owned(), name.to_owned(), python2);
            if let Some(index) = self.written.get(&key) {
                return (*index, false);
            }
            let known = eval::name(module, name, python2);
            let index = self.add(known, printable(module) && printable(name));
            self.written.insert(key, index);
            return (index, true);
        }
        let known = self.rebound(module, name).unwrap_or_else(|| eval::name(module, name, python2));
        (self.add(known, printable(module) && printable(name)), true)
    }

    /// The names stated so far.
    pub(crate) fn stated(&self) -> HashSet<StatedName> {
        self.stated.clone()
    }

    /// Takes back what was stated since: it was dropped.
    pub(crate) fn forget_since(&mut self, stated: HashSet<StatedName>) {
        self.stated = stated;
        self.written.clear();
        self.operands.clear();
    }

    /// Adds a name that came about in another way.
    pub(crate) fn add(&mut self, known: Known, printable: bool) -> u32 {
        let index = u32::try_from(self.globals.len()).unwrap_or(u32::MAX);
        let named = known.as_name().is_some_and(|name| eval::is_named(&name.module, &name.qualname));
        let digest = known.as_name().map(|name| digest_of_name(&name.module, &name.qualname));
        self.globals.push(Global { known, printable, plain: false, named, digest });
        index
    }

    /// The index of a name that was computed; the same name has one index.
    pub(crate) fn add_computed(&mut self, known: &Known) -> u32 {
        let Some(name) = known.as_name() else {
            return self.add(known.clone(), false);
        };
        let key = (name.module.to_string(), name.qualname.to_string());
        if let Some(index) = self.computed.get(&key) {
            return *index;
        }
        let index = self.add(known.clone(), true);
        self.computed.insert(key, index);
        index
    }

    /// Whether this name is stated for the first time, written like this and from this origin.
    pub(crate) fn first(&mut self, name: StatedName) -> bool {
        !self.stated.contains(&name) && self.stated.insert(name)
    }

    /// Writes `value` over `name` of `module`: later imports of it, and of what lies below, give this.
    /// `false` when there are too many.
    pub(crate) fn rebind(&mut self, module: &str, name: &str, value: Known) -> bool {
        let path = dotted(module, name);
        let room = self.rebound.len() < MAX_REBOUND || self.rebound.contains_key(&path);
        if room {
            self.rebound.insert(path, value);
        }
        room
    }

    /// Takes over what an unpickler before wrote over: it stays so in the process.
    pub(crate) fn inherit(&mut self, before: &mut Self) {
        self.rebound = std::mem::take(&mut before.rebound);
    }

    /// Whether any name was written over.
    pub(crate) fn written_to(&self) -> bool {
        !self.rebound.is_empty()
    }

    /// What was written over exactly `name` of `module`.
    pub(crate) fn written_over(&self, module: &str, name: &str) -> Option<&Known> {
        if self.rebound.is_empty() {
            return None;
        }
        self.rebound.get(&dotted(module, name))
    }

    /// What `name` of `module` is after the writes: the nearest owner that was written over, walked on from there.
    fn rebound(&self, module: &str, name: &str) -> Option<Known> {
        let canonical = eval::name(module, name, false);
        let canonical = canonical.as_name()?;
        for path in [dotted(module, name), canonical.dotted()] {
            let mut end = path.len();
            while end > 0 {
                let (head, rest) = path.split_at_checked(end)?;
                if let Some(value) = self.rebound.get(head) {
                    let parts = rest.split('.').filter(|part| !part.is_empty());
                    return Some(parts.fold(value.clone(), |of, part| eval::attribute(&of, part)));
                }
                end = head.rfind('.').unwrap_or(0);
            }
        }
        None
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        let rows = self
            .globals
            .len()
            .saturating_mul(256)
            .saturating_add(self.operands.len().saturating_mul(32))
            .saturating_add(self.rebound.len().saturating_mul(256));
        rows as u64
    }
}

/// Whether text could be a name that someone typed.
fn printable(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| !letter.is_control() && letter != '\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_types_is_no_name() {
        assert!(printable("système") && printable("a b"));
        assert!(!["", "a\0", "\u{fffd}", "line\n"].iter().any(|text| printable(text)));
    }

    #[test]
    fn names_written_over_are_found_below_too() {
        let mut names = Names::default();
        names.rebind("numpy", "size.shape", Known::module("builtins"));
        let (index, _) = names.import("numpy", "size.shape.eval", false);
        assert_eq!(
            names.at(index).and_then(|global| global.name().map(|name| name.dotted())),
            Some("builtins.eval".into())
        );
        names.rebind("json", "", Known::module("os"));
        let (index, _) = names.import("json", "system", false);
        assert_eq!(
            names.at(index).and_then(|global| global.name().map(|name| name.dotted())),
            Some("os.system".into())
        );
    }
}
