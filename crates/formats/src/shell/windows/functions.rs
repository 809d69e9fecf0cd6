//! Functions and aliases of PowerShell: what a call of them does, with its arguments filled in.

use std::collections::HashMap;

/// Functions and aliases remembered, and characters of a body.
const COUNT: usize = 256;
const BODY: usize = 8192;
/// Definitions that are looked at, and calls of one statement.
const DEFINED: usize = 4096;
const CALLS: usize = 64;
/// Bytes in front of a name that say what it is there for.
const TAIL: usize = 64;

/// A function, filter or block in a variable.
#[derive(Clone)]
pub(super) struct Function {
    /// Its parameters in lower case, without the dollar.
    parameters: Vec<String>,
    pub(super) body: String,
}

/// The functions and aliases of a script.
#[derive(Default)]
pub(super) struct Functions {
    known: HashMap<String, Function>,
    aliases: HashMap<String, String>,
}

/// A call: the function, what its parameters are, and the text that the call is.
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) values: Vec<(String, String)>,
    pub(super) text: String,
}

impl Functions {
    /// The functions that a text defines.
    pub(super) fn of(text: &str) -> Self {
        let mut functions = Self::default();
        let lower = text.to_ascii_lowercase();
        for keyword in ["function ", "filter "] {
            for (at, _) in lower.match_indices(keyword).take(DEFINED) {
                let begins = lower.get(..at).is_none_or(|before| before.is_empty() || before.ends_with(['\n', ' ', ';', '{', '}', '\t']));
                if begins && let Some(rest) = text.get(at.saturating_add(keyword.len())..) {
                    functions.define(rest);
                }
            }
        }
        // `$name = { … }`
        for (at, _) in lower.match_indices('{').take(DEFINED) {
            let before = tail(lower.get(..at).unwrap_or_default()).trim_end_matches([' ', '\t']);
            let Some(before) = before.strip_suffix('=') else { continue };
            let name = before.trim_end_matches([' ', '\t']).rsplit([' ', '\n', ';', '\t', '(']).next().unwrap_or_default();
            if name.starts_with('$') && name.len() > 1
                && let Some(rest) = text.get(at..)
            {
                functions.body(name.to_owned(), Vec::new(), rest);
            }
        }
        functions
    }

    fn define(&mut self, rest: &str) {
        let end = rest.find(|letter: char| letter.is_whitespace() || matches!(letter, '(' | '{')).unwrap_or(0);
        let (name, rest) = rest.split_at_checked(end).unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
        let rest = rest.trim_start();
        let (parameters, rest) = match rest.strip_prefix('(').and_then(|inner| inside(inner, '(', ')')) {
            Some((list, after)) => (parameters(list), after.trim_start()),
            None => (Vec::new(), rest),
        };
        if !name.is_empty() && rest.starts_with('{') {
            self.body(name, parameters, rest);
        }
    }

    /// Takes note of a body, whose parameters may stand in it.
    fn body(&mut self, name: String, mut named: Vec<String>, rest: &str) {
        let Some((body, _)) = rest.strip_prefix('{').and_then(|inner| inside(inner, '{', '}')) else { return };
        let lower = body.to_ascii_lowercase();
        let mut own = body;
        let declares = lower.find("param").and_then(|at| body.get(at.saturating_add(5)..)).and_then(|rest| rest.trim_start().strip_prefix('('));
        if let Some((list, after)) = declares.and_then(|rest| inside(rest, '(', ')')) {
            named.extend(parameters(list));
            own = after;
        }
        if self.known.len() < COUNT {
            self.known.insert(name, Function { parameters: named, body: own.to_owned() });
        }
    }

    /// Takes note of `Set-Alias name command`.
    pub(super) fn alias(&mut self, code: &str) {
        let mut words = code.split_whitespace();
        let sets = words.next().is_some_and(|word| ["set-alias", "new-alias", "sal", "nal"].iter().any(|known| word.eq_ignore_ascii_case(known)));
        let mut words = words.filter(|word| !word.starts_with('-')).map(|word| word.trim_matches(['\'', '"']));
        if let (true, Some(name), Some(command)) = (sets && self.aliases.len() < COUNT, words.next(), words.next()) {
            self.aliases.insert(name.to_ascii_lowercase(), command.to_owned());
        }
    }

    /// A statement with the commands in the place of their aliases.
    pub(super) fn unaliased(&self, code: &str) -> Option<String> {
        if self.aliases.is_empty() {
            return None;
        }
        let mut out = String::new();
        let mut changed = false;
        for part in code.split_inclusive(['|', '(', '&', '=']) {
            let word = part.trim_start();
            let space = part.len().saturating_sub(word.len());
            let end = word.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '-' | '_'))).unwrap_or(word.len());
            let command = word.get(..end).and_then(|name| self.aliases.get(&name.to_ascii_lowercase()));
            match command.and_then(|command| Some((command, part.get(..space)?, word.get(end..)?))) {
                Some((command, before, after)) => {
                    changed = true;
                    out.push_str(before);
                    out.push_str(command);
                    out.push_str(after);
                }
                None => out.push_str(part),
            }
        }
        changed.then_some(out)
    }

    /// The first call in a statement.
    pub(super) fn call(&self, code: &str) -> Option<Call> {
        if self.known.is_empty() {
            return None;
        }
        let (mut from, mut seen) = (0_usize, 0_usize);
        for word in code.split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '-' | '_' | '$'))) {
            let at = from;
            from = at.saturating_add(word.len()).saturating_add(code.get(at.saturating_add(word.len())..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8));
            let Some(function) = self.known.get(&word.to_ascii_lowercase()) else { continue };
            let before = code.get(..at).unwrap_or_default().trim_end();
            let after = code.get(at.saturating_add(word.len())..).unwrap_or_default();
            seen = seen.saturating_add(1);
            if seen > CALLS {
                return None;
            }
            let near = tail(before).to_ascii_lowercase();
            let defines = ["function", "filter"].iter().any(|keyword| near.ends_with(keyword));
            // A block in a variable runs behind `&` and a dot, and by its method.
            let invoked = after.strip_prefix(".Invoke").or_else(|| after.strip_prefix(".invoke"));
            let runs = !word.starts_with('$') || before.ends_with(['&', '.']) || invoked.is_some();
            let begins = before.is_empty() || before.ends_with(['(', '|', '=', '&', ';', ',', '{', '.']) || near.ends_with("return");
            if defines || !runs || !begins {
                continue;
            }
            let skipped = after.len().saturating_sub(invoked.unwrap_or(after).len());
            let end = skipped.saturating_add(end_of_call(after.get(skipped..).unwrap_or_default()));
            let mut values = function.bind(after.get(skipped..end).unwrap_or_default());
            if let Some(piped) = before.strip_suffix('|').map(str::trim).filter(|piped| !piped.is_empty()) {
                values.push(("_".to_owned(), format!("({piped})")));
            }
            let start = before.strip_suffix(['&', '.']).map_or(at, |before| before.len());
            let text = code.get(start..at.saturating_add(word.len()).saturating_add(end)).unwrap_or_default().to_owned();
            return Some(Call { function: function.clone(), values, text });
        }
        None
    }
}

impl Function {
    /// What the parameters are in a call with these arguments.
    fn bind(&self, arguments: &str) -> Vec<(String, String)> {
        let mut values: Vec<(String, String)> = Vec::new();
        let mut free: Vec<&String> = self.parameters.iter().collect();
        let mut words = arguments_of(arguments).into_iter().peekable();
        let mut positional = Vec::new();
        while let Some(word) = words.next() {
            let flag = word.strip_prefix('-').map(str::to_ascii_lowercase).filter(|flag| flag.starts_with(|letter: char| letter.is_ascii_alphabetic()));
            let Some(flag) = flag else {
                positional.push(word);
                continue;
            };
            let (flag, attached) = flag.split_once(':').map_or((flag.as_str(), None), |(flag, _)| (flag, word.split_once(':').map(|(_, value)| value)));
            let named = self.parameters.iter().find(|parameter| parameter.starts_with(flag));
            let value = attached.map(str::to_owned).or_else(|| words.next_if(|next| !next.starts_with('-')));
            if let (Some(named), Some(value)) = (named, value) {
                free.retain(|parameter| *parameter != named);
                values.push((named.clone(), value));
            }
        }
        for (name, value) in free.into_iter().zip(&positional) {
            values.push((name.clone(), value.clone()));
        }
        if let Some(first) = positional.first() {
            values.push(("args".to_owned(), first.clone()));
        }
        values
    }
}

/// The last bytes of a text.
fn tail(text: &str) -> &str {
    let from = text.len().saturating_sub(TAIL);
    (from..=text.len()).find_map(|from| text.get(from..)).unwrap_or_default()
}

/// The text up to the bracket that closes, and what follows.
fn inside(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    let mut depth = 1_usize;
    for (at, letter) in text.char_indices().take(BODY) {
        if letter == open {
            depth = depth.saturating_add(1);
        } else if letter == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some((text.get(..at)?, text.get(at.saturating_add(1)..)?));
            }
        }
    }
    None
}

/// The names in a list of parameters: each the first variable outside of attributes and types.
fn parameters(list: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for letter in list.chars() {
        match letter {
            '[' => depth = depth.saturating_add(1),
            ']' => depth = depth.saturating_sub(1),
            letter if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    let name = |part: &str| {
        let rest = part.split_once('$')?.1;
        let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty()).map(str::to_lowercase)
    };
    plain.split(',').filter_map(name).take(32).collect()
}

/// Where the arguments of a call end: at a bracket that closes another one, a pipe or a separator.
fn end_of_call(text: &str) -> usize {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(' | '{') => depth = depth.saturating_add(1),
            (None, ')' | '}') if depth > 0 => depth = depth.saturating_sub(1),
            (None, ')' | '}' | '|' | ';' | '\n') if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// The arguments of a call: words, texts and what stands in brackets.
fn arguments_of(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let (mut word, mut depth, mut quote) = (String::new(), 0_usize, None);
    for letter in text.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(' | '{') => depth = depth.saturating_add(1),
            (None, ')' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if quote.is_none() && depth == 0 && (letter.is_whitespace() || letter == ',') {
            if !word.is_empty() && found.len() < 64 {
                found.push(std::mem::take(&mut word));
            }
            continue;
        }
        word.push(letter);
    }
    found.extend(Some(word).filter(|word| !word.is_empty()));
    found
}
