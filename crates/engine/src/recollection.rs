//! Results of earlier scans: what the same bytes came to under the same rules, limits and code, whatever folder they lay in.
//!
//! Only complete results are kept. A result is kept as the rules state it, before any policy: suppressions and severities are
//! applied to what is remembered as to what is read, so none can be out of date.

use std::{collections::BTreeMap, sync::Arc};

use base::{
    blob::Blob,
    coverage::Coverage,
    finding::Finding,
    limits::{Level, Limits},
    location::{ArtifactPath, Location},
    memory::Memory,
    report::{ArtifactRecord, Check},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    hash::hexadecimal,
    node::Closed,
    root::{Context, RootResult},
};

/// Files below this size are read sooner than they are looked up.
const WORTH: u64 = 16 << 10;
/// Bytes of the largest result that is kept.
const LARGEST: usize = 4 << 20;

/// A root's place in the memory.
pub(crate) struct Recollection<'c> {
    memory: Arc<dyn Memory>,
    catalogue: &'c rules::Catalogue,
    group: String,
    path: ArtifactPath,
}

/// A result as it is kept: paths without the root's own.
#[derive(Serialize, Deserialize)]
struct Kept {
    closed: Vec<(ArtifactRecord, Vec<Finding>, Coverage)>,
    unlisted: u64,
    coverage: Coverage,
    checks: BTreeMap<usize, Check>,
}

impl<'c> Recollection<'c> {
    /// The place of the root at `path`, if results of its like are kept.
    pub(crate) fn of(context: &Context<'c>, path: &ArtifactPath, blob: &Blob) -> Option<Self> {
        let memory = context.memory.clone()?;
        let len = blob.len().filter(|len| *len >= WORTH && blob.cut_short().is_none())?;
        // Without a hash of all bytes there is nothing to know them by.
        if context.level == Level::Quick || path.hex().is_some() {
            return None;
        }
        // A deadline changes no complete result.
        let limits = Limits { timeout: None, ..(*context.limits).clone() };
        let name = path.as_str().rsplit('/').next().unwrap_or_default();
        let mut hasher = Sha256::new();
        for part in [
            env!("CARGO_PKG_VERSION"),
            env!("MODELWARD_ENGINE"),
            &context.catalogue.id(),
            &serde_json::to_string(&limits).ok()?,
            context.level.id(),
            // Detection and loaders look at a file's own name, and at nothing else of its path.
            name,
            &len.to_string(),
        ] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let group = hexadecimal(&hasher.finalize()).chars().take(32).collect();
        Some(Self { memory, catalogue: context.catalogue, group, path: path.clone() })
    }

    /// Whether a look-up may find something.
    pub(crate) fn may_hit(&self) -> bool {
        self.memory.knows(&self.group)
    }

    /// The result of the bytes with this SHA-256.
    pub(crate) fn recall(&self, sha256: &str) -> Option<RootResult> {
        let kept: Kept = serde_json::from_slice(&self.memory.recall(&self.group, sha256)?).ok()?;
        let closed: Vec<Closed> = kept.closed.into_iter().map(|one| self.placed(one)).collect();
        let sound = closed.iter().all(|closed| closed.record.complete())
            && kept.checks.keys().all(|rule| self.catalogue.rule_id(*rule).is_some());
        sound.then(|| RootResult {
            closed,
            unlisted: kept.unlisted,
            coverage: kept.coverage,
            checks: kept.checks.into_iter().collect(),
            sha256: Some(sha256.to_owned()),
            inline: BTreeMap::new(),
        })
    }

    /// Keeps a result, if it is complete.
    pub(crate) fn keep(&self, sha256: &str, result: &RootResult) {
        // Every field is named: what a result comes to hold besides must be kept too.
        let RootResult { closed, unlisted, coverage, checks, sha256: _, inline: _ } = result;
        if !closed.iter().all(|closed| closed.record.complete()) || closed.is_empty() {
            return;
        }
        let bare: Option<Vec<_>> = closed.iter().map(|closed| self.bare(closed)).collect();
        let Some(closed) = bare else { return };
        let kept = Kept { closed, unlisted: *unlisted, coverage: *coverage, checks: checks.iter().collect() };
        if let Ok(bytes) = serde_json::to_vec(&kept)
            && bytes.len() <= LARGEST
        {
            self.memory.keep(&self.group, sha256, &bytes);
        }
    }

    /// An artifact without the root's path. None where a path does not begin with it, which is then not kept.
    fn bare(&self, closed: &Closed) -> Option<(ArtifactRecord, Vec<Finding>, Coverage)> {
        let Closed { record, findings, coverage, checks: _ } = closed;
        let root = self.path.as_str();
        let strip = |path: &Arc<str>| path.strip_prefix(root).map(Arc::<str>::from);
        let hex = hexadecimal(root.as_bytes());
        let strip_hex = |path: &Option<String>| match path {
            None => Some(None),
            Some(path) => path.strip_prefix(&hex).map(|rest| Some(rest.to_owned())),
        };
        let moved = |place: &Location| {
            Some(Location { path: strip(&place.path)?, path_hex: strip_hex(&place.path_hex)?, ..place.clone() })
        };
        let path_hex = strip_hex(&record.path_hex)?;
        let record = ArtifactRecord { path: strip(&record.path)?, path_hex, ..record.clone() };
        let bare = |finding: &Finding| {
            let places: Option<Vec<Location>> = finding.places.iter().map(moved).collect();
            let (artifact, location) = (strip(&finding.artifact)?, moved(&finding.location)?);
            Some(Finding { artifact, location, places: places?, ..finding.clone() })
        };
        let findings: Option<Vec<Finding>> = findings.iter().map(bare).collect();
        Some((record, findings?, *coverage))
    }

    /// The same with the root's path, where it lies now.
    fn placed(&self, (record, findings, coverage): (ArtifactRecord, Vec<Finding>, Coverage)) -> Closed {
        let root = self.path.as_str();
        let put = |path: &Arc<str>| -> Arc<str> { format!("{root}{path}").into() };
        let hex = hexadecimal(root.as_bytes());
        let put_hex = |path: Option<String>| path.map(|rest| format!("{hex}{rest}"));
        let moved =
            |place: Location| Location { path: put(&place.path), path_hex: put_hex(place.path_hex.clone()), ..place };
        let path_hex = put_hex(record.path_hex.clone());
        let record = ArtifactRecord { path: put(&record.path), path_hex, ..record };
        let findings = findings.into_iter().map(|finding| {
            let artifact = put(&finding.artifact);
            let fingerprint = Finding::fingerprint(&finding.rule, &artifact, &finding.subject, &finding.evidence);
            let (location, places) = (moved(finding.location), finding.places.into_iter().map(moved).collect());
            Finding { artifact, fingerprint, location, places, ..finding }
        });
        Closed { record, findings: findings.collect(), coverage, checks: Vec::new() }
    }
}
