//! MPEG-4 by its boxes.

use base::{
    format::{Certainty, Head},
    reader::Reader,
    stop::Stop,
};

use super::certain;

/// Boxes that stand at the top of a file; anything else ends it.
const KINDS: &[&[u8; 4]] = &[
    b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"udta", b"meta", b"moof", b"mfra", b"sidx", b"ssix",
    b"styp", b"pdin", b"prft", b"emsg", b"uuid",
];

/// ISO 14496-12, section 4.3: a file type box of a plausible size.
pub(super) fn is_mp4(head: &Head<'_>) -> Option<Certainty> {
    certain(head.at(4, 4) == Some(b"ftyp") && matches!(head.at(0, 4), Some([0, 0, 0..=3, 8..=255])))
}

/// Boxes while there are any.
pub(super) fn mp4(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    while let Some(([a, b, c, d], kind)) =
        reader.peek(8)?.first_chunk::<8>().map(|[a, b, c, d, kind @ ..]| ([*a, *b, *c, *d], *kind))
    {
        let at = reader.offset();
        if !KINDS.contains(&&kind) {
            break;
        }
        let size = u64::from(u32::from_be_bytes([a, b, c, d]));
        reader.skip(8, "a box")?;
        let body = match size {
            0 => return super::read_out(reader),
            1 => reader.u64_be("a box size")?.checked_sub(16),
            size => size.checked_sub(8),
        };
        let body = body.ok_or_else(|| Stop::malformed(at, "a box shorter than its header"))?;
        reader.skip(body, "a box")?;
    }
    Ok(reader.offset())
}
