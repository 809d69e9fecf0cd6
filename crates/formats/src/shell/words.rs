//! Words and operators of a shell, quotes taken away; tolerant, because what one shell refuses another runs.

mod documents;
mod expansion;
mod processes;

use super::variables::Variables;

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

/// A text, split.
pub(super) struct Split {
    /// Its pieces.
    pub(super) pieces: Vec<Piece>,
    /// The line on which each piece ends, from 0.
    pub(super) lines: Vec<usize>,
    /// The scripts inside substitutions, with their lines.
    pub(super) scripts: Vec<(String, usize)>,
    /// Whether there were more pieces than are kept.
    pub(super) cut: bool,
}

/// Pieces of one script.
const PIECES: usize = 1 << 20;

/// The pieces of `text`, which may set variables. `prints`: what a script prints.
pub(super) fn split(text: &str, variables: &mut Variables, prints: impl Fn(&str, &mut Variables) -> Option<String>) -> Split {
    let letters: Vec<char> = text.chars().collect();
    let mut splitter = Splitter {
        letters,
        at: 0,
        counted: (0, 0),
        pieces: Vec::new(),
        lines: Vec::new(),
        scripts: Vec::new(),
        word: None,
        documents: Vec::new(),
        here_string: false,
        cut: false,
        pipes: 0,
        command: 0,
        body: 0,
        sets: true,
        variables,
        prints,
    };
    splitter.run();
    Split { pieces: splitter.pieces, lines: splitter.lines, scripts: splitter.scripts, cut: splitter.cut }
}

/// Operators, the longer ones first.
const OPERATORS: &[&str] = &["<<<", ">|", "&&", "||", ">>", ">&", "&>", "<&", ";;", "|&", "|", ";", "&", "(", ")", "<", ">", "\n"];

struct Splitter<'v, P> {
    letters: Vec<char>,
    at: usize,
    /// How far lines were counted, and how many there were.
    counted: (usize, usize),
    pieces: Vec<Piece>,
    lines: Vec<usize>,
    scripts: Vec<(String, usize)>,
    word: Option<String>,
    /// Delimiters of here-documents that begin at the next line, and which piece each becomes.
    documents: Vec<(String, usize)>,
    /// Whether the word being read is what a command gets: `<<< word`.
    here_string: bool,
    cut: bool,
    /// How often `>(…)` became a pipe.
    pipes: usize,
    /// Where the pieces of the command begin that is being read.
    command: usize,
    /// Brackets open of the body of a function.
    body: usize,
    /// Whether a word `name=value` would set a variable here.
    sets: bool,
    variables: &'v mut Variables,
    prints: P,
}

/// Programs by which a pattern of the shell may stand for one: `/usr/bin/cur?`.
const PROGRAMS: &[&str] = &["base64", "bash", "cat", "curl", "nc", "ncat", "perl", "python", "python3", "sh", "socat", "wget"];

impl<P: Fn(&str, &mut Variables) -> Option<String>> Splitter<'_, P> {
    /// The line that was reached, from 0.
    fn line(&mut self) -> usize {
        let (from, lines) = self.counted;
        let end = self.at.min(self.letters.len());
        let new = self.letters.get(from..end).unwrap_or_default().iter().filter(|letter| **letter == '\n').count();
        self.counted = (end.max(from), lines.saturating_add(new));
        self.counted.1
    }

    fn piece(&mut self, piece: Piece) {
        if self.pieces.len() >= PIECES {
            self.cut = true;
            self.at = self.letters.len();
            return;
        }
        let line = self.line();
        self.pieces.push(piece);
        self.lines.push(line);
    }

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
        let Some(word) = self.word.take() else { return };
        if std::mem::take(&mut self.here_string) {
            return self.piece(Piece::Document(word));
        }
        // `{curl,-s,x}` is three words.
        if let Some(inner) = word.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).filter(|inner| inner.contains(',') && !inner.contains(['{', '"'])) {
            for part in inner.split(',') {
                self.piece(Piece::Word(part.to_owned()));
            }
            return;
        }
        let word = if word.starts_with('/') && word.contains(['?', '[']) { program(&word).unwrap_or(word) } else { word };
        self.assign(&word);
        self.bracket(&word);
        self.piece(Piece::Word(word));
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
                '$' => self.dollar(false),
                '`' => self.backticks(),
                '#' if self.word.is_none() => self.comment(),
                ' ' | '\t' | '\r' => self.end_word(),
                letter => self.operator(letter),
            }
        }
        self.end_word();
        self.end_command();
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
                '$' => self.dollar(true),
                '`' => self.backticks(),
                letter => self.push(letter),
            }
        }
    }

    /// `$name`, `${name…}`, `$(…)`, `$'…'`.
    fn dollar(&mut self, quoted: bool) {
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
            // Parameters of a script that nobody calls with any are empty.
            Some('@' | '*') => {
                self.at = self.at.saturating_add(1);
                if let Some(words) = self.variables.expand("@") {
                    self.insert(&words, false);
                } else if self.body > 0 {
                    // What a call gives is put in later.
                    self.word.get_or_insert_default().push_str("$@");
                }
            }
            Some('#' | '!' | '?') => self.at = self.at.saturating_add(1),
            Some('{') => {
                self.at = self.at.saturating_add(1);
                let inner = self.balanced('{', '}');
                // `"${a[@]}"` gives several words even in quotes.
                self.variable(&inner, quoted && !inner.contains("[@]") && inner != "@");
            }
            _ => {
                let mut name = String::new();
                while let Some(letter) = self.peek(0).filter(|letter| letter.is_alphanumeric() || *letter == '_') {
                    name.push(letter);
                    self.at = self.at.saturating_add(1);
                }
                self.variable(&name, quoted);
            }
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
        let shown = (self.prints)(&inner, self.variables).unwrap_or_else(|| format!("$({})", inner.trim()));
        self.word.get_or_insert_default().push_str(&shown);
        let line = self.line();
        self.scripts.push((inner, line));
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
        if letter == '<' && self.peek(1) == Some('(') {
            return self.process();
        }
        // Behind a word and in `[[` it is a comparison.
        let tests = || self.pieces.get(self.command) == Some(&Piece::Word("[[".to_owned()));
        if letter == '>' && self.peek(1) == Some('(') && self.word.is_none() && !tests() {
            return self.pipe_into();
        }
        if letter == '(' && self.word.as_deref().is_some_and(|word| word.ends_with('=')) {
            self.at = self.at.saturating_add(1);
            if self.array() {
                return;
            }
            self.at = self.at.saturating_sub(1);
        }
        let is =
            |operator: &&&str| operator.chars().enumerate().all(|(ahead, letter)| self.peek(ahead) == Some(letter));
        let Some(operator) = OPERATORS.iter().find(is).copied() else {
            self.at = self.at.saturating_add(1);
            return self.push(letter);
        };
        let length = operator.len();
        // `>|` writes over what is there, and `|&` pipes what goes wrong as well.
        let operator = match operator {
            ">|" => ">",
            "|&" => "|",
            operator => operator,
        };
        let here = operator == "<" && self.peek(1) == Some('<');
        self.at = self.at.saturating_add(length).saturating_add(usize::from(here));
        // The number of a descriptor belongs to its redirection; `exec` opens it for others.
        let opens = self.pieces.get(self.command) == Some(&Piece::Word("exec".to_owned()));
        if matches!(operator, "<" | ">" | ">>" | ">&" | "<&")
            && self.word.as_deref().is_some_and(|word| word.len() == 1 && word <= if opens { "2" } else { "9" } && word >= "0")
        {
            self.word = None;
        }
        self.end_word();
        if here {
            return self.delimiter();
        }
        if operator == "<<<" {
            self.here_string = true;
            return;
        }
        if !operator.contains(['<', '>']) {
            self.end_command();
        }
        self.piece(Piece::Operator(operator));
        self.command = if operator.contains(['<', '>']) { self.command } else { self.pieces.len() };
        if operator == "\n" {
            self.documents();
        }
    }
}

/// The program that a path with `?` and `[…]` in it stands for.
fn program(pattern: &str) -> Option<String> {
    let name = pattern.rsplit('/').next()?;
    let fits = |known: &&&str| {
        let mut letters = known.chars();
        let mut rest = name.chars();
        while let Some(letter) = rest.next() {
            let fits = match letter {
                '?' => letters.next().is_some(),
                '[' => {
                    let set: String = rest.by_ref().take_while(|letter| *letter != ']').collect();
                    letters.next().is_some_and(|known| set.contains(known))
                }
                '*' => return true,
                letter => letters.next() == Some(letter),
            };
            if !fits {
                return false;
            }
        }
        letters.next().is_none()
    };
    PROGRAMS.iter().find(fits).map(|known| (*known).to_owned())
}
