//! What may run while the file is imported, as far as references go.
//!
//! Nobody can follow every way on which Python calls something: registries, hooks of libraries, protocols, branches. So a
//! function that code which runs refers to without calling it may be called, and so may the methods of classes that it uses.
//! What no such code refers to is not run by importing the file.

use std::{collections::BTreeSet, rc::Rc, sync::Arc};

use base::{
    fact::{Import, Str},
    location::Place,
    stop::Stop,
};
use eval::{Name, Value};
use foldhash::{HashMap, HashSet};
use ruff_text_size::Ranged;

use crate::{
    function::{Binding, MAX_LOCALS},
    handed::{is_module_of_runners, runs_code},
    local::Local,
    lost::is_namespace,
    machine::{Machine, When},
    namespace::is_own_module,
    scope::Known,
};

/// Callables that the file takes as values and that are remembered.
const MAX_TAKEN: usize = 64;
/// Builtins that call no method of what they are given.
const ASKING: [&str; 6] = ["callable", "id", "isinstance", "issubclass", "super", "type"];
/// Modules of the standard library whose decorators do not call what they decorate.
const KEEPING: [&str; 12] = [
    "abc",
    "asyncio",
    "builtins",
    "collections",
    "contextlib",
    "dataclasses",
    "enum",
    "functools",
    "types",
    "typing",
    "unittest",
    "warnings",
];
/// Items of one container that are looked at.
const FEW: usize = 64;
/// Bytes of a text that is run whose words are looked at.
const MAX_TEXT: usize = 1 << 16;
/// Attributes that lead to all that a module defines.
const OF_MODULES: [&str; 4] = ["__globals__", "f_globals", "f_locals", "func_globals"];
/// Attributes that are asked for and remembered.
const MAX_ASKED: usize = 1 << 12;
/// How often functions are taken that may run; then all are that are left.
const MAX_TIMES: u32 = 64;

/// What code that importing the file runs refers to.
#[derive(Default)]
pub(crate) struct Reach {
    /// Callables that run code, and modules of such.
    taken: Vec<(Rc<Name>, Place, When)>,
    /// Functions and classes of the file.
    locals: HashSet<Local>,
    /// Classes of which something of another module got an object, or calls a method that is not theirs.
    handed: BTreeSet<usize>,
    /// Attributes of anything.
    asked: HashSet<Str>,
    /// Names that nothing binds when they are looked up.
    missed: HashSet<Str>,
    /// Texts that were run, by where they lie.
    texts: HashMap<usize, Str>,
    /// Whether it goes through the members of something by their names.
    reflects: bool,
    /// Whether it goes through what the module defines.
    itself: bool,
    /// Whether the next call is that of a decorator.
    pub(crate) decorating: bool,
    /// Whether there is more than when functions were last taken.
    more: bool,
    /// How often functions were taken.
    times: u32,
}

impl Machine<'_, '_, '_> {
    /// Whether what is walked is run by importing the file.
    pub(crate) fn runs_now(&self) -> bool {
        self.quiet == 0 && self.when != When::Called
    }

    /// A value is put somewhere, not called.
    pub(crate) fn takes(&mut self, node: impl Ranged, value: &Value) {
        if !self.runs_now() {
            return;
        }
        match value {
            // Whoever gets it reads what he likes.
            Value::Global(name) if name.is("builtins", "getattr") || name.is("builtins", "vars") => {
                self.reflects_on_all()
            }
            Value::Global(name)
                if may_be_taken(name)
                    && self.reach.taken.len() < MAX_TAKEN
                    && !self.reach.taken.iter().any(|(known, ..)| known == name) =>
            {
                let place = self.place(node);
                self.reach.taken.push((name.clone(), place, self.when));
            }
            Value::External(_) => {
                if let Some(local) = self.locals.of(value) {
                    self.uses(local);
                }
            }
            _ => {}
        }
    }

    /// Something of the file is used.
    pub(crate) fn uses(&mut self, local: Local) {
        let local = match local {
            Local::Instance(class) => Local::Class(class),
            other => other,
        };
        if self.runs_now() && self.reach.locals.len() < MAX_LOCALS && self.reach.locals.insert(local) {
            self.reach.more = true;
        }
    }

    /// Code of the file gets values.
    pub(crate) fn gets(&mut self, args: &[Known], kwargs: &[(Arc<str>, Known)]) {
        if !self.runs_now() {
            return;
        }
        for known in args.iter().chain(kwargs.iter().map(|(_, known)| known)) {
            if let Some(local) = self.local(known) {
                self.uses(local);
            }
        }
    }

    /// A callable of another module is called with values of the file. Decorators of other modules mostly keep what they decorate.
    pub(crate) fn gives_away(&mut self, callee: &Value, args: &[Known], kwargs: &[(Arc<str>, Known)]) {
        let decorating = std::mem::take(&mut self.reach.decorating);
        if !self.runs_now() {
            return;
        }
        let Some(root) = root(callee) else { return self.gets(args, kwargs) };
        let asks = &*root.module == "builtins" && ASKING.contains(&&*root.qualname);
        let keeps = decorating && (KEEPING.contains(&&*root.module) || !eval::is_stdlib(&root.module));
        if !asks && !keeps {
            self.hands(args, kwargs);
        }
    }

    /// Something of another module gets objects of the file, or classes: it knows by what methods it calls them.
    pub(crate) fn hands(&mut self, args: &[Known], kwargs: &[(Arc<str>, Known)]) {
        if !self.runs_now() {
            return;
        }
        for known in args.iter().chain(kwargs.iter().map(|(_, known)| known)) {
            match &known.value {
                Value::Tuple(items) | Value::List(items) => {
                    items.iter().take(FEW).for_each(|value| self.hand_value(value))
                }
                Value::Dict(pairs) => pairs.iter().take(FEW).for_each(|(_, value)| self.hand_value(value)),
                value => self.hand_value(value),
            }
        }
    }

    fn hand_value(&mut self, value: &Value) {
        if self.hand_one(value) {
            return;
        }
        // What is handed on made of it: `[it] + others`, a partial.
        let (Value::Call(call) | Value::Partial(call) | Value::Lazy(call)) = value else { return };
        let named = call.kwargs.iter().map(|(_, value)| value);
        for part in std::iter::once(&call.callee).chain(&call.args).chain(named).take(FEW) {
            match part {
                Value::Tuple(items) | Value::List(items) => {
                    items.iter().take(FEW).for_each(|value| {
                        self.hand_one(value);
                    });
                }
                value => {
                    self.hand_one(value);
                }
            }
        }
    }

    /// Whether it is of the file.
    fn hand_one(&mut self, value: &Value) -> bool {
        let local = self.locals.of(value);
        match local {
            Some(Local::Class(class) | Local::Instance(class)) => self.hand(class),
            Some(local) => self.uses(local),
            None => {}
        }
        local.is_some()
    }

    /// The same of one class.
    pub(crate) fn hand(&mut self, class: usize) {
        if self.runs_now() && self.reach.handed.len() < MAX_LOCALS && self.reach.handed.insert(class) {
            self.uses(Local::Class(class));
            self.reach.more = true;
        }
    }

    /// An attribute of something is asked for.
    pub(crate) fn asks(&mut self, name: &str) {
        if OF_MODULES.contains(&name) {
            self.reflects_on_itself();
        }
        if self.runs_now() && self.reach.asked.len() < MAX_ASKED && !self.reach.asked.contains(name) {
            self.reach.asked.insert(name.into());
            self.reach.more = true;
        }
    }

    /// A callable is called that reads members by their names.
    pub(crate) fn reflects(&mut self, callee: &Name, args: &[Known]) {
        if !self.runs_now() {
            return;
        }
        if &*callee.module == "gc" {
            return self.reflects_on_itself();
        }
        let named = match (&*callee.module, &*callee.qualname) {
            ("builtins", "dir" | "vars")
            | ("inspect", "classify_class_attrs" | "getattr_static" | "getmembers" | "getmembers_static") => None,
            ("builtins", "getattr" | "hasattr") => Some(args.get(1..).unwrap_or_default().iter().take(1)),
            ("operator", "attrgetter") => Some(args.iter().take(args.len())),
            ("operator", "methodcaller") => Some(args.iter().take(1)),
            _ => return,
        };
        let mut by_name = named.is_none();
        for known in named.into_iter().flatten() {
            match &known.value {
                Value::Str(path) => path.split('.').for_each(|name| self.asks(name)),
                _ => by_name = true,
            }
        }
        let own = |known: &Known| is_own_module(&known.value) || is_namespace(&known.value);
        if (by_name || args.first().is_some_and(|of| self.local(of).is_some())) && args.first().is_none_or(own) {
            self.reflects_on_itself();
        }
        if by_name || args.first().is_some_and(|of| self.is_own(of)) {
            self.reflects_on_all();
        }
    }

    /// Members of objects are read whose names are not known.
    fn reflects_on_all(&mut self) {
        if self.runs_now() && !std::mem::replace(&mut self.reach.reflects, true) {
            self.reach.more = true;
        }
    }

    /// What the module itself defines is gone through.
    pub(crate) fn reflects_on_itself(&mut self) {
        if self.runs_now() && !std::mem::replace(&mut self.reach.itself, true) {
            self.reach.more = true;
        }
    }

    /// What a name is besides, in other branches, is put somewhere.
    pub(crate) fn takes_others(&mut self, node: impl Ranged + Copy, name: &str) {
        if !self.runs_now() {
            return;
        }
        let others = self.scope.find(name, |bound| bound.before.clone()).flatten();
        for known in others.iter().flat_map(|others| others.iter()) {
            self.takes(node, &known.value);
        }
    }

    /// A name is looked up that nothing binds yet.
    pub(crate) fn misses(&mut self, name: &str) {
        if self.runs_now() && self.reach.missed.len() < MAX_ASKED && self.reach.missed.insert(name.into()) {
            self.reach.more = true;
        }
    }

    /// Text is run that may use names of the file.
    ///
    /// # Errors
    /// A [`Stop`] when the budget ends.
    pub(crate) fn runs_text(&mut self, node: impl Ranged + Copy, callee: &Name, args: &[Known]) -> Result<(), Stop> {
        let runs = &*callee.module == "builtins" && matches!(&*callee.qualname, "compile" | "eval" | "exec");
        let Some(Value::Str(text)) = args.first().map(|known| &known.value).filter(|_| runs && self.runs_now()) else {
            return Ok(());
        };
        // The same text, run again, names the same.
        let place = text.as_ptr().addr();
        if self.reach.texts.contains_key(&place) {
            return Ok(());
        }
        if self.reach.texts.len() < MAX_ASKED {
            self.reach.texts.insert(place, text.clone());
        }
        if text.len() > MAX_TEXT {
            self.reflects_on_itself();
            return Ok(());
        }
        self.sink.meter().steps(text.len() as u64)?;
        let words: BTreeSet<&str> = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
        for word in words {
            self.asks(word);
            if let Some(known) = self.scope.find(word, |bound| bound.last.clone()) {
                self.takes(node, &known.value);
                self.takes_others(node, word);
                // What it calls by its name runs now; with what, the text alone knows.
                if let (Some(Local::Function(index)), true) = (self.local(&known), &*callee.qualname != "compile")
                    && text.contains(&format!("{word}("))
                {
                    self.called(index, &[], &[]);
                }
            }
        }
        Ok(())
    }

    /// Takes the functions that may run; whether there was one.
    pub(crate) fn run_reached(&mut self) -> bool {
        if !std::mem::take(&mut self.reach.more) {
            return false;
        }
        self.reach.times = self.reach.times.saturating_add(1);
        // What is no longer remembered may be any of them.
        let full = self.reach.asked.len() >= MAX_ASKED || self.reach.missed.len() >= MAX_ASKED;
        let all = self.reach.times > MAX_TIMES || full || self.reach.itself;
        let used = self.used_classes();
        let (reach, functions) = (&self.reach, &self.functions);
        let reached = |index: usize| {
            let Some(function) = functions.get(index) else { return false };
            let method = || {
                let name = function.name.rsplit('.').next().unwrap_or_default();
                name.starts_with('_') && name.ends_with('_')
                    || function.binding == Binding::Property
                    || reach.reflects
                    || reach.asked.contains(name)
            };
            let of_used = |class: usize| used.contains(&class) && (method() || reach.handed.contains(&class));
            let missed =
                function.class.is_none() && reach.missed.contains(function.name.rsplit('.').next().unwrap_or_default());
            all || missed || reach.locals.contains(&Local::Function(index)) || function.class.is_some_and(of_used)
        };
        let found: Vec<usize> = self.waiting.iter().map(|(_, index)| *index).filter(|index| reached(*index)).collect();
        for index in &found {
            self.reached_at(*index, When::Perhaps);
        }
        !found.is_empty()
    }

    /// The classes that are used, with those that they inherit from.
    fn used_classes(&self) -> HashSet<usize> {
        let class = |local: &Local| match local {
            Local::Class(class) => Some(*class),
            _ => None,
        };
        let mut waiting: Vec<usize> = self.reach.locals.iter().filter_map(class).collect();
        // Those that nothing binds yet when they are used, and those that are found through what they inherit from.
        let derived = self.reach.asked.contains("__subclasses__");
        for (index, class) in self.classes.iter().enumerate() {
            if derived && !class.bases.is_empty() || self.reach.missed.contains(&class.name) {
                waiting.push(index);
            }
        }
        let mut used = HashSet::default();
        while let Some(class) = waiting.pop() {
            if used.insert(class)
                && let Some(class) = self.classes.get(class)
            {
                waiting.extend(class.bases.iter().copied());
                waiting.extend(class.meta);
            }
        }
        used
    }

    /// States what was taken as a value and may be called by whoever got it.
    pub(crate) fn state_taken(&mut self) -> Result<(), Stop> {
        for (name, place, when) in std::mem::take(&mut self.reach.taken) {
            let mut found = Vec::new();
            if runs_code(&name) {
                found.push(name);
            } else {
                let asked: Vec<Str> = self.reach.asked.iter().cloned().collect();
                let members = asked.iter().map(|asked| self.memo.attribute(&name, asked));
                found.extend(members.filter_map(|value| value.as_name().filter(|name| runs_code(name)).cloned()));
                found.sort_by(|a, b| a.qualname.cmp(&b.qualname));
            }
            for name in found {
                let fact = Import {
                    module: name.module.clone(),
                    name: name.qualname.clone(),
                    written: Str::default(),
                    origin: self.memo.word("taken"),
                    when: self.memo.word(when.id()),
                };
                self.sink.fact(place.clone(), fact)?;
            }
        }
        Ok(())
    }
}

/// Whether a callable runs a text that it is given, or looks up what that names.
pub(crate) fn chooses(name: &Name) -> bool {
    runs_code(name) || name.is("builtins", "getattr") || name.is("importlib", "import_module")
}

/// What this is of another module, or came out of.
fn root(callee: &Value) -> Option<&Name> {
    let mut of = callee;
    loop {
        of = match of {
            Value::Global(name) => return Some(name),
            Value::Attribute(access) => &access.of,
            Value::Item(access) => &access.of,
            Value::Call(call) | Value::Partial(call) | Value::Instance(call) => &call.callee,
            _ => return None,
        };
    }
}

/// Whether this is a callable that runs code, or a module with such.
pub(crate) fn may_be_taken(name: &Name) -> bool {
    runs_code(name) || is_module_of_runners(name)
}
