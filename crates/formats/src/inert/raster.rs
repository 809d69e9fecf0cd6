//! Images whose parts lie where a directory says: BMP, icons, TIFF.

use std::collections::BTreeSet;

use base::{
    format::{Certainty, Head},
    reader::Reader,
    stop::Stop,
};

use super::{certain, possible, u32_at, within};

/// A file header and an information header of a known size.
pub(super) fn is_bmp(head: &Head<'_>) -> Option<Certainty> {
    let known = matches!(u32_at(head, 14), Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124));
    possible(head.starts(b"BM") && u32_at(head, 6) == Some(0) && known)
}

/// The size that the header states.
pub(super) fn bmp(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    reader.skip(2, "the magic")?;
    let size = reader.u32_le("the file size")?;
    reader.skip(4, "the header")?;
    let pixels = reader.u32_le("the offset of the pixels")?;
    if pixels < 26 || pixels > size {
        return Err(Stop::malformed(10, "the pixels lie outside the file"));
    }
    within(reader, u64::from(size), "the pixels")
}

/// Reserved zero, kind 1 or 2, and a small count.
pub(super) fn is_ico(head: &Head<'_>) -> Option<Certainty> {
    let count = matches!(head.at(4, 2), Some([1..=64, 0]));
    possible(matches!(head.at(0, 4), Some([0, 0, 1 | 2, 0])) && count && head.first.get(9) == Some(&0))
}

/// The directory and the images that it names, each a PNG or a bitmap.
pub(super) fn ico(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    reader.skip(4, "the header")?;
    let count = reader.u16_le("the count")?;
    let directory = u64::from(count).saturating_mul(16).saturating_add(6);
    let mut end = directory;
    for index in 0..u64::from(count) {
        reader.seek(index.saturating_mul(16).saturating_add(14));
        let size = u64::from(reader.u32_le("an entry")?);
        let offset = u64::from(reader.u32_le("an entry")?);
        if offset < directory {
            return Err(Stop::malformed(reader.offset(), "an image lies inside the directory"));
        }
        end = end.max(within(reader, offset.saturating_add(size), "an image")?);
        reader.seek(offset);
        let first: [u8; 4] = reader.array("an image")?;
        if first != [40, 0, 0, 0] && first != *b"\x89PNG" {
            return Err(Stop::malformed(offset, "expected a bitmap or a PNG"));
        }
    }
    Ok(end)
}

/// TIFF 6.0, section 2: byte order and 42.
pub(super) fn is_tiff(head: &Head<'_>) -> Option<Certainty> {
    certain(head.starts(b"II*\0") || head.starts(b"MM\0*"))
}

/// Directories read at most: honest files have one a page.
const DIRECTORIES: usize = 1 << 16;
/// Strips or tiles of one image.
const STRIPS: u64 = 1 << 20;

/// The directories in their chain, the values that they point to, and the strips or tiles.
pub(super) fn tiff(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    let order: [u8; 4] = reader.array("the byte order")?;
    let mut tiff = Tiff { reader, big: order.starts_with(b"MM"), end: 8 };
    let mut seen = BTreeSet::new();
    let mut offset = tiff.u32("the first directory")?;
    while offset != 0 {
        if !seen.insert(offset) || seen.len() > DIRECTORIES {
            return Err(Stop::malformed(u64::from(offset), "the directories form a circle"));
        }
        tiff.reader.seek(u64::from(offset));
        offset = tiff.directory()?;
    }
    if seen.is_empty() {
        return Err(Stop::malformed(4, "expected a directory"));
    }
    Ok(tiff.end)
}

struct Tiff<'r, 'a> {
    reader: &'r mut Reader<'a>,
    big: bool,
    /// Behind the last part that was seen.
    end: u64,
}

/// Where the numbers of an entry lie.
#[derive(Clone, Copy)]
struct Values {
    at: u64,
    count: u64,
    /// Bytes of one.
    size: u64,
}

impl Tiff<'_, '_> {
    fn u16(&mut self, what: &str) -> Result<u16, Stop> {
        if self.big { self.reader.u16_be(what) } else { self.reader.u16_le(what) }
    }

    fn u32(&mut self, what: &str) -> Result<u32, Stop> {
        if self.big { self.reader.u32_be(what) } else { self.reader.u32_le(what) }
    }

    /// Reads the directory here; the offset of the next.
    fn directory(&mut self) -> Result<u32, Stop> {
        let count = self.u16("a directory")?;
        let (mut offsets, mut lengths) = (None, None);
        for _ in 0..count {
            let (tag, kind) = (self.u16("an entry")?, self.u16("an entry")?);
            let number = u64::from(self.u32("an entry")?);
            let at = self.reader.offset();
            let size = match kind {
                3 | 8 => 2,
                4 | 9 | 11 | 13 => 4,
                5 | 10 | 12 => 8,
                _ => 1,
            };
            let length = number.saturating_mul(size);
            let value = u64::from(self.u32("an entry")?);
            let at = if length > 4 { self.part(value, length)? } else { at };
            let values = Some(Values { at, count: number, size });
            match tag {
                273 | 324 => offsets = values,
                279 | 325 => lengths = values,
                _ => {}
            }
        }
        let next = self.u32("the next directory")?;
        self.end = self.end.max(self.reader.offset());
        if let (Some(offsets), Some(lengths)) = (offsets, lengths) {
            self.strips(offsets, lengths)?;
        }
        Ok(next)
    }

    /// Notes a part of the file.
    fn part(&mut self, at: u64, length: u64) -> Result<u64, Stop> {
        self.end = self.end.max(within(self.reader, at.saturating_add(length), "a value")?);
        Ok(at)
    }

    fn strips(&mut self, offsets: Values, lengths: Values) -> Result<(), Stop> {
        for index in 0..offsets.count.min(lengths.count).min(STRIPS) {
            let (offset, length) = (self.number(offsets, index)?, self.number(lengths, index)?);
            self.part(offset, length)?;
        }
        Ok(())
    }

    fn number(&mut self, values: Values, index: u64) -> Result<u64, Stop> {
        self.reader.seek(values.at.saturating_add(index.saturating_mul(values.size)));
        match values.size {
            2 => self.u16("a strip").map(u64::from),
            _ => self.u32("a strip").map(u64::from),
        }
    }
}
