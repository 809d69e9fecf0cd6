//! One command of a list: its words, what is put before it, and what it runs in turn.

use base::{
    blob::Blob,
    expr::Expr,
    sink::{Child, Sink},
    stop::Stop,
};

use super::{
    Script, WORDS, bounded, inside, is_name,
    printed::{self, Printed, is_flag},
};

/// A command of a list.
#[derive(Default)]
pub(super) struct Command {
    /// The operator before it.
    pub(super) joiner: &'static str,
    /// Its words, without those of redirections.
    pub(super) words: Vec<String>,
    /// As it is shown, redirections included.
    text: String,
    /// Text that it gets: a here-document.
    pub(super) input: Option<String>,
    /// The file that it writes, and the one that it reads.
    pub(super) output: Option<String>,
    pub(super) source: Option<String>,
    /// The descriptor that it reads from: `<&3`.
    duplicates: Option<String>,
    /// A redirection whose file follows.
    open: Option<&'static str>,
}

impl Command {
    /// A command behind an operator.
    pub(super) fn behind(joiner: &'static str) -> Self {
        Self { joiner, ..Self::default() }
    }

    pub(super) fn word(&mut self, word: String) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(&word);
        match self.open.take() {
            None => self.words.push(word),
            Some("<&") => self.duplicates = Some(word),
            Some(_) if word == "-" || word.chars().all(|letter| letter.is_ascii_digit()) || word == "/dev/null" => {}
            Some("<") => self.source = Some(word),
            Some(_) => self.output = Some(word),
        }
    }

    pub(super) fn redirect(&mut self, operator: &'static str) {
        self.text.push(' ');
        self.text.push_str(operator);
        self.open = Some(operator);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.input.is_none()
    }

    /// As it is shown.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// As it is shown, without what a request carries where that looks like commands: a prompt in JSON runs nowhere.
    fn without_data(&self) -> String {
        let mut text = self.text.clone();
        if !self.program().is_some_and(|(path, _)| matches!(base_name(path), "curl" | "http" | "wget" | "xh")) {
            return text;
        }
        let pairs = self.words.iter().zip(self.words.iter().skip(1));
        for (_, value) in pairs.filter(|(flag, _)| DATA.contains(&flag.as_str())) {
            if value.contains(['|', ';', '&']) && !value.contains(['$', '`']) && !value.starts_with('@') {
                text = text.replace(value.as_str(), "…");
            }
        }
        text
    }

    /// The number of the descriptor that it reads from; empty where a variable holds it.
    pub(super) fn duplicated(&mut self) -> Option<String> {
        self.duplicates.take().or_else(|| self.open.take_if(|open| *open == "<&").map(|_| String::new()))
    }

    /// Puts a file in the place of a word.
    pub(super) fn replace(&mut self, index: usize, file: &str) {
        if let Some(word) = self.words.get_mut(index) {
            self.text = self.text.replacen(word.as_str(), file, 1);
            file.clone_into(word);
        }
    }

    /// Reads from a file instead of a descriptor.
    pub(super) fn read_from(&mut self, file: String) {
        let before = self.text.split(" <&").next().unwrap_or_default();
        self.text = format!("{before} < {file}");
        self.source = Some(file);
    }

    /// Reads what a command prints instead of a descriptor.
    pub(super) fn read_pipe(&mut self, from: &str) {
        let before = self.text.split(" <&").next().unwrap_or_default();
        self.text = format!("{from} | {before}");
    }

    /// Leaves out the first words.
    pub(super) fn without_first(&mut self, count: usize) {
        for word in self.words.drain(..count.min(self.words.len())) {
            self.text = self.text.strip_prefix(word.as_str()).unwrap_or(&self.text).trim_start().to_owned();
        }
    }

    /// The program and what follows it, behind assignments and words that run another command.
    pub(super) fn program(&self) -> Option<(&str, &[String])> {
        let mut rest = self.words.as_slice();
        let mut options = false;
        while let [first, after @ ..] = rest {
            let assigns = first.split_once('=').is_some_and(|(name, _)| is_name(name));
            let value = options && first.starts_with(|letter: char| letter.is_ascii_digit());
            if is_prefix(first) {
                options = true;
            } else if !(assigns || value || options && first.starts_with('-')) {
                return Some((first, after));
            }
            // `sudo -u name`
            let takes = options && matches!(first.as_str(), "-u" | "-g") && after.len() > 1;
            rest = if takes { after.get(1..).unwrap_or_default() } else { after };
        }
        None
    }
}

/// A list as text. What `echo` says to nobody but the reader is left out where it looks like commands.
pub(super) fn shown(commands: &[Command]) -> String {
    let mut text = String::new();
    for (index, command) in commands.iter().enumerate() {
        let next = commands.get(index.saturating_add(1)).map_or("", |next| next.joiner);
        let said = matches!(command.words.first().map(String::as_str), Some("echo" | "printf"))
            && next != "|"
            && command.output.is_none()
            && command.text.contains(['|', ';', '&', '`', '$', '/', '>']);
        // What a group prints at its end goes into the pipe behind it: `(a; b) | c`.
        let closes = next == "|" && (command.joiner == ")" && command.is_empty() || command.words == ["}"]);
        if closes {
            continue;
        }
        if !command.joiner.is_empty() {
            text.push(' ');
            // A bracket begins or ends a list of its own.
            text.push_str(if matches!(command.joiner, "(" | ")") { ";" } else { command.joiner });
        }
        if !command.text.is_empty() {
            text.push(' ');
        }
        text.push_str(&if said { "echo …".to_owned() } else { command.without_data() });
    }
    text.trim_start().to_owned()
}

/// Commands of a group write where the group does: `{ a; b; } > file`.
pub(super) fn redirect_groups(commands: &mut [Command]) {
    let mut open: Vec<Option<String>> = Vec::new();
    for command in commands.iter_mut().rev() {
        if command.joiner == ")" && command.words.is_empty() || command.words == ["}"] {
            open.push(command.output.take());
            continue;
        }
        if command.output.is_none() && !command.words.is_empty() {
            command.output = open.iter().rev().flatten().next().cloned();
        }
        if command.joiner == "(" || command.words.first().is_some_and(|word| word == "{") {
            open.pop();
        }
    }
}

/// The last part of a path, of any system.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// Whether a word names a shell.
pub(super) fn is_shell(word: &str) -> bool {
    SHELLS.contains(&base_name(word))
}

/// Options whose value a request carries.
const DATA: &[&str] = &[
    "--body-data", "--data", "--data-binary", "--data-raw", "--data-urlencode", "--form", "--form-string", "--header", "--json", "--post-data",
    "-A", "-F", "-H", "-d",
];
/// Shells: what they get they run.
const SHELLS: &[&str] = &["sh", "bash", "zsh", "dash", "ksh", "ash", "rbash", "mksh", "yash"];

impl Script {
    /// States one command; what it prints, where that is known.
    pub(super) fn command(
        &mut self,
        shown: &str,
        command: &Command,
        input: Option<String>,
        sink: &mut Sink<'_>,
    ) -> Result<Option<String>, Stop> {
        let runs = command.words.iter().find_map(|word| word.strip_prefix("PROMPT_COMMAND="));
        if let Some(script) = runs.map(str::to_owned) {
            self.run(&script, sink)?;
        }
        let Some((path, rest)) = command.program() else {
            // `RUN <<EOF` of a Dockerfile: the lines are the script.
            if let (true, None, Some(script)) = (command.words.is_empty(), &command.output, &command.input) {
                self.run(script, sink)?;
            }
            return Ok(None);
        };
        // Carets are nothing to `cmd`.
        let plain = base_name(path).replace('^', "");
        let program = plain.as_str();
        let args: Vec<Expr> = rest.iter().take(WORDS).map(|word| Expr::str(bounded(word))).collect();
        self.state(program, shown, args, sink)?;
        if let Some(alias) = self.aliases.get(program).cloned() {
            self.run(&alias, sink)?;
        }
        for (name, args) in self.files.follow(path, rest, command) {
            self.state(name, shown, args.into_iter().map(|word| Expr::str(bounded(&word))).collect(), sink)?;
        }
        if let Some(text) = self.files.written(path, rest) {
            self.run(&text, sink)?;
        }
        for (index, word) in rest.iter().enumerate() {
            // `find -exec sh -c …`, `timeout 9 bash -c …`: whatever runs it, a shell runs it.
            let behind = rest.get(index.saturating_add(1)..).unwrap_or_default();
            let behind = behind.split_first().filter(|(word, _)| *word == "--").map_or(behind, |(_, behind)| behind);
            if let ([flag, script, ..], true) = (behind, is_shell(word))
                && (is_flag(flag, "c") || flag.eq_ignore_ascii_case("/c"))
            {
                self.run(&script.clone(), sink)?;
            }
        }
        self.started((shown, command), (program, rest), input.as_deref(), sink)?;
        if self.interpreter(program, rest, input.as_deref(), shown, sink)? {
            return Ok(None);
        }
        let printed = self.printed(program, rest, command, input, sink)?;
        if let (Some(output), Some(text)) = (&command.output, &printed) {
            self.files.write(output, text);
        }
        Ok(printed)
    }

    /// What a filter prints; bytes that are no text become a child.
    fn printed(&mut self, program: &str, rest: &[String], command: &Command, input: Option<String>, sink: &mut Sink<'_>) -> Result<Option<String>, Stop> {
        let file = || rest.iter().chain(&command.source).rev().find_map(|word| self.files.text(word)).map(str::to_owned);
        let input = input.or_else(file);
        let words: Vec<&str> = std::iter::once(program).chain(rest.iter().map(String::as_str)).collect();
        match printed::by(&words, input.as_deref(), sink.meter())? {
            Some(Printed::Text(text)) => Ok(Some(text)),
            Some(Printed::Bytes(bytes)) => {
                sink.meter().hold(bytes.len() as u64)?;
                sink.child(Child::window("decoded", self.place(), Blob::from_bytes(bytes)))?;
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// Reads what an interpreter is given; whether the program was one.
    fn interpreter(&mut self, program: &str, rest: &[String], input: Option<&str>, shown: &str, sink: &mut Sink<'_>) -> Result<bool, Stop> {
        let after = |flag: &str| {
            let mut words = rest.iter().skip_while(|word| !is_flag(word, flag));
            words.nth(1).cloned()
        };
        let lower = program.to_ascii_lowercase();
        let name = lower.strip_suffix(".exe").unwrap_or(&lower);
        match name {
            name if SHELLS.contains(&name) => {
                if let Some(script) = after("c").or_else(|| input.map(str::to_owned)) {
                    self.run(&script, sink)?;
                }
            }
            "source" | "." | "at" | "batch" => {
                if let Some(script) = input {
                    self.run(script, sink)?;
                }
            }
            "eval" => self.run(&rest.join(" "), sink)?,
            "alias" => {
                for word in rest {
                    let Some((name, text)) = word.split_once('=').filter(|_| self.aliases.len() < 64) else { continue };
                    self.aliases.insert(name.to_owned(), text.to_owned());
                }
            }
            "powershell" | "pwsh" => self.powershell(shown, rest, sink)?,
            "cmd" => {
                let line = rest.iter().skip_while(|word| word.starts_with('/')).cloned().collect::<Vec<_>>().join(" ");
                self.run(&line.replace('^', ""), sink)?;
            }
            name if name.starts_with("python") || name.starts_with("pypy") => {
                if let Some(code) = after("c").or_else(|| input.map(str::to_owned)) {
                    self.give("command.py", &code, sink)?;
                }
            }
            _ => return self.other(name, rest, input, sink),
        }
        Ok(true)
    }

    /// Programs that are no shell but run commands in their arguments.
    fn other(&mut self, name: &str, rest: &[String], input: Option<&str>, sink: &mut Sink<'_>) -> Result<bool, Stop> {
        let code = || {
            let mut words = rest.iter().skip_while(|word| !matches!(word.as_str(), "-e" | "-c" | "-r" | "--eval"));
            words.nth(1).map(String::as_str).or(input)
        };
        match name {
            "rscript" | "r" | "littler" => {
                if let Some(code) = code() {
                    self.give("command.r", code, sink)?;
                }
            }
            name if name.starts_with("lua") => {
                if let Some(code) = code() {
                    self.give("command.lua", code, sink)?;
                }
            }
            name if inside::RUNNERS.contains(&name) => {
                // What `make -f -` reads are rules, whose lines are commands.
                let rules = input.filter(|_| name == "make").into_iter().flat_map(str::lines).map(|line| line.trim().to_owned());
                for script in inside::scripts(rest).into_iter().chain(rules.take(256)) {
                    self.run(&script, sink)?;
                }
                return Ok(false);
            }
            _ => {}
        }
        if inside::INTERPRETERS.iter().any(|known| name.starts_with(known)) {
            for code in rest.iter().map(String::as_str).filter(|word| word.contains(['(', '`', '"', '\''])).chain(input) {
                for script in inside::commands(code, sink.meter())? {
                    self.run(&script, sink)?;
                }
            }
        }
        Ok(false)
    }

    fn give(&mut self, name: &str, text: &str, sink: &mut Sink<'_>) -> Result<(), Stop> {
        sink.meter().hold(text.len() as u64)?;
        sink.child(Child::window(name, self.place(), Blob::from_bytes(text)))
    }

    /// `powershell -EncodedCommand`: UTF-16 in base64.
    fn powershell(&mut self, shown: &str, rest: &[String], sink: &mut Sink<'_>) -> Result<(), Stop> {
        let encoded = |word: &str| {
            let word = word.to_ascii_lowercase();
            word.len() > 1 && (word == "-ec" || "-encodedcommand".starts_with(&word))
        };
        let mut words = rest.iter().skip_while(|word| !encoded(word));
        let Some(text) = words.nth(1) else { return Ok(()) };
        let decode = eval::Value::global("base64", "b64decode");
        let result = eval::call(&decode, &[eval::Value::str(text.as_str())], &[], sink.meter())?.result;
        let Some(bytes) = result.as_bytes() else { return Ok(()) };
        let pair = |pair: &[u8]| u16::from_le_bytes([pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0)]);
        let units: Vec<u16> = bytes.chunks_exact(2).map(pair).collect();
        let script = String::from_utf16_lossy(&units);
        self.state("list", &format!("{shown} {script}"), vec![Expr::str(bounded(&format!("powershell -c {script}")))], sink)
    }
}

/// Words before a command that run it, or that the shell's own grammar puts there.
fn is_prefix(word: &str) -> bool {
    matches!(
        base_name(word),
        "sudo" | "doas" | "nohup" | "exec" | "command" | "builtin" | "env" | "then" | "do" | "else" | "elif" | "if" | "while"
            | "until" | "!" | "{" | "time" | "setsid" | "busybox" | "timeout" | "nice" | "ionice" | "stdbuf" | "unbuffer"
            | "coproc" | "xvfb-run" | "proxychains" | "proxychains4" | "torify" | "torsocks" | "unshare"
    )
}
