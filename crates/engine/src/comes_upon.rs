//! One thing that a scan comes upon: remembered, read, or listed with the reason why it is not.

use base::{
    artifact::Body,
    blob::Blob,
    coverage::Coverage,
    limits::Level,
    location::ArtifactPath,
    reason::Reason,
    report::{ArtifactRecord, Outcome},
    stop::Stop,
};

use crate::{
    hash::{self, Hashed},
    inline,
    node::{Closed, Node},
    recollection::Recollection,
    root::{Context, RootResult, RootScan},
    walk::Found,
};

/// Files from this size on are hashed on a second thread while they are read.
const HASH_ASIDE: u64 = 4 << 20;
/// Files up to this size are read into memory: identification looks at so many bytes anyway.
const HELD: usize = 64 << 10;

/// Scans one thing that the walk came upon.
pub(crate) fn scan_found(context: &Context<'_>, found: Found, jobs: usize) -> RootResult {
    match found {
        Found::Vcs(path) => nothing(listed(&path)),
        Found::Closed(path, reason) => nothing(closed(&path, "unknown", reason)),
        Found::File { folder, name, path } => match context.budget.ended() {
            Some(reason) => nothing(closed(&path, "unknown", reason)),
            None => match folder.open(&name) {
                Body::Closed(reason) => nothing(closed(&path, "unknown", reason)),
                Body::Folder(_) => nothing(closed(&path, "unknown", Reason::Changed)),
                Body::Blob(blob) => {
                    let same = blob.clone();
                    scan_root(context, path, blob, jobs, move || folder.unchanged(&name, &same))
                }
            },
        },
    }
}

/// What a root comes to: remembered from an earlier scan of the same bytes, or read now.
pub(crate) fn scan_root(
    context: &Context<'_>,
    path: ArtifactPath,
    blob: Blob,
    jobs: usize,
    unchanged: impl Fn() -> bool,
) -> RootResult {
    if context.selection.too_large(blob.len()) {
        let record = ArtifactRecord { size: blob.len(), ..closed(&path, "unknown", Reason::Size) };
        return nothing(ArtifactRecord { outcome: Outcome::OverLimit, ..record });
    }
    let shown = path.shared();
    let cut = blob.cut_short();
    let recollection = Recollection::of(context, &path, &blob);
    let blob = held(blob);
    context.budget.watch().started(&shown, blob.len());
    // Hashed for the look-up only where one can succeed: else it is hashed beside the reading.
    let known = recollection.as_ref().filter(|recollection| recollection.may_hit());
    let sum = known.and_then(|_| hash::sha256(&blob, &context.budget.meter(blob.len())).ok());
    let recalled = sum.as_ref().zip(known).and_then(|((sum, _), recollection)| recollection.recall(sum));
    // The hash was taken of the very file that is still there: what was said of these bytes is said of it.
    let mut result = match recalled.filter(|_| unchanged()) {
        Some(result) => result,
        None => {
            let result = read_root(context, path, blob.clone(), jobs, (sum, cut), unchanged);
            if let Some((recollection, sum)) = recollection.zip(result.sha256.as_ref()) {
                recollection.keep(sum, &result);
            }
            result
        }
    };
    if context.inline {
        result.inline = inline::comments(&shown, &blob, &result.closed);
    }
    context.budget.watch().finished(&shown);
    result
}

/// Reads a root and, but at level quick, hashes it; a big one on a second thread if there is one. `sum` is its hash, where that is known.
fn read_root(
    context: &Context<'_>,
    path: ArtifactPath,
    blob: Blob,
    jobs: usize,
    (sum, cut): (Option<(String, u64)>, Option<Reason>),
    unchanged: impl Fn() -> bool,
) -> RootResult {
    let wanted = context.level > Level::Quick;
    let big = blob.memory().is_none() && blob.len().is_some_and(|len| len >= HASH_ASIDE);
    let aside = (wanted && jobs > 1 && sum.is_none() && big).then(|| Hashed::new(blob.clone()));
    let whole = blob.clone();
    let blob = aside.clone().map_or(blob, |hashed| Blob::new(hashed));
    let (mut read, mut sha256) = (0, None);
    let mut result = std::thread::scope(|scope| {
        let meter = || context.budget.meter(whole.len());
        let aside = aside.map(|hashed| scope.spawn(move || hashed.sha256(&meter())));
        RootScan::new(context).scan(path, blob, |node: &mut Node<'_>| {
            let sum = match aside {
                Some(thread) => Some(thread.join().unwrap_or(Err(Stop::Limit(Reason::Internal)))),
                None => wanted.then(|| sum.map_or_else(|| hash::sha256(&whole, &meter()), Ok)),
            };
            match sum {
                Some(Ok((sum, bytes))) => {
                    sha256 = Some(sum.clone());
                    node.sha256 = Some(sum);
                    read = bytes;
                }
                Some(Err(stop)) => node.stopped(&stop),
                None => {}
            }
            if let Some(reason) = cut {
                node.trouble(reason, reason.describe());
            }
            if !unchanged() {
                node.trouble(Reason::Changed, "the file changed while it was read");
            }
        })
    });
    result.coverage.read = result.coverage.read.saturating_add(read);
    result.sha256 = sha256;
    result
}

/// A small file in memory: read once, whatever looks at it.
fn held(blob: Blob) -> Blob {
    if blob.memory().is_some() {
        return blob;
    }
    let len = blob.len().and_then(|len| usize::try_from(len).ok()).filter(|len| *len <= HELD);
    match len.map(|len| (len, blob.bytes_at(0, len))) {
        Some((len, Ok(bytes))) if bytes.len() == len => Blob::from_bytes(bytes),
        _ => blob,
    }
}

/// The result of something that was not read.
pub(crate) fn nothing(record: ArtifactRecord) -> RootResult {
    let closed = Closed { record, findings: Vec::new(), coverage: Coverage::default(), checks: Vec::new() };
    RootResult { closed: vec![closed], ..RootResult::default() }
}

/// The record of a folder of version control: listed, not examined, no reason for incompleteness.
pub(crate) fn listed(path: &ArtifactPath) -> ArtifactRecord {
    let unread = closed(path, "vcs", Reason::NoReader);
    ArtifactRecord { outcome: Outcome::Complete, reason: None, detail: None, ..unread }
}

/// The record of something that was not read.
pub(crate) fn closed(path: &ArtifactPath, format: &str, reason: Reason) -> ArtifactRecord {
    ArtifactRecord {
        path: path.shared(),
        path_hex: path.hex(),
        format: format.into(),
        formats: Vec::new(),
        size: None,
        sha256: None,
        outcome: Outcome::Partial,
        reason: Some(reason),
        detail: Some(reason.describe().into()),
    }
}
