//! The arguments of `modelward explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::Colour;

/// What `--help` says last.
const EXAMPLES: &str = "Examples:
  modelward explain model.pt                        the dangerous lines, and those that lead to them
  modelward explain 'model.pt!/archive/data.pkl'    one member, whether or not something was found in it
  modelward explain --all model.pkl                 the whole program
  modelward explain --format python model.pkl       nothing but Python
  modelward explain --graph svg model.pkl > g.svg   the data flow that leads to the dangerous lines
  modelward explain 3f2a9c --report report.json     the story of one finding, by its fingerprint

Exit codes:
  0  explained
  2  wrong use, or something that could not be opened
  3  nothing was explained because it could not be read
  4  there is no program in it";

/// The arguments of `explain`.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ExplainArguments {
    /// Files, or members in them as reports write their paths; with --report a finding's fingerprint, or how it begins
    #[arg(value_name = "FILE[!/MEMBER]", required = true, value_hint = ValueHint::FilePath)]
    pub targets: Vec<PathBuf>,

    /// Show every line, not only those that lead to what was found
    #[arg(long)]
    pub all: bool,

    /// Write long lines out
    #[arg(long)]
    pub full: bool,

    /// How to print the listings
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: ExplainFormat,

    /// Draw the lines that lead to what was found instead
    #[arg(long, value_name = "KIND", conflicts_with = "format")]
    pub graph: Option<Graph>,

    /// Tell the story of a finding of this JSON report
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["format", "graph"])]
    pub report: Option<PathBuf>,

    /// Where the targets of the report lie [default: here]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, requires = "report")]
    pub root: Option<PathBuf>,

    /// Also use the rules of this folder
    #[arg(long, value_name = "FOLDER", env = "MODELWARD_RULES", hide_env = true, value_hint = ValueHint::DirPath)]
    pub rules: Option<PathBuf>,

    /// When to use colours; auto also honours NO_COLOR
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
}

/// How listings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For people, marked
    Text,
    /// One JSON document
    Json,
    /// Only valid Python
    Python,
}

/// How the flow is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Graph {
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
    /// A picture on its own
    Svg,
}
