//! What takes several runs: baselines, the cache, standard input, the manual.
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

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    path::Path,
    process::Stdio,
    time::Duration,
};

use stage::{Ran, Stage};

const POISON: &str = "PROTO 2\nGLOBAL posix system\nBINUNICODE \"id\"\nTUPLE1\nREDUCE\nSTOP";

fn poison() -> Vec<u8> {
    testkit::pickle::assemble(POISON).unwrap()
}

/// A pickle of a text so long that its result is worth remembering.
fn long(lead: &[u8]) -> Vec<u8> {
    let size = 40_000_u32;
    [b"\x80\x02", lead, b"X", &size.to_le_bytes(), &vec![b'a'; size as usize], b"."].concat()
}

fn run(stage: &Stage, words: &[&str]) -> Ran {
    stage.run(words, &BTreeMap::new())
}

fn json(stage: &Stage, words: &[&str]) -> serde_json::Value {
    let all = [&["--format", "json"], words].concat();
    stage::valid(&run(stage, &all).stdout())
}

#[test]
fn a_baseline_knows_what_was_there() {
    let stage = Stage::new();
    stage.write(b"m/a.pkl", &poison());
    let made = run(&stage, &["baseline", "create", "--file", "b.json", "m"]);
    assert_eq!((made.code, made.stdout().as_str()), (Some(0), "b.json: 1 findings, 1 known\n"));
    let report = json(&stage, &["--baseline", "b.json", "m"]);
    assert_eq!((&report["verdict"], &report["findings"][0]["known"]), (&"malicious".into(), &true.into()));
    let report = json(&stage, &["--baseline", "b.json", "--new-only", "m"]);
    assert_eq!((&report["verdict"], &report["findings"][0]["status"]), (&"clean".into(), &"baseline".into()));
    assert_eq!(run(&stage, &["--baseline", "b.json", "--new-only", "m"]).code, Some(0));
    stage.write(b"m/b.pkl", &poison());
    assert_eq!(run(&stage, &["--baseline", "b.json", "--new-only", "m"]).code, Some(1));
    // A saved report serves as well as a scan.
    run(&stage, &["-o", "json=r.json", "m"]);
    let updated = run(&stage, &["baseline", "update", "--file", "b.json", "--from", "r.json"]);
    assert!(updated.stdout().starts_with("b.json: 1 findings added, 2 known"), "{}", updated.stdout());
    let text = fs::read_to_string(stage.path(b"b.json")).unwrap();
    assert!(text.find("a.pkl").unwrap() < text.find("b.pkl").unwrap(), "{text}");
    fs::remove_file(stage.path(b"m/a.pkl")).unwrap();
    let pruned = run(&stage, &["baseline", "prune", "--file", "b.json", "m"]);
    assert!(pruned.stdout().starts_with("b.json: 1 findings dropped, 1 known"), "{}", pruned.stdout());
    // What was not read is not gone.
    stage.write(b"m/b.pkl", &poison()[..5]);
    let refused = run(&stage, &["baseline", "prune", "--file", "b.json", "m"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr().contains("nothing was changed"));
}

#[test]
fn results_are_remembered_and_equal() {
    let stage = Stage::new();
    stage.write(b"a.pkl", &long(b"cposix\nsystem\nX\x02\x00\x00\x00id\x85R0"));
    stage.write(b"other/a.pkl", &fs::read(stage.path(b"a.pkl")).unwrap());
    let entries = || run(&stage, &["cache", "stats"]).stdout();
    let fresh = run(&stage, &["--no-cache", "--format", "json", "a.pkl"]).stdout();
    assert!(entries().contains("holds 0 results"));
    for round in 0..3 {
        assert_eq!(run(&stage, &["--format", "json", "a.pkl"]).stdout(), fresh, "{round}");
        assert!(entries().contains("holds 1 results"), "{}", entries());
    }
    // The same bytes under the same name elsewhere: the same findings, with the paths and fingerprints of that place.
    let plain = run(&stage, &["--no-cache", "--format", "json", "other", "a.pkl"]).stdout();
    assert_eq!(run(&stage, &["--format", "json", "other", "a.pkl"]).stdout(), plain);
    assert!(entries().contains("holds 1 results"), "{}", entries());
    // Another level, another limit, another name, other bytes: other results.
    run(&stage, &["--level", "thorough", "a.pkl"]);
    assert!(entries().contains("holds 2 results"), "{}", entries());
    run(&stage, &["--level", "quick", "a.pkl"]);
    assert!(entries().contains("holds 2 results"), "{}", entries());
    // A policy is applied to what is remembered.
    assert_eq!(json(&stage, &["--ignore", "process-spawn", "a.pkl"])["verdict"], "clean");
    assert_eq!(json(&stage, &["a.pkl"])["verdict"], "malicious");
    assert!(run(&stage, &["cache", "prune", "--older-than", "1h"]).stdout().contains("lost 0 results"));
    assert!(run(&stage, &["cache", "prune", "--max-size", "1"]).stdout().contains("lost 2 results"));
    run(&stage, &["--cache-dir", "elsewhere", "a.pkl"]);
    assert!(run(&stage, &["cache", "clear", "--cache-dir", "elsewhere"]).stdout().contains("lost 1 results"));
    assert!(stage.home().join(".cache/modelward/key").exists());
}

#[test]
fn incomplete_and_small_results_are_not_remembered_and_a_poisoned_one_is_refused() {
    let stage = Stage::new();
    let mut cut = long(b"");
    cut.pop();
    stage.write(b"cut.pkl", &cut);
    stage.write(b"small.pkl", &poison());
    run(&stage, &["cut.pkl", "small.pkl"]);
    assert!(run(&stage, &["cache", "stats"]).stdout().contains("holds 0 results"));
    stage.write(b"a.pkl", &long(b"cposix\nsystem\nX\x02\x00\x00\x00id\x85R0"));
    stage.write(b"h.pkl", &long(b""));
    let entry = |name: &str| {
        run(&stage, &[name]);
        let mut all = Vec::new();
        for group in fs::read_dir(stage.home().join(".cache/modelward/entries")).unwrap() {
            all.extend(fs::read_dir(group.unwrap().path()).unwrap().map(|file| file.unwrap().path()));
        }
        all
    };
    let bad = entry("a.pkl");
    let good: Vec<_> = entry("h.pkl").into_iter().filter(|path| !bad.contains(path)).collect();
    // Somebody who may write into the cache, but has not the key, puts the harmless result where the other was.
    fs::copy(&good[0], &bad[0]).unwrap();
    assert_eq!(json(&stage, &["a.pkl"])["verdict"], "malicious");
}

#[test]
fn a_scan_that_is_killed_leaves_a_sound_cache() {
    let stage = Stage::new();
    for at in 0..12_u8 {
        let lead = if at % 2 == 0 { &b"cposix\nsystem\nX\x02\x00\x00\x00id\x85R0"[..] } else { b"" };
        let mut bytes = long(lead);
        bytes.pop();
        bytes.extend([b'0', b'K', at, b'.']);
        stage.write(format!("m/{at}.pkl").as_bytes(), &bytes);
    }
    let fresh = run(&stage, &["--no-cache", "--format", "json", "m"]).stdout();
    for round in 0..16_u64 {
        let mut two: Vec<_> = (0..2)
            .map(|_| {
                stage.command().args(["--quiet", "m"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
            })
            .collect();
        std::thread::sleep(Duration::from_millis(round * 7 % 60));
        for child in &mut two {
            let _ = child.kill();
            child.wait().unwrap();
        }
        if round % 4 == 3 {
            assert_eq!(run(&stage, &["--format", "json", "m"]).stdout(), fresh, "{round}");
            run(&stage, &["cache", "clear"]);
        }
    }
}

#[test]
fn standard_input_is_a_target_or_a_list() {
    let stage = Stage::new();
    let feed = |words: &[&str], bytes: &[u8]| {
        let mut command = stage.command();
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        // A reader that has enough goes away.
        let _ = input.write_all(bytes);
        drop(input);
        Ran::new(child.wait_with_output().unwrap())
    };
    let report = stage::valid(&feed(&["--format", "json", "-"], &poison()).stdout());
    assert_eq!((&report["verdict"], &report["artifacts"][0]["path"]), (&"malicious".into(), &"stdin".into()));
    // Through a temporary file it is the same.
    stage.write(b"c.toml", b"[limits]\nspool-memory = 2\n");
    let report = stage::valid(&feed(&["--config", "c.toml", "--format", "json", "-"], &poison()).stdout());
    assert_eq!(report["verdict"], "malicious");
    let report = stage::valid(&feed(&["--max-size", "4", "--format", "json", "-"], &poison()).stdout());
    assert_eq!(
        (&report["completeness"], &report["artifacts"][0]["outcome"]),
        (&"incomplete".into(), &"over-limit".into())
    );
    stage.write(b"a.pkl", &poison());
    assert_eq!(feed(&["-0", "--files-from", "-"], b"a.pkl\0").code, Some(1));
    let refused = feed(&["-", "--files-from", "-"], b"");
    assert_eq!(refused.code, Some(2));
    // An endless one ends with the time that was given.
    let mut command = stage.command();
    let zero = File::open("/dev/zero").unwrap();
    let ran = Ran::new(command.args(["--max-size", "1MB", "-"]).stdin(zero).output().unwrap());
    assert_eq!(ran.code, Some(3), "{}", ran.stdout());
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let stage = Stage::new();
    assert_eq!(run(&stage, &["man", "--output-dir", "man"]).code, Some(0));
    for page in ["modelward.1", "modelward-scan.1", "modelward-config-show.1", "modelward-cache-prune.1"] {
        let text = fs::read_to_string(stage.path(b"man").join(Path::new(page))).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
}

#[test]
fn the_user_has_settings_of_their_own() {
    let stage = Stage::new();
    stage.write(b"a.pkl", &poison());
    let folder = stage.home().join(".config/modelward");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("modelward.toml"), "fail-on = \"never\"\njobs = 1\n").unwrap();
    assert_eq!(run(&stage, &["a.pkl"]).code, Some(0));
    let shown = run(&stage, &["config", "show"]).stdout();
    assert!(shown.contains("the user's modelward.toml:1"), "{shown}");
    // The project is stronger.
    stage.write(b"modelward.toml", b"fail-on = \"low\"\n");
    assert_eq!(run(&stage, &["a.pkl"]).code, Some(1));
}
