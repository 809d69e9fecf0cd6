//! A table by RFC 4180: a row for the scan, one for each finding, one for each artifact that was not fully read. Every field is
//! quoted, and what a spreadsheet would take for a formula begins with an apostrophe.

use std::io::{self, Write};

use base::{
    escape,
    finding::Finding,
    report::{ArtifactRecord, Report},
};

use crate::{
    Page,
    groups::worst_first,
    whereabouts::{Whereabouts, plain},
    words::{listed, paragraphs},
};

const COLUMNS: [&str; 25] = [
    "record",
    "verdict",
    "severity",
    "confidence",
    "kind",
    "rule",
    "category",
    "title",
    "message",
    "subject",
    "file",
    "artifact",
    "offset",
    "length",
    "line",
    "column",
    "pointer",
    "count",
    "status",
    "standards",
    "remedy",
    "evidence",
    "lowered",
    "fingerprint",
    "sha256",
];

/// Writes `report`.
pub(crate) fn write(report: &Report, _page: Page, out: &mut dyn Write) -> io::Result<()> {
    let whereabouts = Whereabouts::of(report);
    row(&COLUMNS.map(|column| (column, column.to_owned())), out)?;
    let scan = [
        ("record", "scan".into()),
        ("verdict", report.verdict.to_string()),
        ("status", report.completeness.to_string()),
        ("file", report.target.join(", ")),
        ("count", report.summary.artifacts.to_string()),
    ];
    row(&scan, out)?;
    for found in worst_first(report) {
        row(&finding(found, &whereabouts), out)?;
    }
    for record in report.artifacts.iter().filter(|record| !record.complete()) {
        row(&unread(record, &whereabouts), out)?;
    }
    Ok(())
}

type Field = (&'static str, String);

fn finding(found: &Finding, whereabouts: &Whereabouts<'_>) -> Vec<Field> {
    let at = &found.location;
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let lowered = found.lowered.as_ref().map(|lowered| format!("from {}: {}", lowered.from, lowered.reason));
    vec![
        ("record", "finding".into()),
        ("severity", found.severity.to_string()),
        ("confidence", found.confidence.to_string()),
        ("kind", found.kind.to_string()),
        ("rule", found.rule.to_string()),
        ("category", found.category.to_string()),
        ("title", found.title.to_string()),
        ("message", found.message.clone()),
        ("subject", found.subject.clone()),
        ("file", plain(&whereabouts.file(&at.path))),
        ("artifact", found.artifact.to_string()),
        ("offset", at.offset.to_string()),
        ("length", at.length.to_string()),
        ("line", number(at.line)),
        ("column", number(at.column)),
        ("pointer", at.pointer.as_deref().unwrap_or_default().into()),
        ("count", found.count.to_string()),
        ("status", crate::words::status_word(found.status).into()),
        ("standards", listed(found.standards(), " ")),
        ("remedy", paragraphs(&found.remedy).join(" ")),
        ("evidence", found.evidence.clone()),
        ("lowered", lowered.unwrap_or_default()),
        ("fingerprint", found.fingerprint.clone()),
    ]
}

fn unread(record: &ArtifactRecord, whereabouts: &Whereabouts<'_>) -> Vec<Field> {
    let reason = record.reason;
    vec![
        ("record", "not-read".into()),
        ("rule", reason.map(|reason| reason.id().to_owned()).unwrap_or_default()),
        ("title", reason.map(|reason| reason.describe().to_owned()).unwrap_or_default()),
        ("message", record.detail.clone().unwrap_or_default()),
        ("subject", record.format.to_string()),
        ("file", plain(&whereabouts.file(&record.path))),
        ("artifact", record.path.to_string()),
        ("length", record.size.map(|size| size.to_string()).unwrap_or_default()),
        ("sha256", record.sha256.clone().unwrap_or_default()),
    ]
}

/// One record; columns without a field are empty.
fn row(fields: &[Field], out: &mut dyn Write) -> io::Result<()> {
    let text = |column: &&str| fields.iter().find(|(name, _)| name == column).map_or("", |(_, text)| text.as_str());
    let cells: Vec<String> = COLUMNS.iter().map(|column| cell(text(column))).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// `text` as one harmless cell: quoted, visible, and no formula.
fn cell(text: &str) -> String {
    let shown = escape::line(text);
    let formula = shown.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '|', '%']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, shown.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_quotes_are_doubled() {
        let cells = ["=cmd|' /C calc'!A0", " +1", "-1", "@x", "a=1", "\"q\",\r\n", ""].map(cell);
        let expected = [
            "\"'=cmd|' /C calc'!A0\"",
            "\"' +1\"",
            "\"'-1\"",
            "\"'@x\"",
            "\"a=1\"",
            "\"\"\"q\"\",\\u{d}\\u{a}\"",
            "\"\"",
        ];
        assert_eq!(cells, expected);
    }
}
