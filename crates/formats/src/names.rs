//! What is wrong with the name of a member, whatever container it is in.

use base::{fact::Str, location::ArtifactPath};

/// A member's name as reports show it.
pub(crate) fn shown(name: &[u8]) -> Str {
    ArtifactPath::root(name).shared()
}

/// The flaws of a name: where some extractor would write outside its folder, or see another name than others do.
pub(crate) fn flaws(name: &[u8]) -> impl Iterator<Item = &'static str> {
    let absolute = matches!(name.first(), Some(b'/' | b'\\'));
    let letter = name.first().is_some_and(u8::is_ascii_alphabetic) && name.get(1) == Some(&b':');
    let drive = letter && matches!(name.get(2), Some(b'/' | b'\\'));
    // TensorFlow's variables have such names too: `b:0`.
    let relative = letter && !drive;
    let traversal = components(name).any(|part| part == b"..");
    let backslash = name.contains(&b'\\');
    let found = [
        ("absolute-path", absolute),
        ("drive-path", drive),
        ("drive-relative-path", relative),
        ("traversal", traversal),
        ("backslash-path", backslash),
    ];
    found.into_iter().filter_map(|(id, holds)| holds.then_some(id))
}

/// Whether the symbolic link `name` with this `target` leads out of the folder that the archive is unpacked into.
pub(crate) fn link_escapes(name: &[u8], target: &[u8]) -> bool {
    let folders = components(name).count().saturating_sub(1);
    leads_out(folders, target)
}

/// Whether a hard link, whose target counts from the archive's root, leads out of it.
pub(crate) fn hardlink_escapes(target: &[u8]) -> bool {
    leads_out(0, target)
}

fn leads_out(folders: usize, target: &[u8]) -> bool {
    if flaws(target).any(|id| matches!(id, "absolute-path" | "drive-path" | "drive-relative-path")) {
        return true;
    }
    let mut depth = folders;
    for part in components(target) {
        let next = if part == b".." { depth.checked_sub(1) } else { depth.checked_add(1) };
        match next {
            Some(next) => depth = next,
            None => return true,
        }
    }
    false
}

fn components(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split(|byte| matches!(byte, b'/' | b'\\')).filter(|part| !part.is_empty() && *part != b".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_where_they_lead() {
        let ids = |name: &[u8]| flaws(name).collect::<Vec<_>>();
        assert!(ids(b"a/..b/c..").is_empty());
        assert_eq!(ids(b"/a/../b"), ["absolute-path", "traversal"]);
        assert_eq!(ids(b"C:\\a"), ["drive-path", "backslash-path"]);
        assert_eq!(ids(b"b:0"), ["drive-relative-path"]);
        assert_eq!(ids(b"a\\..\\b"), ["traversal", "backslash-path"]);
    }

    #[test]
    fn links_are_followed_by_their_components() {
        assert!(!link_escapes(b"a/b/link", b"../../c"));
        assert!(link_escapes(b"a/b/link", b"../../../c"));
        assert!(link_escapes(b"link", b"x/../../y"));
        assert!(link_escapes(b"link", b"/etc/passwd"));
        assert!(!hardlink_escapes(b"a/../b"));
        assert!(hardlink_escapes(b"../b"));
    }
}
