//! The functions of a module for PyTorch's lite interpreter (`torch/csrc/jit/mobile/import.cpp`): a tuple of a version and,
//! for each function, its name and a table with the operators that it calls. The source beside it is not what runs.

use base::{
    expr::Expr,
    fact::{Identity, Operator},
    location::Place,
    stop::Stop,
};

use crate::{
    machine::Machine,
    text::Texts,
    value::{Kind, Value},
};

/// The member with the functions.
const NAME: &str = "bytecode.pkl";
/// Texts of a function that are stated with its operators.
const TEXTS: usize = 8;

impl Machine<'_, '_> {
    /// States the operators of every function, where what was read is the functions of a module.
    pub(crate) fn lite_operators(&mut self) -> Result<(), Stop> {
        if self.sink.name() != NAME {
            return Ok(());
        }
        let all = self.tuple_of(self.result).unwrap_or_default().to_vec();
        let mut stated = false;
        for function in all.into_iter().skip(1) {
            stated |= self.lite_function(function)?.is_some();
        }
        if stated {
            let loader = Identity { key: "loader".into(), value: "torch.jit.mobile".into() };
            self.sink.fact(Place::default(), loader)?;
        }
        Ok(())
    }

    /// `(name, (("instructions", …), ("operators", …), ("constants", …), …), schema)`; `None` for anything else, and for
    /// what lies too far back to be known, which leaves the reading incomplete.
    fn lite_function(&mut self, function: Value) -> Result<Option<()>, Stop> {
        let known = |machine: &Self| {
            let [name, table, ..] = machine.tuple_of(function)? else { return None };
            let name = machine.texts.text(&machine.arena, *name)?;
            let operators = machine.row(*table, "operators")?.to_vec();
            let constants = machine.row(*table, "constants")?.to_vec();
            Some((name, operators, constants))
        };
        let Some((name, operators, constants)) = known(self) else {
            self.limited = true;
            return Ok(None);
        };
        let texts = constants.iter().filter_map(|constant| self.texts.text(&self.arena, *constant));
        let args: Vec<Expr> = texts.take(TEXTS).map(Expr::str).collect();
        let when = if name.ends_with(".__setstate__") { "load" } else { "called" };
        for operator in operators {
            self.meter.steps(1)?;
            let written = self.tuple_of(operator).and_then(|parts| parts.first().copied());
            let Some((written, text)) = written.and_then(|value| Some((value, self.texts.text(&self.arena, value)?)))
            else {
                self.limited = true;
                continue;
            };
            let place =
                Texts::place(&self.arena, written).map_or_else(|| self.place(), |(at, len)| Place::bytes(at, len));
            let (domain, called) = text.split_once("::").unwrap_or(("", &text));
            let (domain, called, node) = (domain.into(), called.into(), name.as_str().into());
            self.sink.fact(place, Operator { domain, name: called, node, args: args.clone(), when: when.into() })?;
        }
        Ok(Some(()))
    }

    fn tuple_of(&self, value: Value) -> Option<&[Value]> {
        self.arena.items_of_run(value).filter(|_| value.kind() == Kind::Tuple)
    }

    /// The value beside `key` in a tuple of pairs.
    fn row(&self, table: Value, key: &str) -> Option<&[Value]> {
        self.tuple_of(table)?.iter().find_map(|pair| match self.tuple_of(*pair)? {
            [name, value] if self.texts.text(&self.arena, *name)? == key => self.tuple_of(*value),
            _ => None,
        })
    }
}
