//! JUnit XML: a failing test for each finding from medium on, an error for each artifact that was not fully read, a skipped test
//! for what was accepted, a passing one for the rest.

use std::io::{self, Write};

use base::{
    finding::Finding,
    report::{ArtifactRecord, Report},
    verdict::Severity,
};

use crate::{
    Page,
    groups::worst_first,
    markup::Markup,
    whereabouts::{Whereabouts, plain},
    words::{self, listed, paragraphs, point},
};

/// Writes `report`.
pub(crate) fn write(report: &Report, _page: Page, out: &mut dyn Write) -> io::Result<()> {
    let whereabouts = Whereabouts::of(report);
    let findings = worst_first(report);
    let found: std::collections::BTreeSet<&str> = findings.iter().map(|finding| &*finding.artifact).collect();
    let quiet = |record: &&ArtifactRecord| record.complete() && !found.contains(&*record.path);
    let quiet: Vec<&ArtifactRecord> = report.artifacts.iter().filter(quiet).collect();
    let unread: Vec<&ArtifactRecord> = report.artifacts.iter().filter(|record| !record.complete()).collect();
    let failures = findings.iter().filter(|finding| fails(finding)).count().to_string();
    let skipped = findings.iter().filter(|finding| !finding.counts()).count().to_string();
    let tests = findings.len().saturating_add(unread.len()).saturating_add(quiet.len()).to_string();
    let errors = unread.len().to_string();
    let counts = |name| {
        [
            ("name", name),
            ("tests", &*tests),
            ("failures", &failures),
            ("errors", &errors),
            ("skipped", &skipped),
            ("time", "0"),
        ]
    };
    let mut xml = Markup::new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = counts("modelward");
    // The root has no attribute `skipped` in the schema that most tools follow.
    let root: Vec<_> = all.iter().copied().filter(|(name, _)| *name != "skipped").collect();
    xml.open("testsuites", &root);
    xml.own("\n ");
    xml.open("testsuite", &counts(&words::target(report)));
    properties(report, &mut xml);
    findings.iter().for_each(|finding| self::finding(finding, &whereabouts, &mut xml));
    unread.iter().for_each(|record| self::unread(record, &whereabouts, &mut xml));
    for record in quiet {
        xml.own("\n  ");
        case("nothing was found", &record.path, &plain(&whereabouts.file(&record.path)), &mut xml);
        xml.close();
    }
    xml.own("\n ");
    xml.close();
    xml.own("\n");
    out.write_all(xml.finish().as_bytes())?;
    out.write_all(b"\n")
}

/// Whether a finding fails a build by default.
fn fails(finding: &Finding) -> bool {
    finding.counts() && finding.severity >= Severity::Medium
}

fn properties(report: &Report, xml: &mut Markup) {
    let unlisted = report.summary.unlisted.to_string();
    let pairs = [
        ("verdict", report.verdict.id()),
        ("completeness", report.completeness.id()),
        ("version", &report.tool.version),
        ("catalogue", &report.tool.catalogue),
        ("level", report.tool.level.id()),
        ("quiet artifacts not listed", &unlisted),
    ];
    xml.own("\n  ");
    xml.open("properties", &[]);
    for (name, value) in pairs {
        xml.own("\n   ");
        xml.void("property", &[("name", name), ("value", value)]);
    }
    xml.own("\n  ");
    xml.close();
}

fn case(name: &str, artifact: &str, file: &str, xml: &mut Markup) {
    xml.open("testcase", &[("name", name), ("classname", artifact), ("file", file), ("time", "0")]);
}

fn finding(finding: &Finding, whereabouts: &Whereabouts<'_>, xml: &mut Markup) {
    xml.own("\n  ");
    let name = format!("{}: {}", finding.rule, finding.subject);
    case(&name, &finding.artifact, &plain(&whereabouts.file(&finding.artifact)), xml);
    if !finding.counts() {
        xml.own("\n   ");
        xml.void("skipped", &[("message", &words::status(finding))]);
    }
    let element = if fails(finding) { "failure" } else { "system-out" };
    let severity = finding.severity.id();
    let attributes = [("type", severity), ("message", &finding.message)];
    xml.own("\n   ");
    xml.open(element, if fails(finding) { &attributes } else { &[] });
    for line in story(finding) {
        xml.text(&line);
        xml.own("\n");
    }
    xml.close();
    xml.own("\n  ");
    xml.close();
}

/// What, where, why and what to do, a line each.
fn story(finding: &Finding) -> Vec<String> {
    let place = point(&finding.location);
    let place = if place.is_empty() { place } else { format!(", {place}") };
    let mut lines = vec![
        format!("{} ({} confidence): {}", finding.severity, finding.confidence, finding.title),
        format!("what: {}", finding.message),
        format!("where: {}{place}", finding.location.path.replace("!/", " → ")),
    ];
    if !finding.evidence.is_empty() {
        lines.push(format!("why: {}", finding.evidence));
    }
    lines.extend(finding.lowered.as_ref().map(|lowered| format!("note: {}", words::lowered(lowered))));
    lines.extend(paragraphs(&finding.remedy).into_iter().map(|line| format!("do: {line}")));
    lines.push(format!("see: {} {}", finding.rule, listed(finding.standards(), " ")));
    lines
}

fn unread(record: &ArtifactRecord, whereabouts: &Whereabouts<'_>, xml: &mut Markup) {
    xml.own("\n  ");
    let reason = record.reason.unwrap_or(base::reason::Reason::Unclaimed);
    case("fully read", &record.path, &plain(&whereabouts.file(&record.path)), xml);
    xml.own("\n   ");
    let text = record.detail.as_deref().unwrap_or_default();
    xml.element("error", &[("type", reason.id()), ("message", reason.describe())], text);
    xml.own("\n  ");
    xml.close();
}
