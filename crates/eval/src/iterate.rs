//! Iteration: iterators that compute as they are read, and the functions that read them.

use std::rc::Rc;

use crate::{
    arguments::{Arguments, count, int},
    compare,
    evaluator::{Evaluator, Fault, Folded, raise},
    itertools, operation, sequence,
    value::{Call, Exception, MAX_ITEMS, Value},
};

/// Pays for `items` items that are about to be held.
pub(crate) fn room(evaluator: &Evaluator<'_>, items: usize) -> Folded<()> {
    if items > MAX_ITEMS {
        return Err(Fault::OverCap("more than a million items"));
    }
    evaluator.pay(items)
}

/// Every item of `value`.
pub(crate) fn all(evaluator: &mut Evaluator<'_>, value: &Value) -> Folded<Vec<Value>> {
    if endless(value) {
        return Err(Fault::OverCap("an endless iterator"));
    }
    take(evaluator, value, MAX_ITEMS.saturating_add(1)).and_then(|items| {
        room(evaluator, items.len())?;
        Ok(items)
    })
}

/// The first items of `value`, `wanted` at most.
pub(crate) fn take(evaluator: &mut Evaluator<'_>, value: &Value, wanted: usize) -> Folded<Vec<Value>> {
    evaluator.pay(0)?;
    let items: Vec<Value> = match value {
        Value::Str(text) => text.chars().take(wanted).map(|letter| Value::str(letter.to_string())).collect(),
        Value::Bytes(bytes) | Value::ByteArray(bytes) | Value::MemoryView(bytes) => {
            bytes.iter().take(wanted).map(|byte| Value::Int((*byte).into())).collect()
        }
        Value::Tuple(items)
        | Value::List(items)
        | Value::Set(items)
        | Value::FrozenSet(items)
        | Value::Iterator(items) => items.iter().take(wanted).cloned().collect(),
        Value::Dict(entries) => entries.iter().take(wanted).map(|(key, _)| key.clone()).collect(),
        Value::Range(span) => sequence::range_values(*span).take(wanted).map(Value::Int).collect(),
        Value::BytesIo(bytes) => {
            let lines = bytes.split_inclusive(|byte| *byte == b'\n');
            lines.take(wanted).map(Value::bytes).collect()
        }
        Value::StringIo(text) => text.split_inclusive('\n').take(wanted).map(Value::str).collect(),
        Value::Lazy(call) => return evaluator.deeper(|evaluator| itertools::read(evaluator, call, wanted)),
        Value::Call(call) => {
            let mut items = crate::holder::items(evaluator, call)?;
            items.truncate(wanted);
            items
        }
        other => return crate::arguments::mismatch(other),
    };
    evaluator.pay(items.len())?;
    Ok(items)
}

/// Reads an iterator for what reading it calls; that it cannot be known is no fault.
pub(crate) fn drain(evaluator: &mut Evaluator<'_>, value: &Value) -> Folded<()> {
    match all(evaluator, value) {
        Err(Fault::Stop(stop)) => Err(Fault::Stop(stop)),
        Err(Fault::OverCap(what)) => {
            evaluator.note(crate::evaluator::Note::OverCap(what));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether reading `value` never ends.
pub(crate) fn endless(value: &Value) -> bool {
    let Value::Lazy(call) = value else {
        return false;
    };
    let args = &call.args;
    match call.callee.as_name().map_or(("", ""), |name| (&*name.module, &*name.qualname)) {
        ("itertools", "count") => true,
        ("itertools", "cycle") => true,
        ("itertools", "repeat") => args.len() == 1 && call.kwargs.is_empty(),
        ("builtins", "map") => args.len() > 1 && args.iter().skip(1).all(endless),
        ("builtins", "zip") => !args.is_empty() && args.iter().all(endless),
        ("itertools", "islice") => match args.as_slice() {
            [of, _] => endless(of) && matches!(args.last(), Some(Value::None)),
            [of, _, stop, ..] => endless(of) && matches!(stop, Value::None),
            _ => false,
        },
        ("itertools", "chain" | "zip_longest") => args.iter().any(endless),
        ("itertools", "accumulate" | "pairwise" | "batched") | ("builtins", "enumerate") => {
            args.first().is_some_and(endless)
        }
        ("builtins", "filter") | ("itertools", "starmap" | "filterfalse" | "dropwhile" | "takewhile") => {
            args.get(1).is_some_and(endless)
        }
        _ => false,
    }
}

/// `iter(value)`.
pub(crate) fn iterator(value: &Value) -> Folded {
    Ok(match value {
        Value::Iterator(_) | Value::Lazy(_) => value.clone(),
        Value::Tuple(items) | Value::List(items) | Value::Set(items) | Value::FrozenSet(items) => {
            Value::iterator(items.to_vec())
        }
        _ if value.is_constant() => lazy("builtins", "iter", vec![value.clone()]),
        _ => return Err(Fault::Unfollowed),
    })
}

/// An iterator that a builtin makes.
fn lazy(module: &str, name: &str, args: Vec<Value>) -> Value {
    Value::lazy(crate::name::Name::new(module, name).into(), args, Vec::new())
}

/// `next(iterator[, default])`; the rest of the iterator is the receiver's new state.
pub(crate) fn next(evaluator: &mut Evaluator<'_>, of: &Value, default: Option<&Value>) -> Folded {
    let (first, rest) = match of {
        Value::Iterator(items) => (items.first().cloned(), Value::iterator(items.get(1..).unwrap_or_default())),
        Value::Lazy(call) => (take(evaluator, of, 1)?.into_iter().next(), after_first(of, call)),
        Value::BytesIo(_) | Value::StringIo(_) => {
            return crate::stream::method(evaluator, of, "readline", Arguments::new(&[], &[]));
        }
        other => return crate::arguments::mismatch(other),
    };
    evaluator.outcome.receiver = Some(rest);
    first.or_else(|| default.cloned()).ok_or(Fault::Raises(Exception::StopIteration))
}

/// What is left of an iterator when its first item was read.
fn after_first(of: &Value, call: &Rc<Call>) -> Value {
    let skipping = call.callee.as_name().is_some_and(|name| name.is("itertools", "islice"));
    if let ([inner, Value::Int(skipped), Value::None], true) = (call.args.as_slice(), skipping) {
        return lazy("itertools", "islice", vec![inner.clone(), Value::Int(skipped.saturating_add(1)), Value::None]);
    }
    lazy("itertools", "islice", vec![of.clone(), Value::Int(1), Value::None])
}

/// `reversed(sequence)`.
pub(crate) fn reversed(evaluator: &mut Evaluator<'_>, of: &Value) -> Folded {
    if matches!(of, Value::Set(_) | Value::FrozenSet(_) | Value::Iterator(_) | Value::Lazy(_)) {
        return raise(Exception::Type);
    }
    let mut items = all(evaluator, of)?;
    items.reverse();
    Ok(Value::iterator(items))
}

/// The value of a call of a builtin that makes or reads iterables.
pub(crate) fn fold(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    let (module, name) = path;
    if itertools::makes_iterator(module, name) {
        let callee = crate::name::Name::new(module, name).into();
        return Ok(Some(Value::lazy(callee, args.args.to_vec(), args.kwargs.to_vec())));
    }
    if module == "itertools" && name == "tee" {
        let copies = count(args.int_or(1, "n", 2)?);
        room(evaluator, copies)?;
        return Ok(Some(Value::tuple(vec![args.value(0)?.clone(); copies])));
    }
    match module {
        "builtins" => builtin(evaluator, name, args),
        "collections" => collection(evaluator, name, args),
        _ => Ok(None),
    }
}

/// The first argument's items, or none without an argument.
fn items_or_none(evaluator: &mut Evaluator<'_>, args: Arguments<'_>) -> Folded<Vec<Value>> {
    args.args.first().map_or(Ok(Vec::new()), |items| all(evaluator, items))
}

fn builtin(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    Ok(Some(match name {
        "list" => Value::list(items_or_none(evaluator, args)?),
        "tuple" => Value::tuple(items_or_none(evaluator, args)?),
        "set" => Value::set(sequence::distinct(items_or_none(evaluator, args)?)?),
        "frozenset" => Value::frozen_set(sequence::distinct(items_or_none(evaluator, args)?)?),
        "dict" => dict(evaluator, args)?,
        "iter" if args.len() > 1 => lazy("builtins", "iter", args.args.to_vec()),
        "iter" => iterator(args.value(0)?)?,
        "next" => next(evaluator, args.value(0)?, args.args.get(1))?,
        "reversed" => reversed(evaluator, args.value(0)?)?,
        "len" => sequence::len(args.value(0)?)?,
        "range" | "xrange" => range(args)?,
        "slice" => slice(args)?,
        "sum" => {
            let first = args.at(1, "start").cloned().unwrap_or(Value::Int(0));
            let items = all(evaluator, args.value(0)?)?;
            items.into_iter().try_fold(first, |sum, item| operation::binary(evaluator, "add", &sum, &item))?
        }
        "any" | "all" => some_or_every(evaluator, name == "any", args.value(0)?)?,
        "sorted" => {
            let items = all(evaluator, args.value(0)?)?;
            Value::list(sorted(evaluator, items, args)?)
        }
        "min" | "max" => extreme(evaluator, name == "max", args)?,
        _ => return Ok(None),
    }))
}

fn collection(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    Ok(Some(match name {
        "OrderedDict" => dict(evaluator, args)?,
        "deque" => {
            let mut items = items_or_none(evaluator, args)?;
            if let Some(most) = args.present(1, "maxlen") {
                let surplus = items.len().saturating_sub(count(int(most)?));
                items.drain(..surplus);
            }
            Value::list(items)
        }
        "ChainMap" if args.len() == 1 => args.value(0)?.clone(),
        "UserString" | "UserList" | "UserDict" if args.len() == 1 && args.value(0)?.is_constant() => {
            args.value(0)?.clone()
        }
        _ => return Ok(None),
    }))
}

fn dict(evaluator: &mut Evaluator<'_>, args: Arguments<'_>) -> Folded {
    let mut pairs = match args.args.first() {
        None => Vec::new(),
        Some(Value::Dict(entries)) => entries.to_vec(),
        Some(items) => {
            let mut pairs = Vec::new();
            for item in all(evaluator, items)? {
                let [key, value]: [Value; 2] =
                    all(evaluator, &item)?.try_into().map_err(|_| Fault::Raises(Exception::Value))?;
                pairs.push((key, value));
            }
            pairs
        }
    };
    pairs.extend(args.kwargs.iter().map(|(name, value)| (Value::Str(name.clone()), value.clone())));
    sequence::dict(pairs)
}

fn range(args: Arguments<'_>) -> Folded {
    let (start, stop, step) = match args.args {
        [stop] => (0, int(stop)?, 1),
        [start, stop] => (int(start)?, int(stop)?, 1),
        [start, stop, step] => (int(start)?, int(stop)?, int(step)?),
        _ => return raise(Exception::Type),
    };
    if step == 0 {
        return raise(Exception::Value);
    }
    Ok(Value::Range(crate::value::Span { start, stop, step }))
}

fn slice(args: Arguments<'_>) -> Folded {
    let part = |value: &Value| match value {
        Value::None => Ok(None),
        value => int(value).map(Some),
    };
    let (start, stop, step) = match args.args {
        [stop] => (None, part(stop)?, None),
        [start, stop] => (part(start)?, part(stop)?, None),
        [start, stop, step] => (part(start)?, part(stop)?, part(step)?),
        _ => return raise(Exception::Type),
    };
    Ok(Value::slice(crate::value::Span { start, stop, step }))
}

/// `any` and `all`, which stop early where the truth of an item is known.
fn some_or_every(evaluator: &mut Evaluator<'_>, some: bool, of: &Value) -> Folded {
    let mut known = true;
    for item in all(evaluator, of)? {
        match compare::truth(&item) {
            Some(truth) if truth == some && known => return Ok(Value::Bool(some)),
            Some(_) => {}
            None => known = false,
        }
    }
    if known { Ok(Value::Bool(!some)) } else { Err(Fault::Unfollowed) }
}

/// What `key=` makes of each item.
fn keys(evaluator: &mut Evaluator<'_>, items: Vec<Value>, args: Arguments<'_>) -> Folded<Vec<(Value, Value)>> {
    let Some(function) = args.keyword("key").filter(|key| !matches!(key, Value::None)) else {
        return Ok(items.into_iter().map(|item| (item.clone(), item)).collect());
    };
    let keyed = |item: Value| Ok((evaluator.invoke(function, std::slice::from_ref(&item), &[])?, item));
    items.into_iter().map(keyed).collect()
}

/// `sorted(items, key=None, reverse=False)`: stable.
pub(crate) fn sorted(evaluator: &mut Evaluator<'_>, items: Vec<Value>, args: Arguments<'_>) -> Folded<Vec<Value>> {
    let mut keyed = keys(evaluator, items, args)?;
    let reverse = args.keyword("reverse").map_or(Some(false), compare::truth).ok_or(Fault::Unfollowed)?;
    let mut comparable = true;
    keyed.sort_by(|(a, _), (b, _)| {
        let order = compare::order(a, b);
        comparable &= order.is_some();
        let order = order.unwrap_or(std::cmp::Ordering::Equal);
        if reverse { order.reverse() } else { order }
    });
    if !comparable {
        return Err(Fault::Unfollowed);
    }
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

fn extreme(evaluator: &mut Evaluator<'_>, largest: bool, args: Arguments<'_>) -> Folded {
    let items = if args.len() > 1 { args.args.to_vec() } else { all(evaluator, args.value(0)?)? };
    let mut best: Option<(Value, Value)> = None;
    for (key, item) in keys(evaluator, items, args)? {
        let better = match &best {
            None => true,
            Some((held, _)) => {
                let order = compare::order(&key, held).ok_or(Fault::Unfollowed)?;
                order == if largest { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less }
            }
        };
        if better {
            best = Some((key, item));
        }
    }
    best.map(|(_, item)| item).or_else(|| args.keyword("default").cloned()).ok_or(Fault::Raises(Exception::Value))
}
