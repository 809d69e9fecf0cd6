//! What a scan would read, without reading more than heads: each file with its size and the formats that its head fits.

use std::sync::Arc;

use base::{artifact::Body, blob::Blob, budget::Watch, location::ArtifactPath, reason::Reason};

use crate::{
    identify::{Parts, candidates},
    scanner::{Scanner, Target},
    walk::{Found, Walk},
};

/// A file that a scan would come upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its path in the report.
    pub path: String,
    /// Bytes.
    pub size: Option<u64>,
    /// Formats that its head fits, the likeliest first.
    pub formats: Vec<&'static str>,
    /// Why it would not be read.
    pub reason: Option<Reason>,
}

impl Scanner {
    /// Tells `each` of everything that a scan of `targets` would come upon, in the order of the scan, until it says no. Returns
    /// how many files and folders the selection leaves out.
    pub fn survey(&self, targets: Vec<Target>, watch: Arc<dyn Watch>, each: &mut dyn FnMut(Planned) -> bool) -> u64 {
        let context = self.context(watch);
        let several = targets.len() > 1;
        let mut left_out = 0_u64;
        for Target { artifact, .. } in targets {
            let path = artifact.path;
            let folder = match artifact.body {
                Body::Folder(folder) => folder,
                body => {
                    each(planned(&path, body, context.selection.max_size));
                    continue;
                }
            };
            let prefix = if several { path } else { ArtifactPath::root(b"") };
            let mut walk = Walk::new(folder, prefix, &context.limits, context.selection);
            for found in walk.by_ref() {
                let plan = match found {
                    Found::File { folder, name, path } => {
                        planned(&path, folder.open(&name), context.selection.max_size)
                    }
                    Found::Closed(path, reason) => planned(&path, Body::Closed(reason), None),
                    Found::Vcs(path) => {
                        Planned { formats: vec!["vcs"], ..planned(&path, Body::Closed(Reason::NoReader), None) }
                    }
                };
                if context.budget.ended().is_some() || !each(plan) {
                    return left_out.saturating_add(walk.left_out);
                }
            }
            left_out = left_out.saturating_add(walk.left_out);
        }
        left_out
    }
}

fn planned(path: &ArtifactPath, body: Body, most: Option<u64>) -> Planned {
    let plan = |size, formats, reason| Planned { path: path.to_string(), size, formats, reason };
    match body {
        Body::Closed(reason) => plan(None, Vec::new(), Some(reason)),
        Body::Folder(_) => plan(None, Vec::new(), Some(Reason::Changed)),
        Body::Blob(blob) if blob.is_empty() => plan(Some(0), vec!["empty"], None),
        Body::Blob(blob) if most.zip(blob.len()).is_some_and(|(most, len)| len > most) => {
            plan(blob.len(), Vec::new(), Some(Reason::Size))
        }
        Body::Blob(blob) => match formats(path, &blob) {
            Some(formats) => plan(blob.len(), formats, None),
            None => plan(blob.len(), Vec::new(), Some(Reason::Unreadable)),
        },
    }
}

/// What the head fits: certain formats, or else the possible ones.
fn formats(path: &ArtifactPath, blob: &Blob) -> Option<Vec<&'static str>> {
    let parts = Parts::read(blob, false).ok()?;
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    let found = candidates(&parts.head(name));
    let certain = found.iter().any(|candidate| !candidate.is_trial());
    let kept = found.iter().filter(|candidate| !certain || !candidate.is_trial());
    Some(kept.map(|candidate| candidate.format.id).collect())
}
