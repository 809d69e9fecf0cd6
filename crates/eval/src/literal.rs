//! Text that spells a value: `ast.literal_eval` and `json.loads`.

use crate::{
    arguments::Arguments,
    evaluator::{Evaluator, Fault, Folded, raise},
    integer, sequence,
    value::{Exception, Value},
};

/// Depth of brackets.
const MAX_DEPTH: usize = 50;

/// The value of a call that this file knows.
pub(crate) fn fold(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    let json = match path {
        ("ast", "literal_eval") => false,
        ("json", "loads") if args.kwargs.is_empty() => true,
        _ => return Ok(None),
    };
    let text = match args.value(0)? {
        Value::Bytes(bytes) if json => String::from_utf8(bytes.to_vec()).map_err(|_| Fault::Unfollowed)?,
        other => crate::arguments::text(other)?.to_string(),
    };
    evaluator.make(text.len())?;
    let mut reader = Reader { rest: text.trim_matches([' ', '\t', '\n', '\r']), json, evaluator };
    let value = reader.value(0)?;
    reader.space();
    if reader.rest.is_empty() { Ok(Some(value)) } else { reader.wrong() }
}

struct Reader<'t, 'e, 'm> {
    rest: &'t str,
    json: bool,
    evaluator: &'e Evaluator<'m>,
}

impl<'t> Reader<'t, '_, '_> {
    /// The fault of text that is not understood: certain in JSON, where Python's grammar knows more than this reader.
    fn wrong<T>(&self) -> Folded<T> {
        if self.json { raise(Exception::Value) } else { Err(Fault::Unfollowed) }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> bool {
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn value(&mut self, depth: usize) -> Folded {
        self.space();
        if depth > MAX_DEPTH {
            return Err(Fault::OverCap("a literal of more than 50 brackets"));
        }
        let first = self.rest.chars().next();
        match first {
            Some('[') => self.list("[", "]", depth).map(|(items, _)| Value::list(items)),
            Some('{') => self.braces(depth),
            Some('(') if !self.json => {
                let (mut items, comma) = self.list("(", ")", depth)?;
                Ok(if items.len() == 1 && !comma { items.remove(0) } else { Value::tuple(items) })
            }
            Some('"') => self.string('"', ""),
            Some('\'') if !self.json => self.string('\'', ""),
            Some('-' | '+' | '0'..='9' | '.') => self.number(),
            _ => self.word(),
        }
    }

    fn list(&mut self, open: &str, close: &str, depth: usize) -> Folded<(Vec<Value>, bool)> {
        self.take(open);
        let (mut items, mut comma) = (Vec::new(), false);
        loop {
            self.space();
            if (items.is_empty() || comma) && !(self.json && comma) && self.take(close) {
                return Ok((items, comma));
            }
            items.push(self.value(depth.saturating_add(1))?);
            self.space();
            comma = self.take(",");
            if !comma {
                return if self.take(close) { Ok((items, false)) } else { self.wrong() };
            }
        }
    }

    fn braces(&mut self, depth: usize) -> Folded {
        self.take("{");
        let (mut pairs, mut items, mut comma) = (Vec::new(), Vec::new(), false);
        loop {
            self.space();
            if !(self.json && comma) && self.take("}") {
                break;
            }
            let key = self.value(depth.saturating_add(1))?;
            self.space();
            if self.take(":") {
                pairs.push((key, self.value(depth.saturating_add(1))?));
            } else {
                items.push(key);
            }
            self.space();
            comma = self.take(",");
            if !comma {
                if !self.take("}") {
                    return self.wrong();
                }
                break;
            }
        }
        match (items.is_empty(), pairs.is_empty(), self.json) {
            (true, ..) => sequence::dict(pairs),
            (false, true, false) => Ok(Value::set(sequence::distinct(items)?)),
            _ => self.wrong(),
        }
    }

    /// Text or bytes after their prefix; neighbours are joined.
    fn string(&mut self, quote: char, prefix: &str) -> Folded {
        let Some(body) = self.rest.strip_prefix(quote) else {
            return self.wrong();
        };
        if !self.json && body.starts_with([quote, quote]) && body.get(1..).is_some_and(|rest| rest.starts_with(quote)) {
            return Err(Fault::Unfollowed);
        }
        let mut escaped = false;
        let end = body.find(|letter: char| {
            let ends = letter == quote && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        });
        let Some((content, after)) = end.and_then(|end| body.split_at_checked(end)) else {
            return self.wrong();
        };
        self.rest = after.strip_prefix(quote).unwrap_or(after);
        self.space();
        if !self.json && self.rest.starts_with(['\'', '"']) {
            return Err(Fault::Unfollowed);
        }
        self.evaluator.make(content.len())?;
        if prefix.contains('r') {
            return Ok(if prefix.contains('b') { Value::bytes(content.as_bytes()) } else { Value::str(content) });
        }
        if !content.contains('\\') && !prefix.contains('b') {
            return Ok(Value::str(content));
        }
        // Letters beyond Latin-1 pass through as their own escapes.
        let latin = self.escaped(content)?;
        let text = crate::escape::unicode(&latin, true)?;
        if prefix.contains('b') {
            let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
            return bytes.map(Value::bytes).map_err(|_| Fault::Unfollowed);
        }
        Ok(Value::str(text))
    }

    fn escaped(&self, content: &str) -> Folded<Vec<u8>> {
        let mut out = Vec::new();
        for letter in content.chars() {
            match u8::try_from(letter) {
                Ok(byte) => out.push(byte),
                Err(_) => out.extend(crate::repr::escaped(letter).into_bytes()),
            }
        }
        // JSON pairs surrogates and knows `\/`; such texts are rare and not followed.
        let has = |pair: &[u8; 2]| out.windows(2).any(|window| window == pair);
        if self.json && (has(b"\\/") || has(b"\\x") || content.contains("\\ud") || content.contains("\\uD")) {
            return Err(Fault::Unfollowed);
        }
        Ok(out)
    }

    fn number(&mut self) -> Folded {
        let end =
            self.rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '+' | '-')));
        let (token, after) = self.rest.split_at_checked(end.unwrap_or(self.rest.len())).unwrap_or((self.rest, ""));
        self.rest = after;
        if self.json && !is_json_number(token) {
            return if token == "-Infinity" { Ok(Value::Float(f64::NEG_INFINITY)) } else { self.wrong() };
        }
        let prefixed = token.trim_start_matches(['-', '+']).starts_with("0x");
        if token.contains(['.', 'e', 'E']) && !prefixed {
            let plain = token.replace('_', "");
            return plain.parse().map(Value::Float).or_else(|_| self.wrong());
        }
        match integer::read_int(self.evaluator, token, if self.json { 10 } else { 0 }) {
            Ok(value) => Ok(Value::integer(value)),
            Err(Fault::Raises(_)) => self.wrong(),
            Err(fault) => Err(fault),
        }
    }

    fn word(&mut self) -> Folded {
        let end = self.rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = after;
        Ok(match (word, self.json) {
            ("true", true) | ("True", false) => Value::Bool(true),
            ("false", true) | ("False", false) => Value::Bool(false),
            ("null", true) | ("None", false) => Value::None,
            ("NaN", true) => Value::Float(f64::NAN),
            ("Infinity", true) => Value::Float(f64::INFINITY),
            (prefix, false)
                if after.starts_with(['\'', '"'])
                    && matches!(&*prefix.to_ascii_lowercase(), "b" | "r" | "rb" | "br" | "u") =>
            {
                let quote = if after.starts_with('"') { '"' } else { '\'' };
                return self.string(quote, &prefix.to_ascii_lowercase());
            }
            _ => return self.wrong(),
        })
    }
}

/// `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?`.
fn is_json_number(token: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let token = token.strip_prefix('-').unwrap_or(token);
    let (number, exponent) = token
        .split_once(['e', 'E'])
        .map_or((token, "0"), |(number, exponent)| (number, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    digits(whole) && digits(fraction) && digits(exponent) && (whole.len() == 1 || !whole.starts_with('0'))
}
