//! Berkeley DB 2 and later (`dbinc/db_page.h`): every page says what it is, so that all are read in turn, whatever leads to
//! them: hash pages, leaves of b-trees, and the overflow pages of long values. Python's `dbm.ndbm` writes such hashes.

use std::{collections::HashSet, ops::Range};

use base::{
    blob::Blob,
    coverage::Claim,
    fact::Kind,
    format::{Certainty, Class, Depth, Format, Head},
    sink::Sink,
    source::Access,
    stop::Stop,
};

use super::{spans::Spans, value};
use crate::pieces::Pieces;

/// A hash or a b-tree of Berkeley DB.
pub const FORMAT: Format = Format {
    id: "berkeley-db",
    name: "Berkeley DB store",
    extensions: &["db", "bdb"],
    depth: Depth::Values,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Flaw],
    detect,
    explain: None,
    parse,
};

/// The header of each page.
const HEADER: usize = 26;
/// What an entry costs in memory.
const ENTRY: u64 = 96;

/// Types of pages that are read.
mod kind {
    pub(super) const INVALID: u8 = 0;
    pub(super) const HASH_UNSORTED: u8 = 2;
    pub(super) const BTREE_INTERIOR: u8 = 3;
    pub(super) const BTREE_LEAF: u8 = 5;
    pub(super) const OVERFLOW: u8 = 7;
    pub(super) const HASH_META: u8 = 8;
    pub(super) const BTREE_META: u8 = 9;
    pub(super) const DUPLICATES: u8 = 12;
    pub(super) const HASH: u8 = 13;
}

/// The magic of a hash or a b-tree at 12, in either byte order, and a version of a library from 3 to 18.
fn detect(head: &Head<'_>) -> Option<Certainty> {
    let word = |at: usize| head.at(at, 4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    let (magic, version) = (word(12)?, word(16)?);
    let known = |magic: u32, version: u32| match magic {
        0x0006_1561 => (7..=10).contains(&version),
        0x0005_3162 => (8..=10).contains(&version),
        _ => false,
    };
    (known(magic, version) || known(magic.swap_bytes(), version.swap_bytes())).then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let Some(len) = blob.len() else {
        return Err(Stop::Unsupported("a store of unknown length".into()));
    };
    let head = blob.bytes_at(0, 32)?;
    let big = head.get(12..16).is_some_and(|magic| magic.starts_with(&[0, 5]) || magic.starts_with(&[0, 6]));
    let order = Order { big };
    let page = order.u32(&head, 20).map(u64::from).unwrap_or_default();
    if !page.is_power_of_two() || !(512..=1 << 16).contains(&page) {
        return Err(Stop::malformed(20, format!("pages of {page} bytes")));
    }
    if head.get(24).is_some_and(|method| *method != 0) {
        return Err(Stop::Unsupported("an encrypted store".into()));
    }
    let mut store = Store { blob, order, page, len, pieces: Pieces::default(), owned: HashSet::new(), known: HashSet::new(), broken: None };
    let read = store.read(sink);
    let Store { pieces, known, broken, .. } = store;
    value::finish(blob, sink, pieces, page, &|number| known.contains(&number))?;
    read.and(broken.map_or(Ok(()), Err))
}

/// The byte order of the machine that wrote the store.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

struct Store<'b> {
    blob: &'b Blob,
    order: Order,
    page: u64,
    len: u64,
    pieces: Pieces,
    /// Overflow pages that belong to a value.
    owned: HashSet<u64>,
    /// Pages of a type that is read.
    known: HashSet<u64>,
    broken: Option<Stop>,
}

impl Store<'_> {
    fn read(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let pages = self.len.div_ceil(self.page);
        let mut overflow = Vec::new();
        for number in 0..pages {
            sink.meter().steps(1)?;
            let start = number.saturating_mul(self.page);
            let bytes = self.blob.bytes_at(start, usize::try_from(self.page).unwrap_or(0))?;
            sink.meter().bytes(bytes.len() as u64)?;
            let Some(kind) = bytes.get(25).copied().filter(|_| bytes.len() as u64 == self.page) else {
                return Err(Stop::truncated(self.len, "a page of a store"));
            };
            sink.meter().hold(ENTRY)?;
            let known = match kind {
                kind::INVALID | kind::OVERFLOW | kind::HASH | kind::HASH_UNSORTED | kind::BTREE_LEAF | kind::BTREE_INTERIOR => true,
                kind::HASH_META | kind::BTREE_META => {
                    self.note(start, 0..bytes.len());
                    true
                }
                _ => false,
            };
            if !known {
                let what = if kind == kind::DUPLICATES { "duplicates on pages of their own".into() } else { format!("pages of type {kind}") };
                self.broken.get_or_insert(Stop::Unsupported(what));
                continue;
            }
            self.known.insert(number);
            match kind {
                kind::OVERFLOW => overflow.push(number),
                kind::HASH | kind::HASH_UNSORTED | kind::BTREE_LEAF => self.items(sink, start, &bytes, kind)?,
                kind::BTREE_INTERIOR => self.interior(start, &bytes),
                kind::INVALID => self.note(start, 0..HEADER),
                _ => {}
            }
        }
        // What no value has is what a longer one left: freed pages keep their type.
        for number in overflow {
            if !self.owned.contains(&number) {
                let start = number.saturating_mul(self.page);
                self.pieces.add(start..start.saturating_add(HEADER as u64), Claim::Read);
            }
        }
        Ok(())
    }

    fn note(&mut self, start: u64, range: Range<usize>) {
        self.pieces.add(start.saturating_add(range.start as u64)..start.saturating_add(range.end as u64), Claim::Read);
    }

    /// Keys of pages below: nothing that a reader of values gets. Their bytes are noted; a long key keeps its pages.
    fn interior(&mut self, start: u64, bytes: &[u8]) {
        self.note(start, 0..bytes.len());
    }

    /// The items of a page: keys and values in turn.
    fn items(&mut self, sink: &mut Sink<'_>, start: u64, bytes: &[u8], kind: u8) -> Result<(), Stop> {
        let count = usize::from(self.order.u16(bytes, 20).unwrap_or_default());
        let table = HEADER..HEADER.saturating_add(count.saturating_mul(2)).min(bytes.len());
        self.note(start, 0..table.end);
        let mut before = bytes.len();
        let mut key = String::new();
        for (index, place) in table.step_by(2).enumerate() {
            sink.meter().hold(ENTRY)?;
            let at = usize::from(self.order.u16(bytes, place).unwrap_or_default());
            let item = match kind {
                kind::BTREE_LEAF => self.leaf(sink, start, bytes, at)?,
                _ => self.hashed(sink, start, bytes, at..before)?,
            };
            before = at;
            let Some(spans) = item else {
                let what = format!("item {index} of a page of a store");
                self.broken.get_or_insert(Stop::malformed(start.saturating_add(at as u64), what));
                continue;
            };
            let first = spans.parts().first().cloned().unwrap_or(start..start);
            if index.is_multiple_of(2) {
                key = value::shown_key(self.blob, first.start, first.end.saturating_sub(first.start))?;
                spans.parts().iter().for_each(|part| self.pieces.add(part.clone(), Claim::Read));
            } else {
                value::give(self.blob, sink, &mut self.pieces, std::mem::take(&mut key), &spans, false)?;
            }
        }
        Ok(())
    }

    /// An item of a hash page (`HKEYDATA`, `HOFFPAGE`): it ends where the one before begins.
    fn hashed(&mut self, sink: &Sink<'_>, start: u64, bytes: &[u8], range: Range<usize>) -> Result<Option<Spans>, Stop> {
        let item = bytes.get(range.clone()).unwrap_or_default();
        let from = start.saturating_add(range.start as u64);
        let end = start.saturating_add(range.end as u64);
        match item.first() {
            Some(1) => {
                self.pieces.add(from..from.saturating_add(1), Claim::Read);
                Ok(Some(Spans::one(from.saturating_add(1)..end)))
            }
            Some(3) => {
                self.pieces.add(from..from.saturating_add(12).min(end), Claim::Read);
                match (self.order.u32(item, 4), self.order.u32(item, 8)) {
                    (Some(page), Some(length)) => self.overflow(sink, page, length),
                    _ => Ok(None),
                }
            }
            Some(2 | 4) => {
                self.broken.get_or_insert(Stop::Unsupported("duplicates of a key".into()));
                self.pieces.add(from..end, Claim::Read);
                Ok(Some(Spans::default()))
            }
            _ => Ok(None),
        }
    }

    /// An item of a leaf of a b-tree (`BKEYDATA`, `BOVERFLOW`).
    fn leaf(&mut self, sink: &Sink<'_>, start: u64, bytes: &[u8], at: usize) -> Result<Option<Spans>, Stop> {
        let item = bytes.get(at..).unwrap_or_default();
        let from = start.saturating_add(at as u64);
        let length = self.order.u16(item, 0).map(u64::from).unwrap_or_default();
        // The highest bit marks what was deleted.
        match item.get(2).map(|kind| kind & 0x7f) {
            Some(1) => {
                let data = from.saturating_add(3);
                self.pieces.add(from..data, Claim::Read);
                let end = data.saturating_add(length);
                Ok((end <= start.saturating_add(self.page)).then(|| Spans::one(data..end)))
            }
            Some(3) => {
                self.pieces.add(from..from.saturating_add(12), Claim::Read);
                match (self.order.u32(item, 4), self.order.u32(item, 8)) {
                    (Some(page), Some(length)) => self.overflow(sink, page, length),
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    /// The pages of a long item: each says how much of it is there, and which follows.
    fn overflow(&mut self, sink: &Sink<'_>, page: u32, length: u32) -> Result<Option<Spans>, Stop> {
        let mut spans = Spans::default();
        let mut next = page;
        while next != 0 && spans.len() < u64::from(length) {
            sink.meter().steps(1)?;
            let number = u64::from(next);
            let start = number.saturating_mul(self.page);
            if start >= self.len || !self.owned.insert(number) {
                return Ok(None);
            }
            sink.meter().hold(ENTRY)?;
            let head = self.blob.bytes_at(start, HEADER)?;
            let (Some(kind), Some(size)) = (head.get(25), self.order.u16(&head, 22)) else {
                return Ok(None);
            };
            if *kind != kind::OVERFLOW {
                return Ok(None);
            }
            let data = start.saturating_add(HEADER as u64);
            let end = data.saturating_add(size.into()).min(start.saturating_add(self.page)).min(self.len);
            self.pieces.add(start..data, Claim::Read);
            spans.push(data..end);
            next = self.order.u32(&head, 16).unwrap_or_default();
        }
        Ok((spans.len() == u64::from(length)).then_some(spans))
    }
}
