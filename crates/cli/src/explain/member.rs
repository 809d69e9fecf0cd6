//! `FILE!/MEMBER`: which part of the argument is a file.

use std::path::{Path, PathBuf};

/// A file, and the way into it as reports write it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The file.
    pub(super) file: PathBuf,
    /// From its end: `!/archive/data.pkl`, `@0x15!/payload.py`.
    pub(super) member: Option<String>,
}

impl Named {
    /// Takes an argument apart: the whole where it exists, else what stands before the first `!/` or `@0x` and exists.
    pub(super) fn of(argument: &Path) -> Self {
        let whole = || Self { file: argument.to_owned(), member: None };
        let Some(text) = argument.to_str().filter(|_| !argument.exists()) else { return whole() };
        let mut ends: Vec<usize> =
            text.match_indices("!/").chain(text.match_indices("@0x")).map(|found| found.0).collect();
        ends.sort_unstable();
        let parts = ends.into_iter().filter_map(|end| text.split_at_checked(end));
        let found = parts.into_iter().find(|(file, _)| Path::new(file).is_file());
        found.map_or_else(whole, |(file, member)| Self { file: file.into(), member: Some(member.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_way_into_a_file_is_its_member() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pt");
        std::fs::write(&file, "x").unwrap();
        let shown = file.display();
        let named = |rest: &str| Named::of(Path::new(&format!("{shown}{rest}")));
        let with = |member: &str| Named { file: file.clone(), member: Some(member.to_owned()) };
        assert_eq!(named(""), Named { file: file.clone(), member: None });
        assert_eq!(named("!/b/c@0x5!/d"), with("!/b/c@0x5!/d"));
        assert_eq!(named("@0x5!/d"), with("@0x5!/d"));
        assert_eq!(named("-missing").member, None);
    }
}
