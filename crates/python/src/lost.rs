//! What is called where evaluation could not follow it: what it may be, as far as the file itself says.
//!
//! Every evaluation has its limits, and whoever hides a callable may use them up. So a call of something of which nothing
//! is known is no reason to be silent: what the callee holds is called as far as anyone can see, and where it holds nothing,
//! whatever the file took as a value may be it.

use std::{collections::BTreeSet, rc::Rc, sync::Arc};

use base::{
    fact::{Import, Str},
    location::Place,
    stop::Stop,
};
use eval::{Name, Value};
use foldhash::HashSet;
use ruff_text_size::Ranged;

use crate::{
    function::MAX_LOCALS,
    handed::{RUNNERS_OF_CODE, is_module_of_runners, runs_code},
    local::Local,
    machine::{Machine, When},
    scope::Known,
};

/// Values looked at for what one callee may be.
const MAX_LOOKED: usize = 256;
/// Classes that are asked for a method.
const MAX_CLASSES: usize = 1 << 8;
/// What one callee may be.
const MAX_CANDIDATES: usize = 16;
/// Callables that the file takes as values and that are remembered.
const MAX_TAKEN: usize = 64;
/// Methods called of what nobody knows that are remembered.
const MAX_METHODS: usize = 1 << 8;
/// How often functions are taken that may be what was called; then all are that are left.
const MAX_TIMES: u32 = 64;

/// What a reading lost sight of.
#[derive(Default)]
pub(crate) struct Lost {
    /// Callables that run code, and modules of such, that were taken as values while the file is imported.
    taken: Vec<(Rc<Name>, Place)>,
    /// Functions, classes and objects of the file that were.
    locals: BTreeSet<Local>,
    /// Something is called of which nothing is known.
    called: bool,
    /// The same of methods.
    methods: HashSet<Str>,
    /// Whether there is more of it than when functions were last taken.
    more: bool,
    /// How often functions were taken.
    times: u32,
}

/// What a callee may be.
#[derive(Default)]
struct Held {
    names: Vec<Rc<Name>>,
    locals: Vec<Local>,
    /// Whether something in it is not known.
    unknown: bool,
    /// Whether it is a module of which the name is not known.
    imports: bool,
    looked: usize,
}

impl Machine<'_, '_, '_> {
    /// A callable is put somewhere, not called.
    pub(crate) fn takes(&mut self, node: impl Ranged, value: &Value) {
        if self.quiet > 0 || self.when == When::Called {
            return;
        }
        match value {
            Value::Global(name) if may_be_taken(name) => {
                let place = self.place(node);
                if self.lost.taken.len() < MAX_TAKEN && !self.lost.taken.iter().any(|(known, _)| known == name) {
                    self.lost.taken.push((name.clone(), place));
                }
            }
            Value::External(_) if self.lost.locals.len() < MAX_LOCALS => self.lost.locals.extend(self.locals.of(value)),
            _ => {}
        }
    }

    /// A call of what is neither a name nor of this file: states what it may be.
    pub(crate) fn follow_lost(
        &mut self,
        node: impl Ranged + Copy,
        callee: &Value,
        args: &[Known],
        kwargs: &[(Arc<str>, Known)],
    ) -> Result<(), Stop> {
        if self.when == When::Called || self.listening {
            return Ok(());
        }
        let (of, method) = match callee {
            Value::Attribute(access) => (&access.of, Some(&access.name)),
            Value::Item(_) | Value::Call(_) | Value::Unknown(_) => (callee, None),
            _ => return Ok(()),
        };
        // What a method of a constant does is known.
        if method.is_some() && of.is_constant() {
            return Ok(());
        }
        let mut held = Held::default();
        held.look(of, self);
        self.sink.meter().steps(held.looked as u64)?;
        if held.unknown || held.imports {
            self.state_lost_method(node, method, args, kwargs)?;
        }
        let values = |known: &[Known]| known.iter().map(|known| known.value.clone()).collect::<Vec<_>>();
        for name in &held.names {
            let found = match method {
                Some(method) if name.is_module() => self.memo.attribute(name, method),
                Some(_) => continue,
                None => Value::Global(name.clone()),
            };
            if let Value::Global(name) = &found
                && runs_code(name)
            {
                let keywords: Vec<_> = kwargs.iter().map(|(name, known)| (name.clone(), known.value.clone())).collect();
                self.state_named(node, (&found, name), &values(args), &keywords)?;
            }
        }
        for local in &held.locals {
            let function = match (*local, method) {
                (Local::Function(index), None) => Some(index),
                (Local::Class(class), None) => {
                    self.during_lost(|machine| machine.built(class, args, kwargs));
                    None
                }
                (Local::Class(class) | Local::Instance(class), method) => {
                    let member = self.member(class, method.map_or("__call__", |method| &**method));
                    match member.and_then(|member| self.local(&member)) {
                        Some(Local::Function(index)) => Some(index),
                        _ => None,
                    }
                }
                _ => None,
            };
            if let Some(index) = function {
                self.during_lost(|machine| machine.called(index, args, kwargs));
            }
        }
        if held.unknown {
            self.lost.more = true;
            match method {
                Some(method) if self.lost.methods.len() < MAX_METHODS => drop(self.lost.methods.insert(method.clone())),
                // More than are remembered: any of the functions.
                _ => self.lost.called = true,
            }
        }
        Ok(())
    }

    /// States the call of a method of what nobody knows that is named as only one function is which starts something.
    fn state_lost_method(
        &mut self,
        node: impl Ranged + Copy,
        method: Option<&Str>,
        args: &[Known],
        kwargs: &[(Arc<str>, Known)],
    ) -> Result<(), Stop> {
        let Some(name) = method.and_then(|method| telling(method)) else { return Ok(()) };
        let values: Vec<Value> = args.iter().map(|known| known.value.clone()).collect();
        let keywords: Vec<_> = kwargs.iter().map(|(name, known)| (name.clone(), known.value.clone())).collect();
        self.state_named(node, (&Value::from(name.clone()), &name), &values, &keywords)
    }

    /// Takes the functions of which one may be what was called; whether there is another to walk.
    pub(crate) fn run_lost(&mut self) -> bool {
        // Nothing is lost while functions are walked that nothing calls.
        if !std::mem::take(&mut self.lost.more) {
            return false;
        }
        self.lost.times = self.lost.times.saturating_add(1);
        let all = self.lost.times > MAX_TIMES;
        if self.lost.called {
            self.during_lost(|machine| {
                for local in machine.lost.locals.clone() {
                    match local {
                        Local::Class(class) => machine.built(class, &[], &[]),
                        Local::Instance(class) => {
                            if let Some(Local::Function(index)) =
                                machine.member(class, "__call__").and_then(|member| machine.local(&member))
                            {
                                machine.called(index, &[], &[]);
                            }
                        }
                        Local::Function(_) | Local::Code(_) => {}
                    }
                }
            });
        }
        let (lost, functions) = (&self.lost, &self.functions);
        // Members that are written on an object are those of its class.
        let members = lost
            .methods
            .iter()
            .flat_map(|method| (0..self.classes.len().min(MAX_CLASSES)).filter_map(|class| self.member(class, method)));
        let written: HashSet<usize> = members
            .filter_map(|member| match self.local(&member) {
                Some(Local::Function(index)) => Some(index),
                _ => None,
            })
            .collect();
        let called = |index: usize| {
            let named = || {
                let name = functions.get(index).map_or("", |function| &*function.name);
                lost.methods.contains(name.rsplit('.').next().unwrap_or_default())
            };
            all || lost.called && lost.locals.contains(&Local::Function(index))
                || !lost.methods.is_empty() && named()
                || written.contains(&index)
        };
        let found: Vec<usize> = self.waiting.iter().map(|(_, index)| *index).filter(|index| called(*index)).collect();
        for index in &found {
            self.reached_at(*index, When::Conditional);
        }
        !found.is_empty()
    }

    /// Does `step` where something may run that nobody could follow.
    fn during_lost(&mut self, step: impl FnOnce(&mut Self)) {
        let when = std::mem::replace(&mut self.when, When::Conditional);
        step(self);
        self.when = when;
    }

    /// States what was taken as a value where something was called of which nothing is known.
    pub(crate) fn state_taken(&mut self) -> Result<(), Stop> {
        if !self.lost.called && self.lost.methods.is_empty() {
            return Ok(());
        }
        let taken = std::mem::take(&mut self.lost.taken);
        for (name, place) in taken {
            let mut found = Vec::new();
            if (self.lost.called || !self.lost.methods.is_empty()) && runs_code(&name) {
                found.push(name);
            } else if name.is_module() {
                let methods: Vec<Str> = self.lost.methods.iter().cloned().collect();
                let members = methods.iter().map(|method| self.memo.attribute(&name, method));
                found.extend(members.filter_map(|value| value.as_name().filter(|name| runs_code(name)).cloned()));
                found.sort_by(|a, b| a.qualname.cmp(&b.qualname));
            }
            for name in found {
                let fact = Import {
                    module: name.module.clone(),
                    name: name.qualname.clone(),
                    written: Str::default(),
                    origin: self.memo.word("lost"),
                    when: self.memo.word("import"),
                };
                self.sink.fact(place.clone(), fact)?;
            }
        }
        Ok(())
    }
}

impl Held {
    /// Looks for what may be called in `value`.
    fn look(&mut self, value: &Value, machine: &Machine<'_, '_, '_>) {
        self.looked = self.looked.saturating_add(1);
        if self.looked > MAX_LOOKED || self.names.len() >= MAX_CANDIDATES || self.locals.len() >= MAX_CANDIDATES {
            return;
        }
        match value {
            Value::Global(name) if may_be_taken(name) && !self.names.contains(name) => self.names.push(name.clone()),
            Value::External(_) => match machine.locals.of(value) {
                Some(local) if !self.locals.contains(&local) => self.locals.push(local),
                _ => {}
            },
            Value::Unknown(_) => self.unknown = true,
            Value::Attribute(access) => {
                // A method of a constant that gave nothing known.
                self.unknown |= access.of.is_constant();
                self.look(&access.of, machine);
            }
            Value::Item(access) => {
                // Of what is empty as far as the file says, or a member that it does not name.
                self.unknown |= access.of.is_constant();
                match &access.of {
                    Value::Attribute(member) => self.unknown |= machine.locals.of(&member.of).is_some(),
                    Value::Global(name) => self.imports |= name.is("sys", "modules"),
                    of if is_namespace(of) => {
                        for (_, known) in machine.scope.module().values().iter().take(MAX_LOOKED) {
                            self.look(&known.value, machine);
                        }
                    }
                    _ => {}
                }
                self.look(&access.of, machine);
                // What a comprehension makes of its items stands where a key would.
                if let Value::List(made) = &access.name {
                    made.iter().for_each(|value| self.look(value, machine));
                }
            }
            Value::Tuple(items)
            | Value::List(items)
            | Value::Set(items)
            | Value::FrozenSet(items)
            | Value::Iterator(items) => items.iter().take(MAX_LOOKED).for_each(|value| self.look(value, machine)),
            Value::Dict(pairs) => pairs.iter().take(MAX_LOOKED).for_each(|(_, value)| self.look(value, machine)),
            Value::Call(call) | Value::Lazy(call) | Value::Partial(call) => {
                let locals = self.locals.len();
                let passes = match call.callee.as_name() {
                    Some(name) => passes_on(name),
                    None => {
                        self.look(&call.callee, machine);
                        true
                    }
                };
                let imports =
                    |name: &Rc<Name>| name.is("builtins", "__import__") || name.is("importlib", "import_module");
                self.imports |= call.callee.as_name().is_some_and(imports);
                if passes {
                    call.args.iter().for_each(|value| self.look(value, machine));
                    call.kwargs.iter().for_each(|(_, value)| self.look(value, machine));
                }
                // What a function of this file gives.
                self.unknown |= self.locals.len() > locals;
            }
            _ => {}
        }
    }
}

/// Whether this is a callable that runs code, or a module with such.
pub(crate) fn may_be_taken(name: &Name) -> bool {
    runs_code(name) || is_module_of_runners(name)
}

/// The function that only one module has of this name, of those that start something.
fn telling(method: &str) -> Option<Name> {
    const COMMON: [&str; 6] = ["call", "compile", "eval", "interact", "run", "spawn"];
    RUNNERS_OF_CODE
        .iter()
        .find(|(module, names)| *module != "builtins" && names.contains(&method) && !COMMON.contains(&method))
        .map(|(module, _)| Name::new(module, method))
}

/// Whether this is what `globals()` gives, or one of its like.
fn is_namespace(of: &Value) -> bool {
    let Value::Call(call) = of else { return false };
    call.args.is_empty()
        && call
            .callee
            .as_name()
            .is_some_and(|name| &*name.module == "builtins" && matches!(&*name.qualname, "globals" | "locals" | "vars"))
}

/// Whether what a callable gives is made of what it is given: the builtins and the modules of containers and functions.
fn passes_on(name: &Name) -> bool {
    match &*name.module {
        "builtins" => {
            !matches!(&*name.qualname, "getattr" | "super" | "type" | "__import__" | "globals" | "locals" | "vars")
        }
        "bisect" | "collections" | "copy" | "enum" | "functools" | "heapq" | "itertools" | "operator" | "queue"
        | "random" | "types" | "weakref" => true,
        _ => false,
    }
}
