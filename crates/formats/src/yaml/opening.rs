//! Whether a text may be YAML: almost any text is, so a name or a first line has to say so.

use base::format::{Certainty, Head};

use crate::identified::file_name;

/// Without a name, longer texts are not tried.
const TRIED: u64 = 16 << 20;

/// Extensions of code that has readers of its own: a program whose first line happens to be a label or a list is no YAML.
const CODE: &[&str] = &["bat", "cmd", "j2", "jinja", "jinja2", "lua", "ps1", "py", "pyi", "pyw", "r"];

/// Certain by name, for what is named so is read so; else worth a trial when the first line is a marker, a key, an item or a tag.
pub(super) fn detect(head: &Head<'_>) -> Option<Certainty> {
    let name = file_name(head).to_ascii_lowercase();
    if [".yaml", ".yml", ".dvc"].iter().any(|extension| name.ends_with(extension))
        || name == "mlmodel"
        || name == "mlproject"
    {
        return Some(Certainty::Certain);
    }
    if head.len.is_none_or(|len| len > TRIED) || crate::identified::is_shell(head) || (crate::json::FORMAT.detect)(head).is_some() {
        return None;
    }
    let text = head.first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head.first);
    let mut lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#"))?;
    if first.starts_with(b"---") || first.starts_with(b"%YAML") {
        return Some(Certainty::Possible);
    }
    if name.rsplit_once('.').is_some_and(|(_, extension)| CODE.contains(&extension)) {
        return None;
    }
    let marked = [&b"%TAG"[..], b"- ", b"? ", b"!", b"&", b"{", b"["]
        .iter()
        .any(|start| first.starts_with(start));
    (marked || is_member(first)).then_some(Certainty::Possible)
}

/// `key:` at the end of a line or before a space.
fn is_member(line: &[u8]) -> bool {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return false;
    };
    let (key, rest) = line.split_at(colon);
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./@\"' ".contains(byte);
    !key.is_empty() && key.len() <= 128 && key.iter().all(letter) && matches!(rest, [_] | [_, b' ' | b'\t', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_no_yaml_unless_it_says_so() {
        let tried = |name: &str, first: &str| {
            let first = first.as_bytes();
            let head = Head { first, last: first, probes: &[], len: Some(first.len() as u64), name };
            detect(&head).is_some()
        };
        assert!(tried("model", "name: x\n") && tried("model.txt", "- x\n") && tried("a.yaml", "{{ x }}"));
        assert!(!tried("model.py", "try: import x\n") && !tried("chat.jinja", "{%- set x = 1 %}"));
        assert!(tried("model.py", "--- !!python/object:os.system\n"));
    }
}
