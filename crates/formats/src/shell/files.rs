//! Where the files come from that a script runs: fetched, unpacked, cloned, written by itself.

use std::collections::HashMap;

use super::{
    command::{Command, base_name},
    printed::is_flag,
};

/// Files remembered of one kind.
const COUNT: usize = 256;
/// Bytes of a written file that are kept.
const TEXT: usize = 1 << 16;

/// What is known of files, by the last part of their names.
#[derive(Default)]
pub(super) struct Files {
    /// From where each was fetched.
    fetched: HashMap<String, String>,
    /// From where each folder was cloned.
    cloned: HashMap<String, String>,
    /// What was written into each.
    texts: HashMap<String, String>,
    /// What each was copied or packed from.
    made: HashMap<String, String>,
    /// From where an archive came that was unpacked, and a clone that was entered.
    unpacked: Option<String>,
    /// From where the commands of the pipe that is being read get what they read.
    piped: Option<String>,
    entered: Option<String>,
    /// From where the file came that the pipe prints.
    printed: Option<String>,
}

/// What a command does with files of others: the name of an operator and its arguments.
type Told = (&'static str, Vec<String>);

impl Files {
    /// Follows one command.
    pub(super) fn follow(&mut self, path: &str, rest: &[String], command: &Command) -> Vec<Told> {
        let program = base_name(path);
        if !command.joiner.starts_with('|') || command.joiner == "||" {
            self.printed = None;
        }
        let mut told = self.runs(path, program, rest);
        told.extend(self.reads(program, rest, command));
        if program == "cat" {
            self.printed = rest.iter().find_map(|word| self.fetched.get(base_name(word))).cloned();
        }
        told.extend(preloaded(command).and_then(|file| self.fetched.get(base_name(file))).map(|address| {
            ("runs-fetched", vec!["LD_PRELOAD".to_owned(), address.clone()])
        }));
        told.extend(installs(program, rest).into_iter().map(|address| ("installs-from", vec![program.to_owned(), address])));
        self.fetch(program, rest, command);
        self.pass_on(program, rest);
        told
    }

    /// What the files that a list names were made from.
    pub(super) fn told(&self, commands: &[Command]) -> Option<String> {
        if self.made.is_empty() {
            return None;
        }
        let names = commands.iter().flat_map(|command| &command.words).take(256);
        let made = names.filter_map(|word| self.made.get(base_name(word.rsplit('@').next().unwrap_or_default())));
        let told: Vec<&str> = made.map(String::as_str).collect();
        (!told.is_empty()).then(|| told.join(" "))
    }

    /// The text that was written into a file.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(base_name(name)).map(String::as_str)
    }

    /// The text of the file that a command runs.
    pub(super) fn written(&self, path: &str, rest: &[String]) -> Option<String> {
        let target = target(path, rest)?;
        self.texts.get(base_name(target)).cloned()
    }

    /// Takes note of what a file now holds.
    pub(super) fn write(&mut self, name: &str, text: &str) {
        if self.texts.len() < COUNT && text.len() <= TEXT {
            let held = self.texts.entry(base_name(name).to_owned()).or_default();
            if held.len().saturating_add(text.len()) <= TEXT {
                held.push_str(text);
                held.push('\n');
            }
        }
    }

    /// What an interpreter without a script reads that was fetched before: `cat file | sh`, `sh < file`, `eval "$(cat file)"`.
    fn reads(&self, program: &str, rest: &[String], command: &Command) -> Option<Told> {
        if !interprets(program) && program != "eval" {
            return None;
        }
        let code = |word: &&String| ["-c", "-e", "-m", "-r"].contains(&word.as_str());
        let own = rest.iter().any(|word| code(&word) || !word.starts_with('-'));
        let piped = self.printed.as_ref().filter(|_| !own);
        let source = command.source.as_ref().filter(|_| !own).and_then(|source| self.fetched.get(base_name(source)));
        let inside = rest.iter().find_map(|word| {
            let (_, inside) = word.split_once("$(").or_else(|| word.split_once("<("))?;
            let mut words = inside.trim_end_matches(')').split_whitespace();
            let cat = words.next().filter(|first| matches!(*first, "cat" | "<"));
            cat.and(words.next()).and_then(|name| self.fetched.get(base_name(name)))
        });
        let address = piped.or(source).or(inside)?;
        Some(("runs-fetched", vec![program.to_owned(), address.clone()]))
    }

    /// What a command runs that came from elsewhere.
    fn runs(&self, path: &str, program: &str, rest: &[String]) -> Vec<Told> {
        let Some(target) = target(path, rest) else { return Vec::new() };
        let name = base_name(target);
        if let Some(address) = self.fetched.get(name) {
            return vec![("runs-fetched", vec![target.to_owned(), address.clone()])];
        }
        let installs = matches!(program, "dpkg" | "rpm" | "apt" | "apt-get" | "pip" | "pip3" | "installer" | "msiexec" | "crontab")
            || LAUNCHERS.contains(&program);
        if let Some(address) = rest.iter().filter(|_| installs).find_map(|word| self.fetched.get(base_name(word))) {
            return vec![("runs-fetched", vec![program.to_owned(), address.clone()])];
        }
        let inside = target.trim_start_matches("./").split('/').find_map(|folder| self.cloned.get(folder));
        let relative = !target.starts_with(['/', '~', '$']) && (target.contains('/') || interprets(program));
        let clone = inside.or(self.entered.as_ref().filter(|_| relative));
        if let Some(address) = clone {
            return vec![("runs-cloned", vec![target.to_owned(), address.clone()])];
        }
        match &self.unpacked {
            Some(address) if relative => vec![("runs-unpacked", vec![target.to_owned(), address.clone()])],
            _ => Vec::new(),
        }
    }

    /// Takes note of what a command fetches.
    fn fetch(&mut self, program: &str, rest: &[String], command: &Command) {
        let keep = |map: &mut HashMap<String, String>, name: &str, address: &str| {
            let name = base_name(name.trim_end_matches('/'));
            if !name.is_empty() && name != "-" && map.len() < COUNT {
                map.insert(name.to_owned(), address.to_owned());
            }
        };
        if let Some(address) = clones(program, rest) {
            let own = base_name(address.trim_end_matches('/')).trim_end_matches(".git").to_owned();
            let last = rest.last().filter(|word| *word != address && !word.starts_with('-'));
            keep(&mut self.cloned, last.map_or(own.as_str(), String::as_str), address);
            return;
        }
        if program == "cd" {
            let folder = rest.last().map_or("", String::as_str);
            self.entered = self.cloned.get(base_name(folder.trim_end_matches('/'))).cloned().or(self.entered.take());
            return;
        }
        if !command.joiner.starts_with('|') || command.joiner == "||" {
            self.piped = None;
        }
        // `curl … | tee file`, `curl … | base64 -d > file`
        let written = || rest.iter().find_map(|word| word.strip_prefix("of=")).filter(|_| program == "dd").map(str::to_owned);
        let installed = || rest.last().filter(|_| program == "install" && rest.iter().any(|word| word == "/dev/stdin")).cloned();
        let saved = command.output.clone().or_else(installed).or(rest.last().filter(|_| matches!(program, "sponge" | "tee")).cloned()).or_else(written);
        if let (Some(address), Some(name)) = (self.piped.clone(), saved) {
            return keep(&mut self.fetched, &name, &address);
        }
        let Some((address, name)) = fetches(program, rest, command) else { return };
        match name {
            Some(name) => keep(&mut self.fetched, &name, &address),
            // Printed: what a pipe does with it the list says.
            None => self.piped = Some(address),
        }
    }

    /// Follows a file that is copied, moved, packed or unpacked.
    fn pass_on(&mut self, program: &str, rest: &[String]) {
        let words: Vec<&String> = rest.iter().filter(|word| !word.starts_with('-')).collect();
        match (program, words.as_slice()) {
            ("mv" | "cp" | "install" | "ln", [.., from, to]) => {
                let (from, to) = (base_name(from).to_owned(), base_name(to).to_owned());
                for map in [&mut self.fetched, &mut self.texts] {
                    if let Some(known) = map.get(&from).cloned().filter(|_| map.len() < COUNT) {
                        map.insert(to.clone(), known);
                    }
                }
                let from = words.iter().rev().nth(1).map(|word| word.to_string()).unwrap_or_default();
                self.make(&to, &from);
            }
            ("tar" | "zip" | "gzip" | "7z" | "openssl" | "base64", [.., _]) if !rest.iter().any(|word| word.starts_with('-') && word.contains('x')) => {
                let packed = words.iter().find(|word| word.contains(['.', '/'])).map(|word| base_name(word).to_owned());
                let all: Vec<&str> = words.iter().map(|word| word.as_str()).collect();
                self.make(&packed.unwrap_or_default(), &all.join(" "));
                self.unpack(&words);
            }
            ("tar" | "unzip" | "gunzip" | "bunzip2" | "unxz" | "7z" | "unrar" | "bsdtar", _) => self.unpack(&words),
            _ => {}
        }
    }

    fn make(&mut self, name: &str, from: &str) {
        if !name.is_empty() && self.made.len() < COUNT && from.len() <= 1024 {
            self.made.insert(name.to_owned(), from.to_owned());
        }
    }

    fn unpack(&mut self, words: &[&String]) {
        let fetched = words.iter().find_map(|word| self.fetched.get(base_name(word)));
        if let Some(address) = fetched.or(self.piped.as_ref()) {
            self.unpacked = Some(address.clone());
        }
    }
}

/// Programs that start a file which they are given behind words of their own.
const LAUNCHERS: &[&str] =
    &["accelerate", "bun", "deepspeed", "deno", "jupyter", "mpirun", "mpiexec", "srun", "streamlit", "torchrun", "uv", "uvx"];

fn interprets(program: &str) -> bool {
    let known = ["sh", "bash", "zsh", "dash", "ksh", "ash", "mksh", "yash", "fish", "source", ".", "perl", "node", "ruby", "php", "java", "Rscript", "start", "ipython", "julia", "tclsh"];
    known.contains(&program) || program.starts_with("python") || program.starts_with("lua")
}

/// The file that a command runs: itself, or the script that an interpreter is given.
fn target<'t>(path: &'t str, rest: &'t [String]) -> Option<&'t str> {
    if interprets(base_name(path)) {
        return rest.iter().find(|word| !word.starts_with('-')).map(String::as_str);
    }
    Some(path)
}

/// A library that the environment of a command loads.
fn preloaded(command: &Command) -> Option<&str> {
    command.words.iter().find_map(|word| word.strip_prefix("LD_PRELOAD=").or_else(|| word.strip_prefix("DYLD_INSERT_LIBRARIES=")))
}

/// The address of a repository that a command copies.
fn clones<'w>(program: &str, rest: &'w [String]) -> Option<&'w String> {
    let verb = rest.iter().find(|word| !word.starts_with('-')).map(String::as_str);
    let copies = matches!((program, verb), ("git", Some("clone")) | ("hg", Some("clone")) | ("svn", Some("export" | "checkout" | "co")))
        || program == "gh" && rest.iter().any(|word| word == "clone");
    let address = |word: &&String| word.contains("://") || word.contains('@') && word.contains(':');
    let mut plain = rest.iter().filter(|word| !word.starts_with('-'));
    copies.then(|| rest.iter().find(address).or_else(|| plain.nth(2))).flatten()
}

/// The address that a command fetches, and the file that it writes; no file where it prints.
fn fetches(program: &str, rest: &[String], command: &Command) -> Option<(String, Option<String>)> {
    let program = program.strip_suffix(".exe").unwrap_or(program);
    let output = command.output.clone();
    match program {
        "curl" | "wget" | "wget2" | "aria2c" | "axel" | "fetch" | "lwp-download" | "http" | "https" | "ftp" | "tftp"
        | "certutil" | "bitsadmin" => {
            let flag = |word: &String| word.starts_with('-') || word.starts_with('/');
            let address = rest.iter().find(|word| word.contains("://"));
            let host = || rest.iter().find(|word| !flag(word) && word.contains('.')).or(rest.last());
            let address = address.or_else(host)?.clone();
            let remote = base_name(address.split(['?', '#']).next().unwrap_or_default()).to_owned();
            let saves = matches!(program, "wget" | "wget2" | "aria2c" | "axel" | "lwp-download" | "ftp" | "tftp");
            let named = named(program, rest, &remote, &address);
            Some((address, named.or(output).or(saves.then_some(remote))))
        }
        "scp" | "sftp" | "rsync" | "rclone" | "aws" | "gsutil" | "gcloud" | "azcopy" => {
            let plain: Vec<&String> = rest.iter().filter(|word| !word.starts_with('-')).collect();
            let remote = plain.iter().find(|word| word.contains(':') && !word.starts_with(['/', '.']))?;
            let last = plain.last().filter(|last| !last.contains(':') && !last.ends_with('/') && **last != "." && last.as_str() != remote.as_str());
            let own = base_name(remote.rsplit(':').next().unwrap_or_default());
            Some(((*remote).clone(), Some(last.map_or(own, |last| last.as_str()).to_owned())))
        }
        "nc" | "ncat" | "netcat" | "socat" => Some((format!("tcp://{}", rest.join(":")), Some(output?))),
        "cat" => {
            let source = command.source.as_ref().or(rest.last()).filter(|source| source.starts_with("/dev/tcp/"))?;
            Some((format!("tcp:/{source}"), Some(output?)))
        }
        _ => None,
    }
}

/// The file that the options of a fetching program name.
fn named(program: &str, rest: &[String], remote: &str, address: &str) -> Option<String> {
    for (index, word) in rest.iter().enumerate() {
        let next = || rest.get(index.saturating_add(1)).cloned();
        let long = ["--output=", "--output-document=", "--out="].iter().find_map(|flag| word.strip_prefix(flag));
        if let Some(name) = long {
            return Some(name.to_owned());
        }
        if matches!(word.as_str(), "--output" | "--output-document" | "--out" | "-r" | "-l") && program != "curl" || matches!(word.as_str(), "--output") {
            return next();
        }
        if program == "curl" && (is_flag(word, "O") || word == "--remote-name" || short(word).is_some_and(|flags| flags.contains('O'))) {
            return Some(remote.to_owned());
        }
        if short(word).is_some_and(|flags| flags.ends_with(['o', 'O'])) {
            return next();
        }
        let attached = word.strip_prefix("-o").or_else(|| word.strip_prefix("-qO")).or_else(|| word.strip_prefix("-O"));
        if let Some(name) = attached.filter(|name| !name.is_empty() && !word.starts_with("--")) {
            return Some(name.to_owned());
        }
        // `-so/tmp/a`
        let clustered = word.strip_prefix('-').and_then(|flags| flags.split_once('o')).filter(|(flags, name)| {
            program == "curl" && !name.is_empty() && flags.chars().all(|flag| "fgikLNsSv46#".contains(flag))
        });
        if let Some((_, name)) = clustered {
            return Some(name.to_owned());
        }
        // `certutil -urlcache -f address file`, `bitsadmin /transfer name address file`
        if word == address && matches!(program, "certutil" | "bitsadmin") {
            return next();
        }
    }
    None
}

/// The letters of a cluster of short options.
fn short(word: &str) -> Option<&str> {
    word.strip_prefix('-').filter(|flags| flags.chars().all(|letter| letter.is_ascii_alphabetic()) && !flags.is_empty())
}

/// Whether an address is this machine's own.
fn is_local(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("://") else { return false };
    let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
    matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0") || rest.starts_with("[::1]")
}

/// Addresses from which a package manager is told to install.
fn installs(program: &str, rest: &[String]) -> Vec<String> {
    let plain = |word: &String| word.contains("://");
    let python = program.starts_with("python") && rest.iter().any(|word| word == "pip");
    let manages = matches!(program, "pip" | "pip2" | "pip3" | "uv" | "npm" | "yarn" | "pnpm" | "npx" | "easy_install" | "gem" | "go" | "cargo")
        || program.starts_with("pip3.")
        || python;
    let acts = rest.iter().any(|word| matches!(word.as_str(), "install" | "add" | "download" | "i" | "config" | "wheel" | "set"));
    let windows = program.eq_ignore_ascii_case("msiexec") || program.eq_ignore_ascii_case("msiexec.exe");
    let system = matches!(program, "rpm" | "dpkg" | "apt" | "apt-get" | "yum" | "dnf");
    if !(manages && acts || windows || system) {
        return Vec::new();
    }
    // Through a proxy everything comes, and from this machine nothing of others does.
    let before = std::iter::once("").chain(rest.iter().map(String::as_str));
    let taken = rest.iter().zip(before).filter(|(word, before)| {
        plain(word) && *before != "--proxy" && !word.starts_with("--proxy=") && !is_local(word)
    });
    taken.map(|(word, _)| word).take(16).map(|word| {
        let from = word.find("http").or_else(|| word.find("git")).unwrap_or(0);
        word.get(from..).unwrap_or(word).to_owned()
    }).collect()
}
