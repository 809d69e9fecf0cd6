//! The arguments of `modelward report`.

use std::path::PathBuf;

use clap::{Args, ValueHint, builder::FalseyValueParser};
use report::Format;

use super::output::{Colour, Destination, formats};

/// The arguments of `report`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ReportArguments {
    /// The report that `--output json=FILE` wrote; `-` is standard input
    #[arg(value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub report: PathBuf,

    /// What to print on standard output [default: text]
    #[arg(short, long, value_name = "FORMAT", env = "MODELWARD_FORMAT", hide_env = true, value_parser = formats())]
    pub format: Option<Format>,

    /// Also write a report to a file, as in sarif=report.sarif; may be repeated
    #[arg(short, long, value_name = "FORMAT=FILE", value_parser = Destination::parse)]
    pub output: Vec<Destination>,

    /// Of the text report only the verdict
    #[arg(short, long, env = "MODELWARD_QUIET", hide_env = true, value_parser = FalseyValueParser::new())]
    pub quiet: bool,

    /// When to use colours; auto also honours NO_COLOR
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
}
