//! FlatBuffers, read at any offset and checked: tables through their vtables, vectors, strings; each part is noted once, and
//! no offset is followed twice (<https://flatbuffers.dev/internals/>).

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    rc::Rc,
};

use base::{blob::Blob, budget::Meter, coverage::Claim, stop::Stop};

use crate::pieces::Pieces;

/// Bytes that are fetched at a time: offsets lead back and forth, so that a window of a forward reader would be read again and again.
const PAGE: u64 = 16 << 10;
/// Pages that are kept.
const PAGES: usize = 256;
/// What a noted part costs in memory.
const NOTE: u64 = 48;

/// A buffer that is being read.
pub(crate) struct Flatbuffer<'b> {
    blob: &'b Blob,
    meter: Meter,
    len: u64,
    pages: HashMap<u64, Vec<u8>>,
    vtables: HashMap<u64, Rc<[u16]>>,
    seen: HashSet<u64>,
    /// What was recognised.
    pub(crate) pieces: Pieces,
}

/// A table: where it begins, and where its fields lie in it (0: the default holds).
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) at: u64,
    fields: Rc<[u16]>,
}

impl Table {
    /// Where the field in this slot lies, if it is there.
    pub(crate) fn field(&self, slot: usize) -> Option<u64> {
        let offset = self.fields.get(slot).copied().filter(|offset| *offset != 0)?;
        self.at.checked_add(offset.into())
    }

    /// Whether a field is there that a schema with this many slots does not know.
    pub(crate) fn exceeds(&self, slots: usize) -> bool {
        self.fields.iter().skip(slots).any(|offset| *offset != 0)
    }
}

/// A vector: where its elements begin, and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vector {
    pub(crate) at: u64,
    pub(crate) count: u64,
}

macro_rules! scalars {
    ($($name:ident $type:ty;)+) => { $(
        /// A number at `at`, noted as read.
        pub(crate) fn $name(&mut self, at: u64) -> Result<$type, Stop> {
            Ok(<$type>::from_le_bytes(self.noted(at)?))
        }
    )+ };
}

impl<'b> Flatbuffer<'b> {
    /// `None` when the length is not known.
    pub(crate) fn new(blob: &'b Blob, meter: &Meter) -> Option<Self> {
        let len = blob.len()?;
        Some(Self {
            blob,
            meter: meter.clone(),
            len,
            pages: HashMap::new(),
            vtables: HashMap::new(),
            seen: HashSet::new(),
            pieces: Pieces::default(),
        })
    }

    /// The root table, and the identifier of the file behind its offset.
    pub(crate) fn root(&mut self, identified: bool) -> Result<Table, Stop> {
        self.note(0..if identified { 8 } else { 4 })?;
        let at = u32::from_le_bytes(self.bytes(0)?);
        self.table(at.into())
    }

    scalars! { u8 u8; u32 u32; u64 u64; }

    /// The table at `at`: its vtable stands where its first four bytes say.
    pub(crate) fn table(&mut self, at: u64) -> Result<Table, Stop> {
        self.meter.steps(1)?;
        let back = i32::from_le_bytes(self.bytes(at)?);
        let vtable = at.checked_add_signed(i64::from(back).saturating_neg());
        let vtable = vtable.ok_or_else(|| Stop::malformed(at, "a table whose vtable lies before the file"))?;
        if !aligned(at, 4) || !aligned(vtable, 2) {
            return Err(Stop::malformed(at, "a table of a flatbuffer that is not aligned"));
        }
        self.note(at..at.saturating_add(4))?;
        let fields = self.vtable(vtable, at)?;
        Ok(Table { at, fields })
    }

    /// The offsets of a vtable: two sizes, then a `u16` a field. It is checked against the table at `table`.
    fn vtable(&mut self, at: u64, table: u64) -> Result<Rc<[u16]>, Stop> {
        let size = u16::from_le_bytes(self.bytes(at)?);
        let inline = u16::from_le_bytes(self.bytes(at.saturating_add(2))?);
        let broken = size < 4 || size % 2 != 0 || inline < 4;
        if broken || table.saturating_add(inline.into()) > self.len {
            return Err(Stop::malformed(at, "a vtable of a flatbuffer"));
        }
        if let Some(fields) = self.vtables.get(&at) {
            return Ok(fields.clone());
        }
        let end = at.saturating_add(size.into());
        self.note(at..end)?;
        let mut fields = Vec::new();
        for slot in (at.saturating_add(4)..end).step_by(2) {
            let field = u16::from_le_bytes(self.bytes(slot)?);
            if field != 0 && (field < 4 || field >= inline) {
                return Err(Stop::malformed(slot, "a field of a flatbuffer that lies outside its table"));
            }
            fields.push(field);
        }
        self.meter.hold(u64::from(size).saturating_add(NOTE))?;
        let fields: Rc<[u16]> = fields.into();
        self.vtables.insert(at, fields.clone());
        Ok(fields)
    }

    /// Follows the offset at `at`, which counts from itself. Offsets are unsigned: they lead forward only, so no chain of them is a loop.
    pub(crate) fn follow(&mut self, at: u64) -> Result<u64, Stop> {
        let offset = self.u32(at)?;
        let target = at.saturating_add(offset.into());
        match offset > 0 && target < self.len {
            true => Ok(target),
            false => Err(Stop::malformed(at, "an offset of a flatbuffer that leads outside of it")),
        }
    }

    /// Whether `at` was not visited before: what many offsets share is read once.
    pub(crate) fn first_visit(&mut self, at: u64) -> Result<bool, Stop> {
        let first = self.seen.insert(at);
        if first {
            self.meter.hold(NOTE)?;
        }
        Ok(first)
    }

    /// The table that the field in this slot leads to.
    pub(crate) fn table_in(&mut self, table: &Table, slot: usize) -> Result<Option<Table>, Stop> {
        let Some(at) = table.field(slot) else {
            return Ok(None);
        };
        let target = self.follow(at)?;
        self.table(target).map(Some)
    }

    /// The vector in this slot, of elements of `width` bytes. The elements are noted where they are no offsets.
    pub(crate) fn vector_in(&mut self, table: &Table, slot: usize, width: u64) -> Result<Vector, Stop> {
        let Some(at) = table.field(slot) else {
            return Ok(Vector::default());
        };
        let start = self.follow(at)?;
        let count = u32::from_le_bytes(self.bytes(start)?).into();
        let at = start.saturating_add(4);
        let end = width.checked_mul(count).and_then(|bytes| at.checked_add(bytes)).filter(|end| *end <= self.len);
        let end = end.ok_or_else(|| Stop::malformed(start, "a vector of a flatbuffer that is longer than the file"))?;
        if !aligned(start, 4) {
            return Err(Stop::malformed(start, "a vector of a flatbuffer that is not aligned"));
        }
        if self.first_visit(start)? {
            self.note(start..end)?;
        }
        Ok(Vector { at, count })
    }

    /// The tables that a vector leads to: where each begins.
    pub(crate) fn targets(&mut self, vector: Vector) -> Result<Vec<u64>, Stop> {
        self.meter.hold(vector.count.saturating_mul(8))?;
        self.meter.steps(vector.count)?;
        let mut targets = Vec::new();
        for at in elements(vector, 4) {
            let offset = u32::from_le_bytes(self.bytes(at)?);
            let target = at.saturating_add(offset.into());
            if offset == 0 || target >= self.len {
                return Err(Stop::malformed(at, "an offset of a flatbuffer that leads outside of it"));
            }
            targets.push(target);
        }
        Ok(targets)
    }

    /// The numbers of a vector of `u32`.
    pub(crate) fn numbers(&mut self, vector: Vector) -> Result<Vec<u32>, Stop> {
        self.meter.hold(vector.count.saturating_mul(4))?;
        self.meter.steps(vector.count)?;
        elements(vector, 4).map(|at| self.bytes(at).map(u32::from_le_bytes)).collect()
    }

    /// Where the string in this slot lies, without its length and the NUL behind it.
    pub(crate) fn text_range(&mut self, table: &Table, slot: usize) -> Result<Option<Range<u64>>, Stop> {
        match table.field(slot) {
            Some(at) => {
                let start = self.follow(at)?;
                self.text_at(start).map(Some)
            }
            None => Ok(None),
        }
    }

    /// Where the characters of the string at `start` lie.
    pub(crate) fn text_at(&mut self, start: u64) -> Result<Range<u64>, Stop> {
        let count = u32::from_le_bytes(self.bytes(start)?);
        let begin = start.saturating_add(4);
        let end = begin.saturating_add(count.into());
        if end >= self.len || self.bytes(end)? != [0] || !aligned(start, 4) {
            return Err(Stop::malformed(start, "a string of a flatbuffer"));
        }
        if self.first_visit(start)? {
            self.note(start..end.saturating_add(1))?;
        }
        Ok(begin..end)
    }

    /// The string in this slot; empty where there is none. At most `limit` bytes of it.
    pub(crate) fn text(&mut self, table: &Table, slot: usize, limit: u64) -> Result<String, Stop> {
        let range = self.text_range(table, slot)?.unwrap_or(0..0);
        self.shown(range, limit)
    }

    /// At most `limit` bytes of a range, as text.
    pub(crate) fn shown(&mut self, range: Range<u64>, limit: u64) -> Result<String, Stop> {
        let count = range.end.saturating_sub(range.start).min(limit);
        let bytes = self.take(range.start, usize::try_from(count).unwrap_or(0))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// `count` bytes at `at`, not noted; fewer where the file ends.
    pub(crate) fn take(&mut self, at: u64, count: usize) -> Result<Vec<u8>, Stop> {
        self.meter.bytes(count as u64)?;
        Ok(self.blob.bytes_at(at, count)?)
    }

    /// Notes a range as read.
    pub(crate) fn note(&mut self, range: Range<u64>) -> Result<(), Stop> {
        self.meter.hold(NOTE)?;
        self.pieces.add(range, Claim::Read);
        Ok(())
    }

    /// `N` bytes at `at`, noted as read.
    fn noted<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Stop> {
        let bytes = self.bytes(at)?;
        self.note(at..at.saturating_add(N as u64))?;
        Ok(bytes)
    }

    /// `N` bytes at `at`.
    pub(crate) fn bytes<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Stop> {
        let within = usize::try_from(at % PAGE).unwrap_or(0);
        let page = self.page(at / PAGE)?;
        if let Some(bytes) = page.get(within..).and_then(|rest| rest.first_chunk::<N>()) {
            return Ok(*bytes);
        }
        let mut bytes = [0; N];
        match self.blob.fill_at(at, &mut bytes)? {
            count if count == N => Ok(bytes),
            _ => Err(Stop::truncated(self.len, "a flatbuffer")),
        }
    }

    fn page(&mut self, number: u64) -> Result<&[u8], Stop> {
        if !self.pages.contains_key(&number) {
            if self.pages.len() >= PAGES {
                self.pages.clear();
            }
            let size = usize::try_from(PAGE).unwrap_or(0);
            let bytes = self.blob.bytes_at(number.saturating_mul(PAGE), size)?;
            self.meter.bytes(bytes.len() as u64)?;
            self.pages.insert(number, bytes);
        }
        Ok(self.pages.get(&number).map(Vec::as_slice).unwrap_or_default())
    }
}

/// Where the elements of a vector lie, each of `width` bytes.
pub(crate) fn elements(vector: Vector, width: u64) -> impl Iterator<Item = u64> {
    (0..vector.count).map(move |index| vector.at.saturating_add(index.saturating_mul(width)))
}

fn aligned(at: u64, to: u64) -> bool {
    at.is_multiple_of(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A root table with a number (slot 0), a string (slot 1) and a vector of two strings (slot 3).
    const BYTES: &[u8] = b"\x14\0\0\0TEST\x0c\0\x10\0\x04\0\x08\0\0\0\x0c\0\x0c\0\0\0\x07\0\0\0\x08\0\0\0\x0c\0\0\0\
        \x02\0\0\0ab\0\0\x02\0\0\0\x08\0\0\0\xf0\xff\xff\xff\x01\0\0\0c\0\0\0";

    fn read(bytes: &[u8]) -> Result<(u32, String, Vec<u64>), Stop> {
        let blob = Blob::from_bytes(bytes);
        let mut buffer = Flatbuffer::new(&blob, &Meter::unlimited()).unwrap();
        let root = buffer.root(true)?;
        let number = root.field(0).map_or(Ok(0), |at| buffer.u32(at))?;
        let text = buffer.text(&root, 1, 100)?;
        let vector = buffer.vector_in(&root, 3, 4)?;
        Ok((number, text, buffer.targets(vector)?))
    }

    #[test]
    fn fields_strings_and_vectors_are_read() {
        let mut bytes = BYTES.to_vec();
        bytes[52..56].copy_from_slice(&4_u32.to_le_bytes());
        assert_eq!(read(&bytes), Ok((7, "ab".into(), vec![56, 56])));
    }

    #[test]
    fn lies_and_every_prefix_stop_politely() {
        assert!(matches!(read(BYTES), Err(Stop::Malformed { .. })), "an offset leads outside");
        for cut in 0..BYTES.len() {
            assert!(read(&BYTES[..cut]).is_err(), "cut at {cut}");
        }
        let lies: &[(usize, u8)] =
            &[(0, 0x7f), (8, 2), (8, 5), (10, 200), (12, 2), (14, 200), (20, 0xff), (36, 0xff), (38, 9)];
        for (at, value) in lies {
            let mut bytes = BYTES.to_vec();
            bytes[52..56].copy_from_slice(&4_u32.to_le_bytes());
            bytes[*at] = *value;
            assert!(read(&bytes).is_err(), "{at}: {:?}", read(&bytes));
        }
    }
}
