//! `modelward scan`: opens the targets, scans them, writes the reports and says by its exit code what came out.

use std::{path::PathBuf, sync::Arc};

use base::{
    excerpt::Excerpt,
    finding::Status,
    reason::Reason,
    report::{ArtifactRecord, Notice, Outcome, Report},
    verdict::Severity,
};
use clap::ArgMatches;
use engine::{Explained, Scanner};

use crate::{
    arguments::{Excerpts, ScanArguments},
    dry_run,
    output::{self, Outputs},
    panics,
    problem::Problem,
    progress::Progress,
    settings::Setup,
    targets::{self, name},
    watch::ScanWatch,
};

/// Scans what the arguments name. Returns the exit code.
///
/// # Errors
/// Anything that keeps the scan from beginning.
pub(crate) fn run(arguments: ScanArguments, matches: &ArgMatches) -> Result<u8, Problem> {
    if arguments.print_schema {
        return output::print(report::schema::text().as_bytes()).map(|()| 0);
    }
    let page = output::page(arguments.color, arguments.quiet);
    let outputs = Outputs::new(&arguments.output, arguments.format, page)?;
    let paths = targets::named(&arguments.targets)?;
    let mut setup = Setup::of(&arguments.settings, matches, &paths)?;
    if arguments.dry_run {
        return dry_run::run(&paths, setup);
    }
    let excerpts = match arguments.excerpts {
        Excerpts::Auto => outputs.show_excerpts(),
        Excerpts::Always => true,
        Excerpts::Never => false,
    };
    let Scanned { report, mut failed } = report(&paths, &mut setup, arguments.quiet, excerpts)?;
    for problem in outputs.write(&report) {
        problem.print();
        failed = true;
    }
    Ok(exit_code(report, &setup, failed))
}

/// What a scan came to.
pub(crate) struct Scanned {
    /// Its report.
    pub report: Report,
    /// Whether a target could not be opened.
    pub failed: bool,
}

/// Scans what was named.
///
/// # Errors
/// Anything that keeps the scan from beginning.
pub(crate) fn report(paths: &[PathBuf], setup: &mut Setup, quiet: bool, excerpts: bool) -> Result<Scanned, Problem> {
    let (scanner, _store) = setup.scanner()?;
    let progress = if quiet { None } else { Progress::visible() };
    let watch = ScanWatch::new(progress);
    let watch = Arc::new(watch.map_err(|error| Problem::new(format!("signals cannot be caught: {error}")))?);
    let (targets, failed) = targets::open(paths, setup, &*watch);
    let scanned = panics::quietly(|| match excerpts {
        true => {
            let Explained { mut report, listings, .. } = scanner.scan_listed(targets, watch.clone());
            report.excerpts = listings.iter().map(Excerpt::of).filter(|excerpt| !excerpt.marks.is_empty()).collect();
            report
        }
        false => scanner.scan(targets, watch.clone()),
    });
    watch.done();
    let mut report = scanned.unwrap_or_else(|said| broken(&scanner, paths, &said, &watch));
    report.notices.extend_from_slice(setup.notices());
    report.notices.extend(of_the_baseline(&report, setup));
    Ok(Scanned { report, failed })
}

/// What the baseline knows of the findings.
fn of_the_baseline(report: &Report, setup: &Setup) -> Option<Notice> {
    let name = setup.merged.text("baseline")?;
    let told = report.findings.iter().filter(|finding| finding.status != Status::Suppressed);
    let (known, new): (Vec<_>, Vec<_>) = told.partition(|finding| finding.known);
    let message = format!("{} findings are known to {name}, {} are new", known.len(), new.len());
    Some(Notice::new("baseline", message))
}

/// The report of a scan that a defect ended: every target incomplete, none clean.
fn broken(scanner: &Scanner, paths: &[PathBuf], said: &str, watch: &Arc<ScanWatch>) -> Report {
    Problem::new(format!("a defect ended the scan, please report it: {said}")).print();
    let mut report = scanner.scan(Vec::new(), watch.clone());
    for path in paths {
        let name = name(path);
        let record = ArtifactRecord {
            path: name.as_str().into(),
            path_hex: None,
            format: "unknown".into(),
            formats: Vec::new(),
            size: None,
            sha256: None,
            outcome: Outcome::Partial,
            reason: Some(Reason::Internal),
            detail: Some(said.into()),
        };
        report.target.push(name);
        report.add(record, Vec::new(), base::coverage::Coverage::default());
    }
    report
}

/// The exit code; with `--fail-on never` no finding counts for it.
fn exit_code(mut report: Report, setup: &Setup, failed: bool) -> u8 {
    let threshold = setup.threshold();
    if threshold.is_none() {
        report.findings.clear();
    }
    report.exit_code(threshold.unwrap_or(Severity::Critical), failed, setup.merged.flag("allow-incomplete"))
}
