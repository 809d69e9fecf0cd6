//! Loads the catalogue as the run-time loader would and writes it as constants; a refused rule fails the build.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a build script fails loudly"
)]

use std::{env, fs, path::Path};

use rulebook::{emit, folder::load_folder, taxonomy::Taxonomy, vocabulary::Vocabulary};

#[path = "src/words.rs"]
mod words;

fn main() {
    println!("cargo::rerun-if-changed=catalogue");
    println!("cargo::rerun-if-changed=src/words.rs");
    let text = fs::read_to_string("catalogue/taxonomy.toml").expect("catalogue/taxonomy.toml");
    let taxonomy = Taxonomy::parse("catalogue/taxonomy.toml", &text).unwrap_or_else(|error| panic!("{error}"));
    let vocabulary = Vocabulary { standings: words::STANDINGS, operators: words::OPERATORS, taxonomy: &taxonomy };
    let loaded = load_folder(Path::new("catalogue"), &vocabulary).unwrap_or_else(|error| panic!("catalogue/{error}"));
    let mut hasher = blake3::Hasher::new();
    hasher.update(text.as_bytes());
    for rule in &loaded {
        hasher.update(rule.file.as_bytes());
        hasher.update(rule.text.as_bytes());
    }
    let mut source = emit::constants(&loaded);
    source.push_str(&format!("const DIGEST: &str = {:?};\n", hasher.finalize().to_hex().as_str()));
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("catalogue.rs"), source).expect("write catalogue.rs");
}
