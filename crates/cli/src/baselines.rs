//! `modelward baseline`: what is known today, in a file.

use std::{io::Write, path::Path};

use base::report::Report;
use clap::ArgMatches;
use config::baseline::Known;

use crate::{
    arguments::{BaselineCommand, BaselineFileArguments},
    output,
    problem::Problem,
    report_command, scan,
    settings::{Setup, known_findings},
    targets,
};

/// Makes, updates or prunes a baseline.
pub(crate) fn run(command: BaselineCommand, matches: &ArgMatches) -> Result<u8, Problem> {
    let (BaselineCommand::Create(arguments) | BaselineCommand::Update(arguments) | BaselineCommand::Prune(arguments)) =
        &command;
    let file = arguments.file.clone();
    let (report, failed) = report((**arguments).clone(), matches)?;
    let seen = Known::of(&report);
    let (known, told) = match command {
        BaselineCommand::Create(_) => {
            let told = format!("{} findings", seen.len());
            (seen, told)
        }
        BaselineCommand::Update(_) => {
            let mut known = known_findings(&file)?;
            let added = known.add(seen);
            (known, format!("{added} findings added"))
        }
        BaselineCommand::Prune(_) => {
            // What could not be read was not seen, which does not say that it is gone.
            if failed || report.summary.incomplete > 0 {
                let why = "something was not read, so what is gone cannot be told; nothing was changed";
                return Err(Problem::new(why));
            }
            let mut known = known_findings(&file)?;
            let dropped = known.prune(&seen);
            (known, format!("{dropped} findings dropped"))
        }
    };
    write(&file, &known.text())?;
    output::print(
        format!("{}: {told}, {} known\n", base::escape::line(&file.display().to_string()), known.len()).as_bytes(),
    )?;
    Ok(if failed { 2 } else { 0 })
}

/// The report that the baseline is held against: a saved one, or that of a scan.
fn report(arguments: BaselineFileArguments, matches: &ArgMatches) -> Result<(Report, bool), Problem> {
    if let Some(saved) = &arguments.from {
        return report_command::saved(saved).map(|report| (report, false));
    }
    let paths = targets::named(&arguments.targets.into())?;
    let mut setup = Setup::of(&arguments.settings, matches, &paths)?;
    scan::report(&paths, &mut setup, false, false).map(|scanned| (scanned.report, scanned.failed))
}

fn write(file: &Path, text: &str) -> Result<(), Problem> {
    output::replace(file, |mut out| out.write_all(text.as_bytes()))
        .map_err(|error| Problem::new(format!("{}: the baseline could not be written: {error}", file.display())))
}
