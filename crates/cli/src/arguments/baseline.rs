//! The arguments of `modelward baseline`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::{scan::TargetArguments, settings::SettingsArguments};

/// The arguments of `baseline`.
#[derive(Args, Clone, Debug)]
pub(crate) struct BaselineArguments {
    /// What to do with a baseline.
    #[command(subcommand)]
    pub command: BaselineCommand,
}

/// What to do with a baseline.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Make a baseline of the findings of a scan or of a saved report
    Create(Box<BaselineFileArguments>),
    /// Add what a scan or a saved report finds and the baseline does not know
    Update(Box<BaselineFileArguments>),
    /// Drop what a scan or a saved report no longer finds
    Prune(Box<BaselineFileArguments>),
}

/// A baseline and what it is held against.
#[derive(Args, Clone, Debug)]
pub(crate) struct BaselineFileArguments {
    /// The baseline
    #[arg(long, short = 'b', value_name = "FILE", default_value = "modelward-baseline.json", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,

    /// Take the findings from a saved JSON report instead of a scan
    #[arg(long, value_name = "REPORT", conflicts_with_all = ["paths", "files_from"], value_hint = ValueHint::FilePath)]
    pub from: Option<PathBuf>,

    /// What to scan.
    #[command(flatten)]
    pub targets: Paths,

    /// How to scan.
    #[command(flatten)]
    pub settings: SettingsArguments,
}

/// What to scan, where no report is given.
#[derive(Args, Clone, Debug)]
pub(crate) struct Paths {
    /// Files, folders and quoted patterns to scan; - is standard input, @FILE a list of paths
    #[arg(value_name = "PATH", required_unless_present_any = ["from", "files_from"], value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Also scan the paths that stand in FILE, one a line; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Files")]
    pub files_from: Vec<PathBuf>,

    /// Lists of paths end each with a NUL byte, as find -print0 writes them
    #[arg(short = '0', long, help_heading = "Files")]
    pub null: bool,
}

impl From<Paths> for TargetArguments {
    fn from(paths: Paths) -> Self {
        Self { paths: paths.paths, files_from: paths.files_from, null: paths.null }
    }
}
