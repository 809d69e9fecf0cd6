//! Code for processors and virtual machines.

use base::format::Head;

use super::{has, inside, u32_at};

/// System V ABI, chapter 4: class, byte order and version follow the magic.
pub(super) fn elf(head: &Head<'_>) -> bool {
    head.starts(b"\x7fELF") && matches!(head.at(4, 3), Some([1 | 2, 1 | 2, 1]))
}

/// PE format: the offset at 0x3c leads to the signature.
pub(super) fn pe(head: &Head<'_>) -> bool {
    let signature = |offset: u32| match usize::try_from(offset) {
        Ok(at) if at < head.first.len() => has(head, at, b"PE\0\0"),
        // Beyond what can be seen: a DOS header with a plausible offset is warning enough.
        _ => offset.is_multiple_of(4) && inside(head, u64::from(offset).saturating_add(4)),
    };
    head.starts(b"MZ") && u32_at(head, 0x3c).is_some_and(signature)
}

/// A DOS header that is a shell script at the same time.
pub(super) fn ape(head: &Head<'_>) -> bool {
    head.starts(b"MZqFpD='") || head.starts(b"jartsr='") || head.starts(b"APEDBG='")
}

/// Thin files by magic, processor and file type; fat ones by a small count of architectures.
pub(super) fn mach_o(head: &Head<'_>) -> bool {
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
        0xcafe_babe | 0xcafe_babf => u32_at(head, 4).is_some_and(|count| (1..40).contains(&count)),
        _ => false,
    }
}

/// A module of version 1 or a component.
pub(super) fn wasm(head: &Head<'_>) -> bool {
    head.starts(b"\0asm") && matches!(head.at(4, 4), Some([1, 0, 0, 0] | [_, 0, 1, 0]))
}

/// Java Virtual Machine Specification, section 4.1: a major version of at least 45.
pub(super) fn java_class(head: &Head<'_>) -> bool {
    head.starts(&[0xca, 0xfe, 0xba, 0xbe]) && matches!(head.at(6, 2), Some([0, 45..=99]))
}

/// Dalvik executable: magic with a version of three digits.
pub(super) fn dex(head: &Head<'_>) -> bool {
    head.starts(b"dex\n") && matches!(head.at(4, 4), Some([b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', 0]))
}

/// PUC Lua 5.x and LuaJIT.
pub(super) fn lua_bytecode(head: &Head<'_>) -> bool {
    let version = head.first.get(4).is_some_and(|version| (0x40..=0x5f).contains(version));
    head.starts(b"\x1bLua") && version || head.starts(b"\x1bLJ") && matches!(head.first.get(3), Some(1..=3))
}

/// A version that some CPython has had, `\r\n`, and a code object behind a header of 8, 12 or 16 bytes.
pub(super) fn pyc(head: &Head<'_>) -> bool {
    let Some([low, high, b'\r', b'\n']) = head.at(0, 4) else {
        return false;
    };
    let version = u16::from_le_bytes([*low, *high]);
    let known = (3000..4000).contains(&version) || (20_000..63_000).contains(&version);
    known && [8, 12, 16].into_iter().any(|offset| matches!(head.first.get(offset), Some(b'c' | 0xe3)))
}

/// A code object of CPython 2.7 or 3: four to six small numbers and then the bytes of the code.
pub(super) fn marshal(head: &Head<'_>) -> bool {
    let small = |index: usize| {
        head.first.get(index.saturating_mul(4)..).is_some_and(|rest| matches!(rest, [_, _, _, 0 | 1, 0, ..]))
    };
    let code = |count: usize| matches!(head.first.get(count.saturating_mul(4).saturating_add(1)), Some(b's' | 0xf3));
    let counted = |count: usize| (0..count.saturating_sub(1)).all(small) && code(count);
    matches!(head.first.first(), Some(b'c' | 0xe3)) && [4, 5, 6].into_iter().any(counted)
}

/// MS-SHLLINK, section 2.1: header size and class identifier.
pub(super) fn windows_shortcut(head: &Head<'_>) -> bool {
    head.starts(&[0x4c, 0, 0, 0, 1, 0x14, 2, 0, 0, 0, 0, 0, 0xc0])
}
