//! Commands that a program takes in its options, settings and environment: it starts them as its own children.

use super::command::base_name;

/// How the value of an option is a command.
#[derive(Clone, Copy, PartialEq)]
enum How {
    /// As it stands.
    Whole,
    /// Behind a sign that leaves the program's own language: `!command`, `shell command`.
    Escaped,
    /// Behind the name of a setting: `ProxyCommand=command`.
    Setting,
}

/// Programs, their options (none: any word), and how the value is a command.
const OPTIONS: &[(&[&str], &[&str], How)] = &[
    (
        &["bsdtar", "gtar", "tar"],
        &["--info-script", "--new-volume-script", "--rsh-command", "--to-command", "--use-compress-program", "-F", "-I"],
        How::Whole,
    ),
    (&["capsh", "npm", "npx", "yarn"], &["--call", "-c"], How::Whole),
    (&["env"], &["--split-string", "-S"], How::Whole),
    (&["man"], &["--pager", "-H", "-P"], How::Whole),
    (&["mapfile", "readarray"], &["-C"], How::Whole),
    (&["rsync"], &["--rsh", "--rsync-path", "-e"], How::Whole),
    (&["sort"], &["--compress-program"], How::Whole),
    (&["split"], &["--filter"], How::Whole),
    (&["tcpdump"], &["-z"], How::Whole),
    (&["zip"], &["--unzip-command", "-TT"], How::Whole),
    (&["git"], &["--exec", "--open-files-in-pager", "--receive-pack", "--tree-filter", "--upload-pack", "-x", "foreach"], How::Whole),
    (&["git", "hg"], &["--config", "-c"], How::Setting),
    (&["scp", "sftp", "ssh"], &["-o"], How::Setting),
    (
        &["ex", "gdb", "lftp", "mysql", "nvim", "psql", "sqlite3", "vi", "view", "vim", "vimdiff"],
        &[],
        How::Escaped,
    ),
];

/// Signs behind which a command for the shell stands.
const ESCAPES: &[&str] = &["+!", ":!", "!", "\\!", "shell ", ".shell ", ".system ", "+:!", "system "];

/// Settings whose value is a command.
const SETTINGS: &[&str] = &[
    "core.askpass", "core.editor", "core.fsmonitor", "core.gitproxy", "core.pager", "core.sshcommand", "credential.helper",
    "diff.external", "gpg.program", "knownhostscommand", "localcommand", "proxycommand", "sequence.editor", "ui.editor", "ui.ssh",
];
/// Beginnings of such settings.
const FAMILIES: &[&str] = &["alias.", "filter.", "hooks.", "pager."];

/// Variables of the environment whose value some program runs.
const VARIABLES: &[&str] = &[
    "BROWSER", "EDITOR", "GIT_ASKPASS", "GIT_EDITOR", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_PROXY_COMMAND", "GIT_SEQUENCE_EDITOR",
    "GIT_SSH_COMMAND", "LESSCLOSE", "LESSOPEN", "MANPAGER", "PAGER", "RSYNC_RSH", "SUDO_EDITOR", "VISUAL",
];

/// The commands that a program takes in its words.
pub(super) fn commands(program: &str, words: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, options, how) in OPTIONS.iter().filter(|(programs, ..)| programs.contains(&program)) {
        for (index, word) in words.iter().enumerate() {
            let next = words.get(index.saturating_add(1)).map(String::as_str);
            let value = if options.is_empty() { Some(word.as_str()) } else { options.iter().find_map(|option| value(word, option, next)) };
            found.extend(value.and_then(|value| command(value, *how)).map(str::to_owned));
        }
    }
    match program {
        "git" => {
            // `git config core.pager command`, and a transport that is a command.
            let pairs = words.iter().zip(words.iter().skip(1));
            found.extend(pairs.filter(|(name, _)| is_setting(name)).filter_map(|(_, value)| worth(value)).map(str::to_owned));
            found.extend(words.iter().filter_map(|word| word.strip_prefix("ext::")).map(str::to_owned));
        }
        "make" | "gmake" => words.iter().for_each(|word| rules(word, &mut found)),
        _ => {}
    }
    found
}

/// The commands that the environment of a command carries for others.
pub(super) fn environment(words: &[String]) -> Vec<String> {
    let assigned = words.iter().filter_map(|word| word.split_once('='));
    let known = assigned.filter(|(name, _)| VARIABLES.contains(name));
    // `env` stands before the program that it runs; behind `-S` both are one word.
    let split = words.iter().position(|word| base_name(word) == "env").and_then(|at| words.get(at..));
    let split = split.map(|words| commands("env", words)).unwrap_or_default();
    let known = known.filter_map(|(_, value)| worth(value.trim_start_matches('|'))).map(str::to_owned);
    known.chain(split).collect()
}

/// What an option is given: in the same word or in the next.
fn value<'w>(word: &'w str, option: &str, next: Option<&'w str>) -> Option<&'w str> {
    let rest = word.strip_prefix(option)?;
    match rest.strip_prefix('=') {
        _ if rest.is_empty() => next,
        Some(value) if option.starts_with("--") => Some(value),
        // A letter and its value in one word.
        _ if option.len() == 2 && !word.starts_with("--") => Some(rest),
        _ => None,
    }
}

fn command(value: &str, how: How) -> Option<&str> {
    match how {
        How::Whole => worth(value),
        How::Escaped => ESCAPES.iter().find_map(|escape| value.trim_start().strip_prefix(escape)),
        How::Setting => value.split_once('=').filter(|(name, _)| is_setting(name)).and_then(|(_, command)| worth(command)),
    }
}

fn is_setting(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    SETTINGS.contains(&name.as_str()) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// A command of more than one word; a name alone says nothing.
fn worth(value: &str) -> Option<&str> {
    let value = value.trim().trim_start_matches(['!', ';']);
    value.contains([' ', '\t', '|', ';', '$', '`']).then_some(value)
}

/// What a word gives `make`: the shell that it is to use, rules, and calls of `$(shell …)`.
fn rules(word: &str, found: &mut Vec<String>) {
    found.extend(word.strip_prefix("SHELL=").and_then(worth).map(str::to_owned));
    if word.contains('\n') {
        let lines = word.lines().map(|line| line.trim().trim_start_matches(['@', '-', '+']));
        found.extend(lines.filter_map(worth).map(str::to_owned).take(64));
    }
    for (at, mark) in word.match_indices("$(shell ").take(8) {
        let inner = word.get(at.saturating_add(mark.len())..).unwrap_or_default();
        let mut depth = 1_u32;
        let end = inner.char_indices().find(|(_, letter)| {
            depth = match letter {
                '(' => depth.saturating_add(1),
                ')' => depth.saturating_sub(1),
                _ => depth,
            };
            depth == 0
        });
        found.extend(end.and_then(|(end, _)| inner.get(..end)).map(str::to_owned));
    }
}
