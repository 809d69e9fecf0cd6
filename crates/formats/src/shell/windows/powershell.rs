//! PowerShell: statements, texts that operators join, variables, and text that is decoded and run.

use std::{collections::HashMap, iter::Peekable, str::Chars};

use base::{blob::Blob, budget::Meter, listing::Listing, reason::Reason, stop::Stop};

use super::{STATEMENTS, Statement, functions::Functions, list_as, text_of, texts::evaluated};
use crate::whole::{Names, words};

/// Characters of a variable's value that are kept, and of a statement.
const VALUE: usize = 8192;
/// Texts within texts that are decoded.
const LAYERS: usize = 8;

/// Functions that call functions, and calls of one script that are followed.
const DEPTH: usize = 3;
const CALLS: usize = 512;

/// The statements of a script, and those of what it decodes.
pub(super) fn statements(text: &str, meter: &Meter) -> Result<Vec<Statement>, Stop> {
    let (variables, found) = (HashMap::new(), Vec::new());
    let mut reader = Reader { variables, functions: Functions::of(text), found, calls: 0, meter };
    for (line, code) in split(text, meter)? {
        reader.statement(line, &code, DEPTH)?;
    }
    Ok(reader.found)
}

/// What is known while a script is read.
struct Reader<'m> {
    variables: HashMap<String, String>,
    functions: Functions,
    found: Vec<Statement>,
    calls: usize,
    meter: &'m Meter,
}

impl Reader<'_> {
    fn statement(&mut self, line: usize, code: &str, depth: usize) -> Result<(), Stop> {
        self.reverse(code);
        let filled = filled(code, &self.variables);
        let joined = joined(&evaluated(self.functions.unaliased(&filled).as_deref().unwrap_or(&filled)));
        self.meter.bytes(joined.len() as u64)?;
        self.functions.alias(&joined);
        self.pipe(&joined);
        assign(&joined, &mut self.variables);
        self.decode(line, &joined)?;
        if depth > 0 && self.calls < CALLS {
            self.call(line, joined, depth)?;
        }
        if self.found.len() >= STATEMENTS {
            return Err(Stop::Limit(Reason::Memory));
        }
        Ok(())
    }

    /// A statement, and what texts within texts give that it decodes.
    fn decode(&mut self, line: usize, code: &str) -> Result<(), Stop> {
        let mut layer = code.to_owned();
        self.found.push(Statement { line, text: code.to_owned() });
        for _ in 0..LAYERS {
            let Some(inner) = decoded(&layer, self.meter)? else { break };
            // What is decoded stands where the call that decodes it stood: it may be run there.
            let runs = ["iex", "invoke-expression", "scriptblock"].iter().any(|word| layer.to_lowercase().contains(word));
            let shown = if runs { format!("powershell -c {inner}; iex") } else { inner.clone() };
            self.found.push(Statement { line, text: shown });
            layer = inner;
        }
        Ok(())
    }

    /// Follows a call of a function of the script: its body as statements, and what it gives in the place of the call.
    fn call(&mut self, line: usize, code: String, depth: usize) -> Result<(), Stop> {
        let Some(call) = self.functions.call(&code) else { return Ok(()) };
        self.calls = self.calls.saturating_add(1);
        let before: Vec<_> = call.values.iter().map(|(name, _)| (name.clone(), self.variables.get(name).cloned())).collect();
        self.variables.extend(call.values.into_iter().filter(|(_, value)| value.len() <= VALUE));
        let body = call.function.body.replace("$args[0]", "$args");
        let mut given = None;
        for (_, statement) in split(&body, self.meter)? {
            let first = self.found.len();
            self.statement(line, &statement, depth.saturating_sub(1))?;
            given = self.found.get(first).map(|statement| statement.text.clone());
        }
        for (name, value) in before {
            match value {
                Some(value) => drop(self.variables.insert(name, value)),
                None => drop(self.variables.remove(&name)),
            }
        }
        let Some(given) = given.filter(|given| given.len() <= VALUE && call.text.len() < code.len()) else { return Ok(()) };
        let given = given.trim_start_matches("return ").trim();
        let whole = code.replacen(&call.text, &format!("({given})"), 1);
        self.meter.bytes(whole.len() as u64)?;
        assign(&whole, &mut self.variables);
        self.found.push(Statement { line, text: whole });
        Ok(())
    }

    /// `… | % {`: what the block gets.
    fn pipe(&mut self, code: &str) {
        let lower = code.to_ascii_lowercase();
        let head = ["%", "foreach-object", "foreach"].iter().find_map(|each| lower.strip_suffix(each)?.trim_end().strip_suffix('|').map(str::len));
        if let Some(head) = head.and_then(|end| code.get(..end)).filter(|head| head.len() <= VALUE) {
            self.variables.insert("_".to_owned(), format!("({})", head.trim()));
        }
    }

    /// `[array]::Reverse($name)` turns the text around that the variable holds.
    fn reverse(&mut self, code: &str) {
        let lower = code.to_ascii_lowercase();
        let Some((_, rest)) = lower.split_once("[array]::reverse(") else { return };
        let name = rest.trim_start_matches([' ', '$']).split([')', ' ']).next().unwrap_or_default();
        if let Some(held) = self.variables.get_mut(name) {
            let text = held.trim_matches(['\'', '"']);
            *held = format!("'{}'", text.chars().rev().collect::<String>());
        }
    }
}

/// Characters of a block in brackets, or of a table, that stays within its statement.
const BLOCK: usize = 1024;

/// The block that begins in front of `letters`, where it holds no statements of its own.
fn block(letters: &Peekable<Chars<'_>>, table: bool) -> Option<String> {
    let mut text = String::new();
    for letter in letters.clone().take(if table { BLOCK } else { 64 }) {
        match letter {
            '}' => return Some(text),
            '{' => return None,
            '\n' | ';' if !table => return None,
            letter => text.push(letter),
        }
    }
    None
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
            // `@{ … }` and `(… | % { … })`
            (None, '{') if (depth > 0 || code.ends_with('@')) && block(&letters, code.ends_with('@')).is_some() => {
                let inside = block(&letters, code.ends_with('@')).unwrap_or_default();
                line = line.saturating_add(inside.matches('\n').count());
                code.push('{');
                code.push_str(&inside.replace(['\n', '\r'], "; "));
                code.push('}');
                letters.nth(inside.chars().count());
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
    // A block follows, or nothing that can be told.
    if value.is_empty() {
        variables.remove(&name);
        return;
    }
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
    while let Some(at) = rest.find(['$', '@']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let (mark, after) = from.split_at_checked(1).unwrap_or((from, ""));
        let braced = after.strip_prefix('{').filter(|_| mark == "$").and_then(|inner| inner.split_once('}'));
        let end = after.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | ':'))).unwrap_or(after.len());
        let (name, left) = braced.unwrap_or_else(|| after.split_at_checked(end).unwrap_or((after, "")));
        let assigned = out.trim().is_empty() && left.trim_start().trim_start_matches('+').starts_with('=');
        let value = variables.get(&name.to_lowercase()).filter(|value| !assigned && (mark == "$" || value.starts_with("@{")));
        match value {
            Some(value) if out.len().saturating_add(value.len()) <= VALUE => {
                // Within quotes the letters count, not the quotes around them.
                let inside = out.matches('"').count() % 2 == 1;
                // What a command prints, not the command.
                let runs = value.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '&');
                if runs {
                    out.push_str("@(");
                    out.push_str(value.trim_start_matches(['&', ' ']));
                    out.push(')');
                } else {
                    out.push_str(if inside { value.trim_matches(['"', '\'']) } else { value });
                }
                rest = left;
            }
            _ => {
                out.push_str(mark);
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
