//! A SAST report for GitLab (security report schemas 15.x): findings that count, those accepted with a flag, and a message for
//! each reason why something was not read. A report knows no clock, so the times of the scan are the epoch.

use std::io::{self, Write};

use base::{escape, finding::Finding, report::Report};
use serde_json::{Value, json};

use crate::{
    Page,
    groups::worst_first,
    json as writer,
    whereabouts::{Whereabouts, plain},
    words::{self, counted, elide, point},
};

/// Version of the schema that is written.
pub(crate) const VERSION: &str = "15.1.4";
/// What the schema allows of a name, and of identifiers.
const NAME: usize = 255;
const IDENTIFIERS: usize = 20;
/// Characters of descriptions and evidence.
const LONGEST: usize = 10_000;
/// The start and the end of a scan are required, and two scans of the same bytes give the same report.
const EPOCH: &str = "1970-01-01T00:00:00";

/// Writes `report`.
pub(crate) fn write(report: &Report, _page: Page, out: &mut dyn Write) -> io::Result<()> {
    let whereabouts = Whereabouts::of(report);
    let tool = json!({
        "id": "modelward",
        "name": "Modelward",
        "url": env!("CARGO_PKG_REPOSITORY"),
        "version": report.tool.version,
        "vendor": {"name": "Modelward"},
    });
    let vulnerabilities: Vec<Value> =
        worst_first(report).into_iter().map(|finding| vulnerability(finding, report, &whereabouts)).collect();
    let document = json!({
        "version": VERSION,
        "schema": format!("https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v{VERSION}/dist/sast-report-format.json"),
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": "sast",
            "start_time": EPOCH,
            "end_time": EPOCH,
            "status": "success",
            "messages": messages(report),
        },
        "vulnerabilities": vulnerabilities,
    });
    writer::pretty(&document, out)
}

fn messages(report: &Report) -> Vec<Value> {
    let verdict = report.verdict.id().to_uppercase();
    let verdict = format!("{verdict} {}: {}, {}", words::target(report), words::found(report), words::read(report));
    let unread = report.summary.reasons.iter().map(|(reason, count)| {
        let count = counted(*count, "artifact was", "artifacts were");
        json!({"level": "warn", "value": format!("{count} not fully read ({reason}): {}", reason.describe())})
    });
    std::iter::once(json!({"level": "info", "value": verdict})).chain(unread).collect()
}

fn vulnerability(finding: &Finding, report: &Report, whereabouts: &Whereabouts<'_>) -> Value {
    let at = &finding.location;
    let line = at.line.filter(|_| whereabouts.inside(&at.path).is_none()).unwrap_or(1);
    let link = report.rules.get(&finding.rule).and_then(|rule| rule.link.as_deref());
    let mut value = json!({
        "id": uuid(&finding.fingerprint),
        "name": elide(&escape::line(&finding.title), NAME),
        "description": description(finding),
        "severity": severity(finding),
        "solution": elide(&finding.remedy, LONGEST),
        "identifiers": identifiers(finding, link),
        "location": {"file": plain(&whereabouts.file(&at.path)), "start_line": line},
        "details": details(finding),
    });
    let links: Vec<Value> = link.iter().map(|link| json!({"name": &*finding.rule, "url": link})).collect();
    let flags = json!([{
        "type": "flagged-as-likely-false-positive",
        "origin": "modelward",
        "description": format!("Does not count: {}", words::status(finding)),
    }]);
    if let Some(fields) = value.as_object_mut() {
        if !links.is_empty() {
            fields.insert("links".into(), links.into());
        }
        if !finding.counts() {
            fields.insert("flags".into(), flags);
        }
    }
    value
}

/// GitLab writes severities with a capital.
fn severity(finding: &Finding) -> String {
    let mut letters = finding.severity.id().chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What would happen and where; GitLab shows Markdown here, so what comes from outside is a block of code.
fn description(finding: &Finding) -> String {
    let place = point(&finding.location);
    let place = if place.is_empty() { place } else { format!(", {place}") };
    let path = finding.location.path.replace("!/", " → ");
    let lines = [finding.message.clone(), format!("{path}{place}")]
        .map(|line| format!("    {}", escape::bounded(&line, LONGEST)));
    format!("What would happen, and where:\n\n{}\n", lines.join("\n"))
}

fn details(finding: &Finding) -> Value {
    let mut details = json!({
        "artifact": {"type": "text", "name": "Artifact", "value": escape::bounded(&finding.artifact, LONGEST)},
        "confidence": {"type": "text", "name": "Confidence", "value": finding.confidence.id()},
        "fingerprint": {"type": "text", "name": "Fingerprint", "value": finding.fingerprint},
    });
    if let Some(fields) = details.as_object_mut().filter(|_| !finding.evidence.is_empty()) {
        let evidence = escape::bounded(&finding.evidence, LONGEST);
        fields.insert("evidence".into(), json!({"type": "code", "name": "Evidence", "value": evidence}));
    }
    details
}

/// The rule first: it is what GitLab knows a finding by.
fn identifiers(finding: &Finding, link: Option<&str>) -> Vec<Value> {
    let mut first =
        json!({"type": "modelward_rule_id", "name": format!("Modelward {}", finding.rule), "value": &*finding.rule});
    if let (Some(fields), Some(link)) = (first.as_object_mut(), link) {
        fields.insert("url".into(), link.into());
    }
    let cwe = finding.cwe.iter().map(|id| {
        let number = id.trim_start_matches("CWE-");
        let url = format!("https://cwe.mitre.org/data/definitions/{number}.html");
        json!({"type": "cwe", "name": &**id, "value": number, "url": url})
    });
    let other =
        |kind: &'static str| move |id: &std::sync::Arc<str>| json!({"type": kind, "name": &**id, "value": &**id});
    let owasp = finding.owasp_ml.iter().map(other("owasp_ml")).chain(finding.owasp_llm.iter().map(other("owasp_llm")));
    let atlas = finding.atlas.iter().map(other("mitre_atlas"));
    std::iter::once(first).chain(cwe).chain(owasp).chain(atlas).take(IDENTIFIERS).collect()
}

/// A fingerprint of 32 digits in the shape of a UUID.
fn uuid(fingerprint: &str) -> String {
    let mut out = String::with_capacity(36);
    for (at, digit) in fingerprint.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(digit);
    }
    out
}
