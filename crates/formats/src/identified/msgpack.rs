//! MessagePack as Flax writes it: maps with text keys down to arrays in extension type 1.

use base::format::Head;

/// Maps that may stand around the first array.
const LEVELS: usize = 32;

/// Follows the first entry of each map until an array of numbers shows the format.
pub(super) fn flax(head: &Head<'_>) -> bool {
    let mut rest = head.first;
    for level in 0..LEVELS {
        let Some(after) = map(rest) else {
            return level > 0 && array(rest);
        };
        match text(after) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    false
}

/// Behind the head of a map that is not empty.
fn map(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [0x81..=0x8f, rest @ ..] | [0xde, _, _, rest @ ..] | [0xdf, 0, _, _, _, rest @ ..] => Some(rest),
        _ => None,
    }
}

/// Behind a text of printable characters.
fn text(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = match bytes {
        [length @ 0xa1..=0xbf, rest @ ..] => (usize::from(length & 0x1f), rest),
        [0xd9, length, rest @ ..] => (usize::from(*length), rest),
        _ => return None,
    };
    let (key, rest) = rest.split_at_checked(length)?;
    std::str::from_utf8(key).ok().filter(|key| !key.chars().any(char::is_control)).map(|_| rest)
}

/// An extension of type 1 to 3: an array, a complex number or a scalar.
fn array(bytes: &[u8]) -> bool {
    matches!(bytes, [0xc7, _, 1..=3, 0x93, ..] | [0xc8, _, _, 1..=3, 0x93, ..] | [0xc9, _, _, _, _, 1..=3, 0x93, ..])
}
