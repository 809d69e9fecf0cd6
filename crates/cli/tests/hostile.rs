//! Names from outside reach every output as text to look at, never as commands to a terminal, a log or a browser.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a panic is how a test speaks"
)]

mod stage;

use std::{collections::BTreeMap, ffi::OsString, os::unix::ffi::OsStringExt};

use stage::Stage;

/// Names of files and members: escapes, line breaks, direction marks, invisible letters, bytes that are no text, commands of CI logs.
const NAMES: [&[u8]; 20] = [
    b"esc\x1b[31mred",
    b"osc\x1b]8;;mailto:x\x07link",
    b"title\x1b]0;owned\x07",
    b"line\nbreak",
    b"carriage\rreturn",
    b"tab\there",
    b"bell\x07",
    b"back\x08space",
    b"delete\x7f",
    "c1\u{9b}31m".as_bytes(),
    "turned\u{202e}lkp.txt".as_bytes(),
    "isolated\u{2066}x\u{2069}".as_bytes(),
    "zero\u{200b}width".as_bytes(),
    "soft\u{ad}hyphen".as_bytes(),
    "tag\u{e0041}s".as_bytes(),
    "mark\u{feff}".as_bytes(),
    b"latin\xe9\xff",
    b"surrogate\xed\xa0\x80",
    b"::error::file%0A",
    b"=cmd|' /C calc'!A0 <img src=x onerror=alert(1)>",
];

fn poison(name: &[u8]) -> Vec<u8> {
    // Text that is no UTF-8 would end the load before the call.
    let name = String::from_utf8_lossy(name);
    let text: String = name.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    let pickle = format!(
        "PROTO 4\nSHORT_BINUNICODE b\"{text}\"\nSHORT_BINUNICODE b\"{text}\"\nSTACK_GLOBAL\n\
         SHORT_BINUNICODE b\"{text}\"\nTUPLE1\nREDUCE\nPOP\nGLOBAL posix system\nSHORT_BINUNICODE b\"{text}\"\nTUPLE1\nREDUCE\nSTOP"
    );
    testkit::pickle::assemble(&pickle).unwrap()
}

#[test]
fn no_name_speaks_to_the_terminal() {
    let stage = Stage::new();
    let mut archive = testkit::zip::ZipWriter::new();
    for name in NAMES {
        stage.write(&[b"files/", name].concat(), &poison(name));
        archive = archive.stored(name, &poison(name));
    }
    stage.write(b"files/all.zip", &archive.finish());
    let text = stage.run(&["--output", "json=report.json", "files"], &BTreeMap::new());
    assert_eq!(text.code, Some(1), "{}", text.stderr());
    assert!(text.stdout().contains("MALICIOUS"), "{}", text.stdout());
    let written = std::fs::read_to_string(stage.path(b"report.json")).unwrap();
    stage::harmless(&written);
    let report = stage::valid(&written);
    let paths: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|f| f["artifact"].as_str().unwrap()).collect();
    for name in NAMES {
        let shown = base::location::ArtifactPath::root(name);
        let has = |path: &str| paths.contains(&path);
        assert!(has(shown.as_str()), "{shown} is not in {paths:#?}");
        // A zip without the flag for UTF-8 means other letters by other bytes.
        if std::str::from_utf8(name).is_ok() {
            assert!(has(&format!("all.zip!/{shown}")), "{shown} is not in {paths:#?}");
        }
    }
}

#[test]
fn no_missing_file_speaks_to_the_terminal() {
    let stage = Stage::new();
    for name in NAMES {
        let name = [b"no-such-", name].concat().into_iter().filter(|byte| *byte != b'/').collect();
        let ran = stage.run(&[OsString::from_vec(name)], &BTreeMap::new());
        assert_eq!(ran.code, Some(2), "{}", ran.stderr());
        assert_eq!(ran.stderr().lines().count(), 1, "{}", ran.stderr());
    }
}
