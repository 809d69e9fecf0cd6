//! `modelward report`: a saved JSON report in any format, as the scan itself would have written it.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use base::report::Report;

use crate::{
    arguments::ReportArguments,
    output::{self, Outputs},
    problem::Problem,
};

/// Writes the report that the arguments name.
///
/// # Errors
/// What is no report of a version that this program reads; an output that cannot be written.
pub(crate) fn run(arguments: ReportArguments) -> Result<u8, Problem> {
    let page = output::page(arguments.color, arguments.quiet);
    let outputs = Outputs::new(&arguments.output, arguments.format, page)?;
    let report = saved(&arguments.report)?;
    let problems = outputs.write(&report);
    problems.iter().for_each(Problem::print);
    Ok(if problems.is_empty() { 0 } else { crate::USAGE })
}

/// The JSON report in a file; `-` is standard input.
///
/// # Errors
/// What cannot be read, or is no report of a version that this program reads.
pub(crate) fn saved(path: &Path) -> Result<Report, Problem> {
    let mut json = Vec::new();
    let read = match path.as_os_str() == "-" {
        true => io::stdin().lock().read_to_end(&mut json).map(|_| ()),
        false => fs::read(path).map(|bytes| json = bytes),
    };
    read.map_err(|error| Problem::new(format!("{}: cannot be read: {error}", path.display())))?;
    report::read::report(&json).map_err(|refusal| Problem::new(format!("{} {refusal}", path.display())))
}
