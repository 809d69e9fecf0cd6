//! The page of the command line: the program's own help, command by command, so that the page cannot differ from it.

use std::{fmt::Write, process::Command};

use super::MARK;
use crate::top;

/// The page.
pub(super) fn page() -> Result<String, String> {
    let mut text = format!("{MARK}# Command line\n");
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(words) = open.pop() {
        let asked: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = modelward(&asked)?;
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        let name = [&["modelward".to_owned()], words.as_slice()].concat().join(" ");
        let _ = writeln!(text, "\n## {name}\n\n```text\n{}\n```", lines.join("\n").trim_end());
        let below: Vec<&str> = commands(&lines);
        open.extend(below.iter().rev().map(|command| [words.as_slice(), &[(*command).to_owned()]].concat()));
    }
    Ok(text)
}

/// The commands that a help lists.
fn commands<'a>(help: &[&'a str]) -> Vec<&'a str> {
    let listed = help.iter().skip_while(|line| **line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty() && line.starts_with(' '));
    // A command stands two columns in; what continues its description stands further.
    listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next()).collect()
}

/// What the program prints for these words.
pub(super) fn modelward(words: &[&str]) -> Result<String, String> {
    // Built already, where the tests have just run: another selection of packages would build its dependencies anew.
    let mut command = match std::env::var_os("MODELWARD_PROGRAM") {
        Some(program) => Command::new(std::path::absolute(program).map_err(|error| error.to_string())?),
        None => {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["run", "--quiet", "--package", "modelward", "--"]);
            cargo
        }
    };
    command.args(words).env("COLUMNS", "80").env("NO_COLOR", "1");
    let output = command.current_dir(top()).output().map_err(|error| error.to_string())?;
    if output.stdout.is_empty() {
        return Err(format!("modelward {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
