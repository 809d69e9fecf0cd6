//! `modelward report`: what was saved comes out as the scan itself wrote it, and what is no report is refused.
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

use std::{collections::BTreeMap, fs};

use report::Format;
use stage::Stage;

/// A folder with something poisoned, something harmless and something unknown.
fn stage() -> Stage {
    let stage = Stage::new();
    for (name, recipe) in [
        ("models/a.pt", "example = 'poisoned/model.pt'"),
        (
            "models/b/c.pkl",
            "pickle = \"PROTO 2\\nGLOBAL posix system\\nBINUNICODE \\\"id\\\"\\nTUPLE1\\nREDUCE\\nSTOP\"",
        ),
        ("models/junk\u{1b}[31m,=1+1", "noise = 64"),
    ] {
        stage.make(name.as_bytes(), &recipe.parse().unwrap());
    }
    stage
}

#[test]
fn a_saved_report_comes_out_in_every_format_as_the_scan_wrote_it() {
    let stage = stage();
    let outputs = |suffix: &str| {
        let output = |format: &&Format| ["-o".into(), format!("{0}={0}.{suffix}", format.id())];
        Format::ALL.iter().flat_map(|format| output(&format)).collect::<Vec<String>>()
    };
    let words = |first: &[&str], suffix: &str| {
        first.iter().map(|word| (*word).to_owned()).chain(outputs(suffix)).collect::<Vec<String>>()
    };
    let scanned = stage.run(&words(&["models"], "scan"), &BTreeMap::new());
    assert_eq!(scanned.code, Some(1), "{}", scanned.stderr());
    let again = stage.run(&words(&["report", "json.scan"], "report"), &BTreeMap::new());
    assert_eq!((again.code, again.stderr()), (Some(0), String::new()));
    assert_eq!(again.stdout(), scanned.stdout());
    for format in Format::ALL {
        let file = |suffix: &str| fs::read(stage.path(format!("{}.{suffix}", format.id()).as_bytes())).unwrap();
        assert!(!file("scan").is_empty(), "{}", format.id());
        assert!(file("scan") == file("report"), "{} differs", format.id());
    }
    let page = fs::read_to_string(stage.path(b"html.report")).unwrap();
    assert!(page.contains("posix.system"), "the program is shown");
}

#[test]
fn excerpts_are_kept_when_asked_for() {
    let stage = stage();
    let kept = |words: &[&str]| {
        let ran = stage.run(&[&["models", "--format", "json"], words].concat(), &BTreeMap::new());
        let report: serde_json::Value = serde_json::from_str(&ran.stdout()).unwrap();
        report["excerpts"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((kept(&[]), kept(&["--excerpts", "never", "-o", "html=page.html"])), (0, 0));
    assert_eq!((kept(&["--excerpts", "always"]), kept(&["-o", "sarif=log.sarif"])), (2, 2));
}

#[test]
fn what_is_no_report_is_refused_in_one_line() {
    let stage = Stage::new();
    stage.write(b"new.json", b"{\"schema_version\": \"2.0\", \"tool\": 1}");
    stage.write(b"old.json", b"{\n \"schema_version\": \"1.0\",\n \"tool\": []\n}");
    stage.write(b"junk.json", b"\x80\x04\x95\n");
    for (name, said) in [
        ("new.json", "new.json is a report of schema version 2.0, and this program reads 1.x"),
        ("old.json", "old.json is no JSON report of a scan: invalid length 0, expected struct Tool"),
        ("junk.json", "junk.json is no JSON report of a scan: expected value at line 1 column 1"),
        ("none.json", "none.json: cannot be read: "),
    ] {
        let ran = stage.run(&["report", name], &BTreeMap::new());
        assert_eq!((ran.code, ran.stdout()), (Some(2), String::new()));
        assert!(ran.stderr().starts_with(&format!("modelward: {said}")), "{}", ran.stderr());
        assert_eq!(ran.stderr().lines().count(), 1);
    }
}
