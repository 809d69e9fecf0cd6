//! Walks a dotted name the way Python does: through modules that are attributes of modules.

use std::borrow::Cow;

use crate::callable::{has_row, is_known_module};
use crate::canonical::{alias, followed};
use crate::compiled::{Word, word};
use crate::modules::{attribute_of, exact, stdlib_of};

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

/// Attributes that lead from an object to its class, namespace, code or the whole interpreter: between underscores, sorted.
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
];

/// The others of them, which stand between no underscores.
const FRAMES: &[&str] = &[
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
    let special = qualname.split('.').find(|part| is_special(part));
    let mut crossed = false;
    let mut spot = Spot::new(Cow::Borrowed(module), qualname);
    while let Some(step) = spot.step() {
        crossed |= step.outside;
        spot = Spot::new(step.module, step.rest);
    }
    if spot.home.starts_with(OPERATORS) {
        let path = operator(spot.path);
        spot = Spot::new(spot.home, path);
    }
    let target = if spot.path.is_empty() || spot.is_row() { None } else { alias(spot.module, spot.first) };
    let Some([target, renamed]) = target else {
        return Resolved { module: spot.home, name: Cow::Borrowed(spot.path), crossed, special };
    };
    let [target, renamed] = followed([Word::at(target), Word::at(renamed)]).map(text);
    let name = spot.below.map_or(Cow::Borrowed(renamed), |below| Cow::Owned(format!("{renamed}.{below}")));
    Resolved { module: Cow::Borrowed(target), name, crossed, special }
}

fn is_special(part: &str) -> bool {
    if part.starts_with("__") { SPECIAL.binary_search(&part).is_ok() } else { FRAMES.contains(&part) }
}

fn text(of: Word) -> &'static str {
    of.number().map_or("", word)
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

/// Where a walk stands: in a module, before a path. Each of their words is looked up once.
struct Spot<'a> {
    /// The canonical module.
    home: Cow<'a, str>,
    module: Word,
    path: &'a str,
    whole: Word,
    /// The path up to its first dot, and what stands behind that.
    head: &'a str,
    first: Word,
    below: Option<&'a str>,
}

impl<'a> Spot<'a> {
    fn new(module: Cow<'a, str>, path: &'a str) -> Self {
        let named = Word::of(&module);
        let (home, module) = match alias(named, Word::EMPTY) {
            Some([target, _]) => {
                let [target, _] = followed([Word::at(target), Word::EMPTY]);
                (Cow::Borrowed(text(target)), target)
            }
            None => (module, named),
        };
        let (head, below) = path.split_once('.').map_or((path, None), |(head, below)| (head, Some(below)));
        let first = Word::of(head);
        let whole = if below.is_some() { Word::of(path) } else { first };
        Self { home, module, path, whole, head, first, below }
    }

    /// Whether a row names exactly this.
    fn is_row(&self) -> bool {
        has_row([self.module, self.whole])
    }

    fn step(&self) -> Option<Step<'a>> {
        if self.path.is_empty() || self.is_row() {
            return None;
        }
        let rest = self.below.unwrap_or("");
        if self.head == "__builtins__" {
            return Some(Step { module: Cow::Borrowed("builtins"), rest, outside: true });
        }
        let member = [self.module, self.first];
        if let Some(found) = attribute_of(member) {
            let outside = !found.submodule && found.module != self.home;
            return Some(Step { module: Cow::Borrowed(found.module), rest, outside });
        }
        if self.below.is_some() && has_row(member) || alias(self.module, self.first).is_some() {
            return None;
        }
        if !rest.is_empty() && stdlib_of(self.module, &self.home).is_none() {
            let below = format!("{}.{}", self.home, self.head);
            if is_known_module(&below) {
                return Some(Step { module: Cow::Owned(below), rest, outside: false });
            }
        }
        hidden_module(self.path)
    }
}

/// The first component of `path` that bears the name of a standard-library module; the last one only where that is
/// unmistakable.
fn hidden_module(path: &str) -> Option<Step<'_>> {
    let mut left = path;
    loop {
        let (component, rest) = left.split_once('.').unwrap_or((left, ""));
        let plain = component.trim_start_matches('_');
        if !rest.is_empty() || UNMISTAKABLE.contains(&plain) {
            let bare = || if plain.len() < component.len() { exact(Word::of(plain)) } else { None };
            if let Some(module) = exact(Word::of(component)).or_else(bare) {
                return Some(Step { module: Cow::Borrowed(module.name), rest, outside: true });
            }
        }
        if rest.is_empty() {
            return None;
        }
        left = rest;
    }
}
