//! BUILD: how an object gets its state, and what acts when it does (`load_build` of `_pickle.c`).

use base::stop::Stop;
use eval::Value as Known;

use crate::{
    calls::How,
    machine::{Machine, Pause, Step},
    value::{Kind, Value},
};

impl Machine<'_, '_> {
    /// BUILD: the state is on top, the object below and stays.
    pub(crate) fn build(&mut self) -> Step {
        let Some((_, [object, state])) = self.stack.last(2) else {
            return Err(self.underflow());
        };
        let (object, state) = (*object, *state);
        self.stack.pop();
        if let Some(planted) = self.planted_on(object, "__setstate__") {
            self.call_planted(&planted, &[state])?;
            return Ok(None);
        }
        self.file_wrapper(object, state)?;
        self.set_state(object, state)?;
        Ok(self.array_wrapper(object, state)?.map(Pause::Array))
    }

    /// The default `__setstate__`, and the class's own where it may have one.
    fn set_state(&mut self, object: Value, state: Value) -> Result<(), Stop> {
        let (dict, slots) = self.halves(state);
        match object.kind() {
            Kind::Object => {
                self.arena.set_state(object, state);
                self.planted_by_halves(dict, slots, object)?;
                self.state_fact(object, state)
            }
            Kind::Global => {
                let target = self.view().known(object);
                self.state_of_global(&target, dict)?;
                self.state_of_global(&target, slots)
            }
            Kind::Known => {
                let target = self.view().known(object);
                if target.as_name().is_some() {
                    self.state_of_global(&target, dict)?;
                    return self.state_of_global(&target, slots);
                }
                self.planted_by_halves(dict, slots, object)?;
                self.method_of(&target, "__setstate__", &[state], How::Build)?;
                self.partial_state(object, &target, state)
            }
            _ => self.planted_by_halves(dict, slots, object),
        }
    }

    /// `functools.partial.__setstate__`: another callable and other arguments from now on.
    fn partial_state(&mut self, object: Value, target: &Known, state: Value) -> Result<(), Stop> {
        let Known::Partial(_) = target else {
            return Ok(());
        };
        let Known::Tuple(parts) = self.view().known(state) else {
            return Ok(());
        };
        if let [callee, args, kwargs, ..] = &*parts {
            let args = match args {
                Known::Tuple(args) | Known::List(args) => args.to_vec(),
                _ => vec![crate::known::unknown()],
            };
            let renewed = Known::partial(callee.clone(), args, crate::known::keywords(kwargs));
            self.arena.renew(object, renewed);
        }
        Ok(())
    }

    fn planted_by_halves(&mut self, dict: Value, slots: Value, object: Value) -> Result<(), Stop> {
        self.planted_by_state(dict, object, false)?;
        self.planted_by_state(slots, object, true)
    }

    /// A state of two is the state of the instance and that of its slots.
    fn halves(&mut self, state: Value) -> (Value, Value) {
        if state.kind() == Kind::Tuple
            && let Some([dict, slots]) = self.arena.items_of_run(state)
        {
            return (*dict, *slots);
        }
        if let Known::Tuple(parts) = self.view().known(state)
            && let [dict, slots] = &*parts
            && state.kind() == Kind::Known
        {
            return (self.arena.known(dict.clone()), self.arena.known(slots.clone()));
        }
        (state, Value::NONE)
    }

    /// The state is written on a module, class or function.
    fn state_of_global(&mut self, target: &Known, state: Value) -> Result<(), Stop> {
        let view = self.view();
        let known = view.known(state);
        let cut = view.cut.get();
        if cut {
            self.limit("a state of a module, class or function that is too large or too old")?;
        }
        let Known::Dict(pairs) = known else {
            return Ok(());
        };
        for (name, value) in pairs.iter() {
            let name = name.as_str().map_or_else(|| name.to_expr().to_string(), str::to_owned);
            self.attribute_written(target, &name, value)?;
        }
        Ok(())
    }
}
