//! SHA-256 of a blob, read once from the front.

use base::{blob::Blob, budget::Meter, stop::Stop};
use sha2::{Digest, Sha256};

/// Bytes read at a time.
const BLOCK: usize = 256 << 10;

/// SHA-256 of all bytes of `blob` in hexadecimal, and how many there were.
pub(crate) fn sha256(blob: &Blob, meter: &Meter) -> Result<(String, u64), Stop> {
    if let Some(bytes) = blob.memory() {
        return Ok((hexadecimal(&Sha256::digest(bytes)), bytes.len() as u64));
    }
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut offset = 0_u64;
    loop {
        let count = blob.fill_at(offset, &mut block)?;
        meter.poll()?;
        if count == 0 {
            return Ok((hexadecimal(&hasher.finalize()), offset));
        }
        hasher.update(block.get(..count).unwrap_or_default());
        offset = offset.saturating_add(count as u64);
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
