//! The scanner: targets in, one report out; roots side by side, committed in canonical order.

use std::{path::PathBuf, sync::Arc};

use base::{
    artifact::{Artifact, Body},
    budget::{Budget, Watch},
    coverage::Coverage,
    fact::Kind,
    finding::Finding,
    limits::{Level, Limits},
    location::ArtifactPath,
    memory::Memory,
    policy::Policy,
    reason::Reason,
    report::{ArtifactRecord, Notice, Report, Tool},
};
use rayon::{
    ThreadPool, ThreadPoolBuilder,
    iter::{IntoParallelIterator, ParallelIterator},
};
use rulebook::rule::{Rule, Test};
use rules::Catalogue;

use crate::{
    checks::Checks,
    comes_upon::{closed, scan_found, scan_root},
    policy::{About, Applied},
    recorder::Recorder,
    root::{Context, RootResult},
    selection::Selection,
    walk::{Found, Walk},
};

/// Roots handed to the workers at a time; each batch is committed before the next is opened.
const BATCH: usize = 256;
/// Files of a target that are listed one by one once the run is over.
const LATE: usize = 10_000;

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
    /// Which files of folders, and up to which size.
    pub selection: Selection,
    /// Where results of earlier scans are, and where those of this one go.
    pub memory: Option<Arc<dyn Memory>>,
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

    /// [`Scanner::scan`], with somebody who looks on: everything is read then, nothing remembered.
    pub fn scan_recorded(
        &self,
        targets: Vec<Target>,
        watch: Arc<dyn Watch>,
        recorder: Option<&dyn Recorder>,
    ) -> Report {
        let memory = self.settings.memory.clone().filter(|_| recorder.is_none());
        let context = Context { recorder, memory, ..self.context(watch) };
        let mut policy = Applied::new(&self.settings.policy);
        let mut report = Report::empty(self.tool());
        let mut checks = Checks::default();
        let several = targets.len() > 1;
        let mut names = std::collections::BTreeMap::new();
        for target in targets {
            let path = if several { distinct(&mut names, &target.artifact.path) } else { target.artifact.path };
            report.target.push(target.name);
            self.scan_target(
                &context,
                path,
                target.artifact.body,
                several,
                &mut Book { report: &mut report, policy: &mut policy, checks: &mut checks },
            );
        }
        report.notices.extend(policy.notices());
        for (rule, check) in checks.iter() {
            if let Some(id) = self.catalogue.rule_id(rule) {
                report.add_check(id, check);
            }
        }
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

    pub(crate) fn context(&self, watch: Arc<dyn Watch>) -> Context<'_> {
        Context {
            catalogue: &self.catalogue,
            budget: Budget::new(self.settings.limits.clone(), watch),
            limits: Arc::new(self.settings.limits.clone()),
            level: self.settings.level,
            temp_dir: self.settings.temp_dir.clone(),
            recorder: None,
            selection: &self.settings.selection,
            memory: self.settings.memory.clone(),
            inline: self.settings.policy.inline,
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
        book: &mut Book<'_, '_>,
    ) {
        let before = book.report.summary.artifacts;
        match body {
            Body::Closed(reason) => book.report.add(closed(&path, "unknown", reason), Vec::new(), Coverage::default()),
            Body::Blob(blob) => {
                let same = blob.clone();
                let result = scan_root(context, path, blob, self.settings.jobs, move || same.unchanged());
                self.commit(result, book);
            }
            Body::Folder(folder) => {
                // The only target of a scan is what paths are relative to.
                let prefix = if several { path.clone() } else { ArtifactPath::root(b"") };
                let walk = Walk::new(folder, prefix, &context.limits, context.selection);
                let examined = self.scan_folder(context, walk, book);
                if book.report.summary.artifacts == before || !examined {
                    let record = closed(&path, "folder", Reason::NothingToScan);
                    book.report.add(record, Vec::new(), Coverage::default());
                }
            }
        }
    }

    /// Scans what the walk finds, a batch at a time. Returns whether anything was there to be examined.
    fn scan_folder(&self, context: &Context<'_>, mut walk: Walk<'_>, book: &mut Book<'_, '_>) -> bool {
        let mut pool: Option<ThreadPool> = None;
        let (mut examined, mut late) = (false, 0_usize);
        loop {
            let batch: Vec<Found> = walk.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                book.left_out(walk.left_out);
                return examined;
            }
            if let (Some(reason), Some(next)) = (context.budget.ended(), batch.first()) {
                late = late.saturating_add(batch.len());
                if late > LATE {
                    let detail = format!("{}: this and what follows was not looked at", reason.describe());
                    let rest = ArtifactRecord { detail: Some(detail), ..closed(next.path(), "unknown", reason) };
                    book.report.add(rest, Vec::new(), Coverage::default());
                    return true;
                }
            }
            examined |= batch.iter().any(|found| !matches!(found, Found::Vcs(_)));
            let jobs = self.settings.jobs.max(1);
            if jobs == 1 || batch.len() == 1 {
                for found in batch {
                    let result = scan_found(context, found, jobs);
                    self.commit(result, book);
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
                self.commit(result, book);
            }
        }
    }

    /// Adds what a root came to.
    fn commit(&self, result: RootResult, book: &mut Book<'_, '_>) {
        for closed in result.closed {
            let about = About {
                sha256: closed.record.sha256.as_deref(),
                root_sha256: result.sha256.as_deref(),
                ..About::default()
            };
            let decide = |finding: Finding| {
                let rule = self.catalogue.rule(&finding.rule);
                let inline = result.inline.get(&finding.fingerprint).map(String::as_str);
                let (callable, by_name) = (rule.is_some_and(callable), rule.is_some_and(by_name));
                book.policy.apply(finding, &About { callable, by_name, inline, ..about })
            };
            let findings = closed.findings.into_iter().map(decide).collect();
            book.report.add(closed.record, findings, closed.coverage);
        }
        let report = &mut *book.report;
        report.coverage = report.coverage.plus(result.coverage);
        report.summary.artifacts = report.summary.artifacts.saturating_add(result.unlisted);
        report.summary.quiet = report.summary.quiet.saturating_add(result.unlisted);
        report.summary.unlisted = report.summary.unlisted.saturating_add(result.unlisted);
        book.checks.merge(&result.checks);
    }
}

/// The report as it grows, and the policy that it is held to.
struct Book<'b, 'p> {
    report: &'b mut Report,
    policy: &'b mut Applied<'p>,
    checks: &'b mut Checks,
}

impl Book<'_, '_> {
    fn left_out(&mut self, count: u64) {
        if count > 0 {
            let what = if count == 1 { "file or folder was" } else { "files or folders were" };
            let message = format!("{count} {what} left out, as --include and --exclude ask");
            self.report.notices.push(Notice::new("left-out", message));
        }
    }
}

/// Operators that ask what a callee is, not what it is given.
const OF_THE_CALLEE: [&str; 4] =
    ["callee-is-new", "callee-is-new-or-traced", "method-of-traced-value", "not-of-torchscript"];

/// Whether a rule speaks of callables only.
fn callable(rule: &Rule) -> bool {
    rule.kinds().iter().all(|kind| matches!(kind, Kind::Call | Kind::Import))
}

/// Whether it judges them by what they are, and not by what they are called with.
fn by_name(rule: &Rule) -> bool {
    let by_use = |test: &Test| matches!(test, Test::Operator(name) if !OF_THE_CALLEE.contains(&&**name));
    let mut conditions = rule.when.iter().flat_map(|clause| clause.all.iter());
    callable(rule) && !conditions.any(|condition| !condition.negated && by_use(&condition.test))
}

/// The first path part of one of several targets: its last component, told apart when repeated.
fn distinct(names: &mut std::collections::BTreeMap<String, u64>, path: &ArtifactPath) -> ArtifactPath {
    let seen = names.entry(path.as_str().to_owned()).or_default();
    *seen = seen.saturating_add(1);
    if *seen > 1 { ArtifactPath::root(format!("{path}~{seen}").as_bytes()) } else { path.clone() }
}
