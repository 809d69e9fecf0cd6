//! The report for people: the verdict first, then what would happen, where, why and what to do; then what was not read.

mod canvas;
mod findings;
mod unread;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use base::{report::Report, verdict::Verdict};

use self::canvas::{BOLD, Canvas, DIM, badge};
use crate::{
    Page,
    words::{self, counted, size},
};

/// Writes `report` for people.
pub(crate) fn write(report: &Report, page: Page, out: &mut dyn Write) -> io::Result<()> {
    let mut canvas = Canvas::new(page);
    verdict(report, &mut canvas);
    if !page.brief {
        findings::write(report, &mut canvas);
        unread::write(report, &mut canvas);
        closing(report, &mut canvas);
    }
    out.write_all(canvas.finish().as_bytes())
}

/// One line that says it all, and one that says what to make of it.
fn verdict(report: &Report, canvas: &mut Canvas) {
    let badge = (badge(verdict_style(report.verdict)), format!(" {} ", report.verdict.id().to_uppercase()));
    canvas.heading(badge, &words::target(report), &format!("{} · {}", words::found(report), words::read(report)));
    if !canvas.brief() {
        canvas.text(1, Style::new(), words::advice(report));
    }
}

fn verdict_style(verdict: Verdict) -> AnsiColor {
    match verdict {
        Verdict::Malicious => AnsiColor::Red,
        Verdict::Suspicious => AnsiColor::Yellow,
        Verdict::Incomplete => AnsiColor::Blue,
        Verdict::Clean => AnsiColor::Green,
    }
}

/// Rules, bytes and the tool, one line each.
fn closing(report: &Report, canvas: &mut Canvas) {
    canvas.blank();
    canvas.field("checks", DIM, &words::checks(report));
    let bytes = report.coverage;
    let (total, analysed, opaque) = (size(bytes.bytes_total), size(bytes.analysed), size(bytes.opaque));
    let skipped = size(bytes.skipped);
    canvas.field("bytes", DIM, &format!("{total}: {analysed} understood, {opaque} tensor data, {skipped} not read"));
    if report.summary.suppressed > 0 {
        let count = counted(report.summary.suppressed, "finding that does", "findings that do");
        canvas.field("hidden", BOLD, &format!("{count} not count (suppressed, or in the baseline)"));
    }
    for notice in &report.notices {
        canvas.field("note", BOLD, &notice.message);
    }
    let tool = &report.tool;
    let version = format!("{} {}, rules {}, level {}", tool.name, tool.version, tool.catalogue, tool.level.id());
    canvas.field("tool", DIM, &version);
}

#[cfg(test)]
mod tests;
