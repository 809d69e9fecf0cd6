//! Truth, equality and order of constants, as Python sees them.

use std::{
    cmp::Ordering,
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use num_bigint::BigInt;

use crate::value::{Items, Value};

/// Nodes that one comparison may visit: shared parts are visited as often as they are shared.
const MAX_VISITS: usize = 1 << 16;

/// Whether `bool(value)`; `None` when not known.
pub(crate) fn truth(value: &Value) -> Option<bool> {
    Some(match value {
        Value::None => false,
        Value::Bool(value) => *value,
        Value::Int(value) => *value != 0,
        Value::Float(value) => *value != 0.0,
        Value::Str(text) => !text.is_empty(),
        Value::Bytes(bytes) | Value::ByteArray(bytes) | Value::MemoryView(bytes) => !bytes.is_empty(),
        Value::Tuple(items) | Value::List(items) | Value::Set(items) | Value::FrozenSet(items) => !items.is_empty(),
        Value::Dict(entries) => !entries.is_empty(),
        Value::Range(span) => crate::sequence::range_length(*span) != 0,
        // Any object without `__len__` or `__bool__` is true; of others nothing is known.
        Value::Ellipsis
        | Value::BigInt(_)
        | Value::Slice(_)
        | Value::Iterator(_)
        | Value::Lazy(_)
        | Value::Partial(_)
        | Value::AttributeGetter(_)
        | Value::ItemGetter(_)
        | Value::MethodCaller(_)
        | Value::Global(_) => true,
        _ => return None,
    })
}

/// Whether `a == b`; `None` when not known.
pub(crate) fn equal(a: &Value, b: &Value) -> Option<bool> {
    let mut left = MAX_VISITS;
    equal_within(a, b, &mut left)
}

fn equal_within(a: &Value, b: &Value, left: &mut usize) -> Option<bool> {
    *left = left.checked_sub(1)?;
    Some(match (a, b) {
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::None, Value::None) | (Value::Ellipsis, Value::Ellipsis) => true,
        (Value::Tuple(a), Value::Tuple(b)) | (Value::List(a), Value::List(b)) => return equal_lists(a, b, left),
        (Value::Set(a) | Value::FrozenSet(a), Value::Set(b) | Value::FrozenSet(b)) => {
            a.len() == b.len() && {
                let known = Distinct::of(b)?;
                a.iter().try_fold(true, |all, item| Some(all && known.position(b, item)?.is_some()))?
            }
        }
        (Value::Dict(a), Value::Dict(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            for (key, value) in a.iter() {
                let Some(other) = lookup(b, key)? else {
                    return Some(false);
                };
                if !equal_within(value, other, left)? {
                    return Some(false);
                }
            }
            true
        }
        (Value::Global(a), Value::Global(b)) => a.module == b.module && a.qualname == b.qualname,
        (Value::Slice(a), Value::Slice(b)) => a == b,
        (Value::Range(a), Value::Range(b)) if a == b => true,
        (Value::Range(_), Value::Range(_)) => return None,
        (
            Value::Bytes(a) | Value::ByteArray(a) | Value::MemoryView(a),
            Value::Bytes(b) | Value::ByteArray(b) | Value::MemoryView(b),
        ) => a == b,
        _ => match numbers(a, b) {
            Some(order) => order == Some(Ordering::Equal),
            None if a.is_constant() && b.is_constant() => false,
            None => return None,
        },
    })
}

fn equal_lists(a: &Items, b: &Items, left: &mut usize) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    for (a, b) in a.iter().zip(b.iter()) {
        if !equal_within(a, b, left)? {
            return Some(false);
        }
    }
    Some(true)
}

/// The order of two numbers, `Some(None)` with a NaN, `None` when they are not both numbers.
fn numbers(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    enum Number<'a> {
        Small(i64),
        Big(&'a BigInt),
        Float(f64),
    }
    fn number(value: &Value) -> Option<Number<'_>> {
        Some(match value {
            Value::Bool(value) => Number::Small(i64::from(*value)),
            Value::Int(value) => Number::Small(*value),
            Value::BigInt(value) => Number::Big(value),
            Value::Float(value) => Number::Float(*value),
            _ => return None,
        })
    }
    Some(match (number(a)?, number(b)?) {
        (Number::Small(a), Number::Small(b)) => Some(a.cmp(&b)),
        (Number::Big(a), Number::Big(b)) => Some(a.cmp(b)),
        (Number::Small(a), Number::Big(b)) => Some(BigInt::from(a).cmp(b)),
        (Number::Big(a), Number::Small(b)) => Some(a.cmp(&BigInt::from(b))),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
        (Number::Small(a), Number::Float(b)) => float_order(b, &BigInt::from(a)).map(Ordering::reverse),
        (Number::Float(a), Number::Small(b)) => float_order(a, &BigInt::from(b)),
        (Number::Big(a), Number::Float(b)) => float_order(b, a).map(Ordering::reverse),
        (Number::Float(a), Number::Big(b)) => float_order(a, b),
    })
}

/// The exact order of a float and an integer.
fn float_order(float: f64, integer: &BigInt) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    let Some(whole) = crate::number::truncated(float) else {
        return Some(if float > 0.0 { Ordering::Greater } else { Ordering::Less });
    };
    Some(whole.cmp(integer).then_with(|| float.fract().partial_cmp(&0.0).unwrap_or(Ordering::Equal)))
}

/// The order of two values; `None` when not known or not ordered.
pub(crate) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    let mut left = MAX_VISITS;
    order_within(a, b, &mut left)
}

fn order_within(a: &Value, b: &Value, left: &mut usize) -> Option<Ordering> {
    *left = left.checked_sub(1)?;
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        (
            Value::Bytes(a) | Value::ByteArray(a) | Value::MemoryView(a),
            Value::Bytes(b) | Value::ByteArray(b) | Value::MemoryView(b),
        ) => Some(a.cmp(b)),
        (Value::Tuple(a), Value::Tuple(b)) | (Value::List(a), Value::List(b)) => {
            for (a, b) in a.iter().zip(b.iter()) {
                if !equal_within(a, b, left)? {
                    return order_within(a, b, left);
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        _ => numbers(a, b)?,
    }
}

/// A hash that is equal for equal constants; `None` for what is not hashable or not known.
fn hash(value: &Value) -> Option<u64> {
    let mut state = DefaultHasher::new();
    let mut left = MAX_VISITS;
    feed(value, &mut state, &mut left)?;
    Some(state.finish())
}

fn feed(value: &Value, state: &mut DefaultHasher, left: &mut usize) -> Option<()> {
    *left = left.checked_sub(1)?;
    match value {
        Value::Str(text) => (1_u8, text).hash(state),
        Value::Bytes(bytes) => (2_u8, bytes).hash(state),
        Value::None => 3_u8.hash(state),
        Value::Ellipsis => 4_u8.hash(state),
        Value::Bool(value) => (5_u8, i64::from(*value)).hash(state),
        Value::Int(value) => (5_u8, value).hash(state),
        Value::Float(value) => match crate::number::truncated(*value).filter(|_| value.fract() == 0.0) {
            Some(whole) => feed(&Value::integer(whole), state, left)?,
            None => (6_u8, value.to_bits()).hash(state),
        },
        Value::BigInt(value) => (7_u8, &**value).hash(state),
        Value::Tuple(items) => {
            (8_u8, items.len()).hash(state);
            for item in items.iter() {
                feed(item, state, left)?;
            }
        }
        Value::FrozenSet(items) => (9_u8, items.len()).hash(state),
        Value::Global(name) => (10_u8, &name.module, &name.qualname).hash(state),
        _ => return None,
    }
    Some(())
}

/// Places of items by their hashes: the last one of each hash, and for each place the one before it with the same.
#[derive(Default)]
pub(crate) struct Distinct {
    last: HashMap<u64, usize, foldhash::fast::RandomState>,
    before: Vec<Option<usize>>,
}

impl Distinct {
    /// The places of `items`; `None` when one cannot be hashed.
    pub(crate) fn of(items: &[Value]) -> Option<Self> {
        let mut distinct = Self::default();
        for item in items {
            distinct.add(hash(item)?);
        }
        Some(distinct)
    }

    /// Takes note of the next item.
    fn add(&mut self, hash: u64) {
        let before = self.last.insert(hash, self.before.len());
        self.before.push(before);
    }

    /// Where among `items` one equal to `key` is; the outer `None` when that cannot be known.
    pub(crate) fn position(&self, items: &[Value], key: &Value) -> Option<Option<usize>> {
        self.at(hash(key)?, items, key)
    }

    fn at(&self, hash: u64, items: &[Value], key: &Value) -> Option<Option<usize>> {
        let mut next = self.last.get(&hash).copied();
        while let Some(place) = next {
            if equal(items.get(place)?, key)? {
                return Some(Some(place));
            }
            next = self.before.get(place).copied().flatten();
        }
        Some(None)
    }

    /// Adds `key` to `items` unless it is there; whether it was added.
    pub(crate) fn insert(&mut self, items: &mut Vec<Value>, key: &Value) -> Option<Result<usize, usize>> {
        let hash = hash(key)?;
        if let Some(place) = self.at(hash, items, key)? {
            return Some(Err(place));
        }
        let place = items.len();
        self.add(hash);
        items.push(key.clone());
        Some(Ok(place))
    }
}

/// Whether the hash of this is known.
pub(crate) fn is_hashable(value: &Value) -> bool {
    is_scalar(value) || hash(value).is_some()
}

/// Whether this is hashable and compared with any other in a glance.
pub(crate) fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Bytes(_))
}

/// The value under `key`; the outer `None` when that cannot be known.
pub(crate) fn lookup<'a>(entries: &'a [(Value, Value)], key: &Value) -> Option<Option<&'a Value>> {
    for (candidate, value) in entries {
        if equal(candidate, key)? {
            return Some(Some(value));
        }
    }
    Some(None)
}

/// Equality of constants; values that are not known equal nothing.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.type_name() == other.type_name() && equal(self, other) == Some(true)
    }
}
