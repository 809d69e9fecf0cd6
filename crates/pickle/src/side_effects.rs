//! Calls that change what later opcodes mean: registrations, attribute writes, writes to `sys.modules`.

use base::stop::Stop;
use eval::Value as Known;

use crate::{calls::Called, flaw::HUGE, imports::Extension, machine::Machine};

impl Machine<'_, '_> {
    /// What a call changes in the machine itself.
    pub(crate) fn side_effects(&mut self, call: &Called<'_>) -> Result<(), Stop> {
        let name = match (call.callee.callee_name(), call.callee) {
            (Some(name), _) => name,
            // A method of a namespace or registry: `sys.modules.update`.
            (None, Known::Attribute(access)) => std::borrow::Cow::Owned(eval::Name::new("", &access.name)),
            _ => return Ok(()),
        };
        match (&*name.module, &*name.qualname, call.args) {
            ("copyreg", "add_extension", [Known::Str(module), Known::Str(name), Known::Int(code), ..]) => {
                self.register(*code, Extension::Name(module.to_string(), name.to_string()))
            }
            ("builtins", "setattr" | "object.__setattr__" | "type.__setattr__", [target, Known::Str(name), value]) => {
                self.attribute_written(target, name, value)
            }
            ("operator", "ior", [target, Known::Dict(pairs)]) => self.known_items_written(target, pairs),
            ("operator", "setitem", [target, key, value]) | ("builtins", "dict.__setitem__", [target, key, value]) => {
                self.known_item_written(target, key, value)
            }
            (_, path, [key, value]) if is_method(path, "__setitem__") || is_method(path, "setdefault") => {
                let owner = owner(call.callee);
                self.known_item_written(&owner, key, value)
            }
            (_, path, [Known::Dict(pairs)]) if is_method(path, "update") || is_method(path, "__ior__") => {
                self.known_items_written(&owner(call.callee), pairs)
            }
            ("builtins", "dict.update" | "dict.__ior__", [target, Known::Dict(pairs)]) => {
                self.known_items_written(target, pairs)
            }
            ("builtins", "dict.setdefault", [target, key, value]) => self.known_item_written(target, key, value),
            (_, path, [Known::Str(name), value]) if is_method(path, "__setattr__") => {
                let owner = owner(call.callee);
                self.attribute_written(&owner, name, value)
            }
            _ => Ok(()),
        }
    }

    fn known_items_written(&mut self, target: &Known, pairs: &[(Known, Known)]) -> Result<(), Stop> {
        pairs.iter().try_for_each(|(key, value)| self.known_item_written(target, key, value))
    }

    /// A code of the extension registry stands for something from now on.
    pub(crate) fn register(&mut self, code: i64, extension: Extension) -> Result<(), Stop> {
        if self.extensions.len() >= 1 << 16 && !self.extensions.contains_key(&code) {
            return self.limit("more than 65,536 extension codes");
        }
        self.extensions.insert(code, extension);
        Ok(())
    }

    fn known_item_written(&mut self, target: &Known, key: &Known, value: &Known) -> Result<(), Stop> {
        let plain = matches!(target, Known::Dict(_) | Known::List(_) | Known::Unknown(_));
        if plain {
            return Ok(());
        }
        let [target, key, value] = [target, key, value].map(|known| self.arena.known(known.clone()));
        self.item_written(target, key, value)
    }

    /// Calls that make room for what their argument states.
    pub(crate) fn allocation(&mut self, call: &Called<'_>) -> Result<(), Stop> {
        let Some(name) = call.callee.callee_name() else {
            return Ok(());
        };
        let makes = matches!(
            (&*name.module, &*name.qualname),
            ("builtins", "bytes" | "bytearray" | "memoryview") | ("numpy", "zeros" | "ones" | "empty" | "full")
        );
        let multiplies = matches!((&*name.module, &*name.qualname), ("operator", "mul" | "imul" | "lshift" | "pow"));
        let huge = call.args.iter().find_map(|arg| match arg {
            Known::Int(count) if count.unsigned_abs() > HUGE => Some(*count),
            _ => None,
        });
        match huge {
            Some(count)
                if makes
                    || (multiplies
                        && call.args.iter().any(|arg| arg.as_str().is_some() || arg.as_bytes().is_some())) =>
            {
                self.flaw("huge-allocation", format!("{} with {count}", name.dotted()))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a path ends in this method, of an object or of a module.
fn is_method(path: &str, method: &str) -> bool {
    path.strip_suffix(method).is_some_and(|owner| owner.is_empty() || owner.ends_with('.'))
}

/// The object whose method a callee is.
fn owner(callee: &Known) -> Known {
    match callee {
        Known::Attribute(access) => access.of.clone(),
        Known::Global(name) => match name.qualname.rsplit_once('.') {
            Some((owner, _)) => eval::Name { qualname: owner.into(), ..eval::Name::clone(name) }.into(),
            None => eval::Value::module(&name.module),
        },
        _ => crate::known::unknown(),
    }
}
