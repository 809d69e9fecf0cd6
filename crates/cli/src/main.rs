//! The command line of Modelward: arguments in, one report and an exit code out. No scanning logic lives here.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

mod arguments;
mod duration;
mod explain;
mod formats_list;
mod inspect;
mod output;
mod panics;
mod problem;
mod progress;
mod report_command;
mod rules_pages;
mod scan;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    arguments::{Arguments, Command},
    problem::Problem,
};

/// The exit code of a wrong use, or of a target or an output that could not be opened.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let Arguments { scan, command } = Arguments::parse();
    let result = match command {
        None => scan::run(scan.named_or_default()),
        Some(Command::Scan(scan)) => scan::run(scan),
        Some(Command::Explain(arguments)) => explain::run(arguments),
        Some(Command::Inspect(arguments)) => inspect::run(&arguments),
        Some(Command::Report(report)) => report_command::run(report),
        Some(Command::Rules(rules)) => rules_pages::run(rules.command, rules.rules.as_deref()),
        Some(Command::Formats) => formats_list::run(),
    };
    result
        .unwrap_or_else(|problem: Problem| {
            problem.print();
            USAGE
        })
        .into()
}
