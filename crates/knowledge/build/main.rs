//! Compiles the tables: reads them all, checks their form and writes sorted arrays.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a build script stops the build"
)]

mod emit;
#[path = "../src/spread.rs"]
mod spread;
#[path = "../src/standing.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the crate, which uses all of it")]
mod standing;
mod table;
mod words;

use std::path::{Path, PathBuf};

use standing::{Category, Kind, Standing};
use table::{Column, Row};

const CALLABLES: &[Column] = &[
    Column::Name,
    Column::NameOrEmpty,
    Column::Word("kind", |word| Kind::parse(word).is_some()),
    Column::Word("standing", |word| Standing::parse(word).is_some()),
    Column::Text,
    Column::TextOrEmpty,
];
const MODULES: &[Column] = &[
    Column::Name,
    Column::TextOrEmpty,
    Column::TextOrEmpty,
    Column::Word("category", |word| Category::parse(word).is_some()),
    Column::Text,
];
const ALIASES: &[Column] = &[Column::Name, Column::NameOrEmpty, Column::Name, Column::NameOrEmpty];
const ATTRIBUTES: &[Column] = &[Column::Name, Column::Name, Column::Name];

fn main() {
    let tables =
        Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the crate's folder")).join("tables");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=tables");
    println!("cargo::rerun-if-changed=src/standing.rs");
    println!("cargo::rerun-if-changed=src/spread.rs");
    let folder = |name: &str, columns, key| read(&tables_in(&tables.join(name)), &tables, columns, key);
    let mut callables = folder("stdlib", CALLABLES, 2);
    callables.extend(folder("third-party", CALLABLES, 2));
    callables.extend(folder("languages", CALLABLES, 2));
    let compiled = emit::Tables {
        callables: table::merge(callables, 2),
        modules: read(&[tables.join("stdlib-modules.tsv")], &tables, MODULES, 1),
        aliases: folder("aliases", ALIASES, 2),
        attributes: folder("module-attributes", ATTRIBUTES, 2),
        python2: read(&[tables.join("python2.tsv")], &tables, ALIASES, 2),
    };
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo names the output folder"));
    let mut source = compiled.source();
    let digest = blake3::hash(source.as_bytes()).to_hex();
    source += &format!("pub(crate) const DIGEST: &str = {:?};\n", digest.as_str());
    std::fs::write(out.join("tables.rs"), source).expect("the output folder can be written");
}

/// Every table below `folder`, in the order of their names.
fn tables_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("the tables can be listed").path();
        if path.is_dir() {
            found.extend(tables_in(&path));
        } else if path.extension().is_some_and(|extension| extension == "tsv") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The rows of `files`, sorted and without duplicates in their first `key` columns.
fn read(files: &[PathBuf], root: &Path, columns: &[Column], key: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
        rows.extend(table::parse(&name, &text, columns, key));
    }
    table::merge(rows, key)
}
