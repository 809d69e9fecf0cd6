//! Callables that are handed to something that calls them: at once, later, in another thread.

use std::{rc::Rc, sync::Arc};

use base::stop::Stop;
use eval::{Name, Value};
use ruff_text_size::Ranged;

use crate::{
    comprehension::MAX_ITERATED,
    expression::truth,
    local::Local,
    machine::{Machine, When},
    namespace::is_own_module,
    scope::Known,
    statement::ROUNDS,
};

/// Callables that call a function which they are handed, now or soon.
const RUNNERS: &[(&str, &str)] = &[
    ("builtins", "filter"),
    ("builtins", "iter"),
    ("builtins", "list.sort"),
    ("builtins", "map"),
    ("builtins", "max"),
    ("builtins", "min"),
    ("builtins", "sorted"),
    ("collections", "defaultdict"),
    ("contextlib", "ExitStack.callback"),
    ("contextlib", "ExitStack.push"),
    ("dataclasses", "field"),
    ("functools", "cmp_to_key"),
    ("functools", "reduce"),
    ("json", "load"),
    ("json", "loads"),
    ("os", "register_at_fork"),
    ("re", "compile.sub"),
    ("re", "compile.subn"),
    ("re", "sub"),
    ("re", "subn"),
    ("types", "new_class"),
];

/// Modules whose callables all call what they are handed: each name in them is a thread, a hook, a timer or a loop.
const RUNNING: &[&str] = &[
    "_thread",
    "atexit",
    "codecs",
    "concurrent.futures",
    "doctest",
    "gc",
    "itertools",
    "multiprocessing",
    "profile",
    "cProfile",
    "sched",
    "signal",
    "sys",
    "sys.monitoring",
    "threading",
    "timeit",
    "tkinter",
    "weakref",
    "asyncio",
];

/// How a method of a pool or a loop calls what it is handed.
#[derive(Clone, Copy, PartialEq)]
enum With {
    /// With the arguments that follow.
    Rest,
    /// With each item of the argument that follows.
    Each,
    /// With the items of the argument that follows.
    Items,
}

/// What runs code or starts something, by itself or with what it is given: stated where it is handed to somebody.
pub(crate) const RUNNERS_OF_CODE: &[(&str, &[&str])] = &[
    ("_posixsubprocess", &["fork_exec"]),
    ("asyncio", &["create_subprocess_exec", "create_subprocess_shell"]),
    ("builtins", &["__import__", "compile", "eval", "exec", "execfile"]),
    ("code", &["interact"]),
    (
        "os",
        &[
            "execl",
            "execle",
            "execlp",
            "execlpe",
            "execv",
            "execve",
            "execvp",
            "execvpe",
            "popen",
            "posix_spawn",
            "posix_spawnp",
            "spawnl",
            "spawnle",
            "spawnlp",
            "spawnlpe",
            "spawnv",
            "spawnve",
            "spawnvp",
            "spawnvpe",
            "startfile",
            "system",
        ],
    ),
    ("pty", &["spawn"]),
    ("runpy", &["run_module", "run_path"]),
    ("subprocess", &["Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput", "run"]),
];

/// Methods that something calls of an object which it is handed, by the root of its module.
const CALLED_OF: &[(&str, &[&str])] = &[
    ("contextlib", &["close", "__enter__", "__exit__"]),
    ("logging", &["emit", "handle", "format", "filter", "close", "flush", "write"]),
    ("codecs", &["encode", "decode"]),
    ("sys", &["write", "flush", "find_spec", "find_module", "__call__"]),
    ("cmd", &["cmdloop"]),
    ("http", &["handle", "do_GET", "do_HEAD", "do_POST", "do_PUT", "setup", "finish"]),
    ("socketserver", &["handle", "setup", "finish"]),
    ("abc", &["__subclasshook__", "__instancecheck__", "__subclasscheck__"]),
];

/// A method that calls what it is handed: its name, where the callable stands, with what.
type Method = (&'static str, usize, With);

/// Such methods, by how the module begins.
const METHODS: &[(&str, &[Method])] = &[
    (
        "asyncio",
        &[
            ("call_later", 1, With::Rest),
            ("call_soon", 0, With::Rest),
            ("call_soon_threadsafe", 0, With::Rest),
            ("run_in_executor", 1, With::Rest),
            ("to_thread", 0, With::Rest),
        ],
    ),
    ("concurrent.futures", &[("map", 0, With::Each), ("submit", 0, With::Rest)]),
    ("contextlib", &[("callback", 0, With::Rest)]),
    ("contextvars", &[("run", 0, With::Rest)]),
    (
        "multiprocessing",
        &[
            ("apply", 0, With::Rest),
            ("apply_async", 0, With::Rest),
            ("imap", 0, With::Each),
            ("imap_unordered", 0, With::Each),
            ("map", 0, With::Each),
            ("map_async", 0, With::Each),
            ("starmap", 0, With::Each),
        ],
    ),
    ("sched", &[("enter", 2, With::Items), ("enterabs", 2, With::Items)]),
];

impl Machine<'_, '_, '_> {
    /// Functions that are handed to something that calls them.
    pub(crate) fn run_handed(
        &mut self,
        node: impl Ranged + Copy,
        name: &Name,
        args: &[Known],
        kwargs: &[(Arc<str>, Known)],
    ) -> Result<(), Stop> {
        if name.is("copyreg", "pickle")
            && let Some(Local::Function(index)) = args.get(1).and_then(|known| self.local(known))
        {
            self.reduces(index);
        }
        let mut runs = None;
        for known in args.iter().chain(kwargs.iter().map(|(_, known)| known)) {
            if let Some(Local::Function(index)) = self.local(known)
                && *runs.get_or_insert_with(|| runs_handed(name))
            {
                self.called(index, &[], &[]);
            }
        }
        if self.quiet > 0 || args.is_empty() {
            return Ok(());
        }
        let Some((_, methods)) = METHODS.iter().find(|(module, _)| name.module.starts_with(module)) else {
            return Ok(());
        };
        let method = name.qualname.rsplit('.').next().unwrap_or_default();
        let Some((_, at, with)) = methods.iter().find(|(named, ..)| *named == method) else { return Ok(()) };
        let Some((callee, rest)) = args.get(*at..).and_then(<[Known]>::split_first) else { return Ok(()) };
        if self.local(callee).is_none() && callee.value.callee_name().is_none() {
            return Ok(());
        }
        if *with != With::Each {
            let args = match rest.first() {
                Some(over) if *with == With::Items => {
                    self.list_of(over)?.unwrap_or_default().into_iter().map(Known::from).collect()
                }
                _ if *with == With::Items => Vec::new(),
                _ => rest.to_vec(),
            };
            return self.apply(node, callee, args, Vec::new(), true).map(|_| ());
        }
        let items = match rest.first() {
            Some(over) => self.list_of(over)?.unwrap_or_else(|| vec![Known::unknown().value]),
            None => Vec::new(),
        };
        for item in items.into_iter().take(ROUNDS) {
            self.apply(node, callee, vec![item.into()], Vec::new(), true)?;
        }
        Ok(())
    }

    /// What builtins give that are handed something of this file: `map` and `reduce` with a function, `type` with
    /// methods.
    pub(crate) fn apply_builtin(
        &mut self,
        node: impl Ranged + Copy,
        name: &Name,
        args: &[Known],
        kwargs: &[(Arc<str>, Known)],
    ) -> Result<Option<Value>, Stop> {
        if !matches!(&*name.module, "builtins" | "functools" | "abc" | "enum" | "types" | "dataclasses") {
            return Ok(None);
        }
        match (&*name.module, &*name.qualname, args) {
            ("builtins", "map", [function, over]) => {
                let Some(Local::Function(index)) = self.local(function) else { return Ok(None) };
                let Some(items) = self.list_of(over)?.filter(|items| items.len() <= MAX_ITERATED) else {
                    return Ok(None);
                };
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    let item = [Known::from(item)];
                    self.called(index, &item, &[]);
                    values.push(self.inline(index, &item, &[])?.value);
                }
                Ok(Some(Value::iterator(values)))
            }
            ("functools", "reduce", [function, over, first @ ..]) => {
                let Some(Local::Function(index)) = self.local(function) else { return Ok(None) };
                let Some(items) = self.list_of(over)?.filter(|items| items.len() <= MAX_ITERATED) else {
                    return Ok(None);
                };
                let mut items = first.iter().map(|known| known.value.clone()).chain(items);
                let Some(mut held) = items.next() else { return Ok(None) };
                for item in items {
                    let pair = [Known::from(held), Known::from(item)];
                    self.called(index, &pair, &[]);
                    held = self.inline(index, &pair, &[])?.value;
                }
                Ok(Some(held))
            }
            ("builtins", "filter", [function, over]) => {
                let items = match self.members(&over.value)? {
                    Some(members) => Some(members),
                    None if self.local(function).is_some() => self.list_of(over)?,
                    None => None,
                };
                match items.filter(|items| items.len() <= MAX_ITERATED) {
                    Some(items) => self.filtered(function, items),
                    None => Ok(None),
                }
            }
            // A generator expression stands as the list of what it gives.
            ("builtins", "next", [of, ..]) => Ok(match &of.value {
                Value::List(items) => items.first().cloned(),
                _ => None,
            }),
            // What a module does not have is the default.
            ("builtins", "getattr", [of, attribute, default]) if default.value.as_name().is_some() => {
                let found = match (&of.value, &attribute.value) {
                    (Value::Global(_), Value::Str(name)) => eval::attribute(&of.value, name),
                    _ => return Ok(None),
                };
                let named = found.as_name().is_some_and(|name| eval::is_named(&name.module, &name.qualname));
                Ok((!named).then(|| default.value.clone()))
            }
            ("builtins", "getattr", [of, attribute, ..]) if self.local(of).is_some() || is_own_module(&of.value) => {
                match &attribute.value {
                    Value::Str(attribute) => {
                        let name = attribute.clone();
                        Ok(self.own_attribute(node, of, &name)?.map(|known| known.value))
                    }
                    _ => Ok(None),
                }
            }
            ("builtins", "property", [of, ..]) if self.local(of).is_some() => {
                self.binds(&Value::global("builtins", "property").into(), of);
                Ok(Some(of.value.clone()))
            }
            ("builtins", "setattr", [of, attribute, value]) => {
                if let Value::Str(attribute) = &attribute.value {
                    self.write(of, attribute, value);
                }
                Ok(None)
            }
            _ => self.made_class(node, name, args, kwargs),
        }
    }

    /// The items that a predicate lets through, where that is known of each.
    fn filtered(&mut self, predicate: &Known, items: Vec<Value>) -> Result<Option<Value>, Stop> {
        let mut kept = Vec::new();
        for item in items {
            let given = [Known::from(item.clone())];
            let holds = match self.local(predicate) {
                Some(Local::Function(index)) => {
                    self.called(index, &given, &[]);
                    self.inline(index, &given, &[])?.value
                }
                _ => eval::call(&predicate.value, std::slice::from_ref(&item), &[], self.sink.meter())?.result,
            };
            match truth(&holds) {
                Some(true) => kept.push(item),
                Some(false) => {}
                None => return Ok(None),
            }
        }
        Ok(Some(Value::iterator(kept)))
    }

    /// States that what runs code or starts something is handed to a callable of which nobody knows what it does with it.
    pub(crate) fn state_handed(
        &mut self,
        node: impl Ranged + Copy,
        callee: &Value,
        args: &[Known],
        kwargs: &[(Arc<str>, Known)],
    ) -> Result<(), Stop> {
        if self.quiet > 0 || self.when == When::Called {
            return Ok(());
        }
        // The builtins and `functools` are followed; what they make is judged where it is called.
        let followed = |name: &Name| matches!(&*name.module, "builtins" | "functools" | "inspect" | "typing");
        if callee.as_name().is_some_and(|name| followed(name)) {
            return Ok(());
        }
        for known in args.iter().chain(kwargs.iter().map(|(_, known)| known)) {
            self.state_kept(node, &known.value)?;
        }
        Ok(())
    }

    /// States that somebody gets what runs code or starts something, as it is or in a small container.
    pub(crate) fn state_kept(&mut self, node: impl Ranged, value: &Value) -> Result<(), Stop> {
        if self.quiet > 0 || self.when == When::Called {
            return Ok(());
        }
        let inside = match value {
            Value::Tuple(items) | Value::List(items) => items.get(..items.len().min(ROUNDS)).unwrap_or_default(),
            other => std::slice::from_ref(other),
        };
        let listed = |name: &&Rc<Name>| runs_code(name);
        match inside.iter().filter_map(Value::as_name).find(listed).cloned() {
            Some(name) => self.state_import(node, &name, "handed"),
            None => Ok(()),
        }
    }

    /// Methods that a library calls of the objects and classes of this file that it is handed.
    pub(crate) fn run_handed_objects(&mut self, callee: &Name, args: &[Known], kwargs: &[(Arc<str>, Known)]) {
        if callee.is("unittest", "main")
            || callee.is("unittest", "TextTestRunner.run")
            || callee.is("unittest", "TestCase.run")
        {
            self.run_tests();
        }
        if !args.iter().chain(kwargs.iter().map(|(_, known)| known)).any(|known| self.is_own(known)) {
            return;
        }
        let root = callee.module.split('.').next().unwrap_or_default();
        if let Some((_, methods)) = CALLED_OF.iter().find(|(module, _)| *module == root) {
            for known in args.iter().chain(kwargs.iter().map(|(_, known)| known)) {
                self.run_methods(known, methods, &[]);
            }
        }
        if let (true, Some(class)) =
            (callee.is("builtins", "isinstance") || callee.is("builtins", "issubclass"), args.get(1))
        {
            self.run_methods(class, &["__subclasshook__", "__instancecheck__", "__subclasscheck__"], &[]);
        }
        // `f(**of)` asks it for its keys.
        for (_, known) in kwargs.iter().filter(|(name, _)| &**name == "**") {
            self.run_methods(known, &["keys", "__getitem__", "__iter__"], &[]);
        }
    }
}

/// Whether this runs code or starts something, by itself or with what it is given.
pub(crate) fn runs_code(name: &Name) -> bool {
    RUNNERS_OF_CODE.iter().any(|(module, names)| *name.module == **module && names.contains(&&*name.qualname))
}

/// Whether this is a module with callables that do.
pub(crate) fn is_module_of_runners(name: &Name) -> bool {
    name.is_module() && RUNNERS_OF_CODE.iter().any(|(module, _)| *name.module == **module)
}

/// Whether this callable calls functions that it is handed.
fn runs_handed(name: &Name) -> bool {
    RUNNING.contains(&&*name.module) || RUNNERS.iter().any(|(module, runner)| name.is(module, runner))
}
