//! Variables as they are set and expanded while a script is split.

use super::{Piece, Splitter};
use crate::shell::{is_name, printed, variables::Variables};

/// Characters of a loop that are searched for what it reads.
const LOOP: usize = 2048;

impl<P: Fn(&str, &mut Variables) -> Option<String>> Splitter<'_, P> {
    /// Takes note of a variable that a word sets where a command begins, or behind `export` and its like.
    pub(super) fn assign(&mut self, word: &str) {
        if !self.sets {
            return;
        }
        match word.split_once('=') {
            Some((name, value)) if is_name(name) => self.variables.set(name, value),
            Some((name, value)) if name.strip_suffix('+').is_some_and(is_name) => {
                self.variables.append(name.trim_end_matches('+'), value);
            }
            _ => {
                let declares = ["export", "declare", "local", "readonly", "typeset", "then", "do", "else", "{"];
                self.sets = declares.contains(&word) || word.starts_with('-');
            }
        }
    }

    /// Takes note of the variables that a whole command sets.
    pub(super) fn end_command(&mut self) {
        let mut words: Vec<&str> = Vec::new();
        let mut document = None;
        for piece in self.pieces.get(self.command..).unwrap_or_default().iter().take(64) {
            match piece {
                Piece::Word(word) => words.push(word),
                Piece::Document(text) => document = Some(text.as_str()),
                Piece::Operator(_) => {}
            }
        }
        match words.as_slice() {
            ["set", "--", rest @ ..] => {
                let all = rest.join(" ");
                self.variables.set("@", &all);
            }
            ["printf", "-v", name, rest @ ..] => {
                let text = printed::formatted(rest);
                self.variables.set(name, &text);
            }
            ["for", name, "in", only] => self.variables.set(name, only),
            ["for", name, ..] => self.variables.forget(name),
            words => {
                let names = read_names(words);
                let text = match (names.is_empty(), document) {
                    (true, _) => None,
                    (_, Some(text)) => Some(text.to_owned()),
                    _ => self.read_from(words),
                };
                for name in names {
                    match &text {
                        Some(text) => self.variables.set(name, text),
                        None => self.variables.forget(name),
                    }
                }
            }
        }
        self.command = self.pieces.len();
        self.sets = true;
    }

    /// Counts the brackets around bodies of functions.
    pub(super) fn bracket(&mut self, word: &str) {
        let opens = || {
            let mut before = self.pieces.iter().rev().skip_while(|piece| **piece == Piece::Operator("\n"));
            let (last, first) = (before.next(), before.next());
            // `name() {` and `function name {`
            last == Some(&Piece::Operator(")")) || matches!(first, Some(Piece::Word(word)) if word == "function")
        };
        match word {
            "{" if self.body > 0 || opens() => self.body = self.body.saturating_add(1),
            "}" => self.body = self.body.saturating_sub(1),
            _ => {}
        }
    }

    /// The output that a command reads, as the substitution that gives it: of the pipe before it, of `< <(…)` behind it or
    /// behind the loop that it begins.
    fn read_from(&self, words: &[&str]) -> Option<String> {
        if let Some(inner) = words.last().and_then(|word| word.strip_prefix("<(")) {
            return Some(format!("$({inner}"));
        }
        let before = self.pieces.get(..self.command).unwrap_or_default();
        if before.last() == Some(&Piece::Operator("|")) {
            let ends = |piece: &&Piece| !matches!(piece, Piece::Operator(operator) if !matches!(*operator, "|" | "<" | ">"));
            let mut shown: Vec<&str> = Vec::new();
            for piece in before.iter().rev().skip(1).take(64).take_while(ends) {
                shown.push(match piece {
                    Piece::Word(text) | Piece::Document(text) => text,
                    Piece::Operator(operator) => operator,
                });
            }
            shown.reverse();
            return Some(format!("$({})", shown.join(" ")));
        }
        if !matches!(words, ["while" | "until", ..]) {
            return None;
        }
        let ahead: String = self.letters.iter().skip(self.at).take(LOOP).collect();
        let (_, behind) = ahead.split_once("done")?;
        let source = behind.trim_start().strip_prefix('<')?.trim_start();
        let inner = source.strip_prefix("<(").or_else(|| source.strip_prefix('('))?;
        Some(format!("$({})", inner.split_once(')')?.0))
    }

    /// `name=(word …)`: an array, whose words the variable holds.
    pub(super) fn array(&mut self) -> bool {
        let Some(name) = self.word.as_deref().and_then(|word| word.strip_suffix('=')).filter(|name| is_name(name)) else {
            return false;
        };
        let name = name.to_owned();
        self.word = None;
        let inner = self.balanced('(', ')');
        let words: Vec<&str> = inner.split_whitespace().map(|word| word.trim_matches(['\'', '"'])).collect();
        self.variables.set(&name, &words.join(" "));
        if inner.contains("$(") || inner.contains('`') {
            let line = self.line();
            self.scripts.push((inner, line));
        }
        true
    }

    /// Puts the expansion of `${inside}` in its place; a name that is not known is shown.
    pub(super) fn variable(&mut self, inside: &str, quoted: bool) {
        if inside.starts_with("IFS") && !quoted {
            return self.end_word();
        }
        if inside.is_empty() {
            return self.push('$');
        }
        match self.variables.expand(inside) {
            Some(value) => self.insert(&value, quoted),
            None => {
                let end = inside.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(inside.len());
                let name = inside.get(..end).filter(|name| !name.is_empty()).unwrap_or("{}");
                // Inside a word, a name in small letters that nothing has set is there to break the word up.
                let glued = self.word.as_deref().is_some_and(|word| word.chars().all(char::is_alphabetic) && !word.is_empty());
                if glued && end == inside.len() && name.chars().all(|letter| letter.is_ascii_lowercase()) && self.sets {
                    return;
                }
                self.word.get_or_insert_default().push_str(&format!("${name}"));
            }
        }
    }

    /// Puts text into the word that is being read; what is not quoted is split into words.
    pub(super) fn insert(&mut self, text: &str, quoted: bool) {
        if quoted {
            return self.word.get_or_insert_default().push_str(text);
        }
        let parts: Vec<&str> = text.split(|letter| self.variables.separates(letter)).collect();
        for (number, part) in parts.into_iter().enumerate() {
            if number > 0 {
                self.end_word();
            }
            if !part.is_empty() {
                self.word.get_or_insert_default().push_str(part);
            }
        }
    }
}

/// The variables that `read`, `mapfile` or `readarray` sets.
fn read_names<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let leads = |word: &&&str| matches!(**word, "while" | "until" | "if" | "!" | "then" | "do" | "{") || word.starts_with("IFS=");
    let mut rest = words.iter().skip_while(leads);
    if !matches!(rest.next(), Some(&("read" | "mapfile" | "readarray"))) {
        return Vec::new();
    }
    rest.copied().filter(|word| is_name(word)).take(16).collect()
}
