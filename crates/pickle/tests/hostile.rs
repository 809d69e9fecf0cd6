//! Streams that nobody honest writes: mutated goldens and opcodes in random order end politely, and what was found before a cut stays found.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::{collections::BTreeSet, fs, path::Path};

use base::{
    blob::Blob,
    budget::Meter,
    fact::{Fact, Kind},
    sink::{Collected, Sink},
};
use pickle::opcode::{self, Argument};
use proptest::prelude::*;

/// What a stream states, flaws apart; claims must not overlap.
fn read(bytes: &[u8]) -> Vec<String> {
    let mut collected = Collected::default();
    let (blob, meter) = (Blob::from_bytes(bytes), Meter::unlimited());
    let mut sink = Sink::new(&mut collected, meter, false, "hostile.pkl");
    let _ = pickle::read(&blob, &mut sink);
    assert_eq!(sink.into_ledger().defects(), 0);
    let said = |fact: &Fact| (fact.kind() != Kind::Flaw).then(|| fact.to_string());
    collected.facts.iter().filter_map(said).collect()
}

fn goldens() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pickle-asm"));
    paths.sort();
    paths.iter().map(|path| testkit::pickle::assemble(&fs::read_to_string(path).unwrap()).unwrap()).collect()
}

#[test]
fn every_opcode_stands_in_some_golden() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut written = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "pickle-asm") {
            let text = fs::read_to_string(path).unwrap();
            written.extend(text.lines().filter_map(|line| line.split([' ', '@']).next().map(str::to_owned)));
        }
    }
    let missing: Vec<_> =
        opcode::ALL.iter().filter_map(|byte| opcode::name(*byte)).filter(|name| !written.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Names that act, follow names or keep what they are given.
const NAMES: &[&str] = &[
    "os\nsystem",
    "builtins\ngetattr",
    "builtins\nmap",
    "builtins\nlist",
    "functools\npartial",
    "functools\nreduce",
    "operator\nattrgetter",
    "operator\nmethodcaller",
    "copyreg\nadd_extension",
    "sys\nmodules",
    "a.b\nC",
    "builtins\ndict",
    "builtins\nsetattr",
    "joblib.numpy_pickle\nNumpyArrayWrapper",
    "numpy\ndtype",
    "collections\nOrderedDict",
    "builtins\nbytes",
];
const WORDS: &[&str] =
    &["os", "system", "append", "__setstate__", "__call__", "shape", "dtype", "__dict__", "f8", "", "join"];

/// One opcode with something behind it that fits.
fn opcode_bytes(byte: u8, seed: u8, number: u64) -> Vec<u8> {
    let word = WORDS[usize::from(seed) % WORDS.len()];
    let mut bytes = vec![byte];
    match opcode::argument(byte).unwrap() {
        Argument::Nothing => {}
        Argument::Fixed(width) => {
            let small = if byte == opcode::PROTO { u64::from(seed % 6) } else { number };
            bytes.extend(&small.to_le_bytes()[..usize::from(width)]);
        }
        Argument::Counted(width) => {
            bytes.extend(&(word.len() as u64).to_le_bytes()[..usize::from(width)]);
            bytes.extend(word.as_bytes());
        }
        Argument::Line if byte == opcode::STRING => bytes.extend(format!("'{word}'\n").bytes()),
        Argument::Line if byte == opcode::UNICODE => bytes.extend(format!("{word}\n").bytes()),
        Argument::Line => bytes.extend(format!("{}\n", number % 40).bytes()),
        Argument::TwoLines => bytes.extend(format!("{}\n", NAMES[usize::from(seed) % NAMES.len()]).bytes()),
    }
    bytes
}

/// Opcodes in random order; what pushes is drawn more often, so that the streams live for a while.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let pushing = [
        opcode::GLOBAL,
        opcode::GLOBAL,
        opcode::SHORT_BINUNICODE,
        opcode::SHORT_BINUNICODE,
        opcode::EMPTY_TUPLE,
        opcode::EMPTY_DICT,
        opcode::EMPTY_LIST,
        opcode::BININT1,
        opcode::NONE,
        opcode::MARK,
        opcode::MEMOIZE,
        opcode::DUP,
        opcode::TUPLE2,
        opcode::TUPLE1,
        opcode::REDUCE,
        opcode::BUILD,
        opcode::SETITEM,
        opcode::APPEND,
        opcode::NEWOBJ,
    ];
    let one = (any::<bool>(), any::<prop::sample::Index>(), any::<u8>(), prop_oneof![0_u64..8, any::<u64>()]);
    prop::collection::vec(one, 1..120).prop_map(move |picks| {
        let mut bytes = vec![opcode::PROTO, 4];
        bytes.extend([opcode::NONE; 6]);
        for (common, index, seed, number) in picks {
            let byte = if common { *index.get(&pushing) } else { *index.get(opcode::ALL) };
            bytes.extend(opcode_bytes(byte, seed, number));
        }
        bytes.push(opcode::STOP);
        bytes
    })
}

/// A name at the cut is chopped, as the unpickler does: that fact alone and what follows from it may differ.
fn kept(part: &[String], whole: &[String]) -> bool {
    let same = part.iter().zip(whole).take_while(|(one, other)| one == other).count();
    part.len() - same <= 2
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn opcodes_in_any_order_end_politely(bytes in soup(), cut in any::<prop::sample::Index>()) {
        let whole = read(&bytes);
        let part = read(&bytes[..cut.index(bytes.len())]);
        prop_assert!(kept(&part, &whole), "{part:#?}\n{whole:#?}");
    }

    #[test]
    fn mutated_goldens_end_politely(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..4, any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let goldens = goldens();
        let mut bytes = which.get(&goldens).clone();
        for (at, from, how, byte) in edits {
            let (at, from) = (at.index(bytes.len()), from.index(bytes.len()));
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, opcode::ALL[usize::from(byte) % opcode::ALL.len()]),
                2 if bytes.len() > 2 => { bytes.remove(at); }
                _ => { let piece = bytes[from..bytes.len().min(from + 20)].to_vec(); bytes.splice(at..at, piece); }
            }
        }
        let whole = read(&bytes);
        let part = read(&bytes[..cut.index(bytes.len())]);
        prop_assert!(kept(&part, &whole), "{part:#?}\n{whole:#?}");
    }
}
