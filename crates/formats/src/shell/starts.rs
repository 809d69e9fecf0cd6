//! Programs that start others: `find -exec`, `xargs`, `sed e`, `awk`, and those that run what they read.

use base::{expr::Expr, stop::Stop};

use super::{
    Script,
    awk::{self, Starts},
    bounded,
    command::{Command, is_shell},
    sed, takes,
};
use base::sink::Sink;

/// Names under which a program reads its own input as a file.
const OWN_INPUT: &[&str] = &["/dev/fd/0", "/dev/stdin", "/proc/self/fd/0"];
/// Options of `xargs` whose value is the next word.
const XARGS: &[&str] = &["-E", "-I", "-L", "-P", "-a", "-d", "-n", "-s"];
/// Words that `xargs` is known to read, at most.
const GIVEN: usize = 16;

impl Script {
    /// Reads what a program starts, by its words, its environment and what it reads.
    pub(super) fn started(
        &mut self,
        (shown, command): (&str, &Command),
        (program, rest): (&str, &[String]),
        input: Option<&str>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Stop> {
        for script in takes::environment(&command.words).into_iter().chain(takes::commands(program, rest)) {
            self.run(&script, sink)?;
        }
        let mut starts = match program {
            "awk" | "gawk" | "mawk" | "nawk" | "original-awk" => awk::starts(rest),
            "sed" | "gsed" => sed::starts(rest),
            "find" => Starts { scripts: executed(rest), runs_input: false },
            "xargs" | "gxargs" => self.xargs((shown, command), rest, input, sink)?,
            "source" | "." | "ksh" | "bash" | "sh" | "zsh" | "dash" => {
                Starts { runs_input: rest.first().is_some_and(|word| OWN_INPUT.contains(&word.as_str())), ..Starts::default() }
            }
            "tclsh" | "wish" => {
                let lines = input.into_iter().flat_map(str::lines).filter_map(|line| line.trim().strip_prefix("exec "));
                Starts { scripts: lines.map(str::to_owned).take(64).collect(), ..Starts::default() }
            }
            "parallel" => Starts { runs_input: rest.iter().all(|word| word.starts_with('-')), ..Starts::default() },
            "at" | "batch" => Starts { runs_input: true, ..Starts::default() },
            _ => Starts::default(),
        };
        if starts.runs_input {
            starts.scripts.extend(input.map(str::to_owned));
            self.runs_piped(shown, command, sink)?;
        }
        for script in starts.scripts {
            self.run(&script, sink)?;
        }
        Ok(())
    }

    /// States the list with a shell in the place of what runs its input as one does.
    fn runs_piped(&mut self, shown: &str, command: &Command, sink: &mut Sink<'_>) -> Result<(), Stop> {
        if !command.joiner.starts_with('|') || command.joiner == "||" {
            return Ok(());
        }
        let Some((before, _)) = shown.split_once(command.text()) else { return Ok(()) };
        let text = format!("{before}sh");
        self.state("list", &text, vec![Expr::str(bounded(&text))], sink)
    }

    /// `xargs command word…`: the command runs with the words that are read; a shell runs those alone.
    fn xargs(&mut self, (shown, command): (&str, &Command), rest: &[String], input: Option<&str>, sink: &mut Sink<'_>) -> Result<Starts, Stop> {
        let mut words = rest;
        while let [first, after @ ..] = words
            && first.starts_with('-')
        {
            words = if XARGS.contains(&first.as_str()) { after.get(1..).unwrap_or_default() } else { after };
        }
        if words.is_empty() {
            return Ok(Starts::default());
        }
        // `sh -c` alone, or with the mark that a word is put for.
        let shell = words.iter().position(|word| is_shell(word));
        let behind = shell.and_then(|at| words.get(at.saturating_add(1)..)).unwrap_or_default();
        let runs_input = match behind {
            [flag] => flag == "-c",
            [flag, script, ..] => flag == "-c" && matches!(script.as_str(), "{}" | "%" | "@"),
            [] => false,
        };
        let given = input.into_iter().flat_map(str::split_whitespace).take(GIVEN).map(str::to_owned);
        let script = words.iter().map(|word| quoted(word)).chain(given).collect::<Vec<_>>().join(" ");
        // What follows in the pipe reads what the command prints.
        if let Some((before, after)) = shown.split_once(command.text()) {
            let text = format!("{before}{script}{after}");
            self.state("list", &text, vec![Expr::str(bounded(&text))], sink)?;
        }
        Ok(Starts { scripts: vec![script], runs_input })
    }
}

/// The commands of `-exec` and its like, one after the other as they run for each file.
fn executed(words: &[String]) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if matches!(word.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir") {
            let own = rest.by_ref().take_while(|word| !matches!(word.as_str(), ";" | "+" | "\\;"));
            commands.push(own.map(|word| quoted(word)).collect::<Vec<_>>().join(" "));
        }
    }
    if commands.is_empty() { commands } else { vec![commands.join("; ")] }
}

/// A word that a shell reads as it stands.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@%+{}".contains(letter);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
