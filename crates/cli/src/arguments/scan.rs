//! The arguments of `modelward scan`.

use std::{path::PathBuf, time::Duration};

use base::{limits::Level, verdict::Severity};
use clap::{
    Args, ValueEnum, ValueHint,
    builder::{FalseyValueParser, PossibleValuesParser, TypedValueParser},
};
use report::Format;

use super::output::{self, Colour, Destination};
use crate::duration;

/// The arguments of a scan.
#[derive(Args, Clone, Debug)]
pub(crate) struct ScanArguments {
    /// Files and folders to scan
    #[arg(value_name = "PATH", required_unless_present = "print_schema", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// What to print on standard output [default: text]
    #[arg(short, long, value_name = "FORMAT", env = "MODELWARD_FORMAT", hide_env = true, value_parser = output::formats())]
    pub format: Option<Format>,

    /// Also write a report to a file; may be repeated
    ///
    /// FORMAT is one of those of --format. The file appears when it is complete. `-` as FILE is standard output and
    /// takes the place of --format.
    #[arg(short, long, value_name = "FORMAT=FILE", value_parser = Destination::parse)]
    pub output: Vec<Destination>,

    /// How thorough to be
    #[arg(short, long, value_name = "LEVEL", env = "MODELWARD_LEVEL", hide_env = true, default_value = "standard")]
    pub level: Thoroughness,

    /// Exit with 1 from this severity on
    #[arg(long, value_name = "SEVERITY", env = "MODELWARD_FAIL_ON", hide_env = true, default_value = "medium",
          value_parser = severities())]
    pub fail_on: FailOn,

    /// Exit with 0 even if something could not be read; the report still says so
    #[arg(long, env = "MODELWARD_ALLOW_INCOMPLETE", hide_env = true, value_parser = FalseyValueParser::new())]
    pub allow_incomplete: bool,

    /// Files read side by side [default: the number of cores]
    #[arg(short, long, value_name = "N", env = "MODELWARD_JOBS", hide_env = true,
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,

    /// End the scan after this time with a partial report, as 30s, 5m or 1h [default: never]
    #[arg(long, value_name = "DURATION", env = "MODELWARD_TIMEOUT", hide_env = true, value_parser = duration::parse)]
    pub timeout: Option<Duration>,

    /// Where large compressed members are unpacked for a moment [default: the system's]
    #[arg(long, value_name = "FOLDER", env = "MODELWARD_TEMP_DIR", hide_env = true, value_hint = ValueHint::DirPath)]
    pub temp_dir: Option<PathBuf>,

    /// Also use the rules of this folder; one with the id of a built-in rule replaces it
    #[arg(long, value_name = "FOLDER", env = "MODELWARD_RULES", hide_env = true, value_hint = ValueHint::DirPath)]
    pub rules: Option<PathBuf>,

    /// Show no progress, and of the text report only the verdict
    #[arg(short, long, env = "MODELWARD_QUIET", hide_env = true, value_parser = FalseyValueParser::new())]
    pub quiet: bool,

    /// When to use colours; auto also honours NO_COLOR
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,

    /// Print the JSON schema of the JSON report and exit
    #[arg(long)]
    pub print_schema: bool,
}

impl ScanArguments {
    /// Options may stand before the command: in `--level quick scan x` the word `scan` is the command, and `./scan` a file.
    pub(crate) fn named_or_default(mut self) -> Self {
        if self.paths.len() > 1 && self.paths.first().is_some_and(|path| path.as_os_str() == "scan") {
            self.paths.remove(0);
        }
        self
    }
}

/// The levels as words of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Thoroughness {
    /// Structure only: what can execute
    Quick,
    /// Every byte: also hashes and embedded files
    Standard,
    /// The same as standard, until analyses of weights exist
    Thorough,
}

impl From<Thoroughness> for Level {
    fn from(word: Thoroughness) -> Self {
        match word {
            Thoroughness::Quick => Self::Quick,
            Thoroughness::Standard => Self::Standard,
            Thoroughness::Thorough => Self::Thorough,
        }
    }
}

/// From which severity on a finding fails the scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FailOn(Option<Severity>);

impl FailOn {
    /// The severity, or none where no finding does.
    pub(crate) fn threshold(self) -> Option<Severity> {
        self.0
    }
}

fn severities() -> impl TypedValueParser<Value = FailOn> {
    let words = Severity::ALL.iter().rev().map(|severity| severity.id()).chain(["never"]);
    PossibleValuesParser::new(words).map(|word| FailOn(Severity::parse(&word)))
}
