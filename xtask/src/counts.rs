//! Instruction counts of a few fixed small scans, recorded and compared, so that speed cannot rot unnoticed.
//!
//! Seconds depend on the machine and on what else runs there; instructions under callgrind do not. A change that costs or
//! saves more than [`TOLERANCE`] is written down with `cargo xtask counts --write`, on purpose, in the commit that makes it.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use testkit::{pickle::assemble, zip::ZipWriter};

use crate::top;

/// Parts of a hundred by which a count may differ.
const TOLERANCE: u64 = 3;
/// Where the counts are recorded.
const RECORD: &str = "benches/instructions.txt";

/// Compares the counts with the record, or writes it.
pub fn run(words: &[&str]) -> Result<(), String> {
    let write = match words {
        [] => false,
        ["--write"] => true,
        other => return Err(format!("unknown: {}", other.join(" "))),
    };
    valgrind()?;
    let binary = release()?;
    let folder = top().join("target/counts");
    let scans = workloads(&folder)?;
    let counts: BTreeMap<&str, u64> =
        scans.iter().map(|(name, path)| Ok((*name, count(&binary, path)?))).collect::<Result<_, String>>()?;
    let path = top().join(RECORD);
    if write {
        let mut text =
            String::from("# Instructions of fixed small scans: `cargo xtask counts` compares, `--write` records.\n");
        for (name, count) in &counts {
            let _ = writeln!(text, "{name} {count}");
        }
        return fs::write(&path, text).map_err(|error| error.to_string());
    }
    compare(&counts, &fs::read_to_string(&path).map_err(|error| format!("{RECORD}: {error}"))?)
}

fn compare(counts: &BTreeMap<&str, u64>, record: &str) -> Result<(), String> {
    let recorded: BTreeMap<&str, u64> = record
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, count)| Some((name, count.parse().ok()?)))
        .collect();
    let mut wrong = Vec::new();
    for (name, now) in counts {
        let Some(then) = recorded.get(name) else {
            wrong.push(format!("{name}: not recorded"));
            continue;
        };
        println!("{name}: {now} instructions, recorded {then}");
        if now.abs_diff(*then).saturating_mul(100) > then.saturating_mul(TOLERANCE) {
            wrong.push(format!("{name}: {now} instructions instead of {then}, more than {TOLERANCE} % apart"));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{}\nIf that is meant: cargo xtask counts --write", wrong.join("\n")))
    }
}

/// Callgrind counts; where it is missing it is installed as Debian does.
fn valgrind() -> Result<(), String> {
    let there = || Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success());
    if there() {
        return Ok(());
    }
    for words in [&["update", "-qq"][..], &["install", "-y", "-qq", "valgrind"]] {
        let _ = Command::new("apt-get").args(words).output();
    }
    if there() { Ok(()) } else { Err("valgrind is needed: install it".into()) }
}

/// The optimised program.
fn release() -> Result<PathBuf, String> {
    let mut cargo = Command::new(env!("CARGO"));
    // The same selection as `cargo run --release`, so that nothing is built twice.
    cargo.args(["build", "--release", "--quiet", "--message-format=json"]);
    let output = cargo.current_dir(top()).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let program = messages.filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from)).next_back();
    program.ok_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Instructions of one scan, on one thread.
fn count(binary: &Path, path: &Path) -> Result<u64, String> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(binary);
    command.args(["scan", "--jobs", "1", "--quiet", "--format", "json"]).arg(path);
    // Nothing of the caller's surroundings may change what runs.
    command.env_clear().env("PATH", "/usr/bin:/bin").env("MODELWARD_NO_CACHE", "1").env("NO_COLOR", "1");
    let output = command.current_dir(top()).output().map_err(|error| format!("valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find_map(|line| line.split("Collected :").nth(1));
    let count = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    count.ok_or_else(|| format!("{}: no count in\n{text}", path.display()))
}

/// The scans: made anew each time, always the same bytes.
fn workloads(folder: &Path) -> Result<Vec<(&'static str, PathBuf)>, String> {
    let small = assemble("PROTO 4\nEMPTY_DICT\nMEMOIZE\nSHORT_BINUNICODE \"a\"\nBININT1 1\nSETITEM\nSTOP\n");
    let small = small.map_err(|error| error.to_string())?;
    let mut scans = vec![("checkpoint", top().join("examples/poisoned/model.pt"))];
    let mut file = |name: &'static str, path: &str, bytes: &[u8]| -> Result<(), String> {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        scans.push((name, path));
        Ok(())
    };
    file("start-up", "small.pkl", &small)?;
    file("pickle", "long.pkl", &long_pickle()?)?;
    file("source", "module.py", source().as_bytes())?;
    let members = ZipWriter::new().deflated("inner.pkl", &long_pickle()?).finish();
    file("deflated", "archive.zip", &members)?;
    for index in 0..200 {
        let path = folder.join(format!("tree/{index}.pkl"));
        fs::create_dir_all(folder.join("tree"))
            .and_then(|()| fs::write(&path, &small))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    scans.push(("tree", folder.join("tree")));
    scans.push(("bytecode", bytecode(folder).map_err(|error| format!("bytecode: {error}"))?));
    Ok(scans)
}

/// The fixtures of bytecode, each version twenty times.
fn bytecode(folder: &Path) -> std::io::Result<PathBuf> {
    let folder = folder.join("bytecode");
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(top().join("crates/formats/testdata/python-bytecode"))? {
        let path = entry?.path();
        let version = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        for index in (0..20).filter(|_| path.extension().is_some_and(|extension| extension == "pyc")) {
            fs::copy(&path, folder.join(format!("{version}-{index}.pyc")))?;
        }
    }
    Ok(folder)
}

/// A dictionary of forty thousand numbers with memoised names, and a call for each thousandth.
fn long_pickle() -> Result<Vec<u8>, String> {
    let mut text = String::from("PROTO 4\nEMPTY_DICT\nMEMOIZE\n");
    for index in 0..40_000 {
        let _ = write!(text, "SHORT_BINUNICODE \"key{index}\"\nMEMOIZE\n");
        if index % 1000 == 0 {
            text.push_str("GLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\n");
        } else {
            let _ = writeln!(text, "BININT {index}");
        }
        text.push_str("SETITEM\n");
    }
    text.push_str("STOP\n");
    assemble(&text).map_err(|error| error.to_string())
}

/// A module of a thousand functions.
fn source() -> String {
    let mut text = String::from("import os\nimport torch\nfrom torch import nn\n\n");
    for index in 0..1000 {
        let _ = write!(
            text,
            "class Layer{index}(nn.Module):\n    def forward(self, x, mask=None):\n        \
             h = torch.relu(self.linear(x) * {index})\n        return [h + i for i in range({index})], os.path.join('a', str(mask))\n\n"
        );
    }
    text
}
