//! Comprehensions: evaluated item by item where what they run over is known.

use std::rc::Rc;

use base::stop::Stop;
use eval::Value;
use ruff_python_ast::{Comprehension, Expr};

use crate::{
    expression::truth,
    machine::Machine,
    scope::{Known, Scope},
};

/// Items that are evaluated one by one.
pub(crate) const MAX_ITERATED: usize = 1 << 14;

impl<'t> Machine<'t, '_, '_> {
    /// The list that a comprehension gives. What it calls is stated for the first item.
    pub(crate) fn comprehension(
        &mut self,
        element: &'t Expr,
        key: Option<&'t Expr>,
        generators: &'t [Comprehension],
    ) -> Result<Known, Stop> {
        let scope = Scope::inside(&self.scope, false);
        let outer = std::mem::replace(&mut self.scope, Rc::clone(&scope));
        let result = self.generate(element, key, generators);
        self.scope = outer;
        result
    }

    fn generate(
        &mut self,
        element: &'t Expr,
        key: Option<&'t Expr>,
        generators: &'t [Comprehension],
    ) -> Result<Known, Stop> {
        let Some((first, rest)) = generators.split_first() else { return Ok(Known::unknown()) };
        let over = self.eval(&first.iter)?;
        let items = if rest.is_empty() && key.is_none() { self.list_of(&over)? } else { None };
        let one = match items.as_ref().and_then(|items| items.first()) {
            Some(item) => item.clone(),
            None => Value::item_of(over.written().clone(), Known::unknown().value),
        };
        self.assign(&first.target, one.into())?;
        for generator in rest {
            let over = self.eval(&generator.iter)?;
            let item = Value::item_of(over.written().clone(), Known::unknown().value);
            self.assign(&generator.target, item.into())?;
        }
        for test in generators.iter().flat_map(|generator| &generator.ifs) {
            self.eval(test)?;
        }
        if let Some(key) = key {
            self.eval(key)?;
        }
        let shown = self.eval(element)?;
        let encoded = over.encoded.is_some() || shown.encoded.is_some();
        let Some(items) = items.filter(|items| items.len() <= MAX_ITERATED) else {
            return Ok(Value::list(vec![shown.value]).into()).map(|known: Known| Known {
                value: Value::item_of(over.written().clone(), known.value),
                ..Known::unknown()
            });
        };
        let values = self.quietly(|machine| machine.each(element, first, &items))?;
        let encoded = encoded.then(|| Value::item_of(over.written().clone(), shown.written().clone()));
        Ok(match values {
            Some(values) => Known { value: Value::list(values), encoded, local: None },
            None => Known { encoded, ..Known::unknown() },
        })
    }

    fn each(
        &mut self,
        element: &'t Expr,
        over: &'t Comprehension,
        items: &[Value],
    ) -> Result<Option<Vec<Value>>, Stop> {
        let mut values = Vec::with_capacity(items.len());
        'items: for item in items {
            self.assign(&over.target, item.clone().into())?;
            for test in &over.ifs {
                match truth(&self.eval(test)?.value) {
                    Some(true) => {}
                    Some(false) => continue 'items,
                    None => return Ok(None),
                }
            }
            values.push(self.eval(element)?.value);
        }
        Ok(Some(values))
    }
}
