//! Operators: the functions of `operator` and the double-underscore methods behind them.

use std::cmp::Ordering;

use base::{budget::Meter, stop::Stop};

use crate::{
    arguments::{Arguments, count, int, integer, mismatch},
    compare,
    evaluator::{Evaluator, Fault, Folded, raise},
    iterate, number, sequence, text,
    value::{Exception, Value, Why},
};

pub(crate) use crate::trampoline::subscript;

/// The operators of two operands: their name without underscores.
const BINARY: [&str; 12] =
    ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "and", "or", "xor"];

/// What the function `name` of `operator` makes of constants and of what nobody knows; `None`: only the call as such is known.
///
/// # Errors
/// A [`Stop`] when the budget ends.
pub fn operate(name: &str, args: &[Value], meter: &Meter) -> Result<Option<Value>, Stop> {
    let mut evaluator = Evaluator::new(meter);
    meter.steps((args.len() as u64).saturating_add(1))?;
    match evaluator.deeper(|evaluator| fold(evaluator, ("operator", name), Arguments::new(args, &[]))) {
        Ok(value) => Ok(value),
        Err(Fault::Unfollowed) => Ok(None),
        Err(Fault::Raises(exception)) => Ok(Some(Value::raises(exception))),
        Err(Fault::OverCap(_)) => Ok(Some(Value::Unknown(Why::OverCap))),
        Err(Fault::Stop(stop)) => Err(stop),
    }
}

/// The value of a call of a function of `operator`.
pub(crate) fn fold(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    let ("operator", name) = path else {
        return Ok(None);
    };
    if let Some(holds) =
        args.args.first().map_or(Ok(None), |of| comparison(evaluator, name, of, args.without_first()))?
    {
        return Ok(Some(Value::Bool(holds)));
    }
    let plain = name.trim_matches('_');
    let plain = plain.strip_prefix('i').filter(|rest| BINARY.contains(rest) || *rest == "concat").unwrap_or(plain);
    match plain {
        "index" => integer(args.value(0)?).map(Value::integer).map(Some),
        "length_hint" => sequence::len(args.value(0)?).map(Some),
        "repeat" => binary(evaluator, "mul", args.value(0)?, args.value(1)?).map(Some),
        "is" | "is_" => identical(args, true),
        "is_not" => identical(args, false),
        "truth" => Ok(Some(Value::Bool(truth(args.value(0)?)?))),
        "not" => Ok(Some(Value::Bool(!truth(args.value(0)?)?))),
        "indexOf" | "countOf" => {
            let receiver = args.value(0)?.clone();
            let items = Value::list(iterate::all(evaluator, &receiver)?);
            let method = if plain == "indexOf" { "index" } else { "count" };
            crate::method::bound(evaluator, &items, method, args.without_first()).map(Some)
        }
        _ => dunder(evaluator, plain, args.value(0)?, args.without_first()),
    }
}

fn truth(value: &Value) -> Folded<bool> {
    compare::truth(value).ok_or(Fault::Unfollowed)
}

fn identical(args: Arguments<'_>, wanted: bool) -> Folded<Option<Value>> {
    let (a, b) = (args.value(0)?, args.value(1)?);
    let same = match (a, b) {
        (Value::None | Value::Bool(_) | Value::Ellipsis | Value::Global(_), _) | (_, Value::None | Value::Bool(_)) => {
            a.type_name() == b.type_name() && compare::equal(a, b) == Some(true)
        }
        // Identity of equal constants is up to the interpreter.
        _ => return Err(Fault::Unfollowed),
    };
    Ok(Some(Value::Bool(same == wanted)))
}

/// The method `__name__` of `of`; `None` when there is no such operator.
pub(crate) fn dunder(
    evaluator: &mut Evaluator<'_>,
    name: &str,
    of: &Value,
    args: Arguments<'_>,
) -> Folded<Option<Value>> {
    // Every other operator of a program compares.
    if let Some(holds) = comparison(evaluator, name, of, args)? {
        return Ok(Some(Value::Bool(holds)));
    }
    let operator = name.strip_prefix('i').filter(|rest| BINARY.contains(rest)).unwrap_or(name);
    if BINARY.contains(&operator) {
        return binary(evaluator, operator, of, args.value(0)?).map(Some);
    }
    if let Some(reflected) = name.strip_prefix('r').filter(|rest| BINARY.contains(rest)) {
        return binary(evaluator, reflected, args.value(0)?, of).map(Some);
    }
    Ok(Some(match name {
        "concat" | "iconcat" => concatenation(evaluator, of, args.value(0)?)?,
        "neg" | "pos" | "abs" | "invert" | "inv" => number::unary(if name == "inv" { "invert" } else { name }, of)?,
        "getitem" => subscript(evaluator, of, args.value(0)?)?,
        "setitem" => {
            let changed = sequence::replaced(of, args.value(0)?, args.value(1)?)?;
            evaluator.outcome.receiver = Some(changed);
            Value::None
        }
        "len" => sequence::len(of)?,
        "bool" => Value::Bool(truth(of)?),
        "str" => Value::str(text::to_str(evaluator, of)?),
        "repr" => Value::str(text::repr(evaluator, of)?),
        "format" => Value::str(text::format_value(evaluator, of, args.text(0)?)?),
        "iter" => iterate::iterator(of)?,
        "next" => iterate::next(evaluator, of, None)?,
        "reversed" => iterate::reversed(evaluator, of)?,
        "index" => Value::integer(integer(of)?),
        _ => return Ok(None),
    }))
}

/// What the comparison `name` gives; `None`: it is none.
fn comparison(evaluator: &mut Evaluator<'_>, name: &str, of: &Value, args: Arguments<'_>) -> Folded<Option<bool>> {
    Ok(Some(match name {
        "eq" => equal(of, args.value(0)?)?,
        "ne" => !equal(of, args.value(0)?)?,
        "contains" => contains(evaluator, of, args.value(0)?)?,
        "lt" => order(of, args.value(0)?)? == Ordering::Less,
        "le" => order(of, args.value(0)?)? != Ordering::Greater,
        "gt" => order(of, args.value(0)?)? == Ordering::Greater,
        "ge" => order(of, args.value(0)?)? != Ordering::Less,
        _ => return Ok(None),
    }))
}

fn equal(a: &Value, b: &Value) -> Folded<bool> {
    compare::equal(a, b).ok_or(Fault::Unfollowed)
}

fn order(a: &Value, b: &Value) -> Folded<Ordering> {
    compare::order(a, b).ok_or(Fault::Unfollowed)
}

/// `key in of`.
fn contains(evaluator: &mut Evaluator<'_>, of: &Value, key: &Value) -> Folded<bool> {
    match (of, key) {
        (Value::Str(of), key) => Ok(of.contains(&**crate::arguments::text(key)?)),
        (Value::Bytes(of) | Value::ByteArray(of), key) if key.as_bytes().is_some() => {
            Ok(crate::bytes::find(of, key.as_bytes().map_or(&[], |key| key)).is_some())
        }
        (Value::Dict(entries), key) => {
            compare::lookup(entries, key).map(|found| found.is_some()).ok_or(Fault::Unfollowed)
        }
        (of, key) => {
            for item in iterate::all(evaluator, of)? {
                if equal(&item, key)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// `a op b`.
pub(crate) fn binary(evaluator: &mut Evaluator<'_>, op: &str, a: &Value, b: &Value) -> Folded {
    if let Some(number) = number::arithmetic(evaluator, op, a, b) {
        return number;
    }
    match (op, a, b) {
        ("mod", Value::Str(format), values) => text::percent(evaluator, format, values, false).map(Value::str),
        ("mod", Value::Bytes(_) | Value::ByteArray(_), values) => crate::bytes::percent(evaluator, a, values),
        ("add", ..) => concatenation(evaluator, a, b),
        ("mul", Value::Int(_) | Value::Bool(_), _) => repetition(evaluator, b, int(a)?),
        ("mul", _, Value::Int(_) | Value::Bool(_)) => repetition(evaluator, a, int(b)?),
        ("or" | "and" | "sub" | "xor", Value::Set(_) | Value::FrozenSet(_), Value::Set(_) | Value::FrozenSet(_)) => {
            combined(op, a, b)
        }
        ("or", Value::Dict(a), Value::Dict(b)) => sequence::dict(a.iter().chain(b.iter()).cloned().collect()),
        _ if a.is_constant() && b.is_constant() => raise(Exception::Type),
        _ => Err(Fault::Unfollowed),
    }
}

fn concatenation(evaluator: &Evaluator<'_>, a: &Value, b: &Value) -> Folded {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => {
            evaluator.make(a.len().saturating_add(b.len()))?;
            Ok(Value::str([&**a, &**b].concat()))
        }
        (Value::Bytes(_) | Value::ByteArray(_), Value::Bytes(_) | Value::ByteArray(_) | Value::MemoryView(_)) => {
            let (Some(left), Some(right)) = (a.as_bytes(), b.as_bytes()) else {
                return Err(Fault::Unfollowed);
            };
            evaluator.make(left.len().saturating_add(right.len()))?;
            let joined = [&**left, &**right].concat();
            Ok(if matches!(a, Value::Bytes(_)) { Value::bytes(joined) } else { Value::ByteArray(joined.into()) })
        }
        (Value::Tuple(a), Value::Tuple(b)) => joined(evaluator, a, b).map(Value::tuple),
        (Value::List(a), Value::List(b)) => joined(evaluator, a, b).map(Value::list),
        _ if a.is_constant() && b.is_constant() => raise(Exception::Type),
        _ => Err(Fault::Unfollowed),
    }
}

fn joined(evaluator: &Evaluator<'_>, a: &[Value], b: &[Value]) -> Folded<Vec<Value>> {
    let items = a.len().saturating_add(b.len());
    iterate::room(evaluator, items)?;
    Ok(a.iter().chain(b).cloned().collect())
}

fn repetition(evaluator: &Evaluator<'_>, of: &Value, times: i64) -> Folded {
    let times = count(times);
    match of {
        Value::Str(text) => {
            evaluator.make(text.len().saturating_mul(times))?;
            Ok(Value::str(text.repeat(times)))
        }
        Value::Bytes(bytes) | Value::ByteArray(bytes) => {
            evaluator.make(bytes.len().saturating_mul(times))?;
            let repeated = bytes.repeat(times);
            Ok(if matches!(of, Value::Bytes(_)) { Value::bytes(repeated) } else { Value::ByteArray(repeated.into()) })
        }
        Value::Tuple(items) => Ok(Value::tuple(repeated(evaluator, items, times)?)),
        Value::List(items) => Ok(Value::list(repeated(evaluator, items, times)?)),
        other => mismatch(other),
    }
}

fn repeated(evaluator: &Evaluator<'_>, items: &[Value], times: usize) -> Folded<Vec<Value>> {
    iterate::room(evaluator, items.len().saturating_mul(times))?;
    // Nothing, however often, is nothing: it must not be asked for so often.
    let times = if items.is_empty() { 0 } else { times };
    Ok(std::iter::repeat_n(items, times).flatten().cloned().collect())
}

fn combined(op: &str, a: &Value, b: &Value) -> Folded {
    let (Value::Set(left) | Value::FrozenSet(left), Value::Set(right) | Value::FrozenSet(right)) = (a, b) else {
        return mismatch(a);
    };
    let (in_left, in_right) = (compare::Distinct::of(left), compare::Distinct::of(right));
    let (in_left, in_right) = (in_left.ok_or(Fault::Unfollowed)?, in_right.ok_or(Fault::Unfollowed)?);
    let mut kept = Vec::new();
    for item in left.iter() {
        let shared = in_right.position(right, item).ok_or(Fault::Unfollowed)?.is_some();
        if (op == "or") || (shared == (op == "and")) {
            kept.push(item.clone());
        }
    }
    for item in right.iter().filter(|_| matches!(op, "or" | "xor")) {
        if in_left.position(left, item).ok_or(Fault::Unfollowed)?.is_none() {
            kept.push(item.clone());
        }
    }
    Ok(if matches!(a, Value::Set(_)) { Value::set(kept) } else { Value::frozen_set(kept) })
}
