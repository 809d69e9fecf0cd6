//! Chores of the project: `cargo xtask help` lists them.

mod counts;
mod docs;
mod fuzz;
mod knowledge;
mod long;
mod skeleton;

use std::{path::PathBuf, process::ExitCode};

const HELP: &str = "\
cargo xtask docs [--check]           write the generated documentation, or fail where it differs
cargo xtask new format NAME          a skeleton of a format
cargo xtask new rule CATEGORY/ID     a skeleton of a rule
cargo xtask counts [--write]         instructions of fixed small scans, against those recorded
cargo xtask knowledge …              what is known of callables; `knowledge help` says more
cargo xtask fuzz [TARGET…]           a minute of each fuzz target; `fuzz help` says more
cargo xtask long [NAME…]             what takes longer than CI may; `long help` says more
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["docs"] => docs::write(),
        ["docs", "--check"] => docs::check(),
        ["new", "format", name] => skeleton::format(name),
        ["new", "rule", name] => skeleton::rule(name),
        ["counts", rest @ ..] => counts::run(rest),
        ["knowledge", rest @ ..] => knowledge::run(rest),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        ["long", rest @ ..] => long::run(rest),
        ["help" | "--help"] | [] => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("unknown: {}\n{HELP}", other.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The top of the repository.
fn top() -> PathBuf {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    own.parent().map_or(own.clone(), PathBuf::from)
}
