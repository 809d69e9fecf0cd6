//! Words and operators of a shell, quotes taken away; tolerant, because what one shell refuses another runs.

/// A piece of a script.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// A word as the shell would see it; `$(…)` stands for what is not known, its commands are in `scripts`.
    Word(String),
    /// `|`, `||`, `&&`, `;`, `&`, a line's end, brackets, `<`, `>`, `>>`, `<<<`.
    Operator(&'static str),
    /// What a here-document holds.
    Document(String),
}

/// The pieces of `text`, and the scripts inside substitutions.
pub(super) fn split(text: &str, variable: impl Fn(&str) -> Option<String>) -> (Vec<Piece>, Vec<String>) {
    let letters: Vec<char> = text.chars().collect();
    let mut splitter = Splitter {
        letters,
        at: 0,
        pieces: Vec::new(),
        scripts: Vec::new(),
        word: None,
        documents: Vec::new(),
        variable,
    };
    splitter.run();
    (splitter.pieces, splitter.scripts)
}

/// Operators, the longer ones first.
const OPERATORS: &[&str] = &["<<<", "&&", "||", ">>", ">&", "&>", ";;", "|&", "|", ";", "&", "(", ")", "<", ">", "\n"];

struct Splitter<F> {
    letters: Vec<char>,
    at: usize,
    pieces: Vec<Piece>,
    scripts: Vec<String>,
    word: Option<String>,
    /// Delimiters of here-documents that begin at the next line.
    documents: Vec<String>,
    variable: F,
}

impl<F: Fn(&str) -> Option<String>> Splitter<F> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at.saturating_add(ahead)).copied()
    }

    fn take(&mut self) -> Option<char> {
        let letter = self.peek(0);
        self.at = self.at.saturating_add(1);
        letter
    }

    fn push(&mut self, letter: char) {
        self.word.get_or_insert_default().push(letter);
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take() {
            self.pieces.push(Piece::Word(word));
        }
    }

    fn run(&mut self) {
        while let Some(letter) = self.take() {
            match letter {
                '\\' => match self.take() {
                    Some('\n') | None => {}
                    Some(letter) => self.push(letter),
                },
                '\'' => self.single(),
                '"' => self.double(),
                '$' => self.dollar(),
                '`' => self.backticks(),
                '#' if self.word.is_none() => self.comment(),
                ' ' | '\t' | '\r' => self.end_word(),
                letter => self.operator(letter),
            }
        }
        self.end_word();
    }

    fn comment(&mut self) {
        while self.peek(0).is_some_and(|letter| letter != '\n') {
            self.at = self.at.saturating_add(1);
        }
    }

    fn single(&mut self) {
        self.word.get_or_insert_default();
        while let Some(letter) = self.take().filter(|letter| *letter != '\'') {
            self.push(letter);
        }
    }

    fn double(&mut self) {
        self.word.get_or_insert_default();
        while let Some(letter) = self.take() {
            match letter {
                '"' => return,
                '\\' if matches!(self.peek(0), Some('"' | '\\' | '$' | '`')) => {
                    let letter = self.take().unwrap_or_default();
                    self.push(letter);
                }
                '$' => self.dollar(),
                '`' => self.backticks(),
                letter => self.push(letter),
            }
        }
    }

    /// `$name`, `${name…}`, `$(…)`, `$'…'`.
    fn dollar(&mut self) {
        match self.peek(0) {
            Some('(') => {
                self.at = self.at.saturating_add(1);
                let inner = self.balanced('(', ')');
                self.substituted(inner);
            }
            Some('\'') => {
                self.at = self.at.saturating_add(1);
                let mut text = String::new();
                while let Some(letter) = self.take().filter(|letter| *letter != '\'') {
                    text.push(letter);
                    if letter == '\\' {
                        text.extend(self.take());
                    }
                }
                self.word.get_or_insert_default().push_str(&crate::jinja::escape::decoded(&text));
            }
            Some('{') => {
                self.at = self.at.saturating_add(1);
                let inner = self.balanced('{', '}');
                let end =
                    inner.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(inner.len());
                let name = inner.get(..end).unwrap_or_default().to_owned();
                self.variable(&name);
            }
            _ => {
                let mut name = String::new();
                while let Some(letter) = self.peek(0).filter(|letter| letter.is_alphanumeric() || *letter == '_') {
                    name.push(letter);
                    self.at = self.at.saturating_add(1);
                }
                self.variable(&name);
            }
        }
    }

    fn variable(&mut self, name: &str) {
        match (name, (self.variable)(name)) {
            ("IFS", _) => self.end_word(),
            // `$@` and `$1` of a command string are empty; a name that is not known is shown.
            ("", _) => self.push('$'),
            (_, Some(value)) => self.word.get_or_insert_default().push_str(&value),
            (name, None) => self.word.get_or_insert_default().push_str(&format!("${name}")),
        }
    }

    fn backticks(&mut self) {
        let mut inner = String::new();
        while let Some(letter) = self.take().filter(|letter| *letter != '`') {
            inner.push(letter);
        }
        self.substituted(inner);
    }

    /// A substitution: what `echo` prints is known.
    fn substituted(&mut self, inner: String) {
        let shown = match inner.trim().strip_prefix("echo ") {
            Some(text) if !text.contains(['|', '$', '`', ';', '\\']) => text.trim().replace(['\'', '"'], ""),
            _ => format!("$({})", inner.trim()),
        };
        self.word.get_or_insert_default().push_str(&shown);
        self.scripts.push(inner);
    }

    /// Up to the closing bracket that matches, which is taken.
    fn balanced(&mut self, open: char, close: char) -> String {
        let mut inner = String::new();
        let mut depth = 1_usize;
        while let Some(letter) = self.take() {
            if letter == open {
                depth = depth.saturating_add(1);
            } else if letter == close {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            inner.push(letter);
        }
        inner
    }

    fn operator(&mut self, letter: char) {
        self.at = self.at.saturating_sub(1);
        let is =
            |operator: &&&str| operator.chars().enumerate().all(|(ahead, letter)| self.peek(ahead) == Some(letter));
        let Some(operator) = OPERATORS.iter().find(is).copied() else {
            self.at = self.at.saturating_add(1);
            return self.push(letter);
        };
        let here = operator == "<" && self.peek(1) == Some('<');
        self.at = self.at.saturating_add(operator.len()).saturating_add(usize::from(here));
        // The number of a descriptor belongs to its redirection.
        if matches!(operator, "<" | ">" | ">>" | ">&")
            && self.word.as_deref().is_some_and(|word| matches!(word, "0" | "1" | "2"))
        {
            self.word = None;
        }
        self.end_word();
        if here {
            return self.delimiter();
        }
        self.pieces.push(Piece::Operator(operator));
        if operator == "\n" {
            self.documents();
        }
    }

    fn delimiter(&mut self) {
        let mut delimiter = String::new();
        while let Some(letter) =
            self.peek(0).filter(|letter| !letter.is_whitespace() || delimiter.is_empty() && *letter != '\n')
        {
            self.at = self.at.saturating_add(1);
            if !matches!(letter, '\'' | '"' | '\\' | ' ') && (letter != '-' || !delimiter.is_empty()) {
                delimiter.push(letter);
            }
        }
        self.documents.push(delimiter);
    }

    fn documents(&mut self) {
        for delimiter in std::mem::take(&mut self.documents) {
            let mut text = String::new();
            while self.peek(0).is_some() {
                let mut line = String::new();
                while let Some(letter) = self.take().filter(|letter| *letter != '\n') {
                    line.push(letter);
                }
                if line.trim() == delimiter {
                    break;
                }
                text.push_str(&line);
                text.push('\n');
            }
            // Before the line's end, so that it belongs to the command.
            let end = self.pieces.len().saturating_sub(1);
            self.pieces.insert(end.min(self.pieces.len()), Piece::Document(text));
        }
    }
}
