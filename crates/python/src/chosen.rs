//! Names that are chosen out of a module at run time: `dir(os)`, `vars(os).items()`, `getattr(os, something)`.

use std::sync::Arc;

use base::stop::Stop;
use eval::{Name, Value, names_of};
use ruff_text_size::Ranged;

use crate::{
    machine::{Machine, When},
    scope::Known,
};

/// What running over a module's namespace gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gives {
    Names,
    Values,
    Pairs,
}

/// Steps by which a value is followed back to what it was taken from.
const MAX_STEPS: usize = 12;
/// Members of one module that are tried one by one.
const MAX_MEMBERS: usize = 1 << 10;

/// What stands for the member that a call chose.
pub(crate) const CHOSEN: &str = "?";

impl Machine<'_, '_, '_> {
    /// What running over this gives, where that is known: the items of a constant, the members of a module.
    pub(crate) fn items_of(&mut self, over: &Known) -> Result<Option<Vec<Value>>, Stop> {
        match self.members(&over.value)? {
            Some(members) => Ok(Some(members)),
            None => self.list_of(over),
        }
    }

    /// The members of the module whose namespace this runs over, as the tables know them. Their order says nothing.
    pub(crate) fn members(&mut self, over: &Value) -> Result<Option<Vec<Value>>, Stop> {
        let Some((module, gives)) = namespace(over) else { return Ok(None) };
        let names: Vec<&str> = names_of(&module).take(MAX_MEMBERS).collect();
        self.sink.meter().steps(names.len() as u64)?;
        if names.is_empty() {
            return Ok(None);
        }
        let of = Value::module(&module);
        let member = |name: &str| match gives {
            Gives::Names => Value::str(name),
            Gives::Values => eval::attribute(&of, name),
            Gives::Pairs => Value::tuple([Value::str(name), eval::attribute(&of, name)]),
        };
        Ok(Some(names.into_iter().map(member).collect()))
    }

    /// Whether `round` of a loop, run for its value alone, calls something that would be stated.
    pub(crate) fn tells(&mut self, round: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Result<bool, Stop> {
        let before = self.muted;
        let names = self.scope.snapshot();
        let listening = std::mem::replace(&mut self.listening, true);
        let result = self.quietly(round);
        self.listening = listening;
        result?;
        self.scope.restore(names);
        Ok(self.muted > before)
    }

    /// States the call of a member that was chosen at run time; whether it was one.
    pub(crate) fn state_chosen(
        &mut self,
        node: impl Ranged,
        callee: &Value,
        args: &[Value],
        kwargs: &[(Arc<str>, Value)],
    ) -> Result<(), Stop> {
        if !matches!(callee, Value::Call(_) | Value::Item(_)) {
            return Ok(());
        }
        let Some(module) = chosen_from(callee, self.when != When::Called) else { return Ok(()) };
        let name = Name::new(&module, CHOSEN);
        self.state_always(node, (&name.clone().into(), &name), args, kwargs)
    }
}

/// What a callable gives that looks names up which it is given: an unpickler, an entry point, a formatter.
pub(crate) fn looked_up(callee: &Value, name: &Name, args: &[Known]) -> Option<Value> {
    let texts: Vec<&str> = args.iter().map_while(|known| known.value.as_str()).collect();
    match (&*name.module, &*texts) {
        ("pickle" | "_pickle" | "dill" | "dill._dill" | "cloudpickle", [module, member])
            if name.qualname.ends_with("Unpickler.find_class") =>
        {
            Some(Value::global(module, member))
        }
        ("importlib.metadata" | "importlib_metadata" | "pkg_resources", [])
            if matches!(&*name.qualname, "EntryPoint.load" | "EntryPoint.resolve") =>
        {
            let Value::Attribute(access) = callee else { return None };
            let (Value::Call(made) | Value::Instance(made)) = &access.of else { return None };
            let named = |key: &str| made.kwargs.iter().find(|(name, _)| &**name == key).map(|(_, value)| value);
            let path = made.args.get(1).or_else(|| named("value"))?.as_str()?;
            let (module, member) = path.split_once(':').unwrap_or((path, ""));
            Some(Value::global(module.trim(), member.trim()))
        }
        ("string", [path, ..]) if name.qualname.ends_with("Formatter.get_field") => {
            let (first, rest) = path.split_once('.')?;
            let Value::Tuple(items) = &args.get(1)?.value else { return None };
            let of = items.get(first.parse::<usize>().ok()?)?;
            let found = rest.split('.').fold(of.clone(), |of, name| eval::attribute(&of, name));
            Some(Value::tuple([found, Value::str(first)]))
        }
        _ => None,
    }
}

/// The module that a member was chosen from, where its name is not known.
fn chosen_from(callee: &Value, runs: bool) -> Option<Arc<str>> {
    let mut of = callee;
    for _ in 0..MAX_STEPS {
        if let Some((module, _)) = namespace(of) {
            return Some(module);
        }
        of = match of {
            Value::Item(access) => match namespace_itself(&access.of) {
                Some(module) => return Some(module),
                None => &access.of,
            },
            Value::Call(call) => {
                let name = call.callee.as_name().filter(|name| &*name.module == "builtins")?;
                match (&*name.qualname, &*call.args) {
                    ("getattr", [of, key, ..])
                        if matches!(key, Value::Item(_) | Value::Call(_) | Value::Unknown(_))
                            || runs && matches!(key, Value::Attribute(_) | Value::External(_)) =>
                    {
                        return of.as_name().filter(|of| of.is_module()).map(|of| of.module.clone());
                    }
                    ("next" | "iter" | "list" | "tuple" | "set" | "sorted" | "reversed" | "min" | "max", [of, ..])
                    | ("filter" | "map", [_, of]) => of,
                    _ => return None,
                }
            }
            _ => return None,
        };
    }
    None
}

/// What a dict that was made of a module's members gives by a key: `dict(inspect.getmembers(os))['system']`.
pub(crate) fn member_of(of: &Value, key: &Value) -> Option<Value> {
    let (Value::Call(call), Value::Str(key)) = (of, key) else { return None };
    let made = call.callee.as_name().is_some_and(|name| name.is("builtins", "dict"));
    let [given] = &*call.args else { return None };
    let module = match namespace(given).filter(|_| made)? {
        (module, Gives::Pairs) => module,
        _ => namespace_itself(given)?,
    };
    Some(eval::attribute(&Value::module(&module), key))
}

/// The module whose namespace this is: `os.__dict__`, `vars(os)`.
fn namespace_itself(of: &Value) -> Option<Arc<str>> {
    let name = of.as_name()?;
    (&*name.qualname == "__dict__").then(|| name.module.clone())
}

/// The module whose namespace this runs over, and what that gives.
fn namespace(over: &Value) -> Option<(Arc<str>, Gives)> {
    if let Some(module) = namespace_itself(over) {
        return Some((module, Gives::Names));
    }
    let mut over = over;
    for _ in 0..MAX_STEPS {
        let Value::Call(call) = over else { return None };
        match (&call.callee, &*call.args) {
            (Value::Global(name), [Value::Global(module)])
                if module.is_module() && (name.is("builtins", "dir") || name.is("inspect", "getmembers")) =>
            {
                let gives = if &*name.qualname == "dir" { Gives::Names } else { Gives::Pairs };
                return Some((module.module.clone(), gives));
            }
            (Value::Global(name), [inner, ..])
                if &*name.module == "builtins"
                    && matches!(
                        &*name.qualname,
                        "list" | "sorted" | "tuple" | "set" | "iter" | "reversed" | "frozenset"
                    ) =>
            {
                if let Some(module) = namespace_itself(inner) {
                    return Some((module, Gives::Names));
                }
                over = inner;
            }
            (Value::Attribute(access), []) => {
                let module = namespace_itself(&access.of)?;
                let gives = match &*access.name {
                    "keys" | "__iter__" | "__dir__" => Gives::Names,
                    "values" => Gives::Values,
                    "items" => Gives::Pairs,
                    _ => return None,
                };
                return Some((module, gives));
            }
            _ => return None,
        }
    }
    None
}
