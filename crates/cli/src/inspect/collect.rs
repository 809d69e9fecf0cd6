//! Keeps what a scan would drop: the facts, by artifact, the first of each kind.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base::{
    coverage::Claim,
    expr,
    fact::{Data, Fact},
    report::Report,
};
use engine::{Recorder, Seen};

use super::{
    model::{Artifact, Entry, Few, Import, Inspection, Range, Statement, Tensor},
    strings,
};

/// Artifacts that are kept.
const ARTIFACTS: usize = 20_000;
/// Artifacts whose facts are kept while they are open.
const OPEN: usize = 4_096;
/// Letters of a value.
const VALUE: usize = 400;
/// Items of each kind in an artifact, unless all are asked for.
const FEW: usize = 40;
/// Items of each kind in an artifact even then.
const ALL: usize = 100_000;
/// Items in all.
const MOST: usize = 1_000_000;

/// Looks on and keeps.
pub(super) struct Collector {
    strings: Option<usize>,
    few: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashMap<Arc<str>, Artifact>,
    /// Those of the root that is being read, with their positions.
    root: Vec<(usize, Artifact)>,
    closed: Vec<Artifact>,
    omitted: u64,
    items: usize,
}

impl Collector {
    /// A collector of the first items, or of all; with texts of at least so many letters.
    pub(super) fn new(strings: Option<usize>, all: bool) -> Self {
        Self { strings, few: if all { ALL } else { FEW }, state: Mutex::default() }
    }

    /// What was kept.
    pub(super) fn finish(self, report: Report) -> Inspection {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let known: HashMap<Arc<str>, usize> =
            state.closed.iter().enumerate().map(|(at, artifact)| (artifact.path.clone(), at)).collect();
        // What could not be opened was never told.
        for record in report.artifacts.iter().filter(|record| !known.contains_key(&record.path)) {
            if state.closed.len() < ARTIFACTS {
                state.closed.push(Artifact {
                    path: record.path.clone(),
                    format: record.format.clone(),
                    size: record.size,
                    complete: record.complete(),
                    detail: record.detail.clone(),
                    ..Artifact::default()
                });
            }
        }
        Inspection {
            schema_version: "1.0",
            targets: report.target,
            artifacts: state.closed,
            artifacts_omitted: state.omitted,
            coverage: report.coverage,
        }
    }
}

impl Recorder for Collector {
    fn fact(&self, path: &str, fact: &Fact) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.items >= MOST || (state.open.len() >= OPEN && !state.open.contains_key(path)) {
            return;
        }
        state.items = state.items.saturating_add(1);
        let artifact = match state.open.get_mut(path) {
            Some(artifact) => artifact,
            None => state.open.entry(path.into()).or_default(),
        };
        keep(artifact, fact, self.few);
    }

    fn artifact(&self, seen: &Seen<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let facts = state.open.remove(&seen.record.path).unwrap_or_default();
        if state.closed.len().saturating_add(state.root.len()) >= ARTIFACTS {
            state.omitted = state.omitted.saturating_add(1);
        } else {
            let mut artifact = described(facts, seen, self.few);
            if let (Some(shortest), Some(blob)) = (self.strings, seen.blob) {
                artifact.strings = strings::of(blob, seen.ledger, shortest, self.few, seen.meter);
            }
            state.root.push((seen.position, artifact));
        }
        if seen.position == 0 {
            let mut root = std::mem::take(&mut state.root);
            root.sort_by_key(|(position, _)| *position);
            state.closed.extend(root.into_iter().map(|(_, artifact)| artifact));
        }
    }
}

/// The artifact with what its record and ledger say.
fn described(facts: Artifact, seen: &Seen<'_>, few: usize) -> Artifact {
    let record = seen.record;
    let mut map = Few::default();
    let size = record.size.unwrap_or(0);
    let mut at = 0;
    for (range, claim) in seen.ledger.claims() {
        if at < range.start {
            map.add(Range { start: at, end: range.start, claim: "skipped" }, few);
        }
        at = range.end;
        map.add(Range { start: range.start, end: range.end, claim: word(claim) }, few);
    }
    if at < size {
        map.add(Range { start: at, end: size, claim: "skipped" }, few);
    }
    Artifact {
        path: record.path.clone(),
        depth: seen.depth,
        format: record.format.clone(),
        formats: record.formats.clone(),
        size: record.size,
        sha256: record.sha256.clone(),
        complete: record.complete(),
        detail: record.detail.clone(),
        findings: seen.findings.len() as u64,
        coverage: seen.coverage,
        map,
        ..facts
    }
}

const fn word(claim: Claim) -> &'static str {
    match claim {
        Claim::Read => "read",
        Claim::Opaque => "opaque",
        Claim::Child => "child",
        Claim::Padding => "padding",
    }
}

fn short(text: &str) -> String {
    expr::shorten(text, VALUE).0.to_owned()
}

/// Puts a fact where it belongs.
fn keep(artifact: &mut Artifact, fact: &Fact, few: usize) {
    let offset = fact.at.offset;
    match &fact.data {
        Data::Import(import) => {
            let judged = rules::judged(&import.module, &import.name);
            let dot = if import.name.is_empty() { "" } else { "." };
            let item = Import {
                name: format!("{}{dot}{}", import.module, import.name),
                written: short(&import.written),
                when: import.when.clone(),
                standing: judged.standing,
                dangerous: judged.dangerous,
                reason: judged.reason,
                offset,
            };
            // What does harm is shown first, and whatever else there is.
            if judged.dangerous {
                artifact.imports.items.insert(0, item);
                artifact.imports.items.truncate(few.max(1));
            } else {
                artifact.imports.add(item, few);
            }
        }
        Data::Tensor(tensor) => artifact.tensors.add(
            Tensor {
                name: tensor.name.clone(),
                dtype: tensor.dtype.clone(),
                shape: tensor.shape.clone(),
                bytes: tensor.bytes,
                offset,
            },
            few,
        ),
        Data::Identity(identity) => {
            artifact.metadata.add(Statement { key: identity.key.to_string(), value: short(&identity.value) }, few);
        }
        Data::Text(text) if !matches!(&*text.role, "key" | "marker") => {
            artifact.metadata.add(Statement { key: text.role.to_string(), value: short(&text.text) }, few);
        }
        Data::Entry(entry) => artifact.entries.add(
            Entry {
                name: entry.name.clone(),
                kind: entry.kind.clone(),
                size: entry.size,
                packed: entry.packed,
                method: entry.method.clone(),
            },
            few,
        ),
        Data::Reference(reference) => {
            let key = format!("{} {}", reference.kind, reference.role);
            artifact.references.add(Statement { key: key.trim().to_owned(), value: short(&reference.target) }, few);
        }
        _ => {}
    }
}
