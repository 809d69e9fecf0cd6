//! Numbers: integers of any size, floats, their functions and how they are written.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "on big integers only: they cannot overflow, and divisors are checked"
)]

use num_bigint::{BigInt, Sign};

use crate::{
    arguments::{Arguments, int, integer, mismatch},
    evaluator::{Evaluator, Fault, Folded, raise},
    value::{Exception, Value},
};

/// Bits of one integer.
const MAX_BITS: u64 = 8 << 20;
/// Digits that decimal conversion reads or writes: it is quadratic.
const MAX_DIGITS: usize = 20_000;

/// The integer part of a float; `None` for infinities and NaN.
pub(crate) fn truncated(float: f64) -> Option<BigInt> {
    if !float.is_finite() {
        return None;
    }
    let bits = float.to_bits();
    let (exponent, fraction) = ((bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
    let mantissa = if exponent == 0 { fraction } else { fraction | (1 << 52) };
    let whole = match exponent.checked_sub(1075) {
        Some(shift) => BigInt::from(mantissa) << shift,
        None => BigInt::from(mantissa.checked_shr(u32::try_from(1075 - exponent).unwrap_or(64)).unwrap_or(0)),
    };
    Some(if float.is_sign_negative() { -whole } else { whole })
}

/// The number as a float.
pub(crate) fn float(value: &Value) -> Folded<f64> {
    match value {
        Value::Float(value) => Ok(*value),
        Value::BigInt(value) if value.bits() > 1100 => raise(Exception::Overflow),
        Value::BigInt(value) => {
            let float = value.to_string().parse::<f64>().map_err(|_| Fault::Unfollowed)?;
            if float.is_finite() { Ok(float) } else { raise(Exception::Overflow) }
        }
        other => Ok(int(other)? as f64),
    }
}

/// What a float looks like in Python.
pub(crate) fn float_repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let shortest = format!("{value:e}");
    let exponent = shortest.rsplit_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok()).unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return format!("{value:?}");
    }
    let mantissa = shortest.rsplit_once('e').map_or("", |(mantissa, _)| mantissa);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// What an integer looks like in decimal.
pub(crate) fn decimal(value: &BigInt) -> Folded<String> {
    if value.bits() > 64_000 {
        return Err(Fault::OverCap("decimal text of a number of more than 64,000 bits"));
    }
    Ok(value.to_string())
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_))
}

/// `a op b` of two numbers; `None` when one is none.
pub(crate) fn arithmetic(evaluator: &Evaluator<'_>, op: &str, a: &Value, b: &Value) -> Option<Folded> {
    if !is_number(a) || !is_number(b) {
        return None;
    }
    if matches!((a, b), (Value::Float(_), _) | (_, Value::Float(_))) {
        return Some(floats(op, a, b));
    }
    if let (Value::Bool(a), Value::Bool(b)) = (a, b) {
        match op {
            "and" => return Some(Ok(Value::Bool(a & b))),
            "or" => return Some(Ok(Value::Bool(a | b))),
            "xor" => return Some(Ok(Value::Bool(a ^ b))),
            _ => {}
        }
    }
    if let (Ok(a), Ok(b)) = (int(a), int(b))
        && let Some(value) = small(op, a, b)
    {
        return Some(Ok(Value::Int(value)));
    }
    Some(big(evaluator, op, a, b))
}

/// Results that fit, of operands that fit.
fn small(op: &str, a: i64, b: i64) -> Option<i64> {
    match op {
        "add" => a.checked_add(b),
        "sub" => a.checked_sub(b),
        "mul" => a.checked_mul(b),
        "and" => Some(a & b),
        "or" => Some(a | b),
        "xor" => Some(a ^ b),
        "mod" if b > 0 => a.checked_rem_euclid(b),
        "floordiv" if b > 0 => a.checked_div_euclid(b),
        "rshift" => u32::try_from(b).ok().map(|by| a.checked_shr(by).unwrap_or(a >> 63)),
        _ => None,
    }
}

fn big(evaluator: &Evaluator<'_>, op: &str, a: &Value, b: &Value) -> Folded {
    let (a, b) = (integer(a)?, integer(b)?);
    let words = |value: &BigInt| usize::try_from(value.bits() / 64 + 1).unwrap_or(usize::MAX);
    if matches!(op, "mul" | "floordiv" | "mod") {
        evaluator.pay(words(&a).saturating_mul(words(&b)))?;
    } else {
        evaluator.pay(words(&a).saturating_add(words(&b)))?;
    }
    let zero = BigInt::ZERO;
    let value = match op {
        "add" => a + b,
        "sub" => a - b,
        "mul" => a * b,
        "and" => a & b,
        "or" => a | b,
        "xor" => a ^ b,
        "floordiv" | "mod" if b == zero => return raise(Exception::ZeroDivision),
        "floordiv" => floor_division(&a, &b).0,
        "mod" => floor_division(&a, &b).1,
        "truediv" if b == zero => return raise(Exception::ZeroDivision),
        "truediv" => return true_division(&a, &b),
        "lshift" | "rshift" if b.sign() == Sign::Minus => return raise(Exception::Value),
        "lshift" => {
            let by = u64::try_from(&b).ok().filter(|by| by.saturating_add(a.bits()) <= MAX_BITS);
            a << by.ok_or(Fault::OverCap("an integer of more than 1 MiB"))?
        }
        "rshift" => a >> u64::try_from(&b).unwrap_or(u64::MAX).min(MAX_BITS * 2),
        "pow" => return power(evaluator, &a, &b),
        _ => return Err(Fault::Unfollowed),
    };
    if value.bits() > MAX_BITS.saturating_mul(16) {
        return Err(Fault::OverCap("an integer of more than 16 MiB"));
    }
    Ok(Value::integer(value))
}

/// Quotient rounded down, and the remainder of the divisor's sign. The divisor is not zero.
fn floor_division(a: &BigInt, b: &BigInt) -> (BigInt, BigInt) {
    let (quotient, rest) = (a / b, a % b);
    if rest.sign() != Sign::NoSign && rest.sign() != b.sign() {
        return (quotient - 1, rest + b);
    }
    (quotient, rest)
}

fn true_division(a: &BigInt, b: &BigInt) -> Folded {
    const EXACT: u64 = 53;
    if a.bits() > EXACT || b.bits() > EXACT {
        return Err(Fault::Unfollowed);
    }
    let exact = |value: &BigInt| i64::try_from(value).map_or(0.0, |value| value as f64);
    Ok(Value::Float(exact(a) / exact(b)))
}

fn power(evaluator: &Evaluator<'_>, base: &BigInt, exponent: &BigInt) -> Folded {
    if exponent.sign() == Sign::Minus {
        return floats("pow", &Value::integer(base.clone()), &Value::integer(exponent.clone()));
    }
    let over = Fault::OverCap("an integer of more than 1 MiB");
    let exponent = u32::try_from(exponent).map_err(|_| over.clone());
    if base.bits() <= 1 {
        let odd = exponent.map_or(0, |exponent| exponent);
        return Ok(Value::integer(base.pow(if odd == 0 { 0 } else { odd % 2 + 2 })));
    }
    let exponent = exponent?;
    let bits = base.bits().saturating_mul(exponent.into());
    if bits > MAX_BITS {
        return Err(over);
    }
    let words = usize::try_from(bits / 64).unwrap_or(usize::MAX);
    evaluator.pay(words.saturating_mul(words))?;
    Ok(Value::integer(base.pow(exponent)))
}

fn floats(op: &str, a: &Value, b: &Value) -> Folded {
    let (a, b) = (float(a)?, float(b)?);
    let division = matches!(op, "truediv" | "floordiv" | "mod");
    if division && b == 0.0 {
        return raise(Exception::ZeroDivision);
    }
    let value = match op {
        "add" => a + b,
        "sub" => a - b,
        "mul" => a * b,
        "truediv" => a / b,
        "mod" => float_remainder(a, b),
        "floordiv" => ((a - float_remainder(a, b)) / b).round(),
        "pow" if a == 0.0 && b < 0.0 => return raise(Exception::ZeroDivision),
        // Negative bases with fractions give complex numbers.
        "pow" if a < 0.0 && b.fract() != 0.0 => return Err(Fault::Unfollowed),
        "pow" => a.powf(b),
        _ => return raise(Exception::Type),
    };
    Ok(Value::Float(value))
}

fn float_remainder(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) {
        rest + b
    } else if rest == 0.0 {
        0.0_f64.copysign(b)
    } else {
        rest
    }
}

/// `-value`, `~value`, `abs(value)` and `+value`.
pub(crate) fn unary(op: &str, value: &Value) -> Folded {
    if let Value::Float(value) = value {
        return Ok(Value::Float(match op {
            "neg" => -value,
            "pos" => *value,
            "abs" => value.abs(),
            _ => return raise(Exception::Type),
        }));
    }
    let value = integer(value)?;
    Ok(Value::integer(match op {
        "neg" => -value,
        "invert" => -value - 1,
        "abs" if value.sign() == Sign::Minus => -value,
        _ => value,
    }))
}

/// The value of a call that this file knows.
pub(crate) fn fold(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    let ("builtins" | "math", name) = path else {
        return Ok(None);
    };
    Ok(Some(match (path.0, name) {
        ("builtins", "chr" | "unichr") => chr(args.int(0)?)?,
        ("builtins", "ord") => ord(args.value(0)?)?,
        ("builtins", "hex" | "oct" | "bin") => {
            let value = integer(args.value(0)?)?;
            Value::str(match name {
                "hex" => format!("{value:#x}"),
                "oct" => format!("{value:#o}"),
                _ => format!("{value:#b}"),
            })
        }
        ("builtins", "int" | "long") => to_int(evaluator, args)?,
        ("builtins", "float") => match args.args.first() {
            None => Value::Float(0.0),
            Some(Value::Str(text)) => Value::Float(read_float(text)?),
            Some(value) => Value::Float(float(value)?),
        },
        ("builtins", "bool") => match args.args.first() {
            None => Value::Bool(false),
            Some(value) => Value::Bool(crate::compare::truth(value).ok_or(Fault::Unfollowed)?),
        },
        ("builtins", "abs") => unary("abs", args.value(0)?)?,
        ("builtins", "divmod") => {
            let (a, b) = (args.value(0)?, args.value(1)?);
            let part = |op| arithmetic(evaluator, op, a, b).unwrap_or(Err(Fault::Unfollowed));
            Value::tuple([part("floordiv")?, part("mod")?])
        }
        ("builtins", "pow") if args.len() == 3 => modular_power(evaluator, args)?,
        ("builtins" | "math", "pow") => {
            let (base, exponent) = (args.required(0, "base")?, args.required(1, "exp")?);
            let result = arithmetic(evaluator, "pow", base, exponent).unwrap_or(Err(Fault::Unfollowed))?;
            if path.0 == "math" { Value::Float(float(&result)?) } else { result }
        }
        ("builtins", "round") => round(args)?,
        ("math", "floor" | "ceil" | "trunc") => whole(name, args.value(0)?)?,
        ("math", "sqrt") => {
            let value = float(args.value(0)?)?;
            if value < 0.0 {
                return raise(Exception::Value);
            }
            Value::Float(value.sqrt())
        }
        ("math", "gcd") => Value::integer(gcd(&integer(args.value(0)?)?, &integer(args.value(1)?)?)?),
        _ => return Ok(None),
    }))
}

fn gcd(a: &BigInt, b: &BigInt) -> Folded<BigInt> {
    if a.bits().max(b.bits()) > 4096 {
        return Err(Fault::Unfollowed);
    }
    let (mut a, mut b) = (a.clone(), b.clone());
    while b != BigInt::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    Ok(if a.sign() == Sign::Minus { -a } else { a })
}

fn whole(name: &str, value: &Value) -> Folded {
    let Value::Float(value) = value else {
        return Ok(Value::integer(integer(value)?));
    };
    let rounded = match name {
        "floor" => value.floor(),
        "ceil" => value.ceil(),
        _ => value.trunc(),
    };
    match truncated(rounded) {
        Some(whole) => Ok(Value::integer(whole)),
        None if value.is_nan() => raise(Exception::Value),
        None => raise(Exception::Overflow),
    }
}

/// `round(number[, ndigits])`, ties to even.
fn round(args: Arguments<'_>) -> Folded {
    let value = args.required(0, "number")?;
    match (value, args.present(1, "ndigits")) {
        (Value::Float(_), None) => whole("trunc", &Value::Float(float(value)?.round_ties_even())),
        (Value::Float(value), Some(digits)) => {
            let digits = usize::try_from(int(digits)?).map_err(|_| Fault::Unfollowed)?;
            let rounded = format!("{value:.*}", digits.min(400));
            Ok(Value::Float(rounded.parse().map_err(|_| Fault::Unfollowed)?))
        }
        (value, None) => Ok(Value::integer(integer(value)?)),
        (value, Some(digits)) if int(digits)? >= 0 => Ok(Value::integer(integer(value)?)),
        _ => Err(Fault::Unfollowed),
    }
}

fn modular_power(evaluator: &Evaluator<'_>, args: Arguments<'_>) -> Folded {
    let [base, exponent, modulus] = args.args else {
        return raise(Exception::Type);
    };
    let (base, exponent, modulus) = (integer(base)?, integer(exponent)?, integer(modulus)?);
    if modulus == BigInt::ZERO {
        return raise(Exception::Value);
    }
    if exponent.sign() == Sign::Minus {
        return Err(Fault::Unfollowed);
    }
    if modulus.bits().max(exponent.bits()) > 16_384 {
        return Err(Fault::OverCap("a modular power of more than 16,384 bits"));
    }
    let words = usize::try_from(modulus.bits() / 64 + 1).unwrap_or(usize::MAX);
    let bits = usize::try_from(exponent.bits()).unwrap_or(usize::MAX);
    evaluator.pay(words.saturating_mul(words).saturating_mul(bits))?;
    Ok(Value::integer(base.modpow(&exponent, &modulus)))
}

fn chr(code: i64) -> Folded {
    let code = u32::try_from(code).ok().filter(|code| *code <= 0x10_ffff).ok_or(Fault::Raises(Exception::Value))?;
    // A lone surrogate is text that this crate does not hold.
    char::from_u32(code).map(|letter| Value::str(letter.to_string())).ok_or(Fault::Unfollowed)
}

fn ord(value: &Value) -> Folded {
    match value {
        Value::Str(text) => {
            let mut letters = text.chars();
            match (letters.next(), letters.next()) {
                (Some(letter), None) => Ok(Value::Int(u32::from(letter).into())),
                _ => raise(Exception::Type),
            }
        }
        Value::Bytes(bytes) | Value::ByteArray(bytes) => match bytes[..] {
            [byte] => Ok(Value::Int(byte.into())),
            _ => raise(Exception::Type),
        },
        other => mismatch(other),
    }
}

/// `int(x=0, base=10)`.
fn to_int(evaluator: &Evaluator<'_>, args: Arguments<'_>) -> Folded {
    let Some(value) = args.at(0, "x") else {
        return Ok(Value::Int(0));
    };
    let base = args.at(1, "base").map(int).transpose()?;
    let from_text = |text: &str| read_int(evaluator, text, base.unwrap_or(10)).map(Value::integer);
    match (value, base) {
        (Value::Str(text), _) => from_text(text),
        (Value::Bytes(bytes) | Value::ByteArray(bytes), _) => match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => from_text(text),
            _ => raise(Exception::Value),
        },
        (_, Some(_)) => mismatch(value),
        (Value::Float(_), None) => whole("trunc", value),
        (value, None) => Ok(Value::integer(integer(value)?)),
    }
}

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

fn read_float(text: &str) -> Folded<f64> {
    let text = text.trim_matches(crate::text::is_space).replace('_', "");
    let plain = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let known =
        matches!(&*plain, "inf" | "infinity" | "nan") || plain.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| known).ok_or(Fault::Raises(Exception::Value))
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
