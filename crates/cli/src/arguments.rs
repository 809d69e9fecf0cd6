//! The arguments: one file a command, with the help that people read.

mod baseline;
mod cache;
mod config;
mod explain;
mod inspect;
mod output;
mod pages;
mod report;
mod rules;
mod scan;
mod settings;

use clap::{Parser, Subcommand};

pub(crate) use self::{
    baseline::{BaselineArguments, BaselineCommand, BaselineFileArguments},
    cache::{CacheArguments, CacheCommand},
    config::{ConfigArguments, ConfigCommand, Style},
    explain::{ExplainArguments, ExplainFormat, Graph},
    inspect::{InspectArguments, InspectFormat},
    output::{Colour, Destination},
    pages::{CompletionsArguments, DoctorArguments, ManArguments, Shell},
    report::ReportArguments,
    rules::{RulesArguments, RulesCommand},
    scan::{Excerpts, ScanArguments, TargetArguments},
    settings::SettingsArguments,
};

/// What `--help` says first.
const ABOUT: &str = "Find out what a model file would do before you load it.

Modelward reads model files the way a victim would load them, without loading them, and says what would happen: which \
code would run, where it hides, how sure that is, and what to do. What could not be read to its last byte is reported \
as incomplete, never as clean.";

/// What `--help` says last.
const EXAMPLES: &str = "Examples:
  modelward model.pt                          scan one file
  modelward downloads/ other.pkl              scan folders and files together
  modelward -o json=report.json models/       text for you, JSON for a program
  modelward --level quick --timeout 5m /mnt   only what can execute, at most five minutes
  modelward ./scan                            scan a file whose name is a command
  find . -name '*.pt' -print0 | modelward -0 --files-from -
  modelward -                                 scan what comes in on standard input

Exit codes, the first that holds over all targets:
  1  a finding at or above --fail-on
  2  wrong use, or a target or output that could not be opened
  3  incomplete: something was not read (0 with --allow-incomplete)
  4  there was nothing to scan
  0  clean and complete

Most options can be set by the environment, as MODELWARD_LEVEL or MODELWARD_FAIL_ON; an option given wins.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "modelward",
    version,
    about = "Find out what a model file would do before you load it",
    long_about = ABOUT,
    after_long_help = EXAMPLES,
    after_help = "More, with examples and exit codes: modelward --help",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    /// The default command needs no name.
    #[command(flatten)]
    pub scan: ScanArguments,
    /// Any other does.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A command by name.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scan files and folders; the default when no command is named
    #[command(after_long_help = EXAMPLES)]
    Scan(Box<ScanArguments>),
    /// Show the program in a file, and the lines that are dangerous
    Explain(ExplainArguments),
    /// Show what is in a file: artifacts, imports, tensors, metadata, coverage
    Inspect(InspectArguments),
    /// Write a saved JSON report in other formats
    Report(ReportArguments),
    /// List the rules, or show the page of one
    Rules(RulesArguments),
    /// List the formats that can be read, and how deep
    Formats,
    /// What the configuration says, and where each value came from
    Config(ConfigArguments),
    /// Keep the findings of today, so that tomorrow only new ones count
    Baseline(BaselineArguments),
    /// What is remembered of earlier scans
    Cache(CacheArguments),
    /// Print the completions of a shell
    Completions(CompletionsArguments),
    /// Print the manual page
    Man(ManArguments),
    /// Test the program on harmless specimens, and tell what it finds of its surroundings
    Doctor(DoctorArguments),
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn scan_is_the_default_and_may_stand_after_options() {
        let paths = |words: &[&str]| {
            let arguments = Arguments::try_parse_from(["modelward"].iter().chain(words)).unwrap();
            match arguments.command {
                Some(Command::Scan(scan)) => scan.targets.paths,
                Some(other) => panic!("{other:?}"),
                None => arguments.scan.named_or_default().targets.paths,
            }
        };
        assert_eq!(paths(&["x"]), [PathBuf::from("x")]);
        assert_eq!(paths(&["scan", "x"]), [PathBuf::from("x")]);
        assert_eq!(paths(&["scan", "scan"]), [PathBuf::from("scan")]);
        assert_eq!(paths(&["--level", "quick", "scan", "x"]), [PathBuf::from("x")]);
        assert_eq!(paths(&["./scan"]), [PathBuf::from("./scan")]);
    }
}
