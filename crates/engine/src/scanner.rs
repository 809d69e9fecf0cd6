//! The scanner: targets in, one report out; roots side by side, committed in canonical order.

use std::{path::PathBuf, sync::Arc};

use base::{
    artifact::{Artifact, Body},
    blob::Blob,
    budget::{Budget, Watch},
    coverage::Coverage,
    limits::{Level, Limits},
    location::ArtifactPath,
    reason::Reason,
    report::{ArtifactRecord, Check, Outcome, Report, Tool},
    stop::Stop,
};
use rayon::{
    ThreadPool, ThreadPoolBuilder,
    iter::{IntoParallelIterator, ParallelIterator},
};
use rules::Catalogue;

use crate::{
    hash,
    node::{Closed, Node},
    policy::Policy,
    recorder::Recorder,
    root::{Context, RootResult, RootScan},
    walk::{Found, Walk},
};

/// Roots handed to the workers at a time; each batch is committed before the next is opened.
const BATCH: usize = 256;
/// Files from this size on are hashed on a second thread while they are read.
const HASH_ASIDE: u64 = 4 << 20;
/// Files up to this size are read into memory: identification looks at so many bytes anyway.
const HELD: usize = 64 << 10;

/// How to scan.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What ends a reading.
    pub limits: Limits,
    /// How thorough.
    pub level: Level,
    /// Threads; 0 counts as 1.
    pub jobs: usize,
    /// What a user changes about rules.
    pub policy: Policy,
    /// Where streams that must be read out of order are spooled; without it they are incomplete.
    pub temp_dir: Option<PathBuf>,
}

/// Something to scan, as the user named it.
pub struct Target {
    /// As named: shown in the report.
    pub name: String,
    /// What it is; its path is the last component of its name.
    pub artifact: Artifact,
}

/// Immutable and shared: the same bytes, rules and limits give the same report, in the same order, on any number of threads.
pub struct Scanner {
    catalogue: Catalogue,
    settings: Settings,
}

impl Scanner {
    /// A scanner with these rules and settings.
    pub fn new(catalogue: Catalogue, settings: Settings) -> Self {
        Self { catalogue, settings }
    }

    /// The rules.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// What the user changes about rules.
    pub(crate) fn policy(&self) -> &Policy {
        &self.settings.policy
    }

    /// Scans the targets in the order given.
    pub fn scan(&self, targets: Vec<Target>, watch: Arc<dyn Watch>) -> Report {
        self.scan_recorded(targets, watch, None)
    }

    /// [`Scanner::scan`], with somebody who looks on.
    pub fn scan_recorded(
        &self,
        targets: Vec<Target>,
        watch: Arc<dyn Watch>,
        recorder: Option<&dyn Recorder>,
    ) -> Report {
        let context = Context {
            catalogue: &self.catalogue,
            budget: Budget::new(self.settings.limits.clone(), watch),
            limits: Arc::new(self.settings.limits.clone()),
            level: self.settings.level,
            temp_dir: self.settings.temp_dir.clone(),
            recorder,
        };
        let mut report = Report::empty(self.tool());
        let mut checks = Checks::default();
        let several = targets.len() > 1;
        let mut names = std::collections::BTreeMap::new();
        for target in targets {
            let path = if several { distinct(&mut names, &target.artifact.path) } else { target.artifact.path };
            report.target.push(target.name);
            self.scan_target(&context, path, target.artifact.body, several, (&mut report, &mut checks));
        }
        checks.report(&self.catalogue, &mut report);
        self.name_rules(&mut report);
        report
    }

    /// Adds what the rules of the findings say, and the names of the standards' ids.
    fn name_rules(&self, report: &mut Report) {
        if report.findings.is_empty() {
            return;
        }
        let taxonomy = Catalogue::taxonomy().unwrap_or_default();
        for finding in &report.findings {
            if !report.rules.contains_key(&finding.rule)
                && let Some(record) = self.catalogue.record(&finding.rule)
            {
                report.rules.insert(finding.rule.clone(), record);
            }
            for id in finding.standards().filter(|id| !report.standards.contains_key(*id)).cloned().collect::<Vec<_>>()
            {
                let name = taxonomy.name(&id).map(Arc::from);
                report.standards.extend(name.map(|name| (id, name)));
            }
        }
    }

    fn tool(&self) -> Tool {
        Tool {
            name: "modelward".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            catalogue: self.catalogue.id().to_string(),
            level: self.settings.level,
            limits: self.settings.limits.clone(),
        }
    }

    fn scan_target(
        &self,
        context: &Context<'_>,
        path: ArtifactPath,
        body: Body,
        several: bool,
        (report, checks): (&mut Report, &mut Checks),
    ) {
        let before = report.summary.artifacts;
        match body {
            Body::Closed(reason) => report.add(closed(&path, "unknown", reason), Vec::new(), Coverage::default()),
            Body::Blob(blob) => {
                let same = blob.clone();
                let result = scan_root(context, path, blob, self.settings.jobs, move || same.unchanged());
                self.commit(result, report, checks);
            }
            Body::Folder(folder) => {
                // The only target of a scan is what paths are relative to.
                let prefix = if several { path.clone() } else { ArtifactPath::root(b"") };
                let walk = Walk::new(folder, prefix, &context.limits);
                let examined = self.scan_folder(context, walk, report, checks);
                if report.summary.artifacts == before || !examined {
                    let record = closed(&path, "folder", Reason::NothingToScan);
                    report.add(record, Vec::new(), Coverage::default());
                }
            }
        }
    }

    /// Scans what the walk finds, a batch at a time. Returns whether anything was there to be examined.
    fn scan_folder(&self, context: &Context<'_>, mut walk: Walk, report: &mut Report, checks: &mut Checks) -> bool {
        let mut pool: Option<ThreadPool> = None;
        let mut examined = false;
        loop {
            let batch: Vec<Found> = walk.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return examined;
            }
            examined |= batch.iter().any(|found| !matches!(found, Found::Vcs(_)));
            let jobs = self.settings.jobs.max(1);
            if jobs == 1 || batch.len() == 1 {
                for found in batch {
                    let result = scan_found(context, found, jobs);
                    self.commit(result, report, checks);
                }
                continue;
            }
            if pool.is_none() {
                pool = ThreadPoolBuilder::new().num_threads(jobs).build().ok();
            }
            let scan = |found| scan_found(context, found, 1);
            let results: Vec<RootResult> = match &pool {
                Some(pool) => pool.install(|| batch.into_par_iter().map(scan).collect()),
                None => batch.into_iter().map(scan).collect(),
            };
            for result in results {
                self.commit(result, report, checks);
            }
        }
    }

    /// Adds what a root came to.
    fn commit(&self, result: RootResult, report: &mut Report, checks: &mut Checks) {
        for closed in result.closed {
            let findings = closed.findings.into_iter().map(|finding| self.settings.policy.apply(finding)).collect();
            report.add(closed.record, findings, closed.coverage);
        }
        report.coverage = report.coverage.plus(result.coverage);
        report.summary.artifacts = report.summary.artifacts.saturating_add(result.unlisted);
        report.summary.quiet = report.summary.quiet.saturating_add(result.unlisted);
        report.summary.unlisted = report.summary.unlisted.saturating_add(result.unlisted);
        checks.add(result.checks);
    }
}

/// Checks by the index of their rule: their ids are looked up once a scan, not once an artifact.
#[derive(Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, more: Vec<(usize, Check)>) {
        for (rule, check) in more {
            if self.0.len() <= rule {
                self.0.resize(rule.saturating_add(1), Check::default());
            }
            if let Some(sum) = self.0.get_mut(rule) {
                sum.failed = sum.failed.saturating_add(check.failed);
                sum.passed = sum.passed.saturating_add(check.passed);
                sum.not_run = sum.not_run.saturating_add(check.not_run);
            }
        }
    }

    fn report(self, catalogue: &Catalogue, report: &mut Report) {
        for (rule, check) in self.0.into_iter().enumerate().filter(|(_, check)| *check != Check::default()) {
            if let Some(id) = catalogue.rule_id(rule) {
                report.add_check(id, check);
            }
        }
    }
}

/// Scans one thing that the walk came upon.
fn scan_found(context: &Context<'_>, found: Found, jobs: usize) -> RootResult {
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

/// Reads a root and, but at level quick, hashes it; a big one on a second thread if there is one.
fn scan_root(
    context: &Context<'_>,
    path: ArtifactPath,
    blob: Blob,
    jobs: usize,
    unchanged: impl Fn() -> bool,
) -> RootResult {
    let shown = path.shared();
    let blob = held(blob);
    let (whole, budget) = (blob.clone(), context.budget.clone());
    let hash = move || hash::sha256(&whole, &budget.meter(whole.len()));
    let wanted = context.level > Level::Quick;
    let big = jobs > 1 && blob.memory().is_none() && blob.len().is_some_and(|len| len >= HASH_ASIDE);
    let mut read = 0;
    let mut result = std::thread::scope(|scope| {
        let aside = (wanted && big).then(|| scope.spawn(hash.clone()));
        RootScan::new(context).scan(path, blob, |node: &mut Node<'_>| {
            let sum = match aside {
                Some(thread) => Some(thread.join().unwrap_or(Err(Stop::Limit(Reason::Internal)))),
                None => wanted.then(hash),
            };
            match sum {
                Some(Ok((sum, bytes))) => {
                    node.sha256 = Some(sum);
                    read = bytes;
                }
                Some(Err(stop)) => node.stopped(&stop),
                None => {}
            }
            if !unchanged() {
                node.trouble(Reason::Changed, "the file changed while it was read");
            }
        })
    });
    context.budget.watch().finished(&shown);
    result.coverage.read = result.coverage.read.saturating_add(read);
    result
}

/// A small file in memory: read once, whatever looks at it.
fn held(blob: Blob) -> Blob {
    let len = blob.len().and_then(|len| usize::try_from(len).ok()).filter(|len| *len <= HELD);
    match len.map(|len| (len, blob.bytes_at(0, len))) {
        Some((len, Ok(bytes))) if bytes.len() == len => Blob::from_bytes(bytes),
        _ => blob,
    }
}

/// The result of something that was not read.
fn nothing(record: ArtifactRecord) -> RootResult {
    let closed = Closed { record, findings: Vec::new(), coverage: Coverage::default(), checks: Vec::new() };
    RootResult { closed: vec![closed], ..RootResult::default() }
}

/// The record of a folder of version control: listed, not examined, no reason for incompleteness.
fn listed(path: &ArtifactPath) -> ArtifactRecord {
    let unread = closed(path, "vcs", Reason::NoReader);
    ArtifactRecord { outcome: Outcome::Complete, reason: None, detail: None, ..unread }
}

/// The record of something that was not read.
fn closed(path: &ArtifactPath, format: &str, reason: Reason) -> ArtifactRecord {
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

/// The first path part of one of several targets: its last component, told apart when repeated.
fn distinct(names: &mut std::collections::BTreeMap<String, u64>, path: &ArtifactPath) -> ArtifactPath {
    let seen = names.entry(path.as_str().to_owned()).or_default();
    *seen = seen.saturating_add(1);
    if *seen > 1 { ArtifactPath::root(format!("{path}~{seen}").as_bytes()) } else { path.clone() }
}
