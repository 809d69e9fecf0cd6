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

#[cfg(test)]
mod tests {
    use base::{budget::NoWatch, report::Report, verdict::Verdict};

    use super::*;
    use crate::{Scanner, Settings, Target};

    fn scan(policy: Policy) -> Report {
        let pickle = testkit::pickle::assemble("PROTO 2\nGLOBAL posix system\nBINUNICODE \"id\"\nTUPLE1\nREDUCE\nSTOP");
        let body = base::artifact::Body::Blob(base::blob::Blob::from_bytes(pickle.unwrap()));
        let artifact = base::artifact::Artifact { path: base::location::ArtifactPath::root(b"x"), body };
        let scanner = Scanner::new(rules::Catalogue::builtin(), Settings { policy, ..Settings::default() });
        scanner.scan(vec![Target { name: "x".into(), artifact }], std::sync::Arc::new(NoWatch))
    }

    #[test]
    fn a_policy_changes_a_severity_and_says_so() {
        let before = scan(Policy::default());
        let rule = before.findings.first().unwrap().rule.to_string();
        assert_eq!((before.verdict, &before.findings[0].lowered), (Verdict::Malicious, &None));
        let after = scan(Policy { severities: [(rule, Severity::Low)].into() });
        assert_eq!(after.verdict, Verdict::Clean);
        let lowered = after.findings[0].lowered.as_ref().unwrap();
        assert_eq!((lowered.from, after.findings[0].severity), (Severity::Critical, Severity::Low));
        assert!(lowered.reason.contains("policy"), "{}", lowered.reason);
    }
}
