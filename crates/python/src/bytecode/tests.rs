//! Real `.pyc` files and marshal streams of each version, code that was tampered with, and that no input panics.

use base::{
    blob::Blob,
    budget::Meter,
    reason::Reason,
    sink::{Collected, Sink},
    stop::Stop,
};

macro_rules! fixtures {
    ($($version:literal),+) => {
        [$((
            $version,
            include_bytes!(concat!("../../../formats/testdata/python-bytecode/", $version, ".pyc")).as_slice(),
            include_bytes!(concat!("../../../formats/testdata/marshal/", $version, ".marshal")).as_slice(),
        )),+]
    };
}

const FIXTURES: [(&str, &[u8], &[u8]); 10] =
    fixtures!("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14");

type Reader = fn(&Blob, &mut Sink<'_>) -> Result<u64, Stop>;

fn read(bytes: &[u8], name: &str, reader: Reader) -> (Vec<String>, Result<u64, Stop>) {
    let mut collected = Collected::default();
    let mut sink = Sink::new(&mut collected, Meter::unlimited(), false, name);
    let result = reader(&Blob::from_bytes(bytes.to_vec()), &mut sink);
    crate::picky::check(&collected, |picky| {
        let mut sink = Sink::new(picky, Meter::unlimited(), false, name);
        assert_eq!(reader(&Blob::from_bytes(bytes.to_vec()), &mut sink), result);
    });
    (collected.facts.iter().map(ToString::to_string).collect(), result)
}

#[track_caller]
fn states(facts: &[String], parts: &[&str]) {
    let found = facts.iter().any(|fact| parts.iter().all(|part| fact.contains(part)));
    assert!(found, "{parts:?} in\n{}", facts.join("\n"));
}

/// Calls of `os.system` in the fixture: the argument, when it runs, its line.
const CALLS: [(&str, &str, &str); 19] = [
    ("('id')", "import", "line 5:"),
    ("('id2')", "import", "line 6:"),
    ("('reduced')", "use", "line 15:"),
    ("('classy')", "import", "line 18:"),
    ("('called-f')", "import", "line 21:"),
    ("('never')", "called", "line 26:"),
    ("('cond')", "conditional", "if os.name == 'nt'"),
    ("('else')", "conditional", "else"),
    ("('a1')", "import", "line 34:"),
    ("('a2')", "import", "line 34:"),
    ("('id3')", "import", "line 36:"),
    ("('id')", "import", "line 40:"),
    ("('id5')", "import", "line 47:"),
    ("('tried')", "import", "line 52:"),
    ("('excepted')", "conditional", "except"),
    ("(builtins.open('/tmp/x').read())", "import", "line 56:"),
    ("('comp')", "import", "line 57:"),
    ("('star')", "import", "line 59:"),
    ("('main')", "called", "line 62:"),
];

/// What the file's own objects do when operators, loops, contexts and libraries call them.
#[test]
fn hooks_of_own_objects_run_in_source_and_bytecode() {
    let source = include_bytes!("../../../formats/testdata/python-bytecode/make_hooks.py").as_slice();
    let mut programs: Vec<(&str, Vec<String>)> = Vec::new();
    let mut collected = Collected::default();
    let mut sink = Sink::new(&mut collected, Meter::unlimited(), false, "hooks.py");
    crate::read(&Blob::from_bytes(source.to_vec()), &mut sink).unwrap();
    programs.push(("source", collected.facts.iter().map(ToString::to_string).collect()));
    for (version, pyc) in [
        ("2.7", include_bytes!("../../../formats/testdata/python-bytecode/2.7-hooks.pyc").as_slice()),
        ("3.8", include_bytes!("../../../formats/testdata/python-bytecode/3.8-hooks.pyc").as_slice()),
        ("3.12", include_bytes!("../../../formats/testdata/python-bytecode/3.12-hooks.pyc").as_slice()),
        ("3.14", include_bytes!("../../../formats/testdata/python-bytecode/3.14-hooks.pyc").as_slice()),
    ] {
        programs.push((version, read(pyc, "a.pyc", super::read_pyc).0));
    }
    for (program, facts) in &programs {
        for said in [
            "'add a'",
            "'radd b'",
            "'lt c'",
            "'contains d'",
            "'neg'",
            "'iter'",
            "'iterated'",
            "'exit'",
            "'entered'",
            "'str'",
            "'defaulted'",
            "'starred'",
            "'derived'",
            "'raised'",
        ] {
            let found = facts.iter().any(|fact| {
                fact.contains("name=\"system\"") && fact.contains(said) && fact.contains("when=\"import\"")
            });
            assert!(found, "{program}: {said} in\n{}", facts.join("\n"));
        }
    }
}

/// Classes that calls make, names of functions around, patterns, and what a branch may leave to be called.
#[test]
fn detours_are_followed_in_source_and_bytecode() {
    macro_rules! program {
        ($name:literal) => {
            ($name, include_bytes!(concat!("../../../formats/testdata/python-bytecode/", $name)).as_slice())
        };
    }
    let read_any = |(name, bytes): (&str, &[u8])| {
        let reader: Reader =
            if name.ends_with(".pyc") { super::read_pyc } else { |blob, sink| crate::read(blob, sink).map(|()| 0) };
        read(bytes, name, reader).0
    };
    for program in [
        program!("make_detours.py"),
        program!("2.7-detours.pyc"),
        program!("3.8-detours.pyc"),
        program!("3.12-detours.pyc"),
    ] {
        let facts = read_any(program);
        for said in ["'made '", "'based'", "'owned'", "'wrapped'", "'defaulted'", "'named'"] {
            states(&facts, &["name=\"system\"", said, "when=\"import\""]);
        }
        states(&facts, &["name=\"system\"", "'chosen'"]);
    }
    for program in [program!("make_detours_3.py"), program!("3.10-detours_3.pyc"), program!("3.13-detours_3.pyc")] {
        let facts = read_any(program);
        for said in ["'nonlocal'", "'filled'", "'updated'", "'prepared'", "'subclass'", "'property'", "'annotated'"] {
            states(&facts, &["name=\"system\"", said, "when=\"import\""]);
        }
        for said in ["'matched'", "'by key'"] {
            states(&facts, &["name=\"system\"", said, "when=\"conditional\""]);
        }
    }
}

#[test]
fn each_version_states_what_its_source_does() {
    for (version, pyc, _) in FIXTURES {
        let (facts, result) = read(pyc, "a.pyc", super::read_pyc);
        assert_eq!(result, Ok(pyc.len() as u64), "{version}");
        states(&facts, &["identity", &format!("\"CPython {version}\"")]);
        for (args, when, place) in CALLS {
            // d('he4') is one xor away from id5: line 46 and 50 of the fixture.
            if args == "('id5')" || args == "('id')" && place == "line 40:" {
                states(&facts, &["name=\"system\"", args, when]);
            } else {
                states(&facts, &["name=\"system\"", args, &format!("when=\"{when}\""), place]);
            }
        }
        assert!(!facts.iter().any(|fact| fact.starts_with("flaw")), "{version}: {facts:?}");
    }
}

#[test]
fn a_stream_without_version_is_read_by_one_that_fits() {
    for (version, _, stream) in FIXTURES {
        let (facts, result) = read(stream, "a.marshal", super::read_marshal);
        assert_eq!(result, Ok(stream.len() as u64), "{version}");
        states(&facts, &["identity", version]);
        states(&facts, &["name=\"system\"", "when=\"import\"", "<lambda>+"]);
        // The same code, which loading runs, or nothing but a call does.
        let (facts, _) = read(stream, "lambda.marshal", super::read_marshal);
        states(&facts, &["name=\"system\"", "when=\"load\""]);
        let (facts, _) = read(stream, "code-argument.marshal", super::read_marshal);
        states(&facts, &["name=\"system\"", "when=\"called\""]);
    }
}

macro_rules! programs {
    ($name:literal: $($version:literal),+) => {
        [
            ("source", include_bytes!(concat!("../../testdata/bytecode/", $name, ".py")).as_slice()),
            $(($version, include_bytes!(concat!("../../testdata/bytecode/", $name, "-", $version, ".pyc")).as_slice()),)+
        ]
    };
}

/// What CPython hands to `os.system` when the program runs is what is stated of its source and of its bytecode. Of what is `unsaid` in
/// some versions it is not known what the call is given, or not that it is sure to happen.
#[track_caller]
fn says_what_cpython_says(programs: &[(&str, &[u8])], said: &str, unsaid: &[(&str, &[&str])]) {
    let mut missing = Vec::new();
    for (version, bytes) in programs {
        let facts = match *version {
            "source" => read(bytes, "a.py", |blob, sink| crate::read(blob, sink).map(|()| 0)).0,
            _ => read(bytes, "a.pyc", super::read_pyc).0,
        };
        for line in said.lines() {
            let quote = if line.contains('\'') { '"' } else { '\'' };
            let call = format!("({quote}{line}{quote})");
            let stated = facts.iter().any(|fact| {
                fact.contains("name=\"system\"") && fact.contains(&call) && fact.contains("when=\"import\"")
            });
            if stated == unsaid.iter().any(|(unsaid, versions)| *unsaid == line && versions.contains(version)) {
                missing
                    .push(format!("{version}: {line}, {}", if stated { "which is stated now" } else { "not stated" }));
            }
        }
        assert!(!facts.iter().any(|fact| fact.starts_with("flaw")), "{version}: {facts:?}");
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn operators_and_scopes_give_what_they_give_in_cpython() {
    let programs = programs!("operators": "2.7", "3.6", "3.8", "3.11", "3.13");
    says_what_cpython_says(
        &programs,
        include_str!("../../testdata/bytecode/operators.said"),
        &[
            ("not in", &["source", "2.7", "3.6", "3.8", "3.11", "3.13"]),
            ("is none", &["source", "2.7", "3.6", "3.8", "3.11", "3.13"]),
            ("picked", &["2.7", "3.6", "3.8", "3.11", "3.13"]),
            ("h,i,t", &["2.7", "3.13"]),
        ],
    );
}

#[test]
fn newer_syntax_gives_what_it_gives_in_cpython() {
    let programs = programs!("newer": "3.8", "3.10", "3.12", "3.13");
    says_what_cpython_says(
        &programs,
        include_str!("../../testdata/bytecode/newer.said"),
        &[
            ("starred abcd", &["source", "3.8", "3.10", "3.12", "3.13"]),
            ("gener", &["source", "3.8", "3.10", "3.12", "3.13"]),
            ("ated", &["source", "3.8", "3.10", "3.12", "3.13"]),
            ("walrus 7", &["source", "3.8", "3.10", "3.12", "3.13"]),
            ("excepted", &["source", "3.8", "3.10", "3.12", "3.13"]),
            ("looped", &["3.8", "3.10", "3.12", "3.13"]),
            ("z kept", &["3.12", "3.13"]),
            ("within", &["3.12", "3.13"]),
        ],
    );
}

/// A module of 3.14 that calls `os.system('id')`: no interpreter of that version made it.
fn module_3_14() -> Vec<u8> {
    let code: &[&[u8]] = &[
        &[128, 0, 94, 0, 82, 1, 73, 0, 116, 0, 93, 0, 80, 3],
        &[0; 18],
        &[82, 0, 52, 1],
        &[0; 6],
        &[31, 0, 82, 1, 35, 0],
    ];
    let code = code.concat();
    let text = |text: &str| [&[b'z', text.len() as u8], text.as_bytes()].concat();
    let bytes = |bytes: &[u8]| [&[b's'][..], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
    let mut stream = [0x2b, 0x0e, b'\r', b'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].to_vec();
    stream.push(b'c');
    for number in [0_u32, 0, 0, 3, 0] {
        stream.extend(number.to_le_bytes());
    }
    stream.extend(bytes(&code));
    stream.extend([&[b')', 2][..], &text("id"), b"N"].concat());
    stream.extend([&[b')', 2][..], &text("os"), &text("system")].concat());
    stream.extend([b')', 0]);
    stream.extend(bytes(&[]));
    stream.extend([text("a.py"), text("<module>"), text("<module>")].concat());
    stream.extend(1_u32.to_le_bytes());
    stream.extend([bytes(&[]), bytes(&[])].concat());
    stream
}

#[test]
fn bytecode_of_3_14_is_read() {
    let (facts, result) = read(&module_3_14(), "a.pyc", super::read_pyc);
    assert_eq!(result, Ok(module_3_14().len() as u64));
    states(&facts, &["\"CPython 3.14\""]);
    states(&facts, &["name=\"system\"", "('id')", "when=\"import\""]);
    let (facts, _) = read(&module_3_14()[16..], "a.marshal", super::read_marshal);
    states(&facts, &["3.14 (assumed)"]);
}

/// The fixture of 3.8 with other instructions in its module.
fn tampered(code: &[u8]) -> Vec<u8> {
    let (_, pyc, _) = FIXTURES[3];
    let at = pyc.iter().position(|byte| *byte == b's').unwrap() + 5;
    let mut bytes = pyc.to_vec();
    bytes[at..at + code.len()].copy_from_slice(code);
    bytes
}

#[test]
fn obfuscated_code_keeps_what_was_found() {
    // JUMP_ABSOLUTE into the argument of what no one runs: the calls behind it are still stated.
    for (code, flaw) in [
        (&[113, 5][..], "jump-into-instruction"),
        (&[113, 255][..], "jump-into-instruction"),
        (&[144, 255, 113, 255][..], "jump-out-of-code"),
        (&[7, 0][..], "unknown-opcode"),
        (&[1, 0, 1, 0][..], "code-underflow"),
    ] {
        let (facts, _) = read(&tampered(code), "a.pyc", super::read_pyc);
        states(&facts, &["name=\"system\"", "('called-f')"]);
        states(&facts, &["flaw", flaw]);
    }
}

#[test]
fn broken_streams_stop_politely() {
    let marshal = |bytes: &[u8]| read(bytes, "a.marshal", super::read_marshal).1;
    for broken in [
        &b"(\xff\xff\xff\x7f"[..],
        b"(\xff\xff\xff\xff",
        b"[\xff\xff\xff\x7fNNN",
        b"s\xff\xff\xff\x7fabc",
        b"u\x00\x00\x00\x80",
        b"r\x00\x00\x00\x00",
        b"l\xff\xff\xff\x7f",
        b"{NNN",
        b"0",
        b"?",
        b"",
    ] {
        assert!(marshal(broken).is_err(), "{broken:?}");
    }
    assert_eq!(marshal(&b"\xa9\x01".repeat(100_000)), Err(Stop::Limit(Reason::Depth)));
    // A tuple that holds itself, and tuples that double: 2^60 items are never made.
    assert!(marshal(b"\xa9\x01r\x00\x00\x00\x00").is_ok());
    let mut doubled = b"\xa9\x00".to_vec();
    for index in 0..60_u32 {
        let reference = [&b"r"[..], &index.to_le_bytes()].concat();
        doubled = [&[b')', 2][..], &doubled, &reference].concat();
    }
    let _ = marshal(&doubled);
}

/// Code objects that share a tuple of names have each their own copy of it: that is paid for.
#[test]
fn names_that_many_code_objects_refer_to_are_paid_for() {
    let names = [&[b'(' | 0x80][..], &10_000_u32.to_le_bytes(), &[b'N'; 10_000]].concat();
    let shared = b"r\0\0\0\0";
    let code = [
        &[b'c'][..],
        &[0; 20],
        b"s\0\0\0\0",
        shared,
        shared,
        shared,
        b"s\0\0\0\0",
        b"z\0z\0z\0",
        &[0; 4],
        b"s\0\0\0\0s\0\0\0\0",
    ];
    let stream =
        |count: u32| [&b"("[..], &(count + 1).to_le_bytes(), &names, &code.concat().repeat(count as usize)].concat();
    let read = |count: u32| {
        let meter =
            base::budget::Budget::new(base::limits::Limits::default(), std::sync::Arc::new(base::budget::NoWatch));
        let bytes = Blob::from_bytes(stream(count));
        super::marshal::read(&bytes, 0, super::version::Layout::Merged, &meter.meter(None))
    };
    let few = read(2);
    assert_eq!((few.codes.len(), few.broken), (2, None));
    assert_eq!((few.codes[1].consts.len(), few.codes[1].locals.len(), few.codes[1].odd), (10_000, 10_000, false));
    assert_eq!(read(2_000).broken, Some(Stop::Limit(Reason::Memory)));
}

#[test]
fn no_prefix_panics() {
    for (_, pyc, stream) in [FIXTURES[1], FIXTURES[8]] {
        for end in (0..pyc.len()).step_by(3) {
            assert!(read(&pyc[..end], "a.pyc", super::read_pyc).1.is_err(), "{end}");
        }
        for end in 0..stream.len() {
            assert!(read(&stream[..end], "a.marshal", super::read_marshal).1.is_err(), "{end}");
        }
    }
}

#[test]
fn changed_bytes_never_panic() {
    for (_, pyc, _) in FIXTURES {
        for at in (16..pyc.len()).step_by(67) {
            let mut bytes = pyc.to_vec();
            bytes[at] = bytes[at].wrapping_add(at as u8 | 1);
            let _ = read(&bytes, "a.pyc", super::read_pyc);
            let _ = super::explain_pyc(&Blob::from_bytes(bytes), &Meter::unlimited());
        }
    }
}

#[test]
fn a_listing_reads_like_the_source() {
    for (version, pyc, _) in FIXTURES {
        let listing = super::explain_pyc(&Blob::from_bytes(pyc.to_vec()), &Meter::unlimited()).unwrap();
        let text: Vec<&str> = listing.lines.iter().map(|line| line.text.as_str()).collect();
        for line in [
            "os.system('id')",
            "    os.system(c)",
            "os.system(*['star'])",
            "class A:",
            "    def __init__(self, x):",
            "        self.x = x",
        ] {
            assert!(text.contains(&line), "{version}: {line} in\n{}", text.join("\n"));
        }
        // A function, a loop and a comprehension, which is a loop as well.
        let calls = text.iter().filter(|line| line.trim_start() == "os.system(c)").count();
        assert_eq!(calls, 3, "{version}:\n{}", text.join("\n"));
        let call = text.iter().position(|line| *line == "os.system(s)").unwrap();
        // The line of the call needs the lines that bind `os` and `s`.
        assert!(listing.slice([call]).len() > 2, "{version}: {:?}", listing.slice([call]));
        assert_eq!(listing.lines[call].place.line, 40, "{version}");
    }
}

#[test]
fn a_listing_shows_operators_as_they_are_written() {
    let pyc = include_bytes!("../../testdata/bytecode/operators-3.8.pyc").to_vec();
    let listing = super::explain_pyc(&Blob::from_bytes(pyc), &Meter::unlimited()).unwrap();
    let text: Vec<&str> = listing.lines.iter().map(|line| line.text.as_str()).collect();
    for line in [
        "number = 6",
        "text = 'abcdef'",
        "items = ['x', 'y', 'z']",
        "run('neg %d' % (-number))",
        "run('invert %d' % (~number))",
        "run('part ' + text[1:4])",
        "items[0] = 'w'",
        "changed = changed // 3",
        "deepest = ('nes', ('te', 'd'))[1][1]",
        "run({number: 'numbered', text: 'texted'}[text])",
    ] {
        assert!(text.contains(&line), "{line} in\n{}", text.join("\n"));
    }
}

/// A constant of every kind that marshal writes hides no text in it: each is the constant of a module that runs it.
#[test]
fn constants_of_every_kind_are_read() {
    let (_, pyc, _) = FIXTURES[3];
    let small = |content: &[u8]| [&[b'z', content.len() as u8][..], content].concat();
    for (constant, said) in [
        (small(b"a text"), "'a text'"),
        (b"s\x03\0\0\0abc".to_vec(), "b'abc'"),
        (b"u\x02\0\0\0\xc3\xa9".to_vec(), "'é'"),
        (b"i\xfe\xff\xff\xff".to_vec(), "-2"),
        (b"I\0\0\0\0\x01\0\0\0".to_vec(), "4294967296"),
        (b"l\xfd\xff\xff\xff\0\0\0\0\x04\0".to_vec(), "-4294967296"),
        (b"l\x05\0\0\0\0\0\0\0\0\0\0\0\x10\0".to_vec(), "18446744073709551616"),
        (b"g\0\0\0\0\0\0\xe0?".to_vec(), "0.5"),
        (b"f\x040.25".to_vec(), "0.25"),
        (b"T".to_vec(), "True"),
        (b"F".to_vec(), "False"),
        (b"N".to_vec(), "None"),
        (b".".to_vec(), "builtins.Ellipsis"),
        ([b"[\x01\0\0\0".to_vec(), small(b"listed")].concat(), "['listed']"),
        ([b")\x01".to_vec(), small(b"held")].concat(), "('held',)"),
        ([b"<\x01\0\0\0".to_vec(), small(b"in a set")].concat(), "{'in a set'}"),
        ([b">\x01\0\0\0".to_vec(), small(b"frozen")].concat(), "{'frozen'}"),
        ([&b"{"[..], &small(b"key"), &small(b"kept"), b"0"].concat(), "{'key': 'kept'}"),
    ] {
        let stream = module_3_8(&constant);
        let (facts, result) = read(&[&pyc[..16], &stream].concat(), "a.pyc", super::read_pyc);
        assert_eq!(result, Ok(16 + stream.len() as u64), "{said}");
        states(&facts, &["name=\"system\"", &format!("({said})"), "when=\"import\""]);
    }
    // A dict that ends behind a key.
    let stream = module_3_8(&[&b"{"[..], &small(b"key"), b"0"].concat());
    assert!(read(&[&pyc[..16], &stream].concat(), "a.pyc", super::read_pyc).1.is_err());
}

/// `import os` and `os.system(constant)`, as CPython 3.8 compiles them.
fn module_3_8(constant: &[u8]) -> Vec<u8> {
    let mut stream = b"c".to_vec();
    for number in [0_u32, 0, 0, 0, 2, 64] {
        stream.extend(number.to_le_bytes());
    }
    let code = [100, 0, 100, 1, 108, 0, 90, 0, 101, 0, 160, 1, 100, 2, 161, 1, 1, 0, 100, 1, 83, 0];
    stream.extend([&b"s"[..], &(code.len() as u32).to_le_bytes(), &code].concat());
    stream.extend([&b")\x03i\0\0\0\0N"[..], constant].concat());
    stream.extend(b")\x02z\x02osz\x06system)\0)\0)\0z\x04a.pyz\x08<module>\x01\0\0\0");
    stream.extend(b"s\0\0\0\0");
    stream
}

#[test]
fn what_nobody_could_follow_is_told() {
    let programs = include_str!("../../testdata/lost.txt");
    let mut missed = Vec::new();
    for compiled in
        [include_str!("../../testdata/bytecode/lost-3.8.txt"), include_str!("../../testdata/bytecode/lost-3.13.txt")]
    {
        assert_eq!(compiled.lines().count(), programs.split("\n### ").skip(1).count());
        for (program, line) in programs.split("\n### ").skip(1).zip(compiled.lines()) {
            let (expected, _) = program.split_once('\n').unwrap();
            let bytes = bytes_of(line);
            let (facts, result) = read(&bytes, "lost.pyc", super::read_pyc);
            assert_eq!(result, Ok(bytes.len() as u64));
            // Where source is followed further, bytecode says at least that a callable was lost.
            let told = |fact: &String| {
                let called =
                    fact.starts_with("call") && fact.contains("name=\"system\"") && !fact.contains("when=\"called\"");
                called || fact.contains("name=\"system\" origin=\"taken\"")
            };
            if !facts.iter().any(|fact| told(fact) || expected.split(" && ").all(|part| fact.contains(part))) {
                missed.push(format!("{program}\n{}", facts.join("\n")));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

/// The bytes of a line of hexadecimal digits.
fn bytes_of(line: &str) -> Vec<u8> {
    let digits = line.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

#[test]
fn what_no_compiler_writes_is_followed_all_the_same() {
    for programs in [
        include_str!("../../testdata/bytecode/by-hand-3.8.txt"),
        include_str!("../../testdata/bytecode/by-hand-3.12.txt"),
    ] {
        assert!(programs.lines().count() >= 8);
        for line in programs.lines() {
            let (facts, _) = read(&bytes_of(line), "by_hand.pyc", super::read_pyc);
            states(&facts, &["name=\"system\"", "('id')", "when=\"import\""]);
        }
    }
}

#[test]
fn nothing_is_wrong_with_what_compilers_write() {
    for (version, pyc, marshal) in FIXTURES {
        for (facts, _) in [read(pyc, "a.pyc", super::read_pyc), read(marshal, "a.marshal", super::read_marshal)] {
            assert!(!facts.iter().any(|fact| fact.starts_with("flaw")), "{version}: {}", facts.join("\n"));
        }
    }
}

#[test]
fn what_mentions_nothing_is_left() {
    let titles: Vec<&str> = include_str!("../../testdata/left.txt")
        .split("\n### ")
        .skip(1)
        .filter_map(|program| program.lines().next())
        .collect();
    for (version, compiled) in [
        ("3.6", include_str!("../../testdata/bytecode/left-3.6.txt")),
        ("3.11", include_str!("../../testdata/bytecode/left-3.11.txt")),
        ("3.13", include_str!("../../testdata/bytecode/left-3.13.txt")),
    ] {
        assert_eq!(compiled.lines().count(), titles.len());
        for (title, line) in titles.iter().zip(compiled.lines()) {
            let bytes = bytes_of(line);
            let mut picky = crate::picky::Picky::default();
            let mut sink = Sink::new(&mut picky, Meter::unlimited(), false, "left.pyc");
            super::read_pyc(&Blob::from_bytes(bytes), &mut sink).unwrap();
            let told: Vec<String> = picky.0.facts.iter().map(ToString::to_string).collect();
            // The version is told of every file.
            assert!(told.iter().all(|fact| fact.starts_with("identity")), "{version}, {title}: {}", told.join("\n"));
        }
    }
}

#[test]
fn what_is_given_texts_to_run_is_told() {
    let programs = include_str!("../../testdata/given.txt").split("\n### ").skip(1);
    let expected: Vec<&str> = programs.filter_map(|program| program.lines().next()).collect();
    for (version, compiled) in [
        ("3.6", include_str!("../../testdata/bytecode/given-3.6.txt")),
        ("3.8", include_str!("../../testdata/bytecode/given-3.8.txt")),
        ("3.11", include_str!("../../testdata/bytecode/given-3.11.txt")),
        ("3.13", include_str!("../../testdata/bytecode/given-3.13.txt")),
    ] {
        let given = compiled.lines().map(|line| {
            let mut collected = Collected::default();
            let mut sink = Sink::new(&mut collected, Meter::unlimited(), false, "given.pyc");
            super::read_pyc(&Blob::from_bytes(bytes_of(line)), &mut sink).unwrap();
            let names = collected.children.iter().map(|child| String::from_utf8_lossy(&child.name).into_owned());
            names.reduce(|all, name| format!("{all}, {name}")).unwrap_or_else(|| "nothing".to_owned())
        });
        assert_eq!(given.collect::<Vec<_>>(), expected, "{version}");
    }
}
