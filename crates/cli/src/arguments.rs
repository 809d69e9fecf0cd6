//! The arguments: one structure a command, with the help that people read.

use std::{path::PathBuf, time::Duration};

use base::{limits::Level, verdict::Severity};
use clap::{
    Args, Parser, Subcommand, ValueEnum, ValueHint,
    builder::{FalseyValueParser, PossibleValuesParser, TypedValueParser},
};
use report::Format;

use crate::duration;

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
    Scan(ScanArguments),
    /// List the rules, or show the page of one
    Rules {
        /// List or show; list without a word
        #[command(subcommand)]
        command: Option<RulesCommand>,
        /// Also the rules of this folder
        #[arg(long, value_name = "FOLDER", global = true, value_hint = ValueHint::DirPath)]
        rules: Option<PathBuf>,
    },
    /// List the formats that can be read, and how deep
    Formats,
}

/// What to do with the rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Every rule in a line, worst first
    List,
    /// What a rule means, why it is dangerous, what to do, and examples
    Show {
        /// The rule's id, as in process-spawn
        id: String,
    },
}

/// The arguments of a scan.
#[derive(Args, Clone, Debug)]
pub(crate) struct ScanArguments {
    /// Files and folders to scan
    #[arg(value_name = "PATH", required_unless_present = "print_schema", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// What to print on standard output [default: text]
    #[arg(short, long, value_name = "FORMAT", env = "MODELWARD_FORMAT", hide_env = true, value_parser = formats())]
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

/// When to use colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal that has them
    Auto,
    /// Always
    Always,
    /// Never
    Never,
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

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.iter().map(|format| format.id()))
        .map(|word| Format::parse(&word).unwrap_or(Format::Text))
}

/// A report's format and file; no file is standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    /// Its format.
    pub format: Format,
    /// Its file.
    pub file: Option<PathBuf>,
}

impl Destination {
    fn parse(text: &str) -> Result<Self, String> {
        let known = || Format::ALL.iter().map(|format| format.id()).collect::<Vec<_>>().join(", ");
        let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE, as in json=report.json")?;
        let format = Format::parse(format).ok_or_else(|| format!("{format:?} is none of the formats {}", known()))?;
        match file {
            "" => Err("the file's name is missing".into()),
            "-" => Ok(Self { format, file: None }),
            file => Ok(Self { format, file: Some(file.into()) }),
        }
    }
}

#[cfg(test)]
mod tests {
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
                Some(Command::Scan(scan)) => scan.paths,
                Some(other) => panic!("{other:?}"),
                None => arguments.scan.named_or_default().paths,
            }
        };
        assert_eq!(paths(&["x"]), [PathBuf::from("x")]);
        assert_eq!(paths(&["scan", "x"]), [PathBuf::from("x")]);
        assert_eq!(paths(&["scan", "scan"]), [PathBuf::from("scan")]);
        assert_eq!(paths(&["--level", "quick", "scan", "x"]), [PathBuf::from("x")]);
        assert_eq!(paths(&["./scan"]), [PathBuf::from("./scan")]);
    }

    #[test]
    fn destinations_are_a_format_and_a_file() {
        let file = |name: &str| Some(PathBuf::from(name));
        assert_eq!(Destination::parse("json=a=b"), Ok(Destination { format: Format::Json, file: file("a=b") }));
        assert_eq!(Destination::parse("text=-"), Ok(Destination { format: Format::Text, file: None }));
        for wrong in ["json", "json=", "xml=a", "=a"] {
            assert!(Destination::parse(wrong).is_err(), "{wrong}");
        }
    }
}
