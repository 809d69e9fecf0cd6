//! The walker over golden files: `<case>.<ext>` beside `<case>.facts`.
//!
//! ```no_run
//! # use std::path::Path;
//! testkit::goldens::check(Path::new(env!("CARGO_MANIFEST_DIR")), |path, bytes| {
//!     format!("{} bytes\n", bytes.len())
//! });
//! ```
//! Set `UPDATE_GOLDENS=1` to write what was rendered instead of comparing it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::pickle;

const FACTS: &str = "facts";
/// A recipe: assembled first, and rendered as the bytes that come of it.
const RECIPE: &str = "pickle-asm";

/// Renders every fixture below each folder `testdata` under `root` and compares it with its facts. Scripts that make
/// them (`make*.py`), `README.md` and hidden files are no fixtures; folders named `target` are not entered.
///
/// # Panics
/// When a fixture differs from its facts or has none, when facts have no fixture, when two fixtures share one case,
/// and when there is no fixture at all. All of them are told at once.
pub fn check(root: &Path, render: impl Fn(&Path, &[u8]) -> String) {
    let update = env::var_os("UPDATE_GOLDENS").is_some_and(|value| value == "1");
    if let Err(complaint) = walk(root, update, render) {
        panic!("{complaint}");
    }
}

/// As [`check`], with the update told and the complaints given back.
fn walk(root: &Path, update: bool, render: impl Fn(&Path, &[u8]) -> String) -> Result<usize, String> {
    let mut files = Vec::new();
    list(root, root.components().any(|part| part.as_os_str() == "testdata"), &mut files);
    files.sort_by_key(|path| path.with_extension(""));
    let (facts, fixtures): (Vec<_>, Vec<_>) = files.into_iter().partition(|path| extension(path) == FACTS);
    if fixtures.is_empty() {
        return Err(format!("no fixture in any folder `testdata` under {}", root.display()));
    }
    let mut complaints = Vec::new();
    for pair in fixtures.windows(2) {
        if pair[0].with_extension("") == pair[1].with_extension("") {
            complaints.push(format!("{} and {} would share their facts", pair[0].display(), pair[1].display()));
        }
    }
    for orphan in facts.iter().filter(|facts| !fixtures.iter().any(|path| path.with_extension(FACTS) == **facts)) {
        complaints.push(format!("{} has no fixture", orphan.display()));
    }
    for fixture in &fixtures {
        complaints.extend(compare(fixture, update, &render).err());
    }
    if complaints.is_empty() { Ok(fixtures.len()) } else { Err(complaints.join("\n")) }
}

fn compare(fixture: &Path, update: bool, render: impl Fn(&Path, &[u8]) -> String) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", fixture.display());
    let mut bytes = fs::read(fixture).map_err(|error| told(&error))?;
    if extension(fixture) == RECIPE {
        let text = String::from_utf8(bytes).map_err(|error| told(&error))?;
        bytes = pickle::assemble(&text).map_err(|error| told(&error))?;
    }
    let found = render(fixture, &bytes);
    let golden = fixture.with_extension(FACTS);
    if update {
        return fs::write(&golden, found).map_err(|error| told(&error));
    }
    let expected = fs::read_to_string(&golden)
        .map_err(|error| format!("{}: {error}; UPDATE_GOLDENS=1 writes it", golden.display()))?;
    if expected == found {
        return Ok(());
    }
    Err(format!(
        "{} differs (- expected, + found; UPDATE_GOLDENS=1 accepts):\n{}",
        golden.display(),
        difference(&expected, &found)
    ))
}

/// Files below a folder `testdata`; `inside` says that we are in one. The depth is that of our own source tree.
fn list(folder: &Path, inside: bool, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if path.is_dir() {
            list(&path, inside || name == "testdata", files);
        } else if inside && name != "README.md" && !(name.starts_with("make") && extension(&path) == "py") {
            files.push(path);
        }
    }
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

/// The lines that differ, marked `-` and `+`, with the equal ones around them: the longest common subsequence of lines.
fn difference(expected: &str, found: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (expected.split('\n').collect(), found.split('\n').collect());
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] =
                if old[i] == new[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push(format!("  {}", old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("- {}", old[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", new[j]));
            j += 1;
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
