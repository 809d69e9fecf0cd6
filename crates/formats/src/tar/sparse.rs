//! Sparse members: the data that are stored, and the size that they pretend to.

use base::{coverage::Claim, reader::Reader, sink::Sink, stop::Stop};

use super::{BLOCK, header};

/// Reads the further blocks of an old GNU sparse map and gives the real size of the file.
pub(super) fn old_gnu(reader: &mut Reader<'_>, sink: &mut Sink<'_>, block: &[u8; BLOCK]) -> Result<Option<u64>, Stop> {
    let mut more = block.get(482).is_some_and(|more| *more != 0);
    while more {
        let at = reader.offset();
        let map: [u8; BLOCK] = reader.array("a sparse map")?;
        sink.claim(at..reader.offset(), Claim::Read);
        more = map.get(504).is_some_and(|more| *more != 0);
    }
    Ok(header::number_at(block, 483, 12))
}

/// Reads the map of pax sparse 1.0, which stands in front of the data: a count, then offset and size of each segment,
/// a line each, filled to a whole block. Gives its length in bytes.
pub(super) fn map_length(reader: &mut Reader<'_>, size: u64) -> Result<u64, Stop> {
    let start = reader.offset();
    let line = |reader: &mut Reader<'_>| -> Result<Option<u64>, Stop> {
        let line = reader.line(24, "a sparse map")?;
        Ok(std::str::from_utf8(&line).ok().and_then(|line| line.parse().ok()))
    };
    let Some(segments) = line(reader)? else {
        return Err(Stop::malformed(start, "a sparse map without its count"));
    };
    let mut left = segments.saturating_mul(2);
    while left > 0 {
        left = left.saturating_sub(1);
        let at = reader.offset();
        if line(reader)?.is_none() || reader.offset().saturating_sub(start) > size {
            return Err(Stop::malformed(at, "a sparse map"));
        }
    }
    Ok(super::member::padded(reader.offset().saturating_sub(start)).min(size))
}
