//! Fonts by their table directory.

use base::{
    format::{Certainty, Head},
    reader::Reader,
    stop::Stop,
};

use super::{certain, within};

fn is_tag(tag: &[u8]) -> bool {
    tag.iter().all(|byte| (b' '..=b'~').contains(byte))
}

/// OpenType specification, "Table directory": version, a small count of tables, and the first tag.
pub(super) fn is_sfnt(head: &Head<'_>) -> Option<Certainty> {
    let version = [&b"\0\x01\0\0"[..], b"OTTO", b"true", b"typ1"].iter().any(|version| head.starts(version));
    let count = matches!(head.at(4, 2), Some([0, 1..=64]));
    certain(
        version && count && head.at(12, 4).is_some_and(|tag| is_tag(tag) && tag.iter().any(u8::is_ascii_alphanumeric)),
    )
}

/// Tables lie anywhere behind the directory; the font ends with the last, padded to four bytes.
pub(super) fn sfnt(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    reader.skip(4, "the version")?;
    let count = reader.u16_be("the count of tables")?;
    reader.skip(6, "the directory")?;
    let mut end = u64::from(count).saturating_mul(16).saturating_add(12);
    for _ in 0..count {
        let at = reader.offset();
        let tag: [u8; 4] = reader.array("a tag")?;
        reader.skip(4, "a table")?;
        let offset = u64::from(reader.u32_be("a table")?);
        let length = u64::from(reader.u32_be("a table")?);
        if !is_tag(&tag) || offset < 12 {
            return Err(Stop::malformed(at, "expected a table"));
        }
        end = end.max(within(reader, offset.saturating_add(length), "a table")?);
    }
    reader.seek(end);
    let padding = end.next_multiple_of(4).saturating_sub(end);
    for _ in 0..padding {
        if reader.peek(1)?.first() == Some(&0) {
            reader.consume(1);
        }
    }
    Ok(reader.offset())
}

/// W3C WOFF 1.0 and 2.0, section "header".
pub(super) fn is_woff(head: &Head<'_>) -> Option<Certainty> {
    let flavour = head.at(4, 4).is_some_and(|flavour| matches!(flavour, b"\0\x01\0\0" | b"OTTO" | b"true" | b"ttcf"));
    certain((head.starts(b"wOFF") || head.starts(b"wOF2")) && flavour)
}

/// The length that the header states.
pub(super) fn woff(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    reader.skip(8, "the header")?;
    let length = u64::from(reader.u32_be("the length")?);
    if length < 44 {
        return Err(Stop::malformed(8, "a font shorter than its header"));
    }
    within(reader, length, "the font")
}
