//! What was looked up before: attributes of modules, names that nothing binds, callables that operators stand for.

use std::rc::Rc;

use base::fact::Str;
use eval::{Name, Value};
use foldhash::HashMap;

use crate::scope::Known;

/// Entries of one table: honest files have some hundreds.
const MAX_ENTRIES: usize = 1 << 14;

/// Look-ups of one reading, which always give the same.
#[derive(Default)]
pub(crate) struct Memo {
    /// By the addresses of the owner and of the attribute's name, which are kept beside.
    attributes: HashMap<(usize, usize), (Rc<Name>, Str, Value)>,
    unbound: HashMap<Str, Known>,
    /// By the addresses of the module and of the name.
    callables: HashMap<(*const str, *const str), Value>,
    words: HashMap<Str, ()>,
}

impl Memo {
    /// `owner.name`.
    pub(crate) fn attribute(&mut self, owner: &Rc<Name>, name: &Str) -> Value {
        let place = (Rc::as_ptr(owner).addr(), name.as_ptr().addr());
        if let Some((_, _, found)) = self.attributes.get(&place) {
            return found.clone();
        }
        let found = eval::attribute(&Value::Global(owner.clone()), name);
        if self.attributes.len() < MAX_ENTRIES {
            self.attributes.insert(place, (owner.clone(), name.clone(), found.clone()));
        }
        found
    }

    /// What a name is that nothing binds, where that was asked before.
    pub(crate) fn unbound(&self, name: &str) -> Option<Known> {
        self.unbound.get(name).cloned()
    }

    /// Remembers what such a name is.
    pub(crate) fn keep_unbound(&mut self, name: &str, known: &Known) {
        if self.unbound.len() < MAX_ENTRIES {
            self.unbound.insert(name.into(), known.clone());
        }
    }

    /// Forgets what names are that nothing binds: a module gave its own.
    pub(crate) fn forget_unbound(&mut self) {
        self.unbound.clear();
    }

    /// The callable `module.name`.
    pub(crate) fn callable(&mut self, module: &'static str, name: &'static str) -> Value {
        let place = (&raw const *module, &raw const *name);
        self.callables.entry(place).or_insert_with(|| Value::global(module, name)).clone()
    }

    /// `text`, shared.
    pub(crate) fn word(&mut self, text: &str) -> Str {
        if let Some((word, ())) = self.words.get_key_value(text) {
            return word.clone();
        }
        let word = Str::from(text);
        if self.words.len() < MAX_ENTRIES {
            self.words.insert(word.clone(), ());
        }
        word
    }
}
