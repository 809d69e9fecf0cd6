//! One to five random pure layers around a dangerous call never hide it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "tests"
)]

use base::{
    blob::Blob,
    budget::Meter,
    fact::Data,
    sink::{Collected, Sink},
};
use proptest::prelude::*;
use testkit::compress;

/// Writes expressions as lines of the assembler, as deep as there are layers left.
struct Writer<'l> {
    out: String,
    layers: &'l [u8],
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.layers.split_first()?;
        self.layers = rest;
        Some(*first)
    }

    /// `module.name(value)` of what `value` writes.
    fn call(&mut self, name: &str, value: impl FnOnce(&mut Self)) {
        self.line(&format!("GLOBAL {name}"));
        value(self);
        self.line("TUPLE1\nREDUCE");
    }

    /// `value[::-1]`.
    fn turned(&mut self, value: impl FnOnce(&mut Self)) {
        self.line("GLOBAL operator getitem");
        value(self);
        self.line("GLOBAL builtins slice\nNONE\nNONE\nBININT -1\nTUPLE3\nREDUCE\nTUPLE2\nREDUCE");
    }

    fn text(&mut self, text: &str) {
        match self.next().map(|layer| layer % 7) {
            Some(0) => {
                self.line("GLOBAL builtins getattr");
                self.bytes(text.as_bytes());
                self.line("SHORT_BINUNICODE \"decode\"\nTUPLE2\nREDUCE\nEMPTY_TUPLE\nREDUCE");
            }
            Some(1) => {
                self.line("GLOBAL builtins getattr\nSHORT_BINUNICODE \"\"\nSHORT_BINUNICODE \"join\"\nTUPLE2\nREDUCE");
                self.line("GLOBAL builtins map\nGLOBAL builtins chr\nEMPTY_LIST\nMARK");
                text.bytes().for_each(|byte| self.line(&format!("BININT1 {byte}")));
                self.line("APPENDS\nTUPLE2\nREDUCE\nTUPLE1\nREDUCE");
            }
            Some(2) => self.turned(|writer| writer.text(&text.chars().rev().collect::<String>())),
            Some(3) => {
                self.line("GLOBAL codecs decode");
                let turned: String = text.chars().map(rot13).collect();
                self.text(&turned);
                self.line("SHORT_BINUNICODE \"rot13\"\nTUPLE2\nREDUCE");
            }
            Some(4) => {
                let (head, tail) = text.split_at(1);
                self.line("GLOBAL operator add");
                self.text(head);
                self.line(&format!("SHORT_BINUNICODE \"{tail}\"\nTUPLE2\nREDUCE"));
            }
            Some(5) => {
                self.line("GLOBAL operator methodcaller\nSHORT_BINUNICODE \"replace\"\nSHORT_BINUNICODE \"~\"\nSHORT_BINUNICODE \"\"\nTUPLE3\nREDUCE");
                self.text(&text.chars().flat_map(|letter| ['~', letter]).collect::<String>());
                self.line("TUPLE1\nREDUCE");
            }
            Some(_) => {
                self.line("GLOBAL builtins str");
                self.bytes(text.as_bytes());
                self.line("SHORT_BINUNICODE \"utf-8\"\nTUPLE2\nREDUCE");
            }
            None => self.line(&format!("SHORT_BINUNICODE \"{text}\"")),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        match self.next().map(|layer| layer % 7) {
            Some(0) => self.call("base64 b64decode", |writer| writer.text(&base64(bytes))),
            Some(1) => self.call("zlib decompress", |writer| writer.bytes(&compress::zlib(bytes))),
            Some(2) => self.call("binascii unhexlify", |writer| writer.text(&hex(bytes))),
            Some(3) => {
                self.line(
                    "GLOBAL builtins getattr\nGLOBAL builtins bytes\nSHORT_BINUNICODE \"fromhex\"\nTUPLE2\nREDUCE",
                );
                self.text(&hex(bytes));
                self.line("TUPLE1\nREDUCE");
            }
            Some(4) => self.turned(|writer| writer.bytes(&bytes.iter().rev().copied().collect::<Vec<u8>>())),
            Some(5) => self.call("gzip decompress", |writer| writer.bytes(&compress::gzip(bytes))),
            Some(_) => self.call("builtins bytes", |writer| {
                writer.line("EMPTY_LIST\nMARK");
                bytes.iter().for_each(|byte| writer.line(&format!("BININT1 {byte}")));
                writer.line("APPENDS");
            }),
            None => {
                let escaped: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
                self.line(&format!("BINBYTES b\"{escaped}\""));
            }
        }
    }

    /// `os.system`, in one of the ways in which a stream can come to it.
    fn callee(&mut self, way: u8) {
        match way % 5 {
            0 => {
                self.text("os");
                self.text("system");
                self.line("STACK_GLOBAL");
            }
            1 => {
                self.line("GLOBAL builtins getattr");
                self.call("importlib import_module", |writer| writer.text("os"));
                self.text("system");
                self.line("TUPLE2\nREDUCE");
            }
            2 => {
                self.call("operator attrgetter", |writer| writer.text("system"));
                self.call("builtins __import__", |writer| writer.text("os"));
                self.line("TUPLE1\nREDUCE");
            }
            3 => {
                self.line("GLOBAL functools reduce\nGLOBAL builtins getattr\nEMPTY_LIST");
                self.text("system");
                self.line("APPEND");
                self.call("importlib import_module", |writer| writer.text("os"));
                self.line("TUPLE3\nREDUCE");
            }
            _ => {
                self.line("GLOBAL functools partial");
                self.call("pkgutil resolve_name", |writer| writer.text("os:system"));
                self.line("TUPLE1\nREDUCE");
            }
        }
    }
}

fn rot13(letter: char) -> char {
    let turn = |base: u8| char::from((u8::try_from(letter).unwrap() - base + 13) % 26 + base);
    match letter {
        'a'..='z' => turn(b'a'),
        'A'..='Z' => turn(b'A'),
        other => other,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = bytes.chunks(3).flat_map(|chunk| {
        let number = chunk.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let count = chunk.len() + 1;
        (0..4).map(move |at| match at < count {
            true => char::from(alphabet[usize::try_from(number >> (18 - 6 * at) & 63).unwrap()]),
            false => '=',
        })
    });
    letters.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn layers_hide_nothing(way in any::<u8>(), layers in prop::collection::vec(any::<u8>(), 1..=5)) {
        let mut writer = Writer { out: "PROTO 4\n".to_owned(), layers: &layers };
        writer.callee(way);
        writer.line("SHORT_BINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nSTOP");
        let bytes = testkit::pickle::assemble(&writer.out).unwrap();
        let mut collected = Collected::default();
        let mut sink = Sink::new(&mut collected, Meter::unlimited(), true, "layers.pkl");
        prop_assert!(pickle::read(&Blob::from_bytes(&bytes[..]), &mut sink).is_ok());
        let found = collected.facts.iter().any(|fact| matches!(&fact.data, Data::Call(call)
            if *call.module == *"os" && *call.name == *"system" && *call.when == *"load"
                && call.args.first().is_some_and(|arg| arg.to_string() == "'echo hi'")));
        prop_assert!(found, "{}", writer.out);
    }
}
