//! Methods of text.

use std::sync::Arc;

use crate::{
    arguments::{Arguments, count, length, mismatch, text},
    codec, compare,
    container::limit,
    evaluator::{Evaluator, Fault, Folded, raise},
    iterate, sequence,
    value::{Exception, Span, Value},
};

pub(crate) use crate::{
    format::{format_value, percent},
    repr::{repr, to_str},
};

/// What `str.isspace` and `str.strip` take for white space.
pub(crate) fn is_space(letter: char) -> bool {
    letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
}

/// Whether this is the name of a builtin type whose values are all known by their type.
pub(crate) fn is_data_type(class: &str) -> bool {
    matches!(
        class,
        "str"
            | "bytes"
            | "bytearray"
            | "int"
            | "float"
            | "bool"
            | "tuple"
            | "list"
            | "set"
            | "frozenset"
            | "dict"
            | "range"
    )
}

/// A method of `of`.
pub(crate) fn method(evaluator: &mut Evaluator<'_>, of: &Arc<str>, name: &str, args: Arguments<'_>) -> Folded {
    evaluator.pay(of.len())?;
    let whole = |text: String| {
        evaluator.make(text.len())?;
        Ok(Value::str(text))
    };
    match name {
        "upper" => whole(of.to_uppercase()),
        "lower" => whole(of.to_lowercase()),
        "casefold" => whole(of.to_lowercase().replace('ß', "ss")),
        "swapcase" => whole(of.chars().flat_map(swapped).collect()),
        "capitalize" => whole(capitalized(of)?),
        "title" => whole(title(of)?),
        "strip" | "lstrip" | "rstrip" => strip(of, name, args),
        "replace" => replace(evaluator, of, args),
        "join" => join(evaluator, of, args.value(0)?),
        "split" | "rsplit" => split(evaluator, of, name == "rsplit", args),
        "splitlines" => Ok(lines(of, args.truth_or(0, "keepends", false)?)),
        "partition" | "rpartition" => partition(of, name == "rpartition", args.text(0)?),
        "find" | "rfind" | "index" | "rindex" | "count" => search(of, name, args),
        "startswith" | "endswith" => affix(of, name == "startswith", args),
        "removeprefix" => Ok(Value::str(of.strip_prefix(&**args.text(0)?).unwrap_or(of))),
        "removesuffix" => Ok(Value::str(of.strip_suffix(&**args.text(0)?).unwrap_or(of))),
        "zfill" | "ljust" | "rjust" | "center" => justified(evaluator, of, name, args),
        "expandtabs" => expanded(evaluator, of, count(args.int_or(0, "tabsize", 8)?)),
        "translate" => translate(evaluator, of, args.value(0)?),
        "maketrans" => maketrans(evaluator, args),
        "encode" => codec::encode(evaluator, of, args),
        "format" => crate::format::format(evaluator, of, args),
        "format_map" => crate::format::format_map(evaluator, of, args.value(0)?),
        _ => question(of, name).map_or(Err(Fault::Unfollowed), |answer| Ok(Value::Bool(answer))),
    }
}

fn swapped(letter: char) -> Vec<char> {
    if letter.is_uppercase() { letter.to_lowercase().collect() } else { letter.to_uppercase().collect() }
}

/// The letter as it begins a word: Unicode has letters for it that are neither upper nor lower case.
fn titlecase(letter: char) -> Folded<String> {
    let upper: String = letter.to_uppercase().collect();
    Ok(match letter {
        '\u{1c4}'..='\u{1c6}' => "\u{1c5}".to_owned(),
        '\u{1c7}'..='\u{1c9}' => "\u{1c8}".to_owned(),
        '\u{1ca}'..='\u{1cc}' => "\u{1cb}".to_owned(),
        '\u{1f1}'..='\u{1f3}' => "\u{1f2}".to_owned(),
        // Georgian has no titles.
        '\u{10d0}'..='\u{10ff}' => letter.to_string(),
        // Ligatures: `Ss`, `Fi`, `Ffl`.
        'ß' | '\u{587}' | '\u{fb00}'..='\u{fb17}' => {
            let mut parts = upper.chars();
            parts.next().into_iter().chain(parts.flat_map(char::to_lowercase)).collect()
        }
        // Greek vowels with iota.
        '\u{1f80}'..='\u{1fff}' => return Err(Fault::Unfollowed),
        _ => upper,
    })
}

fn capitalized(of: &str) -> Folded<String> {
    let mut letters = of.chars();
    letters.next().map_or(Ok(String::new()), |first| Ok(titlecase(first)? + &letters.as_str().to_lowercase()))
}

fn title(of: &str) -> Folded<String> {
    let mut inside = false;
    let mut result = String::with_capacity(of.len());
    for letter in of.chars() {
        if inside {
            result.extend(letter.to_lowercase())
        } else {
            result.push_str(&titlecase(letter)?)
        }
        inside = letter.is_lowercase() || letter.is_uppercase();
    }
    Ok(result)
}

fn strip(of: &str, name: &str, args: Arguments<'_>) -> Folded {
    let set = args.present(0, "chars").map(text).transpose()?;
    let drop = |letter: char| set.map_or_else(|| is_space(letter), |set| set.contains(letter));
    Ok(Value::str(match name {
        "lstrip" => of.trim_start_matches(drop),
        "rstrip" => of.trim_end_matches(drop),
        _ => of.trim_matches(drop),
    }))
}

fn replace(evaluator: &Evaluator<'_>, of: &str, args: Arguments<'_>) -> Folded {
    let (old, new) = (args.text(0)?, args.text(1)?);
    let most = limit(args, 2, "count")?;
    let found = of.matches(&**old).take(most).count();
    evaluator.make(of.len().saturating_add(found.saturating_mul(new.len())))?;
    Ok(Value::str(of.replacen(&**old, new, most)))
}

fn join(evaluator: &mut Evaluator<'_>, of: &str, parts: &Value) -> Folded {
    let parts = iterate::all(evaluator, parts)?;
    let texts: Folded<Vec<&str>> = parts.iter().map(|part| Ok(&**text(part)?)).collect();
    let texts = texts?;
    let size = texts.iter().fold(texts.len().saturating_mul(of.len()), |size, part| size.saturating_add(part.len()));
    evaluator.make(size)?;
    Ok(Value::str(texts.join(of)))
}

fn split(evaluator: &Evaluator<'_>, of: &str, from_right: bool, args: Arguments<'_>) -> Folded {
    let most = limit(args, 1, "maxsplit")?;
    let pieces = most.saturating_add(1);
    let mut parts: Vec<&str> = match args.present(0, "sep") {
        Some(separator) => {
            let separator = &**text(separator)?;
            if separator.is_empty() {
                return raise(Exception::Value);
            }
            if from_right { of.rsplitn(pieces, separator).collect() } else { of.splitn(pieces, separator).collect() }
        }
        None if from_right => words_from_right(of, most),
        None => words(of, most),
    };
    if from_right {
        parts.reverse();
    }
    iterate::room(evaluator, parts.len())?;
    Ok(Value::list(parts.into_iter().map(Value::str).collect::<Vec<_>>()))
}

fn words(of: &str, most: usize) -> Vec<&str> {
    let mut rest = of.trim_start_matches(is_space);
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if parts.len() >= most {
            parts.push(rest.trim_end_matches(|_| false));
            break;
        }
        let end = rest.find(is_space).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        parts.push(word);
        rest = after.trim_start_matches(is_space);
    }
    parts
}

fn words_from_right(of: &str, most: usize) -> Vec<&str> {
    let mut rest = of.trim_end_matches(is_space);
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if parts.len() >= most {
            parts.push(rest);
            break;
        }
        let start = rest.char_indices().rev().find(|(_, letter)| is_space(*letter));
        let start = start.map_or(0, |(place, letter)| place.saturating_add(letter.len_utf8()));
        let (before, word) = rest.split_at_checked(start).unwrap_or(("", rest));
        parts.push(word);
        rest = before.trim_end_matches(is_space);
    }
    parts
}

fn lines(of: &str, keep_ends: bool) -> Value {
    let ends = |letter: char| {
        matches!(letter, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    let mut parts = Vec::new();
    let mut rest = of;
    while !rest.is_empty() {
        let line = rest.find(ends).unwrap_or(rest.len());
        let (body, after) = rest.split_at_checked(line).unwrap_or((rest, ""));
        let width = if after.starts_with("\r\n") { 2 } else { after.chars().next().map_or(0, char::len_utf8) };
        let (end, after) = after.split_at_checked(width).unwrap_or((after, ""));
        parts.push(if keep_ends { Value::str([body, end].concat()) } else { Value::str(body) });
        rest = after;
    }
    Value::list(parts)
}

fn partition(of: &str, from_right: bool, separator: &str) -> Folded {
    if separator.is_empty() {
        return raise(Exception::Value);
    }
    let found = if from_right { of.rsplit_once(separator) } else { of.split_once(separator) };
    Ok(Value::tuple(match (found, from_right) {
        (Some((before, after)), _) => [before, separator, after].map(Value::str),
        (None, false) => [of, "", ""].map(Value::str),
        (None, true) => ["", "", of].map(Value::str),
    }))
}

/// The part of `of` between the arguments at `position` (start) and after it (end), and how many characters it skips.
fn window<'t>(of: &'t str, args: Arguments<'_>, position: usize) -> Folded<Option<(&'t str, usize)>> {
    let bound = |value: Option<&Value>| value.map(crate::arguments::int).transpose();
    let size = of.chars().count();
    let start = bound(args.present(position, "start"))?;
    let stop = bound(args.present(position.saturating_add(1), "end"))?;
    let past = start.is_some_and(|start| usize::try_from(start).is_ok_and(|start| start > size));
    let span = sequence::indices(Span { start, stop, step: None }, size)?;
    let (start, stop) = (count(span.start), count(span.stop));
    if past || stop < start {
        return Ok(None);
    }
    let byte = |place: usize| of.char_indices().nth(place).map_or(of.len(), |(place, _)| place);
    Ok(of.get(byte(start)..byte(stop)).map(|part| (part, start)))
}

fn search(of: &str, name: &str, args: Arguments<'_>) -> Folded {
    let wanted = &**args.text(0)?;
    let Some((part, skipped)) = window(of, args, 1)? else {
        return match name {
            "count" => Ok(Value::Int(0)),
            "find" | "rfind" => Ok(Value::Int(-1)),
            _ => raise(Exception::Value),
        };
    };
    if name == "count" {
        return Ok(length(part.matches(wanted).count()));
    }
    let found = if name.starts_with('r') { part.rfind(wanted) } else { part.find(wanted) };
    match found {
        Some(place) => {
            let before = part.get(..place).map_or(0, |before| before.chars().count());
            Ok(length(before.saturating_add(skipped)))
        }
        None if name.ends_with("find") => Ok(Value::Int(-1)),
        None => raise(Exception::Value),
    }
}

fn affix(of: &str, prefix: bool, args: Arguments<'_>) -> Folded {
    let wanted = match args.value(0)? {
        Value::Tuple(items) => items.to_vec(),
        one => vec![one.clone()],
    };
    let part = window(of, args, 1)?;
    for wanted in &wanted {
        let wanted = &**text(wanted)?;
        if part.is_some_and(|(part, _)| if prefix { part.starts_with(wanted) } else { part.ends_with(wanted) }) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn justified(evaluator: &Evaluator<'_>, of: &str, name: &str, args: Arguments<'_>) -> Folded {
    let width = count(args.int(0)?);
    let fill = if name == "zfill" { "0" } else { args.text_or(1, "fillchar", " ")? };
    if fill.chars().count() != 1 {
        return raise(Exception::Type);
    }
    let size = of.chars().count();
    let missing = width.saturating_sub(size);
    evaluator.make(of.len().saturating_add(missing.saturating_mul(fill.len())))?;
    // CPython puts the odd one of `center` on the left when the width is odd.
    let half = (missing >> 1).saturating_add(missing & width & 1);
    let pad = |count: usize| fill.repeat(count);
    Ok(Value::str(match name {
        "ljust" => [of, &pad(missing)].concat(),
        "center" => [&pad(half), of, &pad(missing.saturating_sub(half))].concat(),
        "zfill" if of.starts_with(['+', '-']) => {
            let (sign, rest) = of.split_at_checked(1).unwrap_or((of, ""));
            [sign, &pad(missing), rest].concat()
        }
        _ => [&pad(missing), of].concat(),
    }))
}

fn expanded(evaluator: &Evaluator<'_>, of: &str, size: usize) -> Folded {
    let tabs = of.matches('\t').count();
    evaluator.make(of.len().saturating_add(tabs.saturating_mul(size)))?;
    let (mut result, mut column) = (String::new(), 0_usize);
    for letter in of.chars() {
        match letter {
            '\t' => {
                let width = column.checked_rem(size).map_or(0, |over| size.saturating_sub(over));
                result.push_str(&" ".repeat(width));
                column = column.saturating_add(width);
            }
            letter => {
                result.push(letter);
                column = if matches!(letter, '\n' | '\r') { 0 } else { column.saturating_add(1) };
            }
        }
    }
    Ok(Value::str(result))
}

/// `str.translate`: a dict from code points, or text and lists by place.
fn translate(evaluator: &Evaluator<'_>, of: &str, table: &Value) -> Folded {
    let found = |code: i64| -> Folded<Option<Value>> {
        match table {
            Value::Dict(entries) => Ok(compare::lookup(entries, &Value::Int(code)).ok_or(Fault::Unfollowed)?.cloned()),
            Value::Str(_) | Value::List(_) | Value::Tuple(_) => match sequence::subscript(table, &Value::Int(code)) {
                Err(Fault::Raises(Exception::Index)) => Ok(None),
                other => other.map(Some),
            },
            other => mismatch(other),
        }
    };
    let entries = if let Value::Dict(entries) = table { entries.len() } else { 1 };
    evaluator.pay(of.len().saturating_mul(entries))?;
    let mut result = String::new();
    for letter in of.chars() {
        match found(u32::from(letter).into())? {
            None => result.push(letter),
            Some(Value::None) => {}
            Some(Value::Str(text)) => result.push_str(&text),
            Some(Value::Int(code)) => {
                let code = u32::try_from(code).ok().and_then(char::from_u32);
                result.push(code.ok_or(Fault::Unfollowed)?);
            }
            Some(_) => return raise(Exception::Type),
        }
        if result.len() > crate::evaluator::MAX_BYTES {
            return Err(Fault::OverCap("a constant of more than 16 MiB"));
        }
    }
    Ok(Value::str(result))
}

/// `str.maketrans`.
pub(crate) fn maketrans(evaluator: &mut Evaluator<'_>, args: Arguments<'_>) -> Folded {
    let code = |letter: char| Value::Int(u32::from(letter).into());
    let mut pairs = Vec::new();
    match args.args {
        [Value::Dict(entries)] => {
            for (key, value) in entries.iter() {
                let key = match key {
                    Value::Str(letter) => {
                        let mut letters = letter.chars();
                        match (letters.next(), letters.next()) {
                            (Some(letter), None) => code(letter),
                            _ => return raise(Exception::Value),
                        }
                    }
                    other => other.clone(),
                };
                pairs.push((key, value.clone()));
            }
        }
        [from, to, rest @ ..] => {
            let (from, to) = (text(from)?, text(to)?);
            if from.chars().count() != to.chars().count() {
                return raise(Exception::Value);
            }
            pairs.extend(from.chars().zip(to.chars()).map(|(from, to)| (code(from), code(to))));
            if let Some(removed) = rest.first() {
                pairs.extend(text(removed)?.chars().map(|letter| (code(letter), Value::None)));
            }
        }
        [other] => return mismatch(other),
        [] => return raise(Exception::Type),
    }
    evaluator.pay(pairs.len())?;
    sequence::dict(pairs)
}

/// The answer of an `is…` method.
fn question(of: &str, name: &str) -> Option<bool> {
    let every = |holds: fn(char) -> bool| !of.is_empty() && of.chars().all(holds);
    let cased = |wanted: fn(char) -> bool, other: fn(char) -> bool| of.chars().any(wanted) && !of.chars().any(other);
    Some(match name {
        "isascii" => of.is_ascii(),
        "isspace" => every(is_space),
        "isupper" => cased(char::is_uppercase, char::is_lowercase),
        "islower" => cased(char::is_lowercase, char::is_uppercase),
        "isdigit" | "isdecimal" if of.chars().any(|letter| !letter.is_numeric()) => false,
        // Beyond ASCII the classes of Rust and Python differ in places.
        _ if !of.is_ascii() => return None,
        "isalpha" => every(|letter| letter.is_ascii_alphabetic()),
        "isalnum" => every(|letter| letter.is_ascii_alphanumeric()),
        "isdigit" | "isdecimal" | "isnumeric" => every(|letter| letter.is_ascii_digit()),
        "isidentifier" => {
            every(|letter| letter.is_ascii_alphanumeric() || letter == '_')
                && !of.starts_with(|c: char| c.is_ascii_digit())
        }
        "isprintable" => of.chars().all(|letter| !letter.is_ascii_control()),
        "istitle" => title(of).is_ok_and(|title| title == *of) && of.chars().any(|letter| letter.is_ascii_alphabetic()),
        _ => return None,
    })
}
