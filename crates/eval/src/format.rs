//! Formatting: `%`, `str.format`, `format_map` and format specifications.

use crate::{
    arguments::Arguments,
    evaluator::{Evaluator, Fault, Folded},
    value::Value,
};

pub(crate) fn format(_: &mut Evaluator<'_>, _: &str, _: Arguments<'_>) -> Folded {
    Err(Fault::Unfollowed)
}
pub(crate) fn format_map(_: &mut Evaluator<'_>, _: &str, _: &Value) -> Folded {
    Err(Fault::Unfollowed)
}
pub(crate) fn format_value(_: &mut Evaluator<'_>, _: &Value, _: &str) -> Folded<String> {
    Err(Fault::Unfollowed)
}
pub(crate) fn percent(_: &mut Evaluator<'_>, _: &str, _: &Value) -> Folded<String> {
    Err(Fault::Unfollowed)
}
