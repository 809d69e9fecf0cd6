//! Subscripts: indices and slices of sequences, keys of dicts.

use std::rc::Rc;

use crate::{
    arguments::{int, length, mismatch},
    compare,
    evaluator::{Fault, Folded, raise},
    value::{Exception, MAX_ITEMS, Span, Value},
};

/// How many integers a range has.
pub(crate) fn range_length(span: Span<i64>) -> u64 {
    let (from, to) = if span.step > 0 { (span.start, span.stop) } else { (span.stop, span.start) };
    let distance = i128::from(to).saturating_sub(i128::from(from));
    let step = i128::from(span.step).abs().max(1);
    let count = distance.saturating_add(step).saturating_sub(1).checked_div(step).unwrap_or(0);
    u64::try_from(count).unwrap_or(0)
}

/// The integers of a range.
pub(crate) fn range_values(span: Span<i64>) -> impl Iterator<Item = i64> {
    let mut next = Some(span.start);
    std::iter::from_fn(move || {
        let value = next.filter(|value| if span.step > 0 { *value < span.stop } else { *value > span.stop })?;
        next = value.checked_add(span.step);
        Some(value)
    })
}

/// `slice.indices(length)`: start, stop and step after clipping.
pub(crate) fn indices(slice: Span<Option<i64>>, length: usize) -> Folded<Span<i64>> {
    let length = i64::try_from(length).map_err(|_| Fault::Unfollowed)?;
    let step = slice.step.unwrap_or(1);
    if step == 0 {
        return raise(Exception::Value);
    }
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length.saturating_sub(1)) };
    let clip = |value: i64| {
        let value = if value < 0 { value.saturating_add(length) } else { value };
        value.clamp(lowest, highest)
    };
    let (first, last) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let start = slice.start.map_or(first, clip);
    let stop = slice.stop.map_or(last, clip);
    Ok(Span { start, stop, step })
}

/// The items that a slice selects.
fn select<T: Clone>(items: &[T], slice: Span<Option<i64>>) -> Folded<Vec<T>> {
    let span = indices(slice, items.len())?;
    let places = range_values(span).filter_map(|place| usize::try_from(place).ok());
    Ok(places.filter_map(|place| items.get(place).cloned()).collect())
}

/// The place that an index names in a sequence of `length` items.
pub(crate) fn place(index: i64, length: usize) -> Folded<usize> {
    let index = if index < 0 { index.saturating_add(i64::try_from(length).unwrap_or(i64::MAX)) } else { index };
    usize::try_from(index).ok().filter(|place| *place < length).ok_or(Fault::Raises(Exception::Index))
}

/// `of[key]` of a constant.
pub(crate) fn subscript(of: &Value, key: &Value) -> Folded {
    if let Value::Dict(entries) = of {
        return match compare::lookup(entries, key) {
            Some(Some(value)) => Ok(value.clone()),
            Some(None) if key.is_constant() => raise(Exception::Key),
            _ => Err(Fault::Unfollowed),
        };
    }
    match key {
        Value::Slice(slice) => sliced(of, **slice),
        Value::BigInt(_) => raise(Exception::Index),
        key => indexed(of, int(key)?),
    }
}

fn indexed(of: &Value, index: i64) -> Folded {
    match of {
        Value::Str(text) if text.is_ascii() => {
            let byte = text.as_bytes().get(place(index, text.len())?).copied().unwrap_or_default();
            Ok(Value::str(char::from(byte).to_string()))
        }
        Value::Str(text) => {
            let letter = text.chars().nth(place(index, text.chars().count())?);
            Ok(Value::str(letter.map(String::from).unwrap_or_default()))
        }
        Value::Bytes(bytes) | Value::ByteArray(bytes) | Value::MemoryView(bytes) => {
            let byte = bytes.get(place(index, bytes.len())?).copied().unwrap_or_default();
            Ok(Value::Int(byte.into()))
        }
        Value::Tuple(items) | Value::List(items) => {
            items.get(place(index, items.len())?).cloned().ok_or(Fault::Unfollowed)
        }
        Value::Range(span) => {
            let count = usize::try_from(range_length(*span)).map_err(|_| Fault::Unfollowed)?;
            let place = i64::try_from(place(index, count)?).map_err(|_| Fault::Unfollowed)?;
            let value = place.checked_mul(span.step).and_then(|far| far.checked_add(span.start));
            value.map(Value::Int).ok_or(Fault::Unfollowed)
        }
        other => mismatch(other),
    }
}

fn sliced(of: &Value, slice: Span<Option<i64>>) -> Folded {
    Ok(match of {
        Value::Str(text) if text.is_ascii() => {
            let bytes = select(text.as_bytes(), slice)?;
            Value::str(String::from_utf8(bytes).map_err(|_| Fault::Unfollowed)?)
        }
        Value::Str(text) => {
            let letters: Vec<char> = text.chars().collect();
            Value::str(select(&letters, slice)?.into_iter().collect::<String>())
        }
        Value::Bytes(bytes) => Value::bytes(select(bytes, slice)?),
        Value::ByteArray(bytes) => Value::ByteArray(select(bytes, slice)?.into()),
        Value::MemoryView(bytes) => Value::MemoryView(select(bytes, slice)?.into()),
        Value::Tuple(items) => Value::tuple(select(items, slice)?),
        Value::List(items) => Value::list(select(items, slice)?),
        Value::Range(span) => {
            let count = usize::try_from(range_length(*span)).map_err(|_| Fault::Unfollowed)?;
            let inner = indices(slice, count)?;
            let at = |place: i64| place.checked_mul(span.step).and_then(|far| far.checked_add(span.start));
            let parts = (at(inner.start), at(inner.stop), inner.step.checked_mul(span.step));
            let (Some(start), Some(stop), Some(step)) = parts else {
                return Err(Fault::Unfollowed);
            };
            Value::Range(Span { start, stop, step })
        }
        other => return mismatch(other),
    })
}

/// `len(value)`.
pub(crate) fn len(value: &Value) -> Folded {
    Ok(length(match value {
        Value::Str(text) => text.chars().count(),
        Value::Bytes(bytes) | Value::ByteArray(bytes) | Value::MemoryView(bytes) => bytes.len(),
        Value::Tuple(items) | Value::List(items) | Value::Set(items) | Value::FrozenSet(items) => items.len(),
        Value::Dict(entries) => entries.len(),
        Value::Range(span) => usize::try_from(range_length(*span)).unwrap_or(usize::MAX),
        other => return mismatch(other),
    }))
}

/// `container[key] = value` in a copy of a list, bytearray or dict.
pub(crate) fn replaced(of: &Value, key: &Value, value: &Value) -> Folded {
    match of {
        Value::List(items) => {
            let place = place(int(key)?, items.len())?;
            let mut items = items.to_vec();
            if let Some(slot) = items.get_mut(place) {
                *slot = value.clone();
            }
            Ok(Value::list(items))
        }
        Value::ByteArray(bytes) => {
            let place = place(int(key)?, bytes.len())?;
            let byte = u8::try_from(int(value)?).map_err(|_| Fault::Raises(Exception::Value))?;
            let mut bytes = bytes.to_vec();
            if let Some(slot) = bytes.get_mut(place) {
                *slot = byte;
            }
            Ok(Value::ByteArray(bytes.into()))
        }
        Value::Dict(entries) => {
            let mut entries = entries.to_vec();
            insert(&mut entries, key.clone(), value.clone())?;
            Ok(Value::dict(entries))
        }
        other => mismatch(other),
    }
}

/// Enters `key: value` into the entries of a dict.
fn insert(entries: &mut Vec<(Value, Value)>, key: Value, value: Value) -> Folded<()> {
    for (candidate, old) in entries.iter_mut() {
        if compare::equal(candidate, &key).ok_or(Fault::Unfollowed)? {
            *old = value;
            return Ok(());
        }
    }
    entries.push((key, value));
    Ok(())
}

/// A dict of pairs of which later ones replace earlier ones of the same key.
pub(crate) fn dict(pairs: Vec<(Value, Value)>) -> Folded {
    if pairs.len() > MAX_ITEMS {
        return Err(Fault::OverCap("a dict of more than a million entries"));
    }
    let mut distinct = compare::Distinct::default();
    let mut keys = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    for (key, value) in pairs {
        match distinct.insert(&mut keys, &key).ok_or(Fault::Unfollowed)? {
            Ok(_) => values.push(value),
            Err(place) => {
                if let Some(slot) = values.get_mut(place) {
                    *slot = value;
                }
            }
        }
    }
    let entries: Rc<[_]> = keys.into_iter().zip(values).collect();
    Ok(Value::dict(entries))
}

/// Keys that are compared with each other rather than hashed.
const FEW: usize = 8;

/// What a display of these pairs gives.
///
/// # Errors
/// The pairs, where a key cannot be hashed as far as is known.
pub fn display(pairs: Vec<(Value, Value)>) -> Result<Value, Vec<(Value, Value)>> {
    let distinct = |(at, (key, _)): (usize, &(Value, Value))| {
        compare::is_scalar(key) && pairs.iter().take(at).all(|(before, _)| compare::equal(before, key) == Some(false))
    };
    if pairs.len() <= FEW && pairs.iter().enumerate().all(distinct) {
        return Ok(Value::dict(pairs));
    }
    if !pairs.iter().all(|(key, _)| compare::is_hashable(key)) {
        return Err(pairs);
    }
    dict(pairs).map_err(|_| Vec::new())
}

/// The dict of `entries` with one more, or another value under a key that it has; `None`: the key is not compared easily.
pub fn with_entry(entries: &[(Value, Value)], key: &Value, value: &Value) -> Option<Value> {
    if !compare::is_scalar(key) {
        return None;
    }
    let place = entries.iter().position(|(held, _)| compare::equal(held, key) == Some(true));
    let entry = (key, value);
    let changed = |(at, (held, before)): (usize, &(Value, Value))| {
        (held.clone(), if place == Some(at) { value.clone() } else { before.clone() })
    };
    let added = Some(entry).filter(|_| place.is_none()).map(|(key, value)| (key.clone(), value.clone()));
    Some(Value::dict(entries.iter().enumerate().map(changed).chain(added).collect::<Vec<_>>()))
}

/// The set of `items` with one more; `None`: the item is not compared easily.
pub fn with_item(items: &[Value], item: &Value) -> Option<Value> {
    if !compare::is_scalar(item) {
        return None;
    }
    let held = items.iter().any(|held| compare::equal(held, item) == Some(true));
    Some(Value::set(items.iter().chain(Some(item).filter(|_| !held)).cloned().collect::<Vec<_>>()))
}

/// The distinct ones of `items`, in order.
pub(crate) fn distinct(items: Vec<Value>) -> Folded<Vec<Value>> {
    let mut known = compare::Distinct::default();
    let mut kept = Vec::new();
    for item in items {
        known.insert(&mut kept, &item).ok_or(Fault::Unfollowed)?.ok();
    }
    Ok(kept)
}
