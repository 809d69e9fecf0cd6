//! Shell scripts and command strings: commands with their words, and the lists that they form.
//!
//! Facts are operators of the domain `shell`: each command (name: the program; arguments: its words) and each `list`
//! of commands joined by pipes, `&&`, `||` and `;` (its one argument: the list in plain words, without quotes, escapes
//! and `${IFS}`). Scripts given to `sh -c` and `eval`, and those in substitutions, are read in turn; text that is
//! decoded or given to an interpreter becomes a child. What runs a file that was fetched before is an operator too:
//! `runs-fetched`, `runs-unpacked`, `runs-cloned` and `installs-from`, with the file and the address as arguments.

mod awk;
mod command;
mod descriptors;
mod files;
mod functions;
mod inside;
mod listing;
mod printed;
mod sed;
mod starts;
mod takes;
mod variables;
pub mod windows;
mod words;

#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet, VecDeque},
};

use base::{
    blob::Blob,
    coverage::Claim,
    expr::Expr,
    fact::{Identity, Kind, Operator},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reason::Reason,
    sink::Sink,
    source::Access,
    stop::Stop,
};

use self::{
    command::{Command, base_name},
    descriptors::Descriptors,
    files::Files,
    functions::Functions,
    variables::Variables,
    words::{Piece, split},
};
use crate::whole;

/// Shell scripts, by name or by their first line.
pub const FORMAT: Format = Format {
    id: "shell",
    name: "Shell script",
    extensions: &["sh", "bash", "zsh", "ksh", "csh", "fish"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Operator],
    detect: |head: &Head<'_>| crate::identified::is_shell(head).then_some(Certainty::Certain),
    explain: Some(listing::list),
    parse,
};

/// Bytes of a script.
const LENGTH: usize = 4 << 20;
/// Memory that the pieces of a script take for one byte of it.
const FACTOR: u64 = 12;
/// Scripts within a script.
const SCRIPTS: usize = 1024;
/// Bytes of a substitution and what it prints that are remembered together: 16 MB at most for all scripts.
const SUBSTITUTED: usize = 16 << 10;
/// Commands of one list; a longer one is taken for several.
const COMMANDS: usize = 256;
/// Commands and lists that are stated of one script.
const STATED: usize = 1 << 15;
/// Words of one command that a fact carries.
const WORDS: usize = 64;

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let bytes = whole::read(blob, sink.meter(), LENGTH)?;
    let end = bytes.len() as u64;
    let held = end.saturating_mul(FACTOR);
    sink.meter().hold(held)?;
    let outcome = Script::default().read(&String::from_utf8_lossy(&bytes), sink);
    sink.meter().release(held);
    outcome?;
    // A shell stops at its `exit`, and what holds a NUL is no text: a binary behind a script is not claimed as one.
    let text = bytes.iter().position(|byte| *byte == 0).map_or(end, |at| at as u64);
    sink.claim(0..text, Claim::Read);
    sink.fact(Place::bytes(0, end), Identity { key: "language".into(), value: "shell".into() })
}

/// What is known while a script is read.
#[derive(Default)]
struct Script {
    variables: Variables,
    aliases: HashMap<String, String>,
    files: Files,
    descriptors: Descriptors,
    functions: Functions,
    stated: HashSet<String>,
    /// What substitutions printed, with the script that did.
    printed: HashMap<String, String>,
    /// Scripts to read, each with the line of the file on which it stands; none for the file itself.
    queue: VecDeque<(String, Option<usize>)>,
    scripts: usize,
    /// Bytes that were put into the queue.
    queued: usize,
    /// Bytes read so far, over all scripts.
    length: usize,
    /// Where the lines of the file begin.
    starts: Vec<u64>,
    /// The line of the file that is being read.
    line: usize,
}

impl Script {
    fn read(&mut self, text: &str, sink: &mut Sink<'_>) -> Result<(), Stop> {
        *self = Self::begin(text);
        self.queue.push_back((text.to_owned(), None));
        self.broken(text, sink)?;
        self.queued_scripts(text.len(), sink)
    }

    /// Nothing read yet of `text`.
    fn begin(text: &str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(newlines.map(|(at, _)| (at as u64).saturating_add(1))).collect();
        Self { starts, ..Self::default() }
    }

    /// States lines that are meant for Windows as they are written: what breaks up words there a shell takes for something else.
    fn broken(&mut self, text: &str, sink: &mut Sink<'_>) -> Result<(), Stop> {
        for (line, code) in text.lines().enumerate().filter(|(_, code)| code.contains(['^', '`'])) {
            let plain = code.to_ascii_lowercase().replace(['^', '`'], "");
            let first = base_name(plain.split_whitespace().next().unwrap_or_default());
            let first = first.strip_suffix(".exe").unwrap_or(first);
            if matches!(first, "powershell" | "pwsh" | "cmd") {
                self.line = line;
                self.state("list", code, vec![Expr::str(bounded(code))], sink)?;
            }
        }
        Ok(())
    }

    /// Reads a statement of a script of Windows.
    fn windows(&mut self, line: usize, text: &str, sink: &mut Sink<'_>) -> Result<(), Stop> {
        self.line = line;
        self.lists(windows_pieces(text).into_iter().map(|piece| (piece, line)).collect(), sink)
    }

    /// Reads what the statements gave to shells.
    fn finish(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        self.queued_scripts(0, sink)
    }

    fn queued_scripts(&mut self, length: usize, sink: &mut Sink<'_>) -> Result<(), Stop> {
        while let Some((script, line)) = self.queue.pop_front() {
            self.scripts = self.scripts.saturating_add(1);
            // Scripts within scripts repeat the text of those around them.
            self.length = self.length.saturating_add(script.len());
            if self.scripts > SCRIPTS || self.length > length.saturating_mul(8).saturating_add(LENGTH / 4) {
                return Err(Stop::Limit(Reason::Depth));
            }
            let meter = sink.meter();
            let made = RefCell::new(&mut self.printed);
            let split = split(&script, &mut self.variables, |inner, variables| {
                let printed = printed_by(inner, variables, meter)?;
                let mut made = made.borrow_mut();
                if made.len() < SCRIPTS && inner.len().saturating_add(printed.len()) <= SUBSTITUTED {
                    made.insert(printed.trim().to_owned(), inner.to_owned());
                }
                Some(printed)
            });
            sink.meter().steps(split.pieces.len() as u64)?;
            let home = |own: usize| line.unwrap_or(own);
            self.queue.extend(split.scripts.into_iter().map(|(script, own)| (script, Some(home(own)))));
            let cut = split.cut;
            let pieces = self.functions.follow(split.pieces.into_iter().zip(split.lines.into_iter().map(home)).collect());
            sink.meter().steps(pieces.len() as u64)?;
            self.lists(pieces, sink)?;
            if cut {
                return Err(Stop::Limit(Reason::Memory));
            }
        }
        Ok(())
    }

    /// Lists end where a line does, outside of quotes.
    fn lists(&mut self, pieces: Vec<(Piece, usize)>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let mut commands = vec![Command::default()];
        let mut grouped = false;
        let last = pieces.last().map_or(0, |(_, line)| *line);
        for (piece, line) in pieces.into_iter().chain([(Piece::Operator("\n"), last)]) {
            let empty = commands.len() == 1 && commands.last().is_some_and(Command::is_empty);
            if empty && piece != Piece::Operator("\n") {
                self.line = line;
            }
            let Some(command) = commands.last_mut() else { return Ok(()) };
            match piece {
                Piece::Word(word) => command.word(word),
                Piece::Document(text) => command.input = Some(text),
                // A pipe at the end of a line goes on.
                Piece::Operator("\n") if command.is_empty() && matches!(command.joiner, "|" | "&&" | "||" | "|&") => {}
                Piece::Operator("\n") => {
                    self.list(std::mem::replace(&mut commands, vec![Command::default()]), sink)?;
                }
                Piece::Operator(operator) if operator.contains(['<', '>']) => command.redirect(operator),
                // `… | (a; b)`: what is piped into a group any of its commands may read.
                Piece::Operator("(") if command.is_empty() && command.joiner == "|" => grouped = true,
                Piece::Operator(";" | "&&" | "||") if grouped => commands.push(Command::behind("|")),
                Piece::Operator(")") if grouped => {
                    grouped = false;
                    commands.push(Command::behind(";"));
                }
                Piece::Operator(operator) => {
                    if commands.len() >= COMMANDS {
                        self.list(std::mem::take(&mut commands), sink)?;
                    }
                    commands.push(Command::behind(operator));
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, mut commands: Vec<Command>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        commands.iter_mut().for_each(|command| self.descriptors.follow(command));
        command::redirect_groups(&mut commands);
        let shown = bounded(&command::shown(&commands));
        if let Some(shadow) = shadowed(&commands) {
            self.state("alias", &shadow, vec![Expr::str(bounded(&shadow))], sink)?;
            self.state("list", &shadow, vec![Expr::str(bounded(&shadow))], sink)?;
        }
        if let Some(made) = self.files.told(&commands) {
            let text = format!("{shown} {made}");
            self.state("list", &text, vec![Expr::str(bounded(&text))], sink)?;
        }
        let mut piped: Option<String> = None;
        // What the commands of a group print, one after the other: `(a; b) | c`, `{ a; b; } | c`.
        let mut group: Option<String> = None;
        for mut command in commands {
            if command.joiner == "(" || command.words.first().is_some_and(|word| word == "{") {
                group = Some(String::new());
            }
            let ends = command.joiner == ")" && command.is_empty() || command.words == ["}"];
            if let (true, Some(printed)) = (ends, group.take_if(|_| ends)) {
                piped = Some(printed).filter(|printed| !printed.is_empty());
                continue;
            }
            if command.words.first().is_some_and(|word| word == "{") {
                command.words.remove(0);
            }
            let gets = if command.joiner.starts_with('|') && command.joiner != "||" { piped.take() } else { None };
            let input = command.input.clone().or(gets);
            piped = self.command(&shown, &command, input, sink)?;
            if let (Some(group), Some(printed)) = (&mut group, &piped)
                && group.len().saturating_add(printed.len()) < LENGTH / 4
            {
                group.push_str(printed);
                group.push('\n');
            }
        }
        if shown.trim().is_empty() {
            return Ok(());
        }
        self.state("list", &shown, vec![Expr::str(bounded(&shown))], sink)
    }

    /// Puts a script into the queue that runs where the reading is.
    fn run(&mut self, script: &str, sink: &mut Sink<'_>) -> Result<(), Stop> {
        // What a substitution prints is run, not the substitution.
        let substituted = match self.printed.get(script.trim()) {
            Some(by) => Some(format!("eval $({by})")),
            None => script.trim_start().starts_with("$(").then(|| format!("eval {script}")),
        };
        if let Some(text) = substituted {
            self.state("list", &text, vec![Expr::str(bounded(&text))], sink)?;
        }
        // A script that a script wrote is one more copy of what it wrote so far.
        self.queued = self.queued.saturating_add(script.len());
        if self.queue.len() > SCRIPTS || self.queued > LENGTH {
            return Err(Stop::Limit(Reason::Depth));
        }
        self.queue.push_back((script.to_owned(), Some(self.line)));
        Ok(())
    }

    /// The line of the file that is being read.
    fn place(&self) -> Place {
        let start = self.starts.get(self.line).copied().unwrap_or(0);
        let end = self.starts.get(self.line.saturating_add(1)).copied().unwrap_or(start);
        let number = u32::try_from(self.line.saturating_add(1)).unwrap_or(u32::MAX);
        Place::bytes(start, end.saturating_sub(start)).line(number, 1)
    }

    fn state(&mut self, name: &str, shown: &str, args: Vec<Expr>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let key = format!("{name} {shown}");
        if !self.stated.insert(key) {
            return Ok(());
        }
        // No honest script says that many different things; each is judged by every rule.
        if self.stated.len() > STATED {
            return Err(Stop::Limit(Reason::Memory));
        }
        let node = bounded(shown).into();
        sink.fact(self.place(), Operator { domain: "shell".into(), name: bounded(name).into(), node, args, ..Operator::default() })
    }
}

/// Programs that ask for a secret or give rights: a function of such a name stands between people and them.
const TRUSTED: [&str; 6] = ["sudo", "su", "ssh", "passwd", "doas", "login"];

/// A function with the name of a program that people trust, as the alias that it is, where it does more than call that program.
fn shadowed(commands: &[Command]) -> Option<String> {
    let (at, name) = commands.iter().enumerate().find_map(|(at, command)| {
        let word = command.words.last().filter(|_| matches!(command.words.len(), 1 | 2))?;
        let opens = commands.get(at.saturating_add(1)).is_some_and(|next| next.joiner == "(" && next.is_empty());
        let closes = commands.get(at.saturating_add(2)).is_some_and(|next| next.joiner == ")");
        (TRUSTED.contains(&word.as_str()) && opens && closes).then_some((at, word))
    })?;
    let harmless = |word: &str| {
        TRUSTED.contains(&word)
            || word.starts_with(['$', '"'])
            || matches!(word, "command" | "echo" | "exec" | "return" | "[" | "[[" | "if" | "fi" | "then" | "else" | "}" | "test" | "local")
    };
    let mut body = commands.iter().skip(at.saturating_add(2)).filter_map(Command::program);
    let (path, rest) = body.find(|(path, _)| !harmless(base_name(path)))?;
    Some(format!("alias {name}={path} {}", rest.join(" ")))
}

/// The words and operators of a statement of Windows: quotes group, backslashes are letters.
fn windows_pieces(text: &str) -> Vec<Piece> {
    const OPERATORS: [&str; 9] = ["&&", "||", ">>", "&", "|", ";", ">", "<", "\n"];
    let mut pieces = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let operator = OPERATORS.iter().find(|operator| quote.is_none() && rest.starts_with(**operator));
        if let Some(operator) = operator {
            pieces.extend(word.take().map(Piece::Word));
            pieces.push(Piece::Operator(operator));
            rest = rest.get(operator.len()..).unwrap_or_default();
            continue;
        }
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => pieces.extend(word.take().map(Piece::Word)),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    pieces.extend(word.map(Piece::Word));
    pieces
}

/// What the script of a substitution prints, where it is one pipeline of known filters.
fn printed_by(script: &str, variables: &mut Variables, meter: &base::budget::Meter) -> Option<String> {
    // Substitutions in it are not followed: they are read as scripts of their own.
    if script.len() > 1 << 16 || script.contains(['`', ';', '&']) || script.contains("$(") {
        return None;
    }
    let split = split(script, variables, |_, _| None);
    printed::by_pipeline(&split.pieces, meter).ok().flatten()
}

fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn bounded(text: &str) -> String {
    base::expr::shorten(text.trim(), 2048).0.to_owned()
}
