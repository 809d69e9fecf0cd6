//! PNG by chunks, JPEG by segments, GIF by blocks.

use base::{
    format::{Certainty, Head},
    reader::Reader,
    stop::Stop,
};

use super::certain;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// PNG specification, section 5.2.
pub(super) fn is_png(head: &Head<'_>) -> Option<Certainty> {
    certain(head.starts(PNG))
}

/// Chunks with their checksums up to `IEND`.
pub(super) fn png(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    reader.skip(8, "the signature")?;
    loop {
        let length = reader.u32_be("a chunk length")?;
        let at = reader.offset();
        let kind: [u8; 4] = reader.array("a chunk type")?;
        if !kind.iter().all(u8::is_ascii_alphabetic) || length > 0x7fff_ffff {
            return Err(Stop::malformed(at, "expected a chunk"));
        }
        let mut sum = flate2::Crc::new();
        sum.update(&kind);
        let mut left = u64::from(length);
        while left > 0 {
            let seen = reader.peek(64 << 10)?;
            let count = seen.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if count == 0 {
                return Err(reader.truncated("a chunk"));
            }
            sum.update(seen.get(..count).unwrap_or_default());
            reader.consume(count);
            left = left.saturating_sub(count as u64);
        }
        if reader.u32_be("a chunk checksum")? != sum.sum() {
            return Err(Stop::malformed(at, "the checksum of a chunk is wrong"));
        }
        if &kind == b"IEND" {
            return Ok(reader.offset());
        }
    }
}

/// ITU T.81, annex B: start of image, then a marker.
pub(super) fn is_jpeg(head: &Head<'_>) -> Option<Certainty> {
    certain(matches!(head.at(0, 4), Some([0xff, 0xd8, 0xff, 0xc0..=0xfe])))
}

/// Segments and the coded data between them, up to the end of the image.
pub(super) fn jpeg(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    reader.skip(2, "the start of the image")?;
    loop {
        let at = reader.offset();
        if reader.u8("a marker")? != 0xff {
            return Err(Stop::malformed(at, "expected a marker"));
        }
        let mut marker = reader.u8("a marker")?;
        while marker == 0xff {
            marker = reader.u8("a marker")?;
        }
        match marker {
            0xd9 => return Ok(reader.offset()),
            0x01 | 0xd0..=0xd7 => {}
            0xc0..=0xfe => {
                let length = reader.u16_be("a segment length")?;
                let body = u64::from(length)
                    .checked_sub(2)
                    .ok_or_else(|| Stop::malformed(at, "a segment shorter than its length"))?;
                reader.skip(body, "a segment")?;
                if marker == 0xda {
                    coded(reader)?;
                }
            }
            _ => return Err(Stop::malformed(at, "unknown marker")),
        }
    }
}

/// Coded data: up to a marker that is neither a stuffed byte nor a restart.
fn coded(reader: &mut Reader<'_>) -> Result<(), Stop> {
    loop {
        let seen = reader.peek(2)?;
        let marker = seen.windows(2).position(|pair| matches!(pair, [0xff, 1..=0xcf | 0xd8..=0xff]));
        match (marker, seen.len()) {
            (_, 0 | 1) => return Err(reader.truncated("coded data")),
            (Some(at), _) => {
                reader.consume(at);
                return Ok(());
            }
            // The last byte may begin a marker.
            (None, length) => reader.consume(length.saturating_sub(1)),
        }
    }
}

/// GIF89a specification, section 17.
pub(super) fn is_gif(head: &Head<'_>) -> Option<Certainty> {
    certain(head.starts(b"GIF87a") || head.starts(b"GIF89a"))
}

/// Extensions and images up to the trailer.
pub(super) fn gif(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    reader.skip(10, "the screen descriptor")?;
    let flags = reader.u8("the screen descriptor")?;
    reader.skip(2, "the screen descriptor")?;
    colours(reader, flags)?;
    loop {
        let at = reader.offset();
        match reader.u8("a block")? {
            0x3b => return Ok(reader.offset()),
            0x21 => {
                reader.skip(1, "an extension")?;
                blocks(reader)?;
            }
            0x2c => {
                reader.skip(8, "an image descriptor")?;
                let flags = reader.u8("an image descriptor")?;
                colours(reader, flags)?;
                reader.skip(1, "a code size")?;
                blocks(reader)?;
            }
            _ => return Err(Stop::malformed(at, "expected a block")),
        }
    }
}

/// A colour table, where the flags say that there is one.
fn colours(reader: &mut Reader<'_>, flags: u8) -> Result<(), Stop> {
    if flags & 0x80 == 0 {
        return Ok(());
    }
    reader.skip(3_u64 << (u32::from(flags & 7).saturating_add(1)), "a colour table")
}

/// Sub-blocks up to the empty one.
fn blocks(reader: &mut Reader<'_>) -> Result<(), Stop> {
    loop {
        match reader.u8("a sub-block")? {
            0 => return Ok(()),
            length => reader.skip(u64::from(length), "a sub-block")?,
        }
    }
}
