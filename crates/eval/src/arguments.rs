//! The arguments of one call, read by position or keyword and by type.

use std::sync::Arc;

use num_bigint::BigInt;

use crate::{
    evaluator::{Fault, Folded, raise},
    value::{Exception, Value},
};

/// Positional and keyword arguments.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'a> {
    pub(crate) args: &'a [Value],
    pub(crate) kwargs: &'a [(Arc<str>, Value)],
}

impl<'a> Arguments<'a> {
    pub(crate) const fn new(args: &'a [Value], kwargs: &'a [(Arc<str>, Value)]) -> Self {
        Self { args, kwargs }
    }

    /// How many positional ones there are.
    pub(crate) const fn len(&self) -> usize {
        self.args.len()
    }

    /// The argument at `position` or called `keyword`.
    pub(crate) fn at(&self, position: usize, keyword: &str) -> Option<&'a Value> {
        self.args.get(position).or_else(|| self.keyword(keyword))
    }

    /// The keyword argument.
    pub(crate) fn keyword(&self, keyword: &str) -> Option<&'a Value> {
        self.kwargs.iter().find(|(name, _)| &**name == keyword).map(|(_, value)| value)
    }

    /// The argument, which Python requires.
    pub(crate) fn required(&self, position: usize, keyword: &str) -> Folded<&'a Value> {
        self.at(position, keyword).ok_or(Fault::Raises(Exception::Type))
    }

    /// The positional argument, which Python requires.
    pub(crate) fn value(&self, position: usize) -> Folded<&'a Value> {
        self.args.get(position).ok_or(Fault::Raises(Exception::Type))
    }

    /// The positional arguments from `position` on.
    pub(crate) fn rest(&self, position: usize) -> &'a [Value] {
        self.args.get(position..).unwrap_or_default()
    }

    /// Without the first positional argument.
    pub(crate) fn without_first(&self) -> Self {
        Self { args: self.rest(1), kwargs: self.kwargs }
    }

    pub(crate) fn text(&self, position: usize) -> Folded<&'a Arc<str>> {
        text(self.value(position)?)
    }

    pub(crate) fn bytes(&self, position: usize) -> Folded<&'a Arc<[u8]>> {
        bytes(self.value(position)?)
    }

    pub(crate) fn int(&self, position: usize) -> Folded<i64> {
        int(self.value(position)?)
    }

    /// The integer at `position` or called `keyword`, or `default`.
    pub(crate) fn int_or(&self, position: usize, keyword: &str, default: i64) -> Folded<i64> {
        self.at(position, keyword).map_or(Ok(default), int)
    }

    /// The text at `position` or called `keyword`, or `default`.
    pub(crate) fn text_or(&self, position: usize, keyword: &str, default: &'a str) -> Folded<&'a str> {
        self.at(position, keyword).map_or(Ok(default), |value| Ok(&**text(value)?))
    }

    /// The truth of the argument, or `default`.
    pub(crate) fn truth_or(&self, position: usize, keyword: &str, default: bool) -> Folded<bool> {
        self.at(position, keyword).map_or(Ok(default), |value| crate::compare::truth(value).ok_or(Fault::Unfollowed))
    }

    /// The argument, if it is there and not `None`.
    pub(crate) fn present(&self, position: usize, keyword: &str) -> Option<&'a Value> {
        self.at(position, keyword).filter(|value| !matches!(value, Value::None))
    }
}

/// The fault of a value that has the wrong type, or none that is known.
pub(crate) fn mismatch<T>(value: &Value) -> Folded<T> {
    if value.is_constant() { raise(Exception::Type) } else { Err(Fault::Unfollowed) }
}

/// Text, or a fault.
pub(crate) fn text(value: &Value) -> Folded<&Arc<str>> {
    match value {
        Value::Str(text) => Ok(text),
        other => mismatch(other),
    }
}

/// Bytes of a bytes-like object, or a fault.
pub(crate) fn bytes(value: &Value) -> Folded<&Arc<[u8]>> {
    match value {
        Value::Bytes(bytes) | Value::ByteArray(bytes) | Value::MemoryView(bytes) => Ok(bytes),
        other => mismatch(other),
    }
}

/// An integer that fits, or a fault.
pub(crate) fn int(value: &Value) -> Folded<i64> {
    match value {
        Value::Int(value) => Ok(*value),
        Value::Bool(value) => Ok(i64::from(*value)),
        Value::BigInt(_) => raise(Exception::Overflow),
        other => mismatch(other),
    }
}

/// An integer of any size, or a fault.
pub(crate) fn integer(value: &Value) -> Folded<BigInt> {
    match value {
        Value::BigInt(value) => Ok(BigInt::clone(value)),
        other => int(other).map(BigInt::from),
    }
}

/// A length or count: negative ones are zero.
pub(crate) fn count(value: i64) -> usize {
    usize::try_from(value.max(0)).unwrap_or(usize::MAX)
}

/// A length as Python's integer.
pub(crate) fn length(value: usize) -> Value {
    Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
}
