//! A folder of rules: `<category>/<id>.md`, in byte order.

use std::{collections::BTreeMap, fs, io, path::Path};

use crate::{error::Error, load::load, rule::Rule, vocabulary::Vocabulary};

/// A rule with the file it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The rule.
    pub rule: Rule,
    /// Its file, relative to the folder.
    pub file: String,
    /// The whole file.
    pub text: String,
}

/// Loads every `*.md` in the folders directly below `root`.
///
/// # Errors
/// The first file that cannot be read or is refused, and an id that two files have.
pub fn load_folder(root: &Path, vocabulary: &Vocabulary<'_>) -> Result<Vec<Loaded>, Error> {
    let unreadable = |file: &str, error: io::Error| Error::new(file, 1, format!("cannot be read: {error}"));
    let mut loaded: BTreeMap<String, Loaded> = BTreeMap::new();
    for folder in names(root).map_err(|error| unreadable(".", error))? {
        let path = root.join(&folder);
        if !path.is_dir() {
            continue;
        }
        for name in names(&path).map_err(|error| unreadable(&folder, error))? {
            if !name.ends_with(".md") {
                continue;
            }
            let file = format!("{folder}/{name}");
            let text = fs::read_to_string(path.join(&name)).map_err(|error| unreadable(&file, error))?;
            let (rule, _) = load(&file, &text, vocabulary)?;
            let id = rule.id.clone().into_owned();
            if let Some(other) = loaded.get(&id) {
                return Err(Error::new(&file, 1, format!("{} has the id {id:?} too", other.file)));
            }
            loaded.insert(id, Loaded { rule, file, text });
        }
    }
    Ok(loaded.into_values().collect())
}

/// The names in a folder, sorted; hidden ones left out.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort_unstable();
    Ok(names)
}
