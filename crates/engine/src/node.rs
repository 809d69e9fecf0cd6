//! One artifact on its way through the engine: identified, read by everything that it is, closed after its children.

use std::sync::Arc;

use base::{
    blob::Blob,
    budget::Meter,
    coverage::{Claim, Coverage, Ledger},
    fact::{Flaw, Identity, Kind},
    finding::Finding,
    format::{Depth, Format},
    location::{ArtifactPath, Place},
    reason::Reason,
    report::{ArtifactRecord, Check, Outcome},
    sink::Child,
    source::Access,
    stop::Stop,
};
use rules::Catalogue;

use crate::{
    forward::Forward,
    identify::{Candidate, Parts, candidates},
    layout::Role,
    loads::{self, Load},
    nested,
    reading::{Inbox, Reading},
    recorder::Recorder,
    storages::Storages,
    sweep,
};

/// Why a node is not complete: the outcome, the reason and the words for people. The first trouble is the one reported.
type Trouble = (Outcome, Reason, String);

/// An artifact that is being read.
pub(crate) struct Node<'c> {
    pub path: ArtifactPath,
    pub size: Option<u64>,
    pub sha256: Option<String>,
    /// Found by a sweep over its parent.
    pub swept: bool,
    inbox: Inbox<'c>,
    formats: Vec<&'static Format>,
    /// Words for artifacts that no format reads: `empty`, `vcs`, `tensor-data`.
    plain: Option<&'static str>,
    ledger: Ledger,
    trouble: Option<Trouble>,
    meter: Meter,
    /// Bytes of children that were never opened.
    unopened: u64,
    /// Rows of `loads.toml` that no reader of this artifact judges: the reader of a child may.
    unjudged: Vec<&'static Load>,
}

/// What is left of a node once it is closed.
pub(crate) struct Closed {
    pub record: ArtifactRecord,
    pub findings: Vec<Finding>,
    pub coverage: Coverage,
    pub checks: Vec<(usize, Check)>,
}

impl<'c> Node<'c> {
    /// A node that was not read yet.
    pub(crate) fn new(
        catalogue: &'c Catalogue,
        path: ArtifactPath,
        meter: Meter,
        recorder: Option<&'c dyn Recorder>,
    ) -> Self {
        let recorder = recorder.map(|recorder| (recorder, path.shared()));
        let inbox = Inbox::new(catalogue.judge(&path), meter.clone(), recorder);
        Self {
            path,
            size: None,
            sha256: None,
            swept: false,
            inbox,
            formats: Vec::new(),
            plain: None,
            ledger: Ledger::default(),
            trouble: None,
            meter,
            unopened: 0,
            unjudged: Vec::new(),
        }
    }

    /// Notes why the node is not complete, unless something was noted before.
    pub(crate) fn trouble(&mut self, reason: Reason, what: impl Into<String>) {
        let outcome = match reason {
            Reason::UnknownFormat => Outcome::Unknown,
            Reason::Time
            | Reason::BytesOut
            | Reason::Ratio
            | Reason::Depth
            | Reason::Entries
            | Reason::Memory
            | Reason::Size => Outcome::OverLimit,
            _ => Outcome::Partial,
        };
        // That no format fits says less than any other reason: reading may not have come far enough to tell.
        if self.trouble.as_ref().is_none_or(|(outcome, ..)| *outcome == Outcome::Unknown) {
            self.trouble = Some((outcome, reason, what.into()));
        }
    }

    /// Notes what stopped a reading.
    pub(crate) fn stopped(&mut self, stop: &Stop) {
        self.trouble(stop.reason(), stop.to_string());
    }

    /// Whether reading on makes sense: nothing stands against completeness so far, or only that no format fits.
    pub(crate) fn is_sound(&self) -> bool {
        self.trouble.as_ref().is_none_or(|(outcome, ..)| *outcome == Outcome::Unknown)
    }

    /// The meter of this artifact.
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// What the pickle of a checkpoint claims is held against the members that store it.
    pub(crate) fn claims(&mut self, storages: Option<Storages>) {
        if let Some(storages) = &storages {
            self.identity("loader", storages.loader);
        }
        self.inbox.storages = storages;
    }

    /// What its container says of it: where its lines were written, and what it finds bound.
    pub(crate) fn told_by_container(&mut self, child: &Child) {
        self.inbox.origins.clone_from(&child.origins);
        self.inbox.given.clone_from(&child.given);
    }

    /// States what its container makes of this artifact.
    pub(crate) fn identity(&mut self, key: &str, value: &str) {
        let identity = Identity { key: key.into(), value: value.into() };
        self.inbox.observe(&base::fact::Fact::new(Place::default(), identity));
    }

    /// States a fact of the engine's own about this artifact.
    pub(crate) fn flaw(&mut self, at: &Place, id: &str, part: &str, detail: String) {
        let flaw = Flaw { id: id.into(), detail: detail.into(), part: part.into() };
        self.inbox.observe(&base::fact::Fact::new(at.clone(), flaw));
    }

    /// Files embedded where the data says nothing about itself: in opaque ranges, and in all of an artifact of unknown format.
    pub(crate) fn sweep(&mut self, blob: &Blob) -> Vec<Child> {
        let len = blob.len().unwrap_or(0);
        let opaque = self.ledger.claims().filter(|(_, claim)| *claim == Claim::Opaque).map(|(range, _)| range);
        let mut ranges: Vec<_> = opaque.collect();
        if self.formats.is_empty() && ranges.is_empty() {
            ranges.push(0..len);
        }
        let mut found = match sweep::embedded(blob, &ranges, &self.meter) {
            Ok(found) => found,
            Err(stop) => {
                self.stopped(&stop);
                Vec::new()
            }
        };
        // What starts at the first byte was identified already.
        found.retain(|child| child.place.offset > 0);
        let known = self.plain.is_some() || !self.formats.is_empty();
        let mut delegated = Ledger::default();
        for child in &found {
            let part = String::from_utf8_lossy(&child.name).into_owned();
            self.flaw(&child.place, "embedded-file", &part, sweep::describe(blob, child));
            if known {
                delegated
                    .claim(child.place.offset..child.place.offset.saturating_add(child.place.length), Claim::Child);
            }
        }
        // Bytes count where most is known of them: in the embedded file.
        self.ledger.union(&delegated);
        found
    }

    /// Takes the children that the readings gave back.
    pub(crate) fn take_children(&mut self) -> Vec<Child> {
        std::mem::take(&mut self.inbox.children)
    }

    /// The formats that counted.
    pub(crate) fn formats(&self) -> &[&'static Format] {
        &self.formats
    }

    /// What was claimed.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Ids of the formats that counted.
    pub(crate) fn format_ids(&self) -> Vec<&'static str> {
        self.formats.iter().map(|format| format.id).collect()
    }

    /// Whether its members have names of their own.
    pub(crate) fn names_members(&self) -> bool {
        self.formats.iter().any(|format| format.facts.contains(&Kind::Entry))
    }

    /// Counts bytes that a child that was not opened would have accounted for.
    pub(crate) fn leave_unopened(&mut self, bytes: u64) {
        self.unopened = self.unopened.saturating_add(bytes);
    }

    /// Identifies `blob` and reads it as everything that it is. `forward` is the stream below, where it is one.
    pub(crate) fn read(&mut self, blob: &Blob, role: Option<Role>, forward: Option<&Forward>) {
        if blob.is_empty() {
            self.plain = Some("empty");
            return;
        }
        if role == Some(Role::Packaged) {
            self.identity("role", "packaged");
        }
        let parts = match Parts::read(blob, role == Some(Role::TensorData)) {
            Ok(parts) => parts,
            Err(stop) => return self.stopped(&stop),
        };
        // A stream may have to be asked to know that it holds nothing.
        if parts.is_empty() {
            self.plain = Some("empty");
            return;
        }
        let path = self.path.shared();
        let name = read_as(&path, role);
        let head = parts.head(name);
        let mut found = candidates(&head);
        // An archive that begins further on may lie in what another reading gives back.
        let inside = |candidate: &Candidate| match candidate.format.id {
            "zip" => !head.first.starts_with(b"PK"),
            "hdf5" => !head.first.starts_with(b"\x89HDF"),
            _ => false,
        };
        found.sort_by_key(inside);
        let backwards = found.iter().any(|candidate| candidate.format.access == Access::Random);
        // Members are windows into the stream, and are opened once the last of them was met.
        let members = found.iter().any(|candidate| candidate.format.facts.contains(&Kind::Entry));
        if let Some(forward) = forward.filter(|_| found.len() > 1 || backwards || members) {
            forward.retain();
            // What came out before a stream broke is read all the same.
            if backwards && let Err(stop) = forward.drain() {
                self.stopped(&stop);
            }
        }
        for candidate in found {
            let in_a_child = match candidate.format.id {
                "zip" => nested::zip_is_a_child,
                _ => nested::hdf5_is_in_a_child,
            };
            if !inside(&candidate) || !in_a_child(blob, &self.inbox.children) {
                self.try_candidate(candidate, blob, name);
            }
        }
        self.conclude(blob, role);
    }

    /// Reads as one candidate; a trial that does not pass leaves nothing behind.
    fn try_candidate(&mut self, candidate: Candidate, blob: &Blob, name: &str) {
        if candidate.is_last_resort() && !self.formats.is_empty() {
            return;
        }
        let reading = self.inbox.read(candidate.format, blob, candidate.is_trial(), name);
        if reading.passed {
            self.count(candidate.format, &reading);
        } else if let Err(stop @ (Stop::Limit(_) | Stop::Io(_))) = &reading.result {
            self.stopped(stop);
        }
    }

    /// Adds a reading that counts.
    fn count(&mut self, format: &'static Format, reading: &Reading) {
        self.formats.push(format);
        if let Err(stop) = &reading.result {
            self.stopped(stop);
        }
        if format.depth == Depth::Identified {
            self.trouble(Reason::NoReader, format!("{} is recognised, but not read by this version", format.name));
        }
        if reading.ledger.defects() > 0 {
            self.trouble(Reason::Internal, format!("the {} reader claimed bytes twice", format.id));
        }
        self.ledger.union(&reading.ledger);
    }

    /// What follows from the readings together.
    fn conclude(&mut self, blob: &Blob, role: Option<Role>) {
        self.acted_on();
        // Two formats that are only recognised are a question of recognition, not a polyglot.
        let read = self.formats.iter().any(|format| format.depth > Depth::Identified);
        // A template of a configuration file is text that reads as both.
        let texts = self.formats.iter().all(|format| matches!(format.id, "jinja" | "ini" | "xml" | "yaml" | "json"));
        let template = texts && self.formats.iter().any(|format| format.id == "jinja");
        // So is a module of plain assignments, or of a line that is a scalar.
        let assignments = self.formats.iter().all(|format| matches!(format.id, "python-source" | "ini" | "yaml"));
        // And XHTML is both by design.
        let page = self.formats.iter().all(|format| matches!(format.id, "html" | "xml"));
        // Notebooks are JSON and projects YAML, read a second time for the code in them.
        let code = self.formats.iter().any(|format| matches!(format.id, "notebook" | "mlproject" | "dockerfile"))
            && self.formats.iter().all(|format| {
                matches!(format.id, "notebook" | "mlproject" | "dockerfile" | "json" | "yaml" | "ini" | "python-source")
            });
        if read && self.formats.len() > 1 && !template && !assignments && !page && !code {
            let detail = self.format_ids().join(" + ");
            self.flaw(&Place::default(), "polyglot", "", detail);
        }
        if role == Some(Role::TensorData) && self.names_members() {
            let detail =
                format!("what should be the numbers of a tensor is a file of format {}", self.format_ids().join(" + "));
            self.flaw(&Place::default(), "embedded-file", "", detail);
        }
        if self.formats.is_empty() {
            match (role, blob.len()) {
                (Some(Role::TensorData), Some(len)) => {
                    self.ledger.claim(0..len, Claim::Opaque);
                    self.plain = Some("tensor-data");
                }
                _ => self.trouble(Reason::UnknownFormat, "no known format fits the content"),
            }
        }
    }

    /// A file on whose name or keys some loader acts is incomplete until the reader that judges it exists.
    fn acted_on(&mut self) {
        let ids = self.format_ids();
        let path = self.path.shared();
        let by_content = std::mem::take(&mut self.inbox.acted_on);
        let rows = loads::by_name(file_name(&path)).chain(by_content);
        let unread = rows.into_iter().filter(|load| load.reader.is_empty() || !ids.contains(&load.reader));
        // What is recognised as a format of its own is not text that only its name makes dangerous.
        let textual = self
            .formats
            .iter()
            .all(|format| format.class == base::format::Class::Inert || format.depth == Depth::Values);
        if textual && !self.formats.is_empty() {
            self.unjudged = unread.collect();
        }
    }

    /// Takes note of a child that is closed: what its readers judge is judged.
    pub(crate) fn child_closed(&mut self, child: &ArtifactRecord) {
        self.unjudged.retain(|load| !child.formats.iter().any(|format| **format == *load.reader));
    }

    /// Closes the books: gaps, coverage, findings, checks.
    pub(crate) fn close(mut self, blob: Option<&Blob>) -> Closed {
        if let Some(load) = self.unjudged.first() {
            self.trouble(Reason::NoReader, format!("{}: {}, and no reader judges that yet", load.id, load.loader));
        }
        let len = self.size.or_else(|| blob.and_then(Blob::len)).unwrap_or(0);
        self.size = self.size.or_else(|| blob.and_then(Blob::len));
        let gaps = self.ledger.gaps(len);
        if let Some(gap) = gaps.first().filter(|_| self.trouble.is_none()) {
            let missing = gaps.iter().fold(0_u64, |sum, gap| sum.saturating_add(gap.end.saturating_sub(gap.start)));
            let what = format!("{missing} bytes are explained by no reader, the first at byte {}", gap.start);
            self.trouble(Reason::Unclaimed, what);
        }
        let mut coverage = self.ledger.coverage(len);
        coverage.skipped = coverage.skipped.saturating_add(self.unopened);
        coverage.bytes_total = coverage.bytes_total.saturating_add(self.unopened);
        let mut kinds: Vec<Kind> = self.formats.iter().flat_map(|format| format.facts).copied().collect();
        kinds.sort_unstable();
        kinds.dedup();
        let judgement = self.inbox.judge.finish(self.trouble.is_none(), &kinds);
        let formats: Vec<Arc<str>> = self.formats.iter().map(|format| format.id.into()).collect();
        let word = self.plain.unwrap_or("unknown").into();
        let (outcome, reason, detail) = match self.trouble {
            Some((outcome, reason, detail)) => (outcome, Some(reason), Some(detail)),
            None => (Outcome::Complete, None, None),
        };
        let record = ArtifactRecord {
            path: self.path.shared(),
            path_hex: self.path.hex(),
            format: formats.first().cloned().unwrap_or(word),
            formats,
            size: self.size,
            sha256: self.sha256,
            outcome,
            reason,
            detail,
        };
        Closed { record, findings: judgement.findings, coverage, checks: judgement.checks }
    }

    /// Whether every byte was read by a reader, none left to children or to tensors.
    pub(crate) fn wholly_read(&self) -> bool {
        !self.formats.is_empty() && self.ledger.claims().all(|(_, claim)| matches!(claim, Claim::Read | Claim::Padding))
    }
}

/// The name under which a reader gets an artifact: that of its file; for the source that `torch.package` keeps of a traced module the
/// one under which pickles give such source back; one of its own for the code of a scripted module.
fn read_as(path: &str, role: Option<Role>) -> &str {
    let member = path.rsplit_once("!/").map_or("", |(_, member)| member);
    match role {
        Some(Role::Script) => "torchscript.py",
        _ if member.contains("fx-generated/") && member.ends_with(".py") => "traced-graph.py",
        _ => file_name(path),
    }
}

/// The last component of a path through containers.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
