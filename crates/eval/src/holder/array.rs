//! `array.array` and arrays of numpy: constants as raw numbers.

use std::sync::Arc;

use crate::{
    arguments::{Arguments, bytes, int, text},
    evaluator::{Evaluator, Fault, Folded, raise},
    packing,
    value::{Call, Exception, Value},
};

/// The type code and the raw bytes of an array.
struct Raw {
    code: char,
    content: Arc<[u8]>,
}

/// The array that a call makes; `None` when it makes none whose content is known.
fn raw(evaluator: &Evaluator<'_>, call: &Call) -> Folded<Option<Raw>> {
    let args = super::arguments(call);
    match super::made_by(call) {
        Some(("array", "array")) => {
            let code = text(args.value(0)?)?.chars().next().ok_or(Fault::Raises(Exception::Type))?;
            let content = match args.args.get(1) {
                None => Arc::from([]),
                Some(value) => number_bytes(evaluator, code, value)?,
            };
            Ok(Some(Raw { code, content }))
        }
        Some(("array", "_array_reconstructor")) => Ok(reconstructed(args)?),
        Some((module, "frombuffer" | "fromstring")) if is_numpy(module) => {
            let code = numpy_code(args.at(1, "dtype")).unwrap_or('?');
            Ok(Some(Raw { code, content: bytes(args.value(0)?)?.clone() }))
        }
        Some((module, "array" | "asarray" | "asanyarray")) if is_numpy(module) => {
            let Some(code) = numpy_code(args.at(1, "dtype")) else { return Ok(None) };
            Ok(Some(Raw { code, content: number_bytes(evaluator, code, args.value(0)?)? }))
        }
        _ => Ok(None),
    }
}

fn is_numpy(module: &str) -> bool {
    matches!(module, "numpy" | "numpy.core.multiarray" | "numpy._core.multiarray" | "numpy.core.numeric")
}

/// The type code of `array` that a data type of numpy is.
fn numpy_code(dtype: Option<&Value>) -> Option<char> {
    let name = match dtype? {
        Value::Str(name) => name.to_string(),
        Value::Global(name) => name.qualname.to_string(),
        Value::Call(call) if super::made_by(call).is_some_and(|(_, name)| name == "dtype") => {
            return numpy_code(call.args.first());
        }
        _ => return None,
    };
    Some(match name.trim_start_matches(['<', '|', '=']) {
        "u1" | "uint8" | "B" | "ubyte" => 'B',
        "i1" | "int8" | "b" | "byte" => 'b',
        "u2" | "uint16" | "H" => 'H',
        "i2" | "int16" | "h" => 'h',
        "u4" | "uint32" | "I" => 'I',
        "i4" | "int32" | "i" => 'i',
        "u8" | "uint64" | "Q" => 'Q',
        "i8" | "int64" | "q" | "int" => 'q',
        _ => return None,
    })
}

/// The bytes of numbers given as a list, as text or as bytes.
fn number_bytes(evaluator: &Evaluator<'_>, code: char, value: &Value) -> Folded<Arc<[u8]>> {
    match value {
        Value::Str(text) if matches!(code, 'u' | 'w') => {
            evaluator.make(text.len().saturating_mul(4))?;
            Ok(text.chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect())
        }
        Value::List(items) | Value::Tuple(items) => {
            evaluator.make(items.len().saturating_mul(8))?;
            let format = Value::str(format!("<{}{}", items.len(), packing_code(code)?));
            let given: Vec<Value> = std::iter::once(format).chain(items.iter().cloned()).collect();
            let packed = packing::call(evaluator, "pack", Arguments::new(&given, &[]))?;
            bytes(&packed).cloned()
        }
        other => bytes(other).cloned(),
    }
}

/// The code of `struct` with standard sizes; `l` of `array` is a native long of eight bytes.
fn packing_code(code: char) -> Folded<char> {
    Ok(match code {
        'l' => 'q',
        'L' => 'Q',
        'b' | 'B' | 'h' | 'H' | 'i' | 'I' | 'q' | 'Q' | 'd' => code,
        _ => return Err(Fault::Unfollowed),
    })
}

/// The items of an array.
pub(crate) fn items(evaluator: &Evaluator<'_>, call: &Call) -> Folded<Vec<Value>> {
    let Some(Raw { code, content }) = raw(evaluator, call)? else { return Err(Fault::Unfollowed) };
    evaluator.pay(content.len())?;
    if code == 'B' {
        return Ok(content.iter().map(|byte| Value::Int((*byte).into())).collect());
    }
    if matches!(code, 'u' | 'w') {
        return Ok(letters(&content)?.chars().map(|letter| Value::str(letter.to_string())).collect());
    }
    let format = format!("<{}", packing_code(code)?);
    let rows =
        packing::call(evaluator, "iter_unpack", Arguments::new(&[Value::str(format), Value::Bytes(content)], &[]))?;
    let Value::Iterator(rows) = rows else { return Err(Fault::Unfollowed) };
    let first = |row: &Value| match row {
        Value::Tuple(row) => row.first().cloned(),
        _ => None,
    };
    Ok(rows.iter().filter_map(first).collect())
}

fn letters(content: &[u8]) -> Folded<String> {
    let (words, _) = content.as_chunks::<4>();
    let letters: Option<String> = words.iter().map(|word| char::from_u32(u32::from_le_bytes(*word))).collect();
    letters.ok_or(Fault::Unfollowed)
}

/// A method of an array.
pub(super) fn method(
    evaluator: &mut Evaluator<'_>,
    call: &Call,
    name: &str,
    args: Arguments<'_>,
) -> Folded<Option<Value>> {
    if !matches!(name, "tobytes" | "tostring" | "tolist" | "tounicode" | "item") || args.len() > 1 {
        return Ok(None);
    }
    let numpy = super::made_by(call).is_some_and(|(module, _)| is_numpy(module));
    if let (true, "item" | "tolist", [value, ..]) = (numpy, name, call.args.as_slice())
        && call.args.len() == 1
        && matches!(value, Value::Str(_) | Value::Bytes(_) | Value::Int(_) | Value::List(_))
    {
        return Ok(Some(match value {
            Value::List(items) if name == "item" => match &**items {
                [one] => one.clone(),
                _ => return raise(Exception::Value),
            },
            other => other.clone(),
        }));
    }
    let Some(Raw { code, content }) = raw(evaluator, call)? else { return Ok(None) };
    evaluator.make(content.len())?;
    Ok(Some(match name {
        "tobytes" | "tostring" => evaluator.decoded("array.tobytes", Value::Bytes(content)),
        "tolist" => Value::list(items(evaluator, call)?),
        "tounicode" if matches!(code, 'u' | 'w') => {
            evaluator.decoded("array.tounicode", Value::str(letters(&content)?))
        }
        _ => return Ok(None),
    }))
}

/// `array._array_reconstructor(array.array, code, format, bytes)`: little-endian formats of the size that the code has.
fn reconstructed(args: Arguments<'_>) -> Folded<Option<Raw>> {
    let (code, content) = (text(args.value(1)?)?.chars().next(), bytes(args.value(3)?)?);
    let formats = ["B", "b", "H", "", "h", "", "I", "", "i", "", "QL", "", "ql", "", "", "", "", "", "", "", "uw"];
    let format = usize::try_from(int(args.value(2)?)?).ok().and_then(|format| formats.get(format));
    let kept = code.is_some_and(|code| format.is_some_and(|codes| codes.contains(code)));
    Ok(code.filter(|_| kept).map(|code| Raw { code, content: content.clone() }))
}
