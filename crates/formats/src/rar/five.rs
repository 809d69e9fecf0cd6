//! RAR 5 (technote.txt of RAR 5): blocks of numbers of variable length, with an extra area and data behind them.

use base::{coverage::Claim, reader::Reader, sink::Sink, stop::Stop};

use super::{FIVE, Member, data, flaw};
use crate::fields::Fields;

/// Bytes of a header: the format allows no more.
const HEADER: u64 = 2 << 20;
const WHAT: &str = "a block of a RAR archive";

/// Types of blocks.
mod kind {
    pub(super) const FILE: u64 = 2;
    pub(super) const SERVICE: u64 = 3;
    pub(super) const ENCRYPTION: u64 = 4;
    pub(super) const END: u64 = 5;
}

pub(super) fn read(reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
    reader.skip(FIVE.len() as u64, WHAT)?;
    sink.claim(0..reader.offset(), Claim::Read);
    while !reader.at_end()? {
        sink.meter().steps(1)?;
        let start = reader.offset();
        let stated = reader.u32_le(WHAT)?;
        let sized = reader.peek(10)?;
        let mut fields = Fields(sized);
        let size = number(&mut fields).filter(|size| (1..=HEADER).contains(size));
        let width = sized.len().saturating_sub(fields.0.len());
        let mut sum = flate2::Crc::new();
        sum.update(sized.get(..width).unwrap_or_default());
        reader.consume(width);
        let body = reader.take(size.ok_or_else(|| Stop::malformed(start, WHAT))?, WHAT)?;
        sum.update(&body);
        let header = start..reader.offset();
        sink.claim(header.clone(), Claim::Read);
        if sum.sum() != stated {
            flaw(sink, &header, "bad-checksum", b"", "of a block's header".into())?;
        }
        let block = block(&body).ok_or_else(|| Stop::malformed(start, WHAT))?;
        match block.kind {
            kind::ENCRYPTION => {
                flaw(sink, &header, "encrypted", b"", "the list of members is encrypted".into())?;
                return Err(Stop::Unsupported("encryption".into()));
            }
            kind::FILE | kind::SERVICE => {
                let member = member(&block).ok_or_else(|| Stop::malformed(start, "a file of a RAR archive"))?;
                let (data, whole) = data(reader, block.data);
                let member = Member { data, header, ..member };
                // A recovery record is parity over the archive.
                if block.kind == kind::SERVICE && member.name == b"RR" {
                    sink.claim(member.data, Claim::Opaque);
                } else {
                    member.give(reader.blob(), sink)?;
                }
                whole?;
            }
            kind::END => return Ok(()),
            _ => {
                let (range, whole) = data(reader, block.data);
                sink.claim(range, Claim::Opaque);
                whole?;
            }
        }
    }
    Ok(())
}

/// A block's header.
struct Block<'a> {
    kind: u64,
    flags: u64,
    /// Bytes of data behind the header.
    data: u64,
    /// What the type defines, without the extra area.
    fields: Fields<'a>,
    extra: Fields<'a>,
}

fn block(body: &[u8]) -> Option<Block<'_>> {
    let mut fields = Fields(body);
    let (kind, flags) = (number(&mut fields)?, number(&mut fields)?);
    let extra = if flags & 1 != 0 { usize::try_from(number(&mut fields)?).ok()? } else { 0 };
    let data = if flags & 2 != 0 { number(&mut fields)? } else { 0 };
    let (own, extra) = fields.0.split_at_checked(fields.0.len().checked_sub(extra)?)?;
    Some(Block { kind, flags, data, fields: Fields(own), extra: Fields(extra) })
}

/// A file or service header.
fn member(block: &Block<'_>) -> Option<Member> {
    let mut fields = block.fields;
    let flags = number(&mut fields)?;
    let size = number(&mut fields)?;
    number(&mut fields)?;
    for flag in [2, 4] {
        if flags & flag != 0 {
            fields.u32_le()?;
        }
    }
    let method = number(&mut fields)? >> 7 & 7;
    number(&mut fields)?;
    let length = usize::try_from(number(&mut fields)?).ok()?;
    let name = fields.take(length)?.to_vec();
    let extra = extra(block.extra);
    let kind = match extra.redirection {
        _ if flags & 1 != 0 => "folder",
        1..=3 => "symlink",
        4 | 5 => "hardlink",
        _ => "file",
    };
    // Where the size is unknown, the data tell it.
    let size = if flags & 8 != 0 { block.data } else { size };
    let split = block.flags & 0x18 != 0;
    let (encrypted, target) = (extra.encrypted, extra.target);
    Some(Member { name, kind, target, size, method, encrypted, split, header: 0..0, data: 0..0 })
}

/// What the extra area says.
#[derive(Default)]
struct Extra {
    encrypted: bool,
    /// How the member stands for another one; 0 where it does not.
    redirection: u64,
    target: Option<Vec<u8>>,
}

fn extra(mut fields: Fields<'_>) -> Extra {
    let mut extra = Extra::default();
    while let Some(record) = number(&mut fields).and_then(|size| fields.take(usize::try_from(size).ok()?)) {
        let mut record = Fields(record);
        match number(&mut record) {
            Some(1) => extra.encrypted = true,
            Some(5) => {
                extra.redirection = number(&mut record).unwrap_or_default();
                number(&mut record);
                let length = number(&mut record).and_then(|length| usize::try_from(length).ok());
                extra.target = length.and_then(|length| record.take(length)).map(<[u8]>::to_vec);
            }
            _ => {}
        }
    }
    extra
}

/// A number: seven bits a byte, lowest first, the eighth set in all but the last.
fn number(fields: &mut Fields<'_>) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = fields.u8()?;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
