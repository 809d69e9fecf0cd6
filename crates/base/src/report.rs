//! The report: the versioned contract that the command line prints, Python returns, the server stores and a worker sends.
//!
//! Merging reports is associative, so a distributed scan is a fold.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{
    coverage::Coverage,
    excerpt::Excerpt,
    finding::Finding,
    limits::{Level, Limits},
    reason::Reason,
    verdict::{Completeness, Confidence, RuleKind, Severity, Verdict},
};

/// Version of this structure. The major part changes when a reader of the old one would misread the new one.
pub const SCHEMA_VERSION: &str = "1.1";

/// Quiet artifacts (complete, without findings) that are listed; further ones are only counted.
pub const QUIET_LISTED: u64 = 10_000;

/// A scan's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this structure.
    pub schema_version: String,
    /// What made it.
    pub tool: Tool,
    /// What was scanned, as named.
    pub target: Vec<String>,
    /// The worst that holds over the tree.
    pub verdict: Verdict,
    /// Whether everything was read.
    pub completeness: Completeness,
    /// Every artifact that is not quiet, and the first quiet ones.
    pub artifacts: Vec<ArtifactRecord>,
    /// The ledger of the bytes.
    pub coverage: Coverage,
    /// What was found, in canonical order of the artifacts.
    pub findings: Vec<Finding>,
    /// For each rule, in how many artifacts it failed, passed, or could not be run.
    pub checks: BTreeMap<Arc<str>, Check>,
    /// What the rules of the findings say, so that a report explains itself wherever it is read.
    #[serde(default)]
    pub rules: BTreeMap<Arc<str>, RuleRecord>,
    /// The names of the standards' ids that findings carry: `CWE-502`, `ML06`, `LLM03`, `AML.T0011.000`.
    #[serde(default)]
    pub standards: BTreeMap<Arc<str>, Arc<str>>,
    /// Counts.
    pub summary: Summary,
    /// What whoever reads the report should know about how it came to be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// The parts of programs that findings are about, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excerpts: Vec<Excerpt>,
}

/// Something about the scan itself, not about what was scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What kind: `suppression-unused`, `suppression-expired`, `configuration`, `left-out`.
    pub id: Arc<str>,
    /// In one sentence.
    pub message: String,
}

impl Notice {
    /// A notice of this kind.
    pub fn new(id: &str, message: impl Into<String>) -> Self {
        Self { id: id.into(), message: message.into() }
    }
}

/// What made a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `modelward`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Digest of the rules and the knowledge in force.
    pub catalogue: String,
    /// How thorough.
    pub level: Level,
    /// The limits in force.
    pub limits: Limits,
}

/// How an artifact's reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every byte is accounted for.
    Complete,
    /// No format fits.
    Unknown,
    /// Read in part; the reason says why.
    Partial,
    /// A limit was reached.
    OverLimit,
}

/// One artifact in a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArtifactRecord {
    /// Through every container.
    pub path: Arc<str>,
    /// Raw bytes of the path in hexadecimal, where it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_hex: Option<String>,
    /// The format that explains it first, or `unknown`, `empty`, `folder`, `vcs`, `tensor-data`.
    pub format: Arc<str>,
    /// Every format that it is at once.
    pub formats: Vec<Arc<str>>,
    /// Bytes; absent for folders and where it never became known.
    pub size: Option<u64>,
    /// SHA-256, where every byte was read.
    pub sha256: Option<String>,
    /// How its reading ended.
    pub outcome: Outcome,
    /// Why it is not complete.
    pub reason: Option<Reason>,
    /// What exactly, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl ArtifactRecord {
    /// Whether it is complete.
    pub fn complete(&self) -> bool {
        self.outcome == Outcome::Complete
    }
}

/// What a rule of the catalogue says, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRecord {
    /// What a person reads first.
    pub title: Arc<str>,
    /// Threat, exposure or hygiene.
    pub kind: RuleKind,
    /// The row of the taxonomy.
    pub category: Arc<str>,
    /// How bad it is, unless a clause or the policy says otherwise.
    pub severity: Severity,
    /// How sure it is, likewise.
    pub confidence: Confidence,
    /// Markdown: what it means.
    pub meaning: Arc<str>,
    /// Markdown: why it is dangerous.
    pub danger: Arc<str>,
    /// Markdown: what to do.
    pub remedy: Arc<str>,
    /// Its page, where it comes with the program.
    pub link: Option<Arc<str>>,
}

/// A rule's account, counted in artifacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Artifacts with a finding of this rule.
    pub failed: u64,
    /// Complete artifacts that could have had one and do not.
    pub passed: u64,
    /// The rest.
    pub not_run: u64,
}

/// Counts of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Artifacts of the tree, listed or not.
    pub artifacts: u64,
    /// Artifacts that are not complete.
    pub incomplete: u64,
    /// Artifacts that are complete and without findings.
    pub quiet: u64,
    /// Quiet artifacts beyond those listed.
    pub unlisted: u64,
    /// Active findings by severity, all five words present.
    pub findings: BTreeMap<Severity, u64>,
    /// Findings that do not count.
    pub suppressed: u64,
    /// Incomplete artifacts by reason.
    pub reasons: BTreeMap<Reason, u64>,
}

impl Report {
    /// An empty report: the neutral element of [`Report::merge`]. Its verdict is clean because there is nothing in it; the engine turns a scan of nothing into incomplete.
    pub fn empty(tool: Tool) -> Self {
        Self {
            schema_version: SCHEMA_VERSION.into(),
            tool,
            target: Vec::new(),
            verdict: Verdict::Clean,
            completeness: Completeness::Complete,
            artifacts: Vec::new(),
            coverage: Coverage::default(),
            findings: Vec::new(),
            checks: BTreeMap::new(),
            rules: BTreeMap::new(),
            standards: BTreeMap::new(),
            summary: Summary {
                findings: Severity::ALL.iter().map(|severity| (*severity, 0)).collect(),
                ..Summary::default()
            },
            notices: Vec::new(),
            excerpts: Vec::new(),
        }
    }

    /// Adds an artifact with its findings and its share of the coverage.
    pub fn add(&mut self, record: ArtifactRecord, findings: Vec<Finding>, coverage: Coverage) {
        self.coverage = self.coverage.plus(coverage);
        self.summary.artifacts = self.summary.artifacts.saturating_add(1);
        if !record.complete() {
            self.summary.incomplete = self.summary.incomplete.saturating_add(1);
            if let Some(reason) = record.reason {
                let count = self.summary.reasons.entry(reason).or_default();
                *count = count.saturating_add(1);
            }
            self.completeness = Completeness::Incomplete;
            self.verdict = self.verdict.max(Verdict::Incomplete);
        }
        let quiet = record.complete() && findings.is_empty();
        self.list(record, quiet);
        for finding in findings {
            self.add_finding(finding);
        }
    }

    /// Lists a record, unless it is one quiet artifact too many.
    fn list(&mut self, record: ArtifactRecord, quiet: bool) {
        if quiet && self.summary.quiet >= QUIET_LISTED {
            self.summary.unlisted = self.summary.unlisted.saturating_add(1);
        } else {
            self.artifacts.push(record);
        }
        self.summary.quiet = self.summary.quiet.saturating_add(u64::from(quiet));
    }

    /// Adds a finding to the list, the counts and the verdict.
    pub fn add_finding(&mut self, finding: Finding) {
        let count = if finding.counts() {
            self.verdict = self.verdict.max(finding.verdict());
            self.summary.findings.entry(finding.severity).or_default()
        } else {
            &mut self.summary.suppressed
        };
        *count = count.saturating_add(1);
        self.findings.push(finding);
    }

    /// Adds a rule's account.
    pub fn add_check(&mut self, rule: Arc<str>, check: Check) {
        let sum = self.checks.entry(rule).or_default();
        sum.failed = sum.failed.saturating_add(check.failed);
        sum.passed = sum.passed.saturating_add(check.passed);
        sum.not_run = sum.not_run.saturating_add(check.not_run);
    }

    /// This report with `other` after it. Associative; [`Report::empty`] is neutral on the right, and on the left for a report of the same tool.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        let found: BTreeSet<Arc<str>> = other.findings.iter().map(|finding| finding.artifact.clone()).collect();
        self.target.extend(other.target);
        self.coverage = self.coverage.plus(other.coverage);
        self.completeness = self.completeness.max(other.completeness);
        self.verdict = self.verdict.max(other.verdict);
        self.summary.artifacts = self.summary.artifacts.saturating_add(other.summary.artifacts);
        self.summary.incomplete = self.summary.incomplete.saturating_add(other.summary.incomplete);
        for (reason, more) in other.summary.reasons {
            let count = self.summary.reasons.entry(reason).or_default();
            *count = count.saturating_add(more);
        }
        for record in other.artifacts {
            let quiet = record.complete() && !found.contains(&record.path);
            self.list(record, quiet);
        }
        // What the other could not list is quiet and comes after everything that it listed of its quiet ones.
        self.summary.quiet = self.summary.quiet.saturating_add(other.summary.unlisted);
        self.summary.unlisted = self.summary.unlisted.saturating_add(other.summary.unlisted);
        for finding in other.findings {
            self.add_finding(finding);
        }
        for (rule, check) in other.checks {
            self.add_check(rule, check);
        }
        for (rule, record) in other.rules {
            self.rules.entry(rule).or_insert(record);
        }
        for (id, name) in other.standards {
            self.standards.entry(id).or_insert(name);
        }
        self.notices.extend(other.notices);
        self.excerpts.extend(other.excerpts);
        self
    }

    /// The exit code of a scan: 1 findings at or above `threshold`, 2 a named target that could not be opened, 3 incomplete, 4 nothing to scan, 0 clean and complete, in this precedence.
    pub fn exit_code(&self, threshold: Severity, unopened: bool, allow_incomplete: bool) -> u8 {
        let nothing = self.summary.reasons.get(&Reason::NothingToScan).copied().unwrap_or_default();
        if self.findings.iter().any(|finding| finding.counts() && finding.severity >= threshold) {
            1
        } else if unopened {
            2
        } else if self.summary.incomplete > nothing && !allow_incomplete {
            3
        } else if nothing > 0 {
            4
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        finding::Status,
        location::Location,
        verdict::{Confidence, RuleKind},
    };

    fn tool() -> Tool {
        Tool {
            name: "modelward".into(),
            version: "0".into(),
            catalogue: "0".into(),
            level: Level::Standard,
            limits: Limits::default(),
        }
    }

    fn finding(artifact: &str, severity: Severity, confidence: Confidence, status: Status) -> Finding {
        Finding {
            rule: "r".into(),
            kind: RuleKind::Threat,
            category: "code-execution".into(),
            severity,
            confidence,
            title: "t".into(),
            message: "m".into(),
            remedy: "d".into(),
            subject: "s".into(),
            location: Location::default(),
            artifact: artifact.into(),
            evidence: String::new(),
            count: 1,
            places: Vec::new(),
            cwe: Vec::new(),
            owasp_ml: Vec::new(),
            owasp_llm: Vec::new(),
            atlas: Vec::new(),
            lowered: None,
            fingerprint: "f".into(),
            status,
            suppression: None,
            known: false,
        }
    }

    type Part = (bool, Option<(usize, usize, bool)>);

    fn parts() -> impl Strategy<Value = Vec<Part>> {
        prop::collection::vec((any::<bool>(), prop::option::of((0_usize..5, 0_usize..3, any::<bool>()))), 0..6)
    }

    fn report(name: &str, parts: &[Part]) -> Report {
        let mut report = Report::empty(tool());
        for (index, (complete, found)) in parts.iter().enumerate() {
            let path: Arc<str> = format!("{name}/{index}").into();
            let record = ArtifactRecord {
                path: path.clone(),
                path_hex: None,
                format: "pickle".into(),
                formats: vec!["pickle".into()],
                size: Some(3),
                sha256: None,
                outcome: if *complete { Outcome::Complete } else { Outcome::Partial },
                reason: (!complete).then_some(Reason::Malformed),
                detail: None,
            };
            let findings = found.iter().map(|(severity, confidence, active)| {
                let status = if *active { Status::Active } else { Status::Suppressed };
                finding(&path, Severity::ALL[*severity], Confidence::ALL[*confidence], status)
            });
            report.add(record, findings.collect(), Coverage { bytes_total: 3, analysed: 3, ..Coverage::default() });
            report.add_check(
                "r".into(),
                Check { failed: u64::from(found.is_some()), passed: u64::from(found.is_none()), not_run: 0 },
            );
        }
        report
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_equals_one_scan(a in parts(), b in parts(), c in parts()) {
            let all = || (report("a", &a), report("b", &b), report("c", &c));
            let (x, y, z) = all();
            let left = x.merge(y).merge(z);
            let (x, y, z) = all();
            let right = x.merge(y.merge(z));
            prop_assert_eq!(&left, &right);
            let flagged = left.findings.iter().any(|f| f.counts() && f.severity >= Severity::Medium);
            prop_assert_eq!(left.verdict >= Verdict::Suspicious, flagged);
            prop_assert_eq!(left.verdict == Verdict::Clean, !flagged && left.summary.incomplete == 0);
            prop_assert_eq!(left.coverage.bytes_total, left.summary.artifacts * 3);
        }
    }

    #[test]
    fn quiet_artifacts_beyond_the_limit_are_counted_however_reports_are_merged() {
        let many = |name: &str, count: u64| report(name, &vec![(true, None); count as usize]);
        let one = many("a", 6_000).merge(many("b", 6_000)).merge(many("c", 6_000));
        let two = many("a", 6_000).merge(many("b", 6_000).merge(many("c", 6_000)));
        assert_eq!(one, two);
        assert_eq!(
            (one.artifacts.len() as u64, one.summary.unlisted, one.summary.quiet),
            (QUIET_LISTED, 8_000, 18_000)
        );
    }

    #[test]
    fn exit_codes_keep_their_precedence() {
        let code = |report: &Report, unopened| report.exit_code(Severity::Medium, unopened, false);
        let clean = report("a", &[(true, None)]);
        let incomplete = report("a", &[(false, None)]);
        let flagged = report("a", &[(false, Some((2, 0, true)))]);
        let quiet = report("a", &[(true, Some((4, 2, false)))]);
        assert_eq!(
            [
                code(&clean, false),
                code(&clean, true),
                code(&incomplete, false),
                code(&flagged, true),
                code(&quiet, false)
            ],
            [0, 2, 3, 1, 0]
        );
        assert_eq!(incomplete.exit_code(Severity::Medium, false, true), 0);
        let mut nothing = incomplete;
        nothing.summary.reasons = [(Reason::NothingToScan, 1)].into();
        assert_eq!(code(&nothing, false), 4);
    }
}
