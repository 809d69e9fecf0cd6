//! A judge: one artifact's state while its facts are stated.

use base::{
    fact::{Data, Fact, Kind},
    finding::Finding,
    location::ArtifactPath,
    report::Check,
};
use rulebook::rule::Scope;

use crate::{
    candidate::Answers,
    catalogue::Catalogue,
    findings::{Conclusion, Findings},
    index::Kinds,
    operator::Context,
    render, standing,
};

/// Facts that a judge keeps for the rules over a whole tree.
const KEPT: usize = 100_000;

/// Judges the facts of one artifact, each as it is stated.
#[derive(Debug)]
pub struct Judge<'c> {
    catalogue: &'c Catalogue,
    path: ArtifactPath,
    context: Context,
    findings: Findings,
    kept: Vec<Fact>,
}

/// What a judge concludes of one artifact.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// What was found, in the order in which it was first seen.
    pub findings: Vec<Finding>,
    /// Further distinct findings that are only counted, on the last listed one of their rule and severity.
    pub unlisted: u64,
    /// For each rule of the catalogue, by its position, its account over this artifact.
    pub checks: Vec<(usize, Check)>,
    /// The facts that rules over a whole tree want.
    pub kept: Vec<Fact>,
}

impl<'c> Judge<'c> {
    pub(crate) fn new(catalogue: &'c Catalogue, path: ArtifactPath) -> Self {
        Self { catalogue, path, context: Context::default(), findings: Findings::default(), kept: Vec::new() }
    }

    /// Judges one fact.
    pub fn observe(&mut self, fact: &Fact) {
        let kind = fact.kind();
        let known = standing::of(&fact.data);
        let index = self.catalogue.index();
        // The clauses of one rule stand together: the first that holds speaks for the rule.
        let mut spoken = None;
        let mut answers = Answers::default();
        for candidate in index.candidates(&fact.data, known) {
            if spoken == Some(candidate.rule) || !candidate.holds(&fact.data, &self.context, &mut answers) {
                continue;
            }
            let Some(rule) = self.catalogue.rules().get(candidate.rule) else { continue };
            let Some(clause) = rule.when.get(candidate.clause) else { continue };
            let Some(labels) = index.labels(candidate.rule) else { continue };
            spoken = Some(candidate.rule);
            let conclusion = Conclusion {
                position: candidate.rule,
                rule,
                labels,
                severity: clause.severity.unwrap_or(rule.severity),
                confidence: clause.confidence.unwrap_or(rule.confidence),
            };
            let template = clause.message.as_ref().unwrap_or(&rule.message);
            let context = &self.context;
            self.findings.add(&self.path, fact, &conclusion, || {
                let mut message = render::message(template, &fact.data, known);
                if let Some(carrier) = context.carrier(&fact.data) {
                    message.push_str(&format!(", through {carrier}"));
                }
                message
            });
        }
        self.context.saw(&fact.data, known);
        if index.keeps(kind) && self.kept.len() < KEPT {
            self.kept.push(fact.clone());
        }
    }

    /// Whether a rule may ask about facts such as `sketch`, whatever the fields hold that are empty in it. A call or an import
    /// without a moment is any of a program's.
    pub fn asks(&self, sketch: &Data) -> bool {
        let index = self.catalogue.index();
        index.keeps(sketch.kind()) || index.may_hold(sketch, standing::of(sketch))
    }

    /// A number of the rules that ask: those of the same number ask the same.
    pub fn asker(&self) -> u64 {
        self.catalogue.number()
    }

    /// Ends the artifact. `complete`: every byte is accounted for; `kinds`: what its readings could state.
    pub fn finish(self, complete: bool, kinds: &[Kind]) -> Judgement {
        let (rules, kinds) = (self.catalogue.rules(), Kinds::of(kinds));
        let (found, unlisted) = self.findings.finish(rules);
        let mut failed = vec![false; rules.len()];
        let mut findings = Vec::with_capacity(found.len());
        for (position, finding) in found {
            if let Some(flag) = failed.get_mut(position) {
                *flag = true;
            }
            findings.push(finding);
        }
        let checks = rules.iter().zip(failed).enumerate().filter(|(_, (rule, _))| rule.scope == Scope::Artifact);
        let checks = checks.map(|(position, (_, failed))| {
            let passed = !failed && complete && self.catalogue.index().depends(position, kinds);
            let check =
                Check { failed: u64::from(failed), passed: u64::from(passed), not_run: u64::from(!failed && !passed) };
            (position, check)
        });
        Judgement { findings, unlisted, checks: checks.collect(), kept: self.kept }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base::fact::{Attribute, Call, Import};

    use super::*;

    #[test]
    fn rules_ask_about_what_acts() {
        let catalogue = Catalogue::builtin();
        let judge = catalogue.judge(&ArtifactPath::root(b"a.py"));
        let asks = |module: &str, name: &str| {
            judge.asks(&Call { module: module.into(), name: name.into(), ..Call::default() }.into())
        };
        for (module, name) in
            [("os", "system"), ("builtins", "exec"), ("builtins", "open"), ("os", "dup2"), ("subprocess", "?")]
        {
            assert!(asks(module, name), "{module}.{name}");
        }
        for (module, name) in [("torch.nn", "Linear"), ("os", "getcwd"), ("builtins", "len"), ("", "forward")] {
            assert!(!asks(module, name), "{module}.{name}");
        }
        // Whatever is asked about when it acts somewhere is asked about when that is not said.
        for module in ["os", "subprocess", "builtins", "socket", "pickle", "torch", "gc", "lua:os", "java:java.lang"] {
            for name in ["system", "run", "exec", "connect", "loads", "load", "get_objects", "execute", "dup2", "?"] {
                for when in ["import", "conditional", "perhaps", "called"] {
                    let (module, name, when): (Arc<str>, Arc<str>, _) = (module.into(), name.into(), when.into());
                    let at = Call { module: module.clone(), name: name.clone(), when, ..Call::default() };
                    assert!(!judge.asks(&at.into()) || asks(&module, &name), "{module}.{name}");
                }
            }
        }
        let import = |origin: &str| Import {
            module: "os".into(),
            name: "system".into(),
            origin: origin.into(),
            ..Import::default()
        };
        assert!(judge.asks(&import("handed").into()));
        assert!(!judge.asks(&import("import").into()));
        assert!(!judge.asks(&Attribute { kind: "imported".into(), ..Attribute::default() }.into()));
        assert!(judge.asks(&Attribute { kind: "module".into(), ..Attribute::default() }.into()));
    }

    #[test]
    fn no_two_catalogues_ask_by_one_number() {
        let (one, other) = (Catalogue::builtin(), Catalogue::builtin());
        let asker = |catalogue: &Catalogue| catalogue.judge(&ArtifactPath::root(b"a")).asker();
        assert_ne!(asker(&one), asker(&other));
        assert_ne!(asker(&one), 0);
    }
}
