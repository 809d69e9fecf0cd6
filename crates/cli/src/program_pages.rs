//! `modelward completions` and `modelward man`: made from the arguments themselves.

use std::{fs, io, path::Path};

use clap::CommandFactory;
use clap_complete::Shell as Completed;
use clap_mangen::Man;

use crate::{
    arguments::{Arguments, Shell},
    output,
    problem::Problem,
};

/// Prints the completions of a shell.
pub(crate) fn completions(shell: Shell) -> Result<u8, Problem> {
    let shell = match shell {
        Shell::Bash => Completed::Bash,
        Shell::Zsh => Completed::Zsh,
        Shell::Fish => Completed::Fish,
        Shell::Powershell => Completed::PowerShell,
    };
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "modelward", &mut text);
    output::print(&text).map(|()| 0)
}

/// Prints the main page, or writes one for each command into a folder.
pub(crate) fn man(folder: Option<&Path>) -> Result<u8, Problem> {
    let told = |error: io::Error| Problem::new(format!("the manual could not be written: {error}"));
    match folder {
        Some(folder) => {
            fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(Arguments::command(), folder))
                .map_err(told)?;
        }
        None => {
            let mut text = Vec::new();
            Man::new(Arguments::command()).render(&mut text).map_err(told)?;
            output::print(&text)?;
        }
    }
    Ok(0)
}
