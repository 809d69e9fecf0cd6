//! Shell scripts and command strings: commands with their words, and the lists that they form.
//!
//! Facts are operators of the domain `shell`: each command (name: the program; arguments: its words) and each `list`
//! of commands joined by pipes, `&&`, `||` and `;` (its one argument: the list in plain words, without quotes, escapes
//! and `${IFS}`). Scripts given to `sh -c` and `eval`, and those in substitutions, are read in turn; text that is
//! decoded or given to an interpreter becomes a child.

mod listing;
mod printed;
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
    reason::Reason,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};

use self::{
    printed::{Printed, is_flag},
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
    variables: HashMap<String, String>,
    stated: HashSet<String>,
    /// Scripts to read, each with the line of the file on which it stands; none for the file itself.
    queue: VecDeque<(String, Option<usize>)>,
    scripts: usize,
    /// Bytes read so far, over all scripts.
    length: usize,
    /// Where the lines of the file begin.
    starts: Vec<u64>,
    /// The line of the file that is being read.
    line: usize,
    /// Files that a command has fetched.
    fetched: HashSet<String>,
}

/// A command of a list: its words, and text that it gets.
#[derive(Default)]
struct Command {
    words: Vec<String>,
    input: Option<String>,
}

impl Script {
    fn read(&mut self, text: &str, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        self.starts = std::iter::once(0).chain(newlines.map(|(at, _)| (at as u64).saturating_add(1))).collect();
        self.queue.push_back((text.to_owned(), None));
        while let Some((script, line)) = self.queue.pop_front() {
            self.scripts = self.scripts.saturating_add(1);
            // Scripts within scripts repeat the text of those around them.
            self.length = self.length.saturating_add(script.len());
            if self.scripts > SCRIPTS || self.length > text.len().saturating_mul(8).saturating_add(LENGTH / 4) {
                return Err(Stop::Limit(Reason::Depth));
            }
            // Line by line, so that a variable is known below the line that sets it; a quote may span lines.
            let variables = self.variables.clone();
            let first = assignments(&script);
            let variable = |name: &str| variables.get(name).or_else(|| first.get(name)).cloned();
            let meter = sink.meter();
            let split = split(&script, variable, |inner| printed_by(inner, meter));
            self.variables.extend(first);
            sink.meter().steps(split.pieces.len() as u64)?;
            let home = |own: usize| line.unwrap_or(own);
            self.queue.extend(split.scripts.into_iter().map(|(script, own)| (script, Some(home(own)))));
            self.lists(split.pieces.into_iter().zip(split.lines.into_iter().map(home)).collect(), sink)?;
        }
        Ok(())
    }

    /// Lists end where a line does, outside of quotes.
    fn lists(&mut self, pieces: Vec<(Piece, usize)>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let mut shown = String::new();
        let mut commands = vec![Command::default()];
        let last = pieces.last().map_or(0, |(_, line)| *line);
        for (piece, line) in pieces.into_iter().chain([(Piece::Operator("\n"), last)]) {
            if shown.is_empty() && piece != Piece::Operator("\n") {
                self.line = line;
            }
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
        let line = Some(self.line);
        self.fetching(program, rest, shown, sink)?;
        match program {
            "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" => {
                self.queue.extend(after("c").or(input).map(|script| (script, line)));
                return Ok(None);
            }
            "source" | "." => {
                self.queue.extend(input.map(|script| (script, line)));
                return Ok(None);
            }
            "eval" => {
                let script = rest.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(" ");
                self.queue.push_back((script, line));
                return Ok(None);
            }
            "powershell" | "powershell.exe" | "pwsh" => return self.powershell(shown, rest, sink).map(|()| None),
            program if program.starts_with("python") => {
                if let Some(code) = after("c").or(input) {
                    give("command.py", &code, self.place(), sink)?;
                }
                return Ok(None);
            }
            _ => {}
        }
        let all: Vec<&str> = words.iter().map(|word| word.as_str()).collect();
        match printed::by(&all, input.as_deref(), sink.meter())? {
            Some(Printed::Text(text)) => Ok(Some(text)),
            Some(Printed::Bytes(bytes)) => {
                sink.meter().hold(bytes.len() as u64)?;
                sink.child(Child::window("decoded", self.place(), Blob::from_bytes(bytes)))?;
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// States that a file runs that a command before has fetched.
    fn fetching(&mut self, program: &str, rest: &[&String], shown: &str, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
        if matches!(program, "curl" | "wget") {
            let flags = ["-o", "-O", "--output", "--output-document"];
            let mut named = rest.windows(2).filter_map(|pair| match pair {
                [flag, file] if flags.contains(&flag.as_str()) && !file.contains("://") => Some(name(file)),
                _ => None,
            });
            let address = rest.iter().find(|word| word.contains("://")).map(|word| name(word));
            let file = named.next().or(address).filter(|file| !file.is_empty() && self.fetched.len() < 256);
            self.fetched.extend(file);
            return Ok(());
        }
        let interprets = matches!(program, "sh" | "bash" | "zsh" | "dash" | "source" | "." | "perl" | "node")
            || program.starts_with("python");
        let runs = |word: &str| self.fetched.contains(&name(word));
        let target = if interprets { rest.iter().find(|word| !word.starts_with('-')).map(|word| word.as_str()) } else { Some(program) };
        let Some(target) = target.filter(|target| runs(target)) else { return Ok(()) };
        self.state("runs-fetched", shown, vec![Expr::str(bounded(target))], sink)
    }

    /// `powershell -EncodedCommand`: UTF-16 in base64.
    fn powershell(&mut self, shown: &str, rest: &[&String], sink: &mut Sink<'_>) -> Result<(), Stop> {
        let encoded = |word: &str| {
            let word = word.to_ascii_lowercase();
            word.len() > 1 && (word == "-ec" || "-encodedcommand".starts_with(&word))
        };
        let mut words = rest.iter().skip_while(|word| !encoded(word));
        let Some(text) = words.nth(1) else { return Ok(()) };
        let decode = eval::Value::global("base64", "b64decode");
        let result = eval::call(&decode, &[eval::Value::str(text.as_str())], &[], sink.meter())?.result;
        let Some(bytes) = result.as_bytes() else { return Ok(()) };
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0)])).collect();
        let script = String::from_utf16_lossy(&units);
        self.state("list", &format!("{shown} {script}"), vec![Expr::str(bounded(&format!("powershell -c {script}")))], sink)
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
        let node = bounded(shown).into();
        sink.fact(self.place(), Operator { domain: "shell".into(), name: bounded(name).into(), node, args })
    }
}

/// What the script of a substitution prints, where it is one pipeline of known filters.
fn printed_by(script: &str, meter: &base::budget::Meter) -> Option<String> {
    // Substitutions in it are not followed: they are read as scripts of their own.
    if script.len() > 1 << 16 || script.contains(['`', ';', '&']) || script.contains("$(") {
        return None;
    }
    let split = split(script, |_| None, |_| None);
    printed::by_pipeline(&split.pieces, meter).ok().flatten()
}

fn give(name: &str, text: &str, place: Place, sink: &mut Sink<'_>) -> Result<(), Stop> {
    sink.meter().hold(text.len() as u64)?;
    sink.child(Child::window(name, place, Blob::from_bytes(text)))
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

fn bounded(text: &str) -> String {
    base::expr::shorten(text.trim(), 2048).0.to_owned()
}
