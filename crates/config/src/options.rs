//! The options: one row each, from which parsing, defaults, the schema and the documentation are made.

use std::fmt::Write;

use base::{glob::Glob, verdict::Severity};

use crate::{duration, nearest::hint, size, value::Value};

/// What values an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Yes or no.
    Flag,
    /// A whole number.
    Number {
        /// The least.
        least: u64,
        /// The greatest.
        most: u64,
    },
    /// Bytes: a number, or a text with a unit.
    Size,
    /// A text like 30s.
    Duration,
    /// One of these.
    Word(&'static [&'static str]),
    /// Any text that is not empty.
    Text,
    /// A list of texts.
    Texts,
    /// A list of patterns of paths.
    Globs,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The key in files; those of limits stand in `[limits]`.
    pub key: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds where nothing is said, as it would be written; empty where nothing does.
    pub default: &'static str,
    /// The option of the command line.
    pub flag: &'static str,
    /// The variable of the environment.
    pub variable: &'static str,
    /// What it does.
    pub about: &'static str,
}

/// The words of `level`.
const LEVELS: &[&str] = &["quick", "standard", "thorough"];
/// The words of `fail-on`.
const FAIL_ON: &[&str] = &["critical", "high", "medium", "low", "info", "never"];

macro_rules! rows {
    ($( $key:literal $kind:expr, $default:literal, $flag:literal, $variable:literal, $about:literal; )+) => {
        &[$(Row { key: $key, kind: $kind, default: $default, flag: $flag, variable: $variable, about: $about }),+]
    };
}

/// Every option outside `[limits]`, in the order of the documentation.
pub const OPTIONS: &[Row] = rows! {
    "profile" Kind::Text, "\"default\"", "--profile", "MODELWARD_PROFILE",
        "Settings to start from: `default`, `strict`, `audit`, `ci`, or a `[profile.NAME]` of the file";
    "level" Kind::Word(LEVELS), "\"standard\"", "--level", "MODELWARD_LEVEL", "How thorough to be";
    "fail-on" Kind::Word(FAIL_ON), "\"medium\"", "--fail-on", "MODELWARD_FAIL_ON",
        "The severity from which on a finding fails the scan";
    "allow-incomplete" Kind::Flag, "false", "--allow-incomplete", "MODELWARD_ALLOW_INCOMPLETE",
        "Exit with 0 even if something could not be read; the report still says so";
    "strict" Kind::Flag, "false", "--strict", "MODELWARD_STRICT",
        "Lower no severity, allow no import, leave out no rule";
    "select" Kind::Texts, "", "--select", "", "Only findings of these rules or categories count";
    "ignore" Kind::Texts, "", "--ignore", "", "Findings of these rules or categories do not count";
    "include" Kind::Globs, "", "--include", "", "Of folders, scan only files that fit one of these patterns";
    "exclude" Kind::Globs, "", "--exclude", "", "Of folders, scan no files that fit one of these patterns";
    "max-size" Kind::Size, "", "--max-size", "MODELWARD_MAX_SIZE",
        "Do not read larger files; the report is then incomplete";
    "timeout" Kind::Duration, "", "--timeout", "MODELWARD_TIMEOUT", "End the scan after this time with a partial report";
    "jobs" Kind::Number { least: 1, most: 1024 }, "", "--jobs", "MODELWARD_JOBS",
        "Files read side by side; the number of cores where nothing is said";
    "rules" Kind::Text, "", "--rules", "MODELWARD_RULES", "A folder of further rules";
    "temp-dir" Kind::Text, "", "--temp-dir", "MODELWARD_TEMP_DIR", "Where large compressed members are unpacked for a moment";
    "suppressions" Kind::Texts, "", "--suppressions", "", "Files of suppressions";
    "inline-suppressions" Kind::Flag, "false", "--inline-suppressions", "MODELWARD_INLINE_SUPPRESSIONS",
        "Let comments in scanned source accept findings on their line: only for source that you trust";
    "baseline" Kind::Text, "", "--baseline", "MODELWARD_BASELINE", "A file of findings that are known";
    "new-only" Kind::Flag, "false", "--new-only", "MODELWARD_NEW_ONLY",
        "Show and count only what the baseline does not know; without one that is an error";
    "cache" Kind::Flag, "true", "--no-cache", "MODELWARD_NO_CACHE", "Remember complete results of files";
    "cache-dir" Kind::Text, "", "--cache-dir", "MODELWARD_CACHE_DIR",
        "Where they are remembered; the user's cache folder where nothing is said";
};

const COUNT: Kind = Kind::Number { least: 0, most: u64::MAX };

/// The options of `[limits]`; the defaults are those of `base::limits`.
pub const LIMITS: &[Row] = rows! {
    "depth" Kind::Number { least: 0, most: 1000 }, "", "", "", "Nesting of containers in a file";
    "entries" COUNT, "", "", "", "Artifacts in a file";
    "deep-entries" COUNT, "", "", "", "Artifacts in a file that lie four or more containers deep";
    "files" COUNT, "", "", "", "Files of a target";
    "bytes-out" Kind::Size, "", "", "", "Bytes that may come out of compressed members of a file";
    "nested-bytes-out" Kind::Size, "", "", "", "The same through more than one layer of compression";
    "ratio" COUNT, "", "", "", "Expansion above which a member counts as a bomb";
    "bomb-probe" Kind::Size, "", "", "", "Bytes inflated of a member whose stated size says that it is a bomb";
    "bombs" COUNT, "", "", "", "Bombs of a file that are probed";
    "unstated-out" Kind::Size, "", "", "", "Bytes inflated before the ratio of a member of unstated size is looked at";
    "memory" Kind::Size, "", "", "", "Bytes that one reading may hold in memory";
    "spool-memory" Kind::Size, "", "", "", "Bytes of a stream kept in memory before a temporary file is used";
    "spool-disk" Kind::Size, "", "", "", "Bytes of temporary files; 0 forbids them";
    "steps" COUNT, "", "", "", "Steps (opcodes, nodes, folded operations) of one artifact";
    "facts" COUNT, "", "", "", "Facts that one reading may state";
    "artifact-seconds" COUNT, "", "", "", "Seconds for one artifact, to which four seconds a GiB are added";
};

impl Row {
    /// The row with this key; `limits.` before those of limits.
    pub fn find(key: &str) -> Option<&'static Self> {
        match key.strip_prefix("limits.") {
            Some(key) => LIMITS.iter().find(|row| row.key == key),
            None => OPTIONS.iter().find(|row| row.key == key),
        }
    }
}

impl Kind {
    /// The value, if this kind takes it.
    pub(crate) fn check(self, value: Value) -> Result<Value, String> {
        match (self, value) {
            (Self::Flag, Value::Flag(flag)) => Ok(Value::Flag(flag)),
            (Self::Number { least, most }, Value::Number(number)) if (least..=most).contains(&number) => {
                Ok(Value::Number(number))
            }
            (Self::Number { least, most }, Value::Number(number)) => {
                Err(format!("{number} is not between {least} and {most}"))
            }
            (Self::Size, Value::Number(number)) => Ok(Value::Number(number)),
            (Self::Size, Value::Text(text)) => size::parse(&text).map(Value::Number),
            (Self::Duration, Value::Text(text)) => duration::parse(&text).map(|_| Value::Text(text)),
            (Self::Duration, Value::Number(seconds)) => {
                duration::parse(&seconds.to_string()).map(|_| Value::Text(format!("{seconds}s")))
            }
            (Self::Word(words), Value::Text(text)) if words.contains(&&*text) => Ok(Value::Text(text)),
            (Self::Word(words), Value::Text(text)) => {
                let near = hint(&text, words.iter().copied());
                Err(format!("{text:?} is none of {}{near}", words.join(", ")))
            }
            (Self::Text, Value::Text(text)) if !text.is_empty() => Ok(Value::Text(text)),
            (Self::Texts, Value::List(list)) if list.iter().all(|text| !text.is_empty()) => Ok(Value::List(list)),
            (Self::Globs, Value::List(list)) => {
                for text in &list {
                    Glob::parse(text).map_err(|why| format!("{text:?}: {why}"))?;
                }
                Ok(Value::List(list))
            }
            (kind, _) => Err(format!("wants {}", kind.describe())),
        }
    }

    /// What is wanted, in words.
    pub fn describe(self) -> String {
        match self {
            Self::Flag => "true or false".into(),
            Self::Number { most: u64::MAX, .. } => "a whole number".into(),
            Self::Number { least, most } => format!("a whole number from {least} to {most}"),
            Self::Size => "a size, as 4096, \"500MB\" or \"2GiB\"".into(),
            Self::Duration => "a duration, as \"30s\", \"5m\" or \"1h\"".into(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Text => "a text".into(),
            Self::Texts => "a list of texts".into(),
            Self::Globs => "a list of patterns; * and ? stay within a part of a path, ** crosses them".into(),
        }
    }
}

/// The documentation of every option, in Markdown.
pub fn page() -> String {
    let mut text = String::from(
        "## Options\n\n| key | takes | default | option | variable | what it does |\n|---|---|---|---|---|---|\n",
    );
    let code = |word: &str| if word.is_empty() { String::new() } else { format!("`{word}`") };
    for row in OPTIONS {
        let takes = row.kind.describe();
        let (default, flag, variable) = (code(row.default), code(row.flag), code(row.variable));
        let _ = writeln!(text, "| `{}` | {takes} | {default} | {flag} | {variable} | {} |", row.key, row.about);
    }
    text.push_str("\n## `[limits]`\n\nReaching one makes the artifact incomplete; what was found before is kept.\n\n| key | takes | default | what it limits |\n|---|---|---|---|\n");
    for row in LIMITS {
        let default = crate::merge::default_limit(row.key);
        let _ = writeln!(text, "| `{}` | {} | `{default}` | {} |", row.key, row.kind.describe(), row.about);
    }
    let severities: Vec<&str> = Severity::ALL.iter().rev().map(|severity| severity.id()).collect();
    let _ = write!(text, "{}", TABLES.replace("SEVERITIES", &severities.join(", ")));
    text
}

/// The tables that are not plain options.
const TABLES: &str = "
## `[rules.ID]`

`severity` (one of SEVERITIES) instead of the one that the rule states, and a `reason`. The report shows both severities.

## `[[allow]]`

`import` is the exact name of a callable, `module.name`, without wildcards; `reason` is required, `owner` is not. What is said of
that very name is lowered to info, with the reason in the report. What is said of the arguments of a call is not lowered.

## `[[suppress]]`

All that an entry names must hold of a finding: `rule` (an id), `path` (a pattern over the artifact's path or that of a
container of it), `sha256` (of the artifact or of the file that it lies in), `fingerprint`, `import` (`module.name`). `reason` is
required; `owner` and `expires` (the last day, `2026-12-31`) are not. Suppressed findings stay in every report, with reason and
owner. An entry that expired no longer holds, and the report says so; one that fits nothing is told as unused.

## `[profile.NAME]`

Any of the options, `limits` and `rules` above, in force with `--profile NAME`. A profile named as a built-in one adds to it.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart_and_the_limits_are_those_of_the_engine() {
        let mut keys: Vec<_> = OPTIONS.iter().map(|row| row.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), OPTIONS.len());
        let limits = serde_json::to_value(base::limits::Limits::default()).unwrap();
        let mut names: Vec<_> = limits.as_object().unwrap().keys().map(|key| key.replace('_', "-")).collect();
        names.retain(|name| name != "timeout");
        assert_eq!(names, LIMITS.iter().map(|row| row.key).collect::<Vec<_>>());
    }

    #[test]
    fn the_page_tells_every_option() {
        let page = page();
        for row in OPTIONS.iter().chain(LIMITS) {
            assert!(page.contains(&format!("| `{}` |", row.key)), "{}", row.key);
        }
    }
}
