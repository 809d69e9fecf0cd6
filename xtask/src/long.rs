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
cargo xtask long deadlines           one second for inputs that take every reader longer: none passes it by half a second
cargo xtask long crowds              a million files in a tree, a hundred thousand in one folder
cargo xtask long memory              MODELWARD_CORPUS, each file within a control group of 256 MB (needs the right to make one)
cargo xtask long coverage            lines that tests reach in base, eval, pickle, python, formats, engine: at least 90 % (installs cargo-llvm-cov)
cargo xtask long mutants             changes to coverage, budget, verdict and the pickle machine that no test notices (installs cargo-mutants)
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
            .and_then(|()| explain())
            .and_then(|()| deadlines())
            .and_then(|()| crowds())
            .and_then(|()| coverage()),
        names => names.iter().try_for_each(|name| match *name {
            "deny" => deny(),
            "quiet-sources" => quiet_sources(),
            "reports" => reports::run(),
            "swaps" => swaps(),
            "signals" => signals(),
            "explain" => explain(),
            "deadlines" => deadlines(),
            "crowds" => crowds(),
            "memory" => memory(),
            "coverage" => coverage(),
            "mutants" => mutants(),
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
    command("python3", &["xtask/quiet/sources.py", shipped()?])
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

/// The name of the program as it is shipped, built now.
fn shipped() -> Result<&'static str, String> {
    command("cargo", &["build", "--release", "--quiet", "--package", "modelward"])?;
    Ok("target/release/modelward")
}

fn deadlines() -> Result<(), String> {
    command("python3", &["xtask/hostile/deadlines.py", shipped()?])
}

fn crowds() -> Result<(), String> {
    command("python3", &["xtask/hostile/crowds.py", shipped()?])
}

fn memory() -> Result<(), String> {
    command("python3", &["xtask/hostile/memory.py", shipped()?, &corpus()?])
}

fn coverage() -> Result<(), String> {
    if !succeeds("cargo", &["llvm-cov", "--version"]) {
        command("rustup", &["component", "add", "llvm-tools"])?;
        command("cargo", &["install", "--locked", "cargo-llvm-cov"])?;
    }
    // All tests of the workspace run; then each crate is counted alone, without its tests.
    command("cargo", &["llvm-cov", "--workspace", "--quiet", "--no-report"])?;
    for counted in COUNTED {
        let others: Vec<&str> = COUNTED.into_iter().chain(UNCOUNTED).filter(|other| *other != counted).collect();
        let others = format!(r"(/tests?/|/tests?\.rs|/xtask/|/crates/({})/)", others.join("|"));
        // Some tests end the program by a signal: what such a process had counted is torn, and left out.
        let report = ["llvm-cov", "report", "--failure-mode", "all", "--summary-only", "--fail-under-lines", "90"];
        command("cargo", &[&report[..], &["--ignore-filename-regex", &others]].concat())?;
    }
    Ok(())
}

/// The crates whose lines tests must reach.
const COUNTED: [&str; 6] = ["base", "eval", "pickle", "python", "formats", "engine"];
/// The others.
const UNCOUNTED: [&str; 9] =
    ["cache", "cli", "config", "knowledge", "report", "rulebook", "rules", "sources", "testkit"];

/// What is mutated: the ledger, the budget, the verdict, and the machine. Of the machine every seventh change is tried, which are more
/// than two hundred: all of them take most of a day.
const MUTATED: [(&str, &[&str]); 2] = [
    (
        "base",
        &[
            "--file=crates/base/src/coverage.rs",
            "--file=crates/base/src/budget.rs",
            "--file=crates/base/src/verdict.rs",
        ],
    ),
    ("pickle", &["--file=crates/pickle/src/*.rs", "--shard=0/7", "--sharding=round-robin"]),
];

fn mutants() -> Result<(), String> {
    if !succeeds("cargo", &["mutants", "--version"]) {
        command("cargo", &["install", "--locked", "cargo-mutants"])?;
    }
    // Whatever survives makes cargo-mutants fail: both are run, and people look at what is missed.
    let run = |(name, words): (&str, &[&str])| {
        let output = format!("--output=target/mutants-{name}");
        command("cargo", &[&["mutants", "--jobs=1", "--cap-lints=true", &output], words].concat())
    };
    let outcomes = MUTATED.map(run);
    outcomes.into_iter().collect()
}

/// The folder of the corpora.
fn corpus() -> Result<String, String> {
    std::env::var("MODELWARD_CORPUS").map_err(|_| "MODELWARD_CORPUS: the folder of the corpora".to_owned())
}

/// Writes docs/comparison.md. Not among those that run without a name: it needs the corpora and the rivals.
fn rivals() -> Result<(), String> {
    shipped()?;
    command("python3", &["benches/compare_detection.py", &corpus()?, "--page", "docs/comparison.md"])
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
