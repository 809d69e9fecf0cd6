//! The walls of the house: who may use whom, as ARCHITECTURE.md lists it, and what every source file keeps to.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The list in the fenced block `walls`.
fn walls() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(top().join("ARCHITECTURE.md")).unwrap();
    let block = text.split("```walls\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block `walls`");
    let row = |line: &str| {
        let (from, to) = line.split_once("->").unwrap_or_else(|| panic!("no arrow in {line:?}"));
        (from.trim().to_owned(), to.split_whitespace().map(str::to_owned).collect())
    };
    block.lines().map(row).collect()
}

/// What each crate really uses of ours outside tests, by short name.
fn used() -> BTreeMap<String, BTreeSet<String>> {
    let words = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
    let output = Command::new(env!("CARGO")).args(words).current_dir(top()).output().unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let short = |name: &str| match name {
        "modelward" => "cli".to_owned(),
        name => name.trim_start_matches("modelward-").to_owned(),
    };
    let packages = metadata["packages"].as_array().unwrap();
    let own: BTreeSet<String> = packages.iter().map(|package| short(package["name"].as_str().unwrap())).collect();
    let uses = |package: &serde_json::Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let shipped = dependencies.filter(|dependency| dependency["kind"] != "dev");
        shipped
            .map(|dependency| short(dependency["name"].as_str().unwrap()))
            .filter(|name| own.contains(name))
            .collect()
    };
    packages
        .iter()
        .map(|package| (short(package["name"].as_str().unwrap()), uses(package)))
        .filter(|(name, _)| name != "xtask")
        .collect()
}

#[test]
fn crates_use_only_what_the_map_allows() {
    let (walls, used) = (walls(), used());
    let names: Vec<_> = walls.keys().collect();
    assert_eq!(names, used.keys().collect::<Vec<_>>(), "ARCHITECTURE.md lists other crates than there are");
    for (name, uses) in &used {
        let forbidden: Vec<_> = uses.difference(&walls[name]).collect();
        assert!(forbidden.is_empty(), "{name} may not use {forbidden:?}");
    }
}

/// Rust files below `folder`.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_says_what_it_is_and_is_named_after_it() {
    let mut files = Vec::new();
    sources(&top().join("crates"), &mut files);
    sources(&top().join("xtask"), &mut files);
    assert!(files.len() > 50, "the walk found too little");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{} does not open with a `//!` sentence", file.display());
        let name = file.file_stem().unwrap().to_str().unwrap();
        assert!(
            !["utils", "util", "common", "helpers", "helper", "manager", "misc"].contains(&name),
            "{} is not a room",
            file.display()
        );
    }
}

#[test]
fn no_crate_escapes_the_lints() {
    for entry in fs::read_dir(top().join("crates")).unwrap().flatten() {
        let manifest = fs::read_to_string(entry.path().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", entry.path().display());
    }
}
