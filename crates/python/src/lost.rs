//! What is called where evaluation could not follow it: what it may be, as far as the file itself says.
//!
//! Every evaluation has its limits, and whoever hides a callable may use them up. So a call of something of which nothing
//! is known is no reason to be silent: what the callee holds is called as far as anyone can see. Where it holds nothing that
//! is known, it may be what the file takes as a value: see [`crate::reach`].

use std::{rc::Rc, sync::Arc};

use base::{fact::Str, stop::Stop};
use eval::{Name, Value};
use ruff_text_size::Ranged;

use crate::{
    handed::{RUNNERS_OF_CODE, runs_code},
    local::Local,
    machine::{Machine, When},
    reach::may_be_taken,
    scope::Known,
};

/// Values looked at for what one callee may be.
const MAX_LOOKED: usize = 256;
/// What one callee may be.
const MAX_CANDIDATES: usize = 16;

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
            Value::Item(access) if access.name.as_str().is_some() => match &access.name {
                Value::Str(key) => (callee, Some(key)),
                _ => (callee, None),
            },
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
                Some(_) if matches!(callee, Value::Attribute(_)) => continue,
                _ => Value::Global(name.clone()),
            };
            if let Value::Global(name) = &found
                && runs_code(name)
            {
                let keywords: Vec<_> = kwargs.iter().map(|(name, known)| (name.clone(), known.value.clone())).collect();
                self.state_named(node, (&found, name), &values(args), &keywords)?;
            }
        }
        for local in &held.locals {
            let function = match (*local, method.filter(|_| matches!(callee, Value::Attribute(_)))) {
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

    /// Does `step` where something may run that nobody could follow.
    fn during_lost(&mut self, step: impl FnOnce(&mut Self)) {
        let when = std::mem::replace(&mut self.when, When::Conditional);
        step(self);
        self.when = when;
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
            Value::Global(name) if name.is("sys", "modules") => self.imports = true,
            Value::Global(name) if may_be_taken(name) && !self.names.contains(name) => self.names.push(name.clone()),
            Value::Global(name) if &*name.qualname == "__dict__" => {
                if let Value::Global(module) = Value::module(&name.module) {
                    self.look(&Value::Global(module), machine);
                }
            }
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

/// The function that only one module has of this name, of those that start something.
pub(crate) fn telling(method: &str) -> Option<Name> {
    const COMMON: [&str; 6] = ["call", "compile", "eval", "interact", "run", "spawn"];
    RUNNERS_OF_CODE
        .iter()
        .find(|(module, names)| *module != "builtins" && names.contains(&method) && !COMMON.contains(&method))
        .map(|(module, _)| Name::new(module, method))
}

/// The module of which this is the namespace: `vars(module)`, `module.__dict__`.
pub(crate) fn namespace_of(of: &Value) -> Option<Arc<str>> {
    match of {
        Value::Global(name) if &*name.qualname == "__dict__" => Some(name.module.clone()),
        Value::Call(call) => match (call.callee.as_name(), &*call.args) {
            (Some(name), [Value::Global(module)]) if name.is("builtins", "vars") && module.is_module() => {
                Some(module.module.clone())
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether this is what `globals()` gives, or one of its like.
pub(crate) fn is_namespace(of: &Value) -> bool {
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
        "builtins" => !matches!(&*name.qualname, "getattr" | "super" | "type" | "__import__" | "globals" | "locals"),
        "bisect" | "collections" | "copy" | "enum" | "functools" | "heapq" | "itertools" | "operator" | "queue"
        | "random" | "types" | "weakref" => true,
        _ => false,
    }
}
