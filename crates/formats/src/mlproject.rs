//! MLproject files of MLflow: the commands of entry points, which `mlflow run` gives to a shell. The YAML reader reads the rest.

use base::{
    blob::Blob,
    fact::Kind,
    format::{Certainty, Class, Depth, Format, Head},
    sink::Sink,
    source::Access,
    stop::Stop,
};

use crate::{
    identified::file_name,
    whole::{self, Kept},
};

/// An MLproject file, by its name: there is no other.
pub const FORMAT: Format = Format {
    id: "mlproject",
    name: "MLflow project",
    extensions: &[],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity],
    detect,
    explain: None,
    parse,
};

/// Bytes of a project file.
const LENGTH: usize = 1 << 20;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    if !file_name(head).eq_ignore_ascii_case("mlproject") {
        return None;
    }
    let text = std::str::from_utf8(head.first).is_ok_and(|text| text.contains("command"));
    text.then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    whole::embedded(blob, sink, LENGTH, FORMAT.id, "commands.sh", commands)
}

/// The values of `command`, each on the line on which it stands: plain, quoted, block or inside braces.
fn commands(text: &str, kept: &mut Kept) {
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let Some((before, value)) = key(line) else { continue };
        let value = value.trim();
        let block = value.starts_with(['|', '>']) || value.is_empty();
        let mut command = if block { String::new() } else { unquoted(value) };
        // A value goes on in the lines that are indented further.
        let folded = !value.starts_with('|');
        while let Some((_, next)) = lines.peek() {
            if !next.trim().is_empty() && indentation(next) <= before {
                break;
            }
            if !command.is_empty() {
                command.push(if folded { ' ' } else { '\n' });
            }
            command.push_str(next.trim());
            lines.next();
        }
        kept.keep(number, &command);
    }
}

/// The indentation of a line with the key `command`, and the value behind it.
fn key(line: &str) -> Option<(usize, &str)> {
    let trimmed = line.trim_start_matches([' ', '\t', '-', '{']);
    for key in ["command", "\"command\"", "'command'"] {
        if let Some(value) = trimmed.strip_prefix(key).and_then(|rest| rest.trim_start().strip_prefix(':')) {
            return Some((indentation(line), value));
        }
    }
    // `main: {command: "…"}`
    let (_, value) = line.split_once("{command:").or_else(|| line.split_once("{ command:"))?;
    Some((indentation(line), value.trim_end().trim_end_matches('}')))
}

fn indentation(line: &str) -> usize {
    line.len().saturating_sub(line.trim_start().len())
}

/// A scalar without its quotation marks.
fn unquoted(value: &str) -> String {
    let strip = |mark: char| value.strip_prefix(mark).and_then(|inner| inner.strip_suffix(mark));
    match (strip('"'), strip('\'')) {
        (Some(inner), _) => inner.replace("\\\"", "\"").replace("\\n", "\n"),
        (None, Some(inner)) => inner.replace("''", "'"),
        (None, None) => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_every_form() {
        let text = "name: x\nentry_points:\n  main:\n    command: \"python a.py {b}\"\n  two:\n    command: |\n      curl x \\\n        | sh\n  three: {command: 'id'}\n";
        let found = |text: &str| {
            let mut kept = Kept::default();
            commands(text, &mut kept);
            kept.text()
        };
        assert_eq!(found(text).unwrap(), "\n\n\npython a.py {b}\n\ncurl x \\\n| sh\n\nid\n");
        assert_eq!(found("name: x\n"), None);
    }
}
