//! Which files of a folder are scanned, and up to which size: what a user asks for.

use base::glob::Glob;

/// A user's choice of files. The default takes everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Where there are any, only files that fit one of them.
    pub include: Vec<Glob>,
    /// No file that fits one of them, and none below a folder that does.
    pub exclude: Vec<Glob>,
    /// Bytes beyond which a file is not read; the report is then incomplete.
    pub max_size: Option<u64>,
}

impl Selection {
    /// Whether the file or folder at `path` is left out. Files that were named themselves are never asked about.
    pub(crate) fn leaves_out(&self, path: &str, folder: bool) -> bool {
        let fits = |globs: &[Glob]| globs.iter().any(|glob| fits(glob, path));
        fits(&self.exclude) || !folder && !self.include.is_empty() && !fits(&self.include)
    }

    /// Whether a file of this size is not read.
    pub(crate) fn too_large(&self, len: Option<u64>) -> bool {
        self.max_size.zip(len).is_some_and(|(most, len)| len > most)
    }
}

/// A pattern without `/` is about a name at any depth, any other about the path or a folder above.
fn fits(glob: &Glob, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    if !glob.text().contains('/') {
        return path.split('/').any(|part| glob.matches(part)) || glob.matches(name);
    }
    let above = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
    std::iter::once(path).chain(above).any(|path| glob.matches(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_at_any_depth_and_paths_from_the_start() {
        let globs = |texts: &[&str]| texts.iter().map(|text| Glob::parse(text).unwrap()).collect();
        let selection =
            Selection { include: globs(&["*.pt", "keep/**"]), exclude: globs(&["old", "a/b"]), max_size: Some(4) };
        let left = |path| selection.leaves_out(path, false);
        let paths = ["a.pt", "x/y/a.pt", "keep/readme", "readme", "x/old/a.pt", "a/b/c.pt", "x/a/b/c.pt"];
        assert_eq!(paths.map(left), [false, false, false, true, true, true, false]);
        assert!(selection.leaves_out("x/old", true) && !selection.leaves_out("x", true));
        assert!(selection.too_large(Some(5)) && !selection.too_large(Some(4)) && !selection.too_large(None));
        assert!(!Selection::default().leaves_out("x", false));
    }
}
