//! `re`, for the patterns that Python and this crate's engine read alike.

use regex::{Regex, RegexBuilder};

use crate::{
    arguments::{Arguments, text},
    evaluator::{Evaluator, Fault, Folded},
    value::{Exception, Value},
};

/// Bytes of a pattern.
const MAX_PATTERN: usize = 256;
/// Bytes of its compiled form.
const MAX_COMPILED: usize = 1 << 20;

/// The value of a call that this file knows.
pub(crate) fn fold(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    match path {
        ("re", "sub") => substituted(evaluator, args).map(Some),
        ("re", "findall" | "split") => parts(evaluator, path.1, args).map(Some),
        ("re", "escape") => {
            let of = args.text(0)?;
            evaluator.make(of.len().saturating_mul(2))?;
            let special = |letter: char| "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(letter);
            let escaped = |letter: char| if special(letter) { format!("\\{letter}") } else { letter.to_string() };
            Ok(Some(Value::str(of.chars().map(escaped).collect::<String>())))
        }
        _ => Ok(None),
    }
}

/// `re.findall` and `re.split` of a pattern without groups.
fn parts(evaluator: &Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded {
    let (pattern, of) = (text(args.required(0, "pattern")?)?, text(args.required(1, "string")?)?);
    let pattern = compiled(pattern).ok_or(Fault::Unfollowed)?;
    if pattern.captures_len() > 1 || args.len() > 2 || !args.kwargs.is_empty() {
        return Err(Fault::Unfollowed);
    }
    evaluator.make(of.len().saturating_mul(8))?;
    let parts: Vec<Value> = match name {
        "split" => pattern.split(of).map(Value::str).collect(),
        _ => pattern.find_iter(of).map(|found| Value::str(found.as_str())).collect(),
    };
    crate::iterate::room(evaluator, parts.len())?;
    Ok(Value::list(parts))
}

/// `re.match(pattern, text).group(…)` and its like.
pub(crate) fn group(
    evaluator: &Evaluator<'_>,
    kind: &str,
    pattern: &str,
    of: &str,
    name: &str,
    args: Arguments<'_>,
) -> Folded {
    evaluator.make(of.len().saturating_mul(8))?;
    let anchored = match kind {
        "match" => format!("^(?:{pattern})"),
        "fullmatch" => format!("^(?:{pattern})$"),
        _ => pattern.to_owned(),
    };
    compiled(pattern).ok_or(Fault::Unfollowed)?;
    let pattern = RegexBuilder::new(&anchored).size_limit(MAX_COMPILED).build().map_err(|_| Fault::Unfollowed)?;
    let found = pattern.captures(of).ok_or(Fault::Raises(Exception::Attribute))?;
    let part = |at: usize| found.get(at).map_or(Value::None, |part| Value::str(part.as_str()));
    if name == "groups" {
        return Ok(Value::tuple((1..found.len()).map(part).collect::<Vec<_>>()));
    }
    match args.args {
        [] => Ok(part(0)),
        [Value::Int(at)] => {
            let at = usize::try_from(*at).ok().filter(|at| *at < found.len());
            at.map(part).ok_or(Fault::Raises(Exception::Index))
        }
        _ => Err(Fault::Unfollowed),
    }
}

/// `re.sub` with text in place of each match.
fn substituted(evaluator: &Evaluator<'_>, args: Arguments<'_>) -> Folded {
    if args.at(4, "flags").is_some() {
        return Err(Fault::Unfollowed);
    }
    let (pattern, of) = (text(args.required(0, "pattern")?)?, text(args.required(2, "string")?)?);
    let pattern = compiled(pattern).ok_or(Fault::Unfollowed)?;
    let replacement = args.required(1, "repl")?;
    let most = crate::library::at_most(args, 3, "count")?;
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
    Ok(Value::str(out))
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
