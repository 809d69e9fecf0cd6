//! The hash by which words are found: written into the tables when they are compiled, computed again to look one up.

/// A number that spreads `text` over all 64 bits.
pub(crate) const fn spread(text: &[u8]) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ text.len() as u64;
    let mut rest = text;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        state = mixed(state ^ u64::from_le_bytes(*word));
        rest = after;
    }
    let mut last = 0_u64;
    while let Some((byte, after)) = rest.split_first() {
        last = last << 8 | *byte as u64;
        rest = after;
    }
    mixed(state ^ last)
}

/// Multiplies and folds: each bit of `state` reaches the low ones.
const fn mixed(state: u64) -> u64 {
    let wide = state.wrapping_mul(0xd6e8_feb8_6659_fd93);
    wide ^ wide >> 32
}
