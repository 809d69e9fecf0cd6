//! Directory records (section 9.1).

use std::ops::Range;

/// One record: a file or a directory, or a part of a file.
pub(super) struct Record<'a> {
    pub(super) extent: u32,
    /// Blocks of attributes in front of the content.
    pub(super) attributes: u8,
    pub(super) size: u32,
    pub(super) flags: u8,
    /// Whether the content is spread over other files' blocks.
    pub(super) interleaved: bool,
    pub(super) name: &'a [u8],
    /// What systems add.
    pub(super) system: &'a [u8],
}

/// The record in the first bytes, and how many it takes; `None` where it breaks its rules.
pub(super) fn record(bytes: &[u8]) -> Option<(Record<'_>, usize)> {
    let length = usize::from(*bytes.first()?);
    let bytes = bytes.get(..length)?;
    let name_length = usize::from(*bytes.get(32)?);
    let end = 33_usize.checked_add(name_length)?;
    let system = end.checked_add(usize::from(name_length.is_multiple_of(2)))?;
    let record = Record {
        attributes: *bytes.get(1)?,
        extent: u32_at(bytes, 2)?,
        size: u32_at(bytes, 10)?,
        flags: *bytes.get(25)?,
        interleaved: bytes.get(26..28)? != [0, 0],
        name: bytes.get(33..end)?,
        system: bytes.get(system..).unwrap_or_default(),
    };
    Some((record, length))
}

impl Record<'_> {
    pub(super) fn is_directory(&self) -> bool {
        self.flags & 2 != 0
    }

    /// Whether the next record goes on with this file.
    pub(super) fn goes_on(&self) -> bool {
        self.flags & 0x80 != 0
    }

    /// The directory itself, or the one above.
    pub(super) fn is_self_or_parent(&self) -> bool {
        matches!(self.name, [0 | 1])
    }

    /// Where the content lies.
    pub(super) fn range(&self, block: u64) -> Range<u64> {
        let first = u64::from(self.extent).saturating_add(self.attributes.into());
        let start = first.saturating_mul(block);
        start..start.saturating_add(self.size.into())
    }
}

/// The name without its version.
pub(super) fn plain(name: &[u8]) -> Vec<u8> {
    let text = name.split(|byte| *byte == b';').next().unwrap_or_default();
    text.strip_suffix(b".").unwrap_or(text).to_vec()
}

/// The name in UTF-16, without its version.
pub(super) fn wide(name: &[u8]) -> Vec<u8> {
    let units = name.chunks_exact(2).filter_map(|unit| unit.first_chunk()).map(|unit| u16::from_be_bytes(*unit));
    let text: String = char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).collect();
    text.split(';').next().unwrap_or_default().as_bytes().to_vec()
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(super) fn big_u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
