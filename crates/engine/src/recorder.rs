//! Somebody who looks on while targets are scanned: for `explain` and `inspect`, which show what a scan drops.

use base::{
    blob::Blob,
    budget::Meter,
    coverage::{Coverage, Ledger},
    fact::Fact,
    finding::Finding,
    format::Format,
    report::ArtifactRecord,
};

/// An artifact that was closed, while its bytes can still be read.
pub struct Seen<'a> {
    /// Its place in the order of its root: parent, its children in their order, next sibling; the root is 0 and comes last.
    pub position: usize,
    /// Containers above it.
    pub depth: usize,
    /// What the report says of it.
    pub record: &'a ArtifactRecord,
    /// The formats whose readings counted.
    pub formats: &'a [&'static Format],
    /// What was claimed of it.
    pub ledger: &'a Ledger,
    /// Its own bytes in numbers.
    pub coverage: Coverage,
    /// Its findings, before policy.
    pub findings: &'a [Finding],
    /// Its bytes; none where they could not be had.
    pub blob: Option<&'a Blob>,
    /// A fresh meter, for whoever reads them again.
    pub meter: &'a Meter,
}

/// Looks on. With one job it is told in canonical order within each root, children before their parent closes.
pub trait Recorder: Send + Sync {
    /// A fact was stated of the artifact at `path`. It may be told of readings that do not count in the end.
    fn fact(&self, _path: &str, _fact: &Fact) {}
    /// An artifact was closed.
    fn artifact(&self, _seen: &Seen<'_>) {}
}
