//! The findings, worst first, those of one rule together: what would happen, where, why we think so, what to do.

use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use base::{
    escape,
    finding::Finding,
    location::Location,
    report::Report,
    verdict::{Confidence, Severity},
};

use super::canvas::{BOLD, Canvas, DIM, badge};
use crate::{
    groups::{self, Group},
    words::{LONGEST_NAME, counted, elide, paragraphs, point},
};

/// Messages of one rule that are shown; the rest are counted.
const MESSAGES: usize = 6;
/// Artifacts shown for one message.
const ARTIFACTS: usize = 4;
/// Characters shown of a message and of evidence.
const LONGEST: usize = 600;

/// Writes every finding that counts.
pub(super) fn write(report: &Report, canvas: &mut Canvas) {
    for group in groups::active(report) {
        canvas.blank();
        let link = report.rules.get(&group.first.rule).and_then(|rule| rule.link.as_deref());
        heading(&group, link, canvas);
        for cause in group.causes.iter().take(MESSAGES) {
            canvas.blank();
            self::cause(cause, canvas);
        }
        let left = group.causes.len().saturating_sub(MESSAGES);
        if left > 0 {
            canvas.blank();
            canvas.more(0, DIM, &format!("… and {left} more of this kind; the JSON report lists them all"));
        }
        remedy(&group.first.remedy, canvas);
    }
}

fn heading(group: &Group<'_>, link: Option<&str>, canvas: &mut Canvas) {
    let first = group.first;
    let label = format!(" {} ", first.severity.id().to_uppercase());
    canvas.heading((badge(colour(first.severity)), format!("{label:<10}")), &first.title, "");
    let words = [&first.category].into_iter().chain(first.standards()).map(Arc::as_ref);
    let words: Vec<&str> = words.collect();
    canvas.linked(11, DIM, (&first.rule, link), &format!(" · {}", words.join(" · ")));
}

fn colour(severity: Severity) -> AnsiColor {
    match severity {
        Severity::Critical => AnsiColor::Red,
        Severity::High => AnsiColor::Magenta,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low => AnsiColor::Cyan,
        Severity::Info => AnsiColor::White,
    }
}

/// What would happen, where and why.
fn cause(findings: &[&Finding], canvas: &mut Canvas) {
    let Some(first) = findings.first() else { return };
    canvas.field("what", BOLD, &escape::bounded(&first.message, LONGEST));
    for (index, finding) in findings.iter().take(ARTIFACTS).enumerate() {
        place(finding, index == 0, canvas);
    }
    let left = findings.len().saturating_sub(ARTIFACTS) as u64;
    if left > 0 {
        canvas.more(0, DIM, &format!("… and in {}", counted(left, "more artifact", "more artifacts")));
    }
    let sure = match first.confidence {
        Confidence::High => "high confidence: the bytes themselves show it",
        Confidence::Medium => "medium confidence: likely, but not certain",
        Confidence::Low => "low confidence: a hint",
    };
    // What the message quotes already need not be said again.
    let evidence = first.evidence.trim();
    match evidence.is_empty() || first.message.contains(evidence) {
        true => canvas.field("why", Style::new(), sure),
        false => {
            let told = first.evidence.contains(first.subject.as_str());
            let why = if told { first.evidence.clone() } else { format!("{}: {}", first.subject, first.evidence) };
            canvas.field("why", Style::new(), &escape::bounded(&why, LONGEST));
            canvas.more(0, DIM, sure);
        }
    }
    if let Some(lowered) = &first.lowered {
        let text = format!("{} instead of {}: {}", first.severity, lowered.from, lowered.reason);
        canvas.field("note", Style::new(), &escape::bounded(&text, LONGEST));
    }
}

/// The way through every container, one a line, down to the byte or the line.
fn place(finding: &Finding, labelled: bool, canvas: &mut Canvas) {
    let at = &finding.location;
    let steps: Vec<&str> = at.path.split("!/").collect();
    let last = steps.len().saturating_sub(1);
    for (depth, step) in steps.iter().enumerate() {
        let name = elide(step, LONGEST_NAME);
        let name = if depth == last { format!("{name}{}", points(finding)) } else { name };
        match (depth, labelled) {
            (0, true) => canvas.field("where", Style::new(), &name),
            (0, false) => canvas.more(0, Style::new(), &name),
            _ => canvas.more(depth.min(10).saturating_sub(1).saturating_mul(2), Style::new(), &format!("└ {name}")),
        }
    }
}

/// `, byte 0x28 (opcode 11)` and how many more there are.
fn points(finding: &Finding) -> String {
    let mut text = String::new();
    let shown: Vec<&Location> = std::iter::once(&finding.location).chain(&finding.places).take(3).collect();
    let words: Vec<String> = shown.into_iter().map(point).filter(|point| !point.is_empty()).collect();
    if !words.is_empty() {
        text.push_str(", ");
        text.push_str(&words.join("; "));
    }
    let left = finding.count.saturating_sub(words.len().max(1) as u64);
    if left > 0 {
        text.push_str(&format!("; {}", counted(left, "more place", "more places")));
    }
    text
}

/// Paragraphs of Markdown as they stand, lists kept as lists.
fn remedy(text: &str, canvas: &mut Canvas) {
    canvas.blank();
    let mut labelled = false;
    for paragraph in &paragraphs(text) {
        match std::mem::replace(&mut labelled, true) {
            false => canvas.field("do", Style::new(), paragraph),
            true => canvas.more(0, Style::new(), paragraph),
        }
    }
}
