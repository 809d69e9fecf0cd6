//! What is written on objects, classes, functions and modules, and what that changes for what comes later.

use std::{collections::HashMap, sync::Arc};

use base::{
    fact::{Attribute, Str},
    stop::Stop,
};
use eval::Value as Known;

use crate::{
    imports::Extension,
    known,
    machine::Machine,
    value::{HOOKS, Kind, Value},
};

/// Callables planted on objects under the names by which objects act.
#[derive(Default)]
pub(crate) struct Planted {
    on: HashMap<Value, Vec<(Value, Value)>>,
    /// Dicts that are the namespace of objects: what is planted in one stands on them.
    namespaces: HashMap<Value, Vec<Value>>,
}

/// The value of a name by which objects act.
fn hook(name: &str) -> Value {
    let index = HOOKS.iter().position(|hook| *hook == name).unwrap_or(HOOKS.len());
    Value::new(Kind::Hook, index as u64)
}

/// Objects with something planted; an honest stream has a handful.
const MAX_PLANTED: usize = 1 << 16;
/// Objects that share one namespace.
const MAX_SHARED: usize = 64;

impl Planted {
    /// Whether anything was planted at all.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        !self.on.is_empty()
    }

    /// Plants `value` under the hook `name`; `false` when there are too many objects.
    fn add(&mut self, on: Value, name: Value, value: Value) -> bool {
        if self.on.len() >= MAX_PLANTED && !self.on.contains_key(&on) {
            return false;
        }
        let hooks = self.on.entry(on).or_default();
        match hooks.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => hooks.push((name, value)),
        }
        true
    }

    /// Everything that stands on this object.
    fn all(&self, on: Value) -> Vec<(Value, Value)> {
        self.on.get(&on).cloned().unwrap_or_default()
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        (self.on.len() as u64).saturating_mul(96).saturating_add((self.namespaces.len() as u64).saturating_mul(64))
    }

    /// From now on `dict` is the namespace of `object`; `false` when there are too many.
    fn share(&mut self, dict: Value, object: Value) -> bool {
        let room = self.namespaces.len() < MAX_PLANTED || self.namespaces.contains_key(&dict);
        let objects = self.namespaces.entry(dict).or_default();
        let room = room && objects.len() < MAX_SHARED;
        if room && !objects.contains(&object) {
            objects.push(object);
        }
        room
    }

    /// The objects whose namespace this is.
    fn shared(&self, dict: Value) -> Vec<Value> {
        self.namespaces.get(&dict).cloned().unwrap_or_default()
    }

    /// What stands under the hook `name`.
    pub(crate) fn find(&self, on: Value, name: &str) -> Option<Value> {
        let index = HOOKS.iter().position(|hook| *hook == name)?;
        let hooks = self.on.get(&on)?;
        hooks.iter().find(|(hook, _)| hook.payload() == index as u64).map(|(_, value)| *value)
    }
}

/// Whether this is a dict of `copyreg` by which EXT opcodes are resolved.
fn is_registry(name: &eval::Name) -> bool {
    matches!(&*name.module, "copyreg" | "copy_reg" | "pickle" | "_pickle")
        && matches!(&*name.qualname, "_inverted_registry" | "_extension_cache")
}

impl Machine<'_, '_> {
    /// Remembers for good what stands under a name by which objects act, if it may be called.
    #[inline]
    pub(crate) fn plant(&mut self, on: Value, name: Value, value: Value) -> Result<(), Stop> {
        if !name.is_hook() {
            return Ok(());
        }
        let callable = matches!(value.kind(), Kind::Unknown | Kind::Object | Kind::Global | Kind::Known);
        let namespace = value.kind() == Kind::Dict && name == hook("__dict__");
        if !callable && !namespace {
            return Ok(());
        }
        let mut room = self.planted.add(on, name, value);
        for object in self.planted.shared(on) {
            room &= self.planted.add(object, name, value);
        }
        if room { Ok(()) } else { self.limit("methods planted on more than 65,536 objects") }
    }

    /// What stands in the state `from` stands on the object `to` as well. The state of slots is set attribute by attribute: there `__dict__` is the whole namespace.
    pub(crate) fn planted_by_state(&mut self, from: Value, to: Value, slots: bool) -> Result<(), Stop> {
        let mut all = self.planted.all(from);
        if from.kind() == Kind::Known {
            match self.view().known(from) {
                Known::Dict(pairs) => {
                    for (name, value) in pairs.iter() {
                        let name = known::pack(&mut self.arena, &mut self.names, name);
                        let value = known::pack(&mut self.arena, &mut self.names, value);
                        all.push((name, value));
                    }
                }
                Known::Unknown(eval::Why::OverCap) => self.limit("a state that is too large or too old")?,
                _ => {}
            }
        }
        for (name, value) in all {
            self.plant(to, name, value)?;
            if slots && name == hook("__dict__") {
                if value.kind() == Kind::Dict && !self.planted.share(value, to) {
                    self.limit("namespaces shared by too many objects")?;
                }
                for (name, value) in self.planted.all(value) {
                    self.plant(to, name, value)?;
                }
            }
            if slots && name == hook("__class__") {
                let (object, class) = (self.view().shown(to), self.view().known(value));
                self.attribute_written(&object, "__class__", &class)?;
            }
        }
        Ok(())
    }

    /// What was planted on this very object, or on its class.
    pub(crate) fn planted_on(&self, target: Value, hook: &str) -> Option<Known> {
        if let Some(value) = self.planted.find(target, hook).filter(|_| self.planted.any()) {
            return Some(self.view().known(value));
        }
        self.planted_on_class(target, hook)
    }

    /// What was planted on the class of this object.
    pub(crate) fn planted_on_class(&self, target: Value, hook: &str) -> Option<Known> {
        let (module, class) = self.planted_class(target)?;
        self.names.written_over(&module, &format!("{class}.{hook}")).cloned()
    }

    /// The class of an object, if classes were written to at all.
    pub(crate) fn planted_class(&self, target: Value) -> Option<(Arc<str>, Arc<str>)> {
        if !self.names.written_to() {
            return None;
        }
        let name = match target.kind() {
            Kind::Object => self.names.at(target.class())?.name()?.clone(),
            _ => return None,
        };
        Some((name.module.clone(), name.qualname.clone()))
    }

    /// `target[key] = value` on something that is no plain dict.
    pub(crate) fn item_written(&mut self, target: Value, key: Value, value: Value) -> Result<(), Stop> {
        let owner = self.view().known(target);
        let name = self.view().known(key);
        let name = name.as_str().map_or_else(|| name.to_expr().to_string(), str::to_owned);
        match &owner {
            Known::Global(global) if global.is("sys", "modules") => {
                let known = self.view().known(value);
                self.rebind(&name, "", known.clone())?;
                self.attribute_fact("module", "sys.modules", &name, &known)
            }
            // The namespace of a module, class or function: `vars(module)`, `f.__globals__`.
            Known::Attribute(access) => match access.of.as_name() {
                Some(of) => {
                    let known = self.view().known(value);
                    let holder = if &*access.name == "__dict__" { of.qualname.clone() } else { Arc::from("") };
                    self.written(&of.module.clone(), &holder, &name, &known)
                }
                // The namespace of an object: what stands there is what the object acts by.
                None => {
                    let (known, shown) = (self.view().known(value), access.of.to_expr().to_string());
                    self.attribute_fact("object", base::expr::shorten(&shown, 200).0, &name, &known)
                }
            },
            Known::Global(global) if &*global.module == "_compat_pickle" => {
                let known = self.view().known(value);
                self.mapped(&self.view().known(key), &known)?;
                self.attribute_fact("module", &global.dotted(), &name, &known)
            }
            Known::Global(global) if is_registry(global) => {
                let known = self.view().known(value);
                self.registered(&self.view().known(key), &known)?;
                self.attribute_fact("object", &global.dotted(), &name, &known)
            }
            Known::Global(global) => {
                let (owner, last) = global.qualname.rsplit_once('.').unwrap_or(("", &global.qualname));
                if matches!(last, "__dict__" | "__globals__" | "__builtins__") {
                    let known = self.view().known(value);
                    let holder = if last == "__dict__" { owner } else { "" };
                    return self.written(&global.module, holder, &name, &known);
                }
                let known = self.view().known(value);
                self.attribute_fact("object", &global.dotted(), &name, &known)
            }
            _ => Ok(()),
        }
    }

    /// The registry of extension codes is written to, past `copyreg.add_extension`.
    fn registered(&mut self, code: &Known, value: &Known) -> Result<(), Stop> {
        let Known::Int(code) = code else {
            return Ok(());
        };
        let extension = match value {
            Known::Tuple(pair) | Known::List(pair) => match &**pair {
                [Known::Str(module), Known::Str(name)] => Extension::Name(module.to_string(), name.to_string()),
                _ => Extension::Object(value.clone()),
            },
            _ => Extension::Object(value.clone()),
        };
        self.register(*code, extension)
    }

    /// Names of Python 2 stand for others from now on: `_compat_pickle.IMPORT_MAPPING` and `NAME_MAPPING`.
    fn mapped(&mut self, from: &Known, to: &Known) -> Result<(), Stop> {
        match (from, to) {
            (Known::Str(module), Known::Str(to)) => self.rebind(module, "", Known::module(to)),
            (Known::Tuple(from), Known::Tuple(to)) => match (&**from, &**to) {
                ([Known::Str(module), Known::Str(name)], [Known::Str(to), Known::Str(other)]) => {
                    self.rebind(module, name, Known::global(to, other))
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Later imports of the name give `value`.
    fn rebind(&mut self, module: &str, name: &str, value: Known) -> Result<(), Stop> {
        if self.names.rebind(module, name, value) { Ok(()) } else { self.limit("more than 65,536 names written over") }
    }

    /// `setattr(target, name, value)`.
    pub(crate) fn attribute_written(&mut self, target: &Known, name: &str, value: &Known) -> Result<(), Stop> {
        match target {
            Known::Global(global) => self.written(&global.module.clone(), &global.qualname.clone(), name, value),
            other => {
                let shown = other.to_expr().to_string();
                self.attribute_fact("object", base::expr::shorten(&shown, 200).0, name, value)
            }
        }
    }

    /// An attribute of the module, class or function `module.qualname` is written.
    fn written(&mut self, module: &str, qualname: &str, name: &str, value: &Known) -> Result<(), Stop> {
        let target = if qualname.is_empty() { module.to_owned() } else { format!("{module}.{qualname}") };
        let path = if qualname.is_empty() { name.to_owned() } else { format!("{qualname}.{name}") };
        self.rebind(module, &path, value.clone())?;
        let last = qualname.rsplit('.').next().unwrap_or_default();
        let kind = match last.trim_start_matches('_').chars().next() {
            None => "module",
            Some(letter) if letter.is_uppercase() => "class",
            Some(_) => "function",
        };
        self.attribute_fact(kind, &target, name, value)
    }

    pub(crate) fn attribute_fact(&mut self, kind: &str, target: &str, name: &str, value: &Known) -> Result<(), Stop> {
        let text = |text: &str| -> Str { text.into() };
        // SETITEM writes by itself and calls `__setitem__`, which says the same.
        let written = (self.at, target.to_owned(), name.to_owned());
        if self.written.as_ref() == Some(&written) {
            return Ok(());
        }
        self.written = Some(written);
        let place = self.place();
        let fact = Attribute { kind: text(kind), target: text(target), name: text(name), value: vec![value.to_expr()] };
        self.sink.fact(place, fact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planted_is_found_paid_for_and_bounded() {
        let mut planted = Planted::default();
        let (dict, name) = (Value::new(Kind::Dict, 1), hook("__call__"));
        assert!(!planted.any() && planted.bytes() == 0);
        assert!(planted.add(dict, name, Value::TRUE) && planted.add(dict, name, Value::FALSE));
        assert_eq!((planted.find(dict, "__call__"), planted.find(dict, "append")), (Some(Value::FALSE), None));
        let held = planted.bytes();
        assert!(planted.any() && held > 0);
        for object in 0..MAX_SHARED as u64 {
            assert!(planted.share(dict, Value::new(Kind::Object, object)));
        }
        assert!(planted.bytes() > held);
        // An object more is refused; one that is there already changes nothing.
        assert!(!planted.share(dict, Value::new(Kind::Object, 1 << 20)));
        assert_eq!(planted.shared(dict).len(), MAX_SHARED);
        let other = Value::new(Kind::Dict, 2);
        assert!(planted.share(other, dict) && planted.share(other, dict));
        assert_eq!(planted.shared(other), [dict]);
    }
}
