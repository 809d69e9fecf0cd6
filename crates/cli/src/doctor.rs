//! `modelward doctor`: scans harmless specimens made on the spot and says which detectors fire; tells what the program finds
//! of its surroundings.

mod specimens;

use std::{fmt::Write, fs::OpenOptions, path::Path, sync::Arc};

use base::{
    artifact::{Artifact, Body},
    blob::Blob,
    budget::NoWatch,
    escape,
    location::ArtifactPath,
    report::Report,
};
use engine::{Scanner, Settings, Target};
use rules::Catalogue;
use serde_json::{Value, json};

use self::specimens::{Expected, SPECIMENS, Specimen};
use crate::{
    arguments::{SettingsArguments, Style},
    output,
    problem::Problem,
    search,
    settings::default_cache_dir,
};

/// A line of the answer.
struct Line {
    what: &'static str,
    good: bool,
    told: String,
}

/// Examines the program. Returns 0 where all is well, 1 where something is not.
pub(crate) fn run(style: Style) -> Result<u8, Problem> {
    let mut lines: Vec<Line> = SPECIMENS.iter().map(examined).collect();
    lines.extend(surroundings());
    let well = lines.iter().all(|line| line.good);
    let text = match style {
        Style::Json => format!("{:#}\n", document(&lines, well)),
        Style::Text => {
            let mut text = String::new();
            for Line { what, good, told } in &lines {
                let mark = if *good { "ok  " } else { "FAIL" };
                let _ = writeln!(text, "{mark}  {what:<22}  {}", escape::line(told));
            }
            text.push_str(if well { "all is well\n" } else { "something is wrong: see the lines marked FAIL\n" });
            text
        }
    };
    output::print(text.as_bytes())?;
    Ok(u8::from(!well))
}

/// What the scan of a specimen says, held to what it must say.
fn examined(specimen: &Specimen) -> Line {
    let report = scan((specimen.bytes)());
    let mut rules: Vec<&str> = report.findings.iter().map(|finding| &*finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let good = match specimen.expected {
        Expected::Rule(rule) => rules.contains(&rule),
        Expected::Verdict(verdict) => report.verdict == verdict,
    };
    let fired = if rules.is_empty() { "no rule fires".to_owned() } else { rules.join(", ") };
    Line { what: specimen.name, good, told: format!("{}: {fired}", report.verdict) }
}

fn scan(bytes: Vec<u8>) -> Report {
    let artifact = Artifact { path: ArtifactPath::root(b"specimen"), body: Body::Blob(Blob::from_bytes(bytes)) };
    let scanner = Scanner::new(Catalogue::builtin(), Settings::default());
    scanner.scan(vec![Target { name: "specimen".into(), artifact }], Arc::new(NoWatch))
}

/// Facts about the program and the machine.
fn surroundings() -> Vec<Line> {
    let fact = |what, told: String| Line { what, good: true, told };
    let temp = std::env::temp_dir();
    let mut lines = vec![
        fact("version", env!("CARGO_PKG_VERSION").into()),
        fact("catalogue", format!("{} rules, {}", Catalogue::builtin().rules().len(), Catalogue::builtin().id())),
        fact("machine", format!("{} {}, {}", std::env::consts::OS, std::env::consts::ARCH, features())),
        fact("cores", std::thread::available_parallelism().map_or(1, usize::from).to_string()),
        Line { what: "temporary folder", good: writable(&temp), told: temp.display().to_string() },
    ];
    let cache = default_cache_dir();
    lines.push(match &cache {
        None => fact("cache", "no folder for it: results are not remembered".into()),
        Some(folder) => match cache::Store::open(folder) {
            Ok(_) => fact("cache", folder.display().to_string()),
            Err(error) => Line { what: "cache", good: false, told: format!("{}: {error}", folder.display()) },
        },
    });
    lines.push(match search::files(&SettingsArguments::default(), &[]) {
        Err(problem) => Line { what: "configuration", good: false, told: problem.words().to_owned() },
        Ok(files) if files.layers.is_empty() => fact("configuration", "none: defaults hold".into()),
        Ok(files) => {
            let names: Vec<String> = files.layers.into_iter().map(|layer| layer.file).collect();
            fact("configuration", names.join(", "))
        }
    });
    lines
}

/// What the processor has of what makes a scan fast.
fn features() -> String {
    let mut found: Vec<&str> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        let all = [
            ("avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("ssse3", std::arch::is_x86_feature_detected!("ssse3")),
            ("sha", std::arch::is_x86_feature_detected!("sha")),
        ];
        found.extend(all.iter().filter(|(_, has)| *has).map(|(name, _)| *name));
    }
    #[cfg(target_arch = "aarch64")]
    {
        let all = [
            ("neon", std::arch::is_aarch64_feature_detected!("neon")),
            ("sha2", std::arch::is_aarch64_feature_detected!("sha2")),
        ];
        found.extend(all.iter().filter(|(_, has)| *has).map(|(name, _)| *name));
    }
    if found.is_empty() { "no special instructions".into() } else { found.join(" ") }
}

fn writable(folder: &Path) -> bool {
    let path = folder.join(format!("modelward-doctor-{}", std::process::id()));
    let made = OpenOptions::new().write(true).create_new(true).open(&path).is_ok();
    made && std::fs::remove_file(&path).is_ok()
}

fn document(lines: &[Line], well: bool) -> Value {
    let lines: Vec<Value> =
        lines.iter().map(|line| json!({"what": line.what, "good": line.good, "told": line.told})).collect();
    json!({"well": well, "lines": lines})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_specimen_is_what_it_is_taken_for() {
        for specimen in SPECIMENS {
            let line = examined(specimen);
            assert!(line.good, "{}: {}", line.what, line.told);
        }
    }
}
