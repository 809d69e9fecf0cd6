//! What was not examined, by reason, and what can be done about it.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use base::{
    escape,
    reason::Reason,
    report::{ArtifactRecord, Report},
};

use super::canvas::{Canvas, DIM, badge};
use crate::words::{counted, elide, hint, size};

/// Artifacts shown for one reason; the rest are counted.
const SHOWN: usize = 5;

/// Writes the artifacts that are not complete.
pub(super) fn write(report: &Report, canvas: &mut Canvas) {
    if report.summary.incomplete == 0 {
        return;
    }
    let mut reasons: BTreeMap<Reason, Vec<&ArtifactRecord>> = BTreeMap::new();
    for record in report.artifacts.iter().filter(|record| !record.complete()) {
        reasons.entry(record.reason.unwrap_or(Reason::Unclaimed)).or_default().push(record);
    }
    canvas.blank();
    let count = counted(report.summary.incomplete, "artifact", "artifacts");
    canvas.heading((badge(AnsiColor::Blue), " NOT FULLY READ ".into()), &count, "");
    for (reason, records) in reasons {
        canvas.blank();
        canvas.text(1, Style::new(), &format!("{reason}: {}", reason.describe().trim()));
        for record in records.iter().take(SHOWN) {
            canvas.text(3, Style::new(), &format!("· {}", line(record)));
        }
        let left = records.len().saturating_sub(SHOWN);
        if left > 0 {
            canvas.text(3, DIM, &format!("… and {left} more"));
        }
        if let Some(hint) = hint(reason) {
            canvas.text(3, DIM, hint);
        }
    }
}

/// An artifact with its format, its size and what exactly went wrong.
fn line(record: &ArtifactRecord) -> String {
    let path: Vec<String> = record.path.split("!/").map(|name| elide(name, 120)).collect();
    let mut text = path.join("!/");
    match (&*record.format, record.size) {
        ("unknown", None) | ("folder", _) => {}
        ("unknown", Some(bytes)) => text.push_str(&format!(" ({})", size(bytes))),
        (format, None) => text.push_str(&format!(" ({format})")),
        (format, Some(bytes)) => text.push_str(&format!(" ({format}, {})", size(bytes))),
    }
    let told = record.reason.map(|reason| reason.describe().trim());
    if let Some(detail) =
        record.detail.as_deref().map(str::trim).filter(|detail| !detail.is_empty() && Some(*detail) != told)
    {
        text.push_str(&format!(": {}", escape::bounded(detail, 300)));
    }
    text
}
