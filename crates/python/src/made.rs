//! Classes that a call makes: `type(…)`, a metaclass called by hand, `types.new_class`, `dataclasses.make_dataclass`.

use std::{rc::Rc, sync::Arc};

use base::stop::Stop;
use eval::{Name, Value};
use ruff_text_size::Ranged;

use crate::{
    class::Bases,
    local::Local,
    machine::Machine,
    namespace::BOUND,
    scope::{Known, Scope},
};

/// What a class is made of.
#[derive(Default)]
struct Parts<'a> {
    name: Option<&'a Known>,
    bases: Option<&'a Known>,
    /// Its members as a dict.
    members: Option<&'a Known>,
    metaclass: Option<Known>,
    /// What `__init_subclass__` is handed.
    keywords: Vec<(Arc<str>, Known)>,
    /// What is called with the namespace to fill it.
    body: Option<&'a Known>,
}

/// Bases of one class that are looked at.
const MAX_BASES: usize = 64;

impl Machine<'_, '_, '_> {
    /// The class that a call makes, or what a class is prepared with.
    pub(crate) fn made_class(
        &mut self,
        node: impl Ranged + Copy,
        callee: &Name,
        args: &[Known],
        kwargs: &[(Arc<str>, Known)],
    ) -> Result<Option<Value>, Stop> {
        let named = |name: &str| kwargs.iter().find(|(given, _)| &**given == name).map(|(_, known)| known);
        let parts = match (&*callee.module, &*callee.qualname, args) {
            ("builtins", "type", [name, bases, members])
            | ("abc", "ABCMeta", [name, bases, members])
            | ("enum", "EnumMeta" | "EnumType", [name, bases, members]) => Parts {
                name: Some(name),
                bases: Some(bases),
                members: Some(members),
                keywords: kwargs.to_vec(),
                ..Parts::default()
            },
            // `(1).__class__.__class__`
            ("builtins", made, [name, bases, members]) if made.ends_with(".__class__") => {
                Parts { name: Some(name), bases: Some(bases), members: Some(members), ..Parts::default() }
            }
            ("builtins", "type", [of]) if of.value.as_name().is_some_and(|name| name.is("builtins", "type")) => {
                return Ok(Some(of.value.clone()));
            }
            // `type.__call__(type, …)` is read as `type(type, …)`.
            ("builtins", "type" | "type.__new__" | "type.__call__", [meta, name, bases, members])
            | ("abc", "ABCMeta.__new__", [meta, name, bases, members]) => Parts {
                name: Some(name),
                bases: Some(bases),
                members: Some(members),
                metaclass: Some(meta.clone()),
                keywords: kwargs.to_vec(),
                ..Parts::default()
            },
            ("types", "new_class", _) => {
                let (metaclass, keywords) = class_keywords(args.get(2).or_else(|| named("kwds")));
                Parts {
                    name: args.first().or_else(|| named("name")),
                    bases: args.get(1).or_else(|| named("bases")),
                    body: args.get(3).or_else(|| named("exec_body")),
                    metaclass,
                    keywords,
                    ..Parts::default()
                }
            }
            // The metaclass, the namespace that it prepares, and the keywords that are left.
            ("types", "prepare_class", _) => {
                let (metaclass, keywords) = class_keywords(args.get(2).or_else(|| named("kwds")));
                let metaclass = metaclass.unwrap_or_else(|| Value::global("builtins", "type").into());
                self.run_methods(&metaclass, &["__prepare__"], &[]);
                let keywords = keywords.into_iter().map(|(name, known)| (Value::Str(name), known.value));
                let keywords: Vec<_> = keywords.collect();
                return Ok(Some(Value::tuple([metaclass.value, Value::dict([]), Value::dict(keywords)])));
            }
            ("dataclasses", "make_dataclass", [name, ..]) => {
                Parts { name: Some(name), bases: named("bases"), members: named("namespace"), ..Parts::default() }
            }
            _ => return Ok(None),
        };
        self.assembled(node, parts)
    }

    /// The class of these parts, where they hold something of this file; what making it calls runs.
    fn assembled(&mut self, node: impl Ranged + Copy, parts: Parts<'_>) -> Result<Option<Value>, Stop> {
        let name = parts.name.and_then(|name| name.value.as_str()).unwrap_or("?").to_owned();
        let mut bases = Bases::default();
        if let Some(Value::Tuple(items) | Value::List(items)) = parts.bases.map(|bases| &bases.value) {
            for base in items.iter().take(MAX_BASES) {
                self.inherit(&base.clone().into(), &mut bases);
            }
        }
        let scope = match parts.members.map(|members| &members.value) {
            Some(Value::Dict(members)) => match self.members_bound(members) {
                Some(scope) => scope,
                None => return Ok(None),
            },
            Some(_) if bases.own.is_empty() => return Ok(None),
            _ => Scope::inside(&self.scope, true),
        };
        if let Some(body) = parts.body {
            // The namespace is that of a class which nobody sees yet.
            let unfinished = self.make_class(&name, Rc::clone(&scope), Bases::default());
            let namespace = Value::attribute_of(unfinished.value, "__dict__");
            self.apply(node, body, vec![namespace.into()], Vec::new(), true)?;
        }
        let class = self.make_class(&name, scope, bases);
        self.hooks(node, &class, parts.metaclass, &parts.keywords)?;
        Ok(Some(class.value))
    }

    /// A scope that binds the items of a dict; nothing where too much was bound so.
    fn members_bound(&mut self, members: &[(Value, Value)]) -> Option<Rc<Scope>> {
        if !self.may_copy(members.len().saturating_mul(BOUND)) {
            return None;
        }
        let scope = Scope::inside(&self.scope, true);
        for (member, value) in members {
            if let Value::Str(member) = member {
                scope.bind_shared(member, value.clone().into(), false);
            }
        }
        Some(scope)
    }

    /// The class that a metaclass of this file makes, called by hand with members that are functions of this file.
    pub(crate) fn made_by_hand(&mut self, meta: &Known, args: &[Known]) -> Option<Known> {
        let (Some(Local::Class(index)), [name, _, members]) = (self.local(meta), args) else { return None };
        let (Value::Str(name), Value::Dict(pairs)) = (&name.value, &members.value) else { return None };
        let own = |value: &Value| matches!(self.locals.of(value), Some(Local::Function(_)));
        if !pairs.iter().any(|(_, value)| own(value)) {
            return None;
        }
        let scope = self.members_bound(pairs)?;
        let class = self.make_class(name, scope, Bases::default());
        if let Some(Local::Class(made)) = self.local(&class)
            && let Some(made) = self.classes.get_mut(made)
        {
            made.meta = Some(index);
        }
        Some(class)
    }

    /// What a class inherits from: classes of this file, or what `__mro_entries__` of an object of this file gives.
    pub(crate) fn inherit(&mut self, base: &Known, bases: &mut Bases) {
        match self.local(base) {
            Some(Local::Class(index)) => bases.own.push(index),
            Some(Local::Instance(_)) => self.run_methods(base, &["__mro_entries__"], &[]),
            _ => {
                let name = base.value.as_name();
                bases.foreign |= !name.is_some_and(|name| is_inert(name));
                bases.hooked |= name.is_some_and(|name| !is_inert(name) && eval::is_stdlib(&name.module));
                bases.loaded |= name.is_some_and(|name| crate::class::is_loaded(name));
                bases.enumerates |= name.is_some_and(|name| &*name.module == "enum");
            }
        }
    }
}

/// Whether a class that others inherit from calls none of their methods but special ones.
fn is_inert(name: &Name) -> bool {
    match &*name.module {
        "builtins" => {
            &*name.qualname == "object"
                || ["Error", "Exception", "Warning"].iter().any(|end| name.qualname.ends_with(end))
        }
        "abc" | "enum" | "typing" | "typing_extensions" => true,
        _ => false,
    }
}

/// The metaclass among the keywords of a class, and the others.
fn class_keywords(given: Option<&Known>) -> (Option<Known>, Vec<(Arc<str>, Known)>) {
    let Some(Value::Dict(pairs)) = given.map(|known| &known.value) else { return (None, Vec::new()) };
    let named = pairs.iter().filter_map(|(key, value)| match key {
        Value::Str(name) => Some((Arc::clone(name), Known::from(value.clone()))),
        _ => None,
    });
    let (metaclass, others): (Vec<_>, Vec<_>) = named.partition(|(name, _)| &**name == "metaclass");
    (metaclass.into_iter().next().map(|(_, known)| known), others)
}
