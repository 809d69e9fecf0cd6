//! Formatting: `%`, `str.format`, `format_map` and format specifications.

use std::{iter::Peekable, str::Chars};

use num_bigint::{BigInt, Sign};

use crate::{
    arguments::{Arguments, integer, mismatch},
    attribute::attribute,
    bytes, compare,
    evaluator::{Evaluator, Fault, Folded, MAX_BYTES, raise},
    number, operation, repr,
    value::{Exception, Value},
};

/// A format specification, of either kind.
#[derive(Clone, Debug, Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Digits at the front, as a number.
fn digits(letters: &mut Peekable<Chars<'_>>) -> Option<usize> {
    let mut value = None;
    while let Some(digit) = letters.peek().and_then(|letter| letter.to_digit(10)) {
        letters.next();
        let digit = usize::try_from(digit).unwrap_or(0);
        value = Some(value.unwrap_or(0_usize).saturating_mul(10).saturating_add(digit));
    }
    value
}

impl Spec {
    /// `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
    fn parse(text: &str) -> Folded<Self> {
        let mut spec = Self::default();
        let mut letters = text.chars().peekable();
        let is_align = |letter: &char| matches!(letter, '<' | '>' | '=' | '^');
        let mut ahead = text.chars();
        let (first, second) = (ahead.next(), ahead.next());
        if second.as_ref().is_some_and(is_align) {
            (spec.fill, spec.align) = (first, second);
            letters.nth(1);
        } else {
            spec.align = letters.next_if(is_align);
        }
        spec.sign = letters.next_if(|letter| matches!(letter, '+' | '-' | ' '));
        spec.alternate = letters.next_if_eq(&'#').is_some();
        spec.zero = letters.next_if_eq(&'0').is_some();
        spec.width = digits(&mut letters).unwrap_or(0);
        spec.grouping = letters.next_if(|letter| matches!(letter, ',' | '_'));
        if letters.next_if_eq(&'.').is_some() {
            spec.precision = Some(digits(&mut letters).ok_or(Fault::Raises(Exception::Value))?);
        }
        spec.kind = letters.next();
        if letters.next().is_some() { raise(Exception::Value) } else { spec.bounded() }
    }

    fn bounded(self) -> Folded<Self> {
        if self.width > MAX_BYTES || self.precision.is_some_and(|precision| precision > MAX_BYTES) {
            return Err(Fault::OverCap("a constant of more than 16 MiB"));
        }
        Ok(self)
    }

    /// Pads `body`; numbers are put to the right and may be filled between sign and digits.
    fn pad(&self, sign: &str, body: &str, number: bool) -> String {
        let size = sign.chars().count().saturating_add(body.chars().count());
        let missing = self.width.saturating_sub(size);
        let fill = self.fill.unwrap_or(if self.zero { '0' } else { ' ' });
        let align = self.align.unwrap_or(match (number, self.zero) {
            (true, true) => '=',
            (true, false) => '>',
            (false, _) => '<',
        });
        let run = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
        match align {
            '<' => [sign, body, &run(missing)].concat(),
            '^' => {
                let before = missing >> 1;
                [&run(before), sign, body, &run(missing.saturating_sub(before))].concat()
            }
            '=' => [sign, &run(missing), body].concat(),
            _ => [&run(missing), sign, body].concat(),
        }
    }

    /// `-`, the sign asked for, or nothing.
    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        }
    }
}

/// `value` as integer digits of the specified base, with their prefix.
fn integer_digits(value: &BigInt, kind: char, alternate: bool) -> Folded<(String, &'static str)> {
    let magnitude = value.magnitude();
    Ok(match kind {
        'x' => (format!("{magnitude:x}"), if alternate { "0x" } else { "" }),
        'X' => (format!("{magnitude:X}"), if alternate { "0X" } else { "" }),
        'o' => (format!("{magnitude:o}"), if alternate { "0o" } else { "" }),
        'b' => (format!("{magnitude:b}"), if alternate { "0b" } else { "" }),
        _ => (number::decimal(value)?.trim_start_matches('-').to_owned(), ""),
    })
}

/// `value` (finite, not negative) in one of the kinds `e`, `f`, `g`, `%`.
fn float_digits(value: f64, kind: char, precision: Option<usize>, alternate: bool) -> Folded<String> {
    let precision = precision.unwrap_or(6);
    if precision > 1000 {
        return Err(Fault::Unfollowed);
    }
    let exponential = |precision: usize| {
        let text = format!("{value:.precision$e}");
        let (mantissa, exponent) = text.rsplit_once('e').unwrap_or((&text, "0"));
        let exponent = exponent.parse::<i32>().unwrap_or(0);
        (mantissa.to_owned(), exponent)
    };
    let with_exponent = |mantissa: &str, exponent: i32| {
        format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    };
    let text = match kind.to_ascii_lowercase() {
        'e' => {
            let (mantissa, exponent) = exponential(precision);
            with_exponent(&mantissa, exponent)
        }
        'f' => format!("{value:.precision$}"),
        '%' => format!("{:.precision$}%", value * 100.0),
        _ => {
            let significant = precision.max(1);
            let (mantissa, exponent) = exponential(significant.saturating_sub(1));
            let fixed = (-4..i32::try_from(significant).unwrap_or(i32::MAX)).contains(&exponent);
            let decimals = i32::try_from(significant).unwrap_or(0).saturating_sub(1).saturating_sub(exponent);
            let body = if fixed { format!("{value:.*}", usize::try_from(decimals).unwrap_or(0)) } else { mantissa };
            let body = if body.contains('.') && !alternate {
                body.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                body
            };
            if fixed { body } else { with_exponent(&body, exponent) }
        }
    };
    Ok(if kind.is_ascii_uppercase() { text.to_ascii_uppercase() } else { text })
}

fn float_text(value: f64, kind: char, spec: &Spec) -> Folded<String> {
    if value.is_finite() {
        return float_digits(value.abs(), kind, spec.precision, spec.alternate);
    }
    let text = number::float_repr(value.abs());
    Ok(if kind.is_ascii_uppercase() { text.to_ascii_uppercase() } else { text })
}

/// `format(value, spec)`.
pub(crate) fn format_value(evaluator: &mut Evaluator<'_>, value: &Value, spec: &str) -> Folded<String> {
    if spec.is_empty() {
        return repr::to_str(evaluator, value);
    }
    let spec = Spec::parse(spec)?;
    evaluator.make(spec.width)?;
    match value {
        Value::Str(text) if spec.kind.is_none_or(|kind| kind == 's') => {
            let cut: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
            Ok(spec.pad("", &cut, false))
        }
        Value::Int(_) | Value::BigInt(_) | Value::Bool(_) => format_integer(value, &spec),
        Value::Float(value) => format_float(*value, &spec),
        Value::Str(_) => raise(Exception::Value),
        _ => Err(Fault::Unfollowed),
    }
}

fn format_integer(value: &Value, spec: &Spec) -> Folded<String> {
    if matches!(value, Value::Bool(_)) && spec.kind.is_none() {
        return Err(Fault::Unfollowed);
    }
    match spec.kind {
        Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => return format_float(number::float(value)?, spec),
        Some('c') => {
            let code = crate::arguments::int(value)?;
            let letter = u32::try_from(code).ok().and_then(char::from_u32).ok_or(Fault::Unfollowed)?;
            return Ok(spec.pad("", &letter.to_string(), true));
        }
        Some('d' | 'n' | 'x' | 'X' | 'o' | 'b') | None => {}
        _ => return raise(Exception::Value),
    }
    let value = integer(value)?;
    let (body, prefix) = integer_digits(&value, spec.kind.unwrap_or('d'), spec.alternate)?;
    let size = if matches!(spec.kind, None | Some('d' | 'n')) { 3 } else { 4 };
    let body = grouped(&body, spec.grouping, size);
    if spec.grouping.is_some() && spec.zero {
        return Err(Fault::Unfollowed);
    }
    let sign = [spec.sign(value.sign() == Sign::Minus), prefix].concat();
    Ok(spec.pad(&sign, &body, true))
}

fn grouped(body: &str, separator: Option<char>, size: usize) -> String {
    let Some(separator) = separator else {
        return body.to_owned();
    };
    let mut out = String::new();
    for (place, letter) in body.chars().enumerate() {
        let left = body.len().saturating_sub(place);
        if place > 0 && left.is_multiple_of(size) {
            out.push(separator);
        }
        out.push(letter);
    }
    out
}

fn format_float(value: f64, spec: &Spec) -> Folded<String> {
    let negative = value.is_sign_negative() && !value.is_nan();
    let body = match (spec.kind, spec.precision) {
        (None, None) => number::float_repr(value.abs()),
        // Without a kind but with a precision the rules of `g` differ in where a point is kept.
        (None, Some(_)) | (Some('n'), _) => return Err(Fault::Unfollowed),
        (Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')), _) => float_text(value, kind, spec)?,
        _ => return raise(Exception::Value),
    };
    let whole = body.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(body.len());
    let (whole, rest) = body.split_at_checked(whole).unwrap_or((&body, ""));
    let body = [&*grouped(whole, spec.grouping, 3), rest].concat();
    Ok(spec.pad(spec.sign(negative), &body, true))
}

/// `format % values`; a format of bytes is written as the text of the same code points.
pub(crate) fn percent(evaluator: &mut Evaluator<'_>, format: &str, values: &Value, of_bytes: bool) -> Folded<String> {
    let one = [values.clone()];
    let listed: &[Value] = if let Value::Tuple(items) = values { items } else { &one };
    let mut listed_left = listed.iter();
    let mut next = || listed_left.next().ok_or(Fault::Raises(Exception::Type));
    let mut out = String::new();
    let mut letters = format.chars().peekable();
    let mut mapped = false;
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let mut named = None;
        if letters.next_if_eq(&'(').is_some() {
            let key: String = letters.by_ref().take_while(|letter| *letter != ')').collect();
            mapped = true;
            let key = if of_bytes { Value::bytes(bytes::from_latin(&key)?) } else { Value::str(key) };
            named = Some(operation::subscript(evaluator, values, &key)?);
        }
        let mut spec = Spec { align: Some('>'), ..Spec::default() };
        while let Some(flag) = letters.next_if(|flag| matches!(flag, '-' | '+' | ' ' | '#' | '0')) {
            match flag {
                '-' => spec.align = Some('<'),
                '0' => spec.zero = true,
                '#' => spec.alternate = true,
                sign => spec.sign = if spec.sign == Some('+') { spec.sign } else { Some(sign) },
            }
        }
        let star = |value: &Value| crate::arguments::int(value);
        if letters.next_if_eq(&'*').is_some() {
            let width = star(next()?)?;
            if width < 0 {
                spec.align = Some('<');
            }
            spec.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        } else {
            spec.width = digits(&mut letters).unwrap_or(0);
        }
        if letters.next_if_eq(&'.').is_some() {
            let starred = letters.next_if_eq(&'*').is_some();
            spec.precision =
                Some(if starred { crate::arguments::count(star(next()?)?) } else { digits(&mut letters).unwrap_or(0) });
        }
        while letters.next_if(|letter| matches!(letter, 'h' | 'l' | 'L')).is_some() {}
        let kind = letters.next().ok_or(Fault::Raises(Exception::Value))?;
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match named {
            Some(value) => value,
            None => next()?.clone(),
        };
        evaluator.make(spec.width)?;
        let convert = if of_bytes { converted_to_bytes } else { converted };
        out.push_str(&convert(evaluator, &value, kind, spec.bounded()?)?);
        evaluator.make(out.len())?;
    }
    if listed_left.next().is_none() || mapped {
        return Ok(out);
    }
    match values {
        // What has keys or places of its own may be left over, unless it is what the format is.
        Value::Bytes(_) | Value::ByteArray(_) if of_bytes => raise(Exception::Type),
        Value::Dict(_) | Value::List(_) | Value::Range(_) => Ok(out),
        Value::Bytes(_) | Value::ByteArray(_) | Value::MemoryView(_) => Ok(out),
        other => mismatch(other),
    }
}

/// One conversion of `%` of bytes: text never becomes bytes, and what is shown is shown in ASCII.
fn converted_to_bytes(evaluator: &Evaluator<'_>, value: &Value, kind: char, spec: Spec) -> Folded<String> {
    match (kind, value.as_bytes()) {
        ('s' | 'b', Some(content)) => converted(evaluator, &bytes::latin(content), 's', spec),
        ('c', Some(content)) if content.len() == 1 => converted(evaluator, &bytes::latin(content), 'c', spec),
        ('c', None) if !matches!(value, Value::Int(0..=255)) => mismatch(value),
        ('s' | 'b', None) | ('c', Some(_)) => mismatch(value),
        ('r' | 'a', _) => converted(evaluator, value, 'a', spec),
        _ => converted(evaluator, value, kind, spec),
    }
}

/// One conversion of `%`.
fn converted(evaluator: &Evaluator<'_>, value: &Value, kind: char, mut spec: Spec) -> Folded<String> {
    let text = match kind {
        's' => repr::to_str(evaluator, value)?,
        'r' => repr::repr(evaluator, value)?,
        'a' => repr::ascii(evaluator, value)?,
        'c' => match value {
            Value::Str(text) if text.chars().count() == 1 => text.to_string(),
            Value::Str(_) => return raise(Exception::Type),
            other => {
                let code = u32::try_from(crate::arguments::int(other)?).ok();
                code.and_then(char::from_u32).map(String::from).ok_or(Fault::Unfollowed)?
            }
        },
        _ => return converted_number(value, kind, spec),
    };
    spec.zero = false;
    let cut: String = text.chars().take(if kind == 'c' { 1 } else { spec.precision.unwrap_or(usize::MAX) }).collect();
    Ok(spec.pad("", &cut, false))
}

fn converted_number(value: &Value, kind: char, mut spec: Spec) -> Folded<String> {
    if spec.zero && spec.align == Some('>') {
        spec.align = Some('=');
    } else {
        spec.zero = false;
    }
    if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G') {
        let value = number::float(value)?;
        let body = float_text(value, kind, &spec)?;
        return Ok(spec.pad(spec.sign(value.is_sign_negative() && !value.is_nan()), &body, true));
    }
    if !matches!(kind, 'd' | 'i' | 'u' | 'x' | 'X' | 'o') {
        return raise(Exception::Value);
    }
    let whole = match value {
        Value::Float(float) if matches!(kind, 'd' | 'i' | 'u') => {
            number::truncated(*float).ok_or(Fault::Raises(Exception::Overflow))?
        }
        other => integer(other)?,
    };
    let (body, prefix) = integer_digits(&whole, kind, spec.alternate)?;
    let least = spec.precision.unwrap_or(0).saturating_sub(body.len());
    let body = [&"0".repeat(least), &*body].concat();
    let sign = [spec.sign(whole.sign() == Sign::Minus), prefix].concat();
    Ok(spec.pad(&sign, &body, true))
}

/// `str.format(*args, **kwargs)`.
pub(crate) fn format(evaluator: &mut Evaluator<'_>, format: &str, args: Arguments<'_>) -> Folded {
    let (mut automatic, mut manual) = (0_usize, false);
    let mut found = |name: &str| -> Folded<Value> {
        let Some(place) = number_of(name) else {
            if name.is_empty() && !manual {
                automatic = automatic.saturating_add(1);
                let place = automatic.saturating_sub(1);
                return args.args.get(place).cloned().ok_or(Fault::Raises(Exception::Index));
            }
            // Places are counted or named, never both.
            let fault = if name.is_empty() { Exception::Value } else { Exception::Key };
            return args.keyword(name).cloned().ok_or(Fault::Raises(fault));
        };
        manual = true;
        if automatic > 0 {
            return raise(Exception::Value);
        }
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        args.args.get(place).cloned().ok_or(Fault::Raises(Exception::Index))
    };
    fields(evaluator, format, &mut found, true).map(Value::str)
}

/// The number that a part of a field's name is: only digits make one.
fn number_of(name: &str) -> Option<i64> {
    name.parse().ok().filter(|_| name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `str.format_map(mapping)`.
pub(crate) fn format_map(evaluator: &mut Evaluator<'_>, format: &str, mapping: &Value) -> Folded {
    let Value::Dict(entries) = mapping else {
        return Err(Fault::Unfollowed);
    };
    let mut found = |name: &str| {
        let value = compare::lookup(entries, &Value::str(name)).ok_or(Fault::Unfollowed)?;
        value.cloned().ok_or(Fault::Raises(Exception::Key))
    };
    fields(evaluator, format, &mut found, true).map(Value::str)
}

/// Fills the fields of `format`; those inside a specification once more.
fn fields(
    evaluator: &mut Evaluator<'_>,
    format: &str,
    found: &mut dyn FnMut(&str) -> Folded<Value>,
    outer: bool,
) -> Folded<String> {
    let mut out = String::new();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' if letters.next_if_eq(&'{').is_some() => out.push('{'),
            '}' if letters.next_if_eq(&'}').is_some() => out.push('}'),
            '{' => {
                let field = balanced(&mut letters)?;
                out.push_str(&filled(evaluator, &field, found, outer)?);
                evaluator.make(out.len())?;
            }
            '}' => return raise(Exception::Value),
            other => out.push(other),
        }
    }
    Ok(out)
}

/// Text up to the brace that closes the one just read.
fn balanced(letters: &mut Peekable<Chars<'_>>) -> Folded<String> {
    let (mut open, mut field) = (1_usize, String::new());
    for letter in letters.by_ref() {
        match letter {
            '{' => open = open.saturating_add(1),
            '}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open == 0 {
            return Ok(field);
        }
        field.push(letter);
    }
    raise(Exception::Value)
}

/// One replacement field: `name[!conversion][:spec]`.
fn filled(
    evaluator: &mut Evaluator<'_>,
    field: &str,
    found: &mut dyn FnMut(&str) -> Folded<Value>,
    outer: bool,
) -> Folded<String> {
    let (head, spec) = field.split_once(':').unwrap_or((field, ""));
    let (path, conversion) = head.split_once('!').map_or((head, None), |(path, letter)| (path, Some(letter)));
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (name, mut rest) = path.split_at_checked(end).unwrap_or((path, ""));
    let mut value = found(name)?;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, after) = after.split_at_checked(end).unwrap_or((after, ""));
            value = attribute(&value, name);
            rest = after;
        } else {
            let (key, after) =
                rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or(Fault::Raises(Exception::Value))?;
            let key = number_of(key).map_or_else(|| Value::str(key), Value::Int);
            value = operation::subscript(evaluator, &value, &key)?;
            rest = after;
        }
    }
    let value = match conversion {
        None => value,
        Some("s") => Value::str(repr::to_str(evaluator, &value)?),
        Some("r") => Value::str(repr::repr(evaluator, &value)?),
        Some("a") => Value::str(repr::ascii(evaluator, &value)?),
        _ => return raise(Exception::Value),
    };
    let spec = if outer && spec.contains('{') { fields(evaluator, spec, found, false)? } else { spec.to_owned() };
    format_value(evaluator, &value, &spec)
}
