//! The walker complains about all that is wrong, and about nothing else.

use std::{fs, path::Path};

use super::{difference, walk};

fn rendered(_: &Path, bytes: &[u8]) -> String {
    format!("length {}\n", bytes.len())
}

#[test]
fn goldens_are_compared_updated_and_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert!(walk(root, false, rendered).unwrap_err().contains("no fixture"));

    let data = root.join("src/zip/testdata/deep");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("plain.bin"), b"abc").unwrap();
    fs::write(data.join("made.pickle-asm"), "PROTO 4\nSTOP\n").unwrap();
    fs::write(data.join("make.py"), "").unwrap();
    fs::write(root.join("src/elsewhere.bin"), b"not a fixture").unwrap();
    let missing = walk(root, false, rendered).unwrap_err();
    assert!(
        missing.contains("plain.facts") && missing.contains("made.facts") && !missing.contains("elsewhere"),
        "{missing}"
    );

    assert_eq!(walk(root, true, rendered), Ok(2));
    assert_eq!(walk(root, false, rendered), Ok(2));
    assert_eq!(fs::read_to_string(data.join("made.facts")).unwrap(), "length 3\n");

    fs::write(data.join("plain.bin"), b"abcd").unwrap();
    fs::write(data.join("orphan.facts"), "").unwrap();
    let complaint = walk(root, false, rendered).unwrap_err();
    assert!(complaint.contains("- length 3\n+ length 4"), "{complaint}");
    assert!(complaint.contains("orphan.facts has no fixture"), "{complaint}");

    fs::write(data.join("made.bin"), b"").unwrap();
    assert!(walk(root, true, rendered).unwrap_err().contains("would share their facts"));
    fs::write(data.join("bad.pickle-asm"), "NONE\nNOTHING").unwrap();
    assert!(walk(root, false, rendered).unwrap_err().contains("bad.pickle-asm: line 2"));
}

#[test]
fn differences_are_told_line_by_line() {
    assert_eq!(difference("a\nb\nc", "a\nx\nc\nd"), "  a\n- b\n+ x\n  c\n+ d");
}
