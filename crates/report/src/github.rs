//! Workflow commands of GitHub Actions: an annotation for each finding, worst first, and for what was not read.
//!
//! A line of a log is a command only where it begins with `::`; data ends at a line break, so `%`, CR and LF are escaped, in
//! properties also `:` and `,` (actions/toolkit, `command.ts`).

use std::io::{self, Write};

use base::{
    escape,
    finding::Finding,
    report::Report,
    verdict::{Severity, Verdict},
};

use crate::{
    Page,
    groups::{self, Group},
    whereabouts::{Whereabouts, plain},
    words::{self, counted, paragraphs, point},
};

/// Annotations of findings: GitHub shows ten a step and kind, fifty a run.
const MOST: usize = 50;

/// Characters of a message.
const LONGEST: usize = 1_000;

/// Writes `report`.
pub(crate) fn write(report: &Report, _page: Page, out: &mut dyn Write) -> io::Result<()> {
    let verdict = report.verdict.id().to_uppercase();
    let title = format!("{verdict} {}", words::target(report));
    let summary = format!("{} · {}", words::found(report), words::read(report));
    let whole = if report.verdict >= Verdict::Incomplete { "warning" } else { "notice" };
    command(whole, &[("title", &title)], &summary, out)?;
    let whereabouts = Whereabouts::of(report);
    let groups = groups::active(report);
    let causes: Vec<(&Group<'_>, &Vec<&Finding>)> =
        groups.iter().flat_map(|group| group.causes.iter().map(move |cause| (group, cause))).collect();
    for (group, cause) in causes.iter().take(MOST) {
        annotation(group, cause, &whereabouts, out)?;
    }
    let left = causes.len().saturating_sub(MOST) as u64;
    if left > 0 {
        let text = format!(
            "{} not shown here; the other reports list them all",
            counted(left, "more finding", "more findings")
        );
        command("warning", &[("title", "More findings")], &text, out)?;
    }
    for (reason, count) in &report.summary.reasons {
        let title = format!("Not fully read: {}", counted(*count, "artifact", "artifacts"));
        let first = report.artifacts.iter().find(|record| record.reason == Some(*reason));
        let file = first.map(|record| plain(&whereabouts.file(&record.path))).unwrap_or_default();
        command("warning", &[("file", &file), ("title", &title)], &format!("{reason}: {}", reason.describe()), out)?;
    }
    Ok(())
}

/// One cause, at the first file where it was found.
fn annotation(
    group: &Group<'_>,
    cause: &[&Finding],
    whereabouts: &Whereabouts<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(first) = cause.first() else { return Ok(()) };
    let kind = match first.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    };
    let at = &first.location;
    let inside = whereabouts.inside(&at.path);
    // A line of a member is no line of the file.
    let line = at.line.filter(|_| inside.is_none()).map(|line| line.to_string()).unwrap_or_default();
    let column = at.column.filter(|_| inside.is_none()).map(|column| column.to_string()).unwrap_or_default();
    let file = plain(&whereabouts.file(&at.path));
    let title = format!("{}: {} ({})", first.severity, first.title, first.rule);
    let mut text = escape::bounded(&first.message, LONGEST);
    let place = [inside.unwrap_or_default().to_owned(), point(at)];
    let place: Vec<&str> = place.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if !place.is_empty() {
        text.push_str(&format!("\nWhere: {}", escape::bounded(&place.join(", "), LONGEST)));
    }
    let more = (cause.len() as u64).saturating_sub(1);
    if more > 0 {
        text.push_str(&format!("\nAlso in {}", counted(more, "more artifact", "more artifacts")));
    }
    let remedy: Vec<String> =
        paragraphs(&group.first.remedy).iter().map(|line| escape::bounded(line, LONGEST)).collect();
    text.push_str(&format!("\nWhat to do: {}", remedy.join("\n")));
    command(kind, &[("file", &file), ("line", &line), ("col", &column), ("title", &title)], &text, out)
}

/// One command; properties without a value are left out.
fn command(name: &str, properties: &[(&str, &str)], data: &str, out: &mut dyn Write) -> io::Result<()> {
    let given = properties.iter().filter(|(_, value)| !value.is_empty());
    let given: Vec<String> = given.map(|(name, value)| format!("{name}={}", property(value))).collect();
    let space = if given.is_empty() { "" } else { " " };
    writeln!(out, "::{name}{space}{}::{}", given.join(","), self::data(data))
}

/// Data of a command: our own line breaks stay, as `%0A`.
fn data(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(|line| escape::line(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    escape::bounded(text, LONGEST).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_field() {
        let mut out = Vec::new();
        command("error", &[("file", "a,b:c%\r\n::x"), ("line", "")], "50%\n::error::\r\u{1b}", &mut out).unwrap();
        let expected = "::error file=a%2Cb%3Ac%25\\u{d}\\u{a}%3A%3Ax::50%25%0A::error::\\u{d}\\u{1b}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
