//! The findings as people read them: worst first, those of one rule together, those of one cause told once.

use std::collections::BTreeMap;

use base::{finding::Finding, report::Report};

/// The findings of one rule and severity, in the order of the report.
pub(crate) struct Group<'r> {
    /// The first of them.
    pub(crate) first: &'r Finding,
    /// Findings with the same message and evidence, side by side.
    pub(crate) causes: Vec<Vec<&'r Finding>>,
}

/// Every finding that counts.
pub(crate) fn active(report: &Report) -> Vec<Group<'_>> {
    of(worst_first(report).into_iter().filter(|finding| finding.counts()))
}

/// Every finding, those that count first, then by severity and confidence, else in the order of the report.
pub(crate) fn worst_first(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse((finding.counts(), finding.severity, finding.confidence)));
    findings
}

/// The groups of `findings`, which are in order.
pub(crate) fn of<'r>(findings: impl IntoIterator<Item = &'r Finding>) -> Vec<Group<'r>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places = BTreeMap::new();
    let mut causes = BTreeMap::new();
    for finding in findings {
        let at = *places.entry((finding.severity, &finding.rule, &finding.remedy)).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Group { first: finding, causes: Vec::new() });
        }
        let Some(group) = groups.get_mut(at) else { continue };
        let next = group.causes.len();
        let cause = *causes.entry((at, &finding.message, &finding.evidence)).or_insert(next);
        match group.causes.get_mut(cause) {
            Some(cause) => cause.push(finding),
            None => group.causes.push(vec![finding]),
        }
    }
    groups
}
