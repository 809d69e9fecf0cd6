//! The compiled tables: words as one sorted text, rows as numbers of words.

use crate::spread::spread;
use crate::standing::{Category, Judge, Kind, SafeRole, Standing};

/// A row of the callable tables: module, name, reason and source as words.
pub(crate) struct CallableRow {
    pub(crate) words: [u32; 4],
    pub(crate) kind: Kind,
    pub(crate) standing: Standing,
}

/// A row of the module table: module, since, until and reason as words.
pub(crate) struct ModuleRow {
    pub(crate) words: [u32; 4],
    pub(crate) category: Category,
}

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// A text as the tables know it: its number among their words, if one of them holds it.
///
/// Who asks several tables for one text looks its word up once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word(Option<u32>);

impl Word {
    /// The empty text: the first word in order.
    pub(crate) const EMPTY: Self = Self(Some(0));

    /// The word that `text` is.
    pub(crate) fn of(text: &str) -> Self {
        if text.is_empty() { Self::EMPTY } else { Self(number(text)) }
    }

    /// The word with this number.
    pub(crate) const fn at(number: u32) -> Self {
        Self(Some(number))
    }

    /// Its number.
    pub(crate) const fn number(self) -> Option<u32> {
        self.0
    }
}

/// The word with this number; empty for a number that no table holds.
pub(crate) fn word(number: u32) -> &'static str {
    let Ok(index) = usize::try_from(number) else { return "" };
    let start = index.checked_sub(1).and_then(|before| ENDS.get(before)).copied().unwrap_or(0);
    let end = ENDS.get(index).copied().unwrap_or(start);
    let range = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    TEXT.get(range).unwrap_or("")
}

/// The number of `text` among the words, if a table holds it.
fn number(text: &str) -> Option<u32> {
    let hash = spread(text.as_bytes());
    // The table is a power of two long and has empty places.
    let mask = PLACES.len().checked_sub(1)?;
    let mut place = usize::try_from(hash & mask as u64).ok()?;
    loop {
        let [upper, after] = *PLACES.get(place)?;
        let number = after.checked_sub(1)?;
        if u64::from(upper) == hash >> 32 && word(number) == text {
            return Some(number);
        }
        place = place.wrapping_add(1) & mask;
    }
}

/// The row whose first two words are these. Numbers keep the order of words, so rows are sorted by them.
pub(crate) fn find<R>(
    rows: &'static [R],
    words: impl Fn(&R) -> [u32; 2],
    [first, second]: [Word; 2],
) -> Option<&'static R> {
    let pair = |[first, second]: [u32; 2]| u64::from(first) << 32 | u64::from(second);
    let key = pair([first.0?, second.0?]);
    rows.get(rows.binary_search_by_key(&key, |row| pair(words(row))).ok()?)
}
