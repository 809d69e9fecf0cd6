//! How compressed streams are recognised: by magic where there is one, else by decoding what is at hand.
#![allow(non_snake_case, reason = "each function is named as the constant of the format that it detects")]

use std::io::{Cursor, Read};

use base::{
    format::{Certainty, Head},
    limits::Limits,
    sink::Codec,
    stop::Stop,
};

use crate::codec;

type Found = Option<Certainty>;

fn certain(holds: bool) -> Found {
    holds.then_some(Certainty::Certain)
}

pub(super) fn GZIP(head: &Head<'_>) -> Found {
    certain(head.starts(&[0x1f, 0x8b, 8]) && head.at(3, 1).is_none_or(|flags| flags.iter().all(|flags| flags & 0xe0 == 0)))
}

pub(super) fn BZIP2(head: &Head<'_>) -> Found {
    let level = head.at(3, 1).is_some_and(|level| matches!(level, [b'1'..=b'9']));
    let marks: [&[u8]; 2] = [&[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90]];
    let rest = head.first.get(4..).unwrap_or_default();
    // A stream that is cut short shows only the beginning of its mark.
    let marked = marks.iter().any(|mark| rest.starts_with(mark) || mark.starts_with(rest));
    certain(head.starts(b"BZh") && level && marked)
}

pub(super) fn XZ(head: &Head<'_>) -> Found {
    certain(head.starts(b"\xfd7zXZ\0"))
}

/// Magic and version 1.
pub(super) fn LZIP(head: &Head<'_>) -> Found {
    certain(head.starts(b"LZIP\x01"))
}

/// Magic, and codes of 9 to 16 bits.
pub(super) fn COMPRESS(head: &Head<'_>) -> Found {
    let bits = head.first.get(2).is_some_and(|flags| (9..=16).contains(&(flags & 0x1f)) && flags & 0x60 == 0);
    certain(head.starts(&[0x1f, 0x9d]) && bits)
}

pub(super) fn SNAPPY(head: &Head<'_>) -> Found {
    certain(head.starts(b"\xff\x06\0\0sNaPpY"))
}

const ZSTD_MAGIC: u32 = 0xfd2f_b528;
const LZ4_MAGIC: u32 = 0x184d_2204;
const LZ4_LEGACY: u32 = 0x184c_2102;

pub(super) fn ZSTD(head: &Head<'_>) -> Found {
    certain(first_magic(head) == Some(ZSTD_MAGIC))
}

pub(super) fn LZ4(head: &Head<'_>) -> Found {
    let legacy = || little(head, 0) == Some(LZ4_LEGACY) && little(head, 4).is_some_and(|length| length < 9 << 20);
    certain(first_magic(head) == Some(LZ4_MAGIC) || legacy())
}

fn little(head: &Head<'_>, at: usize) -> Option<u32> {
    head.at(at, 4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// The magic behind skippable frames, which LZ4 and zstd share; where it lies beyond the head, zstd is assumed.
fn first_magic(head: &Head<'_>) -> Option<u32> {
    let mut at = 0_usize;
    loop {
        match little(head, at) {
            Some(magic) if magic & 0xffff_fff0 == 0x184d_2a50 => {
                let length = usize::try_from(little(head, at.checked_add(4)?)?).ok()?;
                at = at.checked_add(8)?.checked_add(length)?;
            }
            None if at > 0 => return Some(ZSTD_MAGIC),
            magic => return magic,
        }
    }
}

/// What a decoder makes of the head: how much came out, and how it ended.
fn trial(codec: &Codec, bytes: &[u8]) -> (usize, Result<(), Stop>) {
    const ENOUGH: usize = 4096;
    let mut decoder = match (codec.open)(Box::new(Cursor::new(bytes.to_vec())), &Limits::default()) {
        Ok(decoder) => decoder,
        Err(stop) => return (0, Err(stop)),
    };
    let (mut out, mut buffer) = (0_usize, [0; 512]);
    while out < ENOUGH {
        match decoder.read(&mut buffer) {
            Ok(0) => return (out, Ok(())),
            Ok(count) => out = out.saturating_add(count),
            Err(error) => return (out, Err(error.into())),
        }
    }
    (out, Ok(()))
}

/// The header check of zlib passes for one in a thousand beginnings, `x^2` among them: the stream must also decode, and
/// what looks like text must decode to its checksum or far.
pub(super) fn ZLIB(head: &Head<'_>) -> Found {
    let &[method, flags, ..] = head.first else {
        return None;
    };
    let sound = u16::from_be_bytes([method, flags]).checked_rem(31) == Some(0);
    if method & 15 != 8 || method >> 4 > 7 || flags & 0x20 != 0 || !sound {
        return None;
    }
    let (out, end) = trial(&codec::ZLIB, head.first);
    let text = head.first.iter().take(4096).all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..0x7f));
    certain((end.is_ok() && head.first.len() > 2) || out >= if text { 256 } else { 1 })
}

/// As liblzma's automatic detection has it: sane properties, a dictionary of 2^n or 2^n + 2^(n-1), a size below 2^38.
pub(super) fn LZMA(head: &Head<'_>) -> Found {
    let properties = head.first.first()?;
    let dictionary = little(head, 1)?;
    let size = head.at(5, 8)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))?;
    let shape = dictionary.trailing_zeros() >= 11 && dictionary.count_ones() <= 2;
    let neighbours = dictionary.count_ones() == 1 || (dictionary >> dictionary.trailing_zeros().min(31)) == 3;
    let unmarked = head.at(13, 1)? == [0];
    if *properties > 224 || !shape || !neighbours || !(size == u64::MAX || size < 1 << 38) || !unmarked {
        return None;
    }
    let (out, end) = trial(&codec::LZMA, head.first);
    // A dictionary beyond the limit is refused by the engine's own decoding, by name.
    certain(out > 0 || matches!(end, Ok(()) | Err(Stop::Limit(_) | Stop::Truncated { .. })))
}

/// Possible by its suffix alone, and only while it decodes.
pub(super) fn BROTLI(head: &Head<'_>) -> Found {
    let suffix = head.name.rsplit('.').next().is_some_and(|suffix| suffix.eq_ignore_ascii_case("br"));
    if !suffix {
        return None;
    }
    let (out, end) = trial(&codec::BROTLI, head.first);
    let sound = end.is_ok() || (out > 0 && matches!(end, Err(Stop::Truncated { .. })));
    (sound && !head.first.is_empty()).then_some(Certainty::Possible)
}

/// The bytes of a Z-file's header.
pub(super) const ZFILE_HEADER: usize = 21;

pub(super) fn ZFILE(head: &Head<'_>) -> Found {
    certain(head.starts(b"ZF0x") && zfile_size(head.first).is_some())
}

/// The size that a Z-file states.
pub(super) fn zfile_size(bytes: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(bytes.get(4..ZFILE_HEADER)?).ok()?;
    u64::from_str_radix(digits.trim_end().trim_end_matches('L'), 16).ok()
}
