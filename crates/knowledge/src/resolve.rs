//! Walks a dotted name the way Python does: through modules that are attributes of modules.

use std::borrow::Cow;

use crate::callable::{has_row, is_known_module};
use crate::canonical::{alias, canonical};
use crate::modules::{is_stdlib, module_attribute, stdlib_module};

/// Where a dotted name lands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// The canonical module.
    pub module: Cow<'a, str>,
    /// The canonical qualified name inside it; empty when the walk ends on the module itself.
    pub name: Cow<'a, str>,
    /// Whether the walk left the module that was named for one that is not below it.
    pub crossed: bool,
    /// The first attribute walked through that leads out of any object, such as `__globals__`.
    pub special: Option<&'a str>,
}

/// Attributes that lead from an object to its class, namespace, code or the whole interpreter. Sorted.
const SPECIAL: &[&str] = &[
    "__base__",
    "__bases__",
    "__builtins__",
    "__call__",
    "__class__",
    "__closure__",
    "__code__",
    "__defaults__",
    "__delattr__",
    "__dict__",
    "__func__",
    "__getattr__",
    "__getattribute__",
    "__globals__",
    "__import__",
    "__init_subclass__",
    "__kwdefaults__",
    "__loader__",
    "__mro__",
    "__reduce__",
    "__reduce_ex__",
    "__self__",
    "__setattr__",
    "__spec__",
    "__subclasses__",
    "__subclasshook__",
    "__wrapped__",
    "ag_frame",
    "cr_frame",
    "f_back",
    "f_builtins",
    "f_globals",
    "f_locals",
    "func_globals",
    "gi_frame",
    "mro",
    "tb_frame",
];

/// What modules begin with that PyTorch makes of the namespaces of its dispatcher: `torch.ops.aten`.
const OPERATORS: &str = "torch.ops.";

/// Modules whose name is no honest name for anything else, so that a walk that *ends* on it means the module.
const UNMISTAKABLE: &[&str] = &[
    "builtins",
    "commands",
    "ctypes",
    "importlib",
    "marshal",
    "multiprocessing",
    "nt",
    "os",
    "pickle",
    "popen2",
    "posix",
    "pty",
    "runpy",
    "shutil",
    "socket",
    "subprocess",
    "sys",
];

/// Resolves `qualname` in `module`: follows module attributes, re-exports and aliases to the canonical place.
///
/// Where the tables know no such attribute, a component that bears the name of a standard-library module (leading
/// underscores aside) is taken for that module: such is what a walk through a library's imports looks like, and
/// honest pickles hold no such names.
#[must_use]
pub fn resolve<'a>(module: &'a str, qualname: &'a str) -> Resolved<'a> {
    let special = qualname.split('.').find(|part| SPECIAL.binary_search(part).is_ok());
    let mut crossed = false;
    let mut home = canonical_module(Cow::Borrowed(module));
    let mut rest = qualname;
    while let Some(step) = step(&home, rest) {
        crossed |= step.outside;
        home = canonical_module(step.module);
        rest = step.rest;
    }
    if home.starts_with(OPERATORS) {
        rest = operator(rest);
    }
    let (head, tail) = rest.split_once('.').map_or((rest, None), |(head, tail)| (head, Some(tail)));
    let known = has_row(&home, rest);
    let Some((target, renamed)) = alias(&home, head).filter(|_| !known && !rest.is_empty()) else {
        return Resolved { module: home, name: Cow::Borrowed(rest), crossed, special };
    };
    let (target, renamed) = canonical(target, renamed);
    let name = tail.map_or(Cow::Borrowed(renamed), |tail| Cow::Owned(format!("{renamed}.{tail}")));
    Resolved { module: Cow::Borrowed(target), name, crossed, special }
}

/// The operator whose overload `path` names: `add` for `add.Tensor`. An overload computes what its operator does.
fn operator(path: &str) -> &str {
    match path.split_once('.') {
        Some((operator, overload)) if !overload.starts_with('_') && !overload.contains('.') => operator,
        _ => path,
    }
}

/// One step of the walk, from a module into another.
struct Step<'a> {
    module: Cow<'a, str>,
    rest: &'a str,
    outside: bool,
}

fn step<'a>(home: &str, path: &'a str) -> Option<Step<'a>> {
    if path.is_empty() || has_row(home, path) {
        return None;
    }
    let (head, rest) = path.split_once('.').unwrap_or((path, ""));
    if head == "__builtins__" {
        return Some(Step { module: Cow::Borrowed("builtins"), rest, outside: true });
    }
    if let Some(found) = module_attribute(home, head) {
        return Some(Step {
            module: Cow::Borrowed(found.module),
            rest,
            outside: !found.submodule && found.module != home,
        });
    }
    if has_row(home, head) || alias(home, head).is_some() {
        return None;
    }
    if !rest.is_empty() && !is_stdlib(home) {
        let below = format!("{home}.{head}");
        if is_known_module(&below) {
            return Some(Step { module: Cow::Owned(below), rest, outside: false });
        }
    }
    hidden_module(path)
}

/// The first component of `path` that bears the name of a standard-library module.
fn hidden_module(path: &str) -> Option<Step<'_>> {
    let mut left = path;
    loop {
        let (component, rest) = left.split_once('.').unwrap_or((left, ""));
        let found = [component, component.trim_start_matches('_')].into_iter().find_map(stdlib_module);
        if let Some(module) =
            found.filter(|_| !rest.is_empty() || UNMISTAKABLE.contains(&component.trim_start_matches('_')))
        {
            return Some(Step { module: Cow::Borrowed(module.name), rest, outside: true });
        }
        if rest.is_empty() {
            return None;
        }
        left = rest;
    }
}

fn canonical_module(module: Cow<'_, str>) -> Cow<'_, str> {
    alias(&module, "").map_or(module, |(target, _)| Cow::Borrowed(canonical(target, "").0))
}
