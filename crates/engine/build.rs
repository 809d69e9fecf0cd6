//! Turns `layouts.toml` and `loads.toml` into constants, so that start-up costs nothing and a broken row fails the build.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a build script fails loudly"
)]

use std::{env, fmt::Write, fs, path::Path};

use sha2::{Digest, Sha256};
use toml::{Table, Value};

fn main() {
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets OUT_DIR")).to_owned();
    fs::write(out.join("layouts.rs"), layouts(&rows("layouts.toml", "layout"))).expect("write layouts.rs");
    fs::write(out.join("loads.rs"), loads(&rows("loads.toml", "load"))).expect("write loads.rs");
    println!("cargo::rustc-env=MODELWARD_ENGINE={}", engine_digest());
}

/// Crates whose code takes part in a result.
const READING: [&str; 9] = ["base", "knowledge", "rulebook", "rules", "eval", "pickle", "python", "formats", "engine"];

/// SHA-256 over the code that makes results, so that another build never takes over what this one remembers. Outside the
/// workspace the sources of the other crates are not there: then versions alone tell builds apart.
fn engine_digest() -> String {
    let mut files = vec![Path::new("../../Cargo.lock").to_owned()];
    let mut folders: Vec<_> = READING.iter().map(|name| Path::new("..").join(name)).collect();
    folders.retain(|folder| folder.is_dir());
    for folder in &folders {
        for part in ["src", "tables", "catalogue", "build.rs", "layouts.toml", "loads.toml"] {
            if folder.join(part).exists() {
                println!("cargo::rerun-if-changed={}", folder.join(part).display());
            }
        }
    }
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            match path.is_dir() {
                true if name != "tests" && name != "testdata" && name != "target" => folders.push(path),
                false => files.push(path),
                true => {}
            }
        }
    }
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        let bytes = fs::read(&file).unwrap_or_default();
        hasher.update(file.to_string_lossy().as_bytes());
        hasher.update(bytes.len().to_le_bytes());
        hasher.update(&bytes);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The rows `[[key]]` of a file.
fn rows(file: &str, key: &str) -> Vec<Table> {
    println!("cargo::rerun-if-changed={file}");
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let table: Table = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
    let rows = table.get(key).and_then(Value::as_array).unwrap_or_else(|| panic!("{file}: no [[{key}]]"));
    rows.iter()
        .map(|row| row.as_table().unwrap_or_else(|| panic!("{file}: [[{key}]] is not a table")).clone())
        .collect()
}

fn layouts(rows: &[Table]) -> String {
    let mut code = String::from("const LAYOUTS: &[Layout] = &[\n");
    for row in rows {
        only(row, &["id", "container", "named", "must_have", "members", "storages"]);
        let members: Vec<String> = tables(row, "members").map(member).collect();
        let storages: Vec<String> = tables(row, "storages").map(storage).collect();
        writeln!(
            code,
            "Layout {{ id: {:?}, container: {:?}, named: {:?}, must_have: &{:?}, members: &[{}], storages: &[{}] }},",
            text(row, "id"),
            text(row, "container"),
            optional(row, "named"),
            words(row, "must_have"),
            members.join(", "),
            storages.join(", ")
        )
        .expect("write to a string");
    }
    code + "];\n"
}

/// The tables of a list that may be missing.
fn tables<'t>(row: &'t Table, key: &str) -> impl Iterator<Item = &'t Table> {
    let items = row.get(key).map(|value| value.as_array().expect("a list")).into_iter().flatten();
    items.map(|item| item.as_table().expect("a list of tables"))
}

fn storage(table: &Table) -> String {
    only(table, &["pickle", "stored", "loader"]);
    format!(
        "Store {{ pickle: {:?}, stored: {:?}, loader: {:?} }}",
        text(table, "pickle"),
        text(table, "stored"),
        text(table, "loader")
    )
}

fn member(table: &Table) -> String {
    only(table, &["name", "role"]);
    let role = match text(table, "role").as_str() {
        "packaged" => "Role::Packaged",
        "tensor-data" => "Role::TensorData",
        "imported-code" => "Role::ImportedCode",
        "script" => "Role::Script",
        other => panic!("layouts.toml: unknown role {other:?}"),
    };
    format!("({:?}, {role})", text(table, "name"))
}

fn loads(rows: &[Table]) -> String {
    let mut code = String::from("const LOADS: &[Load] = &[\n");
    for row in rows {
        only(row, &["id", "names", "keys", "texts", "loader", "reader"]);
        writeln!(
            code,
            "Load {{ id: {:?}, names: &{:?}, keys: &{:?}, texts: &{:?}, loader: {:?}, reader: {:?} }},",
            text(row, "id"),
            words(row, "names").iter().map(|name| name.to_ascii_lowercase()).collect::<Vec<_>>(),
            words(row, "keys"),
            words(row, "texts"),
            text(row, "loader"),
            optional(row, "reader")
        )
        .expect("write to a string");
    }
    code + "];\n"
}

/// Refuses unknown keys: a misspelt one would silently turn a check off.
fn only(row: &Table, known: &[&str]) {
    if let Some(key) = row.keys().find(|key| !known.contains(&key.as_str())) {
        panic!("unknown key {key:?} in {row:?}");
    }
}

fn text(row: &Table, key: &str) -> String {
    row.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("{key:?} is missing in {row:?}")).to_owned()
}

fn optional(row: &Table, key: &str) -> String {
    row.get(key).map(|value| value.as_str().expect("text").to_owned()).unwrap_or_default()
}

fn words(row: &Table, key: &str) -> Vec<String> {
    let items = row.get(key).map(|value| value.as_array().expect("a list")).into_iter().flatten();
    items.map(|item| item.as_str().expect("text").to_owned()).collect()
}
