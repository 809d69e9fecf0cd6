//! `struct.unpack` and `struct.pack`.

use num_bigint::{BigInt, Sign};

use crate::{
    arguments::{Arguments, bytes, integer},
    evaluator::{Evaluator, Fault, Folded, raise},
    number,
    value::{Exception, MAX_ITEMS, Value},
};

/// How the numbers of a format lie.
#[derive(Clone, Copy)]
struct Layout {
    big: bool,
    /// Native sizes and alignment, of a 64-bit machine.
    native: bool,
}

/// One code of a format with its repetition.
struct Field {
    count: usize,
    code: char,
}

fn parse(format: &str) -> Folded<(Layout, Vec<Field>)> {
    let (layout, rest) = match format.chars().next() {
        Some('<') => (Layout { big: false, native: false }, format.get(1..)),
        Some('>' | '!') => (Layout { big: true, native: false }, format.get(1..)),
        Some('=') => (Layout { big: false, native: false }, format.get(1..)),
        Some('@') => (Layout { big: false, native: true }, format.get(1..)),
        _ => (Layout { big: false, native: true }, Some(format)),
    };
    let (mut fields, mut count) = (Vec::new(), None);
    for code in rest.unwrap_or_default().chars() {
        if let Some(digit) = code.to_digit(10).and_then(|digit| usize::try_from(digit).ok()) {
            count = Some(count.unwrap_or(0_usize).saturating_mul(10).saturating_add(digit));
        } else if !code.is_whitespace() {
            fields.push(Field { count: count.take().unwrap_or(1), code });
        }
    }
    if count.is_some() { raise(Exception::Other) } else { Ok((layout, fields)) }
}

/// Bytes of one value; 1 for text, bytes and padding.
fn size(code: char, layout: Layout) -> Folded<usize> {
    Ok(match code {
        'x' | 'c' | 'b' | 'B' | '?' | 's' | 'p' => 1,
        'h' | 'H' | 'e' => 2,
        'i' | 'I' | 'f' => 4,
        'l' | 'L' => {
            if layout.native {
                8
            } else {
                4
            }
        }
        'q' | 'Q' | 'd' => 8,
        'n' | 'N' | 'P' if layout.native => 8,
        _ => return raise(Exception::Other),
    })
}

/// Where the field at `offset` begins, and how many bytes it takes.
fn place(field: &Field, layout: Layout, offset: usize) -> Folded<(usize, usize)> {
    let size = size(field.code, layout)?;
    let start = if layout.native { offset.checked_next_multiple_of(size).unwrap_or(usize::MAX) } else { offset };
    Ok((start, size.saturating_mul(field.count)))
}

fn total(layout: Layout, fields: &[Field]) -> Folded<usize> {
    fields.iter().try_fold(0_usize, |offset, field| {
        let (start, length) = place(field, layout, offset)?;
        Ok(start.saturating_add(length))
    })
}

/// The value of a call of a function of `struct`.
pub(crate) fn fold(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    match path {
        ("struct" | "_struct", "Struct") => Ok(None),
        ("struct" | "_struct", name @ ("calcsize" | "unpack" | "unpack_from" | "iter_unpack" | "pack")) => {
            call(evaluator, name, args).map(Some)
        }
        _ => Ok(None),
    }
}

/// A function of `struct`.
pub(crate) fn call(evaluator: &Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded {
    let format = match args.value(0)? {
        Value::Bytes(format) => String::from_utf8_lossy(format).into_owned(),
        other => crate::arguments::text(other)?.to_string(),
    };
    let (layout, fields) = parse(&format)?;
    let whole = total(layout, &fields)?;
    evaluator.make(whole)?;
    Ok(match name {
        "calcsize" => crate::arguments::length(whole),
        "unpack" | "unpack_from" => {
            let content = bytes(args.required(1, "buffer")?)?;
            let offset = usize::try_from(args.int_or(2, "offset", 0)?).map_err(|_| Fault::Unfollowed)?;
            let content = content.get(offset..).unwrap_or_default();
            if content.len() < whole || (name == "unpack" && content.len() != whole) {
                return raise(Exception::Other);
            }
            Value::tuple(unpacked(layout, &fields, content)?)
        }
        "iter_unpack" => {
            let content = bytes(args.required(1, "buffer")?)?;
            if whole == 0 || !content.len().is_multiple_of(whole) {
                return raise(Exception::Other);
            }
            evaluator.pay(content.len())?;
            let rows: Folded<Vec<Value>> =
                content.chunks(whole).map(|row| Ok(Value::tuple(unpacked(layout, &fields, row)?))).collect();
            Value::iterator(rows?)
        }
        "pack" => Value::bytes(packed(layout, &fields, args.rest(1))?),
        _ => return Err(Fault::Unfollowed),
    })
}

fn unpacked(layout: Layout, fields: &[Field], content: &[u8]) -> Folded<Vec<Value>> {
    let (mut values, mut offset) = (Vec::new(), 0_usize);
    for field in fields {
        let (start, length) = place(field, layout, offset)?;
        let end = start.saturating_add(length);
        let part = content.get(start..end).unwrap_or_default();
        offset = end;
        match field.code {
            'x' => {}
            's' => values.push(Value::bytes(part)),
            'p' => {
                let (first, rest) = part.split_first().unwrap_or((&0, &[]));
                values.push(Value::bytes(rest.get(..usize::from(*first)).unwrap_or(rest)));
            }
            code => {
                for one in part.chunks(size(code, layout)?) {
                    values.push(unpacked_one(code, layout, one)?);
                }
            }
        }
        if values.len() > MAX_ITEMS {
            return Err(Fault::OverCap("more than a million items"));
        }
    }
    Ok(values)
}

fn unpacked_one(code: char, layout: Layout, part: &[u8]) -> Folded {
    let mut little = part.to_vec();
    if layout.big {
        little.reverse();
    }
    Ok(match code {
        'c' => Value::bytes(part),
        '?' => Value::Bool(part != [0]),
        'f' => Value::Float(f32::from_le_bytes(little.try_into().unwrap_or_default()).into()),
        'd' => Value::Float(f64::from_le_bytes(little.try_into().unwrap_or_default())),
        'e' => return Err(Fault::Unfollowed),
        'b' | 'h' | 'i' | 'l' | 'q' | 'n' => Value::integer(BigInt::from_signed_bytes_le(&little)),
        _ => Value::integer(BigInt::from_bytes_le(Sign::Plus, &little)),
    })
}

fn packed(layout: Layout, fields: &[Field], values: &[Value]) -> Folded<Vec<u8>> {
    let mut values = values.iter();
    let mut next = || values.next().ok_or(Fault::Raises(Exception::Other));
    let mut out = Vec::new();
    for field in fields {
        let (start, length) = place(field, layout, out.len())?;
        out.resize(start, 0);
        match field.code {
            'x' => out.resize(start.saturating_add(length), 0),
            's' => {
                let mut text = bytes(next()?)?.to_vec();
                text.resize(length, 0);
                out.extend(text);
            }
            'p' | 'e' => return Err(Fault::Unfollowed),
            code => {
                for _ in 0..field.count {
                    out.extend(packed_one(code, layout, next()?)?);
                }
            }
        }
    }
    if values.next().is_some() { raise(Exception::Other) } else { Ok(out) }
}

fn packed_one(code: char, layout: Layout, value: &Value) -> Folded<Vec<u8>> {
    let size = size(code, layout)?;
    let mut little = match code {
        'c' => return Ok(bytes(value)?.to_vec()),
        '?' => vec![u8::from(crate::compare::truth(value).ok_or(Fault::Unfollowed)?)],
        'd' => number::float(value)?.to_le_bytes().to_vec(),
        'f' => return Err(Fault::Unfollowed),
        _ => {
            let value = integer(value)?;
            let signed = matches!(code, 'b' | 'h' | 'i' | 'l' | 'q' | 'n');
            let mut little = match (value.sign(), signed) {
                (Sign::Minus, false) => return raise(Exception::Other),
                (Sign::NoSign, _) => Vec::new(),
                (_, true) => value.to_signed_bytes_le(),
                (_, false) => value.to_bytes_le().1,
            };
            if little.len() > size {
                return raise(Exception::Other);
            }
            little.resize(size, if value.sign() == Sign::Minus { 0xff } else { 0 });
            little
        }
    };
    if layout.big {
        little.reverse();
    }
    Ok(little)
}
