//! Commands inside the arguments of programs that are no shell: `watch '…'`, `perl -e 'system("…")'`.

use base::{budget::Meter, stop::Stop};
use eval::Value;

/// Programs that run commands which stand in their arguments.
pub(super) const RUNNERS: &[&str] = &[
    "ex", "expect", "find", "flock", "forfiles", "make", "parallel", "runuser", "screen", "script", "ssh", "strace", "su",
    "tar", "tmux", "trap", "vi", "vim", "watch", "wmic", "xargs", "yargs",
];
/// Interpreters without a reader of their own, whose source can run commands.
pub(super) const INTERPRETERS: &[&str] =
    &["awk", "bun", "deno", "emacs", "gawk", "julia", "lua", "mawk", "nawk", "node", "perl", "php", "ruby", "tclsh"];
/// Functions of those that give a text to a shell.
const CALLS: &[&str] = &[
    "call-process", "exec", "execsync", "execute", "passthru", "popen", "proc_open", "qx", "run", "shell-command", "shell_exec", "spawn", "spawnsync", "system",
];

/// The words that are scripts: of several words themselves.
pub(super) fn scripts(words: &[String]) -> Vec<String> {
    let stripped = words.iter().map(|word| {
        let word = word.split_once("exec=").map_or(word.as_str(), |(_, rest)| rest);
        word.trim_start_matches([':', '!', '+'])
    });
    stripped.filter(|word| word.contains(' ') && word.len() > 4).map(str::to_owned).collect()
}

/// The texts that source of another language gives to a shell.
pub(super) fn commands(code: &str, meter: &Meter) -> Result<Vec<String>, Stop> {
    let mut found = Vec::new();
    for (at, mark) in code.match_indices(['"', '\'', '`']).take(256) {
        meter.steps(1)?;
        let before = code.get(..at).unwrap_or_default();
        let before = before.get(before.len().saturating_sub(before.len().min(80))..).unwrap_or_default();
        let rest = code.get(at.saturating_add(mark.len())..).unwrap_or_default();
        let Some((text, _)) = rest.split_once(mark).filter(|(text, _)| text.len() <= 1 << 14) else { continue };
        let head = before.trim_end().trim_end_matches('(').trim_end();
        let word = head.rsplit(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'))).next().unwrap_or_default();
        let word = word.to_ascii_lowercase();
        let runs = mark == "`" || CALLS.contains(&word.as_str());
        if runs {
            found.push(text.to_owned());
        } else if word.contains("base64") {
            let call = eval::call(&Value::global("base64", "b64decode"), &[Value::str(text)], &[], meter)?;
            found.extend(call.result.as_bytes().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()));
        }
    }
    Ok(found)
}
