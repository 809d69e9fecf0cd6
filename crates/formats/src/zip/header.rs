//! The two headers of a member (APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.5).

use std::ops::Range;

use crate::fields::Fields;

pub(super) const LOCAL: &[u8; 4] = b"PK\x03\x04";
pub(super) const CENTRAL: &[u8; 4] = b"PK\x01\x02";
/// Fixed part of a local header, in bytes.
pub(super) const LOCAL_SIZE: usize = 30;
/// Fixed part of a central header, in bytes.
pub(super) const CENTRAL_SIZE: usize = 46;

/// What both headers state.
#[derive(Clone, Debug, Default)]
pub(super) struct Stated {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) name: Box<[u8]>,
    /// The name of Info-ZIP's Unicode path field, where it differs.
    pub(super) unicode: Option<Box<[u8]>>,
    /// A zip64 field that lacks what the header refers to, stands there twice, or is cut short.
    pub(super) odd_zip64: bool,
    /// Extra fields of no known kind that hold something: ranges of the archive.
    pub(super) foreign: Vec<Range<u64>>,
}

/// Bits of the general purpose flags.
pub(super) mod flag {
    pub(in super::super) const ENCRYPTED: u16 = 1;
    pub(in super::super) const DESCRIPTOR: u16 = 1 << 3;
    pub(in super::super) const PATCH: u16 = 1 << 5;
    pub(in super::super) const STRONG: u16 = 1 << 6;
    pub(in super::super) const MASKED: u16 = 1 << 13;
    /// Those whose disagreement changes what a reader does. The compression level (1, 2) and UTF-8 (11) do not.
    pub(in super::super) const DECISIVE: u16 = ENCRYPTED | PATCH | STRONG | MASKED;
}

/// A header of the central directory.
#[derive(Clone, Debug)]
pub(super) struct Central {
    pub(super) stated: Stated,
    /// The system that made it (3 Unix, 19 macOS).
    pub(super) system: u8,
    pub(super) external: u32,
    pub(super) disk: u32,
    /// Offset of the local header as stated.
    pub(super) local: u64,
    /// Where the header lies.
    pub(super) range: Range<u64>,
    /// Where its comment lies.
    pub(super) comment: Range<u64>,
}

impl Central {
    /// The file type of Unix (`S_IFMT`), where there is one.
    pub(super) fn file_type(&self) -> u32 {
        if matches!(self.system, 3 | 19) { self.external >> 16 & 0o170_000 } else { 0 }
    }
}

/// A local header.
#[derive(Clone, Debug)]
pub(super) struct Local {
    pub(super) stated: Stated,
    /// Where the header lies; the data begin at its end.
    pub(super) range: Range<u64>,
}

impl Local {
    /// Whether sizes and CRC follow the data instead of standing in the header.
    pub(super) fn streamed(&self) -> bool {
        self.stated.flags & flag::DESCRIPTOR != 0
    }
}

/// The lengths of name, extra field and comment in a fixed central header.
pub(super) fn central_lengths(fixed: &[u8; CENTRAL_SIZE]) -> Option<[usize; 3]> {
    let mut fields = Fields(fixed);
    fields.take(28)?;
    Some([fields.u16_le()?, fields.u16_le()?, fields.u16_le()?].map(usize::from))
}

/// Reads a central header at `at` from its fixed part and the `tail` that its lengths describe.
pub(super) fn central(fixed: &[u8; CENTRAL_SIZE], tail: &[u8], at: u64) -> Option<Central> {
    let [name_len, extra_len, comment_len] = central_lengths(fixed)?;
    let mut fields = Fields(fixed);
    fields.take(4)?;
    let system = u8::try_from(fields.u16_le()? >> 8).ok()?;
    let (mut stated, _) = shared(&mut fields)?;
    fields.take(2)?;
    let mut disk = u32::from(fields.u16_le()?);
    fields.take(2)?;
    let external = fields.u32_le()?;
    let mut local = u64::from(fields.u32_le()?);
    let mut tail = Fields(tail);
    stated.name = tail.take(name_len)?.into();
    let extra_at = at.saturating_add(CENTRAL_SIZE as u64).saturating_add(name_len as u64);
    let zip64 = extra(tail.take(extra_len)?, extra_at, &mut stated);
    let mut wide = Fields(&zip64);
    for number in [&mut stated.size, &mut stated.packed, &mut local] {
        stated.odd_zip64 |= !widen(number, &mut wide);
    }
    if disk == u32::from(u16::MAX) {
        disk = wide.u32_le().unwrap_or(disk);
    }
    let comment_at = extra_at.saturating_add(extra_len as u64);
    let end = comment_at.saturating_add(comment_len as u64);
    Some(Central { stated, system, external, disk, local, range: at..end, comment: comment_at..end })
}

/// Reads a local header from `bytes`, which lie at `at`. `None` where the signature is missing or the header is cut short.
pub(super) fn local(bytes: &[u8], at: u64) -> Option<Local> {
    let mut fields = Fields(bytes);
    if fields.take(4)? != LOCAL {
        return None;
    }
    let (mut stated, [name_len, extra_len]) = shared(&mut fields)?;
    stated.name = fields.take(name_len)?.into();
    let extra_at = at.saturating_add((LOCAL_SIZE as u64).saturating_add(name_len as u64));
    let zip64 = extra(fields.take(extra_len)?, extra_at, &mut stated);
    let mut wide = Fields(&zip64);
    for number in [&mut stated.size, &mut stated.packed] {
        stated.odd_zip64 |= !widen(number, &mut wide);
    }
    Some(Local { stated, range: at..extra_at.saturating_add(extra_len as u64) })
}

/// The bytes that a local header takes whose fixed part is `fixed`.
pub(super) fn local_length(fixed: &[u8]) -> Option<usize> {
    let mut fields = Fields(fixed);
    if fields.take(4)? != LOCAL {
        return None;
    }
    let (_, [name_len, extra_len]) = shared(&mut fields)?;
    LOCAL_SIZE.checked_add(name_len)?.checked_add(extra_len)
}

/// From "version needed" to the lengths of name and extra field.
fn shared(fields: &mut Fields<'_>) -> Option<(Stated, [usize; 2])> {
    fields.take(2)?;
    let (flags, method) = (fields.u16_le()?, fields.u16_le()?);
    fields.take(4)?;
    let crc = fields.u32_le()?;
    let (packed, size) = (fields.u32_le()?.into(), fields.u32_le()?.into());
    let lengths = [usize::from(fields.u16_le()?), usize::from(fields.u16_le()?)];
    Some((Stated { flags, method, crc, packed, size, ..Stated::default() }, lengths))
}

/// Replaces a number that is all ones by the next one of the zip64 field; whether that was possible.
fn widen(number: &mut u64, wide: &mut Fields<'_>) -> bool {
    if *number == u64::from(u32::MAX) {
        match wide.u64_le() {
            Some(value) => *number = value,
            None => return false,
        }
    }
    true
}

/// Walks the extra fields that lie at `at`, notes what is of interest, and gives the value of the zip64 field.
fn extra(bytes: &[u8], at: u64, stated: &mut Stated) -> Vec<u8> {
    let mut fields = Fields(bytes);
    let mut zip64 = None;
    loop {
        let start = at.saturating_add(bytes.len().saturating_sub(fields.0.len()) as u64);
        let rest = fields.0;
        let header = fields.u16_le().zip(fields.u16_le());
        let Some((id, value)) = header.and_then(|(id, len)| Some((id, fields.take(usize::from(len))?))) else {
            // What is left is no field: alignment tools write zeros here.
            if rest.iter().any(|byte| *byte != 0) {
                stated.foreign.push(start..start.saturating_add(rest.len() as u64));
            }
            return zip64.unwrap_or_default();
        };
        match id {
            1 => {
                stated.odd_zip64 |= zip64.is_some();
                zip64.get_or_insert_with(|| value.to_vec());
            }
            0x7075 => stated.unicode = unicode_path(value, &stated.name),
            _ if known_extra(id, value) => {}
            _ => {
                let start = start.saturating_add(4);
                stated.foreign.push(start..start.saturating_add(value.len() as u64));
            }
        }
    }
}

/// Info-ZIP's Unicode path (0x7075): holds only while its CRC fits the name in the header.
fn unicode_path(value: &[u8], name: &[u8]) -> Option<Box<[u8]>> {
    let mut fields = Fields(value);
    let (version, crc) = (fields.u8()?, fields.u32_le()?);
    let mut sum = flate2::Crc::new();
    sum.update(name);
    (version == 1 && crc == sum.sum() && fields.0 != name).then(|| fields.0.into())
}

/// Fields whose values are times, owners, checksums or alignment, as their sizes confirm.
fn known_extra(id: u16, value: &[u8]) -> bool {
    match id {
        // NTFS times; OpenVMS, MVS, OS/400; Unix of PKWARE; Info-ZIP's Unix in three ages; times; Unicode comment; AES; jar; ASi Unix.
        0x000a | 0x000d | 0x5455 | 0x5855 | 0x7855 | 0x7875 | 0x756e | 0x6375 | 0x9901 | 0xcafe => value.len() <= 64,
        // Alignment: PyTorch fills with one letter, Android with a number and zeros, others with zeros.
        0x4246 | 0xd935 | 0xa11e => {
            let filling = value.get(usize::from(id != 0x4246).saturating_mul(2)..).unwrap_or_default();
            filling.windows(2).all(|pair| pair.first() == pair.last())
        }
        _ => value.iter().all(|byte| *byte == 0),
    }
}
