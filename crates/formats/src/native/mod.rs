//! Native code: ELF, PE and Mach-O read as far as their loaders do: what they import and export, what runs by itself, and how
//! their memory is laid out. What the code does stays opaque.

mod elf;
mod image;
mod kernel;
mod mach;
mod names;
mod pe;
pub(crate) mod strings;
mod symbols;

#[cfg(test)]
mod tests;

use base::{
    fact::Kind,
    format::{Certainty, Class, Depth, Format, Head},
    source::Access,
};

use crate::told::{self, Style};

/// An assembler's view: what is asked of others, and notes.
const STYLE: Style = Style { language: "asm", comment: "#", join: ".", new: "", import: ".extern " };

const FACTS: &[Kind] = &[Kind::Identity, Kind::Import, Kind::Reference, Kind::Flaw, Kind::Opaque, Kind::Operator];

/// System V ABI, chapter 4.
pub const ELF: Format = Format {
    id: "elf",
    name: "ELF",
    extensions: &["so", "o", "elf"],
    depth: Depth::Structure,
    access: Access::Random,
    class: Class::Active,
    facts: FACTS,
    detect: |head| is_elf(head).then_some(Certainty::Certain),
    explain: Some(|blob, meter| told::list(blob, meter, elf::parse, &STYLE)),
    parse: elf::parse,
};

/// PE format of Microsoft.
pub const PE: Format = Format {
    id: "pe",
    name: "Portable Executable",
    extensions: &["exe", "dll", "pyd"],
    depth: Depth::Structure,
    access: Access::Random,
    class: Class::Active,
    facts: FACTS,
    detect: |head| is_pe(head).then_some(Certainty::Certain),
    explain: Some(|blob, meter| told::list(blob, meter, pe::parse, &STYLE)),
    parse: pe::parse,
};

/// Mach-O, alone or as several architectures in one file.
pub const MACH_O: Format = Format {
    id: "mach-o",
    name: "Mach-O",
    extensions: &["dylib", "bundle", "so"],
    depth: Depth::Structure,
    access: Access::Random,
    class: Class::Active,
    facts: FACTS,
    detect: |head| is_mach_o(head).then_some(Certainty::Certain),
    explain: Some(|blob, meter| told::list(blob, meter, mach::parse, &STYLE)),
    parse: mach::parse,
};

fn u32_at(head: &Head<'_>, offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*head.at(offset, 4)?.first_chunk()?))
}

/// Class, byte order and version follow the magic.
fn is_elf(head: &Head<'_>) -> bool {
    head.starts(b"\x7fELF") && matches!(head.at(4, 3), Some([1 | 2, 1 | 2, 1]))
}

/// The offset at 0x3c leads to the signature.
fn is_pe(head: &Head<'_>) -> bool {
    let inside = |offset: u64| head.len.is_none_or(|len| offset < len);
    let signature = |offset: u32| match usize::try_from(offset) {
        Ok(at) if at < head.first.len() => head.at(at, 4) == Some(b"PE\0\0"),
        // Beyond what can be seen: a DOS header with a plausible offset is warning enough.
        _ => offset.is_multiple_of(4) && inside(u64::from(offset).saturating_add(4)),
    };
    head.starts(b"MZ") && u32_at(head, 0x3c).is_some_and(signature)
}

/// Thin files by magic, processor and file type; fat ones by a small count of architectures.
fn is_mach_o(head: &Head<'_>) -> bool {
    let Some(magic) = u32_at(head, 0) else {
        return false;
    };
    let thin = |swapped: bool| {
        let kind = u32_at(head, 12).map(|kind| if swapped { kind.swap_bytes() } else { kind });
        kind.is_some_and(|kind| (1..=16).contains(&kind))
    };
    match magic {
        0xfeed_face | 0xfeed_facf => thin(false),
        0xcefa_edfe | 0xcffa_edfe => thin(true),
        // A Java class has its version, at least 45, where a fat file counts its architectures.
        0xbeba_feca | 0xbfba_feca => u32_at(head, 4).is_some_and(|count| (1..40).contains(&count.swap_bytes())),
        _ => false,
    }
}
