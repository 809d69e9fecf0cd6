//! The arguments of `modelward inspect`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::Colour;

/// What `--help` says last.
const EXAMPLES: &str = "Examples:
  modelward inspect model.pt                  what is in it, through every container
  modelward inspect --all model.pt            every tensor, import and entry, however many
  modelward inspect --strings 12 model.bin    also texts of at least 12 letters
  modelward inspect --format json model.pt    for a program

Exit codes:
  0  inspected
  2  wrong use, or something that could not be opened
  3  inspected, but something in it was not read";

/// The arguments of `inspect`.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct InspectArguments {
    /// Files to look into
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// List everything instead of the first of each kind
    #[arg(long)]
    pub all: bool,

    /// Also texts of at least so many letters
    #[arg(long, value_name = "MIN", num_args = 0..=1, default_missing_value = "8",
          value_parser = clap::value_parser!(u16).range(3..=4096))]
    pub strings: Option<u16>,

    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: InspectFormat,

    /// When to use colours; auto also honours NO_COLOR
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
}

/// How it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InspectFormat {
    /// For people
    Text,
    /// One JSON document
    Json,
}
