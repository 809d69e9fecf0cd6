//! Zero-filled space between the parts of a container.

use std::ops::Range;

use base::{blob::Blob, budget::Meter, reader::Reader, stop::Stop};

/// Whether every byte of `range` is zero; reads on only while it is.
pub(crate) fn is_zero(blob: &Blob, meter: &Meter, range: Range<u64>) -> Result<bool, Stop> {
    let mut reader = Reader::at(blob, meter, range.start);
    while reader.offset() < range.end {
        let left = usize::try_from(range.end.saturating_sub(reader.offset())).unwrap_or(usize::MAX);
        let seen = reader.peek(left)?;
        let seen = seen.get(..left).unwrap_or(seen);
        if seen.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        let count = seen.len();
        if count == 0 {
            return Ok(true);
        }
        reader.consume(count);
    }
    Ok(true)
}
