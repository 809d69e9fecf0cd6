//! The committed examples are what their script writes.

use std::{fs, path::Path, process::Command};

const FILES: [&str; 2] = ["harmless/model.pt", "poisoned/model.pt"];

fn examples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples"))
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn the_script_reproduces_them() {
    let folder = tempfile::tempdir().unwrap();
    let Ok(made) = Command::new("python3").arg("-I").arg(examples().join("make.py")).arg(folder.path()).output() else {
        eprintln!("skipped: there is no python3");
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for file in FILES {
        assert!(
            fs::read(examples().join(file)).unwrap() == fs::read(folder.path().join(file)).unwrap(),
            "{file} differs"
        );
    }
}

#[test]
fn they_differ_in_one_call() {
    let [harmless, poisoned] = FILES.map(|file| fs::read(examples().join(file)).unwrap());
    let payload = b"cposix\nsystem\nX\x20\0\0\0echo this would have run on load\x85R0";
    assert!(contains(&poisoned, payload) && !contains(&harmless, b"posix"));
    for bytes in [harmless, poisoned] {
        assert!(bytes.starts_with(b"PK\x03\x04\0\0\x08\x08") && contains(&bytes, b"model/.data/serialization_idFB"));
    }
}
