//! Fuzzing: installs what it needs, seeds the corpora from the goldens and runs each target for a while.

mod seeds;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::top;

const HELP: &str = "\
cargo xtask fuzz [--minutes N] [TARGET…]   run the targets (all of fuzz/fuzz_targets) for N minutes each, one by default
cargo xtask fuzz seeds                     only write the seeds to fuzz/corpus
";

/// Seconds for one input; memory of the process and of one allocation in MiB. AddressSanitizer itself holds back what
/// was freed and shadows every page, so the process may grow beyond the 256 MiB that the scanner is held to.
const LIMITS: [&str; 3] = ["-timeout=2", "-rss_limit_mb=768", "-malloc_limit_mb=64"];
/// Freed memory that AddressSanitizer keeps aside, in MiB; leaks are looked for at the end only.
const SANITIZER: &str = "quarantine_size_mb=16:detect_leaks=0:detect_odr_violation=0";
/// Bytes of one input.
const LONGEST: &str = "-max_len=16384";

/// Runs what the words ask for.
pub fn run(words: &[&str]) -> Result<(), String> {
    match words {
        ["help"] => {
            print!("{HELP}");
            Ok(())
        }
        ["seeds"] => seeds::write(&folder()),
        ["--minutes", minutes, targets @ ..] => {
            fuzz(targets, minutes.parse().map_err(|_| format!("minutes: {minutes}\n{HELP}"))?)
        }
        targets => fuzz(targets, 1),
    }
}

fn folder() -> PathBuf {
    top().join("fuzz")
}

fn fuzz(named: &[&str], minutes: u64) -> Result<(), String> {
    let known = targets()?;
    if let Some(unknown) = named.iter().find(|name| !known.iter().any(|target| target == *name)) {
        return Err(format!("no target {unknown}; there are {}\n{HELP}", known.join(", ")));
    }
    if !Command::new("cargo").args(["fuzz", "--version"]).output().is_ok_and(|output| output.status.success()) {
        succeed(Command::new("cargo").args(["install", "--locked", "cargo-fuzz"]))?;
    }
    seeds::write(&folder())?;
    let wanted = known.iter().filter(|target| named.is_empty() || named.contains(&target.as_str()));
    wanted.map(|target| one(target, minutes)).collect::<Vec<_>>().into_iter().collect()
}

/// The names of the targets: one file each.
fn targets() -> Result<Vec<String>, String> {
    let files = fs::read_dir(folder().join("fuzz_targets")).map_err(|error| format!("fuzz_targets: {error}"))?;
    let stem = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut names: Vec<String> = files.flatten().filter_map(|file| stem(file.path())).collect();
    names.sort();
    Ok(names)
}

fn one(target: &str, minutes: u64) -> Result<(), String> {
    let seconds = minutes.saturating_mul(60);
    let mut command = Command::new("cargo");
    // The sanitizer is a feature that the compiler has but does not yet promise.
    command.env("RUSTC_BOOTSTRAP", "1").env("ASAN_OPTIONS", SANITIZER);
    command.args(["fuzz", "run", target, "--"]).args(LIMITS).arg(LONGEST);
    command.arg(format!("-max_total_time={seconds}")).args(["-print_final_stats=1", "-use_value_profile=1"]);
    if let Some(words) = dictionary(target) {
        command.arg(format!("-dict={}", words.display()));
    }
    succeed(&mut command)
}

/// The words that a target is helped with: its own, or those of what it contains.
fn dictionary(target: &str) -> Option<PathBuf> {
    let words = match target {
        "pickle" | "eval" | "text" => target,
        _ => "containers",
    };
    let path = folder().join("dictionaries").join(words).with_extension("dict");
    Path::exists(&path).then_some(path)
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let name = format!("{command:?}");
    let status = command.current_dir(top()).status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}")) }
}
