//! Calls that change what later opcodes mean: registrations, attribute writes, writes to `sys.modules`.

use base::stop::Stop;
use eval::Value as Known;

use crate::{calls::Called, flaw::HUGE, machine::Machine};

impl Machine<'_, '_> {
    /// What a call changes in the machine itself.
    pub(crate) fn side_effects(&mut self, call: &Called<'_>) -> Result<(), Stop> {
        let Some(name) = call.callee.callee_name() else {
            return Ok(());
        };
        match (&*name.module, &*name.qualname, call.args) {
            ("copyreg", "add_extension", [Known::Str(module), Known::Str(name), Known::Int(code), ..]) => {
                if self.extensions.len() >= 1 << 16 && !self.extensions.contains_key(code) {
                    return self.limit("more than 65,536 extension codes");
                }
                self.extensions.insert(*code, (module.to_string(), name.to_string()));
                Ok(())
            }
            ("builtins", "setattr" | "object.__setattr__" | "type.__setattr__", [target, Known::Str(name), value]) => {
                self.attribute_written(target, name, value)
            }
            ("operator", "setitem", [target, key, value]) | ("builtins", "dict.__setitem__", [target, key, value]) => {
                self.known_item_written(target, key, value)
            }
            (_, path, [key, value]) if path.ends_with(".__setitem__") => {
                let owner = owner(call.callee);
                self.known_item_written(&owner, key, value)
            }
            (_, path, [Known::Dict(pairs)]) if path.ends_with(".update") => {
                let owner = owner(call.callee);
                for (key, value) in pairs.iter() {
                    self.known_item_written(&owner, key, value)?;
                }
                Ok(())
            }
            (_, path, [Known::Str(name), value]) if path.ends_with(".__setattr__") => {
                let owner = owner(call.callee);
                self.attribute_written(&owner, name, value)
            }
            _ => Ok(()),
        }
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
