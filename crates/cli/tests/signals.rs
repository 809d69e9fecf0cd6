//! SIGTERM and Ctrl-C: a valid partial report follows, and a second one ends the process.
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
#![cfg(target_os = "linux")]

mod stage;

use std::{
    fs,
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use stage::{Ran, Stage};

/// Numbers in the file, four bytes each: more than any machine reads while the test lasts.
const ENDLESS: u64 = 1 << 38;

/// A scan that has begun to read a sparse file that is well formed and, for a test, without end.
fn scanning(stage: &Stage, arguments: &[&str]) -> Child {
    let header = testkit::npy::header("'<f4'", &[ENDLESS]);
    let start = testkit::npy::file(1, header.as_bytes(), b"");
    stage.write(b"unending.npy", &start);
    let file = fs::File::options().write(true).open(stage.path(b"unending.npy")).unwrap();
    file.set_len(start.len() as u64 + ENDLESS * 4).unwrap();
    let mut command = stage.command();
    command.args(arguments).args(["--jobs", "1", "poisoned.pkl", "unending.npy"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let account = format!("/proc/{}/io", child.id());
    // Whoever has read that much has begun the scan, and so has installed the handlers.
    while read_so_far(&account) < 32 << 20 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        sleep(Duration::from_millis(5));
    }
    child
}

fn read_so_far(account: &str) -> u64 {
    let text = fs::read_to_string(account).unwrap_or_default();
    let count = text.lines().find_map(|line| line.strip_prefix("rchar: "));
    count.and_then(|count| count.parse().ok()).unwrap_or_default()
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn stage_with_poison() -> Stage {
    let stage = Stage::new();
    let poison = "PROTO 2\nGLOBAL posix system\nBINUNICODE \"true\"\nTUPLE1\nREDUCE\nSTOP";
    stage.write(b"poisoned.pkl", &testkit::pickle::assemble(poison).unwrap());
    stage
}

#[test]
fn a_cancelled_scan_reports_what_it_has() {
    for signal in [Signal::TERM, Signal::INT] {
        let stage = stage_with_poison();
        let child = scanning(&stage, &["--format", "json"]);
        send(&child, signal);
        let ran = Ran::new(child.wait_with_output().unwrap());
        let report = stage::valid(&ran.stdout());
        assert_eq!(ran.code, Some(1), "{report:#}");
        assert_eq!(report["completeness"], "incomplete");
        let last = report["artifacts"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["path"], &last["reason"]), (&"unending.npy".into(), &"cancelled".into()), "{report:#}");
        assert_eq!(report["findings"][0]["artifact"], "poisoned.pkl");
        assert_eq!(ran.stderr(), "");
    }
}

#[test]
fn a_second_signal_ends_the_process() {
    let stage = stage_with_poison();
    let child = scanning(&stage, &[]);
    // Both wait while it is stopped, so that it cannot finish between them.
    for signal in [Signal::STOP, Signal::INT, Signal::TERM, Signal::CONT] {
        send(&child, signal);
    }
    let ran = Ran::new(child.wait_with_output().unwrap());
    assert!(matches!(ran.code, Some(130 | 143)), "{:?}", ran.code);
    assert_eq!(ran.stdout(), "");
}

#[test]
fn time_that_is_up_is_told_with_what_was_found() {
    let stage = stage_with_poison();
    let child = scanning(&stage, &["--format", "json", "--timeout", "2s"]);
    let ran = Ran::new(child.wait_with_output().unwrap());
    let report = stage::valid(&ran.stdout());
    assert_eq!((ran.code, &report["summary"]["reasons"]["time"]), (Some(1), &1.into()), "{report:#}");
}

/// Ended at any point: a signal that comes before the handlers ends the process, one that comes later leaves a report.
#[test]
fn whenever_it_is_ended_it_reports_or_has_not_begun() {
    let stage = stage_with_poison();
    stage.write(b"many/nested.zip", &archives(3));
    for index in 0..40 {
        fs::copy(stage.path(b"many/nested.zip"), stage.path(format!("many/{index}.zip").as_bytes())).unwrap();
    }
    // `cargo xtask long signals` asks for more points, on a machine where a second can be held to.
    let long: Option<u64> = std::env::var("MODELWARD_TEST_REPEATS").ok().and_then(|count| count.parse().ok());
    let points = long.unwrap_or(5);
    for point in 0..points {
        let mut command = stage.command();
        command.args(["--format", "json", "poisoned.pkl", "many"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Spread over the run, not on a grid that the run could be in step with.
        sleep(Duration::from_micros(20_000 + point * 7_919 % 400_000));
        let told = Instant::now();
        send(&child, Signal::TERM);
        let ran = Ran::new(child.wait_with_output().unwrap());
        if ran.code.is_none() {
            assert_eq!(ran.stdout(), "", "half a report");
            continue;
        }
        let report = stage::valid(&ran.stdout());
        assert!(matches!(ran.code, Some(1 | 3)), "{report:#}");
        assert!(long.is_none() || told.elapsed() < Duration::from_secs(1), "{:?}", told.elapsed());
    }
}

/// Archives in archives, with a pickle in each.
fn archives(depth: usize) -> Vec<u8> {
    let mut bytes = testkit::pickle::assemble("PROTO 2\nEMPTY_LIST\nSTOP").unwrap();
    for _ in 0..depth {
        let copies = ["a", "b", "c", "d", "e"].into_iter();
        bytes = copies.fold(testkit::zip::ZipWriter::new(), |zip, name| zip.deflated(name, &bytes)).finish();
    }
    bytes
}
