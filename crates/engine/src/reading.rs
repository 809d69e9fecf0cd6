//! One reading of an artifact by one format, with its panic caught and its facts judged as they come.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Ledger,
    fact::{Data, Fact},
    format::Format,
    location::Unit,
    reason::Reason,
    sink::{Child, Given, Origin, Receiver, Sink},
    stop::Stop,
};
use rules::Judge;

use crate::{
    loads::{self, Load},
    recorder::Recorder,
    storages::Storages,
};

/// Memory that a child waiting for its turn is taken to need.
const CHILD: u64 = 320;

/// What became of a reading.
pub(crate) struct Reading {
    /// What it claimed.
    pub ledger: Ledger,
    /// How it ended.
    pub result: Result<(), Stop>,
    /// Whether it counts: certain, or a trial past its milestone.
    pub passed: bool,
}

/// Where an artifact's readings put what they find.
pub(crate) struct Inbox<'c> {
    /// Judges each fact as it is stated.
    pub judge: Judge<'c>,
    /// Children in the order in which they were given back.
    pub children: Vec<Child>,
    /// Rows of `loads.toml` that keys and markers of the content match.
    pub acted_on: Vec<&'static Load>,
    /// The members that store what this artifact claims.
    pub storages: Option<Storages>,
    /// Where its container wrote the lines of this artifact.
    pub origins: Vec<Origin>,
    /// Names that this artifact finds bound when it runs.
    pub given: Vec<Given>,
    meter: Meter,
    /// Who looks on, and the path of the artifact.
    recorder: Option<(&'c dyn Recorder, Arc<str>)>,
}

impl<'c> Inbox<'c> {
    /// An empty inbox.
    pub(crate) fn new(judge: Judge<'c>, meter: Meter, recorder: Option<(&'c dyn Recorder, Arc<str>)>) -> Self {
        Self {
            judge,
            children: Vec::new(),
            acted_on: Vec::new(),
            storages: None,
            origins: Vec::new(),
            given: Vec::new(),
            meter,
            recorder,
        }
    }

    /// Has a fact judged.
    pub(crate) fn observe(&mut self, fact: &Fact) {
        if let Some(fact) = self.traced(fact) {
            return self.judged(&fact);
        }
        self.judged(fact);
    }

    /// The fact with the place in the container where its line was written.
    fn traced(&self, fact: &Fact) -> Option<Fact> {
        if fact.at.line == 0 || fact.at.pointer.is_some() {
            return None;
        }
        let after = self.origins.partition_point(|origin| origin.line <= fact.at.line);
        let origin = self.origins.get(after.checked_sub(1)?)?;
        let line = fact.at.line.saturating_sub(origin.line).saturating_add(origin.first);
        let at = fact.at.clone().pointer(Unit::JsonPointer, format!("{}/{line}", origin.pointer));
        Some(Fact { at, data: fact.data.clone() })
    }

    fn judged(&mut self, fact: &Fact) {
        if let Some((recorder, path)) = &self.recorder {
            recorder.fact(path, fact);
        }
        self.judge.observe(fact);
    }

    /// Reads `blob` as `format`.
    pub(crate) fn read(&mut self, format: &'static Format, blob: &Blob, trial: bool, name: &str) -> Reading {
        let meter = self.meter.clone();
        let mut sink = Sink::new(self, meter, trial, name);
        // A defect in one reader must end neither the scan nor the findings made so far.
        let result = catch_unwind(AssertUnwindSafe(|| (format.parse)(blob, &mut sink)));
        let result = result.unwrap_or(Err(Stop::Limit(Reason::Internal)));
        let passed = sink.passed();
        Reading { ledger: sink.into_ledger(), result, passed }
    }
}

impl Receiver for Inbox<'_> {
    fn fact(&mut self, fact: Fact) {
        if let Data::Text(text) = &fact.data {
            match &*text.role {
                "key" => self.acted_on.extend(loads::by_key(&text.text)),
                "marker" => self.acted_on.extend(loads::by_marker(&text.text)),
                _ => {}
            }
        }
        self.observe(&fact);
        if let (Data::Reference(claim), Some(storages)) = (&fact.data, &self.storages)
            && let Some(flaw) = storages.flaw(claim).filter(|_| &*claim.kind == "storage")
        {
            self.observe(&Fact::new(fact.at.clone(), flaw));
        }
    }

    fn asks(&self, sketch: &Data) -> bool {
        // Who looks on sees everything.
        self.recorder.is_some() || self.judge.asks(sketch)
    }

    fn asker(&self) -> u64 {
        if self.recorder.is_some() { 0 } else { self.judge.asker() }
    }

    fn given(&self) -> &[Given] {
        &self.given
    }

    fn child(&mut self, child: Child) -> Result<(), Stop> {
        self.meter.hold(CHILD.saturating_add(child.name.len() as u64))?;
        self.children.push(child);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use base::{
        fact::Identity,
        format::{Class, Depth},
        location::{ArtifactPath, Place},
        source::Access,
    };
    use rules::Catalogue;

    use super::*;

    /// States a fact and then breaks, as a defect in a reader would.
    const BROKEN: Format = Format {
        id: "broken",
        name: "A reader with a defect",
        extensions: &[],
        depth: Depth::Structure,
        access: Access::Forward,
        class: Class::Active,
        facts: &[],
        detect: |_| None,
        explain: None,
        parse: |_, sink| {
            sink.fact(Place::default(), Identity { key: "version".into(), value: "1".into() })?;
            panic!("a defect")
        },
    };

    #[test]
    fn a_panic_in_a_reader_is_caught_and_named() {
        let catalogue = Catalogue::builtin();
        let meter = Meter::unlimited();
        let mut inbox = Inbox::new(catalogue.judge(&ArtifactPath::root(b"x")), meter.clone(), None);
        let reading = inbox.read(&BROKEN, &Blob::from_bytes(*b"x"), false, "x");
        assert_eq!(reading.result, Err(Stop::Limit(Reason::Internal)));
        assert!(reading.passed);
        assert_eq!(meter.spent().facts, 1);
    }
}
