//! The command line of Modelward: arguments in, one report and an exit code out. No scanning logic lives here.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

mod arguments;
mod baselines;
mod cache_upkeep;
mod config_pages;
mod doctor;
mod dry_run;
mod explain;
mod formats_list;
mod inspect;
mod output;
mod panics;
mod problem;
mod program_pages;
mod progress;
mod report_command;
mod rules_pages;
mod scan;
mod search;
mod settings;
mod targets;
mod watch;

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches};

use crate::{
    arguments::{Arguments, Command},
    problem::Problem,
};

/// The exit code of a wrong use, or of a target or an output that could not be opened.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let matches = Arguments::command().get_matches();
    let Arguments { scan, command } = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let own = innermost(&matches);
    let result = match command {
        None => scan::run(scan.named_or_default(), &matches),
        Some(Command::Scan(scan)) => scan::run(*scan, own),
        Some(Command::Explain(arguments)) => explain::run(arguments),
        Some(Command::Inspect(arguments)) => inspect::run(&arguments),
        Some(Command::Report(report)) => report_command::run(report),
        Some(Command::Rules(rules)) => rules_pages::run(rules.command, rules.rules.as_deref()),
        Some(Command::Formats) => formats_list::run(),
        Some(Command::Config(config)) => config_pages::run(config.command, own),
        Some(Command::Baseline(baseline)) => baselines::run(baseline.command, own),
        Some(Command::Cache(cache)) => cache_upkeep::run(cache.command, cache.cache_dir.as_deref()),
        Some(Command::Completions(completions)) => program_pages::completions(completions.shell),
        Some(Command::Man(man)) => program_pages::man(man.output_dir.as_deref()),
        Some(Command::Doctor(doctor)) => doctor::run(doctor.format),
    };
    result
        .unwrap_or_else(|problem: Problem| {
            problem.print();
            USAGE
        })
        .into()
}

/// What was given to the command that was named last.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    let mut own = matches;
    while let Some((_, below)) = own.subcommand() {
        own = below;
    }
    own
}
