//! The policy at work: the only place where a finding may change after a rule has stated it, and it says why and by whom.

use base::{
    finding::{Finding, Lowered, Status, Suppression},
    policy::{Decision, Policy, Suppress},
    report::Notice,
    verdict::Severity,
};

/// What a finding alone does not tell.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About<'a> {
    /// Of the artifact.
    pub sha256: Option<&'a str>,
    /// Of the file that the artifact lies in.
    pub root_sha256: Option<&'a str>,
    /// The rule judges calls and imports, so that its subject is a callable.
    pub callable: bool,
    /// The rule judges them by name and not by what they are called with.
    pub by_name: bool,
    /// What a comment on the finding's line says.
    pub inline: Option<&'a str>,
}

/// A policy and what it has been used for.
pub(crate) struct Applied<'p> {
    policy: &'p Policy,
    /// For each suppression the findings that it fitted.
    fitted: Vec<u64>,
}

impl<'p> Applied<'p> {
    /// A policy that was not used yet.
    pub(crate) fn new(policy: &'p Policy) -> Self {
        Self { policy, fitted: vec![0; policy.suppressions.len()] }
    }

    /// The finding as this policy sees it.
    pub(crate) fn apply(&mut self, mut finding: Finding, about: &About<'_>) -> Finding {
        self.set_severity(&mut finding);
        self.allow(&mut finding, about);
        let suppression =
            self.left_out(&finding).or(self.suppressed(&finding, about)).or_else(|| self.inline(&finding, about));
        let baseline =
            self.policy.baseline.as_ref().filter(|baseline| baseline.fingerprints.contains(&finding.fingerprint));
        finding.known = baseline.is_some();
        if suppression.is_some() {
            (finding.status, finding.suppression) = (Status::Suppressed, suppression);
        } else if let Some(baseline) = baseline.filter(|_| self.policy.new_only) {
            let reason = "it was there when the baseline was made".into();
            let by = baseline.at.clone();
            finding.status = Status::Baseline;
            finding.suppression = Some(Suppression { by, reason, owner: None, expires: None });
        }
        finding
    }

    fn set_severity(&self, finding: &mut Finding) {
        let Some(stated) = self.policy.severities.get(&*finding.rule) else { return };
        if stated.severity < finding.severity && self.policy.strict {
            return;
        }
        let why = stated.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let reason = format!("the policy sets {} to {} ({}){why}", finding.rule, stated.severity, stated.at);
        change(finding, stated.severity, reason);
    }

    /// An allowed callable lowers what was said of that very name, never of what it is called with.
    fn allow(&self, finding: &mut Finding, about: &About<'_>) {
        let allowed = self.policy.allowed.get(&finding.subject);
        if let Some(Decision { reason, at, .. }) = allowed.filter(|_| about.by_name && !self.policy.strict)
            && finding.severity > Severity::Info
        {
            let reason = format!("{} is allowed ({at}): {reason}", finding.subject);
            change(finding, Severity::Info, reason);
        }
    }

    fn left_out(&self, finding: &Finding) -> Option<Suppression> {
        let Policy { select, ignore, strict: false, .. } = self.policy else { return None };
        let has = |choice: &base::policy::Choice| choice.has(&finding.rule, &finding.category);
        let (at, reason) = match (ignore, select) {
            (Some(ignore), _) if has(ignore) => (&ignore.at, format!("the rule {} is ignored", finding.rule)),
            (_, Some(select)) if !has(select) => (&select.at, format!("the rule {} is not selected", finding.rule)),
            _ => return None,
        };
        Some(Suppression { by: at.clone(), reason, owner: None, expires: None })
    }

    /// The first entry that fits and has not expired; each that fits is counted.
    fn suppressed(&mut self, finding: &Finding, about: &About<'_>) -> Option<Suppression> {
        let mut found = None;
        for (entry, fitted) in self.policy.suppressions.iter().zip(&mut self.fitted) {
            if !fits(entry, finding, about) {
                continue;
            }
            *fitted = fitted.saturating_add(1);
            if !expired(self.policy, entry) && found.is_none() {
                let Decision { reason, owner, at } = entry.decision.clone();
                let expires = entry.expires.map(|date| date.to_string());
                found = Some(Suppression { by: at, reason, owner, expires });
            }
        }
        found
    }

    fn inline(&self, finding: &Finding, about: &About<'_>) -> Option<Suppression> {
        let reason = about.inline.filter(|_| self.policy.inline && !self.policy.strict)?.to_owned();
        Some(Suppression { by: format!("a comment at {}", finding.location), reason, owner: None, expires: None })
    }

    /// What is to be told of the suppressions once all findings were seen.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        let told = self.policy.suppressions.iter().zip(&self.fitted).filter_map(|(entry, fitted)| {
            let at = &entry.decision.at;
            match (fitted, entry.expires) {
                (0, _) => Some(Notice::new("suppression-unused", format!("the suppression at {at} fits no finding"))),
                (count, Some(date)) if expired(self.policy, entry) => {
                    let findings = if *count == 1 { "1 finding is".into() } else { format!("{count} findings are") };
                    let message = format!("the suppression at {at} expired on {date}: {findings} active again");
                    Some(Notice::new("suppression-expired", message))
                }
                _ => None,
            }
        });
        told.collect()
    }
}

/// Sets another severity and keeps the rule's own.
fn change(finding: &mut Finding, severity: Severity, reason: String) {
    if severity == finding.severity {
        return;
    }
    let lowered = match finding.lowered.take() {
        Some(Lowered { from, reason: before }) => Lowered { from, reason: format!("{before}; {reason}") },
        None => Lowered { from: finding.severity, reason },
    };
    (finding.lowered, finding.severity) = (Some(lowered), severity);
}

fn expired(policy: &Policy, entry: &Suppress) -> bool {
    entry.expires.zip(policy.today).is_some_and(|(last, today)| today > last)
}

/// Whether all that an entry names holds of a finding.
fn fits(entry: &Suppress, finding: &Finding, about: &About<'_>) -> bool {
    let same = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
    let digest = |wanted: &str| [about.sha256, about.root_sha256].contains(&Some(wanted));
    let path = entry.path.as_ref().is_none_or(|glob| containers(&finding.artifact).any(|path| glob.matches(path)));
    let import = entry.import.as_deref().is_none_or(|name| about.callable && name == finding.subject);
    let named = entry.rule.is_some()
        || entry.path.is_some()
        || entry.sha256.is_some()
        || entry.fingerprint.is_some()
        || entry.import.is_some();
    named
        && same(&entry.rule, &finding.rule)
        && same(&entry.fingerprint, &finding.fingerprint)
        && entry.sha256.as_deref().is_none_or(digest)
        && path
        && import
}

/// The path of an artifact and those of the containers that it lies in.
fn containers(path: &str) -> impl Iterator<Item = &str> {
    let above = path.match_indices("!/").filter_map(|(end, _)| path.get(..end));
    std::iter::once(path).chain(above)
}

#[cfg(test)]
mod tests;
