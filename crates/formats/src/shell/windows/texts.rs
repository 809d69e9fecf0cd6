//! Texts that an expression of PowerShell puts together from constants: joined, formatted, replaced, cut, turned around.

/// Brackets within brackets.
const DEPTH: usize = 24;
/// Characters of a text, and elements of a list.
const LENGTH: usize = 2048;
/// Steps that all expressions of one statement may take, for a character of it.
const STEPS: usize = 16;

/// What an expression gives.
#[derive(Clone)]
enum Value {
    Text(String),
    Number(i64),
    List(Vec<Value>),
}

/// A statement with each expression that gives a text replaced by that text.
pub(super) fn evaluated(code: &str) -> String {
    let mut out = String::new();
    let mut at = 0_usize;
    let mut steps = code.len().saturating_mul(STEPS).saturating_add(4096);
    let mut before = ' ';
    while let Some(letter) = code.get(at..).and_then(|rest| rest.chars().next()) {
        let word = before.is_alphanumeric() || matches!(before, '_' | '$' | '.');
        let begins = matches!(letter, '\'' | '"' | '(' | '[') || letter == '-' && !word || letter.is_ascii_digit() && !word;
        let mut parser = Parser { text: code, at, steps, worked: false };
        let value = if begins { parser.expression(DEPTH) } else { None };
        steps = parser.steps;
        match value {
            Some(Value::Text(text)) if parser.worked && parser.at > at => {
                let mark = if text.contains('\'') { '"' } else { '\'' };
                out.push(mark);
                out.push_str(&text);
                out.push(mark);
                at = parser.at;
                before = mark;
            }
            _ => {
                // What stands between quotation marks is a text already.
                let quoted = matches!(letter, '\'' | '"').then(|| closing(code, at, letter)).flatten();
                let end = quoted.unwrap_or_else(|| at.saturating_add(letter.len_utf8()));
                out.push_str(code.get(at..end).unwrap_or_default());
                before = letter;
                at = end;
            }
        }
        if steps == 0 {
            break;
        }
    }
    out.push_str(code.get(at..).unwrap_or_default());
    out
}

/// Where a text ends that begins at `at`.
fn closing(code: &str, at: usize, mark: char) -> Option<usize> {
    let inside = code.get(at.saturating_add(1)..)?;
    inside.find(mark).map(|end| at.saturating_add(end).saturating_add(2))
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    steps: usize,
    /// Whether anything was done with the constants.
    worked: bool,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes `wanted` in any case, behind spaces.
    fn take(&mut self, wanted: &str) -> bool {
        self.steps = self.steps.saturating_sub(1);
        let space = self.rest().len().saturating_sub(self.rest().trim_start_matches([' ', '\t']).len());
        let start = self.at.saturating_add(space);
        let found = self.text.get(start..start.saturating_add(wanted.len())).is_some_and(|text| text.eq_ignore_ascii_case(wanted));
        if found {
            self.at = start.saturating_add(wanted.len());
        }
        found
    }

    /// A word of letters and digits, or of what stands in a pattern.
    fn word(&mut self) -> &'t str {
        let rest = self.rest().trim_start_matches(' ');
        let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || "-*?".contains(letter))).unwrap_or(rest.len());
        self.at = self.text.len().saturating_sub(rest.len()).saturating_add(end);
        rest.get(..end).unwrap_or_default()
    }

    /// Operators from left to right.
    fn expression(&mut self, depth: usize) -> Option<Value> {
        if self.take("-join") {
            self.worked = true;
            let list = self.list(depth.checked_sub(1)?)?;
            return self.operators(joined(&list, "")?, depth);
        }
        let first = self.list(depth.checked_sub(1)?)?;
        self.operators(first, depth)
    }

    fn operators(&mut self, mut value: Value, depth: usize) -> Option<Value> {
        loop {
            let start = self.at;
            let next = self.operator(&value, depth);
            match next {
                Some(next) if self.steps > 0 => {
                    self.worked = true;
                    value = next;
                }
                _ => {
                    self.at = start;
                    return (self.steps > 0).then_some(value);
                }
            }
        }
    }

    fn operator(&mut self, value: &Value, depth: usize) -> Option<Value> {
        let below = depth.checked_sub(1)?;
        if self.take("+") {
            return match (value, self.list(below)?) {
                (Value::Number(left), Value::Number(right)) => Some(Value::Number(left.checked_add(right)?)),
                (left, right) => bounded(format!("{}{}", text(left)?, text(&right)?)),
            };
        }
        if self.take("-bxor") {
            return match (value, self.list(below)?) {
                (Value::Number(left), Value::Number(right)) => Some(Value::Number(left ^ right)),
                _ => None,
            };
        }
        if self.take("-join") {
            let between = text(&self.list(below)?)?;
            return joined(value, &between);
        }
        if self.take("-f") {
            return formatted(&text(value)?, &self.list(below)?);
        }
        if ["-replace", "-creplace", "-ireplace"].iter().any(|name| self.take(name)) {
            return match self.list(below)? {
                Value::List(pair) => replaced(value, pair.first()?, pair.get(1).unwrap_or(&Value::Text(String::new()))),
                old => replaced(value, &old, &Value::Text(String::new())),
            };
        }
        if self.take("-split") {
            return parts(value, &self.list(below)?);
        }
        // `105,101 | % { [char]$_ }`
        if self.take("|") {
            let each = self.take("%") || self.take("foreach-object") || self.take("foreach");
            let casts = each && self.take("{") && self.take("[char]");
            let _ = self.take("[int]") || self.take("[byte]");
            return if casts && self.take("$_") && self.take("}") { characters(value) } else { None };
        }
        None
    }

    /// Elements between commas.
    fn list(&mut self, depth: usize) -> Option<Value> {
        let first = self.range(depth)?;
        let mut found = vec![first];
        loop {
            let start = self.at;
            if !self.take(",") {
                break;
            }
            let Some(next) = self.range(depth) else {
                self.at = start;
                break;
            };
            found.push(next);
            if found.len() > LENGTH {
                return None;
            }
        }
        if found.len() == 1 { found.pop() } else { Some(Value::List(found)) }
    }

    fn range(&mut self, depth: usize) -> Option<Value> {
        let first = self.postfix(depth)?;
        let Value::Number(from) = first else { return Some(first) };
        if !self.take("..") {
            return Some(first);
        }
        let Value::Number(to) = self.postfix(depth)? else { return None };
        if from.checked_sub(to)?.unsigned_abs() > 1024 {
            return None;
        }
        let up: Vec<Value> = (from.min(to)..=from.max(to)).map(Value::Number).collect();
        Some(Value::List(if from > to { up.into_iter().rev().collect() } else { up }))
    }

    /// A constant with the methods called on it and the places taken of it.
    fn postfix(&mut self, depth: usize) -> Option<Value> {
        let mut value = self.primary(depth.checked_sub(1)?)?;
        while self.steps > 0 {
            let start = self.at;
            if self.rest().starts_with('[') && matches!(value, Value::Text(_) | Value::List(_)) {
                self.at = self.at.saturating_add(1);
                let places = self.list(depth.checked_sub(1)?);
                match places.filter(|_| self.take("]")).and_then(|places| taken(&value, &places)) {
                    Some(next) => value = next,
                    None => {
                        self.at = start;
                        return Some(value);
                    }
                }
            } else if self.rest().starts_with('.') && !self.rest().starts_with("..") {
                self.at = self.at.saturating_add(1);
                let name = self.word().to_ascii_lowercase();
                let arguments = self.take("(").then(|| if self.take(")") { Some(Vec::new()) } else {
                    let list = self.expression(depth.saturating_sub(1))?;
                    let list = if let Value::List(list) = list { list } else { vec![list] };
                    self.take(")").then_some(list)
                }).flatten();
                match arguments.and_then(|arguments| method(&value, &name, &arguments)) {
                    Some(next) => value = next,
                    None => {
                        self.at = start;
                        return Some(value);
                    }
                }
            } else {
                return Some(value);
            }
            self.worked = true;
        }
        None
    }

    fn primary(&mut self, depth: usize) -> Option<Value> {
        for (cast, wanted) in [("[char[]]", 'c'), ("[char]", 'c'), ("[string]::join", 'j'), ("[string]", 's'), ("[int]", 'i'), ("[byte]", 'i'), ("[convert]::toint32", 'n')] {
            if !self.take(cast) {
                continue;
            }
            self.worked = true;
            let value = self.postfix(depth.checked_sub(1)?)?;
            return match (wanted, value) {
                ('c', value) => characters(&value),
                ('j', Value::List(list)) => {
                    let (between, rest) = list.split_first()?;
                    let only = match rest { [only] => only.clone(), rest => Value::List(rest.to_vec()) };
                    joined(&only, &text(between)?)
                }
                ('s', value) => text(&value).map(Value::Text),
                ('i', Value::Text(text)) => text.trim().parse().ok().map(Value::Number),
                ('i', Value::Number(number)) => Some(Value::Number(number)),
                ('n', Value::List(list)) => match list.as_slice() {
                    [Value::Text(text), Value::Number(base @ (2 | 8 | 10 | 16))] => {
                        i64::from_str_radix(text.trim(), u32::try_from(*base).ok()?).ok().map(Value::Number)
                    }
                    _ => None,
                },
                _ => None,
            };
        }
        if self.take("(") || self.take("@(") {
            for name in ["gcm ", "get-command ", "gal ", "get-alias "] {
                if self.take(name) {
                    self.worked = true;
                    let pattern = self.word().to_ascii_lowercase();
                    let found = ["iex", "invoke-expression"].iter().find(|known| fits(known, &pattern))?;
                    return self.take(")").then(|| Value::Text((*found).to_owned()));
                }
            }
            let value = self.expression(depth.checked_sub(1)?)?;
            return self.take(")").then_some(value);
        }
        self.constant()
    }

    /// A text without variables, or a number.
    fn constant(&mut self) -> Option<Value> {
        let rest = self.rest().trim_start_matches([' ', '\t']);
        let start = self.text.len().saturating_sub(rest.len());
        let first = rest.chars().next()?;
        if matches!(first, '\'' | '"') {
            let inside = rest.get(1..)?;
            let end = inside.find(first)?;
            let text = inside.get(..end)?;
            self.steps = self.steps.saturating_sub(end);
            self.at = start.saturating_add(end).saturating_add(2);
            return (text.len() <= LENGTH && (first == '\'' || !text.contains('$'))).then(|| Value::Text(text.to_owned()));
        }
        let (sign, digits) = rest.strip_prefix('-').map_or((1, rest), |rest| (-1, rest));
        let (base, digits) = digits.strip_prefix("0x").map_or((10, digits), |digits| (16, digits));
        let end = digits.find(|letter: char| !letter.is_digit(base)).unwrap_or(digits.len());
        let number = i64::from_str_radix(digits.get(..end)?, base).ok()?;
        self.at = self.text.len().saturating_sub(digits.len()).saturating_add(end);
        Some(Value::Number(number.checked_mul(sign)?))
    }
}

fn bounded(text: String) -> Option<Value> {
    (text.len() <= LENGTH).then_some(Value::Text(text))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::List(_) => None,
    }
}

fn joined(value: &Value, between: &str) -> Option<Value> {
    match value {
        Value::List(list) => {
            let parts: Option<Vec<String>> = list.iter().map(text).collect();
            bounded(parts?.join(between))
        }
        one => text(one).map(Value::Text),
    }
}

/// Numbers as the letters that they stand for.
fn characters(value: &Value) -> Option<Value> {
    let letter = |value: &Value| match value {
        Value::Number(number) => char::from_u32(u32::try_from(*number).ok()?).map(String::from),
        other => text(other).map(|text| text.trim().parse::<u32>().ok().and_then(char::from_u32).map_or(text, String::from)),
    };
    match value {
        Value::List(list) => list.iter().map(letter).collect::<Option<String>>().map(Value::Text),
        Value::Text(text) => Some(Value::Text(text.clone())),
        number => letter(number).map(Value::Text),
    }
}

fn formatted(format: &str, value: &Value) -> Option<Value> {
    let list = if let Value::List(list) = value { list.clone() } else { vec![value.clone()] };
    let mut out = format.to_owned();
    for (index, value) in list.iter().enumerate().take(64) {
        out = out.replace(&format!("{{{index}}}"), &text(value)?);
        if out.len() > LENGTH {
            return None;
        }
    }
    Some(Value::Text(out))
}

/// Only patterns that are plain text.
fn replaced(value: &Value, old: &Value, new: &Value) -> Option<Value> {
    let (whole, old, new) = (text(value)?, text(old)?, text(new)?);
    let plain = !old.is_empty() && !old.contains(['\\', '.', '*', '[', '^', '$', '(', '+', '?', '|', '{']);
    if plain { bounded(whole.replace(&old, &new)) } else { None }
}

fn parts(value: &Value, between: &Value) -> Option<Value> {
    let (whole, between) = (text(value)?, text(between)?);
    let found: Vec<Value> = whole.split(between.as_str()).filter(|_| !between.is_empty()).map(|part| Value::Text(part.to_owned())).collect();
    (!found.is_empty()).then_some(Value::List(found))
}

/// The letters or elements at places, which count from the end where they are negative.
fn taken(value: &Value, places: &Value) -> Option<Value> {
    let letters = |text: &str| text.chars().map(|letter| Value::Text(letter.into())).collect::<Vec<_>>();
    let all = match value {
        Value::Text(text) => letters(text),
        Value::List(list) => list.clone(),
        Value::Number(_) => return None,
    };
    let at = |place: &Value| {
        let Value::Number(place) = place else { return None };
        let index = if *place < 0 { all.len().checked_sub(usize::try_from(place.unsigned_abs()).ok()?)? } else { usize::try_from(*place).ok()? };
        all.get(index).cloned()
    };
    match places {
        Value::List(places) => {
            let found = Value::List(places.iter().map(at).collect::<Option<Vec<_>>>()?);
            if matches!(value, Value::Text(_)) { joined(&found, "") } else { Some(found) }
        }
        place => at(place),
    }
}

fn method(value: &Value, name: &str, arguments: &[Value]) -> Option<Value> {
    let whole = text(value)?;
    let number = |index: usize| match arguments.get(index) {
        Some(Value::Number(number)) => usize::try_from(*number).ok(),
        _ => None,
    };
    let words = |index: usize| arguments.get(index).and_then(text);
    match name {
        "replace" => {
            let old = words(0).filter(|old| !old.is_empty())?;
            bounded(whole.replace(&old, &words(1)?))
        }
        "substring" => {
            let rest = whole.chars().skip(number(0)?);
            Some(Value::Text(match arguments.get(1) {
                Some(_) => rest.take(number(1)?).collect(),
                None => rest.collect(),
            }))
        }
        "remove" => {
            let (from, count) = (number(0)?, number(1).unwrap_or(usize::MAX));
            let letters: Vec<char> = whole.chars().collect();
            let behind = letters.iter().skip(from.saturating_add(count));
            Some(Value::Text(letters.iter().take(from).chain(behind).collect()))
        }
        "insert" => {
            let (at, new) = (number(0)?, words(1)?);
            let before: String = whole.chars().take(at).collect();
            let after: String = whole.chars().skip(at).collect();
            bounded(format!("{before}{new}{after}"))
        }
        "tolower" | "tolowerinvariant" => Some(Value::Text(whole.to_lowercase())),
        "toupper" | "toupperinvariant" => Some(Value::Text(whole.to_uppercase())),
        "trim" => Some(Value::Text(whole.trim().to_owned())),
        "split" => parts(value, arguments.first()?),
        "tochararray" | "tostring" => Some(Value::Text(whole)),
        _ => None,
    }
}

/// Whether a name fits a pattern with `*` and `?`.
fn fits(name: &str, pattern: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return name == pattern;
    }
    let parts: Vec<&str> = pattern.split(['*', '?']).collect();
    let mut rest = name;
    for (index, part) in parts.iter().enumerate() {
        let Some(at) = rest.find(part).filter(|at| index > 0 || *at == 0) else { return false };
        rest = rest.get(at.saturating_add(part.len())..).unwrap_or_default();
    }
    // A pattern of nothing but wildcards says nothing.
    pattern.chars().any(char::is_alphanumeric) && (rest.is_empty() || pattern.ends_with(['*', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_give_what_powershell_gives() {
        for (code, expected) in [
            ("'i'+'e' + \"x\"", "'iex'"),
            ("'i','e','x' -join ''", "'iex'"),
            ("-join ('xei'[2..0])", "'iex'"),
            ("'xei'[-1..-3] -join ''", "'iex'"),
            ("[string]::Join('', ('i','e','x'))", "'iex'"),
            ("[string]::Join('', 'i','e','x')", "'iex'"),
            ("'iqeqx'.Replace('q','')", "'iex'"),
            ("'iqeqx' -replace 'q'", "'iex'"),
            ("'zziexzz'.Substring(2,3)", "'iex'"),
            ("'{1}{0}' -f 'ex','i'", "'iex'"),
            ("('{2}{1}{0}' -f 'x','e','i')", "'iex'"),
            ("[char]105+[char]0x65+'x'", "'iex'"),
            ("[char[]](105,101,120) -join ''", "'iex'"),
            ("(105,101,120 | % { [char]$_ }) -join ''", "'iex'"),
            ("-join (105,101,120 | ForEach-Object {[char][int]$_})", "'iex'"),
            ("'i-e-x'.Split('-') -join ''", "'iex'"),
            ("[char](104 -bxor 1)+'ex'", "'iex'"),
            ("& (gcm i*x) y", "& 'iex' y"),
            ("'IEX'.ToLower()", "'iex'"),
            ("[char][convert]::ToInt32('69',16)+'ex'", "'iex'"),
            // What is not known, and what is a constant already, stays.
            ("$a + 'b'", "$a + 'b'"),
            ("Write-Host 'a' 'b'", "Write-Host 'a' 'b'"),
            ("f ('a') (1..3) -join", "f ('a') (1..3) -join"),
            ("& (gcm *) y", "& (gcm *) y"),
            ("'it' + \"$x\"", "'it' + \"$x\""),
            ("x-join a.b(1)[2]", "x-join a.b(1)[2]"),
        ] {
            assert_eq!(evaluated(code), expected, "{code}");
        }
    }

    #[test]
    fn hostile_expressions_end() {
        for text in ["(".repeat(20_000), "'a'+".repeat(20_000), "'a'[".repeat(9_000), "-join ".repeat(9_000), "'a','".repeat(9_000), "[char]".repeat(9_000)] {
            evaluated(&text);
        }
    }
}
