//! Calls: who is called with what, what that gives, and what it does besides.

use std::{rc::Rc, sync::Arc};

use base::stop::Stop;
use eval::{Name, Value, Why};
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use crate::{
    chosen::{CHOSEN, looked_up},
    expression::is_literal,
    local::Local,
    lost::namespace_of,
    machine::Machine,
    reach::chooses,
    scope::{Bound, Known},
};

/// Keyword arguments as they are known.
pub(crate) type Keywords = Vec<(Arc<str>, Known)>;

/// Builtins that build text or bytes out of numbers or backwards: an encoding as good as any.
const BUILDERS: &[&str] = &[
    "bytearray",
    "bytes",
    "bytes.fromhex",
    "bytes.translate",
    "chr",
    "int.to_bytes",
    "map",
    "reversed",
    "str.translate",
    "unichr",
    "zip",
];

impl<'t> Machine<'t, '_, '_> {
    /// A call expression.
    pub(crate) fn call(&mut self, node: &'t ExprCall) -> Result<Known, Stop> {
        let callee = self.callee(&node.func)?;
        let (args, kwargs) = self.arguments(node)?;
        let literal = node.arguments.args.iter().all(is_literal);
        for callee in callee.before.iter().flat_map(|before| before.iter()) {
            self.apply(node, callee, args.clone(), kwargs.clone(), literal)?;
            self.keep_receiver(node, callee);
        }
        let callee = callee.last;
        self.apply_others(node, &callee, &args)?;
        let result = self.apply(node, &callee, args, kwargs, literal)?;
        self.keep_receiver(node, &callee);
        Ok(result)
    }

    /// `f(**of)`: of a module's namespace each parameter may be any member.
    pub(crate) fn spreads(&mut self, node: impl Ranged, of: &Value) -> Result<(), Stop> {
        let Some(module) = namespace_of(of).filter(|_| self.runs_now()) else { return Ok(()) };
        let chosen = Name::new(&module, CHOSEN);
        self.state_always(node, (&chosen.clone().into(), &chosen), &[], &[])
    }

    /// Calls what names or runs a text with the other texts that an argument may be.
    fn apply_others(&mut self, node: &'t ExprCall, callee: &Known, args: &[Known]) -> Result<(), Stop> {
        if !self.runs_now() || !callee.value.as_name().is_some_and(|name| chooses(name)) {
            return Ok(());
        }
        for (at, arg) in node.arguments.args.iter().enumerate() {
            let Expr::Name(name) = arg else { continue };
            let Some(before) = self.names(name).before.filter(|_| at < args.len()) else { continue };
            for other in before.iter().filter(|other| other.value.as_str().is_some()) {
                let mut args = args.to_vec();
                if let Some(arg) = args.get_mut(at) {
                    *arg = other.clone();
                }
                let found = self.apply(node, callee, args, Vec::new(), false)?;
                self.takes(node, &found.value);
            }
        }
        Ok(())
    }

    /// All that may be called.
    fn callee(&mut self, func: &'t Expr) -> Result<Bound, Stop> {
        match func {
            Expr::Name(name) => Ok(self.names(name)),
            Expr::Attribute(access) => match &*access.value {
                Expr::Name(name) => {
                    let of = self.names(name);
                    let mut before = Vec::new();
                    for of in of.before.iter().flat_map(|before| before.iter()) {
                        before.push(self.attribute_of(func, of, &access.attr)?);
                    }
                    let before = (!before.is_empty()).then(|| Rc::new(before));
                    Ok(Bound { last: self.attribute_of(func, &of.last, &access.attr)?, before })
                }
                _ => Ok(self.path(func)?.into()),
            },
            other => Ok(self.eval(other)?.into()),
        }
    }

    fn arguments(&mut self, node: &'t ExprCall) -> Result<(Vec<Known>, Keywords), Stop> {
        let mut args = Vec::with_capacity(node.arguments.args.len());
        for arg in &node.arguments.args {
            let Expr::Starred(starred) = arg else {
                args.push(self.eval(arg)?);
                continue;
            };
            let of = self.eval(&starred.value)?;
            match self.list_of(&of)? {
                Some(items) if of.encoded.is_none() => args.extend(items.into_iter().map(Known::from)),
                _ => args.push(Value::item_of(of.written().clone(), Known::unknown().value).into()),
            }
        }
        let mut kwargs = Vec::new();
        for keyword in &node.arguments.keywords {
            let known = self.eval(&keyword.value)?;
            match (&keyword.arg, &known.value) {
                (Some(name), _) => kwargs.push((self.memo.word(name), known)),
                (None, Value::Dict(pairs)) => {
                    let named =
                        pairs.iter().filter_map(|(key, value)| Some((Arc::from(key.as_str()?), value.clone().into())));
                    kwargs.extend(named);
                }
                (None, _) => {
                    let value = &known.value;
                    self.spreads(node, value)?;
                    kwargs.push(("**".into(), known));
                }
            }
        }
        Ok((args, kwargs))
    }

    /// What a method leaves its receiver as: `parts.append(x)`.
    fn keep_receiver(&mut self, node: &'t ExprCall, callee: &Known) {
        let (Expr::Attribute(access), Value::Attribute(bound)) = (&*node.func, &callee.value) else { return };
        if !bound.of.is_constant() {
            return;
        }
        match &*access.value {
            Expr::Name(name) => self.keep(&name.id),
            // `self.parts.append(x)`
            Expr::Attribute(member) => {
                if let (Expr::Name(of), Some(receiver)) = (&*member.value, self.receiver.take()) {
                    let of = self.name(of);
                    self.write(&of, &member.attr, &receiver.into());
                }
            }
            _ => {}
        }
    }

    /// Binds `name` to what the last call made of it.
    pub(crate) fn keep(&mut self, name: &str) {
        let Some(receiver) = self.receiver.take() else { return };
        // Values are never changed in place: a list that grows is copied each time.
        if let (Value::List(items), true) = (&receiver, self.quiet > 0) {
            self.effort = self.effort.saturating_sub(u32::try_from(items.len() / 8).unwrap_or(u32::MAX));
        }
        self.changed(name, receiver.into());
    }

    /// Calls `callee`. `literal`: the arguments read as what they are.
    pub(crate) fn apply(
        &mut self,
        node: impl Ranged + Copy,
        callee: &Known,
        args: Vec<Known>,
        kwargs: Keywords,
        literal: bool,
    ) -> Result<Known, Stop> {
        if let Some(registered) = self.register(callee, &args) {
            return Ok(registered);
        }
        self.gives_away(&callee.value, &args, &kwargs);
        let local = self.local(callee);
        match local {
            Some(Local::Function(index)) => {
                self.called(index, &args, &kwargs);
                return self.inline(index, &args, &kwargs);
            }
            Some(Local::Class(class)) => {
                self.uses(Local::Class(class));
                if self.classes.get(class).is_some_and(|class| class.hooked) {
                    self.hand(class);
                }
                self.built(class, &args, &kwargs);
                self.keep_fields(class, &args, &kwargs)?;
                // `__new__` may give something else than an object of the class.
                if let Some(Local::Function(index)) = self.member(class, "__new__").and_then(|known| self.local(&known))
                {
                    let made = self.inline(index, &args, &kwargs)?;
                    if made.value.as_name().is_some() || self.local(&made).is_some() {
                        return Ok(made);
                    }
                }
                if let Some(made) = self.made_by_hand(callee, &args) {
                    return Ok(made);
                }
                return Ok(self.classes.get(class).map_or_else(Known::unknown, |class| class.instance.clone()));
            }
            Some(Local::Instance(class)) => {
                if let Some(member) = self.member(class, "__call__").filter(|member| member.value.as_name().is_none()) {
                    return match self.local(&member) {
                        Some(Local::Function(index)) => {
                            self.called(index, &args, &kwargs);
                            self.inline(index, &args, &kwargs)
                        }
                        _ => Ok(Known::unknown()),
                    };
                }
                if let Some(member) = self.member(class, "__call__") {
                    return self.apply_value(node, &member, &args, &kwargs, literal);
                }
                // What it inherits calls methods of it.
                self.hand(class);
            }
            Some(Local::Code(_)) | None => {}
        }
        // A function bound to its first argument.
        if let (Value::Attribute(access), [of, ..]) = (&callee.value, &*args)
            && &*access.name == "__get__"
            && matches!(self.locals.of(&access.of), Some(Local::Function(_)))
        {
            return Ok(Value::partial(access.of.clone(), vec![of.value.clone()], Vec::new()).into());
        }
        if let Some(namespace) = namespace(&callee.value, &args) {
            self.state_call(node, &callee.value, &[], &[])?;
            return Ok(namespace.into());
        }
        if let Some(found) = self.namespace_method(node, callee, &args, &kwargs)? {
            return Ok(found);
        }
        self.follow_lost(node, &callee.value, &args, &kwargs)?;
        if leaves(callee, &args, &kwargs) {
            self.state_handed(node, &callee.value, &args, &kwargs)?;
            self.sink.meter().steps((args.len() as u64).saturating_add(1))?;
            self.receiver = None;
            let values = args.into_iter().map(|arg| arg.value).collect();
            let keywords = kwargs.into_iter().map(|(name, known)| (name, known.value)).collect();
            return Ok(Value::called(callee.value.clone(), values, keywords).into());
        }
        self.apply_value(node, callee, &args, &kwargs, literal)
    }

    fn apply_value(
        &mut self,
        node: impl Ranged + Copy,
        callee: &Known,
        args: &[Known],
        kwargs: &[(Arc<str>, Known)],
        literal: bool,
    ) -> Result<Known, Stop> {
        let values: Vec<Value> = args.iter().map(|arg| arg.value.clone()).collect();
        let keywords: Vec<(Arc<str>, Value)> =
            kwargs.iter().map(|(name, known)| (name.clone(), known.value.clone())).collect();
        let known = |known: &Known| known.encoded.is_some();
        let carried = known(callee) || args.iter().any(known) || kwargs.iter().any(|(_, arg)| known(arg));
        self.state_chosen(node, &callee.value, &values, &keywords)?;
        self.state_handed(node, &callee.value, args, kwargs)?;
        if !carried
            && is_nobodys(&callee.value)
            && !values.iter().chain(keywords.iter().map(|(_, value)| value)).any(is_lazy)
        {
            self.sink.meter().steps((values.len() as u64).saturating_add(1))?;
            self.receiver = None;
            return Ok(Value::called(callee.value.clone(), values, keywords).into());
        }
        if let Value::Attribute(bound) = &callee.value
            && !self.copies(&bound.of)
        {
            self.receiver = Some(Known::unknown().value);
            return Ok(Known::unknown());
        }
        let (mut outcome, mut unfollowed) = eval::follow(&callee.value, &values, &keywords, self.sink.meter())?;
        // What is too large to be made is still made of these.
        unfollowed |= matches!(outcome.result, Value::Unknown(Why::OverCap));
        let name = callee.value.callee_name();
        if let Some(name) = &name
            && let Some(result) = self.apply_builtin(node, name, args, kwargs)?
        {
            (outcome.result, unfollowed) = (result, false);
        }
        if let Some(found) = name.as_ref().and_then(|name| looked_up(&callee.value, name, args)) {
            self.takes(node, &found);
            (outcome.result, unfollowed) = (found, false);
        }
        if self.traced {
            self.state_reached(node, name.as_deref(), args, &outcome.result)?;
        }
        let built =
            name.as_ref().is_some_and(|name| &*name.module == "builtins" && BUILDERS.contains(&&*name.qualname));
        let written = (carried || built || !outcome.decoded.is_empty()).then(|| {
            let written: Vec<Value> = args.iter().map(|arg| arg.written().clone()).collect();
            let named: Vec<_> = kwargs.iter().map(|(name, arg)| (name.clone(), arg.written().clone())).collect();
            (written, named)
        });
        if self.tells_truly() {
            self.give_back_written(&callee.value, args, node)?;
        }
        if let Some(name) = &name {
            self.reflects(name, args);
            self.runs_text(node, name, args)?;
            self.run_annotations(name, kwargs)?;
            self.run_handed(node, name, args, kwargs)?;
            self.run_handed_classes(name, args, kwargs);
            self.run_handed_objects(name, args, kwargs);
            self.state_named(node, (&callee.value, name), &values, &keywords)?;
            if let (true, Some((written, named))) = (carried, &written) {
                // Stated a second time as it is written, so that it shows how the argument came about.
                self.state_call(node, callee.written(), written, named)?;
            }
            self.bind_executed(name, args);
            if self.tells_truly() {
                self.give_back(name, args, kwargs, node)?;
                self.give_back_held(name, &callee.value, node)?;
            }
        }
        for invocation in &outcome.invocations {
            if let Some(Local::Function(index)) = self.locals.of(&invocation.callee) {
                let given: Vec<Known> = invocation.args.iter().cloned().map(Known::from).collect();
                self.called(index, &given, &[]);
                continue;
            }
            self.state_call(node, &invocation.callee, &invocation.args, &invocation.kwargs)?;
            if let (true, Some(name)) = (self.tells_truly(), invocation.callee.callee_name()) {
                let given: Vec<Known> = invocation.args.iter().cloned().map(Known::from).collect();
                self.give_back(&name, &given, &[], node)?;
            }
        }
        self.found_name(node, name.as_deref(), &outcome.result, literal)?;
        let encoded = written.map(|(written, named)| Rc::new(Value::called(callee.written().clone(), written, named)));
        self.receiver = outcome.receiver;
        let value = if unfollowed { Value::called(callee.value.clone(), values, keywords) } else { outcome.result };
        Ok(Known { value, encoded })
    }

    /// An attribute that a call in the source of a traced module reads: `getattr`, `operator.attrgetter`.
    fn state_reached(
        &mut self,
        node: impl Ranged + Copy,
        callee: Option<&Name>,
        args: &[Known],
        result: &Value,
    ) -> Result<(), Stop> {
        match (callee, args, result) {
            (Some(name), [of, read, ..], _) if name.is("builtins", "getattr") => {
                self.state_inner(node, &of.value, &read.value)
            }
            (_, _, Value::Attribute(access)) => self.state_inner(node, &access.of, &Value::str(access.name.clone())),
            _ => Ok(()),
        }
    }

    /// A call that gives a name: an import by another way.
    fn found_name(
        &mut self,
        node: impl Ranged,
        callee: Option<&Name>,
        result: &Value,
        literal: bool,
    ) -> Result<(), Stop> {
        let (Value::Global(found), Some(callee)) = (result, callee) else { return Ok(()) };
        let imports = matches!(&*callee.qualname, "__import__" | "import_module" | "resolve_name" | "locate")
            || callee.qualname.ends_with(".load_module");
        if literal && !imports
            || !literal && &*callee.qualname == "getattr" && !eval::is_named(&found.module, &found.qualname)
        {
            return Ok(());
        }
        let origin = if literal { "import" } else { "computed" };
        self.state_import(node, &Rc::clone(found), origin)
    }
}

/// Whether nobody knows what is called, nor reads what it is called with.
fn leaves(callee: &Known, args: &[Known], kwargs: &[(Arc<str>, Known)]) -> bool {
    let given = args.iter().chain(kwargs.iter().map(|(_, known)| known));
    callee.encoded.is_none()
        && !matches!(callee.value, Value::Item(_))
        && is_nobodys(&callee.value)
        && given.into_iter().all(|known| known.encoded.is_none() && !is_lazy(&known.value))
}

/// Whether this is a callable of which only its name is known, or less.
fn is_nobodys(callee: &Value) -> bool {
    let mut of = callee;
    while let Value::Attribute(access) = of {
        if access.name.starts_with("__") {
            return false;
        }
        of = &access.of;
    }
    matches!(of, Value::External(_) | Value::Unknown(Why::Unfollowed) | Value::Item(_))
}

/// Whether reading this calls something.
fn is_lazy(value: &Value) -> bool {
    matches!(value, Value::Lazy(_))
}

/// The namespace that `globals()`, `locals()` or `vars()` gives.
fn namespace(callee: &Value, args: &[Known]) -> Option<Value> {
    let name = callee.as_name().filter(|name| args.is_empty() && &*name.module == "builtins")?;
    matches!(&*name.qualname, "globals" | "locals" | "vars")
        .then(|| Value::called(callee.clone(), Vec::new(), Vec::new()))
}
