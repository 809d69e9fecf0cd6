//! Integers as text and bytes, and the methods of numbers.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "on big integers only: they cannot overflow, and divisors are checked"
)]

use num_bigint::{BigInt, Sign};

use crate::{
    arguments::{Arguments, int, integer, mismatch},
    evaluator::{Evaluator, Fault, Folded, raise},
    number::float,
    value::{Exception, Value},
};

/// Digits that decimal conversion reads or writes: it is quadratic.
const MAX_DIGITS: usize = 20_000;

/// Text of an integer in `base`, as `int` reads it: white space around, a sign, a prefix, single underscores.
pub(crate) fn read_int(evaluator: &Evaluator<'_>, text: &str, base: i64) -> Folded<BigInt> {
    let invalid = Fault::Raises(Exception::Value);
    let text = text.trim_matches(crate::text::is_space);
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefix = match text.get(..2).unwrap_or_default() {
        "0x" | "0X" => 16,
        "0o" | "0O" => 8,
        "0b" | "0B" => 2,
        _ => 0,
    };
    let prefixed = prefix != 0 && (base == 0 || base == prefix);
    let digits = if prefixed { text.get(2..).unwrap_or_default() } else { text };
    let digits = if prefixed { digits.strip_prefix('_').unwrap_or(digits) } else { digits };
    let radix = match base {
        0 if prefixed => prefix,
        0 => 10,
        base => base,
    };
    let radix = u32::try_from(radix).ok().filter(|radix| (2..=36).contains(radix)).ok_or(invalid.clone())?;
    if digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return Err(invalid);
    }
    let plain: String = digits.chars().filter(|letter| *letter != '_').map(ascii_digit).collect();
    if base == 0 && !prefixed && plain.starts_with('0') && plain.bytes().any(|byte| byte != b'0') {
        return Err(invalid);
    }
    if !radix.is_power_of_two() {
        if plain.len() > MAX_DIGITS {
            return Err(Fault::OverCap("a number of more than 20,000 digits"));
        }
        evaluator.pay(plain.len().saturating_mul(plain.len()) / 64)?;
    }
    evaluator.make(plain.len())?;
    if !plain.chars().all(|letter| letter.is_digit(radix)) {
        return Err(invalid);
    }
    let value = BigInt::parse_bytes(plain.as_bytes(), radix).ok_or(invalid)?;
    Ok(if negative { -value } else { value })
}

/// Full-width and other decimal digits count as their value; the common blocks are enough.
fn ascii_digit(letter: char) -> char {
    let code = u32::from(letter);
    let zero = [0xff10_u32, 0x660, 0x6f0, 0x966].into_iter().find(|zero| (*zero..*zero + 10).contains(&code));
    zero.and_then(|zero| char::from_digit(code - zero, 10)).unwrap_or(letter)
}

/// `int.from_bytes(bytes, byteorder='big', signed=False)`.
pub(crate) fn from_bytes(evaluator: &Evaluator<'_>, args: Arguments<'_>) -> Folded {
    let source = args.required(0, "bytes")?;
    let listed;
    let bytes = match source {
        Value::Bytes(bytes) | Value::ByteArray(bytes) | Value::MemoryView(bytes) => &**bytes,
        Value::List(items) | Value::Tuple(items) => {
            let bytes: Folded<Vec<u8>> = items
                .iter()
                .map(|item| u8::try_from(int(item)?).map_err(|_| Fault::Raises(Exception::Value)))
                .collect();
            listed = bytes?;
            &*listed
        }
        other => return mismatch(other),
    };
    evaluator.make(bytes.len())?;
    let signed = args.truth_or(usize::MAX, "signed", false)?;
    Ok(Value::integer(match (args.text_or(1, "byteorder", "big")?, signed) {
        ("little", true) => BigInt::from_signed_bytes_le(bytes),
        ("little", false) => BigInt::from_bytes_le(Sign::Plus, bytes),
        ("big", true) => BigInt::from_signed_bytes_be(bytes),
        ("big", false) => BigInt::from_bytes_be(Sign::Plus, bytes),
        _ => return raise(Exception::Value),
    }))
}

/// `int.to_bytes(length=1, byteorder='big', signed=False)`.
fn to_bytes(evaluator: &Evaluator<'_>, value: &Value, args: Arguments<'_>) -> Folded {
    let value = integer(value)?;
    let length = usize::try_from(args.int_or(0, "length", 1)?).map_err(|_| Fault::Raises(Exception::Value))?;
    evaluator.make(length)?;
    let signed = args.truth_or(usize::MAX, "signed", false)?;
    if value.sign() == Sign::Minus && !signed {
        return raise(Exception::Overflow);
    }
    let fill = if value.sign() == Sign::Minus { 0xff } else { 0 };
    let mut bytes = match (value.sign(), signed) {
        (Sign::NoSign, _) => Vec::new(),
        (_, true) => value.to_signed_bytes_le(),
        (_, false) => value.to_bytes_le().1,
    };
    if bytes.len() > length {
        return raise(Exception::Overflow);
    }
    bytes.resize(length, fill);
    match args.text_or(1, "byteorder", "big")? {
        "little" => {}
        "big" => bytes.reverse(),
        _ => return raise(Exception::Value),
    }
    Ok(Value::bytes(bytes))
}

/// A method of an integer or a float.
pub(crate) fn method(evaluator: &Evaluator<'_>, of: &Value, name: &str, args: Arguments<'_>) -> Folded {
    match name {
        "to_bytes" => to_bytes(evaluator, of, args),
        "from_bytes" => from_bytes(evaluator, args),
        "bit_length" => Ok(Value::integer(integer(of)?.bits())),
        "bit_count" => {
            let value = integer(of)?;
            Ok(Value::integer(
                value.magnitude().iter_u64_digits().map(|word| u64::from(word.count_ones())).sum::<u64>(),
            ))
        }
        "conjugate" | "__int__" | "__index__" | "__trunc__" if !matches!(of, Value::Float(_)) => {
            Ok(Value::integer(integer(of)?))
        }
        "is_integer" => match of {
            Value::Float(value) => Ok(Value::Bool(value.is_finite() && value.fract() == 0.0)),
            _ => Ok(Value::Bool(true)),
        },
        "__float__" => Ok(Value::Float(float(of)?)),
        _ => Err(Fault::Unfollowed),
    }
}
