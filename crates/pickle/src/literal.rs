//! The text that protocol 0 writes: numbers as `strtol` and Python read them, escapes, and the decodings of text.

use eval::BigInt;

/// Digits of a number that is worth reading: beyond, only its type is kept.
const MAX_DIGITS: usize = 5000;

/// A whole number.
#[derive(Debug, PartialEq)]
pub(crate) enum Number {
    /// It fits.
    Small(i64),
    /// It does not.
    Big(BigInt),
    /// `I00` and `I01`.
    Truth(bool),
    /// A number with more digits than are read.
    Huge,
}

/// The argument of INT: `strtol` with base 0 (so that `010` is eight), then Python's literals. `None` when both fail.
pub(crate) fn int(line: &[u8]) -> Option<Number> {
    let text = cut_at_nul(line);
    match c_long(text) {
        Some(value @ (0 | 1)) if line.len() == 2 => Some(Number::Truth(value == 1)),
        Some(value) => Some(Number::Small(value)),
        None => python_int(text),
    }
}

/// The argument of LONG: a Python literal, with or without its `L`.
pub(crate) fn long(line: &[u8]) -> Option<Number> {
    python_int(cut_at_nul(line.strip_suffix(b"L").unwrap_or(line)))
}

/// The argument of GET and PUT: decimal.
pub(crate) fn index(line: &[u8]) -> Option<i64> {
    match digits(cut_at_nul(line).trim_ascii(), Some(10))? {
        Number::Small(value) => Some(value),
        _ => None,
    }
}

/// The argument of FLOAT: as the C unpickler has it, or as Python's `float` takes it, with blanks around and underscores between digits.
pub(crate) fn float(line: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(cut_at_nul(line)).ok()?;
    text.parse().ok().or_else(|| {
        let text = text.trim();
        let between = |at: usize| {
            let digit = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
            digit(at.checked_sub(1)) && digit(at.checked_add(1))
        };
        let placed = text.match_indices('_').all(|(at, _)| between(at));
        if placed { text.replace('_', "").parse().ok() } else { None }
    })
}

/// The C library reads up to the first NUL.
fn cut_at_nul(line: &[u8]) -> &[u8] {
    line.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// `strtol(text, &end, 0)` that reaches the end without overflow.
fn c_long(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, digits) = sign(text);
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (digits.get(2..)?, 16),
        [b'0', _, ..] => (digits.get(1..)?, 8),
        _ => (digits, 10),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    let signed = if negative { format!("-{digits}") } else { digits.to_owned() };
    i64::from_str_radix(&signed, radix).ok()
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn python_int(text: &[u8]) -> Option<Number> {
    digits(text.trim_ascii(), None)
}

/// Python's integer literals; without a radix their prefix chooses it.
fn digits(text: &[u8], radix: Option<u32>) -> Option<Number> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, body) = sign(text);
    let prefixed = match body.as_bytes() {
        [b'0', b'x' | b'X', ..] => Some(16),
        [b'0', b'o' | b'O', ..] => Some(8),
        [b'0', b'b' | b'B', ..] => Some(2),
        _ => None,
    };
    let (body, radix) = match (radix, prefixed) {
        (None, Some(radix)) => (body.get(2..)?, radix),
        (radix, _) => (body, radix.unwrap_or(10)),
    };
    // An underscore stands between digits, or behind the prefix.
    let grouped = body.strip_prefix('_').filter(|_| prefixed.is_some()).unwrap_or(body);
    if grouped.is_empty() || grouped.starts_with('_') || grouped.ends_with('_') || grouped.contains("__") {
        return None;
    }
    let plain = grouped.replace('_', "");
    if !plain.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    if plain.len() > MAX_DIGITS {
        return Some(Number::Huge);
    }
    let signed = if negative { format!("-{plain}") } else { plain };
    match i64::from_str_radix(&signed, radix) {
        Ok(value) => Some(Number::Small(value)),
        Err(_) => BigInt::parse_bytes(signed.as_bytes(), radix).map(Number::Big),
    }
}

/// The first `len` of eight bytes, one at least, as LONG1 has them.
#[inline]
pub(crate) fn short_long(bytes: [u8; 8], len: u64) -> Option<i64> {
    let bits = u32::try_from(len).ok()?.checked_mul(8)?;
    let unused = u64::BITS.checked_sub(bits).filter(|unused| *unused < u64::BITS)?;
    Some(i64::from_le_bytes(bytes).wrapping_shl(unused).wrapping_shr(unused))
}

/// LONG1 and LONG4: two's complement, little-endian.
pub(crate) fn counted_long(bytes: &[u8]) -> Number {
    match bytes.len() {
        0..=8 => {
            let fill = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
            let mut all = [fill; 8];
            for (to, from) in all.iter_mut().zip(bytes) {
                *to = *from;
            }
            Number::Small(i64::from_le_bytes(all))
        }
        9..=MAX_DIGITS => Number::Big(BigInt::from_signed_bytes_le(bytes)),
        _ => Number::Huge,
    }
}

/// The bytes between the quotes of STRING; `None` when they are not quoted.
pub(crate) fn unquoted(line: &[u8]) -> Option<&[u8]> {
    match line {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => Some(inner),
        _ => None,
    }
}

/// `PyBytes_DecodeEscape`; `None` for a broken `\x` or a lone backslash at the end.
pub(crate) fn escaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next()? {
            b'\n' => {}
            letter @ (b'\\' | b'\'' | b'"') => bytes.push(letter),
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b't' => bytes.push(b'\t'),
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b'v' => bytes.push(11),
            b'a' => bytes.push(7),
            first @ b'0'..=b'7' => {
                let mut value = u32::from(first & 7);
                for _ in 0..2 {
                    let Some(next) = rest.next_if(|byte| (b'0'..=b'7').contains(byte)) else {
                        break;
                    };
                    value = value << 3 | u32::from(next & 7);
                }
                bytes.push((value & 0xff) as u8);
            }
            b'x' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                bytes.push(((high << 4 | low) & 0xff) as u8);
            }
            other => bytes.extend([b'\\', other]),
        }
    }
    Some(bytes)
}

/// `raw-unicode-escape`: Latin-1 with `\u` and `\U`; `None` for a broken escape. Lone surrogates become U+FFFD.
pub(crate) fn raw_unicode(line: &[u8]) -> Option<String> {
    raw_unicode_points(line).map(|points| shown(&points))
}

/// [`raw_unicode`] as code points, lone surrogates among them.
pub(crate) fn raw_unicode_points(line: &[u8]) -> Option<Vec<u32>> {
    let mut text = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            text.push(u32::from(*byte));
            continue;
        }
        let width = match rest.first() {
            Some(b'u') => 4_usize,
            Some(b'U') => 8,
            // A backslash before anything else stands for itself, and so does what follows it.
            Some(other) => {
                text.extend([u32::from(b'\\'), u32::from(*other)]);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            None => {
                text.push(u32::from(b'\\'));
                continue;
            }
        };
        let digits = std::str::from_utf8(rest.get(1..width.saturating_add(1))?).ok()?;
        let point = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
        if point > 0x0010_ffff {
            return None;
        }
        text.push(point);
        rest = rest.get(width.saturating_add(1)..).unwrap_or_default();
    }
    Some(text)
}

/// Text of these code points, lone surrogates as U+FFFD.
fn shown(points: &[u32]) -> String {
    points.iter().map(|point| char::from_u32(*point).unwrap_or('\u{fffd}')).collect()
}

/// Text in UTF-8 with `surrogatepass`, lone surrogates as U+FFFD; `None` when it is not that.
pub(crate) fn surrogatepass(bytes: &[u8]) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    surrogatepass_points(bytes).map(|points| shown(&points))
}

/// [`surrogatepass`] as code points, lone surrogates among them.
pub(crate) fn surrogatepass_points(bytes: &[u8]) -> Option<Vec<u32>> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.extend(valid.chars().map(u32::from));
                break;
            }
            Err(error) => {
                let (valid, broken) = rest.split_at_checked(error.valid_up_to())?;
                text.extend(std::str::from_utf8(valid).ok()?.chars().map(u32::from));
                let [0xed, high @ 0xa0..=0xbf, low @ 0x80..=0xbf, after @ ..] = broken else {
                    return None;
                };
                text.push(0xd000 | u32::from(*high & 0x3f) << 6 | u32::from(*low & 0x3f));
                rest = after;
            }
        }
    }
    Some(text)
}

/// Whether bytes are UTF-8 with `surrogatepass`.
#[inline]
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    is_ascii(bytes) || std::str::from_utf8(bytes).is_ok() || surrogatepass(bytes).is_some()
}

/// [`slice::is_ascii`], quicker for the few bytes that most texts have: two words that overlap are all of them.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    match (bytes.first_chunk(), bytes.last_chunk(), bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last), ..) if bytes.len() <= 16 => {
            (u64::from_le_bytes(*first) | u64::from_le_bytes(*last)) & HIGH == 0
        }
        (.., Some(first), Some(last)) if bytes.len() < 8 => {
            u64::from(u32::from_le_bytes(*first) | u32::from_le_bytes(*last)) & HIGH == 0
        }
        _ => bytes.is_ascii(),
    }
}

/// Text of Python 2, whose encoding the loader chooses: UTF-8 where it is that, else Latin-1.
pub(crate) fn python2_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_longs_and_texts_are_told_as_long_ones_are() {
        for count in 0..12 {
            for fill in [0, 1, 0x7f, 0x80, 0xff] {
                let bytes: Vec<u8> = (0..12).map(|index| if index % 3 == 0 { fill } else { index }).collect();
                let slice = &bytes[..count];
                if let Some(number) = short_long(bytes[..8].try_into().unwrap(), count as u64) {
                    assert_eq!(counted_long(slice), Number::Small(number), "{slice:?}");
                }
            }
        }
        for len in 0..40 {
            assert!(is_ascii(&vec![b'a'; len]));
            for at in 0..len {
                let mut bytes = vec![b'a'; len];
                bytes[at] = 0x80;
                assert!(!is_ascii(&bytes), "{at} of {len}");
            }
        }
    }

    #[test]
    fn integers_read_as_the_c_unpickler_reads_them() {
        let small = |value| Some(Number::Small(value));
        assert_eq!(int(b"00"), Some(Number::Truth(false)));
        assert_eq!(int(b"01"), Some(Number::Truth(true)));
        assert_eq!(int(b"1"), small(1));
        assert_eq!(int(b"001"), small(1));
        assert_eq!(int(b"010"), small(8));
        assert_eq!(int(b" -0x1F"), small(-31));
        assert_eq!(int(b"0b11"), small(3));
        assert_eq!(int(b"0o17"), small(15));
        assert_eq!(int(b"1_000"), small(1000));
        assert_eq!(int(b"5\0junk"), small(5));
        assert_eq!(int(b"9223372036854775808"), Some(Number::Big(BigInt::from(1_u64 << 63))));
        assert_eq!(int(b"0x"), None);
        assert_eq!(int(b"1L"), None);
        assert_eq!(int(b"_1"), None);
        assert_eq!(long(b"12L"), small(12));
        assert_eq!(long(b"0x_fL"), small(15));
        assert_eq!(long(b"1__0"), None);
        assert_eq!(index(b"-1"), small(-1).map(|_| -1));
        assert_eq!(index(b"0x1"), None);
        assert_eq!(long(&[b'9'; 6000]), Some(Number::Huge));
    }

    #[test]
    fn longs_are_twos_complement() {
        assert_eq!(counted_long(b""), Number::Small(0));
        assert_eq!(counted_long(b"\xff"), Number::Small(-1));
        assert_eq!(counted_long(b"\xff\x00"), Number::Small(255));
        assert_eq!(counted_long(b"\0\0\0\0\0\0\0\0\x01"), Number::Big(BigInt::from(1_u128 << 64)));
    }

    #[test]
    fn text_is_decoded() {
        assert_eq!(escaped(br"a\x41\101\n\q\\").unwrap(), b"aAA\n\\q\\");
        assert_eq!((escaped(br"\x4"), escaped(b"\\")), (None, None));
        assert_eq!(raw_unicode(b"\\u0041\xe9\\\\u0042\\x").unwrap(), "A\u{e9}\\\\u0042\\x");
        assert_eq!(raw_unicode(b"\\u00"), None);
        assert_eq!(surrogatepass(b"a\xed\xa0\x80b").unwrap(), "a\u{fffd}b");
        assert_eq!(surrogatepass(b"\xff"), None);
        assert_eq!(unquoted(b"'a\""), None);
        assert_eq!(unquoted(b"'"), None);
    }
}
