//! Magics worth looking for inside data: a hit counts only once the header behind it checks out.

use base::format::{Format, Head};

use crate::format;

/// A magic that is swept for, and what makes a hit more than a coincidence.
pub struct Swept {
    /// What the format's files begin with.
    pub magic: &'static [u8],
    /// Id of the format.
    format: &'static str,
    /// Whether the magic stands before each member, so that one hit explains the next.
    pub archive: bool,
    check: fn(&Head<'_>) -> bool,
}

impl Swept {
    /// The format, if the header at a hit checks out. `head` begins at the hit.
    pub fn confirm(&self, head: &Head<'_>) -> Option<&'static Format> {
        (self.check)(head).then(|| format(self.format)).flatten()
    }
}

/// Everything that is swept for.
pub const SWEPT: &[Swept] = &[
    Swept { magic: b"\x7fELF", format: "elf", archive: false, check: elf },
    Swept { magic: b"MZ", format: "pe", archive: false, check: pe },
    Swept { magic: b"\xfe\xed\xfa\xce", format: "mach-o", archive: false, check: mach_o },
    Swept { magic: b"\xfe\xed\xfa\xcf", format: "mach-o", archive: false, check: mach_o },
    Swept { magic: b"\xce\xfa\xed\xfe", format: "mach-o", archive: false, check: mach_o },
    Swept { magic: b"\xcf\xfa\xed\xfe", format: "mach-o", archive: false, check: mach_o },
    Swept { magic: b"PK\x03\x04", format: "zip", archive: true, check: zip },
    Swept { magic: b"#!/", format: "shell", archive: false, check: shebang },
];

/// Bytes that a check looks at, at most.
pub const HEADER: usize = 4 << 10;

/// The integers of a header in its own byte order.
pub(crate) struct Fields<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) big: bool,
}

impl Fields<'_> {
    pub(crate) fn u16(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    pub(crate) fn u32(&self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    pub(crate) fn u64(&self, at: usize) -> Option<u64> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }
}

/// System V ABI, chapter 4: identification, type, machine, version, and tables of the size that the class prescribes.
fn elf(head: &Head<'_>) -> bool {
    elf_fields(head).unwrap_or(false)
}

fn elf_fields(head: &Head<'_>) -> Option<bool> {
    let [class, order, version] = *head.at(4, 3)?.first_chunk()?;
    if !matches!((class, order, version), (1 | 2, 1 | 2, 1)) {
        return Some(false);
    }
    let fields = Fields { bytes: head.first, big: order == 2 };
    let wide = class == 2;
    let (own_size, program_size, at) = if wide { (64, 56, 52) } else { (52, 32, 40) };
    let programs = if wide { fields.u64(32)? } else { u64::from(fields.u32(28)?) };
    let kind = fields.u16(16)?;
    let sane = (1..=4).contains(&kind)
        && fields.u16(18)? != 0
        && fields.u32(20)? == 1
        && fields.u16(at)? == own_size
        && [0, program_size].contains(&fields.u16(at.checked_add(2)?)?);
    Some(sane && head.len.is_none_or(|len| programs <= len))
}

/// PE format: the offset at 0x3c leads to the signature, behind which a known machine and a small count of sections stand.
fn pe(head: &Head<'_>) -> bool {
    pe_fields(head).unwrap_or(false)
}

fn pe_fields(head: &Head<'_>) -> Option<bool> {
    let fields = Fields { bytes: head.first, big: false };
    let at = usize::try_from(fields.u32(0x3c)?).ok()?;
    let signature = head.at(at, 4)? == b"PE\0\0";
    let machine =
        matches!(fields.u16(at.checked_add(4)?)?, 0x14c | 0x8664 | 0x1c0 | 0x1c4 | 0xaa64 | 0x200 | 0x5032 | 0x5064);
    let sections = (1..=96).contains(&fields.u16(at.checked_add(6)?)?);
    Some(signature && machine && sections)
}

/// Mach-O: a known processor, a known file type, and load commands that fit their stated size.
fn mach_o(head: &Head<'_>) -> bool {
    mach_o_fields(head).unwrap_or(false)
}

fn mach_o_fields(head: &Head<'_>) -> Option<bool> {
    let fields = Fields { bytes: head.first, big: head.starts(b"\xfe\xed") };
    let processor = fields.u32(4)? & 0x00ff_ffff;
    let (commands, size) = (fields.u32(16)?, fields.u32(20)?);
    let room = commands.checked_mul(8).is_some_and(|least| least <= size);
    let inside = head.len.is_none_or(|len| u64::from(size) <= len);
    Some(
        matches!(processor, 7 | 12 | 18)
            && (1..=12).contains(&fields.u32(12)?)
            && (1..4096).contains(&commands)
            && room
            && inside,
    )
}

/// APPNOTE 4.3.7: a known version and method, a name of printable characters that fits.
fn zip(head: &Head<'_>) -> bool {
    zip_fields(head).unwrap_or(false)
}

fn zip_fields(head: &Head<'_>) -> Option<bool> {
    let fields = Fields { bytes: head.first, big: false };
    let version = fields.u16(4)? & 0xff;
    let name = head.at(30, usize::from(fields.u16(26)?))?;
    let printable = std::str::from_utf8(name).is_ok_and(|name| !name.is_empty() && !name.chars().any(char::is_control));
    Some(
        (10..=63).contains(&version)
            && matches!(fields.u16(8)?, 0 | 8 | 9 | 12 | 14 | 93 | 95)
            && fields.u16(6)? & 0xf000 == 0
            && printable,
    )
}

/// A first line that names an interpreter, followed by text.
fn shebang(head: &Head<'_>) -> bool {
    let text: Vec<u8> = head.first.iter().copied().take(128).collect();
    let Some(end) = text.iter().position(|byte| *byte == b'\n') else { return false };
    let (line, rest) = text.split_at(end);
    let plain = |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e));
    let interpreter = [&b"sh"[..], b"python", b"perl", b"ruby", b"node", b"php", b"lua", b"env", b"awk", b"pwsh"];
    let named = interpreter.iter().any(|name| line.windows(name.len()).any(|window| window == *name));
    named && plain(line) && rest.len() > 8 && plain(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confirm(bytes: &[u8]) -> Option<&'static str> {
        let head = Head { first: bytes, last: &[], probes: &[], len: Some(bytes.len() as u64), name: "" };
        SWEPT
            .iter()
            .filter(|swept| bytes.starts_with(swept.magic))
            .find_map(|swept| swept.confirm(&head))
            .map(|format| format.id)
    }

    #[test]
    fn a_real_header_is_confirmed_and_a_bare_magic_is_not() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(confirm(&own[..HEADER]), Some("elf"));
        for swept in SWEPT {
            let mut bytes = swept.magic.to_vec();
            bytes.resize(HEADER, 0);
            assert_eq!(confirm(&bytes), None, "{:?}", swept.magic);
            bytes.iter_mut().skip(swept.magic.len()).for_each(|byte| *byte = 0x41);
            assert_eq!(confirm(&bytes), None, "{:?}", swept.magic);
        }
        assert_eq!(confirm(b"#!/bin/sh\necho hello\nexit\n"), Some("shell"));
        assert_eq!(confirm(&testkit::zip::ZipWriter::new().stored("a", b"b").finish()), Some("zip"));
    }

    #[test]
    fn every_magic_leads_to_a_format() {
        assert!(SWEPT.iter().all(|swept| format(swept.format).is_some()));
    }
}
