//! Assignment: names, parts of tuples, attributes and items.

use base::{fact::Attribute, stop::Stop};
use eval::Value;
use ruff_python_ast::{Expr, ExprAttribute, ExprSubscript};
use ruff_text_size::Ranged;

use crate::{
    local::Local,
    machine::{Machine, When},
    scope::Known,
};

impl<'t> Machine<'t, '_, '_> {
    /// Assigns `known` to `target`.
    pub(crate) fn assign(&mut self, target: &'t Expr, known: Known) -> Result<(), Stop> {
        match target {
            Expr::Name(name) => self.bind(&name.id, known, self.branch && self.quiet == 0),
            Expr::Tuple(node) => self.unpack(&node.elts, &known)?,
            Expr::List(node) => self.unpack(&node.elts, &known)?,
            Expr::Starred(node) => self.assign(&node.value, Known::unknown())?,
            Expr::Attribute(node) => self.assign_attribute(node, known)?,
            Expr::Subscript(node) => self.assign_item(node, &known)?,
            _ => {}
        }
        Ok(())
    }

    fn unpack(&mut self, targets: &'t [Expr], known: &Known) -> Result<(), Stop> {
        let items = match &known.value {
            Value::Tuple(items) | Value::List(items) if items.len() == targets.len() => Some(items.to_vec()),
            Value::Lazy(_) | Value::Iterator(_) | Value::Set(_) => {
                self.list_of(known)?.filter(|items| items.len() == targets.len())
            }
            _ => None,
        };
        if let (Value::Tuple(items) | Value::List(items), Some(at)) =
            (&known.value, targets.iter().position(Expr::is_starred_expr))
        {
            return self.unpack_starred(targets, items, at);
        }
        for (position, target) in targets.iter().enumerate() {
            let index = Value::Int(i64::try_from(position).unwrap_or(0));
            let item = match items.as_ref().and_then(|items| items.get(position)) {
                Some(item) => item.clone(),
                None => Value::item_of(known.written().clone(), index),
            };
            self.assign(target, item.into())?;
        }
        Ok(())
    }

    /// `a, *b, c = …`: the starred one, at `at`, takes what the others leave.
    fn unpack_starred(&mut self, targets: &'t [Expr], items: &[Value], at: usize) -> Result<(), Stop> {
        let behind = targets.len().saturating_sub(at).saturating_sub(1);
        let end = items.len().saturating_sub(behind).max(at);
        for (position, target) in targets.iter().enumerate() {
            let value = match target {
                Expr::Starred(starred) => {
                    let rest = items.get(at..end).unwrap_or_default().to_vec();
                    self.assign(&starred.value, Value::list(rest).into())?;
                    continue;
                }
                _ if position < at => items.get(position),
                _ => items.get(end.saturating_add(position).saturating_sub(at).saturating_sub(1)),
            };
            self.assign(target, value.map_or_else(Known::unknown, |value| value.clone().into()))?;
        }
        Ok(())
    }

    /// `of.name = value`: a member of a class of this file, or a write on something of another module.
    fn assign_attribute(&mut self, node: &'t ExprAttribute, known: Known) -> Result<(), Stop> {
        let of = self.eval(&node.value)?;
        self.set_attribute(node, &of, &node.attr, known)
    }

    /// Writes `of.name`.
    pub(crate) fn set_attribute(
        &mut self,
        node: impl Ranged + Copy,
        of: &Known,
        name: &str,
        known: Known,
    ) -> Result<(), Stop> {
        if self.is_own(of)
            && self.dunder(node, of, "__setattr__", vec![Value::str(name).into(), known.clone()])?.is_some()
            || self.write(of, name, &known)
        {
            return Ok(());
        }
        let Value::Global(owner) = &of.value else { return Ok(()) };
        self.hands(std::slice::from_ref(&known), &[]);
        self.checking |= name == "TYPE_CHECKING";
        // What hangs on a hook of the interpreter is called by it; what is put over a function of any module, perhaps.
        let hooked = HOOKED.contains(&&*owner.module);
        if let Some(Local::Function(index)) = self.local(&known) {
            let when = if hooked { self.when } else { When::Conditional };
            self.during(when, None, |machine| {
                machine.called(index, &[], &[]);
                Ok(())
            })?;
        }
        if hooked {
            self.run_finders(&known.value);
            if !matches!(known.value, Value::Tuple(_) | Value::List(_)) {
                self.state_kept(node, &known.value)?;
            }
        }
        let fact = Attribute {
            kind: "imported".into(),
            target: owner.dotted().into(),
            name: name.into(),
            value: vec![known.written().to_expr()],
        };
        let place = self.place(node);
        self.state(place, fact)
    }

    /// `of[key] = value`: followed for small containers and namespaces; a write on `sys.modules` is stated.
    fn assign_item(&mut self, node: &'t ExprSubscript, known: &Known) -> Result<(), Stop> {
        let of = self.eval(&node.value)?;
        let key = self.eval(&node.slice)?;
        let name = match &*node.value {
            Expr::Name(name) => Some(name.id.as_str()),
            // `self.members[key] = value`
            Expr::Attribute(member) if of.value.is_constant() => {
                if let (Expr::Name(owner), Some(whole)) =
                    (&*member.value, with_item(&of.value, &key.value, &known.value))
                {
                    let owner = self.name(owner);
                    self.write(&owner, &member.attr, &whole.into());
                }
                None
            }
            _ => None,
        };
        self.set_item(node, (&of, name), &key, known)
    }

    /// Writes `of[key]`; `of` may be what a name is bound to.
    pub(crate) fn set_item(
        &mut self,
        node: impl Ranged + Copy,
        (of, name): (&Known, Option<&str>),
        key: &Known,
        known: &Known,
    ) -> Result<(), Stop> {
        if self.bind_item(&of.value, &key.value, known)
            || self.is_own(of) && self.dunder(node, of, "__setitem__", vec![key.clone(), known.clone()])?.is_some()
        {
            return Ok(());
        }
        if let (Some(name), true) = (name, of.value.is_constant()) {
            let value = with_item(&of.value, &key.value, &known.value);
            if value.is_some() && self.quiet > 0 {
                self.effort = self.effort.saturating_sub(8);
                self.progress(&known.value);
            }
            let encoded = of.encoded.clone().or_else(|| known.encoded.clone());
            let whole = value.map_or_else(Known::unknown, |value| Known { value, encoded });
            self.changed(name, whole);
        }
        let Value::Global(owner) = &of.value else { return Ok(()) };
        self.hands(std::slice::from_ref(known), &[]);
        if let (true, Value::Str(key)) = (&*owner.module == "builtins", &key.value) {
            self.write(&Value::module("builtins").into(), &key.clone(), known);
        }
        let fact = Attribute {
            kind: "imported".into(),
            target: owner.dotted().into(),
            name: key.value.as_str().unwrap_or("?").into(),
            value: vec![known.written().to_expr()],
        };
        let place = self.place(node);
        self.state(place, fact)
    }
}

/// Modules whose functions others call all the time: what is written over one of them runs soon.
const HOOKED: &[&str] =
    &["builtins", "importlib", "io", "json", "logging", "os", "pickle", "socket", "sys", "threading", "warnings"];

/// Items of a container that is copied for one of them.
const COPIED: usize = 512;

/// The container with one item changed or added; `None` where that is not known, or dear.
fn with_item(of: &Value, key: &Value, value: &Value) -> Option<Value> {
    match (of, key) {
        (Value::Dict(pairs), Value::Str(_) | Value::Int(_)) if pairs.len() < COPIED => {
            let same = |held: &Value| match (held, key) {
                (Value::Str(held), Value::Str(key)) => held == key,
                (Value::Int(held), Value::Int(key)) => held == key,
                _ => false,
            };
            let mut pairs = pairs.to_vec();
            match pairs.iter_mut().find(|(held, _)| same(held)) {
                Some(pair) => pair.1 = value.clone(),
                None => pairs.push((key.clone(), value.clone())),
            }
            Some(Value::dict(pairs))
        }
        (Value::List(items), Value::Int(at)) if items.len() <= COPIED => {
            let mut items = items.to_vec();
            let at = position(*at, items.len())?;
            *items.get_mut(at)? = value.clone();
            Some(Value::list(items))
        }
        (Value::ByteArray(bytes), Value::Int(at)) if bytes.len() <= COPIED.saturating_mul(8) => {
            let Value::Int(byte) = value else { return None };
            let mut bytes = bytes.to_vec();
            let at = position(*at, bytes.len())?;
            *bytes.get_mut(at)? = u8::try_from(*byte).ok()?;
            Some(Value::ByteArray(bytes.into()))
        }
        _ => None,
    }
}

/// The position that an index, perhaps from the end, means.
fn position(at: i64, len: usize) -> Option<usize> {
    let from_end = i64::try_from(len).ok().filter(|_| at < 0).unwrap_or(0);
    usize::try_from(at.checked_add(from_end)?).ok()
}
