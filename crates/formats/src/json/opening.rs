//! Whether a text opens as JSON does.

use base::format::{Certainty, Head};

use crate::text::encoding::Encoding;

/// Characters looked at behind the white space.
const GLANCE: usize = 512;

/// Certain when an object opens with a key and a colon; a list, or an object without members, has to show itself.
pub(super) fn detect(head: &Head<'_>) -> Option<Certainty> {
    // Most files are told apart from JSON by their first letter.
    if let (Encoding::Utf8, mark) = Encoding::guess(head.first) {
        let text = usize::try_from(mark).ok().and_then(|mark| head.first.get(mark..)).unwrap_or_default();
        if !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return None;
        }
    }
    let opening = opening(head.first);
    let rest = opening.trim_start();
    if let Some(members) = rest.strip_prefix('{') {
        return object(members.trim_start());
    }
    let items = rest.strip_prefix('[')?.trim_start();
    match items.chars().next() {
        Some('{') => object(items.get(1..)?.trim_start()),
        Some('[' | ']' | '"' | '-' | 't' | 'f' | 'n' | 'N' | 'I' | '0'..='9') => Some(Certainty::Possible),
        _ => None,
    }
}

/// Behind an opening brace.
fn object(members: &str) -> Option<Certainty> {
    if members.starts_with('}') {
        return Some(Certainty::Possible);
    }
    let mut letters = members.strip_prefix('"')?.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '"' => {
                let colon = letters.as_str().trim_start().chars().next();
                return (colon == Some(':')).then_some(Certainty::Certain);
            }
            _ => {}
        }
    }
    // The first key is longer than the glance.
    Some(Certainty::Possible)
}

/// The first characters behind white space, as far as they decode.
fn opening(bytes: &[u8]) -> String {
    let (encoding, mark) = Encoding::guess(bytes);
    let bytes = usize::try_from(mark).ok().and_then(|mark| bytes.get(mark..)).unwrap_or_default();
    let width = match encoding {
        Encoding::Utf8 | Encoding::Latin1 => 1,
        Encoding::Utf16Le | Encoding::Utf16Be => 2,
        Encoding::Utf32Le | Encoding::Utf32Be => 4,
    };
    let big = matches!(encoding, Encoding::Utf16Be | Encoding::Utf32Be);
    let unit = |unit: &[u8]| {
        let value = |sum: u32, byte: &u8| sum.wrapping_shl(8) | u32::from(*byte);
        let code = if big { unit.iter().fold(0, value) } else { unit.iter().rev().fold(0, value) };
        // Only ASCII matters for the form.
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    bytes.chunks(width).map(unit).skip_while(|letter| letter.is_ascii_whitespace()).take(GLANCE).collect()
}
