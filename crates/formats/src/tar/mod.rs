//! Tar in all dialects (POSIX 1003.1 `ustar` and `pax`, GNU, v7).

/// The bytes of a header or data block.
const BLOCK: usize = 512;

/// Whether `bytes` begin with a header whose checksum holds.
pub(crate) fn is_header(bytes: &[u8]) -> bool {
    let Some(block) = bytes.get(..BLOCK) else {
        return false;
    };
    stated_checksum(block).is_some_and(|stated| checksums(block).contains(&stated))
}

/// The sums over a header with its own field taken as blanks: of unsigned bytes, and of signed ones as old tars had it.
fn checksums(block: &[u8]) -> [i64; 2] {
    let field = |at: usize| (148..156).contains(&at);
    let sum = |value: fn(u8) -> i64| {
        block
            .iter()
            .enumerate()
            .map(|(at, byte)| if field(at) { 32 } else { value(*byte) })
            .fold(0, i64::saturating_add)
    };
    [sum(i64::from), sum(|byte| i64::from(i8::from_le_bytes([byte])))]
}

fn stated_checksum(block: &[u8]) -> Option<i64> {
    let field = block.get(148..156)?;
    let digits: Vec<u8> =
        field.iter().copied().skip_while(|byte| *byte == b' ').take_while(u8::is_ascii_digit).collect();
    i64::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok()
}
