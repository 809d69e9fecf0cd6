//! The state of one reading: where it stands, what it has seen, and how a fact is stated.

use std::{cmp::Reverse, collections::BTreeSet, hash::Hash, rc::Rc};

use base::{
    fact::{Call, Data, Import, Str},
    location::{Place, Unit},
    sink::Sink,
    stop::Stop,
};
use eval::{Name, Value};
use foldhash::HashSet;
use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use crate::{
    builtins,
    bytecode::{Running, Spare},
    class::Class,
    digest::Keys,
    function::{Function, documentation},
    handed::runs_code,
    local::{Local, Locals},
    memo::Memo,
    place::Lines,
    reach::Reach,
    scope::{Known, Names, Scope},
};

/// When a statement runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum When {
    /// When a function is called that nothing in the file calls while it is imported.
    Called,
    /// While the file is imported, if what code that runs refers to is called by somebody.
    Perhaps,
    /// While the file is imported, under a condition.
    Conditional,
    /// While the file is imported.
    Import,
}

impl When {
    /// The word that facts carry.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Called => "called",
            Self::Conditional => "conditional",
            Self::Perhaps => "perhaps",
            Self::Import => "import",
        }
    }
}

/// One reading of one file. `'t`: the text and its tree.
pub(crate) struct Machine<'t, 'k, 's> {
    pub(crate) sink: &'k mut Sink<'s>,
    pub(crate) lines: Lines<'t>,
    /// The bytecode that is walked, where it is no source.
    pub(crate) running: Option<Running<'t>>,
    /// A stack for what is walked next.
    pub(crate) spare: Spare<'t>,
    pub(crate) scope: Rc<Scope>,
    /// Room for the names of the next scopes.
    pub(crate) rooms: Vec<Names>,
    pub(crate) when: When,
    /// Qualified name of the function that is walked, or the condition under which the statement runs.
    pub(crate) context: Option<std::sync::Arc<str>>,
    pub(crate) functions: Vec<Function<'t>>,
    /// Functions that were not walked yet: those that run at import first, each group in the order of the file.
    pub(crate) waiting: BTreeSet<(Reverse<When>, usize)>,
    pub(crate) classes: Vec<Class>,
    pub(crate) locals: Locals,
    /// The class whose method is walked, and whether what it returns is what unpickling calls.
    pub(crate) method: (Option<usize>, bool),
    /// Modules of `from module import *`.
    pub(crate) stars: Vec<std::sync::Arc<str>>,
    /// Greater than zero while something is evaluated for its value alone.
    pub(crate) quiet: u32,
    /// Whether the statement may be skipped: a branch, a loop, a handler.
    pub(crate) branch: bool,
    /// Nodes that may still be evaluated for their value alone.
    pub(crate) effort: u32,
    /// Nodes of loops evaluated so since something known last grew.
    idle: u32,
    /// Loops that are under way.
    loops: u32,
    /// The effort that was left when nodes were last counted.
    counted: u32,
    /// Items of containers that may still be copied: values are never changed in place.
    copies: usize,
    /// In which state the last call left its receiver.
    pub(crate) receiver: Option<Value>,
    /// Whether a loop is being walked round by round.
    pub(crate) unrolling: bool,
    /// Whether loading a model runs this code, not an import.
    pub(crate) at_load: bool,
    /// Whether it is the source of a traced module, whose functions loading calls.
    pub(crate) traced: bool,
    /// Whether it is a text that other code runs, and may call what that defines.
    pub(crate) executed: bool,
    /// What the generator evaluated for its value gave.
    pub(crate) yielded: Vec<Value>,
    /// What the function evaluated for its value returns.
    pub(crate) returned: Option<Known>,
    /// Calls that would have been stated of what was evaluated for its value alone.
    pub(crate) muted: u64,
    /// Whether such calls are counted.
    pub(crate) listening: bool,
    /// Annotations that are texts of programs.
    pub(crate) annotations: Vec<(ruff_text_size::TextRange, Known)>,
    /// Whether the file assigns what only type checkers take for true.
    pub(crate) checking: bool,
    /// What code that runs refers to.
    pub(crate) reach: Reach,
    /// What was looked up before.
    pub(crate) memo: Memo,
    imported: HashSet<u64>,
    calls: HashSet<u64>,
    keys: Keys,
}

/// Nodes evaluated for their value alone in one file: enough to decode what a loop decodes, too little to run a program.
const EFFORT: u32 = 100_000;

/// Nodes of loops evaluated for their value alone while nothing known grows: then they are left, and what they assign is
/// not known. What stands behind them is executed all the same, so that idle rounds hide nothing.
const IDLE: u32 = 1 << 12;

/// Items of containers that are copied in one file: what grows by one each time is copied whole each time.
const COPIES: usize = 4_000_000;

impl<'t, 'k, 's> Machine<'t, 'k, 's> {
    /// A machine before the first statement of `text`, which begins `offset` bytes into the artifact.
    pub(crate) fn new(text: &'t str, offset: u64, sink: &'k mut Sink<'s>) -> Self {
        Self {
            sink,
            lines: Lines::new(text, offset),
            running: None,
            spare: Spare::default(),
            scope: Rc::default(),
            rooms: Vec::new(),
            when: When::Import,
            context: None,
            functions: Vec::new(),
            waiting: BTreeSet::new(),
            classes: Vec::new(),
            locals: Locals::default(),
            method: (None, false),
            stars: Vec::new(),
            quiet: 0,
            branch: false,
            effort: EFFORT,
            idle: 0,
            loops: 0,
            counted: EFFORT,
            copies: COPIES,
            receiver: None,
            unrolling: false,
            at_load: false,
            traced: false,
            executed: false,
            yielded: Vec::new(),
            returned: None,
            muted: 0,
            listening: false,
            annotations: Vec::new(),
            checking: false,
            reach: Reach::default(),
            memo: Memo::default(),
            imported: HashSet::default(),
            calls: HashSet::default(),
            keys: Keys::default(),
        }
    }

    /// Walks the module, then its functions: those that importing it calls first.
    pub(crate) fn run(mut self, body: &'t [Stmt]) -> Result<(), Stop> {
        if let Some(text) = documentation(body) {
            self.scope.bind("__doc__", text.into(), false);
        }
        self.body(body)?;
        self.module_hooks()?;
        self.run_functions()
    }

    /// Whoever asks the module for something that it does not have runs these (PEP 562).
    pub(crate) fn module_hooks(&mut self) -> Result<(), Stop> {
        for hook in ["__getattr__", "__dir__"] {
            let found = self.scope.own(hook).and_then(|found| self.local(&found));
            if let Some(Local::Function(index)) = found {
                self.during(When::Perhaps, None, |machine| {
                    machine.called(index, &[], &[]);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// Walks the functions that were found, and those found in them.
    pub(crate) fn run_functions(&mut self) -> Result<(), Stop> {
        loop {
            // Those that nothing calls come last: by then it is known what else refers to them.
            let called = self.waiting.first().is_none_or(|(Reverse(when), _)| *when == When::Called);
            if called && self.run_reached() {
                continue;
            }
            if called {
                self.state_taken()?;
            }
            let Some((_, index)) = self.waiting.pop_first() else { return Ok(()) };
            self.walk_function(index)?;
        }
    }

    /// Pays for a node; `false`: it is evaluated for its value alone, and there was too much of that.
    pub(crate) fn pay(&mut self) -> Result<bool, Stop> {
        self.sink.meter().steps(1)?;
        if self.quiet == 0 {
            return Ok(true);
        }
        self.effort = self.effort.saturating_sub(1);
        Ok(self.effort > 0)
    }

    /// Something known grew by `value`, or became it: what is evaluated for its value alone gets somewhere.
    pub(crate) fn progress(&mut self, value: &Value) {
        if value.is_constant() || value.as_name().is_some() || self.locals.of(value).is_some() {
            self.grew();
        }
    }

    /// Something known grew.
    pub(crate) fn grew(&mut self) {
        (self.idle, self.counted) = (0, self.effort);
    }

    /// Runs `rounds`, which are those of a loop.
    pub(crate) fn looping<T>(&mut self, rounds: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        self.begin_rounds();
        let result = rounds(self);
        self.leave_loop();
        result
    }

    /// A loop begins: what was evaluated before is no round of it, but may be one of the loop around it.
    pub(crate) fn begin_rounds(&mut self) {
        if self.loops > 0 {
            self.end_round();
        }
        (self.loops, self.counted) = (self.loops.saturating_add(1), self.effort);
    }

    /// It ends.
    pub(crate) fn leave_loop(&mut self) {
        self.loops = self.loops.saturating_sub(1);
        if self.loops == 0 {
            self.grew();
        }
    }

    /// A round of a loop ends; `false`: this and the loops around it got nowhere for so long that they are left.
    pub(crate) fn end_round(&mut self) -> bool {
        self.idle = self.idle.saturating_add(self.counted.saturating_sub(self.effort));
        self.counted = self.effort;
        self.idle < IDLE
    }

    /// Pays for a copy of a container; `false`: too much was copied for it to be followed on.
    pub(crate) fn copies(&mut self, of: &Value) -> bool {
        let items = match of {
            Value::Tuple(items) | Value::List(items) | Value::Set(items) | Value::FrozenSet(items) => items.len(),
            Value::Dict(pairs) => pairs.len(),
            Value::Range(span) => usize::try_from(span.stop.abs_diff(span.start)).unwrap_or(usize::MAX),
            _ => 0,
        };
        self.may_copy(items)
    }

    /// The same for so many items.
    pub(crate) fn may_copy(&mut self, items: usize) -> bool {
        let left = self.copies.checked_sub(items);
        self.copies = left.unwrap_or(self.copies);
        left.is_some()
    }

    /// The place of a node in the context that is walked.
    pub(crate) fn place(&self, node: impl Ranged) -> Place {
        if let Some(running) = &self.running {
            return running.place(node.range(), self.context.as_ref());
        }
        let place = self.lines.place(node);
        match &self.context {
            Some(context) => place.pointer(Unit::Symbol, context.clone()),
            None => place,
        }
    }

    /// States a fact, unless something is evaluated for its value alone.
    pub(crate) fn state(&mut self, place: Place, data: impl Into<Data>) -> Result<(), Stop> {
        if self.quiet > 0 {
            return Ok(());
        }
        self.sink.fact(place, data)
    }

    /// The word for the time at which it runs. A traced module has no branches: what stands in one is as good as run.
    fn word(&self) -> &'static str {
        let runs = self.when == When::Import || self.traced && self.when != When::Called;
        if self.at_load && runs { "load" } else { self.when.id() }
    }

    /// States that a name is imported, once for each time at which it may be.
    pub(crate) fn state_import(&mut self, node: impl Ranged, name: &Name, origin: &str) -> Result<(), Stop> {
        let when = self.word();
        let key = || self.keys.digest(|state| (&name.module, &name.qualname, when, origin).hash(state));
        if self.quiet > 0 || !self.imported.insert(key()) {
            return Ok(());
        }
        self.sink.milestone()?;
        let fact = Import {
            module: name.module.clone(),
            name: name.qualname.clone(),
            written: name.written.as_ref().map(|(module, name)| dotted(module, name)).unwrap_or_default(),
            origin: self.memo.word(origin),
            when: self.memo.word(when),
        };
        let place = self.place(node);
        self.sink.fact(place, fact)
    }

    /// States a call.
    pub(crate) fn state_call(
        &mut self,
        node: impl Ranged,
        callee: &Value,
        args: &[Value],
        kwargs: &[(std::sync::Arc<str>, Value)],
    ) -> Result<(), Stop> {
        match callee.callee_name().filter(|_| self.quiet == 0 || self.listening) {
            Some(name) => self.state_named(node, (callee, &name), args, kwargs),
            None => Ok(()),
        }
    }

    /// States a call of a callee whose name is at hand.
    pub(crate) fn state_named(
        &mut self,
        node: impl Ranged,
        (callee, name): (&Value, &Name),
        args: &[Value],
        kwargs: &[(std::sync::Arc<str>, Value)],
    ) -> Result<(), Stop> {
        let in_builtins = &*name.module == "builtins";
        if in_builtins && !builtins::is_stated(&name.qualname) && !name.qualname.starts_with("open.") {
            return Ok(());
        }
        if self.quiet > 0 {
            self.muted = self.muted.saturating_add(1);
            if !self.tells_truly() || !runs_code(name) {
                return Ok(());
            }
            // A body is walked once, with the arguments of the first call; what the others run shows here.
            let quiet = std::mem::take(&mut self.quiet);
            let result = self.state_always(node, (callee, name), args, kwargs);
            self.quiet = quiet;
            return result;
        }
        self.state_always(node, (callee, name), args, kwargs)
    }

    /// Whether what is evaluated now runs while the file is imported, and is no trial.
    pub(crate) fn tells_truly(&self) -> bool {
        self.quiet == 0 || self.when != When::Called && !self.listening
    }

    /// States a call, whatever is called.
    pub(crate) fn state_always(
        &mut self,
        node: impl Ranged,
        (callee, name): (&Value, &Name),
        args: &[Value],
        kwargs: &[(std::sync::Arc<str>, Value)],
    ) -> Result<(), Stop> {
        if self.quiet > 0 {
            return Ok(());
        }
        // A method of a path is its function called with the path.
        let of_path = (&*name.module == "pathlib").then(|| path_of(callee)).flatten();
        let with_path: Vec<Value>;
        let args = match of_path {
            Some(path) => {
                with_path = std::iter::once(path).chain(args.iter().cloned()).collect();
                &with_path
            }
            None => args,
        };
        if !self.calls.insert(self.digest(name, args, kwargs)) {
            return Ok(());
        }
        if !self.sink.passed() && eval::is_named(&name.module, &name.qualname) {
            self.sink.milestone()?;
        }
        let given = args.iter().take(64).chain(kwargs.iter().take(32).map(|(_, value)| value));
        let fact = Call {
            written: spelled(callee, name),
            module: name.module.clone(),
            name: name.qualname.clone(),
            how: self.memo.word("call"),
            when: self.memo.word(self.word()),
            args: given.map(Value::to_expr).collect(),
            keywords: kwargs.iter().take(32).map(|(name, _)| name.clone()).collect(),
            repeats: 1,
        };
        let place = self.place(node);
        self.sink.fact(place, fact)
    }

    /// What tells one call from another, as far as a fact would show it.
    fn digest(&self, name: &Name, args: &[Value], kwargs: &[(std::sync::Arc<str>, Value)]) -> u64 {
        self.keys.digest(|state| {
            (&name.module, &name.qualname, self.when).hash(state);
            for value in args.iter().take(64).chain(kwargs.iter().take(32).map(|(_, value)| value)) {
                value.digest(state);
            }
        })
    }

    /// States the call that unpickling an object makes: what its `__reduce__` returns.
    pub(crate) fn state_reduction(&mut self, place: &Place, callee: &Value, args: &[Value]) -> Result<(), Stop> {
        let Some(name) = callee.callee_name() else { return Ok(()) };
        let fact = Call {
            module: name.module.clone(),
            name: name.qualname.clone(),
            how: "deferred".into(),
            when: "use".into(),
            args: args.iter().take(64).map(Value::to_expr).collect(),
            repeats: 1,
            ..Call::default()
        };
        self.state(place.clone(), fact)
    }

    /// Binds a name in the scope that is walked; `branch`: only perhaps.
    pub(crate) fn bind(&mut self, name: &str, known: Known, branch: bool) {
        if self.scope.bind_as(name, || self.memo.word(name), known, branch) {
            self.grew();
        }
    }

    /// What a name is bound to has become `known`. Of a function that nothing calls nobody knows when it does that.
    pub(crate) fn changed(&mut self, name: &str, known: Known) {
        if self.scope.changed(name, known, self.when == When::Called && self.scope.own(name).is_none()) {
            self.grew();
        }
    }

    /// Runs `step` for its value alone.
    pub(crate) fn quietly<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        if self.quiet == 0 {
            self.grew();
            self.loops = 0;
        }
        self.quiet = self.quiet.saturating_add(1);
        let result = step(self);
        self.quiet = self.quiet.saturating_sub(1);
        result
    }

    /// Runs `step` at `when`, in `context` where it is given.
    pub(crate) fn during<T>(
        &mut self,
        when: When,
        context: Option<std::sync::Arc<str>>,
        step: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let before = (self.when, self.context.clone(), self.branch);
        self.when = self.when.min(when);
        if context.is_some() {
            self.context = context;
        }
        let result = step(self);
        (self.when, self.context, self.branch) = before;
        result
    }
}

/// `module.name`.
fn dotted(module: &Str, name: &str) -> Str {
    if name.is_empty() { module.clone() } else { [module, ".", name].concat().into() }
}

/// How a callee is written, where that differs from its name.
fn spelled(callee: &Value, name: &Name) -> Str {
    match callee {
        Value::Global(global) if **global == *name => Str::default(),
        callee => {
            let text = callee.to_expr().to_string();
            if text == *dotted(&name.module, &name.qualname) { Str::default() } else { text.into() }
        }
    }
}

/// The path whose method this is: written out where all of it is known.
fn path_of(method: &Value) -> Option<Value> {
    let Value::Attribute(access) = method else { return None };
    Some(written_path(&access.of, 16).map_or_else(|| access.of.clone(), Value::str))
}

/// A path as text: `Path.home() / ".ssh"` is `~/.ssh`.
fn written_path(of: &Value, depth: u8) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let joined = |parts: &[Value]| {
        let parts: Option<Vec<String>> = parts.iter().map(|part| written_path(part, depth)).collect();
        parts.map(|parts| parts.join("/"))
    };
    match of {
        Value::Str(text) => Some(text.to_string()),
        Value::Call(call) => match &call.callee {
            Value::Global(name) if name.is("operator", "truediv") => joined(&call.args),
            Value::Global(name) if matches!(&*name.qualname, "path.join" | "join") => joined(&call.args),
            Value::Global(name) if matches!(&*name.qualname, "path.expanduser" | "expanduser") => joined(&call.args),
            Value::Global(name) if &*name.module == "pathlib" => match name.qualname.rsplit('.').next() {
                Some("home") => Some("~".into()),
                Some("cwd") => Some(".".into()),
                Some("Path" | "PurePath" | "PosixPath" | "WindowsPath") => joined(&call.args),
                _ => None,
            },
            Value::Attribute(access) => match &*access.name {
                "joinpath" => Some(format!("{}/{}", written_path(&access.of, depth)?, joined(&call.args)?)),
                "expanduser" | "resolve" | "absolute" => written_path(&access.of, depth),
                "with_name" => Some(format!("{}/../{}", written_path(&access.of, depth)?, joined(&call.args)?)),
                _ => None,
            },
            _ => None,
        },
        Value::Attribute(access) if &*access.name == "parent" => {
            let path = written_path(&access.of, depth)?;
            path.rsplit_once('/').map(|(parent, _)| parent.to_owned())
        }
        _ => None,
    }
}
