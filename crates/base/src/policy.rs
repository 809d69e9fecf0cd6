//! What people decide about findings: each decision with its reason and the place where it was written. Plain data.

use std::collections::{BTreeMap, BTreeSet};

use crate::{date::Date, glob::Glob, verdict::Severity};

/// What a user changes about what the rules say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Severities by rule id.
    pub severities: BTreeMap<String, Override>,
    /// Rules that speak; all where it is empty.
    pub select: Option<Choice>,
    /// Rules that do not.
    pub ignore: Option<Choice>,
    /// Callables that are allowed, by exact name.
    pub allowed: BTreeMap<String, Decision>,
    /// Findings that were accepted.
    pub suppressions: Vec<Suppress>,
    /// Findings that were there before.
    pub baseline: Option<Baseline>,
    /// What the baseline knows does not count.
    pub new_only: bool,
    /// Nothing is lowered and no rule is left out.
    pub strict: bool,
    /// Comments in scanned source may suppress findings on their line.
    pub inline: bool,
    /// The day of the scan; without one nothing expires.
    pub today: Option<Date>,
}

/// A reason, who stands for it, and where it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Why.
    pub reason: String,
    /// Who decided.
    pub owner: Option<String>,
    /// File and line.
    pub at: String,
}

/// Another severity for a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Which.
    pub severity: Severity,
    /// Why, if it was said.
    pub reason: Option<String>,
    /// File and line.
    pub at: String,
}

/// Rules by id or by category.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Ids and categories.
    pub words: BTreeSet<String>,
    /// File and line.
    pub at: String,
}

impl Choice {
    /// Whether a rule is among them.
    pub fn has(&self, rule: &str, category: &str) -> bool {
        self.words.contains(rule) || self.words.contains(category)
    }
}

/// An entry that suppresses findings: all that it names must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppress {
    /// The rule's id.
    pub rule: Option<String>,
    /// Of the artifact or a container that it lies in.
    pub path: Option<Glob>,
    /// Of the artifact or the file that it lies in.
    pub sha256: Option<String>,
    /// Of the finding.
    pub fingerprint: Option<String>,
    /// The exact callable that it is about.
    pub import: Option<String>,
    /// The last day on which it holds.
    pub expires: Option<Date>,
    /// Why, who and where.
    pub decision: Decision,
}

/// The findings of an earlier scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Their fingerprints.
    pub fingerprints: BTreeSet<String>,
    /// The file that they come from.
    pub at: String,
}
