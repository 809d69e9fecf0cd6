//! Methods of lists, tuples, dicts, sets and ranges; those that change their object say what becomes of it.

use crate::{
    arguments::{Arguments, count, int, length},
    compare,
    evaluator::{Evaluator, Fault, Folded, raise},
    iterate::{self, all},
    operation, sequence,
    value::{Exception, Value},
};

/// `dict.fromkeys(keys, value=None)`.
pub(crate) fn from_keys(evaluator: &mut Evaluator<'_>, args: Arguments<'_>) -> Folded {
    let value = args.args.get(1).cloned().unwrap_or(Value::None);
    let keys = all(evaluator, args.value(0)?)?;
    sequence::dict(keys.into_iter().map(|key| (key, value.clone())).collect())
}

/// A method of a container.
pub(crate) fn method(evaluator: &mut Evaluator<'_>, of: &Value, name: &str, args: Arguments<'_>) -> Folded {
    match of {
        Value::Dict(entries) => dict(evaluator, entries, name, args),
        Value::List(items) => match list_change(evaluator, items, name, args)? {
            Some((value, items)) => {
                evaluator.outcome.receiver = Some(Value::list(items));
                Ok(value)
            }
            None => search(of, items, name, args),
        },
        Value::Tuple(items) => search(of, items, name, args),
        Value::Set(items) | Value::FrozenSet(items) => set(evaluator, of, items, name, args),
        Value::Range(span) if matches!(name, "index" | "count") => {
            iterate::room(evaluator, usize::try_from(sequence::range_length(*span)).unwrap_or(usize::MAX))?;
            let items: Vec<Value> = sequence::range_values(*span).map(Value::Int).collect();
            search(of, &items, name, args)
        }
        _ => Err(Fault::Unfollowed),
    }
}

fn search(of: &Value, items: &[Value], name: &str, args: Arguments<'_>) -> Folded {
    let same = |item: &Value, wanted: &Value| compare::equal(item, wanted).ok_or(Fault::Unfollowed);
    match name {
        "index" => {
            let wanted = args.value(0)?;
            let (start, stop) = (args.int_or(1, "start", 0)?, args.int_or(2, "stop", i64::MAX)?);
            let slice = crate::value::Span { start: Some(start), stop: Some(stop), step: None };
            let span = sequence::indices(slice, items.len())?;
            for (place, item) in items.iter().enumerate() {
                let inside = i64::try_from(place).is_ok_and(|place| (span.start..span.stop).contains(&place));
                if inside && same(item, wanted)? {
                    return Ok(length(place));
                }
            }
            raise(Exception::Value)
        }
        "count" => {
            let wanted = args.value(0)?;
            let mut found = 0_usize;
            for item in items {
                found = found.saturating_add(usize::from(same(item, wanted)?));
            }
            Ok(length(found))
        }
        "copy" | "__copy__" => Ok(of.clone()),
        _ => Err(Fault::Unfollowed),
    }
}

/// The result and the new items of a method that changes a list or deque.
fn list_change(
    evaluator: &mut Evaluator<'_>,
    items: &[Value],
    name: &str,
    args: Arguments<'_>,
) -> Folded<Option<(Value, Vec<Value>)>> {
    iterate::room(evaluator, items.len())?;
    let mut changed = items.to_vec();
    let mut result = Value::None;
    match name {
        "append" => changed.push(args.value(0)?.clone()),
        "appendleft" => changed.insert(0, args.value(0)?.clone()),
        "extend" => changed.extend(all(evaluator, args.value(0)?)?),
        "insert" => {
            let place = args.int(0)?;
            let end = i64::try_from(changed.len()).unwrap_or(i64::MAX);
            let place = if place < 0 { place.saturating_add(end) } else { place };
            changed.insert(count(place).min(changed.len()), args.value(1)?.clone());
        }
        "pop" | "popleft" => {
            let place = args.int_or(0, "index", if name == "pop" { -1 } else { 0 })?;
            let place = sequence::place(place, changed.len())?;
            result = changed.remove(place);
        }
        "remove" => {
            let wanted = args.value(0)?;
            let places: Option<Vec<bool>> = items.iter().map(|item| compare::equal(item, wanted)).collect();
            let place = places.ok_or(Fault::Unfollowed)?.iter().position(|same| *same);
            changed.remove(place.ok_or(Fault::Raises(Exception::Value))?);
        }
        "reverse" => changed.reverse(),
        "sort" => changed = iterate::sorted(evaluator, changed, args)?,
        "clear" => changed.clear(),
        "rotate" => {
            let by = args.int_or(0, "n", 1)?;
            if let Some(by) = i64::try_from(changed.len()).ok().and_then(|size| by.checked_rem_euclid(size)) {
                changed.rotate_right(count(by));
            }
        }
        _ => return Ok(None),
    }
    Ok(Some((result, changed)))
}

fn dict(evaluator: &mut Evaluator<'_>, entries: &[(Value, Value)], name: &str, args: Arguments<'_>) -> Folded {
    evaluator.pay(entries.len())?;
    let found = |key: &Value| compare::lookup(entries, key).ok_or(Fault::Unfollowed);
    Ok(match name {
        "get" => match found(args.value(0)?)? {
            Some(value) => value.clone(),
            None => args.args.get(1).cloned().unwrap_or(Value::None),
        },
        "keys" => Value::list(entries.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>()),
        "values" => Value::list(entries.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>()),
        "items" => {
            let pair = |(key, value): &(Value, Value)| Value::tuple([key.clone(), value.clone()]);
            Value::list(entries.iter().map(pair).collect::<Vec<_>>())
        }
        "copy" => Value::dict(entries),
        "pop" => {
            let key = args.value(0)?;
            let value = found(key)?.or(args.args.get(1)).cloned().ok_or(Fault::Raises(Exception::Key))?;
            let rest: Vec<_> =
                entries.iter().filter(|(held, _)| compare::equal(held, key) != Some(true)).cloned().collect();
            evaluator.outcome.receiver = Some(Value::dict(rest));
            value
        }
        "popitem" => {
            let (last, rest) = entries.split_last().ok_or(Fault::Raises(Exception::Key))?;
            evaluator.outcome.receiver = Some(Value::dict(rest));
            Value::tuple([last.0.clone(), last.1.clone()])
        }
        "setdefault" => {
            let key = args.value(0)?;
            if let Some(value) = found(key)? {
                return Ok(value.clone());
            }
            let value = args.args.get(1).cloned().unwrap_or(Value::None);
            let longer: Vec<_> = entries.iter().cloned().chain([(key.clone(), value.clone())]).collect();
            evaluator.outcome.receiver = Some(Value::dict(longer));
            value
        }
        "update" => {
            let callee = crate::name::Name::new("builtins", "dict").into();
            let Value::Dict(more) = evaluator.apply(&callee, args.args, args.kwargs)? else {
                return Err(Fault::Unfollowed);
            };
            let merged = sequence::dict(entries.iter().chain(more.iter()).cloned().collect())?;
            evaluator.outcome.receiver = Some(merged);
            Value::None
        }
        "clear" => {
            evaluator.outcome.receiver = Some(Value::dict([]));
            Value::None
        }
        _ => return Err(Fault::Unfollowed),
    })
}

fn set(evaluator: &mut Evaluator<'_>, of: &Value, items: &[Value], name: &str, args: Arguments<'_>) -> Folded {
    evaluator.pay(items.len())?;
    let operator = match name {
        "union" | "update" => "or",
        "intersection" => "and",
        "difference" => "sub",
        "symmetric_difference" => "xor",
        "copy" => return Ok(of.clone()),
        "add" => {
            let longer: Vec<_> = items.iter().chain(args.args.first()).cloned().collect();
            evaluator.outcome.receiver = Some(Value::set(sequence::distinct(longer)?));
            return Ok(Value::None);
        }
        "pop" if items.len() == 1 => {
            evaluator.outcome.receiver = Some(Value::set([]));
            return items.first().cloned().ok_or(Fault::Unfollowed);
        }
        "discard" | "remove" => {
            let wanted = args.value(0)?;
            let rest: Vec<_> =
                items.iter().filter(|item| compare::equal(item, wanted) != Some(true)).cloned().collect();
            if name == "remove" && rest.len() == items.len() {
                return raise(Exception::Key);
            }
            evaluator.outcome.receiver = Some(Value::set(rest));
            return Ok(Value::None);
        }
        "issubset" | "issuperset" | "isdisjoint" => {
            let other = sequence::distinct(all(evaluator, args.value(0)?)?)?;
            let shared = operation::binary(evaluator, "and", &Value::set(items), &Value::set(other.clone()))?;
            let shared = crate::arguments::int(&sequence::len(&shared)?)?;
            let size = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
            let wanted = match name {
                "issubset" => size(items.len()),
                "issuperset" => size(other.len()),
                _ => 0,
            };
            return Ok(Value::Bool(shared == wanted));
        }
        _ => return Err(Fault::Unfollowed),
    };
    let mut result = of.clone();
    for other in args.args {
        let other = Value::set(sequence::distinct(all(evaluator, other)?)?);
        result = operation::binary(evaluator, operator, &result, &other)?;
    }
    if name == "update" {
        evaluator.outcome.receiver = Some(result);
        return Ok(Value::None);
    }
    Ok(result)
}

/// A count that an argument gives, not negative.
pub(crate) fn limit(args: Arguments<'_>, position: usize, keyword: &str) -> Folded<usize> {
    let value = args.at(position, keyword).map_or(Ok(-1), int)?;
    Ok(usize::try_from(value).unwrap_or(usize::MAX))
}
