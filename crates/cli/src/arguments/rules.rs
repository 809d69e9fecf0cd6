//! The arguments of `modelward rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// The arguments of `rules`.
#[derive(Args, Clone, Debug)]
pub(crate) struct RulesArguments {
    /// List or show; list without a word
    #[command(subcommand)]
    pub command: Option<RulesCommand>,
    /// Also the rules of this folder
    #[arg(long, value_name = "FOLDER", global = true, value_hint = ValueHint::DirPath)]
    pub rules: Option<PathBuf>,
}

/// What to do with the rules.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Every rule in a line, worst first
    List,
    /// What a rule means, why it is dangerous, what to do, and examples
    Show {
        /// The rule's id, as in process-spawn
        id: String,
    },
}
