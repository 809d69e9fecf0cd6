//! The arguments of `modelward completions`, `man` and `doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::config::Style;

/// The arguments of `completions`.
#[derive(Args, Clone, Debug)]
pub(crate) struct CompletionsArguments {
    /// The shell
    pub shell: Shell,
}

/// Shells whose completions are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shell {
    /// GNU Bash
    Bash,
    /// Z shell
    Zsh,
    /// Friendly interactive shell
    Fish,
    /// PowerShell
    Powershell,
}

/// The arguments of `man`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ManArguments {
    /// Write a page for each command into this folder, instead of the main page to standard output
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub output_dir: Option<PathBuf>,
}

/// The arguments of `doctor`.
#[derive(Args, Clone, Debug)]
pub(crate) struct DoctorArguments {
    /// For people or for programs
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: Style,
}
