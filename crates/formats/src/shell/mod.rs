//! Shell scripts and command strings: commands with their words, and the lists that they form.
//!
//! Facts are operators of the domain `shell`: each command (name: the program; arguments: its words) and each `list`
//! of commands joined by pipes, `&&`, `||` and `;` (its one argument: the list in plain words, without quotes, escapes
//! and `${IFS}`). Scripts given to `sh -c` and `eval`, and those in substitutions, are read in turn; text that is
//! decoded or given to an interpreter becomes a child.

mod words;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet, VecDeque};

use base::{
    blob::Blob,
    coverage::Claim,
    expr::Expr,
    fact::{Identity, Kind, Operator},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    reason::Reason,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};
use eval::Value as Constant;

use self::words::{Piece, split};

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
    explain: None,
    parse,
};

/// Bytes of a script.
const LENGTH: usize = 4 << 20;
/// Memory that the pieces of a script take for one byte of it.
const FACTOR: u64 = 12;
/// Scripts within a script.
const SCRIPTS: usize = 1024;
/// Words of one command that a fact carries.
const WORDS: usize = 64;

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut reader = Reader::new(blob, sink.meter());
    let mut bytes = Vec::new();
    while !reader.at_end()? {
        let seen = reader.peek(64 << 10)?;
        bytes.extend_from_slice(seen);
        let count = seen.len();
        reader.consume(count);
        if bytes.len() > LENGTH {
            return Err(Stop::Limit(Reason::Memory));
        }
    }
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
    variables: HashMap<String, String>,
    stated: HashSet<String>,
    queue: VecDeque<String>,
    scripts: usize,
    /// Bytes read so far, over all scripts.
    length: usize,
}

/// A command of a list: its words, and text that it gets.
#[derive(Default)]
struct Command {
    words: Vec<String>,
    input: Option<String>,
}

impl Script {
    fn read(&mut self, text: &str, sink: &mut Sink<'_>) -> Result<(), Stop> {
        self.queue.push_back(text.to_owned());
        while let Some(script) = self.queue.pop_front() {
            self.scripts = self.scripts.saturating_add(1);
            // Scripts within scripts repeat the text of those around them.
            self.length = self.length.saturating_add(script.len());
            if self.scripts > SCRIPTS || self.length > text.len().saturating_mul(8).saturating_add(LENGTH / 4) {
                return Err(Stop::Limit(Reason::Depth));
            }
            // Line by line, so that a variable is known below the line that sets it; a quote may span lines.
            let variables = self.variables.clone();
            let first = assignments(&script);
            let (pieces, inner) = split(&script, |name| variables.get(name).or_else(|| first.get(name)).cloned());
            self.variables.extend(first);
            sink.meter().steps(pieces.len() as u64)?;
            self.queue.extend(inner);
            self.lists(pieces, sink)?;
        }
        Ok(())
    }

    /// Lists end where a line does, outside of quotes.
    fn lists(&mut self, pieces: Vec<Piece>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let mut shown = String::new();
        let mut commands = vec![Command::default()];
        for piece in pieces.into_iter().chain([Piece::Operator("\n")]) {
            match piece {
                Piece::Word(word) => {
                    if !shown.is_empty() {
                        shown.push(' ');
                    }
                    shown.push_str(&word);
                    if let Some(command) = commands.last_mut() {
                        command.words.push(word);
                    }
                }
                Piece::Document(text) => {
                    if let Some(command) = commands.last_mut() {
                        command.input = Some(text);
                    }
                }
                // A pipe at the end of a line goes on.
                Piece::Operator("\n") if !shown.ends_with(" |") && !shown.ends_with(" &&") => {
                    self.list(&shown, std::mem::replace(&mut commands, vec![Command::default()]), sink)?;
                    shown.clear();
                }
                Piece::Operator("\n") => {}
                Piece::Operator(operator) => {
                    shown.push(' ');
                    shown.push_str(operator);
                    if !operator.contains(['<', '>']) {
                        commands.push(Command::default());
                    }
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, shown: &str, commands: Vec<Command>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let mut piped: Option<String> = None;
        for command in commands {
            let input = command.input.or_else(|| piped.take());
            piped = self.command(shown, &command.words, input, sink)?;
        }
        if shown.trim().is_empty() {
            return Ok(());
        }
        self.state("list", shown, vec![Expr::str(bounded(shown))], sink)
    }

    /// States one command; what it prints, where that is known.
    fn command(
        &mut self,
        shown: &str,
        words: &[String],
        input: Option<String>,
        sink: &mut Sink<'_>,
    ) -> Result<Option<String>, Stop> {
        let assigns = |word: &&String| word.split_once('=').is_some_and(|(name, _)| is_name(name));
        let words: Vec<&String> = words.iter().skip_while(assigns).skip_while(|word| is_prefix(word)).collect();
        let Some((program, rest)) = words.split_first() else { return Ok(None) };
        let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
        let args: Vec<Expr> = rest.iter().take(WORDS).map(|word| Expr::str(bounded(word))).collect();
        self.state(program, shown, args, sink)?;
        let after = |flag: &str| {
            let mut words = rest.iter().skip_while(|word| !is_flag(word, flag));
            words.nth(1).map(|word| word.to_string())
        };
        match program {
            "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" => self.queue.extend(after("c").or(input)),
            "eval" => self.queue.push_back(rest.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(" ")),
            program if program.starts_with("python") => {
                if let Some(code) = after("c").or(input) {
                    give("command.py", &code, sink)?;
                }
            }
            "echo" | "printf" => {
                let words = rest.iter().filter(|word| !word.starts_with('-')).map(|word| word.as_str());
                return Ok(Some(words.collect::<Vec<_>>().join(" ")));
            }
            "base64" if rest.iter().any(|word| is_flag(word, "d") || is_flag(word, "D") || *word == "--decode") => {
                return decoded("base64", "b64decode", input, sink);
            }
            "xxd" if rest.iter().any(|word| is_flag(word, "r")) => {
                return decoded("binascii", "unhexlify", input, sink);
            }
            "rev" => return Ok(input.map(|text| text.chars().rev().collect())),
            "cat" | "tee" => return Ok(input),
            _ => {}
        }
        Ok(None)
    }

    fn state(&mut self, name: &str, shown: &str, args: Vec<Expr>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let key = format!("{name} {shown}");
        if !self.stated.insert(key) {
            return Ok(());
        }
        let node = bounded(shown).into();
        sink.fact(Place::default(), Operator { domain: "shell".into(), name: bounded(name).into(), node, args })
    }
}

/// What a decoder makes of its input; given back as a child too, whatever it is.
fn decoded(module: &str, name: &str, input: Option<String>, sink: &mut Sink<'_>) -> Result<Option<String>, Stop> {
    let Some(input) = input else { return Ok(None) };
    let input: String = input.split_whitespace().collect();
    let result = eval::call(&Constant::global(module, name), &[Constant::str(input)], &[], sink.meter())?.result;
    let Some(bytes) = result.as_bytes() else { return Ok(None) };
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Some(text.to_owned())),
        Err(_) => {
            sink.meter().hold(bytes.len() as u64)?;
            sink.child(Child::window("decoded", Place::default(), Blob::from_bytes(bytes.to_vec())))?;
            Ok(None)
        }
    }
}

fn give(name: &str, text: &str, sink: &mut Sink<'_>) -> Result<(), Stop> {
    sink.meter().hold(text.len() as u64)?;
    sink.child(Child::window(name, Place::default(), Blob::from_bytes(text)))
}

/// Variables that lines of their own set to plain text.
fn assignments(script: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for part in script.split(['\n', ';']) {
        let part = part.trim();
        let Some((name, value)) = part.strip_prefix("export ").unwrap_or(part).split_once('=') else { continue };
        let value = value.trim_matches(['\'', '"']);
        if is_name(name) && !value.contains(['$', '`', ' ', '|', '&', '(']) && value.len() <= 4096 {
            found.insert(name.to_owned(), value.to_owned());
        }
    }
    found
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Words before a command that run it, or that the shell's own grammar puts there.
fn is_prefix(word: &str) -> bool {
    matches!(
        word,
        "sudo"
            | "nohup"
            | "exec"
            | "command"
            | "env"
            | "then"
            | "do"
            | "else"
            | "if"
            | "while"
            | "until"
            | "!"
            | "{"
            | "time"
            | "setsid"
            | "busybox"
    )
}

/// Whether a word is the short flag, alone or with others before it: `-c`, `-lc`.
fn is_flag(word: &str, flag: &str) -> bool {
    word.strip_prefix('-').is_some_and(|flags| flags.ends_with(flag) && !flags.starts_with('-') && flags.len() <= 4)
}

fn bounded(text: &str) -> String {
    base::expr::shorten(text.trim(), 2048).0.to_owned()
}
