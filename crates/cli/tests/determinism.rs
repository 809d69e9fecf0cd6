//! One report, byte for byte: for any number of jobs, any order of arguments, and any place that holds the same files.
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

const POISON: &str = "PROTO 2\nGLOBAL posix system\nBINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nSTOP";
const FORMATS: [&str; 10] = ["text", "json", "jsonl", "sarif", "junit", "gitlab", "github", "csv", "markdown", "html"];

/// Folders and files of several kinds: poisoned, sound, broken, unknown, nested, and one that is hashed aside.
fn furnish(stage: &Stage) {
    let poison = testkit::pickle::assemble(POISON).unwrap();
    let zip = testkit::zip::ZipWriter::new().deflated("inner/a.pkl", &poison).stored("b.bin", &[7; 3000]).finish();
    for index in 0..40_u8 {
        stage.write(format!("many/{index:02}.pkl").as_bytes(), if index % 9 == 0 { &poison } else { b"\x80\x02]." });
    }
    stage.write(b"one/a.zip", &zip);
    stage.write(b"one/cut.pkl", &poison[..poison.len() - 3]);
    stage.write(b"one/code.py", b"import os\nos.system('echo hi')\n");
    stage.write(b"two/unknown", &[0x91, 0x07, 0xfe].repeat(50));
    stage.write(b"two/large.bin", &[vec![0x5b; 5 << 20], zip].concat());
    stage.write(b"single.gz", &testkit::compress::gzip(&poison));
}

fn run(stage: &Stage, format: &str, jobs: &str, targets: &[&str]) -> (Option<i32>, String) {
    let words = ["--no-cache", "--no-config", "--color", "never", "--format", format, "--jobs", jobs];
    let ran = stage.run(&[&words[..], targets].concat(), &BTreeMap::new());
    (ran.code, ran.stdout())
}

#[test]
fn one_set_of_files_has_one_report() {
    let (here, there) = (Stage::new(), Stage::new());
    furnish(&here);
    furnish(&there);
    let targets = ["many", "one", "single.gz", "two"];
    for format in FORMATS {
        let report = run(&here, format, "1", &targets);
        assert_eq!(report.0, Some(1), "{format}: {}", report.1);
        let reversed: Vec<&str> = targets.into_iter().rev().collect();
        for (stage, jobs, targets) in
            [(&here, "8", &targets[..]), (&here, "1", &reversed), (&there, "8", &["one", "many", "two", "single.gz"])]
        {
            assert_eq!(run(stage, format, jobs, targets), report, "{format}, {jobs} jobs, {targets:?}");
        }
    }
}
