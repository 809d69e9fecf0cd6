//! Names and what they are bound to.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    rc::Rc,
};

use base::fact::Str;
use eval::{Value, Why};

/// What is known of an expression.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// What it evaluates to.
    pub(crate) value: Value,
    /// The same as written, when decoding took part in it: `base64.b64decode(b'…')`.
    pub(crate) encoded: Option<Value>,
    /// What it is of this very file.
    pub(crate) local: Option<Local>,
}

/// Something that the file itself defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Local {
    /// A function or lambda, by its position.
    Function(usize),
    /// A class.
    Class(usize),
    /// An object of a class.
    Instance(usize),
}

impl Known {
    /// Nothing.
    pub(crate) fn unknown() -> Self {
        Value::Unknown(Why::Unfollowed).into()
    }

    /// Something that has no more than a name.
    pub(crate) fn named(name: &str) -> Self {
        Value::External(name.into()).into()
    }

    /// Something of this file, shown by its name.
    pub(crate) fn local(local: Local, name: &str) -> Self {
        Self { local: Some(local), ..Self::named(name) }
    }

    /// As written, encoding included.
    pub(crate) fn written(&self) -> &Value {
        self.encoded.as_ref().unwrap_or(&self.value)
    }
}

impl From<Value> for Known {
    fn from(value: Value) -> Self {
        Self { value, encoded: None, local: None }
    }
}

/// Values that a name may have at once: one a branch.
const ALTERNATIVES: usize = 4;
/// Names in one scope.
const MAX_NAMES: usize = 1 << 16;

/// A module, a class body or a function.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    names: RefCell<HashMap<Str, Vec<Known>>>,
    globals: RefCell<HashSet<Str>>,
    parent: Option<Rc<Scope>>,
    class: bool,
}

impl Scope {
    /// A scope inside `parent`.
    pub(crate) fn inside(parent: &Rc<Self>, class: bool) -> Rc<Self> {
        Rc::new(Self { parent: Some(Rc::clone(parent)), class, ..Self::default() })
    }

    /// The scope that functions defined here see: a class body hides its names from its methods.
    pub(crate) fn visible(self: &Rc<Self>) -> Rc<Self> {
        let mut scope = Rc::clone(self);
        while let (true, Some(parent)) = (scope.class, scope.parent.clone()) {
            scope = parent;
        }
        scope
    }

    fn module(self: &Rc<Self>) -> Rc<Self> {
        let mut scope = Rc::clone(self);
        while let Some(parent) = scope.parent.clone() {
            scope = parent;
        }
        scope
    }

    /// `global name`.
    pub(crate) fn declare_global(&self, name: &str) {
        self.globals.borrow_mut().insert(name.into());
    }

    /// Binds a name; `branch`: only perhaps, so what it was before is kept beside.
    pub(crate) fn bind(self: &Rc<Self>, name: &str, known: Known, branch: bool) {
        let module;
        let scope = if self.globals.borrow().contains(name) {
            module = self.module();
            &module
        } else {
            self
        };
        let mut names = scope.names.borrow_mut();
        if names.len() >= MAX_NAMES && !names.contains_key(name) {
            return;
        }
        let values = names.entry(name.into()).or_default();
        if !branch {
            values.clear();
        }
        if values.len() >= ALTERNATIVES {
            values.remove(0);
        }
        values.push(known);
    }

    /// All that a name may be, here or further out; the last is the one bound last.
    pub(crate) fn find(&self, name: &str) -> Option<Vec<Known>> {
        let mut scope = self;
        loop {
            if let Some(found) = scope.names.borrow().get(name) {
                return Some(found.clone());
            }
            scope = scope.parent.as_deref()?;
            while let (true, Some(parent)) = (scope.class, scope.parent.as_deref()) {
                scope = parent;
            }
        }
    }

    /// What is bound in this very scope, to be [`Scope::restore`]d.
    pub(crate) fn snapshot(&self) -> HashMap<Str, Vec<Known>> {
        self.names.borrow().clone()
    }

    /// Goes back to a snapshot.
    pub(crate) fn restore(&self, names: HashMap<Str, Vec<Known>>) {
        *self.names.borrow_mut() = names;
    }

    /// What a name is in this very scope.
    pub(crate) fn own(&self, name: &str) -> Option<Known> {
        self.names.borrow().get(name)?.last().cloned()
    }

    /// Every value in this very scope.
    pub(crate) fn values(&self) -> Vec<(Str, Known)> {
        let names = self.names.borrow();
        let mut all: Vec<_> =
            names.iter().filter_map(|(name, values)| Some((name.clone(), values.last()?.clone()))).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}
