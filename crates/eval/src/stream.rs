//! Streams in memory: `io.BytesIO` and `io.StringIO`, read forward.

use crate::{
    arguments::{Arguments, bytes, text},
    evaluator::{Evaluator, Fault, Folded},
    value::Value,
};

/// The value of a call that makes a stream.
pub(crate) fn fold(_: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    Ok(Some(match path {
        ("io", "BytesIO") => match args.present(0, "initial_bytes") {
            Some(content) => Value::BytesIo(bytes(content)?.clone()),
            None => Value::BytesIo([].into()),
        },
        ("io", "StringIO") => match args.present(0, "initial_value") {
            Some(content) => Value::StringIo(text(content)?.clone()),
            None => Value::StringIo("".into()),
        },
        _ => return Ok(None),
    }))
}

/// A method of a stream. What was read before is forgotten, so the whole value is known only of a fresh one.
pub(crate) fn method(evaluator: &mut Evaluator<'_>, of: &Value, name: &str, args: Arguments<'_>) -> Folded {
    let wanted = match args.present(0, "size") {
        Some(Value::Int(size)) => usize::try_from(*size).unwrap_or(usize::MAX),
        Some(_) => return Err(Fault::Unfollowed),
        None => usize::MAX,
    };
    let (value, rest) = match (of, name) {
        (Value::BytesIo(all), "getvalue") => return Ok(Value::Bytes(all.clone())),
        (Value::BytesIo(all), "getbuffer") => return Ok(Value::MemoryView(all.clone())),
        (Value::StringIo(all), "getvalue") => return Ok(Value::Str(all.clone())),
        (Value::BytesIo(all), "read" | "read1" | "readline") => {
            let line = all.iter().position(|byte| *byte == b'\n').map_or(all.len(), |end| end.saturating_add(1));
            let end = if name == "readline" { line } else { all.len() };
            let (first, rest) = all.split_at_checked(end.min(wanted)).unwrap_or((all, &[]));
            (Value::bytes(first), Value::BytesIo(rest.into()))
        }
        (Value::StringIo(all), "read" | "readline") => {
            let line = all.find('\n').map_or(all.len(), |end| end.saturating_add(1));
            let end = if name == "readline" { line } else { all.len() };
            let cut = all.char_indices().nth(wanted).map_or(all.len(), |(place, _)| place);
            let (first, rest) = all.split_at_checked(end.min(cut)).unwrap_or((all, ""));
            (Value::str(first), Value::StringIo(rest.into()))
        }
        _ => return Err(Fault::Unfollowed),
    };
    evaluator.make(value.as_bytes().map_or(0, |bytes| bytes.len()))?;
    evaluator.outcome.receiver = Some(rest);
    Ok(value)
}
