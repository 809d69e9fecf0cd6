//! The memo: dense as the C unpickler's array, sparse where a stream names far indices.

use std::collections::HashMap;

use crate::value::Value;

/// Values by index. `None` inside is told apart by a bit pattern that no value has.
#[derive(Clone, Default)]
pub(crate) struct Memo {
    dense: Vec<Value>,
    sparse: HashMap<u64, Value>,
    /// Indices that hold something: where MEMOIZE puts the next one.
    filled: u64,
}

/// No value is an unknown with this payload.
const MISSING: Value = Value::new(crate::value::Kind::Unknown, (1 << 56) - 1);

impl Memo {
    /// What stands at `index`.
    #[inline]
    pub(crate) fn at(&self, index: u64) -> Option<Value> {
        let slot = usize::try_from(index).ok()?;
        match self.dense.get(slot) {
            Some(value) if *value == MISSING => None,
            Some(value) => Some(*value),
            None => self.sparse.get(&index).copied(),
        }
    }

    /// MEMOIZE: puts at the number of indices that hold something.
    #[inline]
    pub(crate) fn memoize(&mut self, value: Value) {
        if self.filled == self.dense.len() as u64 && self.sparse.is_empty() {
            self.dense.push(value);
            self.filled = self.filled.wrapping_add(1);
        } else {
            self.put(self.filled, value);
        }
    }

    /// Puts at `index`.
    #[inline]
    pub(crate) fn put(&mut self, index: u64, value: Value) {
        let len = self.dense.len() as u64;
        let old = if index < len {
            let slot = usize::try_from(index).ok().and_then(|slot| self.dense.get_mut(slot));
            slot.map_or(MISSING, |slot| std::mem::replace(slot, value))
        } else if index == len && self.sparse.is_empty() {
            self.dense.push(value);
            MISSING
        } else {
            self.put_far(index, value)
        };
        self.filled = self.filled.wrapping_add(u64::from(old == MISSING));
    }

    #[cold]
    fn put_far(&mut self, index: u64, value: Value) -> Value {
        let near = (self.dense.len() as u64).saturating_mul(2).saturating_add(1024);
        let slot = usize::try_from(index).unwrap_or(usize::MAX);
        if index >= near {
            return self.sparse.insert(index, value).unwrap_or(MISSING);
        }
        let old_len = self.dense.len() as u64;
        self.dense.resize(slot.saturating_add(1), MISSING);
        // What the sparse part held in the stretch that is dense now moves over: `at` looks there first.
        for moved in old_len..=index {
            if self.sparse.is_empty() {
                break;
            }
            if let (Some(value), Some(to)) =
                (self.sparse.remove(&moved), usize::try_from(moved).ok().and_then(|slot| self.dense.get_mut(slot)))
            {
                *to = value;
            }
        }
        self.dense.get_mut(slot).map_or(MISSING, |to| std::mem::replace(to, value))
    }

    /// How many indices hold something.
    pub(crate) fn filled(&self) -> u64 {
        self.filled
    }

    /// Every value that is held, dense ones in order.
    #[cfg(test)]
    pub(crate) fn values(&self) -> impl Iterator<Item = Value> + '_ {
        self.dense.iter().copied().filter(|value| *value != MISSING).chain(self.sparse.values().copied())
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        let sparse = (self.sparse.len() as u64).saturating_mul(32);
        (self.dense.len() as u64).saturating_mul(8).saturating_add(sparse)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_like_a_map(puts in prop::collection::vec((0_u32..3, 0_u64..5000), 0..300)) {
            let (mut memo, mut map) = (Memo::default(), BTreeMap::new());
            for (step, (how, index)) in puts.into_iter().enumerate() {
                let value = Value::small(step as u32);
                let index = match how { 0 => index, 1 => index << 30, _ => map.len() as u64 };
                if how == 2 { memo.memoize(value) } else { memo.put(index, value) }
                map.insert(index, value);
                prop_assert_eq!(memo.filled(), map.len() as u64);
            }
            for (index, value) in &map {
                prop_assert_eq!(memo.at(*index), Some(*value));
            }
            prop_assert_eq!(memo.at(4999), map.get(&4999).copied());
            prop_assert_eq!(memo.values().count(), map.len());
        }
    }
}
