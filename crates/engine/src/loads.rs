//! Files on whose name or content some loader acts: such a file is incomplete until the reader that judges it exists.

include!(concat!(env!("OUT_DIR"), "/loads.rs"));

/// A row of `loads.toml`.
pub(crate) struct Load {
    /// Names the row.
    pub id: &'static str,
    /// Patterns in lower case.
    names: &'static [&'static str],
    keys: &'static [&'static str],
    texts: &'static [&'static str],
    /// What acts on it.
    pub loader: &'static str,
    /// The format whose reader judges it; empty while there is none.
    pub reader: &'static str,
}

/// The row that acts on a file of this name, if any. Names are compared without regard to ASCII case.
pub(crate) fn by_name(path: &str) -> impl Iterator<Item = &'static Load> {
    let file = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    LOADS.iter().filter(move |load| load.names.iter().any(|pattern| may_fit(pattern, &file) && fits(pattern, &file)))
}

/// Whether the first and the last letter fit: hundreds of patterns are compared with each of ten thousand names.
fn may_fit(pattern: &str, name: &str) -> bool {
    let fits = |pattern: Option<&u8>, name: Option<&u8>| pattern == Some(&b'*') || pattern == name;
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    fits(pattern.first(), name.first()) && fits(pattern.last(), name.last())
}

/// The rows that act on a key of a structured text.
pub(crate) fn by_key(key: &str) -> impl Iterator<Item = &'static Load> + '_ {
    LOADS.iter().filter(move |load| load.keys.contains(&key))
}

/// The rows that act on a marker found in a text.
pub(crate) fn by_marker(marker: &str) -> impl Iterator<Item = &'static Load> + '_ {
    LOADS.iter().filter(move |load| load.texts.contains(&marker))
}

/// Whether `name` fits `pattern`: with at most two `*`, each for any characters.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(first) else { return false };
    match rest.split_once('*') {
        None => name.ends_with(rest),
        Some((middle, last)) => name.strip_suffix(last).is_some_and(|name| name.contains(middle)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names() {
        let cases = [
            ("*.py", "a.py", true),
            ("*.py", "a.py.py", true),
            ("*.py", "a.pyc", false),
            ("setup.cfg", "setup.cfg", true),
        ];
        for (pattern, name, expected) in cases.into_iter().chain([
            ("requirements*.txt", "requirements-dev.txt", true),
            ("dockerfile*", "dockerfile.gpu", true),
            ("a*", "ba", false),
        ]) {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
            assert!(!expected || may_fit(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn python_source_is_acted_on() {
        assert!(by_name("x/Modeling.PY").next().is_some());
        assert!(by_name("x/notes.txt").next().is_none());
    }
}
