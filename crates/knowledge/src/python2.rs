//! The Python-2 names that `fix_imports` maps when a pickle of protocol 0 to 2 is read (`Lib/_compat_pickle.py`).

use crate::compiled::{PYTHON2, Word, find, word};

fn row(module: &str, name: &str) -> Option<[&'static str; 4]> {
    find(&PYTHON2, |row| [row[0], row[1]], [Word::of(module), Word::of(name)]).map(|row| row.map(word))
}

/// What the Unpickler looks up in place of a Python-2 module and name: the pair is mapped where the pair is known,
/// otherwise the module alone where it is.
#[must_use]
pub fn python2<'a>(module: &str, name: &'a str) -> Option<(&'static str, &'a str)> {
    if name.is_empty() {
        return row(module, "").map(|[_, _, module, _]| (module, ""));
    }
    if let Some([_, _, module, name]) = row(module, name) {
        return Some((module, name));
    }
    row(module, "").map(|[_, _, module, _]| (module, name))
}

/// Every mapping of a pair: old module and name, new module and name (`NAME_MAPPING`).
pub fn python2_names() -> impl Iterator<Item = [&'static str; 4]> {
    PYTHON2.iter().map(|row| row.map(word)).filter(|[_, name, ..]| !name.is_empty())
}

/// Every mapping of a module: old and new name (`IMPORT_MAPPING`).
pub fn python2_imports() -> impl Iterator<Item = [&'static str; 2]> {
    PYTHON2.iter().map(|row| row.map(word)).filter(|[_, name, ..]| name.is_empty()).map(|[old, _, new, _]| [old, new])
}
