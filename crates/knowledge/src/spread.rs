//! The hash by which words are found: written into the tables when they are compiled, computed again to look one up.

/// A number that spreads `text` over all 64 bits.
pub(crate) const fn spread(text: &[u8]) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ text.len() as u64;
    let mut rest = text;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        state = mixed(state ^ u64::from_le_bytes(*word));
        rest = after;
    }
    mixed(state ^ last(text, rest))
}

/// What is left behind the whole words of `text`; where the text is longer, with some of what stands before.
const fn last(text: &[u8], rest: &[u8]) -> u64 {
    if let (false, Some(word)) = (rest.is_empty(), text.last_chunk::<8>()) {
        return u64::from_le_bytes(*word);
    }
    if let (Some(first), Some(last)) = (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        return (u32::from_le_bytes(*first) as u64) << 32 | u32::from_le_bytes(*last) as u64;
    }
    match *rest {
        [] => 0,
        [only] => only as u64,
        [first, second] => (first as u64) << 8 | second as u64,
        [first, second, third, ..] => (first as u64) << 16 | (second as u64) << 8 | third as u64,
    }
}

/// Multiplies and folds: each bit of `state` reaches the low ones.
const fn mixed(state: u64) -> u64 {
    let wide = state.wrapping_mul(0xd6e8_feb8_6659_fd93);
    wide ^ wide >> 32
}
