//! What takes longer than CI may: each a named task.

use std::process::Command;

use crate::top;

const HELP: &str = "\
cargo xtask long deny                licences, sources and bans of every dependency (installs cargo-deny)
";

/// Runs the named tasks, or all.
pub fn run(names: &[&str]) -> Result<(), String> {
    match names {
        ["help"] => {
            print!("{HELP}");
            Ok(())
        }
        [] => deny(),
        names => names.iter().try_for_each(|name| match *name {
            "deny" => deny(),
            other => Err(format!("unknown: {other}\n{HELP}")),
        }),
    }
}

fn deny() -> Result<(), String> {
    if !succeeds("cargo", &["deny", "--version"]) {
        command("cargo", &["install", "--locked", "cargo-deny"])?;
    }
    command("cargo", &["deny", "check", "bans", "licenses", "sources"])
}

fn succeeds(program: &str, words: &[&str]) -> bool {
    Command::new(program).args(words).output().is_ok_and(|output| output.status.success())
}

fn command(program: &str, words: &[&str]) -> Result<(), String> {
    let status =
        Command::new(program).args(words).current_dir(top()).status().map_err(|error| format!("{program}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{program} {}: {status}", words.join(" "))) }
}
