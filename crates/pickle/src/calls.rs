//! Calls: what is called with what, what that gives, and what it does besides.

use base::{
    fact::{Call, Str},
    stop::Stop,
};
use eval::{Invocation, Outcome, Value as Known, When};

use crate::{
    graph_source::GraphSource,
    known,
    machine::Machine,
    value::{Kind, NO_CLASS, Value},
};

/// How a call comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum How {
    /// REDUCE.
    Reduce,
    /// INST.
    Inst,
    /// OBJ.
    Obj,
    /// NEWOBJ and NEWOBJ_EX: only built.
    Newobj,
    /// BUILD.
    Build,
    /// APPEND, APPENDS, ADDITEMS.
    Append,
    /// SETITEM, SETITEMS.
    Setitem,
    /// By another callable.
    Apply,
    /// Kept to be called later.
    Deferred,
    /// In place of a method that BUILD, APPEND, SETITEM or a call of the object looks up: something that the stream put there.
    Planted,
}

impl How {
    const fn id(self) -> &'static str {
        match self {
            Self::Reduce => "reduce",
            Self::Inst => "inst",
            Self::Obj => "obj",
            Self::Newobj => "newobj",
            Self::Build => "build",
            Self::Append => "append",
            Self::Setitem => "setitem",
            Self::Apply => "apply",
            Self::Deferred => "deferred",
            Self::Planted => "planted",
        }
    }
}

/// Characters of a callee that is no plain name.
const SHOWN: usize = 2000;
/// Modules whose callables call what they are given, or follow names.
const APPLIERS: &[&str] = &[
    "builtins",
    "operator",
    "functools",
    "itertools",
    "importlib",
    "types",
    "copyreg",
    "collections",
    "copy",
    "pkgutil",
    "pydoc",
    "inspect",
    "typing",
    "sys",
    "codecs",
    "dill",
    "dill._dill",
    "cloudpickle.cloudpickle",
    "joblib",
    "joblib.parallel",
];
/// Of these, the ones that only keep what they are given.
const KEEPERS: &[&str] = &[
    "set",
    "frozenset",
    "list",
    "tuple",
    "dict",
    "bytes",
    "bytearray",
    "OrderedDict",
    "defaultdict",
    "deque",
    "Counter",
    "complex",
    "slice",
    "range",
    "str",
    "int",
    "float",
    "bool",
];

/// A callee with its arguments, known as far as they can be.
pub(crate) struct Called<'c> {
    pub(crate) callee: &'c Known,
    pub(crate) args: &'c [Known],
    pub(crate) kwargs: &'c [(std::sync::Arc<str>, Known)],
}

impl Machine<'_, '_> {
    /// Calls `callee` with the tuple `args`; gives what comes out.
    pub(crate) fn invoke(&mut self, callee: Value, args: Value, kwargs: Value, how: How) -> Result<Value, Stop> {
        if callee.is_constant() || (callee.is_container() && callee.kind() != Kind::Object) {
            return Err(self.fail("not-callable", format!("a {:?} is called", callee.kind())));
        }
        if let Some(planted) = self.planted_on_class(callee, "__call__") {
            self.call_planted(&planted, &[args])?;
            return Ok(Value::UNKNOWN);
        }
        self.pass_milestone(callee)?;
        let class = callee.global().unwrap_or(NO_CLASS);
        if how == How::Newobj && kwargs == Value::NONE && self.is_plain(class, args) {
            return Ok(self.arena.object(class, callee, args));
        }
        let view = self.view();
        let receiver = self.receivers.get(&callee).copied();
        let target = match (view.known(callee), receiver) {
            // The object may have changed since its method was fetched.
            (Known::Attribute(access), Some(of)) => eval::attribute(&view.known(of), &access.name),
            (known, _) => known,
        };
        let callee_cut = view.cut.get();
        let arguments = view.arguments(args).unwrap_or_else(|| vec![known::unknown()]);
        let keywords = known::keywords(&view.known(kwargs));
        let arguments_cut = view.cut.get();
        let cut = callee_cut || (arguments_cut && applies(&target));
        view.pay(&self.meter)?;
        if cut {
            self.limit("a call whose arguments are too many or too old")?;
        }
        let outcome = match how {
            How::Newobj => eval::construct(&target, &arguments, &keywords, &self.meter)?,
            _ => eval::call(&target, &arguments, &keywords, &self.meter)?,
        };
        let call = Called { callee: &target, args: &arguments, kwargs: &keywords };
        let repeats = self.repeats(callee, args, how);
        let source = self.graph_source(&target, args).filter(|_| keywords.is_empty());
        if repeats > 0 {
            let stated = source.as_ref().map(GraphSource::arguments);
            let args = stated.as_deref().unwrap_or(&arguments);
            self.state_call(&Called { callee: &target, args, kwargs: &keywords }, how, repeats)?;
        }
        if let Some(source) = source {
            self.give_back_graph(source)?;
        }
        self.consequences(&call, &outcome)?;
        self.tensor_view(&target, &arguments, args)?;
        self.give_back_arguments(&call, args)?;
        if let Some(changed) = &outcome.receiver {
            self.receiver_changed(receiver, &target, args, changed);
        }
        if let Some(fetched) = self.fetched(&target, args, &outcome.result)? {
            return Ok(fetched);
        }
        if arguments_cut && outcome.result.is_constant() {
            return Ok(self.arena.known(Known::Unknown(eval::Why::OverCap)));
        }
        let result = self.result_of(callee, args, how, &outcome.result)?;
        self.keep_origin(&target, args, result);
        Ok(result)
    }

    /// What a call with these consequences leaves on the stack.
    fn result_of(&mut self, callee: Value, args: Value, how: How, result: &Known) -> Result<Value, Stop> {
        match result {
            Known::Call(_) | Known::Instance(_) | Known::Unknown(_) => {
                let class = match callee.global() {
                    Some(class) => class,
                    None => {
                        let target = self.view().known(callee);
                        if target.as_name().is_some() { self.names.add_computed(&target) } else { NO_CLASS }
                    }
                };
                let builds = matches!(result, Known::Instance(_)) && how == How::Newobj;
                if let Some(global) = self.names.at_mut(class).filter(|_| builds) {
                    let special = ["builtins", "operator", "functools", "itertools", "types", "collections"];
                    global.plain = global.name().is_some_and(|name| !special.contains(&&*name.module));
                }
                Ok(self.arena.object(class, callee, args))
            }
            other => self.pack(other),
        }
    }

    /// Puts a computed value back into the machine. Methods in a dict that was computed are as good as planted.
    fn pack(&mut self, computed: &Known) -> Result<Value, Stop> {
        let value = known::pack(&mut self.arena, &mut self.names, computed);
        if value.kind() == Kind::Dict {
            let pairs: Vec<Value> = self.arena.items(value).map(|(items, _)| items.to_vec()).unwrap_or_default();
            for pair in pairs.chunks_exact(2) {
                if let [name, hook] = pair {
                    self.plant(value, *name, *hook)?;
                }
            }
        }
        Ok(value)
    }

    /// A call of a name that could have been typed shows that this is a pickle; so does a name that is known.
    fn pass_milestone(&mut self, callee: Value) -> Result<(), Stop> {
        if self.astray || self.sink.passed() {
            return Ok(());
        }
        let global = callee.global().and_then(|index| self.names.at(index));
        if global.is_some_and(|global| global.printable) { self.sink.milestone() } else { Ok(()) }
    }

    /// States a call.
    pub(crate) fn state_call(&mut self, call: &Called<'_>, how: How, repeats: u64) -> Result<(), Stop> {
        // What these call in turn is stated for itself.
        let stands_for_another = matches!(
            call.callee,
            Known::Partial(_) | Known::MethodCaller(_) | Known::AttributeGetter(_) | Known::ItemGetter(_)
        );
        if stands_for_another {
            return Ok(());
        }
        self.call_fact(call, how, "load", repeats)
    }

    fn call_fact(&mut self, call: &Called<'_>, how: How, when: &str, repeats: u64) -> Result<(), Stop> {
        let mut fact = Call { how: how.id().into(), when: when.into(), repeats, ..Call::default() };
        match call.callee.callee_name() {
            Some(name) => {
                if name.computed && call.callee.as_name().is_some() {
                    self.import_fact(&name, "attribute")?;
                }
                if let Some((module, written)) = &name.written {
                    fact.written = dotted(module, written).into();
                } else if let Known::Attribute(_) = call.callee {
                    // What the object was made from belongs to the call.
                    fact.written = shown(call.callee);
                }
                (fact.module, fact.name) = (name.module.clone(), name.qualname.clone());
            }
            None => {
                fact.written = shown(call.callee);
                if let Known::Attribute(access) = call.callee {
                    fact.name = access.name.clone();
                }
            }
        }
        fact.args = call.args.iter().take(64).map(Known::to_expr).collect();
        fact.args.extend(call.kwargs.iter().take(64).map(|(_, value)| value.to_expr()));
        fact.keywords = call.kwargs.iter().take(64).map(|(name, _)| -> Str { name.clone() }).collect();
        let place = self.place();
        self.sink.fact(place, fact)
    }

    /// What a call does besides giving a value.
    pub(crate) fn consequences(&mut self, call: &Called<'_>, outcome: &Outcome) -> Result<(), Stop> {
        self.side_effects(call)?;
        self.allocation(call)?;
        for invocation in &outcome.invocations {
            self.invocation(invocation)?;
        }
        if let Some(name) = outcome.result.as_name() {
            self.import_fact(&name.clone(), "attribute")?;
        }
        for decoded in &outcome.decoded {
            self.give_back_decoded(decoded)?;
        }
        for note in &outcome.notes {
            match note {
                eval::Note::OverCap(what) => self.flaw("evaluation-limit", format!("not evaluated: {what}"))?,
                eval::Note::MoreInvocations => self.limit("a call makes more calls than are listed")?,
            }
        }
        Ok(())
    }

    /// A call that a call makes.
    fn invocation(&mut self, invocation: &Invocation) -> Result<(), Stop> {
        let (how, when) = match invocation.when {
            When::Load => (How::Apply, "load"),
            When::Deferred => (How::Deferred, "load"),
            When::Use => (How::Deferred, "use"),
        };
        let call = Called { callee: &invocation.callee, args: &invocation.args, kwargs: &invocation.kwargs };
        self.call_fact(&call, how, when, 1)?;
        self.side_effects(&call)?;
        self.allocation(&call)?;
        self.give_back_arguments(&call, Value::NONE)
    }

    /// Calls what was planted with these arguments.
    pub(crate) fn call_planted(&mut self, planted: &Known, args: &[Value]) -> Result<(), Stop> {
        let view = self.view();
        let arguments: Vec<Known> = args.iter().map(|arg| view.known(*arg)).collect();
        let cut = view.cut.get();
        view.pay(&self.meter)?;
        if cut {
            self.limit("a call whose arguments are too many or too old")?;
        }
        self.call_known(planted, &arguments, How::Planted)
    }

    /// Calls what was planted once for each of these.
    pub(crate) fn call_planted_each(&mut self, planted: &Known, items: &[Value]) -> Result<(), Stop> {
        items.iter().try_for_each(|item| self.call_planted(planted, &[*item]))
    }

    /// Calls something computed; what it gives is not used.
    pub(crate) fn call_known(&mut self, callee: &Known, args: &[Known], how: How) -> Result<(), Stop> {
        if !self.astray && !self.sink.passed() && callee.callee_name().is_some() {
            self.sink.milestone()?;
        }
        let outcome = eval::call(callee, args, &[], &self.meter)?;
        let call = Called { callee, args, kwargs: &[] };
        self.state_call(&call, how, 1)?;
        self.consequences(&call, &outcome)?;
        self.give_back_arguments(&call, Value::NONE)
    }

    /// Calls what was planted once for each pair of these.
    pub(crate) fn call_planted_each_pair(&mut self, planted: &Known, items: &[Value]) -> Result<(), Stop> {
        items.chunks_exact(2).try_for_each(|pair| self.call_planted(planted, pair))
    }

    /// The method that an opcode calls on something that is no plain container. Of an object whose class is known the class is stated, with what is new: the method is the class's own.
    pub(crate) fn method(&mut self, target: Value, method: &str, args: &[Value], how: How) -> Result<(), Stop> {
        match target.kind() {
            Kind::Object if target.class() != NO_CLASS => self.state_fact_as(target, args, how),
            Kind::Known | Kind::Global => {
                let of = self.view().known(target);
                self.method_of(&of, method, args, how)
            }
            Kind::Object | Kind::Unknown => {
                let of = self.view().known(target);
                self.method_of(&of, method, args, how)
            }
            _ => Ok(()),
        }
    }

    /// Calls `of.method`.
    pub(crate) fn method_of(&mut self, of: &Known, method: &str, args: &[Value], how: How) -> Result<(), Stop> {
        let callee = eval::attribute(of, method);
        let items: Vec<Known> = args.iter().take(256).map(|arg| self.view().known(*arg)).collect();
        let arguments = if how == How::Append { vec![Known::list(items)] } else { items };
        self.call_known(&callee, &arguments, how)
    }

    /// The class of an object takes a state.
    pub(crate) fn state_fact(&mut self, object: Value, state: Value) -> Result<(), Stop> {
        if object.class() == NO_CLASS {
            let of = self.view().known(object);
            return self.method_of(&of, "__setstate__", &[state], How::Build);
        }
        self.state_fact_as(object, &[state], How::Build)?;
        self.give_back_state(object, state)
    }
}

/// Whether a callable calls what it is given or follows names, so that a missing argument could hide a call.
fn applies(callee: &Known) -> bool {
    callee.as_name().is_none_or(|name| APPLIERS.contains(&&*name.module) && !KEEPERS.contains(&&*name.qualname))
}

/// A callee as Python, as far as it fits.
fn shown(callee: &Known) -> Str {
    base::expr::shorten(&callee.to_expr().to_string(), SHOWN).0.into()
}

/// `module.name`.
pub(crate) fn dotted(module: &str, name: &str) -> String {
    if name.is_empty() { module.to_owned() } else { format!("{module}.{name}") }
}
