//! Names and what they are bound to.

use std::{cell::RefCell, rc::Rc};

use base::fact::Str;
use eval::{Value, Why};
use foldhash::{HashMap, HashSet};

/// What is known of an expression.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// What it evaluates to.
    pub(crate) value: Value,
    /// The same as written, when decoding took part in it: `base64.b64decode(b'…')`.
    pub(crate) encoded: Option<Rc<Value>>,
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
        self.encoded.as_deref().unwrap_or(&self.value)
    }
}

impl Default for Known {
    fn default() -> Self {
        Self::unknown()
    }
}

impl From<Value> for Known {
    fn from(value: Value) -> Self {
        Self { value, encoded: None }
    }
}

/// Values that a name may have at once: one a branch.
const ALTERNATIVES: usize = 4;
/// Fields of a class that are told by their positions.
const MAX_FIELDS: usize = 64;
/// Names in one scope.
const MAX_NAMES: usize = 1 << 16;

/// What else something may be, which is seldom known.
pub(crate) type Others = Option<Rc<Vec<Known>>>;

/// What a name may be: nearly always one value.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// What was bound last.
    pub(crate) last: Known,
    /// What it was before, where a branch bound it; the oldest first.
    pub(crate) before: Others,
}

impl Bound {
    /// The last value that says something.
    pub(crate) fn said(&self) -> &Known {
        let says = |known: &&Known| !matches!(known.value, Value::None | Value::Unknown(_));
        if says(&&self.last) {
            return &self.last;
        }
        let before = self.before.iter().flat_map(|before| before.iter().rev());
        std::iter::once(&self.last).chain(before).find(says).unwrap_or(&self.last)
    }
}

impl From<Known> for Bound {
    fn from(last: Known) -> Self {
        Self { last, before: None }
    }
}

/// Names of a scope from which one is removed.
const MANY: usize = 256;
/// Names for which a scope that ends leaves room.
const KEPT: usize = 64;
/// Names of one scope that are compared one by one.
const FEW: usize = 12;

/// The names of one scope, in the order in which they were bound. Nearly all scopes are functions with a few.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    entries: Vec<(Str, Bound)>,
    /// Where each one stands, once there are more than a few.
    places: Option<Box<HashMap<Str, usize>>>,
}

impl Names {
    fn place(&self, name: &str) -> Option<usize> {
        if let Some(places) = &self.places {
            return places.get(name).copied();
        }
        // Names of one file are mostly the same texts, not only equal ones.
        let last = name.as_bytes().last();
        let same = |known: &Str| {
            known.len() == name.len()
                && (known.as_ptr() == name.as_ptr() || known.as_bytes().last() == last && **known == *name)
        };
        self.entries.iter().position(|(known, _)| same(known))
    }

    fn get(&self, name: &str) -> Option<&Bound> {
        self.entries.get(self.place(name)?).map(|(_, bound)| bound)
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Bound> {
        let place = self.place(name)?;
        self.entries.get_mut(place).map(|(_, bound)| bound)
    }

    fn insert(&mut self, name: Str, bound: Bound) {
        let place = self.entries.len();
        if let Some(places) = &mut self.places {
            places.insert(name.clone(), place);
        }
        self.entries.push((name, bound));
        if self.places.is_none() && place >= FEW {
            let places = self.entries.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
            self.places = Some(Box::new(places));
        }
    }

    fn remove(&mut self, name: &str) {
        // Each one behind it moves: in a scope of many names they stay.
        let Some(place) = self.place(name).filter(|_| self.entries.len() <= MANY) else { return };
        self.entries.remove(place);
        if self.places.is_some() {
            let places = self.entries.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
            self.places = Some(Box::new(places));
        }
    }

    /// Room for so many.
    pub(crate) fn with_room(names: usize) -> Self {
        Self { entries: Vec::with_capacity(names), places: None }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// Bytes at either end by which texts are told apart.
const ENDS: usize = 16;

/// Whether `after` is another sequence, or another great number, than `before`: what a loop builds. A counter is none.
fn grows(before: &Value, after: &Value) -> bool {
    let other = |a: &[u8], b: &[u8]| {
        a.len() != b.len() || a.get(..ENDS) != b.get(..ENDS) || a.rchunks(ENDS).next() != b.rchunks(ENDS).next()
    };
    match (before, after) {
        (Value::Str(a), Value::Str(b)) => other(a.as_bytes(), b.as_bytes()),
        (Value::List(a) | Value::Tuple(a) | Value::Set(a), Value::List(b) | Value::Tuple(b) | Value::Set(b)) => {
            a.len() != b.len()
        }
        (Value::Dict(a), Value::Dict(b)) => a.len() != b.len(),
        // What counts by one says nothing; what is computed does.
        (Value::Int(a), Value::Int(b)) => a.abs_diff(*b) > 1,
        (_, Value::BigInt(_)) => true,
        (before, after) => match (before.as_bytes(), after.as_bytes()) {
            (Some(a), Some(b)) => other(a, b),
            _ => false,
        },
    }
}

/// What a scope says of names without binding them.
#[derive(Debug, Default)]
struct Declared {
    globals: HashSet<Str>,
    nonlocals: HashSet<Str>,
    /// Names of a class body that are annotated, in order.
    fields: Vec<Str>,
}

/// A module, a class body or a function.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    names: RefCell<Names>,
    /// What it declares, which few do.
    declared: RefCell<Option<Box<Declared>>>,
    parent: Option<Rc<Scope>>,
    class: bool,
}

impl Scope {
    /// A scope inside `parent`.
    pub(crate) fn inside(parent: &Rc<Self>, class: bool) -> Rc<Self> {
        Self::in_room(parent, class, Names::default())
    }

    /// The same in the room that another scope left.
    pub(crate) fn in_room(parent: &Rc<Self>, class: bool, room: Names) -> Rc<Self> {
        Rc::new(Self {
            parent: Some(Rc::clone(parent)),
            class,
            names: RefCell::new(room),
            declared: RefCell::default(),
        })
    }

    /// The room of a scope that nothing refers to any more.
    pub(crate) fn room(self: Rc<Self>) -> Option<Names> {
        let mut names = Rc::into_inner(self)?.names.into_inner();
        names.entries.clear();
        names.places = None;
        (names.entries.capacity() <= KEPT).then_some(names)
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

    /// `name: annotation` in the body of a class.
    pub(crate) fn annotate(&self, name: &str) {
        let mut declared = self.declared.borrow_mut();
        let declared = declared.get_or_insert_default();
        if self.class && declared.fields.len() < MAX_FIELDS {
            declared.fields.push(name.into());
        }
    }

    /// The annotated names of a class body.
    pub(crate) fn fields(&self) -> Vec<Str> {
        self.declared.borrow().as_ref().map(|declared| declared.fields.clone()).unwrap_or_default()
    }

    /// `global name`.
    pub(crate) fn declare_global(&self, name: &str) {
        self.declared.borrow_mut().get_or_insert_default().globals.insert(name.into());
    }

    /// `nonlocal name`.
    pub(crate) fn declare_nonlocal(&self, name: &str) {
        self.declared.borrow_mut().get_or_insert_default().nonlocals.insert(name.into());
    }

    /// The scope in which an assignment to `name` here binds it.
    fn home(self: &Rc<Self>, name: &str) -> Rc<Self> {
        let declared = self.declared.borrow();
        let Some(declared) = &*declared else { return Rc::clone(self) };
        if declared.globals.contains(name) {
            return self.module();
        }
        let mut scope = Rc::clone(self);
        if declared.nonlocals.contains(name) {
            while let Some(parent) = scope.parent.clone() {
                scope = parent;
                if !scope.class && scope.names.borrow().get(name).is_some() {
                    return scope;
                }
            }
            return Rc::clone(self);
        }
        scope
    }

    /// Binds a name; `branch`: only perhaps, so what it was before is kept beside.
    pub(crate) fn bind(self: &Rc<Self>, name: &str, known: Known, branch: bool) {
        self.bind_as(name, || name.into(), known, branch);
    }

    /// The same for a name that is shared already. Whether something known grew.
    pub(crate) fn bind_shared(self: &Rc<Self>, name: &Str, known: Known, branch: bool) -> bool {
        self.bind_as(name, || name.clone(), known, branch)
    }

    /// The same for a name that `shared` shares, where it is not bound yet. Whether something known grew.
    pub(crate) fn bind_as(
        self: &Rc<Self>,
        name: &str,
        shared: impl FnOnce() -> Str,
        known: Known,
        branch: bool,
    ) -> bool {
        let scope = self.home(name);
        let mut names = scope.names.borrow_mut();
        let full = names.len() >= MAX_NAMES;
        let mut grew = false;
        match names.get_mut(name) {
            Some(bound) if branch => {
                let before = std::mem::replace(&mut bound.last, known);
                let others = Rc::make_mut(bound.before.get_or_insert_default());
                others.push(before);
                if others.len() >= ALTERNATIVES {
                    others.remove(0);
                }
            }
            Some(bound) => {
                grew = grows(&bound.last.value, &known.value);
                *bound = known.into();
            }
            None if full => {}
            None => names.insert(shared(), known.into()),
        }
        grew
    }

    /// Binds a name, where it is bound, to what its value has become; `branch`: only perhaps. Whether something known grew.
    pub(crate) fn changed(self: &Rc<Self>, name: &str, known: Known, branch: bool) -> bool {
        let mut scope = Rc::clone(self);
        while scope.names.borrow().get(name).is_none() {
            match scope.parent.clone() {
                Some(parent) => scope = parent,
                None => return self.bind_as(name, || name.into(), known, branch),
            }
        }
        scope.bind_as(name, || name.into(), known, branch)
    }

    /// What `read` makes of all that a name may be, here or further out.
    pub(crate) fn find<T>(&self, name: &str, read: impl FnOnce(&Bound) -> T) -> Option<T> {
        let mut scope = self;
        loop {
            if let Some(found) = scope.names.borrow().get(name) {
                return Some(read(found));
            }
            scope = scope.parent.as_deref()?;
            while let (true, Some(parent)) = (scope.class, scope.parent.as_deref()) {
                scope = parent;
            }
        }
    }

    /// What `read` makes of all that a global may be.
    pub(crate) fn find_global<T>(&self, name: &str, read: impl FnOnce(&Bound) -> T) -> Option<T> {
        let mut scope = self;
        while let Some(parent) = scope.parent.as_deref() {
            scope = parent;
        }
        scope.names.borrow().get(name).map(read)
    }

    /// Binds a global.
    pub(crate) fn bind_global(self: &Rc<Self>, name: &str, known: Known, branch: bool) {
        self.module().bind(name, known, branch);
    }

    /// What is bound in this very scope, to be [`Scope::restore`]d.
    pub(crate) fn snapshot(&self) -> Names {
        self.names.borrow().clone()
    }

    /// Goes back to a snapshot.
    pub(crate) fn restore(&self, names: Names) {
        *self.names.borrow_mut() = names;
    }

    /// What a name is in this very scope.
    pub(crate) fn own(&self, name: &str) -> Option<Known> {
        Some(self.names.borrow().get(name)?.last.clone())
    }

    /// How many names this very scope has.
    pub(crate) fn count(&self) -> usize {
        self.names.borrow().len()
    }

    /// What else the names of this very scope are in other branches.
    pub(crate) fn others(&self) -> Vec<(Str, Known)> {
        let names = self.names.borrow();
        let before = |(name, bound): &(Str, Bound)| {
            let others = bound.before.as_deref().cloned().unwrap_or_default();
            others.into_iter().map(|known| (name.clone(), known)).collect::<Vec<_>>()
        };
        names.entries.iter().flat_map(before).collect()
    }

    /// Shows what the names are bound to that are seen from here, the innermost first.
    pub(crate) fn visit(&self, mut show: impl FnMut(&str, &Value)) {
        let mut scope = Some(self);
        while let Some(seen) = scope {
            for (name, bound) in &seen.names.borrow().entries {
                show(name, &bound.last.value);
            }
            scope = seen.parent.as_deref();
        }
    }

    /// Forgets a name; whether it was bound.
    pub(crate) fn unbind(self: &Rc<Self>, name: &str) {
        let scope = self.home(name);
        scope.names.borrow_mut().remove(name);
    }

    /// Every value in this very scope.
    pub(crate) fn values(&self) -> Vec<(Str, Known)> {
        let names = self.names.borrow();
        let mut all: Vec<_> = names.entries.iter().map(|(name, bound)| (name.clone(), bound.last.clone())).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}
