//! Assignment: names, parts of tuples, attributes and items.

use base::{fact::Attribute, stop::Stop};
use eval::Value;
use ruff_python_ast::{Expr, ExprAttribute, ExprSubscript};

use crate::{
    machine::Machine,
    scope::{Known, Local},
};

impl<'t> Machine<'t, '_, '_> {
    /// Assigns `known` to `target`.
    pub(crate) fn assign(&mut self, target: &'t Expr, known: Known) -> Result<(), Stop> {
        match target {
            Expr::Name(name) => self.scope.clone().bind(&name.id, known, self.branch && self.quiet == 0),
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
            _ => None,
        };
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

    /// `of.name = value`: a member of a class of this file, or a write on something of another module.
    fn assign_attribute(&mut self, node: &'t ExprAttribute, known: Known) -> Result<(), Stop> {
        let of = self.eval(&node.value)?;
        match (of.local, &of.value) {
            (Some(Local::Class(class) | Local::Instance(class)), _) => {
                if let Some(class) = self.classes.get(class) {
                    class.scope.bind(&node.attr, known, true);
                }
                Ok(())
            }
            (None, Value::Global(owner)) => {
                let fact = Attribute {
                    kind: "imported".into(),
                    target: owner.dotted().into(),
                    name: node.attr.as_str().into(),
                    value: vec![known.written().to_expr()],
                };
                let place = self.place(node);
                self.state(place, fact)
            }
            _ => Ok(()),
        }
    }

    /// `of[key] = value`: what the container is afterwards is not followed; a write on `sys.modules` is stated.
    fn assign_item(&mut self, node: &'t ExprSubscript, known: &Known) -> Result<(), Stop> {
        let of = self.eval(&node.value)?;
        let key = self.eval(&node.slice)?;
        if let (Expr::Name(name), true) = (&*node.value, of.value.is_constant()) {
            self.scope.clone().bind(&name.id, Known::unknown(), false);
        }
        let Value::Global(owner) = &of.value else { return Ok(()) };
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
