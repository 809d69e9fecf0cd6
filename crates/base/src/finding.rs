//! A finding: what a rule says of one subject in one artifact.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    location::Location,
    verdict::{Confidence, RuleKind, Severity, Verdict},
};

/// Whether a finding counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It counts.
    #[default]
    Active,
    /// A person accepted it, with a reason.
    Suppressed,
    /// It was there before.
    Baseline,
}

/// A severity or confidence that was lowered, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lowered {
    /// The severity that the rule states.
    pub from: Severity,
    /// Why it was changed.
    pub reason: String,
}

/// What a rule says of one subject in one artifact. Equal ones are folded into one with a count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: Arc<str>,
    /// Threat, exposure or hygiene.
    pub kind: RuleKind,
    /// The row of the taxonomy.
    pub category: Arc<str>,
    /// After policy.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The rule's title.
    pub title: Arc<str>,
    /// What would happen, with the names.
    pub message: String,
    /// What to do now.
    pub remedy: Arc<str>,
    /// What it is about: `os.system`.
    pub subject: String,
    /// The first place.
    pub location: Location,
    /// Path of the artifact.
    pub artifact: Arc<str>,
    /// What it was concluded from; bounded and redacted.
    pub evidence: String,
    /// How often it was seen in this artifact.
    pub count: u64,
    /// Further places, at most seven.
    #[serde(default)]
    pub places: Vec<Location>,
    /// CWE ids, `CWE-502`.
    pub cwe: Vec<Arc<str>>,
    /// OWASP ML Top 10 (2023).
    pub owasp_ml: Vec<Arc<str>>,
    /// OWASP LLM Top 10 (2025).
    pub owasp_llm: Vec<Arc<str>>,
    /// MITRE ATLAS technique ids.
    pub atlas: Vec<Arc<str>>,
    /// How the severity came to differ from the rule's.
    pub lowered: Option<Lowered>,
    /// Stable identity: no offsets, no absolute paths.
    pub fingerprint: String,
    /// Whether it counts.
    pub status: Status,
    /// Why it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
    /// Whether the baseline has it: it was there before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Where that was decided: a file and a line.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Who stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// Version of the fingerprint recipe.
const FINGERPRINT: &str = "1";

impl Finding {
    /// BLAKE3-128 of version, rule, path inside the target, subject and normalised evidence.
    pub fn fingerprint(rule: &str, path: &str, subject: &str, evidence: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [FINGERPRINT, rule, path, subject, evidence] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().as_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The ids of every standard that it carries.
    pub fn standards(&self) -> impl Iterator<Item = &Arc<str>> {
        [&self.cwe, &self.owasp_ml, &self.owasp_llm, &self.atlas].into_iter().flatten()
    }

    /// Whether it is active. Severity alone decides the rest: hygiene is low unless a policy raises it.
    pub fn counts(&self) -> bool {
        self.status == Status::Active
    }

    /// The verdict that it alone would give.
    pub fn verdict(&self) -> Verdict {
        match (self.severity, self.confidence) {
            (Severity::Critical, Confidence::Medium | Confidence::High) => Verdict::Malicious,
            (Severity::Critical | Severity::High | Severity::Medium, _) => Verdict::Suspicious,
            _ => Verdict::Clean,
        }
    }
}
