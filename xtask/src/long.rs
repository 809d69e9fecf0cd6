//! What takes longer than CI may: each a named task.

mod browser;
mod reports;

use std::process::Command;

use crate::top;

const HELP: &str = "\
cargo xtask long deny                licences, sources and bans of every dependency (installs cargo-deny)
cargo xtask long reports             the HTML report in headless Chromium: no dialog, no refusal, no request; pictures
cargo xtask long swaps               10,000 scans of a file that is swapped and written over meanwhile
cargo xtask long quiet-sources       published sources of transformers, diffusers, ultralytics and timm stay quiet (fetches them)
cargo xtask long signals             SIGTERM at 50 points of a scan: a report within a second
cargo xtask long explain             listings of 10,000 random pickles, evaluated by CPython and compared with what it loads
cargo xtask long rivals              the page that compares with other scanners: MODELWARD_CORPUS names the corpora, PATH has the rivals
";

/// Runs the named tasks, or all.
pub fn run(names: &[&str]) -> Result<(), String> {
    match names {
        ["help"] => {
            print!("{HELP}");
            Ok(())
        }
        [] => deny()
            .and_then(|()| reports::run())
            .and_then(|()| quiet_sources())
            .and_then(|()| swaps())
            .and_then(|()| signals())
            .and_then(|()| explain()),
        names => names.iter().try_for_each(|name| match *name {
            "deny" => deny(),
            "quiet-sources" => quiet_sources(),
            "reports" => reports::run(),
            "swaps" => swaps(),
            "signals" => signals(),
            "explain" => explain(),
            "rivals" => rivals(),
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

fn quiet_sources() -> Result<(), String> {
    command("cargo", &["build", "--release", "-p", "modelward"])?;
    command("python3", &["xtask/quiet/sources.py", "target/release/modelward"])
}

fn swaps() -> Result<(), String> {
    repeated(10_000, "special_files", "is_judged_by_the_bytes_that_were_hashed")
}

fn signals() -> Result<(), String> {
    repeated(50, "signals", "whenever_it_is_ended")
}

fn explain() -> Result<(), String> {
    let words = ["test", "--release", "-p", "modelward-pickle", "--lib", "--", "evaluating_the_listing"];
    let mut cargo = Command::new("cargo");
    run_in_top(cargo.args(words).env("MODELWARD_TEST_REPEATS", "2500"), "cargo", &words)
}

/// Writes docs/comparison.md. Not among those that run without a name: it needs the corpora and the rivals.
fn rivals() -> Result<(), String> {
    let corpus =
        std::env::var("MODELWARD_CORPUS").map_err(|_| "MODELWARD_CORPUS: the folder of the corpora".to_owned())?;
    command("cargo", &["build", "--release", "--quiet", "--package", "modelward"])?;
    command("python3", &["benches/compare_detection.py", &corpus, "--page", "docs/comparison.md"])
}

/// Runs tests of the command line with more repeats than CI has time for, optimised.
fn repeated(count: u64, file: &str, name: &str) -> Result<(), String> {
    let words = ["test", "--release", "-p", "modelward", "--test", file, "--", name];
    let mut cargo = Command::new("cargo");
    run_in_top(cargo.args(words).env("MODELWARD_TEST_REPEATS", count.to_string()), "cargo", &words)
}

fn succeeds(program: &str, words: &[&str]) -> bool {
    Command::new(program).args(words).output().is_ok_and(|output| output.status.success())
}

fn command(program: &str, words: &[&str]) -> Result<(), String> {
    run_in_top(Command::new(program).args(words), program, words)
}

fn run_in_top(command: &mut Command, program: &str, words: &[&str]) -> Result<(), String> {
    let status = command.current_dir(top()).status().map_err(|error| format!("{program}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{program} {}: {status}", words.join(" "))) }
}
