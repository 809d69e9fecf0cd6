//! The arguments of `modelward config`.

use clap::{Args, Subcommand, ValueEnum};

use super::settings::SettingsArguments;

/// The arguments of `config`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigArguments {
    /// What to tell of the configuration.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What to tell of the configuration.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// What holds, and where each value came from
    Show(Box<ConfigShowArguments>),
    /// The JSON schema of modelward.toml, for editors
    Schema,
}

/// The arguments of `config show`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigShowArguments {
    /// For people or for programs
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: Style,

    /// Options over the configuration.
    #[command(flatten)]
    pub settings: SettingsArguments,
}

/// How something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Style {
    /// For people
    Text,
    /// For programs
    Json,
}
