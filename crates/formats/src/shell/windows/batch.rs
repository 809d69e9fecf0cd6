//! Batch files: lines that carets continue, variables between percent signs, commands between `&` and `|`.

use std::collections::HashMap;

use base::{blob::Blob, budget::Meter, listing::Listing, stop::Stop};

use super::{STATEMENTS, Statement, list_as, loops::Known};
use crate::whole::{Names, words};

/// Characters of a variable's value that are kept.
const VALUE: usize = 8192;
/// Variables that are kept.
const VARIABLES: usize = 1024;

/// The statements of a batch file: each line a list.
pub(super) fn statements(text: &str, meter: &Meter) -> Result<Vec<Statement>, Stop> {
    let mut variables: HashMap<String, String> = HashMap::new();
    let mut known = Known::default();
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((line, first)) = lines.next() {
        let mut whole = first.to_owned();
        while whole.ends_with('^') && whole.len() < VALUE {
            whole.pop();
            let Some((_, next)) = lines.next() else { break };
            whole.push_str(next);
        }
        meter.steps(whole.len() as u64)?;
        let code = whole.trim_start().trim_start_matches(['@', '(', ')', ' ', '\t']);
        let lower = code.to_ascii_lowercase();
        if code.starts_with(':') {
            known.follow(code);
        }
        if code.is_empty() || code.starts_with(':') || lower == "rem" || lower.starts_with("rem ") || lower.starts_with("rem\t") {
            continue;
        }
        let filled = known.filled(code);
        for part in parts(filled.as_deref().unwrap_or(code), &mut variables, &mut known) {
            meter.bytes(part.len() as u64)?;
            if found.len() >= STATEMENTS {
                return Err(Stop::Limit(base::reason::Reason::Memory));
            }
            found.push(Statement { line, text: plain(&part) });
        }
    }
    Ok(found)
}

/// Loops in a line.
const LOOPS: usize = 8;

/// The statements of a line, variables filled in: those of a loop are what it reads and what it does.
fn parts(code: &str, variables: &mut HashMap<String, String>, known: &mut Known) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code.to_owned();
    for _ in 0..LOOPS {
        let text = expanded(&rest, variables);
        let Some(found_loop) = known.first_loop(&text) else { break };
        found.push(found_loop.before.trim_end_matches(['(', '@', ' ']).to_owned());
        found.extend(found_loop.command.map(str::to_owned));
        if let Some(value) = found_loop.value.filter(|value| value.len() <= VALUE && variables.len() < VARIABLES) {
            variables.insert(loop_name(found_loop.variable), value);
        }
        rest = found_loop.body.to_owned();
    }
    let text = expanded(&rest, variables);
    for assigned in text.split('&').map(str::trim_start) {
        set(assigned.trim_start_matches(['@', '(']), variables, known);
    }
    // `!name!` is expanded when its command runs.
    let text = if text.contains('!') { expanded(&text, variables) } else { text };
    known.follow(&text);
    known.write(&text);
    found.push(text);
    found.retain(|text| !text.trim().is_empty());
    found
}

/// The name under which the variable of a loop is kept: no other begins so.
fn loop_name(letter: char) -> String {
    format!("%{}", letter.to_ascii_lowercase())
}

/// `set name=value`, `set "name=value"`.
fn set(code: &str, variables: &mut HashMap<String, String>, known: &Known) {
    let Some(rest) = code.get(..4).filter(|word| word.eq_ignore_ascii_case("set ")).and(code.get(4..)) else { return };
    let rest = rest.trim_start();
    // `set /p name=<file`
    let asked = rest.get(..3).filter(|flag| flag.eq_ignore_ascii_case("/p ")).and(rest.get(3..)).and_then(|rest| rest.split_once('='));
    if let Some((name, file)) = asked
        && let Some(value) = file.trim().strip_prefix('<').and_then(|file| known.output(file))
        && variables.len() < VARIABLES
    {
        variables.insert(name.trim().trim_matches('"').to_ascii_lowercase(), value);
    }
    if rest.starts_with('/') {
        return;
    }
    let rest = rest.strip_prefix('"').map_or(rest, |rest| rest.rsplit_once('"').map_or(rest, |(inner, _)| inner));
    let Some((name, value)) = rest.split_once('=') else { return };
    if value.len() <= VALUE && variables.len() < VARIABLES {
        variables.insert(name.trim().to_ascii_lowercase(), value.replace('^', ""));
    }
}

/// The text with `%name%`, `!name!` and `%name:~from,count%` filled in.
fn expanded(code: &str, variables: &HashMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(['%', '!']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        if let Some((value, after)) = of_loop(from, variables).filter(|(value, _)| out.len().saturating_add(value.len()) <= VALUE) {
            out.push_str(value);
            rest = after;
            continue;
        }
        let mark = if from.starts_with('%') { '%' } else { '!' };
        let inner = from.get(1..).unwrap_or_default();
        let value = inner.split_once(mark).and_then(|(name, after)| Some((value_of(name, variables)?, after)));
        match value {
            Some((value, after)) if out.len().saturating_add(value.len()) <= VALUE => {
                out.push_str(&value);
                rest = after;
            }
            _ => {
                out.push(mark);
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out
}

/// `%%i` and `%%~i`: what the variable of a loop holds, and what follows.
fn of_loop<'c, 'v>(from: &'c str, variables: &'v HashMap<String, String>) -> Option<(&'v str, &'c str)> {
    let named = from.strip_prefix("%%")?.trim_start_matches('~');
    let letter = named.chars().next().filter(char::is_ascii_alphabetic)?;
    let value = variables.get(&loop_name(letter))?;
    Some((value, named.get(1..)?))
}

/// What a name between percent signs gives: a value, a part of it, or it with a text replaced.
fn value_of(name: &str, variables: &HashMap<String, String>) -> Option<String> {
    let (name, operation) = name.split_once(':').map_or((name, ""), |(name, operation)| (name, operation));
    let value = variables.get(&name.to_ascii_lowercase())?;
    if let Some(range) = operation.strip_prefix('~') {
        let (from, count) = range.split_once(',').map_or((range, None), |(from, count)| (from, Some(count)));
        let letters: Vec<char> = value.chars().collect();
        let place = |at: &str| {
            let at: i64 = at.trim().parse().ok()?;
            let back = || letters.len().saturating_sub(usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX));
            Some(if at < 0 { back() } else { usize::try_from(at).ok()?.min(letters.len()) })
        };
        let start = place(from)?;
        let end = match count {
            None => letters.len(),
            Some(count) if count.trim().starts_with('-') => place(count)?,
            Some(count) => start.saturating_add(count.trim().parse().ok()?).min(letters.len()),
        };
        return Some(letters.get(start..end.max(start))?.iter().collect());
    }
    match operation.split_once('=') {
        Some((old, new)) if !old.is_empty() => {
            let replaced = value.replace(old, new);
            (replaced.len() <= VALUE).then_some(replaced)
        }
        _ => Some(value.clone()),
    }
}

/// A line without carets outside of quotes, and without the brackets of blocks.
fn plain(code: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    for letter in code.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                out.push(letter);
            }
            '^' if !quoted => {}
            other => out.push(other),
        }
    }
    out.trim().to_owned()
}

/// Lists a batch file.
pub(super) fn list(blob: &Blob, meter: &Meter) -> Result<Listing, Stop> {
    list_as(blob, meter, "batch", names)
}

fn names(line: &str) -> Names {
    let code = line.trim_start().trim_start_matches('@');
    let set = code.get(..4).filter(|word| word.eq_ignore_ascii_case("set ")).and(code.get(4..));
    let name = set.and_then(|rest| rest.trim_start_matches(['"', ' ']).split_once('=')).map(|(name, _)| name.trim().to_owned());
    (name.into_iter().collect(), words(code).map(str::to_owned).collect())
}
