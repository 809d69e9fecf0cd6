//! What the file itself defines, found again by the value that stands for it, and what is written on objects that nobody knows.

use std::{rc::Rc, sync::Arc};

use base::fact::Str;
use eval::{Call, Value};
use foldhash::HashMap;

use crate::{machine::Machine, scope::Known};

/// Something that the file itself defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Local {
    /// A function or lambda, by its position.
    Function(usize),
    /// A class.
    Class(usize),
    /// An object of a class.
    Instance(usize),
    /// A code object, by its position in a marshal stream.
    Code(usize),
}

/// Attributes of unknown objects that are remembered.
const MAX_WRITTEN: usize = 1 << 12;

/// Values that stand for what the file defines. Such a value is an external one, told by its address: it stays what it
/// is wherever it is put, in a list, a dict or an argument.
#[derive(Default)]
pub(crate) struct Locals {
    known: HashMap<usize, (Str, Local)>,
    codes: HashMap<usize, Known>,
    written: HashMap<usize, (Rc<Call>, HashMap<Str, Known>)>,
    writes: usize,
}

impl Locals {
    /// A new value for `local`, shown by `name`.
    pub(crate) fn add(&mut self, name: &str, local: Local) -> Known {
        self.stand(name.into(), local)
    }

    /// The same for a text that stands for nothing else.
    pub(crate) fn stand(&mut self, text: Str, local: Local) -> Known {
        self.known.insert(Arc::as_ptr(&text).addr(), (text.clone(), local));
        Value::External(text).into()
    }

    /// The value of a code object, the same one each time.
    pub(crate) fn code(&mut self, name: &str, index: usize) -> Known {
        if let Some(known) = self.codes.get(&index) {
            return known.clone();
        }
        let known = self.add(name, Local::Code(index));
        self.codes.insert(index, known.clone());
        known
    }

    /// What a value stands for.
    pub(crate) fn of(&self, value: &Value) -> Option<Local> {
        let Value::External(text) = value else { return None };
        self.known.get(&Arc::as_ptr(text).addr()).map(|(_, local)| *local)
    }

    /// `of.name = value`, of an object that another module made.
    pub(crate) fn write(&mut self, of: &Rc<Call>, name: &str, value: Known) {
        if self.writes < MAX_WRITTEN {
            let (_, members) =
                self.written.entry(Rc::as_ptr(of).addr()).or_insert_with(|| (of.clone(), HashMap::default()));
            let before = members.insert(name.into(), value);
            self.writes = self.writes.saturating_add(usize::from(before.is_none()));
        }
    }

    /// What was written.
    pub(crate) fn read(&self, of: &Rc<Call>, name: &str) -> Option<Known> {
        let (_, members) = self.written.get(&Rc::as_ptr(of).addr())?;
        members.get(name).cloned()
    }
}

impl Machine<'_, '_, '_> {
    /// What of this file a value stands for.
    pub(crate) fn local(&self, known: &Known) -> Option<Local> {
        self.locals.of(&known.value)
    }
}
