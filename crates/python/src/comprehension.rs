//! Comprehensions: evaluated item by item where what they run over is known.

use std::rc::Rc;

use base::stop::Stop;
use eval::Value;
use ruff_python_ast::{Comprehension, Expr};

use crate::{
    expression::truth,
    machine::Machine,
    scope::{Known, Scope},
    statement::ROUNDS,
};

/// Items that are evaluated one by one.
pub(crate) const MAX_ITERATED: usize = 1 << 14;

/// What a comprehension makes of each round: an element, and a key where it makes a dict.
type Made<'t> = (&'t Expr, Option<&'t Expr>);

impl<'t> Machine<'t, '_, '_> {
    /// The list, or dict, that a comprehension gives. What it calls is stated for its first rounds.
    pub(crate) fn comprehension(
        &mut self,
        node: &'t Expr,
        made: Made<'t>,
        generators: &'t [Comprehension],
    ) -> Result<Known, Stop> {
        let room = self.rooms.pop().unwrap_or_default();
        let scope = Scope::in_room(&self.scope, false, room);
        let outer = std::mem::replace(&mut self.scope, scope);
        let mut walked = Walked { rounds: if self.unrolling { 1 } else { ROUNDS }, ..Walked::default() };
        let unrolling = std::mem::replace(&mut self.unrolling, true);
        let result = self.walk_rounds(node, made, generators, &mut walked);
        self.unrolling = unrolling;
        let result = match result {
            Ok(()) if walked.known => self.fold(made, generators),
            other => other.map(|()| None),
        };
        self.leave_scope(outer);
        let values = result?;
        Ok(match values {
            Some(value) => Known { value, encoded: walked.encoded },
            None => {
                let over = walked.over.unwrap_or_else(|| Known::unknown().value);
                let value = walked.shown.map_or_else(|| Known::unknown().value, |shown| Value::list(vec![shown]));
                Known { value: Value::item_of(over, value), encoded: walked.encoded }
            }
        })
    }

    /// Walks the first rounds, for what they state.
    fn walk_rounds(
        &mut self,
        node: &'t Expr,
        made: Made<'t>,
        generators: &'t [Comprehension],
        walked: &mut Walked,
    ) -> Result<(), Stop> {
        let Some((first, rest)) = generators.split_first() else {
            if let Some(key) = made.1 {
                self.eval(key)?;
            }
            let shown = self.eval(made.0)?;
            if shown.encoded.is_some() && walked.encoded.is_none() {
                let over = walked.over.clone().unwrap_or_else(|| Known::unknown().value);
                walked.encoded = Some(Rc::new(Value::item_of(over, shown.written().clone())));
            }
            walked.shown.get_or_insert(shown.value);
            walked.rounds = walked.rounds.saturating_sub(1);
            return Ok(());
        };
        let over = self.eval(&first.iter)?;
        self.dunder(node, &over, "__iter__", Vec::new())?;
        if over.encoded.is_some() {
            walked.encoded = over.encoded.clone();
        }
        walked.over.get_or_insert_with(|| over.written().clone());
        let items = match self.members(&over.value)? {
            // In which order they come nobody knows: only what tests or a key choose is known.
            Some(_) if first.ifs.is_empty() && made.1.is_none() => None,
            Some(members) => self.admitted(first, members)?,
            None => self.list_of(&over)?.filter(|items| items.len() <= MAX_ITERATED),
        };
        walked.known = items.is_some() && (walked.known || !walked.begun);
        walked.begun = true;
        let unknown = || vec![Value::item_of(over.written().clone(), Known::unknown().value)];
        let items = items.filter(|items| !items.is_empty()).unwrap_or_else(unknown);
        for (round, item) in items.into_iter().enumerate() {
            if walked.rounds == 0 && round > 0 {
                break;
            }
            self.assign(&first.target, item.into())?;
            for test in &first.ifs {
                self.eval(test)?;
            }
            self.walk_rounds(node, made, rest, walked)?;
        }
        Ok(())
    }

    /// The members of a module that the tests of a comprehension let through; none where a test is not known.
    fn admitted(&mut self, of: &'t Comprehension, members: Vec<Value>) -> Result<Option<Vec<Value>>, Stop> {
        let mut admitted = Vec::new();
        for member in members {
            self.assign(&of.target, member.clone().into())?;
            let mut holds = Some(true);
            for test in &of.ifs {
                let test = self.quietly(|machine| machine.eval(test))?;
                holds = holds.zip(truth(&test.value)).map(|(all, one)| all && one);
            }
            match holds {
                Some(true) => admitted.push(member),
                Some(false) => {}
                None => return Ok(None),
            }
        }
        Ok(Some(admitted))
    }

    /// All rounds, for their value alone.
    fn fold(&mut self, made: Made<'t>, generators: &'t [Comprehension]) -> Result<Option<Value>, Stop> {
        let mut values = Vec::new();
        let whole = self.quietly(|machine| machine.each(made, generators, &mut values))?;
        if !whole {
            return Ok(None);
        }
        if made.1.is_none() {
            return Ok(Some(Value::list(values)));
        }
        self.pure("builtins", "dict", [Value::list(values).into()]).map(|known| Some(known.value))
    }

    fn each(&mut self, made: Made<'t>, generators: &'t [Comprehension], values: &mut Vec<Value>) -> Result<bool, Stop> {
        let Some((first, rest)) = generators.split_first() else {
            if values.len() >= MAX_ITERATED || !self.pay()? {
                return Ok(false);
            }
            let value = self.eval(made.0)?.value;
            self.progress(&value);
            values.push(match made.1 {
                Some(key) => Value::tuple(vec![self.eval(key)?.value, value]),
                None => value,
            });
            return Ok(true);
        };
        let over = self.eval(&first.iter)?;
        let Some(items) = self.items_of(&over)?.filter(|items| items.len() <= MAX_ITERATED) else { return Ok(false) };
        self.looping(|machine| {
            'items: for item in items {
                if !machine.end_round() {
                    return Ok(false);
                }
                machine.assign(&first.target, item.into())?;
                for test in &first.ifs {
                    match truth(&machine.eval(test)?.value) {
                        Some(true) => {}
                        Some(false) => continue 'items,
                        None => return Ok(false),
                    }
                }
                if !machine.each(made, rest, values)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }
}

/// What walking the first rounds showed.
#[derive(Default)]
struct Walked {
    /// Rounds still to walk.
    rounds: usize,
    begun: bool,
    /// Whether all that is run over is known.
    known: bool,
    over: Option<Value>,
    shown: Option<Value>,
    encoded: Option<Rc<Value>>,
}
