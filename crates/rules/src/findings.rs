//! The findings of one artifact: equal ones folded, their number bounded without losing a severity.

use std::collections::{HashMap, HashSet};

use base::{
    escape,
    fact::{Data, Fact},
    finding::{Finding, Status},
    location::{ArtifactPath, Location},
    verdict::{Confidence, Severity},
};
use rulebook::rule::{Per, Rule};

use crate::index::Labels;

/// Findings of one artifact that are listed; further ones are counted on the last like them.
pub(crate) const LISTED: usize = 10_000;
/// Further places of a finding.
const PLACES: usize = 7;
/// Characters of a subject or of evidence that are kept.
const KEPT: usize = 2_000;

/// What tells two findings apart: the rule's position, subject, evidence.
type Key = (usize, String, String);

/// How surely something happens: how grave it is, how sure that is, how little has to hold for it.
type Sure = (Severity, Confidence, u8);

/// Findings as they are collected.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<(usize, Finding)>,
    /// Where each stands, and how surely what it tells of happens.
    by_key: HashMap<Key, (usize, Sure)>,
    /// The last listed one of each rule, severity and confidence.
    alike: HashMap<(usize, Severity, Confidence), usize>,
    /// Distinct findings that were only counted.
    unlisted: u64,
}

/// What a rule has concluded from a fact.
pub(crate) struct Conclusion<'a> {
    pub(crate) position: usize,
    pub(crate) rule: &'a Rule,
    pub(crate) labels: &'a Labels,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
}

impl Findings {
    /// Adds what `conclusion` says of `fact`; `message` is made only for a finding that is new, or surer than before.
    pub(crate) fn add(
        &mut self,
        path: &ArtifactPath,
        fact: &Fact,
        conclusion: &Conclusion<'_>,
        message: impl FnOnce() -> String,
    ) {
        let subject = escape::bounded(&fact.subject(), KEPT);
        let evidence = match conclusion.rule.per {
            Per::Evidence => escape::bounded(&fact.evidence(), KEPT),
            Per::Subject => String::new(),
        };
        let location = Location::new(path, &fact.at);
        let times = repeats(&fact.data);
        let key = (conclusion.position, subject, evidence);
        let sure = (conclusion.severity, conclusion.confidence, unconditional(&fact.data));
        if let Some((at, before)) = self.by_key.get_mut(&key)
            && let Some((_, finding)) = self.list.get_mut(*at)
        {
            let surer = (sure > *before).then(message);
            *before = sure.max(*before);
            return fold(finding, location, times, conclusion, surer);
        }
        let alike = (conclusion.position, conclusion.severity, conclusion.confidence);
        if self.list.len() >= LISTED
            && let Some((_, finding)) = self.alike.get(&alike).and_then(|at| self.list.get_mut(*at))
        {
            self.unlisted = self.unlisted.saturating_add(1);
            finding.count = finding.count.saturating_add(times);
            return;
        }
        let finding = finding(path, location, times, conclusion, &key, message());
        self.by_key.insert(key, (self.list.len(), sure));
        self.alike.insert(alike, self.list.len());
        self.list.push((conclusion.position, finding));
    }

    /// The findings without those that yield to another, each with its rule's position, and how many were only counted.
    pub(crate) fn finish(self, rules: &[Rule]) -> (Vec<(usize, Finding)>, u64) {
        let said: HashSet<(&str, &str)> =
            self.list.iter().map(|(_, finding)| (&*finding.rule, finding.subject.as_str())).collect();
        let yields: Vec<bool> = self
            .list
            .iter()
            .map(|(position, finding)| {
                let to = rules.get(*position).map_or(&[][..], |rule| &*rule.yields_to);
                to.iter().any(|id| said.contains(&(&**id, finding.subject.as_str())))
            })
            .collect();
        let kept = self.list.into_iter().zip(yields).filter(|(_, yields)| !yields).map(|(finding, _)| finding);
        (kept.collect(), self.unlisted)
    }
}

/// How often the fact's event happens.
fn repeats(data: &Data) -> u64 {
    match data {
        Data::Call(call) => call.repeats.max(1),
        _ => 1,
    }
}

/// How little has to hold for what a fact tells of to happen.
fn unconditional(data: &Data) -> u8 {
    let when = match data {
        Data::Call(call) => &call.when,
        Data::Import(import) => &import.when,
        _ => return 2,
    };
    match &**when {
        "called" | "perhaps" | "use" => 0,
        "conditional" => 1,
        _ => 2,
    }
}

/// Counts an equal conclusion; the graver one decides, and the surer one, whose message is given, is told.
fn fold(finding: &mut Finding, mut location: Location, times: u64, conclusion: &Conclusion<'_>, surer: Option<String>) {
    if let Some(message) = surer {
        finding.message = message;
        std::mem::swap(&mut finding.location, &mut location);
        finding.places.retain(|place| *place != finding.location);
    }
    finding.count = finding.count.saturating_add(times);
    finding.severity = finding.severity.max(conclusion.severity);
    finding.confidence = finding.confidence.max(conclusion.confidence);
    if finding.places.len() < PLACES && finding.location != location && !finding.places.contains(&location) {
        finding.places.push(location);
    }
}

fn finding(
    path: &ArtifactPath,
    location: Location,
    count: u64,
    conclusion: &Conclusion<'_>,
    (_, subject, evidence): &Key,
    message: String,
) -> Finding {
    let Conclusion { rule, labels, .. } = conclusion;
    Finding {
        rule: labels.id.clone(),
        kind: rule.kind,
        category: labels.category.clone(),
        severity: conclusion.severity,
        confidence: conclusion.confidence,
        title: labels.title.clone(),
        message,
        remedy: labels.remedy.clone(),
        subject: subject.clone(),
        location,
        artifact: path.shared(),
        evidence: evidence.clone(),
        count,
        places: Vec::new(),
        cwe: labels.cwe.clone(),
        owasp_ml: labels.owasp_ml.clone(),
        owasp_llm: labels.owasp_llm.clone(),
        atlas: labels.atlas.clone(),
        lowered: None,
        fingerprint: Finding::fingerprint(&labels.id, path.as_str(), subject, evidence),
        status: Status::Active,
        suppression: None,
        known: false,
    }
}
