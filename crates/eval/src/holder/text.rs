//! Templates, patterns, formats and paths.

use std::sync::Arc;

use crate::{
    arguments::{Arguments, text},
    evaluator::{Evaluator, Fault, Folded, raise},
    packing,
    value::{Call, Exception, Value},
};

pub(super) fn method(
    evaluator: &mut Evaluator<'_>,
    call: &Call,
    name: &str,
    args: Arguments<'_>,
) -> Folded<Option<Value>> {
    let first = call.args.first();
    Ok(match (super::made_by(call), name, first) {
        (Some(("string", "Template")), "substitute" | "safe_substitute", Some(template)) => {
            Some(substituted(evaluator, text(template)?, name == "safe_substitute", args)?)
        }
        (Some(("string", "Formatter")), "format", _) => {
            Some(crate::format::format(evaluator, text(args.value(0)?)?, args.without_first())?)
        }
        (Some(("string", "Formatter")), "vformat", _) => Some(formatted(evaluator, args)?),
        (Some(("struct", "Struct")), "pack" | "unpack" | "unpack_from" | "iter_unpack", Some(format)) => {
            let given: Vec<Value> = std::iter::once(format.clone()).chain(args.args.iter().cloned()).collect();
            Some(packing::call(evaluator, name, Arguments::new(&given, args.kwargs))?)
        }
        (Some(("re", "compile")), _, Some(pattern)) if call.args.len() == 1 => {
            let given: Vec<Value> = std::iter::once(pattern.clone()).chain(args.args.iter().cloned()).collect();
            crate::pattern::fold(evaluator, ("re", name), Arguments::new(&given, args.kwargs))?
        }
        (
            Some(("re", kind @ ("match" | "search" | "fullmatch"))),
            "group" | "groups" | "__getitem__",
            Some(pattern),
        ) => {
            let of = call.args.get(1).ok_or(Fault::Unfollowed)?;
            Some(crate::pattern::group(evaluator, kind, text(pattern)?, text(of)?, name, args)?)
        }
        (Some(("datetime" | "time", _)), "strftime" | "__format__", _) => {
            let format = text(args.value(0)?)?;
            (!format.contains('%')).then(|| Value::Str(format.clone()))
        }
        (Some(("json", "JSONDecoder")), "decode", None) => crate::literal::fold(evaluator, ("json", "loads"), args)?,
        (Some(("textwrap", "TextWrapper")), "fill", None) => crate::library::filled(evaluator, args)?,
        _ => None,
    })
}

/// `string.Template(template).substitute(mapping, **words)`.
fn substituted(evaluator: &Evaluator<'_>, template: &Arc<str>, safe: bool, args: Arguments<'_>) -> Folded {
    let entries = match args.args.first() {
        Some(Value::Dict(entries)) => Some(entries),
        Some(_) => return Err(Fault::Unfollowed),
        None => None,
    };
    let found = |name: &str| {
        let listed = || entries.and_then(|entries| crate::compare::lookup(entries, &Value::str(name)).flatten());
        args.keyword(name).or_else(listed).cloned()
    };
    let mut out = String::new();
    let mut rest = &**template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        evaluator.make(out.len())?;
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let length = |text: &str| text.find(|letter| !is_name(letter)).unwrap_or(text.len());
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, left) = match (after.strip_prefix('$'), braced) {
            (Some(left), _) => {
                out.push('$');
                rest = left;
                continue;
            }
            (None, Some((name, left))) if length(name) == name.len() => (name, left),
            _ => after.split_at_checked(length(after)).unwrap_or((after, "")),
        };
        if name.is_empty() || name.starts_with(|letter: char| letter.is_ascii_digit()) {
            if !safe {
                return raise(Exception::Value);
            }
            out.push('$');
            rest = after;
            continue;
        }
        match found(name) {
            Some(value) => out.push_str(&crate::text::to_str(evaluator, &value)?),
            None if safe => {
                let written = after.len().saturating_sub(left.len());
                out.push('$');
                out.push_str(after.get(..written).unwrap_or_default());
            }
            None => return raise(Exception::Key),
        }
        rest = left;
    }
    out.push_str(rest);
    evaluator.make(out.len())?;
    Ok(Value::str(out))
}

/// `string.Formatter().vformat(format, args, kwargs)`.
fn formatted(evaluator: &mut Evaluator<'_>, args: Arguments<'_>) -> Folded {
    let (Value::Tuple(values) | Value::List(values), Value::Dict(words)) = (args.value(1)?, args.value(2)?) else {
        return Err(Fault::Unfollowed);
    };
    let words: Vec<(Arc<str>, Value)> =
        words.iter().filter_map(|(name, value)| Some((Arc::from(name.as_str()?), value.clone()))).collect();
    let values = values.to_vec();
    crate::format::format(evaluator, text(args.value(0)?)?, Arguments::new(&values, &words))
}

/// Whether a class makes paths of its arguments without looking at a disk, or as they are written.
fn is_path(class: (&str, &str)) -> bool {
    matches!(class, ("pathlib", "PurePosixPath" | "PurePath" | "PosixPath" | "Path"))
}

/// A path as written, from the parts that it was made of.
fn path(call: &Call) -> Option<String> {
    if !is_path(super::made_by(call)?) {
        return None;
    }
    let mut whole = String::new();
    for part in &call.args {
        let part = part.as_str()?;
        if part.starts_with('/') {
            whole.clear();
        }
        for (index, step) in part.split('/').enumerate() {
            match step {
                "" if index == 0 && part.starts_with('/') => whole.push('/'),
                "" | "." => {}
                step => {
                    if !whole.is_empty() && !whole.ends_with('/') {
                        whole.push('/');
                    }
                    whole.push_str(step);
                }
            }
        }
    }
    Some(if whole.is_empty() { ".".to_owned() } else { whole })
}

pub(super) fn attribute(call: &Call, name: &str) -> Option<Value> {
    let whole = path(call)?;
    let last = whole.rsplit('/').next().unwrap_or_default().to_owned();
    let cut = last.rfind('.').filter(|at| *at > 0 && at.saturating_add(1) < last.len());
    Some(Value::str(match name {
        "name" => last,
        "stem" => cut.and_then(|at| last.get(..at)).unwrap_or(&last).to_owned(),
        "suffix" => cut.and_then(|at| last.get(at..)).unwrap_or_default().to_owned(),
        _ => return None,
    }))
}

pub(super) fn shown(call: &Call) -> Option<String> {
    path(call)
}
