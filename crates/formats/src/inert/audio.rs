//! FLAC, Ogg and MPEG sound.

use base::{
    format::{Certainty, Head},
    reader::Reader,
    stop::Stop,
};

use super::{certain, possible};

/// RFC 9639, section 6: the stream information comes first.
pub(super) fn is_flac(head: &Head<'_>) -> Option<Certainty> {
    certain(head.starts(b"fLaC") && matches!(head.at(4, 4), Some([0 | 0x80, 0, 0, 34])))
}

/// Metadata blocks, then frames to the end: their lengths are known only to a decoder.
pub(super) fn flac(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    reader.skip(4, "the magic")?;
    loop {
        let header = reader.u32_be("a metadata block")?;
        reader.skip(u64::from(header & 0x00ff_ffff), "a metadata block")?;
        if header & 0x8000_0000 != 0 {
            break;
        }
    }
    let at = reader.offset();
    match reader.peek(2)? {
        [] => {}
        [0xff, 0xf8 | 0xf9, ..] => {}
        _ => return Err(Stop::malformed(at, "expected a frame")),
    }
    super::read_out(reader)
}

/// RFC 3533, section 6.
pub(super) fn is_ogg(head: &Head<'_>) -> Option<Certainty> {
    certain(head.starts(b"OggS\0"))
}

/// Pages while there are any.
pub(super) fn ogg(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    while reader.peek(5)?.starts_with(b"OggS\0") {
        reader.skip(26, "a page header")?;
        let segments = reader.u8("a page header")?;
        let mut length = 0_u64;
        for _ in 0..segments {
            length = length.saturating_add(u64::from(reader.u8("a segment table")?));
        }
        reader.skip(length, "a page")?;
    }
    Ok(reader.offset())
}

/// A tag, or two frames in a row.
pub(super) fn is_mp3(head: &Head<'_>) -> Option<Certainty> {
    let tagged = head.starts(b"ID3") && matches!(head.at(3, 2), Some([2..=4, 0..=15]));
    let frame = |at: usize| head.at(at, 4).and_then(|header| frame(header.first_chunk()?));
    let framed = || frame(0).and_then(|length| frame(usize::try_from(length).ok()?)).is_some();
    possible(tagged || framed())
}

/// A tag, frames, and the tags that may end the file.
pub(super) fn mp3(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    if reader.peek(3)?.starts_with(b"ID3") {
        reader.skip(5, "a tag")?;
        let flags = reader.u8("a tag")?;
        let mut size = 0_u64;
        for _ in 0..4 {
            size = size << 7 | u64::from(reader.u8("a tag")? & 0x7f);
        }
        reader.skip(size.saturating_add(if flags & 0x10 != 0 { 10 } else { 0 }), "a tag")?;
        while reader.peek(1)?.first() == Some(&0) {
            reader.consume(1);
        }
    }
    let first = reader.offset();
    while let Some(length) = reader.peek(4)?.first_chunk().and_then(frame) {
        reader.skip(length, "a frame")?;
    }
    if reader.offset() == first {
        return Err(Stop::malformed(first, "expected a frame"));
    }
    if reader.peek(3)?.starts_with(b"TAG") {
        reader.skip(128, "a tag")?;
    }
    Ok(reader.offset())
}

/// Length in bytes of the frame of layer III with this header (ISO 11172-3, section 2.4.1.3).
fn frame(header: &[u8; 4]) -> Option<u64> {
    const RATES: [u64; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const LOW: [u64; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let [0xff, second, third, _] = *header else {
        return None;
    };
    // Version 1, 2 or 2.5, layer III.
    let (first, divisor) = match second & 0xfe {
        0xfa => (true, 1),
        0xf2 => (false, 2),
        0xe2 => (false, 4),
        _ => return None,
    };
    let rate = if first { RATES } else { LOW }.get(usize::from(third >> 4)).copied().filter(|rate| *rate > 0)?;
    let sampling = [44_100_u64, 48_000, 32_000].get(usize::from(third >> 2 & 3))?.checked_div(divisor)?;
    let samples = if first { 144_000_u64 } else { 72_000 };
    let padding = u64::from(third >> 1 & 1);
    samples.checked_mul(rate)?.checked_div(sampling)?.checked_add(padding)
}
