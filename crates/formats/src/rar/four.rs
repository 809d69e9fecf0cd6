//! RAR 1.5 to 4 (technote.txt of RAR 4): blocks with a sum, a type, flags and a size.

use base::{coverage::Claim, reader::Reader, sink::Sink, stop::Stop};

use super::{FOUR, Member, data, flaw};
use crate::fields::Fields;

/// Bytes that every block begins with.
const BLOCK: u64 = 7;

/// Types of blocks.
mod kind {
    pub(super) const ARCHIVE: u8 = 0x73;
    pub(super) const FILE: u8 = 0x74;
    pub(super) const SERVICE: u8 = 0x7a;
    pub(super) const END: u8 = 0x7b;
}

pub(super) fn read(reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
    const WHAT: &str = "a block of a RAR archive";
    reader.skip(FOUR.len() as u64, WHAT)?;
    sink.claim(0..reader.offset(), Claim::Read);
    while !reader.at_end()? {
        sink.meter().steps(1)?;
        let start = reader.offset();
        let (stated, kind) = (reader.u16_le(WHAT)?, reader.u8(WHAT)?);
        let (flags, size) = (reader.u16_le(WHAT)?, reader.u16_le(WHAT)?);
        let Some(rest) = u64::from(size).checked_sub(BLOCK) else {
            return Err(Stop::malformed(start, WHAT));
        };
        let body = reader.take(rest, WHAT)?;
        let header = start..reader.offset();
        sink.claim(header.clone(), Claim::Read);
        let [low, high] = flags.to_le_bytes();
        let [short, long] = size.to_le_bytes();
        let mut sum = flate2::Crc::new();
        sum.update(&[kind, low, high, short, long]);
        sum.update(&body);
        if sum.sum() & 0xffff != u32::from(stated) {
            flaw(sink, &header, "bad-checksum", b"", "of a block's header".into())?;
        }
        match kind {
            kind::ARCHIVE if flags & 0x80 != 0 => {
                flaw(sink, &header, "encrypted", b"", "the list of members is encrypted".into())?;
                return Err(Stop::Unsupported("encryption".into()));
            }
            kind::FILE | kind::SERVICE => {
                let mut member = member(&body, flags).ok_or_else(|| Stop::malformed(start, "a file of a RAR archive"))?;
                let packed = member.data.end;
                member.header = header;
                let (range, whole) = data(reader, packed);
                member.data = range;
                // A recovery record is parity over the archive.
                if kind == kind::SERVICE && member.name == b"RR" {
                    sink.claim(member.data, Claim::Opaque);
                } else {
                    member.give(reader.blob(), sink)?;
                }
                whole?;
            }
            kind::END => return Ok(()),
            // Other blocks may have data, whose size stands first.
            _ if flags & 0x8000 != 0 => {
                let size = Fields(&body).u32_le().unwrap_or_default();
                let (range, whole) = data(reader, size.into());
                sink.claim(range, Claim::Opaque);
                whole?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A file or service header; the end of `data` is the size of its data.
fn member(body: &[u8], flags: u16) -> Option<Member> {
    let mut fields = Fields(body);
    let (mut packed, mut size) = (u64::from(fields.u32_le()?), u64::from(fields.u32_le()?));
    let system = fields.u8()?;
    fields.take(9)?;
    let method = u64::from(fields.u8()?.wrapping_sub(0x30));
    let length = usize::from(fields.u16_le()?);
    let attributes = fields.u32_le()?;
    if flags & 0x100 != 0 {
        packed |= u64::from(fields.u32_le()?) << 32;
        size |= u64::from(fields.u32_le()?) << 32;
    }
    let written = fields.take(length)?;
    // Behind a NUL stands the name in Unicode, told by its difference from the plain one.
    let name = written.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
    let kind = match attributes & 0o170_000 {
        _ if flags & 0xe0 == 0xe0 => "folder",
        0o120_000 if system == 3 => "symlink",
        _ => "file",
    };
    let (encrypted, split) = (flags & 4 != 0, flags & 3 != 0);
    Some(Member { name, kind, target: None, size, method, encrypted, split, header: 0..0, data: 0..packed })
}
