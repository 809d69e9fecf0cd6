//! Calls: what is called with what, what that gives, and what it does besides.

use std::collections::HashSet;

use base::{
    fact::{Call, Str},
    stop::Stop,
};
use eval::{Invocation, Outcome, Value as Known, When};

use crate::{
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
        }
    }
}

/// Calls stated so far, so that the same call is stated once.
#[derive(Default)]
pub(crate) struct Stated {
    calls: HashSet<u64>,
}

/// Different calls remembered; beyond, the memory starts afresh.
const REMEMBERED: usize = 1 << 16;
/// Calls of one callable that differ in nothing but numbers and are stated.
const NUMERIC: u32 = 4096;

impl Stated {
    /// Whether this call is stated for the first time.
    fn first(&mut self, digest: u64) -> bool {
        if self.calls.len() >= REMEMBERED {
            self.calls.clear();
        }
        self.calls.insert(digest)
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        (self.calls.len() as u64).saturating_mul(16)
    }
}

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
            self.call_planted(&planted, &[args], how)?;
            return Ok(Value::UNKNOWN);
        }
        self.pass_milestone(callee)?;
        let class = callee.global().unwrap_or(NO_CLASS);
        if how == How::Newobj && kwargs == Value::NONE && self.is_plain(class, args) {
            return Ok(self.arena.object(class, callee, args));
        }
        let view = self.view();
        let target = view.known(callee);
        let arguments = view.arguments(args).unwrap_or_else(|| vec![known::unknown()]);
        let keywords = known::keywords(&view.known(kwargs));
        let outcome = match how {
            How::Newobj => eval::construct(&target, &arguments, &keywords, &self.meter)?,
            _ => eval::call(&target, &arguments, &keywords, &self.meter)?,
        };
        let call = Called { callee: &target, args: &arguments, kwargs: &keywords };
        if self.is_new(callee, args, how) {
            self.state_call(&call, how)?;
        }
        self.consequences(&call, &outcome)?;
        self.give_back_arguments(&call, args)?;
        Ok(self.result_of(callee, args, how, &outcome.result))
    }

    /// Whether NEWOBJ of this class was seen to give a plain instance, with arguments that cannot act.
    fn is_plain(&self, class: u32, args: Value) -> bool {
        self.names.at(class).is_some_and(|global| global.plain && global.stated >= 1)
            && args.kind() == Kind::Tuple
            && self.arena.items_of_run(args).is_some_and(|items| items.iter().all(|item| item.is_constant()))
    }

    /// What a call with these consequences leaves on the stack.
    fn result_of(&mut self, callee: Value, args: Value, how: How, result: &Known) -> Value {
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
                self.arena.object(class, callee, args)
            }
            other => known::pack(&mut self.arena, &mut self.names, other),
        }
    }

    /// A call of a name that could have been typed shows that this is a pickle; so does a name that is known.
    fn pass_milestone(&mut self, callee: Value) -> Result<(), Stop> {
        if self.sink.passed() {
            return Ok(());
        }
        let global = callee.global().and_then(|index| self.names.at(index));
        if global.is_some_and(|global| global.printable) { self.sink.milestone() } else { Ok(()) }
    }

    /// Whether this call was not stated before: the same callee with the same values, or with other numbers only.
    fn is_new(&mut self, callee: Value, args: Value, how: How) -> bool {
        let (digest, numeric) = self.digest(args);
        if numeric && let Some(global) = callee.global().and_then(|index| self.names.at_mut(index)) {
            global.stated = global.stated.saturating_add(1);
            if global.stated > NUMERIC {
                return false;
            }
        }
        let mut mixer = Mixer::default();
        mixer.add(self.view_bits(callee));
        mixer.add(how as u64);
        mixer.add(digest);
        self.stated.first(mixer.0)
    }

    /// Imported twice, a name is the same.
    fn view_bits(&self, callee: Value) -> u64 {
        match callee.global().and_then(|index| self.names.at(index)).and_then(|global| global.name()) {
            Some(name) => {
                let mut mixer = Mixer::default();
                for byte in name.module.bytes().chain([b':']).chain(name.qualname.bytes()) {
                    mixer.add(u64::from(byte));
                }
                mixer.0
            }
            None => callee.payload(),
        }
    }

    /// A digest of arguments by where their parts lie, and whether all of them are numbers.
    fn digest(&self, args: Value) -> (u64, bool) {
        let mut mixer = Mixer::default();
        let mut numeric = true;
        let mut queue = vec![(args, 0_u8)];
        let mut left = 256_u32;
        while let Some((value, depth)) = queue.pop() {
            left = left.saturating_sub(1);
            mixer.add((value.kind() as u64) << 56 | value.payload());
            match value.kind() {
                Kind::Tuple if left > 0 && depth < 8 => {
                    let items = self.arena.items_of_run(value).unwrap_or_default();
                    mixer.add(items.len() as u64);
                    queue.extend(items.iter().map(|item| (*item, depth.saturating_add(1))));
                }
                Kind::None | Kind::Bool | Kind::Int | Kind::Float | Kind::Bytes => {}
                _ => numeric = false,
            }
        }
        (mixer.0, numeric)
    }

    /// States a call.
    pub(crate) fn state_call(&mut self, call: &Called<'_>, how: How) -> Result<(), Stop> {
        // What these call in turn is stated for itself.
        let stands_for_another = matches!(
            call.callee,
            Known::Partial(_) | Known::MethodCaller(_) | Known::AttributeGetter(_) | Known::ItemGetter(_)
        );
        if stands_for_another {
            return Ok(());
        }
        self.call_fact(call, how, "load")
    }

    fn call_fact(&mut self, call: &Called<'_>, how: How, when: &str) -> Result<(), Stop> {
        let mut fact = Call { how: how.id().into(), when: when.into(), repeats: 1, ..Call::default() };
        match call.callee.callee_name() {
            Some(name) => {
                if name.computed && call.callee.as_name().is_some() {
                    self.import_fact(&name, "attribute")?;
                }
                if let Some((module, written)) = &name.written {
                    fact.written = dotted(module, written).into();
                }
                (fact.module, fact.name) = (name.module, name.qualname);
            }
            None => {
                let shown = call.callee.to_expr().to_string();
                fact.written = base::expr::shorten(&shown, 200).0.into();
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
        if let Some(note) = outcome.notes.first() {
            let detail = match note {
                eval::Note::OverCap(what) => format!("not evaluated: {what}"),
                eval::Note::MoreInvocations => "a call makes more calls than are listed".to_owned(),
            };
            self.flaw("evaluation-limit", detail)?;
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
        self.call_fact(&call, how, when)?;
        self.side_effects(&call)?;
        self.allocation(&call)?;
        self.give_back_arguments(&call, Value::NONE)
    }

    /// Calls what was planted with these arguments.
    pub(crate) fn call_planted(&mut self, planted: &Known, args: &[Value], how: How) -> Result<(), Stop> {
        let arguments: Vec<Known> = args.iter().map(|arg| self.view().known(*arg)).collect();
        self.call_known(planted, &arguments, how)
    }

    /// Calls what was planted once for each of these.
    pub(crate) fn call_planted_each(&mut self, planted: &Known, items: &[Value], how: How) -> Result<(), Stop> {
        for item in items.iter().take(64) {
            self.call_planted(planted, &[*item], how)?;
        }
        Ok(())
    }

    /// Calls something computed; what it gives is not used.
    fn call_known(&mut self, callee: &Known, args: &[Known], how: How) -> Result<(), Stop> {
        if !self.sink.passed() && callee.callee_name().is_some() {
            self.sink.milestone()?;
        }
        let outcome = eval::call(callee, args, &[], &self.meter)?;
        let call = Called { callee, args, kwargs: &[] };
        self.state_call(&call, how)?;
        self.consequences(&call, &outcome)?;
        self.give_back_arguments(&call, Value::NONE)
    }

    /// The method that an opcode calls on something that is no plain container. Of an object whose class is known only that is stated, once: the method is the class's own.
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

    /// The class of an object takes a state: stated once a class.
    pub(crate) fn state_fact(&mut self, object: Value, state: Value) -> Result<(), Stop> {
        if object.class() == NO_CLASS {
            let of = self.view().known(object);
            return self.method_of(&of, "__setstate__", &[state], How::Build);
        }
        self.state_fact_as(object, &[state], How::Build)
    }

    fn state_fact_as(&mut self, object: Value, args: &[Value], how: How) -> Result<(), Stop> {
        let class = Value::new(Kind::Global, u64::from(object.class()));
        let mut mixer = Mixer::default();
        mixer.add(self.view_bits(class));
        mixer.add(how as u64);
        if !self.stated.first(mixer.0) {
            return Ok(());
        }
        let view = self.view();
        let callee = view.known(class);
        let arguments: Vec<Known> = args.iter().take(8).map(|arg| view.known(*arg)).collect();
        self.state_call(&Called { callee: &callee, args: &arguments, kwargs: &[] }, how)
    }
}

/// `module.name`.
pub(crate) fn dotted(module: &str, name: &str) -> String {
    if name.is_empty() { module.to_owned() } else { format!("{module}.{name}") }
}

/// Mixes numbers into a digest.
#[derive(Default)]
struct Mixer(u64);

impl Mixer {
    fn add(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}
