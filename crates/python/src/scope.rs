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

    /// As written, encoding included.
    pub(crate) fn written(&self) -> &Value {
        self.encoded.as_ref().unwrap_or(&self.value)
    }
}

impl From<Value> for Known {
    fn from(value: Value) -> Self {
        Self { value, encoded: None }
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
    nonlocals: RefCell<HashSet<Str>>,
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

    /// The scope of the module.
    pub(crate) fn module(self: &Rc<Self>) -> Rc<Self> {
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

    /// `nonlocal name`.
    pub(crate) fn declare_nonlocal(&self, name: &str) {
        self.nonlocals.borrow_mut().insert(name.into());
    }

    /// The scope in which an assignment to `name` here binds it.
    fn home(self: &Rc<Self>, name: &str) -> Rc<Self> {
        if self.globals.borrow().contains(name) {
            return self.module();
        }
        let mut scope = Rc::clone(self);
        if self.nonlocals.borrow().contains(name) {
            while let Some(parent) = scope.parent.clone() {
                scope = parent;
                if !scope.class && scope.names.borrow().contains_key(name) {
                    return scope;
                }
            }
            return Rc::clone(self);
        }
        scope
    }

    /// Binds a name; `branch`: only perhaps, so what it was before is kept beside.
    pub(crate) fn bind(self: &Rc<Self>, name: &str, known: Known, branch: bool) {
        let scope = self.home(name);
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

    /// All that a global may be.
    pub(crate) fn find_global(self: &Rc<Self>, name: &str) -> Option<Vec<Known>> {
        self.module().names.borrow().get(name).cloned()
    }

    /// Binds a global.
    pub(crate) fn bind_global(self: &Rc<Self>, name: &str, known: Known, branch: bool) {
        self.module().bind(name, known, branch);
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
