//! `run.results`: one for each finding.

use base::{
    escape,
    excerpt::Excerpt,
    finding::{Finding, Status},
    verdict::{Confidence, Severity},
};

use super::{
    artifacts::Artifacts,
    flows,
    model::{Level, Message, Result, Suppression},
    properties,
    rules::Rules,
};
use crate::words::{self, point};

/// Characters of a message, and of evidence.
const LONGEST: usize = 4_000;

/// The result of `finding`.
pub(super) fn result(finding: &Finding, rules: &Rules, excerpts: &[Excerpt], artifacts: &mut Artifacts<'_>) -> Result {
    let places = std::iter::once(&finding.location).chain(&finding.places);
    let related = places.zip(1..).map(|(at, id)| artifacts.exact(at, Some(id))).collect();
    Result {
        rule_id: Some(finding.rule.to_string()),
        rule_index: rules.index(&finding.rule),
        level: Some(level(finding.severity)),
        rank: Some(rank(finding)),
        message: Some(Message::text(message(finding))),
        locations: vec![artifacts.in_file(&finding.location)],
        related_locations: related,
        code_flows: flows::of(finding, excerpts, artifacts),
        partial_fingerprints: properties([
            ("modelwardFingerprint/v1", finding.fingerprint.as_str().into()),
            // What GitHub knows alerts by: without it, it would hash a line of a binary file.
            ("primaryLocationLineHash", format!("{}:1", finding.fingerprint).into()),
        ]),
        occurrence_count: Some(finding.count.max(1)),
        suppressions: suppression(finding).into_iter().collect(),
        properties: properties([
            ("severity", finding.severity.id().into()),
            ("confidence", finding.confidence.id().into()),
            ("kind", finding.kind.id().into()),
            ("category", (*finding.category).into()),
            ("subject", finding.subject.as_str().into()),
            ("evidence", escape::bounded(&finding.evidence, LONGEST).into()),
            ("artifact", (*finding.artifact).into()),
            ("lowered", finding.lowered.as_ref().map(words::lowered).into()),
        ]),
    }
}

/// What would happen, where inside the file, and what to do.
fn message(finding: &Finding) -> String {
    let mut text = escape::bounded(&finding.message, LONGEST);
    let steps: Vec<&str> = finding.location.path.split("!/").skip(1).collect();
    let place = [steps.join(" → "), point(&finding.location)];
    let place: Vec<&str> = place.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if !place.is_empty() {
        text.push_str(&format!("\nWhere: {}", escape::bounded(&place.join(", "), LONGEST)));
    }
    text.push_str(&format!("\nWhat to do: {}", finding.remedy));
    // 3.11.6: `[text](1)` would be a link even in plain text.
    text.replace("](", "] (")
}

/// GitHub knows three levels.
pub(super) const fn level(severity: Severity) -> Level {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// Priority from 0 to 100: severity first, then confidence.
fn rank(finding: &Finding) -> f64 {
    let severity: u8 = match finding.severity {
        Severity::Info => 0,
        Severity::Low => 20,
        Severity::Medium => 40,
        Severity::High => 60,
        Severity::Critical => 80,
    };
    let confidence: u8 = match finding.confidence {
        Confidence::Low => 0,
        Confidence::Medium => 10,
        Confidence::High => 20,
    };
    f64::from(severity.saturating_add(confidence))
}

fn suppression(finding: &Finding) -> Option<Suppression> {
    if finding.status == Status::Active {
        return None;
    }
    let justification = Some(words::status(finding));
    Some(Suppression { kind: Some("external"), status: Some("accepted"), justification })
}
