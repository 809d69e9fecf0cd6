//! Code and streams that a call hands to an interpreter or a loader: artifacts of their own.

use base::{
    blob::Blob,
    fact::Str,
    sink::{Child, Given},
    stop::Stop,
};
use eval::Value;
use ruff_text_size::Ranged;

use crate::{
    machine::{Machine, When},
    scope::Known,
};

/// Callables that run or load their first argument: module, name, the name of the child.
const LOADERS: &[(&str, &str, &str)] = &[
    ("builtins", "exec", "exec-argument.py"),
    ("builtins", "eval", "eval-argument.py"),
    ("builtins", "compile", "compile-argument.py"),
    ("typing", "ForwardRef", "eval-argument.py"),
    ("code", "InteractiveInterpreter.runsource", "runsource-argument.py"),
    ("code", "InteractiveConsole.push", "push-argument.py"),
    ("timeit", "timeit", "timeit-argument.py"),
    ("timeit", "repeat", "timeit-argument.py"),
    ("timeit", "Timer", "timeit-argument.py"),
    ("cProfile", "run", "run-argument.py"),
    ("profile", "run", "run-argument.py"),
    ("pdb", "run", "run-argument.py"),
    ("pickle", "loads", "loads-argument.pkl"),
    ("pickle", "load", "load-argument.pkl"),
    ("pickle", "Unpickler.load", "load-argument.pkl"),
    ("pickle", "_Unpickler.load", "load-argument.pkl"),
    ("dill", "Unpickler.load", "load-argument.pkl"),
    ("dill._dill", "Unpickler.load", "load-argument.pkl"),
    ("profile", "runctx", "run-argument.py"),
    ("bdb", "Bdb.run", "run-argument.py"),
    ("trace", "Trace.run", "run-argument.py"),
    ("yaml", "load", "load-argument.yaml"),
    ("yaml", "full_load", "load-argument.yaml"),
    ("dill", "loads", "loads-argument.pkl"),
    ("dill._dill", "loads", "loads-argument.pkl"),
    ("cloudpickle", "loads", "loads-argument.pkl"),
    ("joblib", "load", "load-argument.joblib"),
    ("torch", "load", "load-argument.pt"),
    ("marshal", "loads", "loads-argument.marshal"),
    ("yaml", "unsafe_load", "load-argument.yaml"),
    ("jsonpickle", "decode", "decode-argument.json"),
    ("jsonpickle", "loads", "loads-argument.json"),
    ("jsonpickle.unpickler", "decode", "decode-argument.json"),
    ("doctest", "run_docstring_examples", "examples.py"),
];
/// Endings of what finds names bound.
const CODE: [&str; 2] = [".py", ".marshal"];
/// Names that one program is given.
const MAX_GIVEN: usize = 256;

/// What a program that mentions `name` finds, where that is something of another module.
fn bound(program: &[u8], name: &str, value: &Value) -> Option<Given> {
    let Value::Global(to) = value else { return None };
    memchr::memmem::find(program, name.as_bytes())?;
    Some(Given { name: name.into(), module: to.module.clone(), member: to.qualname.clone() })
}

/// The program that `timeit` makes of a setup and a statement.
fn timed(callee: &eval::Name, args: &[Known], kwargs: &[(Str, Known)]) -> Option<String> {
    if &*callee.module != "timeit" || !matches!(&*callee.qualname, "Timer" | "repeat" | "timeit") {
        return None;
    }
    let part = |position: usize, word: &str| {
        let named = kwargs.iter().find(|(name, _)| &**name == word).map(|(_, known)| known);
        args.get(position).or(named).and_then(|known| known.value.as_str())
    };
    let (statement, setup) = (part(0, "stmt"), part(1, "setup"));
    let parts: Vec<&str> = setup.into_iter().chain(statement).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// Texts of which the lines behind prompts are run.
const EXAMPLES: &str = "examples.py";

/// Whether a call of it may give back what it is handed.
pub(crate) fn gives_children(module: &str, name: &str) -> bool {
    LOADERS.iter().any(|row| row.0 == module && row.1 == name)
        || eval::loads(module, name)
        || matches!((module, name), ("builtins" | "codecs" | "io", "open"))
        || module == "pathlib"
}

/// Whether a text of this name is one that `exec` or `eval` runs.
pub(crate) fn is_executed(name: &str) -> bool {
    matches!(name.rsplit('/').next(), Some("exec-argument.py" | "eval-argument.py"))
}

impl Machine<'_, '_, '_> {
    /// Gives back the argument that a call of `callee` runs or loads.
    pub(crate) fn give_back(
        &mut self,
        callee: &eval::Name,
        args: &[Known],
        kwargs: &[(Str, Known)],
        node: impl Ranged + Copy,
    ) -> Result<(), Stop> {
        if let Some(text) = timed(callee, args, kwargs) {
            return self.give_program(
                "timeit-argument.py",
                text.as_bytes(),
                kwargs.iter().map(|(_, known)| known),
                node,
            );
        }
        // Most calls are handed nothing that could be read.
        if !args.iter().any(|argument| content(&argument.value).is_some()) {
            return Ok(());
        }
        let loader = LOADERS.iter().find(|row| *callee.module == *row.0 && *callee.qualname == *row.1);
        let Some((_, _, name)) = loader else { return self.give_back_loaded(callee, args, node) };
        let Some(bytes) = args.first().and_then(|argument| content(&argument.value)) else { return Ok(()) };
        // A name or a number that `eval` is handed is no program.
        let plain = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_. ".contains(byte));
        let imports = name.ends_with("exec-argument.py") && memchr::memmem::find(bytes, b"import ").is_some();
        if bytes.is_empty() || name.ends_with(".py") && plain && !imports {
            return Ok(());
        }
        let examples = if *name == EXAMPLES { std::str::from_utf8(bytes).ok().map(prompted) } else { None };
        let bytes = examples.as_ref().map_or(bytes, |text| text.as_bytes());
        let others = args.iter().skip(1).chain(kwargs.iter().map(|(_, known)| known));
        self.give_program(name, bytes, others, node)
    }

    /// Gives back a program with the names that it finds bound: those of the dicts it is given, and those that are bound here.
    fn give_program<'k>(
        &mut self,
        name: &str,
        bytes: &[u8],
        namespaces: impl Iterator<Item = &'k Known>,
        node: impl Ranged + Copy,
    ) -> Result<(), Stop> {
        let mut given = Vec::new();
        if CODE.iter().any(|end| name.ends_with(end)) {
            for namespace in namespaces {
                if let Value::Dict(pairs) = &namespace.value {
                    given.extend(pairs.iter().filter_map(|(name, value)| bound(bytes, name.as_str()?, value)));
                }
            }
            self.scope.visit(|name, value| given.extend(bound(bytes, name, value)));
            self.sink.meter().steps(given.len() as u64)?;
            given.truncate(MAX_GIVEN);
        }
        let place = self.place(node);
        self.sink.child(Child { given, ..Child::window(name, place, Blob::from_bytes(bytes.to_vec())) })
    }

    /// Binds the names that the artifact finds bound.
    pub(crate) fn bind_given(&mut self) {
        // The first of a name is the one that is seen.
        for given in self.sink.given().to_vec().into_iter().rev() {
            let value = match given.member.is_empty() {
                true => Value::module(&given.module),
                false => Value::global(&given.module, &given.member),
            };
            self.scope.bind(&given.name, value.into(), false);
        }
    }

    /// Gives back all bytes that a callable is given which loads some of them: which, differs between versions.
    fn give_back_loaded(&mut self, callee: &eval::Name, args: &[Known], node: impl Ranged + Copy) -> Result<(), Stop> {
        let mut given =
            args.iter().filter_map(|argument| argument.value.as_bytes().filter(|bytes| !bytes.is_empty())).peekable();
        if given.peek().is_none() || !eval::loads(&callee.module, &callee.qualname) {
            return Ok(());
        }
        for bytes in given {
            let place = self.place(node);
            self.sink.child(Child::window("loads-argument.pkl", place, Blob::from_bytes(bytes.to_vec())))?;
        }
        Ok(())
    }

    /// Gives back a program that is written to a file: `open("a.py", "w").write(…)`, `Path("a.py").write_text(…)`.
    pub(crate) fn give_back_written(
        &mut self,
        callee: &Value,
        args: &[Known],
        node: impl Ranged + Copy,
    ) -> Result<(), Stop> {
        let Value::Attribute(access) = callee else { return Ok(()) };
        let (Value::Call(file) | Value::Instance(file)) = &access.of else { return Ok(()) };
        let path = match &*access.name {
            // Of `open` the path is the first argument; of a path it is all that it is made of.
            "write" => file.args.first().and_then(|path| ending(path, MAX_PATH)),
            "write_text" | "write_bytes" => ending(&access.of, MAX_PATH),
            _ => None,
        };
        let row = path.and_then(|path| RUN.iter().find(|(end, _)| path.ends_with(end)));
        let bytes = args.first().and_then(|text| content(&text.value)).filter(|bytes| !bytes.is_empty());
        let (Some((_, name)), Some(bytes), true) = (row, bytes, self.when > When::Perhaps) else { return Ok(()) };
        let place = self.place(node);
        self.sink.child(Child::window(*name, place, Blob::from_bytes(bytes.to_vec())))
    }

    /// Gives back what the object was made with whose method is called: `pickle.Unpickler(stream).load()`.
    pub(crate) fn give_back_held(
        &mut self,
        callee: &eval::Name,
        of: &Value,
        node: impl Ranged + Copy,
    ) -> Result<(), Stop> {
        let Value::Attribute(access) = of else { return Ok(()) };
        match &access.of {
            Value::Call(call) | Value::Instance(call) if callee.qualname.ends_with("Unpickler.load") => {
                let args: Vec<Known> = call.args.iter().take(1).cloned().map(Known::from).collect();
                self.give_back(callee, &args, &[], node)
            }
            _ => Ok(()),
        }
    }
}

/// Endings of files that something runs, and what their text is read as.
const RUN: [(&str, &str); 9] = [
    (".py", "written.py"),
    (".pyw", "written.py"),
    (".pth", "written.pth"),
    (".sh", "written.sh"),
    (".bash", "written.sh"),
    (".bashrc", "written.sh"),
    (".profile", "written.sh"),
    (".pyc", "written.pyc"),
    (".so", "written.so"),
];

/// What the text ends with that a value is made of: a path of which only the end is known.
fn ending(value: &Value, depth: u32) -> Option<&str> {
    match value {
        Value::Str(text) => Some(text),
        Value::Call(call) | Value::Instance(call) if depth > 0 => ending(call.args.last()?, depth.saturating_sub(1)),
        _ => None,
    }
}

/// Calls within calls of which a path is made.
const MAX_PATH: u32 = 8;

/// What a text or bytes hold.
fn content(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Str(text) | Value::StringIo(text) => Some(text.as_bytes()),
        other => other.as_bytes().map(|bytes| &**bytes),
    }
}

/// The lines of a text that stand behind the prompts of an interpreter.
fn prompted(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_start();
        let code = line.strip_prefix(">>>").or_else(|| line.strip_prefix("..."))?;
        Some(format!("{}\n", code.strip_prefix(' ').unwrap_or(code)))
    };
    text.lines().filter_map(line).collect()
}
