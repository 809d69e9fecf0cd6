//! Files over streams in memory: what reading them gives.

use std::sync::Arc;

use crate::{
    arguments::Arguments,
    compression::{self, End},
    evaluator::{Evaluator, Fault, Folded},
    value::{Call, Value},
};

/// The bytes that are left of a stream in memory, or of a file over one.
fn content(evaluator: &mut Evaluator<'_>, value: &Value) -> Folded<Option<Arc<[u8]>>> {
    match value {
        Value::BytesIo(bytes) => Ok(Some(bytes.clone())),
        Value::Call(call) => evaluator.deeper(|evaluator| opened(evaluator, call)),
        _ => Ok(None),
    }
}

/// What a file holds that a call opens over a stream in memory.
fn opened(evaluator: &mut Evaluator<'_>, call: &Call) -> Folded<Option<Arc<[u8]>>> {
    let args = super::arguments(call);
    let Some(made_by) = super::made_by(call) else { return Ok(None) };
    let over = match made_by {
        ("gzip", "GzipFile") => args.at(3, "fileobj"),
        ("gzip" | "bz2" | "lzma", _) => args.at(0, "filename"),
        ("io", "BufferedReader" | "TextIOWrapper" | "BufferedRandom") => args.args.first(),
        ("_compression", "DecompressReader") => args.at(0, "fp"),
        _ => return Ok(None),
    };
    let Some(over) = over else { return Ok(None) };
    let Some(packed) = content(evaluator, over)? else { return Ok(None) };
    let plain = match made_by {
        ("gzip", "GzipFile" | "open") => compression::gzip(evaluator, &packed)?,
        ("bz2", "BZ2File" | "open") => compression::bzip2(evaluator, &packed, End::Required)?,
        ("lzma", "LZMAFile" | "open") => compression::lzma(evaluator, &packed, End::Required)?,
        ("io", _) => return Ok(Some(packed)),
        _ => return Ok(None),
    };
    Ok(Some(plain.into()))
}

/// The encoding in which a file gives text; `None`: it gives bytes.
fn encoding(call: &Call) -> Option<Value> {
    let args = super::arguments(call);
    let utf8 = || Value::str("utf-8");
    match super::made_by(call)? {
        ("io", "TextIOWrapper") => Some(args.at(1, "encoding").cloned().unwrap_or_else(utf8)),
        ("gzip" | "bz2" | "lzma", "open") => {
            let mode = args.at(1, "mode").and_then(Value::as_str)?;
            let position = if super::made_by(call)?.0 == "lzma" { usize::MAX } else { 3 };
            mode.contains('t').then(|| args.at(position, "encoding").cloned().unwrap_or_else(utf8))
        }
        _ => None,
    }
}

/// Reading a file, a reader of `codecs`, or what a decompressor is given.
pub(super) fn method(
    evaluator: &mut Evaluator<'_>,
    call: &Call,
    name: &str,
    args: Arguments<'_>,
) -> Folded<Option<Value>> {
    if !matches!(name, "read" | "read1" | "readall" | "readline" | "readlines" | "peek" | "__next__" | "__enter__") {
        return Ok(None);
    }
    if name == "__enter__" {
        return Ok(opened(evaluator, call)?.map(Value::BytesIo));
    }
    let (plain, encoding) = match &call.callee {
        Value::Call(reader) if super::made_by(reader) == Some(("codecs", "getreader")) => {
            let Some(over) = call.args.first() else { return Ok(None) };
            (content(evaluator, over)?, reader.args.first().cloned())
        }
        _ => (opened(evaluator, call)?, encoding(call)),
    };
    let Some(plain) = plain else { return Ok(None) };
    evaluator.make(plain.len())?;
    let stream = match encoding {
        Some(encoding) => {
            let given = [Value::Bytes(plain), encoding];
            let text = crate::codec::fold(evaluator, ("codecs", "decode"), Arguments::new(&given, &[]))?;
            match text {
                Some(Value::Str(text)) => Value::StringIo(text),
                _ => return Err(Fault::Unfollowed),
            }
        }
        None => Value::BytesIo(plain),
    };
    let value = match name {
        "readlines" => Value::list(crate::iterate::all(evaluator, &stream)?),
        "readline" | "__next__" => crate::stream::method(evaluator, &stream, "readline", Arguments::new(&[], &[]))?,
        _ => crate::stream::method(evaluator, &stream, "read", args)?,
    };
    // The object that was read is no stream that this crate could hand on.
    evaluator.outcome.receiver = None;
    Ok(Some(evaluator.decoded("read", value)))
}
