//! `modelward inspect`: what is in a target, through every container: artifacts, imports, tensors, metadata, coverage.

mod collect;
mod model;
mod strings;
mod text;

use std::sync::Arc;

use base::{budget::NoWatch, limits::Level};
use engine::Scanner;
use rules::Catalogue;

use crate::{
    arguments::{InspectArguments, InspectFormat},
    explain, output, panics,
    problem::Problem,
    targets,
};

/// The exit code where something was not read.
const INCOMPLETE: u8 = 3;

/// Inspects what the arguments name. Returns the exit code.
///
/// # Errors
/// A defect, or a standard output that cannot be written.
pub(crate) fn run(arguments: &InspectArguments) -> Result<u8, Problem> {
    let scanner = Scanner::new(Catalogue::builtin(), explain::settings(Level::Standard));
    let (targets, failed) = targets::open_files(&arguments.paths);
    let collector = collect::Collector::new(arguments.strings.map(usize::from), arguments.all);
    let scanned = panics::quietly(|| scanner.scan_recorded(targets, Arc::new(NoWatch), Some(&collector)));
    let report = scanned.map_err(|said| Problem::new(format!("a defect ended the scan, please report it: {said}")))?;
    let incomplete = report.summary.incomplete > 0;
    let inspection = collector.finish(report);
    let printed = match arguments.format {
        InspectFormat::Json => explain::json(&inspection),
        InspectFormat::Text => text::write(&inspection, output::colours(arguments.color)),
    };
    output::print(printed.as_bytes())?;
    Ok(match (failed, incomplete) {
        (true, _) => crate::USAGE,
        (_, true) => INCOMPLETE,
        _ => 0,
    })
}
