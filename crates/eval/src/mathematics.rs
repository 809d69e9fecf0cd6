//! What `builtins` and `math` have of numbers: conversions, rounding and powers.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "on big integers only: they cannot overflow, and divisors are checked"
)]

use num_bigint::{BigInt, Sign};

use crate::{
    arguments::{Arguments, int, integer, mismatch},
    evaluator::{Evaluator, Fault, Folded, raise},
    integer::read_int,
    number::{arithmetic, float, truncated, unary},
    value::{Exception, Value},
};

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
            Some(Value::Bytes(text) | Value::ByteArray(text)) => {
                let text = std::str::from_utf8(text).map_err(|_| Fault::Raises(Exception::Value))?;
                Value::Float(read_float(text)?)
            }
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
        ("builtins", "pow") if args.present(2, "mod").is_some() => modular_power(evaluator, args)?,
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
        ("math", "gcd") => {
            let numbers: Folded<Vec<BigInt>> = args.args.iter().map(integer).collect();
            Value::integer(numbers?.iter().try_fold(BigInt::ZERO, |all, number| gcd(&all, number))?)
        }
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
    let (base, exponent) = (integer(args.required(0, "base")?)?, integer(args.required(1, "exp")?)?);
    let modulus = integer(args.required(2, "mod")?)?;
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

fn read_float(text: &str) -> Folded<f64> {
    let text = text.trim_matches(crate::text::is_space);
    // An underscore stands between two digits.
    let digit = |part: Option<&str>, last: bool| {
        let letter = part.and_then(|part| if last { part.chars().next_back() } else { part.chars().next() });
        letter.is_some_and(|letter| letter.is_ascii_digit())
    };
    let between = |(at, _)| digit(text.get(..at), true) && digit(text.get(at + 1..), false);
    if !text.match_indices('_').all(between) {
        return raise(Exception::Value);
    }
    let text = text.replace('_', "");
    let plain = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let known =
        matches!(&*plain, "inf" | "infinity" | "nan") || plain.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| known).ok_or(Fault::Raises(Exception::Value))
}
