//! Scripts of Windows: batch files of `cmd` and PowerShell, which state the facts that shell scripts do.
//!
//! Each has a grammar of its own; what comes out are commands and lists in plain words, carets, backticks and joined
//! texts taken away, and what a script names that it fetched before stands beside the statement that runs it.

mod batch;
mod functions;
mod loops;
mod powershell;
#[cfg(test)]
mod tests;
mod texts;

use std::collections::HashMap;

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Claim,
    fact::{Identity, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    listing::Listing,
    location::Place,
    sink::Sink,
    source::Access,
    stop::Stop,
};

use super::{LENGTH, Script};
use crate::whole;

/// Batch files, by name.
pub const BATCH: Format = Format {
    id: "batch",
    name: "Windows batch file",
    extensions: &["bat", "cmd"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Operator],
    detect: |head: &Head<'_>| crate::identified::is_batch(head).then_some(Certainty::Certain),
    explain: Some(batch::list),
    parse: |blob, sink| parse(blob, sink, "batch", batch::statements),
};

/// PowerShell scripts and modules, by name or by their first line.
pub const POWERSHELL: Format = Format {
    id: "powershell",
    name: "PowerShell",
    extensions: &["ps1", "psm1", "psd1"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Operator],
    detect: |head: &Head<'_>| crate::identified::is_powershell(head).then_some(Certainty::Certain),
    explain: Some(powershell::list),
    parse: |blob, sink| parse(blob, sink, "powershell", powershell::statements),
};

/// Memory that the statements of a script take for one byte of it.
const FACTOR: u64 = 12;
/// Statements of one script.
const STATEMENTS: usize = 1 << 15;
/// Files remembered that a script fetches.
const FETCHED: usize = 256;

/// One statement: the line on which it begins, from 0, and its text in plain words.
pub(super) struct Statement {
    pub(super) line: usize,
    pub(super) text: String,
}

/// What the statements of a text are; they pay for what expanding variables makes.
type Split = fn(&str, &Meter) -> Result<Vec<Statement>, Stop>;

fn parse(blob: &Blob, sink: &mut Sink<'_>, language: &'static str, split: Split) -> Result<(), Stop> {
    let bytes = whole::read(blob, sink.meter(), LENGTH)?;
    let end = bytes.len() as u64;
    let held = end.saturating_mul(FACTOR);
    sink.meter().hold(held)?;
    let outcome = follow(&text_of(&bytes), sink, split);
    sink.meter().release(held);
    outcome?;
    sink.claim(0..end, Claim::Read);
    sink.fact(Place::bytes(0, end), Identity { key: "language".into(), value: language.into() })
}

/// The text of a script: PowerShell and `cmd` write UTF-16 too.
pub(super) fn text_of(bytes: &[u8]) -> String {
    let unit = |read: fn([u8; 2]) -> u16, rest: &[u8]| {
        let units = rest.chunks_exact(2).map(|pair| match pair {
            [first, second] => read([*first, *second]),
            _ => 0,
        });
        char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => unit(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => unit(u16::from_be_bytes, rest),
        _ => String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned(),
    }
}

fn follow(text: &str, sink: &mut Sink<'_>, split: Split) -> Result<(), Stop> {
    let mut script = Script::begin(text);
    // The name of each fetched file, and the statement that fetches it.
    let mut fetched: HashMap<String, String> = HashMap::new();
    for statement in split(text, &sink.meter().clone())? {
        sink.meter().steps((statement.text.len() as u64).saturating_add(1))?;
        let lower = statement.text.to_lowercase();
        let before = fetched.iter().find(|(name, _)| mentions(&lower, name)).map(|(_, before)| before.clone());
        if let Some(before) = before {
            // As one line: what was fetched, and what runs it.
            script.windows(statement.line, &format!("{before} & start {}", statement.text), sink)?;
        }
        script.windows(statement.line, &statement.text, sink)?;
        if let Some(name) = fetched_file(&lower).filter(|_| fetched.len() < FETCHED) {
            fetched.insert(name, statement.text);
        }
    }
    script.finish(sink)
}

/// Whether a statement names a file other than by deleting it or looking at it.
fn mentions(statement: &str, name: &str) -> bool {
    let first = statement.trim_start_matches(['@', '&', '.', ' ', '(', '"', '\'']).split_whitespace().next();
    let looks = ["del", "erase", "remove-item", "rm", "ri", "if", "echo", "write-host", "test-path", "tar", "expand-archive", "dir"];
    statement.contains(name) && !first.is_some_and(|first| looks.contains(&first)) && fetched_file(statement).is_none()
}

/// The file that a statement in lower case fetches: the last part of its name.
fn fetched_file(statement: &str) -> Option<String> {
    const FETCH: &[&str] = &[
        "downloadfile",
        "invoke-webrequest",
        "iwr ",
        "start-bitstransfer",
        "certutil",
        "bitsadmin",
        "curl",
        "wget",
        "invoke-restmethod",
        "irm ",
    ];
    let fetches = FETCH.iter().any(|word| statement.contains(word)) && statement.contains("://");
    let mut words = statement.split(|letter: char| letter.is_whitespace() || "'\"(),;=|".contains(letter));
    let file = |word: &&str| {
        !word.contains("://")
            && !word.starts_with(['-', '/'])
            && word.rsplit_once('.').is_some_and(|(stem, ending)| {
                !stem.is_empty() && RUN.contains(&ending)
            })
    };
    let name = words.rfind(file).filter(|_| fetches)?;
    name.rsplit(['\\', '/']).next().map(str::to_owned)
}

/// Endings of what Windows runs.
const RUN: &[&str] = &[
    "bat", "cmd", "com", "cpl", "dll", "exe", "hta", "jar", "js", "jse", "lnk", "msi", "pif", "ps1", "psm1", "py", "scr", "vbe",
    "vbs", "wsf",
];

/// Lists a script.
fn list_as(blob: &Blob, meter: &Meter, language: &'static str, names: fn(&str) -> whole::Names) -> Result<Listing, Stop> {
    whole::list(blob, meter, LENGTH, language, names)
}
