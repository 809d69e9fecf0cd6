//! Which clauses a fact may meet: by its kind and, where it names a callable, by what is known of that.

use std::sync::Arc;

use base::fact::Kind;
use rulebook::{
    rule::{Clause, Rule, Scope, Test},
    vocabulary::in_group,
};

use crate::words::STANDINGS;

/// A clause by its rule's and its own position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) rule: usize,
    pub(crate) clause: usize,
}

/// The texts of a rule that every finding carries, shared.
#[derive(Debug)]
pub(crate) struct Labels {
    pub(crate) id: Arc<str>,
    pub(crate) category: Arc<str>,
    pub(crate) title: Arc<str>,
    pub(crate) remedy: Arc<str>,
    pub(crate) cwe: Vec<Arc<str>>,
    pub(crate) owasp_ml: Vec<Arc<str>>,
    pub(crate) owasp_llm: Vec<Arc<str>>,
    pub(crate) atlas: Vec<Arc<str>>,
}

/// A set of kinds: every artifact asks every rule whether it could have applied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kinds(u64);

impl Kinds {
    /// The set of these.
    pub(crate) fn of(kinds: &[Kind]) -> Self {
        Self(kinds.iter().fold(0, |set, kind| set | 1_u64.checked_shl(*kind as u32).unwrap_or(0)))
    }
}

/// A kind more than the set holds would be in no set.
const _: () = assert!(Kind::ALL.len() <= 64);

/// The dispatch tables of a catalogue.
#[derive(Debug)]
pub(crate) struct Index {
    /// For each kind, for each standing (and last for facts that name no callable) the clauses to try.
    candidates: Vec<Vec<Vec<Candidate>>>,
    /// Kinds that tree rules want kept.
    kept: Vec<Kind>,
    /// For each rule, the kinds on which it depends.
    depends: Vec<Kinds>,
    labels: Vec<Labels>,
}

impl Index {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let columns = STANDINGS.len().saturating_add(1);
        let mut candidates = vec![vec![Vec::new(); columns]; Kind::ALL.len()];
        let mut kept = Vec::new();
        for (rule, body) in rules.iter().enumerate() {
            if body.scope == Scope::Tree {
                kept.extend(body.kinds());
                continue;
            }
            for (clause, when) in body.when.iter().enumerate() {
                for (column, standing) in STANDINGS.iter().map(Some).chain([None]).enumerate() {
                    let cell = candidates.get_mut(when.fact as usize).and_then(|row| row.get_mut(column));
                    if let Some(cell) = cell.filter(|_| possible(when, standing.copied())) {
                        cell.push(Candidate { rule, clause });
                    }
                }
            }
        }
        let depends = rules.iter().map(|rule| Kinds::of(&rule.kinds())).collect();
        Self { candidates, kept, depends, labels: rules.iter().map(labels).collect() }
    }

    /// The clauses that a fact of `kind` with this standing may meet; standings are already decided.
    pub(crate) fn candidates(&self, kind: Kind, standing: Option<usize>) -> &[Candidate] {
        let row = self.candidates.get(kind as usize);
        row.and_then(|row| row.get(standing.unwrap_or(STANDINGS.len()))).map_or(&[], Vec::as_slice)
    }

    /// Whether a rule depends on one of these kinds.
    pub(crate) fn depends(&self, rule: usize, kinds: Kinds) -> bool {
        self.depends.get(rule).is_some_and(|wanted| wanted.0 & kinds.0 != 0)
    }

    pub(crate) fn keeps(&self, kind: Kind) -> bool {
        self.kept.contains(&kind)
    }

    pub(crate) fn labels(&self, rule: usize) -> Option<&Labels> {
        self.labels.get(rule)
    }
}

/// Whether `clause` can hold for a callable of this standing.
fn possible(clause: &Clause, standing: Option<&str>) -> bool {
    clause.all.iter().all(|condition| match &condition.test {
        Test::Standing(words) => {
            standing.is_some_and(|id| words.iter().any(|word| in_group(id, word))) != condition.negated
        }
        _ => true,
    })
}

fn labels(rule: &Rule) -> Labels {
    let shared = |texts: &[rulebook::rule::Text]| texts.iter().map(|text| Arc::from(&**text)).collect();
    Labels {
        id: Arc::from(&*rule.id),
        category: Arc::from(&*rule.category),
        title: Arc::from(&*rule.title),
        remedy: Arc::from(&*rule.remedy),
        cwe: rule.cwe.iter().map(|number| format!("CWE-{number}").into()).collect(),
        owasp_ml: shared(&rule.owasp_ml),
        owasp_llm: shared(&rule.owasp_llm),
        atlas: shared(&rule.atlas),
    }
}
