//! Methods of bytes, bytearrays and memory views.

use crate::{
    arguments::{Arguments, bytes, count, int, length, mismatch},
    codec,
    container::limit,
    evaluator::{Evaluator, Fault, Folded, raise},
    iterate, sequence,
    value::{Exception, Span, Value},
};

/// Where `wanted` first stands in `of`.
pub(crate) fn find(of: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return Some(0);
    }
    of.windows(wanted.len()).position(|window| window == wanted)
}

fn find_last(of: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return Some(of.len());
    }
    of.windows(wanted.len()).rposition(|window| window == wanted)
}

/// Bytes of the type of `like`.
fn alike(like: &Value, bytes: impl Into<std::sync::Arc<[u8]>>) -> Value {
    match like {
        Value::ByteArray(_) => Value::ByteArray(bytes.into()),
        _ => Value::Bytes(bytes.into()),
    }
}

/// A method of `of`.
pub(crate) fn method(evaluator: &mut Evaluator<'_>, of: &Value, name: &str, args: Arguments<'_>) -> Folded {
    let content = bytes(of)?;
    evaluator.pay(content.len())?;
    match name {
        "decode" => codec::decode(evaluator, of, args),
        "hex" => hex(evaluator, content, args),
        "fromhex" => from_hex(evaluator, of.type_name().unwrap_or_default(), args),
        "maketrans" => maketrans(args),
        "tobytes" => Ok(Value::Bytes(content.clone())),
        "tolist" => iterate::all(evaluator, of).map(Value::list),
        "release" => Ok(Value::None),
        "cast" | "toreadonly" if args.len() == 0 || args.text(0).is_ok_and(|kind| &**kind == "B") => Ok(of.clone()),
        _ if matches!(of, Value::MemoryView(_)) => Err(Fault::Unfollowed),
        "copy" => Ok(of.clone()),
        "upper" => Ok(alike(of, content.to_ascii_uppercase())),
        "lower" => Ok(alike(of, content.to_ascii_lowercase())),
        "swapcase" | "title" | "capitalize" => cased(evaluator, of, name, args),
        "strip" | "lstrip" | "rstrip" => strip(of, content, name, args),
        "replace" => replace(evaluator, of, content, args),
        "join" => join(evaluator, of, content, args.value(0)?),
        "split" | "rsplit" => split(evaluator, of, content, name == "rsplit", args),
        "splitlines" | "expandtabs" | "zfill" | "ljust" | "rjust" | "center" => through_text(evaluator, of, name, args),
        "islower" | "isupper" | "istitle" | "isspace" => cased(evaluator, of, name, args),
        "partition" | "rpartition" => partition(of, content, name == "rpartition", args.bytes(0)?),
        "find" | "rfind" | "index" | "rindex" | "count" => search(content, name, args),
        "startswith" | "endswith" => affix(content, name == "startswith", args),
        "removeprefix" => Ok(alike(of, content.strip_prefix(&**args.bytes(0)?).unwrap_or(content))),
        "removesuffix" => Ok(alike(of, content.strip_suffix(&**args.bytes(0)?).unwrap_or(content))),
        "translate" => translate(of, content, args),
        "append" | "extend" | "insert" | "pop" | "reverse" | "remove" | "clear" => change(evaluator, of, name, args),
        "isascii" => Ok(Value::Bool(content.is_ascii())),
        "isdigit" => Ok(Value::Bool(!content.is_empty() && content.iter().all(u8::is_ascii_digit))),
        "isalpha" => Ok(Value::Bool(!content.is_empty() && content.iter().all(u8::is_ascii_alphabetic))),
        "isalnum" => Ok(Value::Bool(!content.is_empty() && content.iter().all(u8::is_ascii_alphanumeric))),
        _ => Err(Fault::Unfollowed),
    }
}

/// The bytes as text of the same code points, and back.
pub(crate) fn latin(bytes: &[u8]) -> Value {
    Value::str(bytes.iter().map(|byte| char::from(*byte)).collect::<String>())
}

pub(crate) fn from_latin(text: &str) -> Folded<Vec<u8>> {
    let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    bytes.map_err(|_| Fault::Unfollowed)
}

/// What a method of that text gave, as bytes again.
fn again(value: &Value, like: &Value) -> Folded {
    match value {
        Value::Str(text) => Ok(alike(like, from_latin(text)?)),
        Value::List(items) => {
            let parts: Folded<Vec<Value>> = items.iter().map(|item| again(item, like)).collect();
            Ok(Value::list(parts?))
        }
        other => Ok(other.clone()),
    }
}

/// Methods that treat bytes as the text of the same code points; line ends are only those of ASCII.
fn through_text(evaluator: &mut Evaluator<'_>, of: &Value, name: &str, args: Arguments<'_>) -> Folded {
    let content = bytes(of)?;
    if name == "splitlines" && content.iter().any(|byte| matches!(byte, 0xb | 0xc | 0x1c..=0x1e | 0x85)) {
        return Err(Fault::Unfollowed);
    }
    let Value::Str(text) = latin(content) else {
        return Err(Fault::Unfollowed);
    };
    let args: Vec<Value> =
        args.args.iter().map(|arg| arg.as_bytes().map_or_else(|| arg.clone(), |b| latin(b))).collect();
    let result = crate::text::method(evaluator, &text, name, Arguments::new(&args, &[]))?;
    again(&result, of)
}

fn cased(evaluator: &mut Evaluator<'_>, of: &Value, name: &str, args: Arguments<'_>) -> Folded {
    if !bytes(of)?.is_ascii() {
        return Err(Fault::Unfollowed);
    }
    through_text(evaluator, of, name, args)
}

fn hex(evaluator: &Evaluator<'_>, content: &[u8], args: Arguments<'_>) -> Folded {
    if args.len() > 0 || !args.kwargs.is_empty() {
        return Err(Fault::Unfollowed);
    }
    evaluator.make(content.len().saturating_mul(2))?;
    Ok(Value::str(hex_text(content)))
}

/// Lower-case hexadecimal.
pub(crate) fn hex_text(content: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    content.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// `bytes.fromhex(text)`.
pub(crate) fn from_hex(evaluator: &mut Evaluator<'_>, class: &str, args: Arguments<'_>) -> Folded {
    let text = args.value(0)?;
    let digits = match text {
        Value::Str(text) => text.as_bytes(),
        other => bytes(other)?,
    };
    evaluator.make(digits.len())?;
    let mut content = Vec::with_capacity(digits.len() >> 1);
    let mut rest = digits.iter().copied();
    while let Some(high) = rest.next() {
        if high.is_ascii_whitespace() || high == 0xb {
            continue;
        }
        let value = |digit: Option<u8>| digit.and_then(|digit| char::from(digit).to_digit(16));
        let (Some(high), Some(low)) = (value(Some(high)), value(rest.next())) else {
            return raise(Exception::Value);
        };
        content.push(u8::try_from((high << 4) | low).unwrap_or_default());
    }
    let value = if class == "bytearray" { Value::ByteArray(content.into()) } else { Value::bytes(content) };
    Ok(evaluator.decoded("bytes.fromhex", value))
}

fn strip(of: &Value, content: &[u8], name: &str, args: Arguments<'_>) -> Folded {
    let set = match args.present(0, "bytes") {
        Some(set) => bytes(set)?,
        None => &[9, 10, 11, 12, 13, 32][..],
    };
    let kept = |byte: &u8| !set.contains(byte);
    let start = if name == "rstrip" { 0 } else { content.iter().position(kept).unwrap_or(content.len()) };
    let end = content.iter().rposition(kept).map_or(0, |place| place.saturating_add(1));
    let end = if name == "lstrip" { content.len() } else { end };
    Ok(alike(of, content.get(start..end).unwrap_or_default()))
}

/// The pieces between at most `most` occurrences of `separator`.
fn pieces<'b>(content: &'b [u8], separator: &[u8], most: usize) -> Vec<&'b [u8]> {
    let mut parts = Vec::new();
    let mut rest = content;
    while parts.len() < most {
        let Some(place) = find(rest, separator) else { break };
        let (part, after) = rest.split_at_checked(place).unwrap_or((rest, &[]));
        parts.push(part);
        rest = after.get(separator.len()..).unwrap_or_default();
    }
    parts.push(rest);
    parts
}

fn replace(evaluator: &Evaluator<'_>, of: &Value, content: &[u8], args: Arguments<'_>) -> Folded {
    let (old, new) = (args.bytes(0)?, args.bytes(1)?);
    if old.is_empty() {
        return Err(Fault::Unfollowed);
    }
    evaluator.pay(content.len().saturating_mul(old.len().min(64)))?;
    let parts = pieces(content, old, limit(args, 2, "count")?);
    evaluator.make(content.len().saturating_add(parts.len().saturating_mul(new.len())))?;
    Ok(alike(of, parts.join(&**new)))
}

fn join(evaluator: &mut Evaluator<'_>, of: &Value, content: &[u8], parts: &Value) -> Folded {
    let parts = iterate::all(evaluator, parts)?;
    let parts: Folded<Vec<&[u8]>> = parts.iter().map(|part| Ok(&**bytes(part)?)).collect();
    let parts = parts?;
    let size =
        parts.iter().fold(parts.len().saturating_mul(content.len()), |size, part| size.saturating_add(part.len()));
    evaluator.make(size)?;
    Ok(alike(of, parts.join(content)))
}

fn split(evaluator: &Evaluator<'_>, of: &Value, content: &[u8], from_right: bool, args: Arguments<'_>) -> Folded {
    let most = limit(args, 1, "maxsplit")?;
    let parts: Vec<&[u8]> = match args.present(0, "sep") {
        Some(separator) => {
            let separator = bytes(separator)?;
            if separator.is_empty() {
                return raise(Exception::Value);
            }
            if from_right && most != usize::MAX {
                return Err(Fault::Unfollowed);
            }
            evaluator.pay(content.len().saturating_mul(separator.len().min(64)))?;
            pieces(content, separator, most)
        }
        None if most != usize::MAX => return Err(Fault::Unfollowed),
        None => {
            let words = content.split(|byte| byte.is_ascii_whitespace() || *byte == 0xb);
            words.filter(|word| !word.is_empty()).collect()
        }
    };
    iterate::room(evaluator, parts.len())?;
    Ok(Value::list(parts.into_iter().map(|part| alike(of, part)).collect::<Vec<_>>()))
}

fn partition(of: &Value, content: &[u8], from_right: bool, separator: &[u8]) -> Folded {
    if separator.is_empty() {
        return raise(Exception::Value);
    }
    let place = if from_right { find_last(content, separator) } else { find(content, separator) };
    let parts = match place {
        Some(place) => {
            let (before, after) = content.split_at_checked(place).unwrap_or((content, &[]));
            [before, separator, after.get(separator.len()..).unwrap_or_default()]
        }
        None if from_right => [&[], &[], content],
        None => [content, &[], &[]],
    };
    Ok(Value::tuple(parts.map(|part| alike(of, part))))
}

/// The part between the arguments at `position` and after it, and what it skips.
fn window<'b>(of: &'b [u8], args: Arguments<'_>, position: usize) -> Folded<Option<(&'b [u8], usize)>> {
    let bound = |value: Option<&Value>| value.map(int).transpose();
    let start = bound(args.present(position, "start"))?;
    let stop = bound(args.present(position.saturating_add(1), "end"))?;
    let past = start.is_some_and(|start| usize::try_from(start).is_ok_and(|start| start > of.len()));
    let span = sequence::indices(Span { start, stop, step: None }, of.len())?;
    let (start, stop) = (count(span.start), count(span.stop));
    Ok(of.get(start..stop).filter(|_| !past).map(|part| (part, start)))
}

fn search(of: &[u8], name: &str, args: Arguments<'_>) -> Folded {
    let byte;
    let wanted = match args.value(0)? {
        Value::Int(value) => {
            byte = [u8::try_from(*value).map_err(|_| Fault::Raises(Exception::Value))?];
            &byte[..]
        }
        other => bytes(other)?,
    };
    let part = window(of, args, 1)?;
    if name == "count" {
        return Ok(length(part.map_or(0, |(part, _)| match wanted {
            [] => part.len().saturating_add(1),
            wanted => pieces(part, wanted, usize::MAX).len().saturating_sub(1),
        })));
    }
    let seek = if name.starts_with('r') { find_last } else { find };
    match part.and_then(|(part, skipped)| Some(seek(part, wanted)?.saturating_add(skipped))) {
        Some(place) => Ok(length(place)),
        None if name.ends_with("find") => Ok(Value::Int(-1)),
        None => raise(Exception::Value),
    }
}

fn affix(of: &[u8], prefix: bool, args: Arguments<'_>) -> Folded {
    let wanted = match args.value(0)? {
        Value::Tuple(items) => items.to_vec(),
        one => vec![one.clone()],
    };
    let part = window(of, args, 1)?;
    for wanted in &wanted {
        let wanted = bytes(wanted)?;
        if part.is_some_and(|(part, _)| if prefix { part.starts_with(wanted) } else { part.ends_with(wanted) }) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// `bytes.maketrans(from, to)`.
pub(crate) fn maketrans(args: Arguments<'_>) -> Folded {
    let (from, to) = (args.bytes(0)?, args.bytes(1)?);
    if from.len() != to.len() {
        return raise(Exception::Value);
    }
    let mut table: Vec<u8> = (0..=u8::MAX).collect();
    for (from, to) in from.iter().zip(to.iter()) {
        if let Some(slot) = table.get_mut(usize::from(*from)) {
            *slot = *to;
        }
    }
    Ok(Value::bytes(table))
}

fn translate(of: &Value, content: &[u8], args: Arguments<'_>) -> Folded {
    let table = match args.value(0)? {
        Value::None => None,
        table => {
            Some(bytes(table)?).filter(|table| table.len() == 256).map(Some).ok_or(Fault::Raises(Exception::Value))?
        }
    };
    let dropped = args.at(1, "delete").map(bytes).transpose()?;
    let kept = content.iter().filter(|byte| dropped.is_none_or(|dropped| !dropped.contains(byte)));
    let mapped = kept.map(|byte| table.map_or(*byte, |table| table.get(usize::from(*byte)).copied().unwrap_or(*byte)));
    Ok(alike(of, mapped.collect::<Vec<u8>>()))
}

/// Methods that change a bytearray.
fn change(evaluator: &mut Evaluator<'_>, of: &Value, name: &str, args: Arguments<'_>) -> Folded {
    let Value::ByteArray(content) = of else {
        return raise(Exception::Attribute);
    };
    let items = Value::list(content.iter().map(|byte| Value::Int((*byte).into())).collect::<Vec<_>>());
    let result = crate::container::method(evaluator, &items, name, args)?;
    if let Some(Value::List(items)) = evaluator.outcome.receiver.take() {
        evaluator.outcome.receiver = Some(Value::ByteArray(from_items(&items)?.into()));
    }
    Ok(result)
}

/// Integers from 0 to 255 as bytes.
pub(crate) fn from_items(items: &[Value]) -> Folded<Vec<u8>> {
    items.iter().map(|item| u8::try_from(int(item)?).map_err(|_| Fault::Raises(Exception::Value))).collect()
}

/// The value of a call of `bytes`, `bytearray` or `memoryview`, or of a function on their text.
pub(crate) fn fold(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    let ("builtins", name) = path else {
        return Ok(None);
    };
    Ok(Some(match name {
        "bytes" => Value::bytes(content(evaluator, args)?),
        "bytearray" => Value::ByteArray(content(evaluator, args)?.into()),
        "memoryview" | "buffer" => Value::MemoryView(bytes(args.required(0, "object")?)?.clone()),
        "str" | "unicode" => match (args.at(0, "object"), args.at(1, "encoding").or(args.at(2, "errors"))) {
            (None, _) => Value::str(""),
            (Some(Value::Call(call)), None) => Value::str(crate::holder::shown(call).ok_or(Fault::Unfollowed)?),
            (Some(object), None) => Value::str(crate::text::to_str(evaluator, object)?),
            (Some(object), Some(_)) => codec::decode(evaluator, object, args.without_first())?,
        },
        "repr" => Value::str(crate::text::repr(evaluator, args.value(0)?)?),
        "ascii" => Value::str(crate::repr::ascii(evaluator, args.value(0)?)?),
        "format" => {
            Value::str(crate::format::format_value(evaluator, args.value(0)?, args.text_or(1, "format_spec", "")?)?)
        }
        _ => return Ok(None),
    }))
}

/// What `bytes(…)` holds.
fn content(evaluator: &mut Evaluator<'_>, args: Arguments<'_>) -> Folded<Vec<u8>> {
    let Some(source) = args.at(0, "source") else {
        return Ok(Vec::new());
    };
    match source {
        Value::Str(text) if args.at(1, "encoding").is_some() => {
            let encoded = codec::encode(evaluator, text, args.without_first())?;
            Ok(bytes(&encoded)?.to_vec())
        }
        Value::Str(_) => raise(Exception::Type),
        Value::Bytes(content) | Value::ByteArray(content) | Value::MemoryView(content) => Ok(content.to_vec()),
        Value::Int(size) => {
            let size = usize::try_from(*size).map_err(|_| Fault::Raises(Exception::Value))?;
            evaluator.make(size)?;
            Ok(vec![0; size])
        }
        Value::Bool(_) | Value::BigInt(_) | Value::Float(_) | Value::None => mismatch(source),
        items => {
            let items = iterate::all(evaluator, items)?;
            evaluator.make(items.len())?;
            from_items(&items)
        }
    }
}

/// `bytes % values`: as text of the same code points.
pub(crate) fn percent(evaluator: &mut Evaluator<'_>, of: &Value, values: &Value) -> Folded {
    let Value::Str(format) = latin(bytes(of)?) else {
        return Err(Fault::Unfollowed);
    };
    let text = crate::format::percent(evaluator, &format, values, true)?;
    Ok(alike(of, from_latin(&text)?))
}
