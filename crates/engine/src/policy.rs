//! The policy: the only place where a severity may change after a rule has stated it, and it says why.

use std::collections::BTreeMap;

use base::{
    finding::{Finding, Lowered},
    verdict::Severity,
};

/// What a user changes about rules. A pure function of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Severity by rule id.
    pub severities: BTreeMap<String, Severity>,
}

impl Policy {
    /// The finding as this policy sees it.
    pub(crate) fn apply(&self, mut finding: Finding) -> Finding {
        if let Some(severity) = self.severities.get(&*finding.rule).filter(|severity| **severity != finding.severity) {
            let reason = format!("the policy sets {} to {severity}", finding.rule);
            finding.lowered = Some(Lowered { from: finding.severity, reason });
            finding.severity = *severity;
        }
        finding
    }
}
