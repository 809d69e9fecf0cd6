//! PowerShell: statements, texts that operators join, variables, and text that is decoded and run.

use std::collections::HashMap;

use base::{blob::Blob, budget::Meter, listing::Listing, reason::Reason, stop::Stop};

use super::{STATEMENTS, Statement, list_as, text_of};
use crate::whole::{Names, words};

/// Characters of a variable's value that are kept, and of a statement.
const VALUE: usize = 8192;
/// Texts within texts that are decoded.
const LAYERS: usize = 8;

/// The statements of a script, and those of what it decodes.
pub(super) fn statements(text: &str, meter: &Meter) -> Result<Vec<Statement>, Stop> {
    let mut variables: HashMap<String, String> = HashMap::new();
    let mut found = Vec::new();
    for (line, code) in split(text, meter)? {
        let filled = filled(&code, &variables);
        let joined = joined(&filled);
        meter.bytes(joined.len() as u64)?;
        assign(&joined, &mut variables);
        let mut layer = joined.clone();
        found.push(Statement { line, text: joined });
        for _ in 0..LAYERS {
            let Some(inner) = decoded(&layer, meter)? else { break };
            // What is decoded stands where the call that decodes it stood: it may be run there.
            let runs = ["iex", "invoke-expression", "scriptblock"].iter().any(|word| layer.to_lowercase().contains(word));
            let shown = if runs { format!("powershell -c {inner}; iex") } else { inner.clone() };
            found.push(Statement { line, text: shown });
            layer = inner;
        }
        if found.len() >= STATEMENTS {
            return Err(Stop::Limit(Reason::Memory));
        }
    }
    Ok(found)
}

/// The statements with the lines on which they begin: comments gone, backticks too, lines that go on put together.
fn split(text: &str, meter: &Meter) -> Result<Vec<(usize, String)>, Stop> {
    meter.steps(text.len() as u64)?;
    let (mut found, mut code, mut begun, mut line) = (Vec::new(), String::new(), 0_usize, 0_usize);
    let mut quote: Option<char> = None;
    let mut depth = 0_u32;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\n' {
            line = line.saturating_add(1);
        }
        match (quote, letter) {
            (_, '`') if quote != Some('\'') => match letters.next() {
                // A backtick at the end of a line goes on; before a letter of an escape it stays one of the word.
                Some('\r') => drop(letters.next_if_eq(&'\n')),
                Some('\n') => line = line.saturating_add(1),
                Some(other) => code.push(other),
                None => {}
            },
            (Some(open), letter) if letter == open => {
                quote = None;
                code.push(letter);
            }
            (Some(_), letter) => code.push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                code.push(letter);
            }
            (None, '<') if letters.peek() == Some(&'#') => {
                let mut before = ' ';
                for letter in letters.by_ref() {
                    line = line.saturating_add(usize::from(letter == '\n'));
                    if before == '#' && letter == '>' {
                        break;
                    }
                    before = letter;
                }
            }
            (None, '#') if code.is_empty() || code.ends_with([' ', '\t', ';', '{', '}', '\n']) => {
                while letters.next_if(|letter| *letter != '\n').is_some() {}
            }
            (None, '(') => {
                depth = depth.saturating_add(1);
                code.push(letter);
            }
            (None, ')') => {
                depth = depth.saturating_sub(1);
                code.push(letter);
            }
            // A pipe at the end of a line goes on.
            (None, '\n') if code.trim_end().ends_with('|') || depth > 0 && code.len() < VALUE => code.push(' '),
            (None, '\n' | ';' | '{' | '}') => {
                depth = 0;
                let statement = std::mem::take(&mut code);
                if !statement.trim().is_empty() {
                    found.push((begun, statement.trim().to_owned()));
                }
                if found.len() >= STATEMENTS {
                    return Err(Stop::Limit(Reason::Memory));
                }
            }
            (None, letter) => {
                if code.trim().is_empty() {
                    begun = line;
                }
                code.push(letter);
            }
        }
        if code.len() == letter.len_utf8() {
            begun = line;
        }
    }
    if !code.trim().is_empty() {
        found.push((begun, code.trim().to_owned()));
    }
    Ok(found)
}

/// `$name = expression`: what it holds is the expression.
fn assign(code: &str, variables: &mut HashMap<String, String>) {
    let Some((left, value)) = code.split_once('=') else { return };
    let left = left.trim();
    let (left, adds) = left.strip_suffix('+').map_or((left, false), |left| (left.trim_end(), true));
    let Some(name) = left.rsplit_once('$').map(|(_, name)| name.to_lowercase()) else { return };
    let plain = name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | ':'));
    if !plain || name.is_empty() || value.len() > VALUE || variables.len() >= 1024 {
        return;
    }
    let value = value.trim();
    match variables.get_mut(&name).filter(|_| adds) {
        Some(held) if held.len().saturating_add(value.len()) <= VALUE => {
            let both = format!("{held} + {value}");
            *held = self::joined(&both);
        }
        _ => {
            variables.insert(name, value.to_owned());
        }
    }
}

/// A statement with the variables that are known filled in, but for the one that it assigns.
fn filled(code: &str, variables: &HashMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let end = after.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | ':'))).unwrap_or(after.len());
        let (name, left) = braced.unwrap_or_else(|| after.split_at_checked(end).unwrap_or((after, "")));
        let assigned = out.trim().is_empty() && left.trim_start().trim_start_matches('+').starts_with('=');
        let value = variables.get(&name.to_lowercase()).filter(|_| !assigned);
        match value {
            Some(value) if out.len().saturating_add(value.len()) <= VALUE => {
                // Within quotes the letters count, not the quotes around them.
                let inside = out.matches('"').count() % 2 == 1;
                out.push_str(if inside { value.trim_matches(['"', '\'']) } else { value });
                rest = left;
            }
            _ => {
                out.push('$');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A statement with joined texts put together: `'a' + 'b'`, `('{1}{0}' -f 'b','a')`, `[char]65`, `'a','b' -join ''`.
fn joined(code: &str) -> String {
    let mut code = formatted(&characters(code));
    for open in ["'", "\""] {
        for close in ["'", "\""] {
            for between in ["+", " + ", "+ ", " +"] {
                code = code.replace(&format!("{open}{between}{close}"), "");
            }
        }
    }
    let lower = code.to_lowercase();
    if let (true, Some(at)) = (lower.contains("-join"), lower.find("-join")) {
        let (list, after) = code.split_at_checked(at).unwrap_or((&code, ""));
        let list = list.replace("','", "").replace("', '", "").replace("\",\"", "").replace("\", \"", "");
        code = format!("{list}{after}");
    }
    // `& ('iex')` and `."iex"` are `iex`.
    for (call, plain) in [("&('", "& '"), ("& ('", "& '"), (".('", "& '"), ("&(\"", "& \""), ("& (\"", "& \""), (".(\"", "& \"")] {
        code = code.replace(call, plain);
    }
    for name in ["iex", "IEX", "Iex", "Invoke-Expression", "invoke-expression"] {
        for quote in ["'", "\""] {
            code = code.replace(&format!("& {quote}{name}{quote}"), "iex ");
        }
    }
    code
}

/// `[char]65` and `[char]0x41` as the texts that they are.
fn characters(code: &str) -> String {
    let lower = code.to_ascii_lowercase();
    let mut out = String::new();
    let mut from = 0_usize;
    for (at, mark) in lower.match_indices("[char]") {
        let digits_at = at.saturating_add(mark.len());
        let rest = lower.get(digits_at..).unwrap_or_default();
        let hex = rest.strip_prefix("0x");
        let digits: String = hex.unwrap_or(rest).chars().take_while(|letter| letter.is_ascii_hexdigit() && (hex.is_some() || letter.is_ascii_digit())).collect();
        let number = u32::from_str_radix(&digits, if hex.is_some() { 16 } else { 10 }).ok().and_then(char::from_u32);
        let Some(letter) = number.filter(|_| at >= from) else { continue };
        out.push_str(code.get(from..at).unwrap_or_default());
        out.push('\'');
        out.push(letter);
        out.push('\'');
        from = digits_at.saturating_add(digits.len()).saturating_add(if hex.is_some() { 2 } else { 0 });
    }
    out.push_str(code.get(from..).unwrap_or_default());
    out
}

/// `'{1}{0}' -f 'b','a'` as the text that it gives.
fn formatted(code: &str) -> String {
    let lower = code.to_ascii_lowercase();
    let Some(at) = lower.find(" -f ").or_else(|| lower.find("-f'")).or_else(|| lower.find("-f\"")) else {
        return code.to_owned();
    };
    let (before, after) = code.split_at_checked(at).unwrap_or((code, ""));
    let quoted = |text: &str| -> Vec<String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((open, inner)) = rest.find(['\'', '"']).and_then(|at| Some((rest.get(at..)?.chars().next()?, rest.get(at.saturating_add(1)..)?))) {
            let Some((part, left)) = inner.split_once(open) else { break };
            parts.push(part.to_owned());
            rest = left;
            if !left.trim_start().starts_with(',') {
                break;
            }
        }
        parts
    };
    let Some(start) = before.rfind(['\'', '"']).and_then(|end| {
        let mark = before.get(end..)?.chars().next()?;
        before.get(..end)?.rfind(mark)
    }) else {
        return code.to_owned();
    };
    let format = before.get(start..).unwrap_or_default().trim().trim_matches(['\'', '"']).to_owned();
    let parts = quoted(after);
    let mut text = format;
    for (index, part) in parts.iter().enumerate().take(64) {
        text = text.replace(&format!("{{{index}}}"), part);
        if text.len() > VALUE {
            return code.to_owned();
        }
    }
    let consumed = parts.last().and_then(|last| after.rfind(last.as_str()).map(|at| at.saturating_add(last.len()).saturating_add(1)));
    let left = after.get(consumed.unwrap_or(after.len()).min(after.len())..).unwrap_or_default();
    format!("{}'{text}'{left}", before.get(..start).unwrap_or_default())
}

/// The text that `FromBase64String` with a constant gives, or the encoded command of another PowerShell.
fn decoded(code: &str, meter: &Meter) -> Result<Option<String>, Stop> {
    let lower = code.to_ascii_lowercase();
    let call = lower.find("frombase64string").map(|at| at.saturating_add("frombase64string".len()));
    let flag = || {
        let powershell = lower.contains("powershell") || lower.contains("pwsh");
        let flags = [" -encodedcommand ", " -enc ", " -ec ", " -e ", " -en ", " -enco "];
        flags.iter().filter(|_| powershell).find_map(|flag| lower.find(flag).map(|at| at.saturating_add(flag.len())))
    };
    let Some(at) = call.or_else(flag) else { return Ok(None) };
    let rest = code.get(at..).unwrap_or_default().trim_start_matches(['(', '\'', '"', ' ']);
    let text: String = rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "+/=".contains(*letter)).collect();
    if text.len() < 8 {
        return Ok(None);
    }
    let decode = eval::Value::global("base64", "b64decode");
    let result = eval::call(&decode, &[eval::Value::str(text)], &[], meter)?.result;
    let Some(bytes) = result.as_bytes() else { return Ok(None) };
    // UTF-16 has a zero in every other byte of what is written in Latin letters.
    let wide = bytes.len() >= 2 && bytes.iter().skip(1).step_by(2).filter(|byte| **byte == 0).count().saturating_mul(4) >= bytes.len();
    let text = if wide { text_of(&[&[0xff, 0xfe], &**bytes].concat()) } else { text_of(bytes) };
    let readable = text.chars().all(|letter| !letter.is_control() || letter.is_whitespace());
    Ok(readable.then_some(text))
}

/// Lists a PowerShell script.
pub(super) fn list(blob: &Blob, meter: &Meter) -> Result<Listing, Stop> {
    list_as(blob, meter, "powershell", names)
}

fn names(line: &str) -> Names {
    let code = line.trim_start();
    let function = code.to_ascii_lowercase().starts_with("function ").then(|| code.get(9..)).flatten();
    let defined = match function {
        Some(rest) => words(rest).next().map(str::to_owned),
        None => code.strip_prefix('$').and_then(|rest| rest.split_once('=')).map(|(name, _)| name.trim_end_matches('+').trim().to_owned()),
    };
    (defined.into_iter().collect(), words(code).map(str::to_owned).collect())
}
