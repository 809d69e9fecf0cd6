//! What git cannot hold: pipes, sockets, devices, circles, deep paths, unreadable, endless and changing files.
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
    collections::BTreeMap,
    fs::{self, File},
    os::unix::{fs::symlink, net::UnixListener},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::Value;
use sha2::{Digest, Sha256};
use stage::{Ran, Stage};

const POISON: &str = "PROTO 2\nGLOBAL posix system\nBINUNICODE \"true\"\nTUPLE1\nREDUCE\nSTOP";

/// The report and the exit code of a scan.
fn report(stage: &Stage, arguments: &[&str]) -> (Value, Option<i32>) {
    let ran = stage.run(&[&["--format", "json"], arguments].concat(), &BTreeMap::new());
    (stage::valid(&ran.stdout()), ran.code)
}

/// Path and reason of every artifact that is not complete.
fn reasons(report: &Value) -> BTreeMap<String, String> {
    let artifacts = report["artifacts"].as_array().unwrap().iter();
    artifacts
        .filter(|artifact| artifact["outcome"] != "complete")
        .map(|artifact| (artifact["path"].as_str().unwrap().into(), artifact["reason"].as_str().unwrap_or("").into()))
        .collect()
}

fn pipe(stage: &Stage, name: &[u8]) {
    let made = rustix::fs::mknodat(
        rustix::fs::CWD,
        stage.path(name),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    );
    made.unwrap();
}

#[test]
fn pipes_sockets_and_devices_are_named_and_never_read() {
    let stage = Stage::new();
    stage.write(b"in/poisoned.pkl", &testkit::pickle::assemble(POISON).unwrap());
    pipe(&stage, b"in/pipe");
    symlink("pipe", stage.path(b"in/to-pipe")).unwrap();
    let _socket = UnixListener::bind(stage.path(b"in/socket")).unwrap();
    let (told, code) = report(&stage, &["in"]);
    assert_eq!(code, Some(1), "what lies beside is judged: {told:#}");
    let special = reasons(&told);
    for name in ["pipe", "to-pipe", "socket"] {
        assert_eq!(special.get(name).map(String::as_str), Some("special-file"), "{name}: {told:#}");
    }
    for device in ["/dev/zero", "/dev/urandom", "/dev/null", "in/pipe", "in/to-pipe"] {
        let (told, code) = report(&stage, &[device]);
        assert_eq!(code, Some(2), "nothing that was named could be scanned: {device}: {told:#}");
        assert!(reasons(&told).values().eq(["special-file"]), "{device}: {told:#}");
    }
    // Made up as they are read: empty, if one believes their length.
    for (made_up, reason) in [("/proc/cpuinfo", "special-file"), ("/proc/self/mem", "unreadable")] {
        let (told, code) = report(&stage, &[made_up]);
        assert_eq!(code, Some(2), "{made_up}: {told:#}");
        assert!(reasons(&told).values().eq([reason]), "{made_up}: {told:#}");
    }
    symlink("/dev/zero", stage.path(b"zero")).unwrap();
    assert!(reasons(&report(&stage, &["zero"]).0).values().eq(["special-file"]));
}

#[test]
fn circles_end_and_links_out_are_named() {
    let stage = Stage::new();
    stage.write(b"t/a/b/poisoned.pkl", &testkit::pickle::assemble(POISON).unwrap());
    symlink("..", stage.path(b"t/a/b/up")).unwrap();
    symlink(".", stage.path(b"t/self")).unwrap();
    symlink("pong", stage.path(b"t/ping")).unwrap();
    symlink("ping", stage.path(b"t/pong")).unwrap();
    symlink("/proc/self/mem", stage.path(b"t/memory")).unwrap();
    let (told, code) = report(&stage, &["t"]);
    assert_eq!(code, Some(1));
    let found = reasons(&told);
    for name in ["a/b/up", "self", "ping", "pong", "memory"] {
        assert_eq!(found.get(name).map(String::as_str), Some("link"), "{name}: {told:#}");
    }
    assert_eq!(told["summary"]["artifacts"], 6, "{told:#}");
}

#[test]
fn a_path_longer_than_any_system_call_takes_is_no_way_to_hide() {
    let stage = Stage::new();
    fs::create_dir(stage.path(b"deep")).unwrap();
    // Each level is made from the one above: the whole path is 5,000 bytes, more than PATH_MAX.
    let mut at =
        rustix::fs::open(stage.path(b"deep"), rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    let name = "d".repeat(250);
    for _ in 0..20 {
        rustix::fs::mkdirat(&at, &name, rustix::fs::Mode::RWXU).unwrap();
        at = rustix::fs::openat(&at, &name, rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    }
    let flags = rustix::fs::OFlags::CREATE | rustix::fs::OFlags::WRONLY;
    let file = rustix::fs::openat(&at, "model.pkl", flags, rustix::fs::Mode::RUSR).unwrap();
    std::io::Write::write_all(&mut File::from(file), &testkit::pickle::assemble(POISON).unwrap()).unwrap();
    let (told, code) = report(&stage, &["deep"]);
    assert!(code == Some(1) || code == Some(3) && !reasons(&told).is_empty(), "silent: {told:#}");
}

#[test]
fn what_may_not_be_read_is_named() {
    let stage = Stage::new();
    stage.write(b"t/closed.pkl", &testkit::pickle::assemble(POISON).unwrap());
    stage.write(b"t/folder/inside.txt", b"text");
    for (name, mode) in [(&b"t/closed.pkl"[..], 0), (b"t/folder", 0)] {
        fs::set_permissions(stage.path(name), std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }
    let mut command = stage.command();
    if rustix::process::geteuid().is_root() {
        // Root reads everything: the program is run without the right to.
        let program = command.get_program().to_owned();
        let mut shorn = Command::new("setpriv");
        shorn.args(["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]).arg(program);
        shorn.current_dir(stage.path(b""));
        command = shorn;
    }
    let Ok(output) = command.args(["--format", "json", "t"]).output() else {
        eprintln!("skipped: there is no setpriv");
        return;
    };
    let open = |name| fs::set_permissions(stage.path(name), std::os::unix::fs::PermissionsExt::from_mode(0o755));
    open(&b"t/folder"[..]).unwrap();
    let ran = Ran::new(output);
    let told = stage::valid(&ran.stdout());
    assert_eq!(ran.code, Some(3), "{told:#}");
    let found = reasons(&told);
    assert!(found.len() == 2 && found.values().all(|reason| reason == "unreadable"), "{told:#}");
}

#[test]
fn a_sparse_file_without_end_is_left_in_time_and_costs_no_memory() {
    let stage = Stage::new();
    File::create(stage.path(b"huge.bin")).unwrap().set_len(64 << 30).unwrap();
    // The address space is held to 512 MiB, the program itself and its threads included.
    let mut command = Command::new("sh");
    let run = "ulimit -v 524288; exec \"$0\" --format json --timeout 2s --jobs 1 huge.bin";
    command.args(["-c", run]).arg(stage.command().get_program()).current_dir(stage.path(b""));
    let ran = Ran::new(command.output().unwrap());
    let told = stage::valid(&ran.stdout());
    assert_eq!((ran.code, &told["verdict"]), (Some(3), &"incomplete".into()), "{told:#}");
}

/// How often a test of the unlikely is repeated: a little in CI, much in `cargo xtask long`.
fn repeats(usual: u64) -> u64 {
    std::env::var("MODELWARD_TEST_REPEATS").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// A pickle of this many bytes, benign or poisoned at its end.
fn padded(poisoned: bool, length: usize) -> Vec<u8> {
    let end = if poisoned { POISON.strip_prefix("PROTO 2\n").unwrap() } else { "NONE\nSTOP" };
    let mut bytes = testkit::pickle::assemble("PROTO 2\nNONE\nPOP\nSTOP").unwrap();
    bytes.truncate(2);
    bytes.push(b'B');
    bytes.extend((length as u32).to_le_bytes());
    bytes.resize(bytes.len() + length, b'x');
    bytes.push(b'0');
    bytes.extend(testkit::pickle::assemble(end).unwrap());
    bytes
}

/// Swaps two contents under one name while it is scanned; `swap` does it once.
fn verdicts_while(size: usize, count: u64, swap: impl Fn(&Stage, &[u8], u64) + Sync) {
    let stage = Stage::new();
    let contents = [padded(false, size), padded(true, size)];
    let sums = contents.each_ref().map(|bytes| hex(&Sha256::digest(bytes)));
    stage.write(b"t/model.pkl", &contents[0]);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 1.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                swap(&stage, &contents[(turn % 2) as usize], turn);
            }
        });
        for turn in 0..count {
            let target = if turn % 2 == 0 { "t/model.pkl" } else { "t" };
            let ran = stage.run(&["--format", "json", target], &BTreeMap::new());
            let told: Value = serde_json::from_str(&ran.stdout()).unwrap();
            let changed = told["summary"]["reasons"].get("changed-during-scan").is_some();
            let artifact = told["artifacts"].as_array().unwrap().iter().find(|one| one["path"] == "model.pkl");
            let sum = artifact.and_then(|one| one["sha256"].as_str()).unwrap_or_default();
            let state = sums.iter().position(|known| known == sum);
            if let Some(poisoned) = state.filter(|_| !changed) {
                let expected = ["clean", "malicious"][poisoned];
                if told["verdict"] != expected {
                    done.store(true, Ordering::Relaxed);
                    panic!("the hash of {expected}, but: {told:#}");
                }
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_file_swapped_under_its_name_is_judged_by_the_bytes_that_were_hashed() {
    for size in [100, 3 << 20] {
        verdicts_while(size, repeats(60), |stage, bytes, _| {
            stage.write(b"new", bytes);
            fs::rename(stage.path(b"new"), stage.path(b"t/model.pkl")).unwrap();
        });
    }
}

#[test]
fn a_file_written_over_in_place_is_judged_by_the_bytes_that_were_hashed() {
    verdicts_while(3 << 20, repeats(60), |stage, bytes, turn| {
        let path = stage.path(b"t/model.pkl");
        if turn % 3 == 0 {
            // It also shrinks for a moment.
            File::options().write(true).open(&path).unwrap().set_len(1 << 20).unwrap();
        }
        fs::write(path, bytes).unwrap();
    });
}
