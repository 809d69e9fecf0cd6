//! `modelward scan`: opens the targets, scans them, writes the reports and says by its exit code what came out.

use std::{
    fs::File,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use base::{
    artifact::Body,
    limits::Limits,
    reason::Reason,
    report::{ArtifactRecord, Outcome, Report},
    verdict::Severity,
};
use engine::{Explained, Policy, Scanner, Settings, Target};

use crate::{
    arguments::ScanArguments,
    output::{self, Outputs},
    panics,
    problem::Problem,
    progress::Progress,
    rules_pages,
    watch::ScanWatch,
};

/// Scans what the arguments name. Returns the exit code.
///
/// # Errors
/// Anything that keeps the scan from beginning.
pub(crate) fn run(arguments: ScanArguments) -> Result<u8, Problem> {
    if arguments.print_schema {
        return output::print(report::schema::text().as_bytes()).map(|()| 0);
    }
    let page = output::page(arguments.color, arguments.quiet);
    let outputs = Outputs::new(&arguments.output, arguments.format, page)?;
    let scanner = Scanner::new(rules_pages::catalogue(arguments.rules.as_deref())?, settings(&arguments)?);
    let progress = if arguments.quiet { None } else { Progress::visible() };
    let watch = ScanWatch::new(progress);
    let watch = Arc::new(watch.map_err(|error| Problem::new(format!("signals cannot be caught: {error}")))?);
    let (targets, mut failed) = targets(&arguments.paths);
    let scanned = panics::quietly(|| match outputs.show_listings() {
        true => {
            let Explained { report, listings, .. } = scanner.scan_listed(targets, watch.clone());
            (report, listings)
        }
        false => (scanner.scan(targets, watch.clone()), Vec::new()),
    });
    watch.done();
    let (report, listings) =
        scanned.unwrap_or_else(|said| (broken(&scanner, &arguments.paths, &said, &watch), Vec::new()));
    for problem in outputs.write(&report, &listings) {
        problem.print();
        failed = true;
    }
    Ok(exit_code(report, &arguments, failed))
}

fn settings(arguments: &ScanArguments) -> Result<Settings, Problem> {
    let temp_dir = arguments.temp_dir.clone().unwrap_or_else(std::env::temp_dir);
    if arguments.temp_dir.is_some() && !temp_dir.is_dir() {
        return Err(Problem::new(format!("--temp-dir: {} is not a folder; make it first", temp_dir.display())));
    }
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Settings {
        limits: Limits { timeout: arguments.timeout, ..Limits::default() },
        level: arguments.level.into(),
        jobs: arguments.jobs.map_or_else(cores, usize::from),
        policy: Policy::default(),
        temp_dir: Some(temp_dir),
    })
}

/// Opens what was named, in the order given, and tells what cannot be opened. Returns also whether there was such a one.
pub(crate) fn targets(paths: &[PathBuf]) -> (Vec<Target>, bool) {
    let mut failed = false;
    let open = |path: &PathBuf| {
        let artifact = sources::local::open(path);
        if let Some(why) = unopened(path, &artifact.body) {
            Problem::new(format!("{}: {why}", path.display())).print();
            failed = true;
        }
        Target { name: name(path), artifact }
    };
    let targets = paths.iter().map(open).collect();
    (targets, failed)
}

/// Why a named target could not be opened, and what to do.
pub(crate) fn unopened(path: &Path, body: &Body) -> Option<String> {
    let result = match body {
        Body::Blob(_) => return None,
        Body::Folder(_) => path.read_dir().map(drop),
        Body::Closed(Reason::SpecialFile) => {
            return Some("is a pipe, socket or device, not a file; save its content to a file and scan that".into());
        }
        Body::Closed(_) => File::open(path).map(drop),
    };
    match (result, body) {
        (Err(error), _) => Some(format!("cannot be opened: {error}; check the path and its permissions")),
        (Ok(()), Body::Closed(reason)) => Some(format!("cannot be opened: {}", reason.describe().trim())),
        (Ok(()), _) => None,
    }
}

/// A target's name in reports: as named, but never an absolute path, which would tell of the machine.
pub(crate) fn name(path: &Path) -> String {
    let rooted = path.components().any(|part| matches!(part, Component::RootDir | Component::Prefix(_)));
    let last = path.file_name().filter(|_| rooted).map(Path::new);
    last.unwrap_or(path).display().to_string()
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
fn exit_code(mut report: Report, arguments: &ScanArguments, failed: bool) -> u8 {
    let threshold = arguments.fail_on.threshold();
    if threshold.is_none() {
        report.findings.clear();
    }
    report.exit_code(threshold.unwrap_or(Severity::Critical), failed, arguments.allow_incomplete)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_given_but_never_absolute() {
        let names = ["models/a.pt", "/home/someone/models/a.pt", ".", "/"].map(|path| name(Path::new(path)));
        assert_eq!(names, ["models/a.pt", "a.pt", ".", "/"]);
    }
}
