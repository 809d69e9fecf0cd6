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
            self.call_planted(&planted, &[state], How::Build)?;
            return Ok(None);
        }
        self.file_wrapper(object, state)?;
        let wrapped = self.array_wrapper(object, state);
        self.set_state(object, state)?;
        Ok(wrapped.map(Pause::Array))
    }

    /// The default `__setstate__`, and the class's own where it may have one.
    fn set_state(&mut self, object: Value, state: Value) -> Result<(), Stop> {
        let (dict, slots) = self.halves(state);
        match object.kind() {
            Kind::Object => {
                self.arena.set_state(object, state);
                for part in [dict, slots] {
                    self.planted.copy(part, object);
                }
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
                for part in [dict, slots] {
                    self.planted.copy(part, object);
                }
                self.method_of(&target, "__setstate__", &[state], How::Build)
            }
            _ => {
                for part in [dict, slots] {
                    self.planted.copy(part, object);
                }
                Ok(())
            }
        }
    }

    /// A state of two is the state of the instance and that of its slots.
    fn halves(&self, state: Value) -> (Value, Value) {
        if state.kind() == Kind::Tuple
            && let Some([dict, slots]) = self.arena.items_of_run(state)
        {
            return (*dict, *slots);
        }
        (state, Value::NONE)
    }

    /// The state is written on a module, class or function.
    fn state_of_global(&mut self, target: &Known, state: Value) -> Result<(), Stop> {
        let Known::Dict(pairs) = self.view().known(state) else {
            return Ok(());
        };
        for (name, value) in pairs.iter() {
            let name = name.as_str().map_or_else(|| name.to_expr().to_string(), str::to_owned);
            self.attribute_written(target, &name, value)?;
        }
        Ok(())
    }
}
