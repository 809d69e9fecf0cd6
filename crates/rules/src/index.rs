//! Which clauses a fact may meet: by its kind and, where it names a callable, by what is known of that and when it acts.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use base::fact::{Data, Kind};
use rulebook::{
    rule::{Clause, Rule, Scope, Test},
    vocabulary::in_group,
};

use crate::{candidate::Candidate, standing::Known, words::STANDINGS};

/// When a call or an import acts, as far as clauses are told apart by it; any other word comes last.
const MOMENTS: [&str; 6] = ["import", "conditional", "perhaps", "called", "load", "use"];

/// The first of them say what a program does when it is imported or called. Honest programs start processes and open files
/// all day: such a fact is judged by the clauses that name the time at which it acts, never by those about what loading data
/// does.
const OF_PROGRAMS: usize = 4;

/// Columns of one standing.
const COLUMNS: usize = MOMENTS.len() + 1;
/// Columns of a kind whose facts name a callable.
const WHOLE: usize = STANDINGS.len() * COLUMNS;

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

/// The clauses that a callable of one standing may meet in a program, whenever that acts.
#[derive(Debug, Default)]
struct Foreseen {
    clauses: Vec<usize>,
    /// The modules that one of them asks about; nothing: some ask about any.
    modules: Option<HashSet<Box<str>>>,
}

/// The dispatch tables of a catalogue.
#[derive(Debug)]
pub(crate) struct Index {
    /// The clauses, those of one rule together.
    clauses: Vec<Candidate>,
    /// For each kind, for each standing and moment the positions of the clauses to try; one list for a kind without callables.
    cells: Vec<Vec<Vec<usize>>>,
    /// For each kind that names a callable, for each standing what programs may meet: made when the first program is read.
    foreseen: OnceLock<Vec<Vec<Foreseen>>>,
    /// Kinds that tree rules want kept.
    kept: Vec<Kind>,
    /// For each rule, the kinds on which it depends.
    depends: Vec<Kinds>,
    labels: Vec<Labels>,
}

impl Index {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let mut clauses = Vec::new();
        let mut cells: Vec<Vec<Vec<usize>>> = Kind::ALL.iter().map(|kind| vec![Vec::new(); columns(*kind)]).collect();
        let mut kept = Vec::new();
        for (rule, body) in rules.iter().enumerate() {
            if body.scope == Scope::Tree {
                kept.extend(body.kinds());
                continue;
            }
            for (clause, when) in body.when.iter().enumerate() {
                for cell in cells.get_mut(when.fact as usize).into_iter().flat_map(|columns| met(columns, when)) {
                    cell.push(clauses.len());
                }
                clauses.push(Candidate::new(rule, clause, when));
            }
        }
        let depends = rules.iter().map(|rule| Kinds::of(&rule.kinds())).collect();
        let foreseen = OnceLock::new();
        Self { clauses, cells, foreseen, kept, depends, labels: rules.iter().map(labels).collect() }
    }

    /// Whether a clause may hold of a fact such as `sketch`, whatever the fields hold that are empty in it. `known` is its
    /// callable; where the moment is empty at which it acts, that may be any of a program's.
    pub(crate) fn may_hold(&self, sketch: &Data, known: Option<Known>) -> bool {
        let module = match sketch {
            Data::Call(call) if call.when.is_empty() => &call.module,
            Data::Import(import) if import.when.is_empty() => &import.module,
            _ => return self.candidates(sketch, known).any(|candidate| candidate.may_hold(sketch)),
        };
        let row = self.foreseen().get(sketch.kind() as usize).zip(known);
        let Some(foreseen) = row.and_then(|(row, known)| row.get(known.standing)) else { return true };
        // Those of other languages have a colon.
        foreseen.modules.as_ref().is_none_or(|modules| modules.contains(&**module) || module.contains(':'))
            && foreseen
                .clauses
                .iter()
                .any(|position| self.clauses.get(*position).is_none_or(|candidate| candidate.may_hold(sketch)))
    }

    /// The clauses that a fact whose callable is `known` may meet; standings are already decided.
    pub(crate) fn candidates(&self, data: &Data, known: Option<Known>) -> impl Iterator<Item = &Candidate> {
        let column = known.map_or(0, |known| known.standing.saturating_mul(COLUMNS).saturating_add(moment(data)));
        let cell = self.cells.get(data.kind() as usize).and_then(|columns| columns.get(column));
        cell.into_iter().flatten().filter_map(|position| self.clauses.get(*position))
    }

    fn foreseen(&self) -> &[Vec<Foreseen>] {
        self.foreseen.get_or_init(|| {
            let rows = Kind::ALL.iter().zip(&self.cells).map(|(kind, columns)| match names_callable(*kind) {
                true => columns.chunks(COLUMNS).map(|row| foreseen(row, &self.clauses)).collect(),
                false => Vec::new(),
            });
            rows.collect()
        })
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

/// What a program may meet in the columns of one standing.
fn foreseen(columns: &[Vec<usize>], clauses: &[Candidate]) -> Foreseen {
    let mut met: Vec<usize> = columns.iter().take(OF_PROGRAMS).flatten().copied().collect();
    met.sort_unstable();
    met.dedup();
    let modules = met.iter().filter_map(|position| clauses.get(*position)).map(Candidate::modules);
    let modules = modules.collect::<Option<Vec<_>>>();
    let modules = modules.map(|modules| modules.into_iter().flatten().map(Box::from).collect());
    Foreseen { clauses: met, modules }
}

/// Whether facts of a kind name a callable.
const fn names_callable(kind: Kind) -> bool {
    matches!(kind, Kind::Call | Kind::Import)
}

const fn columns(kind: Kind) -> usize {
    if names_callable(kind) { WHOLE } else { 1 }
}

/// The position of the moment at which a fact acts.
fn moment(data: &Data) -> usize {
    let when = match data {
        Data::Call(call) => &call.when,
        Data::Import(import) => &import.when,
        _ => return MOMENTS.len(),
    };
    MOMENTS.iter().position(|word| *word == &**when).unwrap_or(MOMENTS.len())
}

/// Those of the columns of its kind in which `clause` can hold.
fn met<'c>(columns: &'c mut [Vec<usize>], clause: &Clause) -> impl Iterator<Item = &'c mut Vec<usize>> {
    let callable = names_callable(clause.fact);
    let moments: Vec<bool> = (0..COLUMNS).map(|moment| !callable || may_act(clause, moment)).collect();
    let stands = |standing: &str| !callable || may_stand(clause, standing);
    let standings: Vec<bool> = STANDINGS.iter().map(|standing| stands(standing)).collect();
    let rows = columns.chunks_mut(COLUMNS).zip(standings).filter(|(_, stands)| *stands);
    rows.flat_map(move |(row, _)| row.iter_mut().zip(moments.clone()).filter(|(_, acts)| *acts).map(|(cell, _)| cell))
}

/// Whether `clause` can hold for a callable of this standing.
fn may_stand(clause: &Clause, standing: &str) -> bool {
    clause.all.iter().all(|condition| match &condition.test {
        Test::Standing(words) => words.iter().any(|word| in_group(standing, word)) != condition.negated,
        _ => true,
    })
}

/// Whether `clause` can hold at this moment.
fn may_act(clause: &Clause, moment: usize) -> bool {
    let mut timed = false;
    let mut possible = true;
    for condition in clause.all.iter() {
        let Test::OneOf { field, texts } = &condition.test else { continue };
        if field == "when" {
            timed |= !condition.negated;
            possible &=
                MOMENTS.get(moment).is_none_or(|word| texts.iter().any(|text| text == word) != condition.negated);
        }
    }
    possible && (timed || moment >= OF_PROGRAMS)
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
