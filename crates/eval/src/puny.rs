//! Punycode (RFC 3492) and the labels of host names that carry it, as the codecs `punycode` and `idna` read them.

use crate::evaluator::{Evaluator, Fault, Folded, raise};
use crate::value::Exception;

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
/// Letters of one label: each may move all that were there before.
const MAX_LETTERS: usize = 4096;

fn digit(byte: u8) -> Option<u32> {
    match byte {
        b'a'..=b'z' => Some(u32::from(byte.wrapping_sub(b'a'))),
        b'A'..=b'Z' => Some(u32::from(byte.wrapping_sub(b'A'))),
        b'0'..=b'9' => Some(u32::from(byte.wrapping_sub(b'0')).wrapping_add(26)),
        _ => None,
    }
}

fn threshold(place: u32, bias: u32) -> u32 {
    place.saturating_mul(BASE).saturating_sub(bias).clamp(T_MIN, T_MAX)
}

fn adapt(delta: u32, first: bool, count: u32) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta = delta.saturating_add(delta.checked_div(count).unwrap_or(0));
    let mut divisions = 0_u32;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        divisions = divisions.saturating_add(BASE);
    }
    let share = (BASE - T_MIN + 1).saturating_mul(delta).checked_div(delta.saturating_add(SKEW)).unwrap_or(0);
    divisions.saturating_add(share)
}

/// `bytes.decode('punycode')`.
pub(crate) fn decode(evaluator: &Evaluator<'_>, bytes: &[u8]) -> Folded<String> {
    let wrong = || Fault::Raises(Exception::Value);
    let (plain, extended) = match bytes.iter().rposition(|byte| *byte == b'-') {
        Some(place) => {
            (bytes.get(..place).unwrap_or_default(), bytes.get(place.saturating_add(1)..).unwrap_or_default())
        }
        None => (&[][..], bytes),
    };
    if !plain.is_ascii() {
        return raise(Exception::Value);
    }
    let mut letters: Vec<char> = plain.iter().map(|byte| char::from(*byte)).collect();
    let (mut code, mut index, mut bias, mut rest) = (0x80_u32, 0_u32, 72_u32, extended.iter());
    while !rest.as_slice().is_empty() {
        if letters.len() >= MAX_LETTERS {
            return Err(Fault::OverCap("a host name of more than 4,096 letters"));
        }
        evaluator.pay(letters.len())?;
        let (start, mut weight, mut place) = (index, 1_u32, 1_u32);
        loop {
            let value = rest.next().and_then(|byte| digit(*byte)).ok_or_else(wrong)?;
            index = value.checked_mul(weight).and_then(|more| index.checked_add(more)).ok_or_else(wrong)?;
            let limit = threshold(place, bias);
            if value < limit {
                break;
            }
            weight = weight.checked_mul(BASE.saturating_sub(limit)).ok_or_else(wrong)?;
            place = place.saturating_add(1);
        }
        let count = u32::try_from(letters.len()).unwrap_or(u32::MAX).saturating_add(1);
        bias = adapt(index.saturating_sub(start), start == 0 && letters.len() == plain.len(), count);
        code = index.checked_div(count).and_then(|more| code.checked_add(more)).ok_or_else(wrong)?;
        index = index.checked_rem(count).unwrap_or(0);
        let letter = char::from_u32(code).ok_or_else(wrong)?;
        letters.insert(usize::try_from(index).unwrap_or(0).min(letters.len()), letter);
        index = index.saturating_add(1);
    }
    Ok(letters.into_iter().collect())
}

/// `bytes.decode('idna')`: each label by itself.
pub(crate) fn host(evaluator: &Evaluator<'_>, bytes: &[u8]) -> Folded<String> {
    let mut labels = Vec::new();
    for label in bytes.split(|byte| *byte == b'.') {
        labels.push(match label.split_at_checked(4) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(b"xn--") => decode(evaluator, rest)?,
            _ if label.is_ascii() => String::from_utf8_lossy(label).into_owned(),
            _ => return Err(Fault::Unfollowed),
        });
    }
    Ok(labels.join("."))
}

/// Text that both codecs write as it is: ASCII, with the hyphen that ends it in Punycode.
pub(crate) fn encode(text: &str, host: bool) -> Folded<Vec<u8>> {
    let long = |label: &str| label.is_empty() || label.len() > 63;
    if !text.is_ascii() || host && text.trim_end_matches('.').split('.').any(long) {
        return Err(Fault::Unfollowed);
    }
    Ok(if host { text.to_owned() } else { format!("{text}-") }.into_bytes())
}
