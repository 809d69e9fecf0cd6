//! Objects of libraries that hold constants and give them back in another form: arrays, identifiers, templates, files over streams.

mod array;
mod codec;
mod file;
mod kept;
mod network;
mod text;

pub(crate) use array::items;
pub(crate) use network::{four, sixteen};

use crate::{
    arguments::Arguments,
    evaluator::{Evaluator, Fault, Folded},
    value::{Call, Value},
};

/// The dotted module and name of the class that a value was made by.
fn made_by(call: &Call) -> Option<(&str, &str)> {
    call.callee.as_name().map(|name| (&*name.module, &*name.qualname))
}

/// The arguments that a value was made with.
fn arguments(call: &Call) -> Arguments<'_> {
    Arguments::new(&call.args, &call.kwargs)
}

/// `of.name(…)` of an object that a call made.
pub(crate) fn method(evaluator: &mut Evaluator<'_>, call: &Call, name: &str, args: Arguments<'_>) -> Folded {
    let steps = [array::method, codec::method, file::method, network::method, text::method];
    for step in steps {
        if let Some(value) = step(evaluator, call, name, args)? {
            return Ok(value);
        }
    }
    if matches!(name, "__str__" | "__repr__") && args.len() == 0 {
        return shown(call).map(Value::str).ok_or(Fault::Unfollowed);
    }
    Err(Fault::Unfollowed)
}

/// `of.name` of an object that a call made.
pub(crate) fn attribute(call: &Call, name: &str) -> Option<Value> {
    let steps = [codec::attribute, network::attribute, text::attribute, kept::attribute];
    steps.into_iter().find_map(|step| step(call, name))
}

/// `str(of)` of an object that a call made.
pub(crate) fn shown(call: &Call) -> Option<String> {
    network::shown(call).or_else(|| text::shown(call))
}
