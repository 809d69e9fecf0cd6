//! Text that some interpreter runs: told by its name or its first line, because a name may take inertness away.

use base::format::Head;

/// The file's own name without the folders of a member's path.
pub(crate) fn file_name<'a>(head: &Head<'a>) -> &'a str {
    let folders = memchr::memrchr2(b'/', b'\\', head.name.as_bytes()).map_or(0, |at| at.saturating_add(1));
    head.name.get(folders..).unwrap_or_default()
}

/// What follows the last dot of the name; empty without a dot.
pub(crate) fn extension<'a>(head: &Head<'a>) -> &'a str {
    file_name(head).rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn named(head: &Head<'_>, extensions: &[&str]) -> bool {
    let extension = extension(head);
    extensions.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The interpreter line behind `#!`, where it is text. Rust writes `#![` for something else.
fn interpreter<'a>(head: &Head<'a>) -> Option<&'a str> {
    let line = head.first.strip_prefix(b"#!")?;
    let line = line.get(..line.len().min(256)).unwrap_or_default();
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = std::str::from_utf8(line).ok()?.trim();
    (!line.is_empty() && !line.starts_with('[') && !line.chars().any(char::is_control)).then_some(line)
}

pub(crate) fn interpreted(head: &Head<'_>, words: &[&str]) -> bool {
    interpreter(head).is_some_and(|line| words.iter().any(|word| line.contains(word)))
}

/// Interpreters that have a row of their own; any other `#!` is a shell's.
const OTHER: &[&str] = &["perl", "ruby", "julia", "php", "tclsh", "wish", "osascript", "awk"];

pub(super) fn cython(head: &Head<'_>) -> bool {
    named(head, &["pyx", "pxd"])
}

pub(crate) fn shell(head: &Head<'_>) -> bool {
    named(head, &["sh", "bash", "zsh", "ksh", "csh", "tcsh", "dash", "fish", "command"])
        || interpreter(head).is_some()
            && !interpreted(head, OTHER)
            && !interpreted(head, &["python", "pypy", "lua", "Rscript", "node", "deno", "bun", "pwsh"])
}

pub(crate) fn batch(head: &Head<'_>) -> bool {
    named(head, &["bat", "cmd"])
}

pub(crate) fn powershell(head: &Head<'_>) -> bool {
    named(head, &["ps1", "psm1", "psd1", "ps1xml"]) || interpreted(head, &["pwsh"])
}

pub(super) fn javascript(head: &Head<'_>) -> bool {
    named(head, &["js", "mjs", "cjs", "jsx"]) || interpreted(head, &["node", "deno", "bun"])
}

/// A page can run scripts: told by its name or by its first tag.
pub(super) fn html(head: &Head<'_>) -> bool {
    let text = head.first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head.first).trim_ascii_start();
    let first = text.get(..text.len().min(16)).unwrap_or_default().to_ascii_lowercase();
    named(head, &["html", "htm", "xhtml"]) || first.starts_with(b"<!doctype html") || first.starts_with(b"<html")
}

pub(super) fn other(head: &Head<'_>) -> bool {
    named(
        head,
        &[
            "pl",
            "pm",
            "rb",
            "jl",
            "php",
            "tcl",
            "vbs",
            "vbe",
            "wsf",
            "wsh",
            "hta",
            "scpt",
            "applescript",
            "groovy",
            "awk",
        ],
    ) || interpreted(head, OTHER)
}
