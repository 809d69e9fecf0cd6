//! Loops and subroutines of batch files: what the variable of a `for` holds, and what a label is called with.

use std::collections::HashMap;

use super::super::command::base_name;

/// Files and labels remembered.
const COUNT: usize = 256;
/// Characters of an output that is kept.
const VALUE: usize = 4096;

/// What is known of files that hold what was fetched, and of the arguments of labels.
#[derive(Default)]
pub(super) struct Known {
    /// The command whose output a file holds, by its name in lower case.
    outputs: HashMap<String, String>,
    /// The arguments with which a label is called.
    calls: HashMap<String, Vec<String>>,
    /// The arguments of the lines that are being read.
    arguments: Option<Vec<String>>,
}

/// A loop: its variable with what it holds, the command whose output it reads, and what it does.
pub(super) struct Loop<'c> {
    pub(super) before: &'c str,
    pub(super) variable: char,
    pub(super) value: Option<String>,
    pub(super) command: Option<&'c str>,
    pub(super) body: &'c str,
}

impl Known {
    /// The first loop of a line.
    pub(super) fn first_loop<'c>(&self, code: &'c str) -> Option<Loop<'c>> {
        let lower = code.to_ascii_lowercase();
        let at = lower.match_indices("for ").map(|(at, _)| at).find(|at| {
            let before = lower.get(..*at).unwrap_or_default();
            before.is_empty() || before.ends_with([' ', '(', '&', '@', '\t'])
        })?;
        let (before, rest) = code.split_at_checked(at)?;
        let rest = rest.get(4..)?.trim_start();
        let reads = rest.get(..2).is_some_and(|flag| flag.eq_ignore_ascii_case("/f"));
        let mark = rest.find('%')?;
        let options = rest.get(..mark)?;
        let named = rest.get(mark..)?.trim_start_matches('%');
        let variable = named.chars().next()?;
        let inside = named.get(variable.len_utf8()..)?.trim_start();
        let inside = inside.get(..2).filter(|word| word.eq_ignore_ascii_case("in")).and(inside.get(2..))?;
        let (set, body) = set_and_body(inside.trim_start().strip_prefix('(')?)?;
        let (value, command) = if reads { self.read(set.trim(), options) } else { (Some(set.trim().to_owned()).filter(|set| !set.contains([' ', '*', ','])), None) };
        Some(Loop { before, variable, value, command, body })
    }

    /// What `for /f` reads: the output of a command, a text or a file.
    fn read<'c>(&self, set: &'c str, options: &str) -> (Option<String>, Option<&'c str>) {
        let backquoted = options.to_ascii_lowercase().contains("usebackq");
        let within = |mark: char| set.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
        let command = if backquoted { within('`') } else { within('\'') };
        if let Some(command) = command {
            return (Some(output_of(command, options)), Some(command));
        }
        let text = if backquoted { within('\'') } else { within('"') };
        match text {
            Some(text) => (token(text, options), None),
            None => (self.output(set), None),
        }
    }

    /// The substitution that gives what a file holds, where a command wrote it.
    pub(super) fn output(&self, file: &str) -> Option<String> {
        let name = base_name(file.trim_matches(['"', ' '])).to_lowercase();
        self.outputs.get(&name).map(|command| format!("$({command})"))
    }

    /// Takes note of the file into which a command writes what it fetches.
    pub(super) fn write(&mut self, code: &str) {
        if !code.contains("://") || self.outputs.len() >= COUNT || code.len() > VALUE {
            return;
        }
        let words: Vec<&str> = code.split_whitespace().collect();
        let redirected = code.rsplit_once('>').map(|(command, file)| (command.trim_end_matches(['>', ' ', '1']), file.trim()));
        let flag = words.iter().position(|word| matches!(*word, "-o" | "-O" | "--output") || word.eq_ignore_ascii_case("-outfile"));
        let named = flag.and_then(|flag| words.get(flag.saturating_add(1))).map(|file| (code, *file));
        let saved = words.first().filter(|program| base_name(program).to_ascii_lowercase().starts_with("certutil")).and(words.last()).map(|file| (code, *file));
        if let Some((command, file)) = redirected.or(named).or(saved) {
            let name = base_name(file.trim_matches('"')).to_lowercase();
            if !name.is_empty() && !name.contains("://") && !matches!(name.as_str(), "nul" | "con") {
                self.outputs.insert(name, command.trim().to_owned());
            }
        }
    }

    /// Takes note of a call of a label, or of being behind one.
    pub(super) fn follow(&mut self, code: &str) {
        let lower = code.to_ascii_lowercase();
        if let Some(label) = lower.strip_prefix(':').filter(|label| !label.starts_with(':')) {
            let name = label.split_whitespace().next().unwrap_or_default();
            self.arguments = self.calls.get(name).cloned();
        } else if lower.starts_with("exit /b") || lower.starts_with("goto :eof") {
            self.arguments = None;
        }
        for (at, mark) in lower.match_indices("call :") {
            let rest = code.get(at.saturating_add(mark.len())..).unwrap_or_default();
            let mut words = rest.split('&').next().unwrap_or_default().split_whitespace();
            let Some(label) = words.next().filter(|_| self.calls.len() < COUNT) else { continue };
            let joined = words.collect::<Vec<_>>().join(" ");
            // An output is one argument.
            let arguments = if joined.starts_with("$(") { vec![joined] } else { joined.split_whitespace().map(|word| word.trim_matches('"').to_owned()).collect() };
            self.calls.insert(label.to_ascii_lowercase(), arguments);
        }
    }

    /// A line of a subroutine with its arguments filled in.
    pub(super) fn filled(&self, code: &str) -> Option<String> {
        let arguments = self.arguments.as_ref().filter(|_| code.contains('%'))?;
        let mut text = code.replace("%*", &arguments.join(" "));
        for (index, argument) in arguments.iter().enumerate().take(9) {
            let number = index.saturating_add(1);
            text = text.replace(&format!("%~{number}"), argument).replace(&format!("%{number}"), argument);
            if text.len() > VALUE.saturating_mul(2) {
                return None;
            }
        }
        Some(text)
    }
}

/// The set of a loop and what follows `do`.
fn set_and_body(text: &str) -> Option<(&str, &str)> {
    let lower = text.to_ascii_lowercase();
    let at = lower.match_indices(')').map(|(at, _)| at).find(|at| {
        let behind = lower.get(at.saturating_add(1)..).unwrap_or_default();
        behind.trim_start().strip_prefix("do").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '(', '\t', '@']))
    })?;
    let body = text.get(at.saturating_add(1)..)?.trim_start().get(2..)?;
    Some((text.get(..at)?, body.trim_start().trim_start_matches(['(', '@', ' ', '\t'])))
}

/// What a command prints: the text of an `echo`, or a substitution.
fn output_of(command: &str, options: &str) -> String {
    let plain = command.replace('^', "");
    let said = plain.trim().get(..5).filter(|word| word.eq_ignore_ascii_case("echo ")).and(plain.trim().get(5..));
    match said.filter(|said| !said.contains(['|', '&', '<', '>', '%'])).and_then(|said| token(said, options)) {
        Some(text) => text,
        None => format!("$({})", plain.trim()),
    }
}

/// The first of the tokens that the options ask for.
fn token(text: &str, options: &str) -> Option<String> {
    let lower = options.to_ascii_lowercase();
    let delimiters = match lower.split_once("delims=") {
        Some((_, rest)) => rest.split(['"', ' ']).next().unwrap_or_default().to_owned(),
        None => " \t".to_owned(),
    };
    let wanted = lower.split_once("tokens=").map_or("1", |(_, rest)| rest.split([' ', '"', ',', '-']).next().unwrap_or("1"));
    if wanted.starts_with('*') || delimiters.is_empty() {
        return Some(text.to_owned());
    }
    let number: usize = wanted.trim_end_matches('*').parse().ok()?;
    let mut parts = text.split(|letter| delimiters.contains(letter)).filter(|part| !part.is_empty());
    parts.nth(number.checked_sub(1)?).map(str::to_owned)
}
