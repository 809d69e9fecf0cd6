//! GNU dbm (`gdbmdefs.h` of gdbm 1.23): a header, a directory of buckets, buckets of places, keys and values, and lists of free space.

use std::{collections::HashSet, ops::Range};

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Claim,
    fact::{Flaw, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::Sink,
    source::Access,
    stop::Stop,
};

use super::{spans::Spans, value};
use crate::pieces::Pieces;

/// A store of GNU dbm.
pub const FORMAT: Format = Format {
    id: "gdbm",
    name: "GNU dbm store",
    extensions: &["gdbm", "db", "pag"],
    depth: Depth::Values,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Flaw],
    detect,
    explain: None,
    parse,
};

/// Bytes of a directory or of a bucket.
const TABLE: u64 = 64 << 20;
/// Bytes of a bucket.
const BUCKET: u64 = 1 << 20;
/// Bytes that a bucket keeps of each key, which lies whole in front of the value.
const KEY_START: u64 = 4;
/// Free places that a bucket has room for.
const BUCKET_FREE: u64 = 6;
/// What an entry costs in memory.
const ENTRY: u64 = 128;

/// `GDBM_OMAGIC`, and the magics of 32 and 64 bits, without and with a counter of synchronisations.
const MAGICS: [(u32, Option<bool>, bool); 5] = [
    (0x1357_9ace, None, false),
    (0x1357_9acd, Some(false), false),
    (0x1357_9acf, Some(true), false),
    (0x1357_9ad0, Some(false), true),
    (0x1357_9ad1, Some(true), true),
];

fn detect(head: &Head<'_>) -> Option<Certainty> {
    let magic = u32::from_le_bytes(*head.at(0, 4)?.first_chunk()?);
    let known = |magic: u32| MAGICS.iter().any(|(known, ..)| *known == magic);
    (known(magic) || known(magic.swap_bytes())).then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let Some(len) = blob.len() else {
        return Err(Stop::Unsupported("a store of unknown length".into()));
    };
    let meter = sink.meter().clone();
    let mut store = Store { blob, meter: &meter, form: Form::of(blob)?, pieces: Pieces::default(), len, end: len, broken: None };
    let read = store.read(sink);
    let Store { pieces, broken, end, .. } = store;
    // Space is given out in pieces of any size, so that each byte up to the end can have been freed.
    value::finish(blob, sink, pieces, end.max(1), &|number| number == 0)?;
    read.and(broken.map_or(Ok(()), Err))
}

/// How numbers are written: as the machine that wrote the store had them.
#[derive(Clone, Copy)]
struct Form {
    big: bool,
    /// Whether offsets have eight bytes, and are aligned to them.
    wide: bool,
    /// Whether the header has a counter of synchronisations.
    counted: bool,
}

impl Form {
    fn of(blob: &Blob) -> Result<Self, Stop> {
        let head = blob.bytes_at(0, 16)?;
        let word = |at: usize| head.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        let magic = word(0).unwrap_or_default();
        for (known, wide, counted) in MAGICS {
            for big in [false, true] {
                if magic == if big { known.swap_bytes() } else { known } {
                    // The old magic says nothing of the offsets: in the first of eight bytes one half is zero.
                    let half = word(if big { 8 } else { 12 });
                    return Ok(Self { big, wide: wide.unwrap_or(half == Some(0)), counted });
                }
            }
        }
        Err(Stop::malformed(0, "the magic of a store"))
    }

    fn offset(self) -> u64 {
        if self.wide { 8 } else { 4 }
    }
}

struct Store<'b> {
    blob: &'b Blob,
    meter: &'b Meter,
    form: Form,
    pieces: Pieces,
    len: u64,
    /// Where the store ends, as its header has it.
    end: u64,
    broken: Option<Stop>,
}

/// A walk over fields of a part that was fetched.
struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
    form: Form,
}

impl Words<'_> {
    fn int(&mut self) -> Option<u32> {
        let bytes = *self.bytes.get(self.at..)?.first_chunk()?;
        self.at = self.at.checked_add(4)?;
        Some(if self.form.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// Where a structure with an offset in it begins.
    fn align(&mut self) -> Option<()> {
        self.at = self.at.checked_next_multiple_of(if self.form.wide { 8 } else { 4 })?;
        Some(())
    }

    /// An offset, aligned to its size.
    fn offset(&mut self) -> Option<u64> {
        if !self.form.wide {
            return self.int().map(u64::from);
        }
        self.align()?;
        let bytes = *self.bytes.get(self.at..)?.first_chunk()?;
        self.at = self.at.checked_add(8)?;
        Some(if self.form.big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }
}

/// What the header says.
struct Header {
    block: u64,
    directory: Range<u64>,
    bucket: u64,
    elements: u64,
    /// Where the list of free space that follows the one in the header lies.
    next_list: u64,
    /// Where the next block would be put: the end of the file.
    end: u64,
}

impl Store<'_> {
    fn read(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let header = self.header()?;
        if header.block < 32 || header.bucket < 64 || header.bucket > BUCKET {
            return Err(Stop::malformed(4, format!("blocks of {} and buckets of {} bytes", header.block, header.bucket)));
        }
        self.end = header.end.min(self.len);
        if self.len < header.end {
            self.broken.get_or_insert(Stop::truncated(self.len, "the blocks of a store"));
        }
        self.free_lists(header.next_list)?;
        let directory = self.part(header.directory.clone(), "the directory of a store")?;
        self.pieces.add(header.directory.clone(), Claim::Read);
        let mut words = Words { bytes: &directory, at: 0, form: self.form };
        let (mut seen, mut left) = (HashSet::new(), self.len.saturating_mul(2));
        while let Some(bucket) = words.offset() {
            self.meter.steps(1)?;
            // Neighbours share a bucket until it is split.
            if seen.insert(bucket) {
                self.meter.hold(ENTRY)?;
                let overlap = || Stop::malformed(bucket, "buckets of a store that overlap");
                left = left.checked_sub(header.bucket).ok_or_else(overlap)?;
                let read = self.bucket(sink, bucket, &header);
                self.tolerate(read)?;
            }
        }
        Ok(())
    }

    fn tolerate(&mut self, read: Result<(), Stop>) -> Result<(), Stop> {
        match read {
            Err(stop @ (Stop::Malformed { .. } | Stop::Truncated { .. })) => {
                self.broken.get_or_insert(stop);
                Ok(())
            }
            read => read,
        }
    }

    /// The bytes of a range, all of which must be there.
    fn part(&mut self, range: Range<u64>, what: &str) -> Result<Vec<u8>, Stop> {
        let count = range.end.saturating_sub(range.start);
        if count > TABLE {
            return Err(Stop::malformed(range.start, format!("{what}: {count} bytes")));
        }
        if range.end > self.len {
            return Err(Stop::truncated(self.len, what));
        }
        self.meter.bytes(count)?;
        Ok(self.blob.bytes_at(range.start, usize::try_from(count).unwrap_or(0))?)
    }

    /// `gdbm_file_header`, the list of free space in it included: it fills the first block.
    fn header(&mut self) -> Result<Header, Stop> {
        const WHAT: &str = "the header of a store";
        let head = self.part(0..self.len.min(256), WHAT)?;
        let form = self.form;
        let mut words = Words { bytes: &head, at: 4, form };
        let mut read = || {
            let block = words.int()?;
            let (directory, size) = (words.offset()?, words.int()?);
            words.int()?;
            let (bucket, elements) = (words.int()?, words.int()?);
            let file_end = words.offset()?;
            if form.counted {
                // `gdbm_ext_header`: a version, a counter, and six words that are kept free.
                words.at = words.at.checked_add(32)?;
            }
            let list = words.at as u64;
            let (_, count) = (words.int()?, words.int()?);
            let next_list = words.offset()?;
            let end = (words.at as u64).saturating_add(u64::from(count).saturating_mul(form.offset().saturating_mul(2)));
            let header = Header {
                block: block.into(),
                directory: directory..directory.saturating_add(size.into()),
                bucket: bucket.into(),
                elements: elements.into(),
                next_list,
                end: file_end,
            };
            (end.saturating_sub(list) <= TABLE).then_some((header, end))
        };
        let (header, end) = read().ok_or_else(|| Stop::truncated(self.len, WHAT))?;
        self.pieces.add(0..end.min(self.len), Claim::Read);
        Ok(header)
    }

    /// Lists of free space behind the first (`avail_block`): a size, a count, the next list, and then size and place of each.
    fn free_lists(&mut self, mut next: u64) -> Result<(), Stop> {
        let mut seen = HashSet::new();
        while next != 0 && seen.insert(next) {
            self.meter.hold(ENTRY)?;
            let head = self.part(next..next.saturating_add(8).saturating_add(self.form.offset()), "a list of free space")?;
            let mut words = Words { bytes: &head, at: 4, form: self.form };
            let (Some(count), Some(following)) = (words.int(), words.offset()) else { break };
            let places = u64::from(count).saturating_mul(self.form.offset().saturating_mul(2));
            let end = next.saturating_add(head.len() as u64).saturating_add(places);
            self.part(next..end, "a list of free space")?;
            self.pieces.add(next..end, Claim::Read);
            next = following;
        }
        Ok(())
    }

    /// A bucket (`hash_bucket`): free places, bits, a count, and its elements, of which a hash of -1 marks an empty one.
    fn bucket(&mut self, sink: &mut Sink<'_>, at: u64, header: &Header) -> Result<(), Stop> {
        const WHAT: &str = "a bucket of a store";
        let range = at..at.saturating_add(header.bucket);
        let bytes = self.part(range, WHAT)?;
        let mut words = Words { bytes: &bytes, at: 0, form: self.form };
        let mut start = || {
            words.int()?;
            for _ in 0..BUCKET_FREE {
                words.align()?;
                words.int()?;
                words.offset()?;
            }
            words.int()?;
            words.int()
        };
        let count = start().ok_or_else(|| Stop::malformed(at, WHAT))?;
        let mut found = 0_u32;
        for _ in 0..header.elements {
            self.meter.steps(1)?;
            let mut element = || {
                let hash = words.int()?;
                words.at = words.at.checked_add(usize::try_from(KEY_START).ok()?)?;
                let place = words.offset()?;
                Some((hash, place, words.int()?, words.int()?))
            };
            let Some((hash, place, key, data)) = element() else { break };
            if hash != u32::MAX {
                found = found.saturating_add(1);
                let read = self.entry(sink, place, key.into(), data.into());
                self.tolerate(read)?;
            }
        }
        self.pieces.add(at..at.saturating_add(words.at as u64), Claim::Read);
        if found != count {
            let detail = format!("{count} keys are stated, and {found} are there");
            let flaw = Flaw { id: "bucket-count-lie".into(), detail: detail.into(), part: "".into() };
            sink.fact(Place::bytes(at, header.bucket), flaw)?;
        }
        Ok(())
    }

    /// A key and the value behind it.
    fn entry(&mut self, sink: &mut Sink<'_>, at: u64, key: u64, data: u64) -> Result<(), Stop> {
        let (middle, end) = (at.saturating_add(key), at.saturating_add(key).saturating_add(data));
        if end > self.len || at == 0 {
            return Err(Stop::malformed(at.min(self.len), "a key or a value outside of its store"));
        }
        self.meter.hold(ENTRY)?;
        self.pieces.add(at..middle, Claim::Read);
        let name = value::shown_key(self.blob, at, key)?;
        value::give(self.blob, sink, &mut self.pieces, name, &Spans::one(middle..end), false)
    }
}
