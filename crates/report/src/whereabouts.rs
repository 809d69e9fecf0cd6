//! Where artifacts are for tools that know files only: the file as it was named on the command line, and the way inside it.

use std::collections::BTreeSet;

use base::{location::ArtifactPath, report::Report};

/// How the paths of a report lead to files.
pub(crate) struct Whereabouts<'r> {
    /// Everything that is listed: tells a name with `@0x…` from a part at that offset.
    listed: BTreeSet<&'r str>,
    /// What paths begin with, and what stands in its place.
    roots: Vec<(String, String)>,
}

impl<'r> Whereabouts<'r> {
    /// Those of `report`.
    pub(crate) fn of(report: &'r Report) -> Self {
        let listed = report.artifacts.iter().map(|record| &*record.path).collect();
        let mut whereabouts = Self { listed, roots: Vec::new() };
        whereabouts.roots = match report.target.as_slice() {
            [one] => whereabouts.only(one).into_iter().collect(),
            several => roots(several),
        };
        whereabouts
    }

    /// The only target: a file, or a folder that paths are relative to.
    fn only(&self, target: &str) -> Option<(String, String)> {
        let (folder, last) = split(target);
        let mut outer = self.listed.iter().map(|path| self.outer(path));
        match !self.listed.is_empty() && outer.all(|path| path == last) {
            true => Some((last.clone(), join(&folder, &last))),
            false => Some((String::new(), join(&folder, &last))),
        }
    }

    /// The path of the outermost file, as the report names it.
    pub(crate) fn outer<'p>(&self, path: &'p str) -> &'p str {
        let Some((outer, _)) = path.split_once("!/") else { return path };
        if self.listed.contains(outer) {
            return outer;
        }
        let part = outer.rsplit_once("@0x").filter(|(_, digits)| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        part.map_or(outer, |(file, _)| file)
    }

    /// What the artifact at `path` is a member or a part of, its name in there, and where a part without a name begins.
    pub(crate) fn container<'p>(&self, path: &'p str) -> Option<(&'p str, &'p str, Option<u64>)> {
        let (container, member) = path.rsplit_once("!/")?;
        let part = container.rsplit_once("@0x").filter(|_| !self.listed.contains(container));
        match part.and_then(|(whole, digits)| Some((whole, u64::from_str_radix(digits, 16).ok()?))) {
            Some((whole, offset)) => Some((whole, member, Some(offset))),
            None => Some((container, member, None)),
        }
    }

    /// The file that holds the artifact at `path`, from where the scan was started; bytes and `!` escaped as in the report.
    pub(crate) fn file(&self, path: &str) -> String {
        let outer = self.outer(path);
        let (first, rest) = outer.split_once('/').unwrap_or((outer, ""));
        match self.roots.iter().find(|(shown, _)| shown.is_empty() || shown == first) {
            Some((shown, named)) if shown.is_empty() => join(named, outer),
            Some((_, named)) => join(named, rest),
            None => outer.into(),
        }
    }

    /// The whole path, through every container, beginning with the file as it was named.
    pub(crate) fn whole(&self, path: &str) -> String {
        format!("{}{}", self.file(path), path.get(self.outer(path).len()..).unwrap_or_default())
    }

    /// The way from the file to the artifact; nothing where it is the file.
    pub(crate) fn inside<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.get(self.outer(path).len()..)
            .map(|rest| rest.strip_prefix("!/").unwrap_or(rest))
            .filter(|rest| !rest.is_empty())
    }
}

/// The first parts of the paths of several targets, told apart as the engine does it.
fn roots(targets: &[String]) -> Vec<(String, String)> {
    let mut seen = std::collections::BTreeMap::new();
    let mut root = |target: &String| {
        let (folder, last) = split(target);
        let count = seen.entry(last.clone()).or_insert(0_u64);
        *count = count.saturating_add(1);
        let shown = if *count > 1 { format!("{last}~{count}") } else { last.clone() };
        (shown, join(&folder, &last))
    };
    targets.iter().map(&mut root).filter(|(shown, _)| !shown.is_empty()).collect()
}

/// Folder and last component of a target, escaped as paths are, without dots that say nothing.
fn split(target: &str) -> (String, String) {
    let parts: Vec<&str> = target.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let (last, folders) = parts.split_last().unwrap_or((&"", &[]));
    let escaped = |text: &str| ArtifactPath::root(text.as_bytes()).as_str().to_owned();
    (escaped(&folders.join("/")), escaped(last))
}

fn join(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.into(),
        (folder, "") => folder.into(),
        (folder, name) => format!("{folder}/{name}"),
    }
}

/// The bytes of a path as the report escapes it.
fn bytes(shown: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(shown.len());
    let mut rest = shown.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(first);
                rest = after;
            }
        }
    }
    out
}

/// A path of the report as its file system has it; what is not UTF-8 stays escaped.
pub(crate) fn plain(shown: &str) -> String {
    String::from_utf8(bytes(shown)).unwrap_or_else(|_| shown.into())
}

/// A path of the report as a relative reference by RFC 3986: all but unreserved characters and `/` percent-encoded.
pub(crate) fn uri(shown: &str) -> String {
    let mut out = String::with_capacity(shown.len());
    for byte in bytes(shown.trim_start_matches('/')) {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use base::{coverage::Coverage, report::Report};

    use super::*;
    use crate::sample;

    fn report(targets: &[&str], paths: &[&str]) -> Report {
        let mut report = sample::clean();
        let record = report.artifacts.remove(0);
        report.target = targets.iter().map(|target| (*target).into()).collect();
        for path in paths {
            let record = base::report::ArtifactRecord { path: (*path).into(), ..record.clone() };
            report.add(record, Vec::new(), Coverage::default());
        }
        report
    }

    fn files(targets: &[&str], paths: &[&str]) -> Vec<String> {
        let report = report(targets, paths);
        let whereabouts = Whereabouts::of(&report);
        paths.iter().map(|path| whereabouts.file(path)).collect()
    }

    #[test]
    fn files_are_named_from_where_the_scan_was_started() {
        assert_eq!(files(&["models/a.pt"], &["a.pt", "a.pt!/data.pkl"]), ["models/a.pt", "models/a.pt"]);
        assert_eq!(files(&["models"], &["a.pt!/data.pkl", "b/c.pt"]), ["models/a.pt", "models/b/c.pt"]);
        assert_eq!(files(&["./models/"], &["a.pt", "b.pt"]), ["models/a.pt", "models/b.pt"]);
        assert_eq!(files(&["."], &["a.pt", "b.pt"]), ["a.pt", "b.pt"]);
        assert_eq!(files(&["x/m", "y/m"], &["m/a", "m~2/a!/b", "m"]), ["x/m/a", "y/m/a", "x/m"]);
        assert_eq!(files(&["a.pkl"], &["a.pkl", "a.pkl@0x15!/exec.py"]), ["a.pkl", "a.pkl"]);
        assert_eq!(files(&["d"], &["b@0x15", "b@0x15!/x"]), ["d/b@0x15", "d/b@0x15"]);
    }

    #[test]
    fn the_way_inside_is_what_the_file_does_not_say() {
        let report = report(&["a.pkl"], &["a.pkl"]);
        let whereabouts = Whereabouts::of(&report);
        let inside = ["a.pkl", "a.pkl!/m!/n", "a.pkl@0x15!/exec.py"].map(|path| whereabouts.inside(path));
        assert_eq!(inside, [None, Some("m!/n"), Some("@0x15!/exec.py")]);
        assert_eq!(whereabouts.whole("a.pkl@0x15!/exec.py"), "a.pkl@0x15!/exec.py");
        let containers = ["a.pkl", "a.pkl!/m!/n", "a.pkl@0x15!/exec.py"].map(|path| whereabouts.container(path));
        assert_eq!(containers, [None, Some(("a.pkl!/m", "n", None)), Some(("a.pkl", "exec.py", Some(0x15)))]);
    }

    #[test]
    fn names_become_uris_by_their_bytes() {
        assert_eq!(uri("a b%25%21:c?#\u{1b}é"), "a%20b%25%21%3Ac%3F%23%1B%C3%A9");
        assert_eq!(uri("%FF/%zz"), "%FF/%25zz");
        assert_eq!((plain("a%21b"), plain("%FF")), ("a!b".into(), "%FF".into()));
    }
}
