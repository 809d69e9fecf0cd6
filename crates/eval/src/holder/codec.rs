//! What `codecs` and `encodings` hand out: a codec with its two functions, readers, incremental decoders.

use crate::{
    arguments::Arguments,
    evaluator::{Evaluator, Fault, Folded},
    name::Name,
    value::{Call, Value},
};

/// The encoding of a codec, reader or decoder, and whether calling it gives the length as well.
fn encoding(call: &Call) -> Option<(Value, bool)> {
    match (super::made_by(call), &call.callee) {
        (Some(("codecs", "lookup")), _) => Some((call.args.first()?.clone(), true)),
        (Some((module, class)), _) => {
            let named = module.strip_prefix("encodings.")?;
            let pair = matches!(class, "Codec" | "StreamReader" | "StreamWriter");
            let single = matches!(class, "IncrementalDecoder" | "IncrementalEncoder");
            (pair || single).then(|| (Value::str(named), pair))
        }
        (None, Value::Call(inner)) => match super::made_by(inner)? {
            ("codecs", "getincrementaldecoder" | "getincrementalencoder") => Some((inner.args.first()?.clone(), false)),
            _ => None,
        },
        _ => None,
    }
}

/// `codecs.lookup(…).decode`, and what a module of `encodings` says of itself.
pub(super) fn attribute(call: &Call, name: &str) -> Option<Value> {
    if super::made_by(call) != Some(("codecs", "lookup")) {
        return None;
    }
    let encoding = call.args.first()?.clone();
    let function = match name {
        "decode" => "lookup.decode",
        "encode" => "lookup.encode",
        "streamreader" => return made("getreader", encoding),
        "incrementaldecoder" => return made("getincrementaldecoder", encoding),
        "incrementalencoder" => return made("getincrementalencoder", encoding),
        "name" => return Some(encoding),
        _ => return None,
    };
    Some(Value::partial(Name::new("codecs", function).into(), Vec::new(), vec![("encoding".into(), encoding)]))
}

fn made(function: &str, encoding: Value) -> Option<Value> {
    Some(Value::called(Name::new("codecs", function).into(), vec![encoding], Vec::new()))
}

/// `decode` and `encode` of a codec or an incremental one.
pub(super) fn method(
    evaluator: &mut Evaluator<'_>,
    call: &Call,
    name: &str,
    args: Arguments<'_>,
) -> Folded<Option<Value>> {
    if !matches!(name, "decode" | "encode") {
        return Ok(None);
    }
    let Some((encoding, pair)) = encoding(call) else { return Ok(None) };
    let given = [args.value(0)?.clone(), encoding];
    let given = Arguments::new(&given, &[]);
    let function = if name == "decode" { "decode" } else { "encode" };
    let value = crate::codec::fold(evaluator, ("codecs", function), given)?.ok_or(Fault::Unfollowed)?;
    Ok(Some(match pair {
        true => Value::tuple([value, crate::sequence::len(args.value(0)?)?]),
        false => value,
    }))
}
