//! Numbers: integers of any size and floats, how they are written, and their operators.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "on big integers only: they cannot overflow, and divisors are checked"
)]

use num_bigint::{BigInt, Sign};

use crate::{
    arguments::{int, integer},
    evaluator::{Evaluator, Fault, Folded, raise},
    value::{Exception, Value},
};

/// Bits of one integer.
const MAX_BITS: u64 = 8 << 20;

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
        "rshift" => a >> u64::try_from(&b).unwrap_or(u64::MAX).min(MAX_BITS * 16),
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
    if base.bits() <= 1 {
        // Of 0, 1 and -1 only the parity matters, however large the exponent is.
        let same = if exponent.sign() == Sign::NoSign { 0 } else { 2 + u32::from(exponent.bit(0)) };
        return Ok(Value::integer(base.pow(same)));
    }
    let exponent = u32::try_from(exponent).map_err(|_| over.clone())?;
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
