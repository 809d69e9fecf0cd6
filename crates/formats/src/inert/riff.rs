//! The resource interchange file format: WebP and WAVE.

use base::{
    format::{Certainty, Head},
    reader::Reader,
    stop::Stop,
};

use super::certain;

/// WebP container specification: form `WEBP`.
pub(super) fn is_webp(head: &Head<'_>) -> Option<Certainty> {
    certain(head.starts(b"RIFF") && head.at(8, 4) == Some(b"WEBP"))
}

/// Form `WAVE`.
pub(super) fn is_wav(head: &Head<'_>) -> Option<Certainty> {
    certain(head.starts(b"RIFF") && head.at(8, 4) == Some(b"WAVE"))
}

/// Chunks up to the size that the form states.
pub(super) fn chunks(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    reader.skip(4, "the magic")?;
    let end = u64::from(reader.u32_le("the size")?).saturating_add(8);
    reader.skip(4, "the form")?;
    while reader.offset() < end {
        let at = reader.offset();
        let name: [u8; 4] = reader.array("a chunk name")?;
        if !name.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            return Err(Stop::malformed(at, "expected a chunk"));
        }
        let size = u64::from(reader.u32_le("a chunk size")?);
        reader.skip(size, "a chunk")?;
        // Chunks are padded to an even length; some writers leave out the last pad.
        if size % 2 == 1 && !reader.at_end()? {
            reader.skip(1, "padding")?;
        }
    }
    match reader.offset() {
        offset if offset <= end.saturating_add(1) => Ok(offset),
        offset => Err(Stop::malformed(offset, "a chunk reaches beyond its form")),
    }
}
