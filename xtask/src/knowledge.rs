//! `cargo xtask knowledge`: writes the generated tables of callables from the standard library's sources.

use std::path::{Path, PathBuf};
use std::process::Command;

const HELP: &str = "\
cargo xtask knowledge list [VERSION=FOLDER…]   write the tables that are read from the standard library's sources:
                                               the list of its callables, what of it hands arguments on to
                                               something dangerous, and what its modules import. The library of
                                               python3 is read first; further folders add other versions
                                               (3.13=somewhere/Lib). Give all of 3.12 to 3.14, lest rows be lost.
";

/// Each script and its first argument, inside the folder of the tables. The later ones read what the earlier wrote.
const SCRIPTS: [(&str, &str); 3] =
    [("list_callables.py", "generated/stdlib-callables.tsv"), ("list_reaching.py", ""), ("list_attributes.py", "")];

/// Runs the chore that `words` name.
///
/// # Errors
/// What a script says, or that a word is not known.
pub fn run(words: &[&str]) -> Result<(), String> {
    match words {
        ["list", folders @ ..] => SCRIPTS.into_iter().try_for_each(|(script, output)| python(script, output, folders)),
        ["help"] | [] => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("unknown chore\n{HELP}")),
    }
}

fn python(script: &str, output: &str, folders: &[&str]) -> Result<(), String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tables: PathBuf = here.join("../crates/knowledge/tables").join(output);
    let status = Command::new("python3")
        .args(["-B", "-W", "ignore"])
        .arg(here.join("src/knowledge").join(script))
        .arg(tables)
        .args(folders)
        .status()
        .map_err(|error| format!("python3: {error}"))?;
    status.success().then_some(()).ok_or_else(|| format!("{script} failed"))
}
