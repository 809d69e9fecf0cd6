//! One member of a zip: what its headers and its descriptor state (APPNOTE 4.3.7, 4.3.9, 4.3.12).

use super::narrow32;
use crate::compress;

/// What a local or a central header states about a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The name's bytes, in any encoding.
    pub name: Vec<u8>,
    /// "Version needed to extract".
    pub needs: u16,
    /// General purpose bits: 0 encrypted, 3 data descriptor, 5 patch, 6 strong encryption, 11 UTF-8, 13 masked.
    pub flags: u16,
    /// 0 stored, 8 deflate, or any other number.
    pub method: u16,
    /// DOS time.
    pub time: u16,
    /// DOS date.
    pub date: u16,
    /// The stated CRC-32.
    pub crc: u32,
    /// The stated size in the archive, in bytes.
    pub packed: u64,
    /// The stated size when unpacked, in bytes.
    pub size: u64,
    /// Extra fields, whole: identifier, length, value.
    pub extra: Vec<u8>,
    /// States sizes (and, in the central header, the offset) in a zip64 extra field written before `extra`.
    pub zip64: bool,
}

/// What follows the body when bit 3 of the flags is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Whether it begins with `PK\x07\x08`.
    pub signed: bool,
    /// Whether sizes have eight bytes, as zip64 wants.
    pub wide: bool,
    /// The stated CRC-32.
    pub crc: u32,
    /// The stated size in the archive, in bytes.
    pub packed: u64,
    /// The stated size when unpacked, in bytes.
    pub size: u64,
}

/// One member: its two headers and its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The header in front of the body.
    pub local: Header,
    /// The header in the central directory.
    pub central: Header,
    /// The bytes as they stand in the archive: already compressed.
    pub body: Vec<u8>,
    /// Written behind the body.
    pub descriptor: Option<Descriptor>,
    /// Bytes in front of the local header that belong to nobody.
    pub gap: Vec<u8>,
    /// Absent from the central directory: a local entry that only a forward reader meets.
    pub hidden: bool,
    /// Writes no local entry, but points at that of the member with this number, counted from 0.
    pub local_of: Option<usize>,
    /// The offset that the central header states instead of the true one.
    pub offset: Option<u64>,
    /// "Version made by": the high byte is the system, 3 is Unix.
    pub made_by: u16,
    /// The disk on which the member is said to begin.
    pub disk: u16,
    /// Internal attributes.
    pub internal: u16,
    /// External attributes: on Unix the mode, shifted left by 16.
    pub external: u32,
    /// The member's comment.
    pub comment: Vec<u8>,
}

impl Member {
    /// A stored member, all true.
    #[must_use]
    pub fn stored(name: impl Into<Vec<u8>>, body: &[u8]) -> Self {
        Self::packed(name, 0, body, body.to_vec())
    }

    /// A deflated member, all true.
    #[must_use]
    pub fn deflated(name: impl Into<Vec<u8>>, body: &[u8]) -> Self {
        Self::packed(name, 8, body, compress::deflate(body))
    }

    /// A member whose `body` stands in the archive as `packed`, by whatever `method`.
    #[must_use]
    pub fn packed(name: impl Into<Vec<u8>>, method: u16, body: &[u8], packed: Vec<u8>) -> Self {
        let header = Header {
            name: name.into(),
            needs: 20,
            method,
            date: 0x21,
            crc: compress::crc32(body),
            packed: packed.len() as u64,
            size: body.len() as u64,
            ..Header::default()
        };
        Self {
            local: header.clone(),
            central: header,
            body: packed,
            made_by: 0x031e,
            external: 0o100_644 << 16,
            ..Self::default()
        }
    }

    /// Moves CRC and sizes from the local header to a descriptor behind the body, and sets bit 3 in both headers.
    #[must_use]
    pub fn with_descriptor(mut self) -> Self {
        self.descriptor = Some(Descriptor {
            signed: true,
            wide: self.local.zip64,
            crc: self.local.crc,
            packed: self.local.packed,
            size: self.local.size,
        });
        (self.local.crc, self.local.packed, self.local.size) = (0, 0, 0);
        self.local.flags |= 8;
        self.central.flags |= 8;
        self
    }

    /// Changes both headers alike.
    #[must_use]
    pub fn both(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.local);
        change(&mut self.central);
        self
    }
}

/// The fields that local and central headers share, with those that only the central one has in their place.
pub(super) fn shared_fields(out: &mut Vec<u8>, header: &Header, central: Option<(&Member, u64)>) {
    for number in [header.needs, header.flags, header.method, header.time, header.date] {
        out.extend(number.to_le_bytes());
    }
    out.extend(header.crc.to_le_bytes());
    let mut extra = Vec::new();
    if header.zip64 {
        extra.extend([1, 0, if central.is_some() { 24 } else { 16 }, 0]);
        extra.extend(header.size.to_le_bytes());
        extra.extend(header.packed.to_le_bytes());
        extra.extend(central.iter().flat_map(|(_, offset)| offset.to_le_bytes()));
    }
    extra.extend(&header.extra);
    let stated = |number| if header.zip64 { u32::MAX } else { narrow32(number) };
    out.extend(stated(header.packed).to_le_bytes());
    out.extend(stated(header.size).to_le_bytes());
    out.extend((header.name.len() as u16).to_le_bytes());
    out.extend((extra.len() as u16).to_le_bytes());
    if let Some((member, offset)) = central {
        for number in [member.comment.len() as u16, member.disk, member.internal] {
            out.extend(number.to_le_bytes());
        }
        out.extend(member.external.to_le_bytes());
        out.extend(stated(offset).to_le_bytes());
    }
    out.extend(&header.name);
    out.extend(extra);
}

pub(super) fn write_descriptor(out: &mut Vec<u8>, descriptor: &Descriptor) {
    if descriptor.signed {
        out.extend(b"PK\x07\x08");
    }
    out.extend(descriptor.crc.to_le_bytes());
    for number in [descriptor.packed, descriptor.size] {
        if descriptor.wide {
            out.extend(number.to_le_bytes());
        } else {
            out.extend(narrow32(number).to_le_bytes());
        }
    }
}
