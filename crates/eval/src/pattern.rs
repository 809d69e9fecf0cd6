//! `re.sub`, for the patterns that Python and this crate's engine read alike.

use regex::{Regex, RegexBuilder};

use crate::{
    arguments::{Arguments, text},
    container::limit,
    evaluator::{Evaluator, Fault, Folded},
    value::Value,
};

/// Bytes of a pattern.
const MAX_PATTERN: usize = 256;
/// Bytes of its compiled form.
const MAX_COMPILED: usize = 1 << 20;

/// The value of a call that this file knows.
pub(crate) fn fold(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    if path != ("re", "sub") {
        return Ok(None);
    }
    if args.at(4, "flags").is_some() {
        return Err(Fault::Unfollowed);
    }
    let pattern = compiled(text(args.required(0, "pattern")?)?).ok_or(Fault::Unfollowed)?;
    let replacement = args.required(1, "repl")?;
    let of = text(args.required(2, "string")?)?;
    let most = match limit(args, 3, "count")? {
        0 => usize::MAX,
        most => most,
    };
    evaluator.make(of.len().saturating_mul(8))?;
    let mut out = String::new();
    let mut end = 0_usize;
    for found in pattern.find_iter(of).take(most) {
        out.push_str(of.get(end..found.start()).unwrap_or_default());
        match replacement {
            Value::Str(plain) if !plain.contains('\\') => out.push_str(plain),
            // Group references and functions of the match are not followed.
            _ => return Err(Fault::Unfollowed),
        }
        evaluator.make(out.len())?;
        end = found.end();
    }
    out.push_str(of.get(end..).unwrap_or_default());
    Ok(Some(Value::str(out)))
}

/// The pattern, unless the two languages differ on it: `$`, extensions, escapes of position, nested sets, empty matches.
fn compiled(pattern: &str) -> Option<Regex> {
    let differs = ["$", "(?", "\\Z", "\\z", "\\A", "\\b", "\\B", "\\p", "\\P", "&&", "--", "~~", "[["];
    if pattern.len() > MAX_PATTERN || differs.iter().any(|part| pattern.contains(part)) {
        return None;
    }
    let compiled = RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build().ok()?;
    Some(compiled).filter(|compiled| !compiled.is_match(""))
}
