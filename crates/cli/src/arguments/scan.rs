//! The arguments of `modelward scan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint, builder::FalseyValueParser};
use report::Format;

use super::{
    output::{self, Colour, Destination},
    settings::SettingsArguments,
};

/// The arguments of a scan.
#[derive(Args, Clone, Debug)]
pub(crate) struct ScanArguments {
    /// What to scan.
    #[command(flatten)]
    pub targets: TargetArguments,

    /// What to print on standard output [default: text]
    #[arg(short, long, value_name = "FORMAT", env = "MODELWARD_FORMAT", hide_env = true, value_parser = output::formats())]
    pub format: Option<Format>,

    /// Also write a report to a file; may be repeated
    ///
    /// FORMAT is one of those of --format. The file appears when it is complete. `-` as FILE is standard output and
    /// takes the place of --format.
    #[arg(short, long, value_name = "FORMAT=FILE", value_parser = Destination::parse)]
    pub output: Vec<Destination>,

    /// How to scan.
    #[command(flatten)]
    pub settings: SettingsArguments,

    /// Show no progress, and of the text report only the verdict
    #[arg(short, long, env = "MODELWARD_QUIET", hide_env = true, value_parser = FalseyValueParser::new())]
    pub quiet: bool,

    /// When to use colours; auto also honours NO_COLOR
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,

    /// Whether the report keeps the parts of programs that findings are about
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub excerpts: Excerpts,

    /// Print what would be read, with size and format by its head, and read no further
    #[arg(long)]
    pub dry_run: bool,

    /// Print the JSON schema of the JSON report and exit
    #[arg(long)]
    pub print_schema: bool,
}

/// When a report keeps the parts of programs that findings are about.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Excerpts {
    /// Where a page or SARIF is written; a JSON report written beside it then has them too
    Auto,
    /// In every report
    Always,
    /// In none
    Never,
}

/// What to scan.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TargetArguments {
    /// Files, folders and quoted patterns to scan; - is standard input, @FILE a list of paths
    #[arg(value_name = "PATH", required_unless_present_any = ["print_schema", "files_from"], value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Also scan the paths that stand in FILE, one a line; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Files")]
    pub files_from: Vec<PathBuf>,

    /// Lists of paths end each with a NUL byte, as find -print0 writes them
    #[arg(short = '0', long, help_heading = "Files")]
    pub null: bool,
}

impl ScanArguments {
    /// Options may stand before the command: in `--level quick scan x` the word `scan` is the command, and `./scan` a file.
    pub(crate) fn named_or_default(mut self) -> Self {
        let paths = &mut self.targets.paths;
        if paths.len() > 1 && paths.first().is_some_and(|path| path.as_os_str() == "scan") {
            paths.remove(0);
        }
        self
    }
}
