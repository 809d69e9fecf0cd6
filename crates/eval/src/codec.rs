//! Codecs.

use crate::{
    arguments::Arguments,
    evaluator::{Evaluator, Fault, Folded},
    value::Value,
};

pub(crate) fn encode(_: &mut Evaluator<'_>, _: &str, _: Arguments<'_>) -> Folded {
    Err(Fault::Unfollowed)
}
pub(crate) fn decode(_: &mut Evaluator<'_>, _: &Value, _: Arguments<'_>) -> Folded {
    Err(Fault::Unfollowed)
}
