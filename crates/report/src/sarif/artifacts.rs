//! `run.artifacts`: files and what is nested in them, each once, those first that are asked for first.

use std::collections::BTreeMap;

use base::{
    location::Location as Place,
    report::{ArtifactRecord, Report},
};

use super::{
    model::{Artifact, ArtifactLocation, Location, LogicalLocation, Message, PhysicalLocation, Region},
    properties,
};
use crate::{
    whereabouts::{Whereabouts, plain, uri},
    words::point,
};

/// The artifacts that were mentioned so far.
pub(super) struct Artifacts<'r> {
    whereabouts: &'r Whereabouts<'r>,
    records: BTreeMap<&'r str, &'r ArtifactRecord>,
    indices: BTreeMap<String, usize>,
    artifacts: Vec<Artifact>,
}

impl<'r> Artifacts<'r> {
    pub(super) fn new(report: &'r Report, whereabouts: &'r Whereabouts<'r>) -> Self {
        let records = report.artifacts.iter().map(|record| (&*record.path, record)).collect();
        Self { whereabouts, records, indices: BTreeMap::new(), artifacts: Vec::new() }
    }

    pub(super) fn finish(self) -> Vec<Artifact> {
        self.artifacts
    }

    /// The index of the artifact at `path`; its containers come before it.
    pub(super) fn index(&mut self, path: &str) -> usize {
        if let Some(index) = self.indices.get(path) {
            return *index;
        }
        // The chain from the artifact outwards, walked without recursion: depth is up to whoever packed it.
        let mut chain = vec![path];
        while let Some((container, ..)) = chain.last().and_then(|inner| self.whereabouts.container(inner)) {
            chain.push(container);
        }
        let mut parent = None;
        for path in chain.into_iter().rev() {
            parent = Some(self.add(path, parent));
        }
        parent.unwrap_or_default()
    }

    fn add(&mut self, path: &str, parent: Option<usize>) -> usize {
        if let Some(index) = self.indices.get(path) {
            return *index;
        }
        let nested = self.whereabouts.container(path);
        let location = match nested {
            // 3.24.3: of a nested artifact the path inside its container.
            Some((_, member, _)) => uri(member),
            None => uri(&self.whereabouts.file(path)),
        };
        let record = self.records.get(path);
        let sum = record.and_then(|record| record.sha256.clone());
        let index = self.artifacts.len();
        self.artifacts.push(Artifact {
            location: Some(ArtifactLocation { uri: Some(location), index: None }),
            parent_index: parent,
            offset: nested.and_then(|(.., offset)| offset),
            length: record.and_then(|record| record.size),
            roles: if parent.is_none() { vec!["analysisTarget"] } else { Vec::new() },
            hashes: properties([("sha-256", sum.into())]),
            properties: record.map(|record| properties([("format", (*record.format).into())])).unwrap_or_default(),
        });
        self.indices.insert(path.into(), index);
        index
    }

    /// The file that holds `at`, for tools that know no members; the way inside is its logical location.
    pub(super) fn in_file(&mut self, at: &Place) -> Location {
        let inside = self.whereabouts.inside(&at.path).map(plain);
        let file = self.whereabouts.outer(&at.path);
        let index = self.index(file);
        let region = if inside.is_none() { region(at) } else { Region { start_line: Some(1), ..Region::default() } };
        let logical = |inside: String| LogicalLocation {
            name: inside.rsplit("!/").next().map(Into::into),
            fully_qualified_name: Some(plain(&at.path)),
            kind: Some("member"),
        };
        Location {
            physical_location: Some(physical(uri(&self.whereabouts.file(&at.path)), index, region)),
            logical_locations: inside.map(logical).into_iter().collect(),
            ..Location::default()
        }
    }

    /// The place in the artifact's own bytes, with what it is in the format's words.
    pub(super) fn exact(&mut self, at: &Place, id: Option<u64>) -> Location {
        let index = self.index(&at.path);
        let inside = self.whereabouts.inside(&at.path);
        let words = [inside.map(plain).unwrap_or_default(), point(at)];
        let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        Location {
            id,
            physical_location: Some(physical(uri(&self.whereabouts.whole(&at.path)), index, region(at))),
            message: Some(Message::text(if words.is_empty() { "here".into() } else { words.join(", ") })),
            ..Location::default()
        }
    }
}

fn physical(uri: String, index: usize, region: Region) -> PhysicalLocation {
    let location = ArtifactLocation { uri: Some(uri), index: Some(index) };
    PhysicalLocation { artifact_location: Some(location), region: Some(region) }
}

/// A line where there are lines, and bytes; GitHub asks for a first line even of what has none.
fn region(at: &Place) -> Region {
    Region {
        start_line: Some(at.line.unwrap_or(1)),
        start_column: at.line.and(at.column),
        byte_offset: Some(at.offset),
        byte_length: (at.length > 0).then_some(at.length),
    }
}
