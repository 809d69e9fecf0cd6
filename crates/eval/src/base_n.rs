//! Bytes written as text: base 16, 32, 64 and 85, uuencode and quoted-printable.

use crate::{
    evaluator::{Fault, Folded, raise},
    value::Exception,
};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE32_HEX: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
const BASE85: &[u8; 85] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
const Z85: &[u8; 85] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

fn bad<T>() -> Folded<T> {
    raise(Exception::Value)
}

/// The place of `byte` in an alphabet.
fn digit(alphabet: &[u8], byte: u8) -> Option<u32> {
    alphabet.iter().position(|known| *known == byte).and_then(|place| u32::try_from(place).ok())
}

/// The low byte.
fn low(value: u32) -> u8 {
    u8::try_from(value & 0xff).unwrap_or_default()
}

/// `binascii.a2b_base64` without strict mode: foreign characters are passed over, a full padding ends it.
pub(crate) fn base64(text: &[u8]) -> Folded<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len().div_ceil(4).saturating_mul(3));
    let (mut held, mut place, mut pads) = (0_u32, 0_u32, 0_u32);
    for byte in text {
        if *byte == b'=' {
            pads = pads.saturating_add(1);
            if place >= 2 && place.saturating_add(pads) >= 4 {
                return Ok(out);
            }
            continue;
        }
        let Some(value) = base64_digit(*byte) else { continue };
        pads = 0;
        held = (held << 6) | value;
        place = place.saturating_add(1) & 3;
        match place {
            2 => out.push(low(held >> 4)),
            3 => out.push(low(held >> 2)),
            0 => out.push(low(held)),
            _ => {}
        }
    }
    if place == 0 { Ok(out) } else { bad() }
}

fn base64_digit(byte: u8) -> Option<u32> {
    let (from, at) = match byte {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' => (b'+', 62),
        b'/' => (b'/', 63),
        _ => return None,
    };
    Some(u32::from(byte.saturating_sub(from)).saturating_add(at))
}

/// Whether `base64.b64decode(validate=True)` accepts it.
pub(crate) fn is_strict_base64(text: &[u8]) -> bool {
    let end = text.iter().position(|byte| base64_digit(*byte).is_none()).unwrap_or(text.len());
    let pads = text.get(end..).unwrap_or_default();
    pads.len() <= 2 && pads.iter().all(|byte| *byte == b'=')
}

/// `base64.b64encode`.
pub(crate) fn to_base64(bytes: &[u8]) -> Vec<u8> {
    digits(bytes, BASE64, 6, 4)
}

/// `base64.b32encode`.
pub(crate) fn to_base32(bytes: &[u8], hex: bool) -> Vec<u8> {
    digits(bytes, if hex { BASE32_HEX } else { BASE32 }, 5, 8)
}

fn digits(bytes: &[u8], alphabet: &[u8], bits: u32, group: usize) -> Vec<u8> {
    let mask = (1_u32 << bits).saturating_sub(1);
    let letter =
        |value: u32| usize::try_from(value & mask).ok().and_then(|at| alphabet.get(at)).copied().unwrap_or(b'?');
    let (mut held, mut count, mut out) = (0_u32, 0_u32, Vec::new());
    for byte in bytes {
        held = ((held & 0xff) << 8) | u32::from(*byte);
        count = count.saturating_add(8);
        while count >= bits {
            count = count.saturating_sub(bits);
            out.push(letter(held >> count));
        }
    }
    if count > 0 {
        out.push(letter(held << bits.saturating_sub(count)));
    }
    out.resize(out.len().next_multiple_of(group), b'=');
    out
}

/// `base64.b32decode` and `b32hexdecode`.
pub(crate) fn base32(text: &[u8], hex: bool, fold_case: bool) -> Folded<Vec<u8>> {
    if !text.len().is_multiple_of(8) {
        return bad();
    }
    let alphabet = if hex { BASE32_HEX } else { BASE32 };
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last.saturating_add(1));
    if !matches!(text.len().saturating_sub(end), 0 | 1 | 3 | 4 | 6) {
        return bad();
    }
    let (mut held, mut count, mut out) = (0_u32, 0_u32, Vec::new());
    for byte in text.get(..end).unwrap_or_default() {
        let byte = if fold_case { byte.to_ascii_uppercase() } else { *byte };
        let value = digit(alphabet, byte).ok_or(Fault::Raises(Exception::Value))?;
        held = ((held & 0xff) << 5) | value;
        count = count.saturating_add(5);
        if count >= 8 {
            count = count.saturating_sub(8);
            out.push(low(held >> count));
        }
    }
    Ok(out)
}

/// `base64.b16decode`, `binascii.unhexlify`; lower case only where allowed.
pub(crate) fn base16(text: &[u8], lower: bool) -> Folded<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return bad();
    }
    let value = |byte: u8| char::from(byte).to_digit(16).filter(|_| lower || !byte.is_ascii_lowercase());
    let pair = |[high, second]: &[u8; 2]| Some(low((value(*high)? << 4) | value(*second)?));
    pairs.iter().map(pair).collect::<Option<_>>().ok_or(Fault::Raises(Exception::Value))
}

/// `base64.b85decode` and `z85decode`.
pub(crate) fn base85(text: &[u8], z85: bool) -> Folded<Vec<u8>> {
    let alphabet = if z85 { Z85 } else { BASE85 };
    let values: Option<Vec<u32>> = text.iter().map(|byte| digit(alphabet, *byte)).collect();
    groups85(&values.ok_or(Fault::Raises(Exception::Value))?)
}

/// Groups of five digits to four bytes; a short group is filled with the highest digit and cut.
fn groups85(values: &[u32]) -> Folded<Vec<u8>> {
    let mut out = Vec::new();
    for group in values.chunks(5) {
        let missing = 5_usize.saturating_sub(group.len());
        let padded = group.iter().copied().chain(std::iter::repeat_n(84, missing));
        let word = padded.fold(0_u64, |word, value| word.saturating_mul(85).saturating_add(value.into()));
        let Ok(word) = u32::try_from(word) else {
            return bad();
        };
        out.extend(word.to_be_bytes().into_iter().take(4_usize.saturating_sub(missing)));
    }
    Ok(out)
}

/// `base64.b85encode`.
pub(crate) fn to_base85(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for group in bytes.chunks(4) {
        let missing = 4_usize.saturating_sub(group.len());
        let mut word = group.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
        for _ in 0..missing {
            word <<= 8;
        }
        let mut letters = [0_u8; 5];
        for letter in letters.iter_mut().rev() {
            *letter = usize::try_from(word % 85).ok().and_then(|at| BASE85.get(at)).copied().unwrap_or_default();
            word /= 85;
        }
        out.extend(letters.into_iter().take(5_usize.saturating_sub(missing)));
    }
    out
}

/// `base64.a85decode`.
pub(crate) fn ascii85(text: &[u8], adobe: bool) -> Folded<Vec<u8>> {
    let text = if adobe {
        let text = text.strip_suffix(b"~>").ok_or(Fault::Raises(Exception::Value))?;
        text.strip_prefix(b"<~").unwrap_or(text)
    } else {
        text
    };
    let mut values = Vec::new();
    for byte in text {
        match byte {
            b'!'..=b'u' => values.push(u32::from(byte.saturating_sub(b'!'))),
            b'z' if values.len().is_multiple_of(5) => values.extend([0; 5]),
            b' ' | b'\t' | b'\n' | b'\r' | 0xb => {}
            _ => return bad(),
        }
    }
    groups85(&values)
}

/// One line of uuencode, as `binascii.a2b_uu`.
pub(crate) fn uu_line(line: &[u8]) -> Folded<Vec<u8>> {
    // CPython reads the zero behind an empty line as its length.
    let (first, rest) = line.split_first().unwrap_or((&0, &[]));
    let length = usize::from(first.wrapping_sub(32) & 63);
    let needed = length.saturating_mul(8).div_ceil(6);
    let (mut held, mut count, mut out) = (0_u32, 0_u32, Vec::new());
    for place in 0..needed {
        let value = match rest.get(place) {
            None | Some(b'\n' | b'\r') => 0,
            Some(byte @ 32..=96) => u32::from(byte.saturating_sub(32) & 63),
            Some(_) => return bad(),
        };
        held = ((held & 0xff) << 6) | value;
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            out.push(low(held >> count));
        }
    }
    out.truncate(length);
    Ok(out)
}

/// The `uu` codec: what stands between `begin` and `end`.
pub(crate) fn uu(text: &[u8]) -> Folded<Vec<u8>> {
    let mut lines = text.split_inclusive(|byte| *byte == b'\n');
    if !lines.any(|line| line.starts_with(b"begin")) {
        return bad();
    }
    let mut out = Vec::new();
    for line in lines {
        if line == b"end\n" || line == b"end" {
            return Ok(out);
        }
        out.extend(uu_line(line)?);
    }
    bad()
}

/// `binascii.a2b_qp`.
pub(crate) fn quoted_printable(text: &[u8], header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (*first, after) {
            (b'=', []) => {}
            (b'=', [b'\n' | b'\r', ..]) => {
                let end = after.iter().position(|byte| *byte == b'\n').map_or(after.len(), |end| end.saturating_add(1));
                rest = after.get(end..).unwrap_or_default();
            }
            (b'=', [b'=', more @ ..]) => {
                out.push(b'=');
                rest = more;
            }
            (b'=', [high, second, more @ ..]) if high.is_ascii_hexdigit() && second.is_ascii_hexdigit() => {
                out.extend(base16(&[*high, *second], true).unwrap_or_default());
                rest = more;
            }
            (b'_', _) if header => out.push(b' '),
            (byte, _) => out.push(byte),
        }
    }
    out
}
