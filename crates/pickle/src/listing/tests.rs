//! Listings of small pickles, and of what CPython writes.

use base::{blob::Blob, budget::Meter, listing::Listing};

use super::explain;

fn listing(bytes: &[u8]) -> Listing {
    explain(&Blob::from_bytes(bytes), &Meter::unlimited()).unwrap()
}

/// The listing of what the assembler makes of `text`, a line each.
fn of(text: &str) -> Vec<String> {
    listing(&testkit::pickle::assemble(text).unwrap()).lines.into_iter().map(|line| line.text).collect()
}

#[test]
fn calls_have_names_and_places() {
    let text = "PROTO 2\nGLOBAL posix system\nBINUNICODE \"id\"\nTUPLE1\nREDUCE\nSTOP";
    assert_eq!(of(text), ["import posix", "x0 = posix.system('id')", "result = x0"]);
    let listing = listing(&testkit::pickle::assemble(text).unwrap());
    let places: Vec<_> = listing.lines.iter().map(|line| (line.place.offset, line.place.length)).collect();
    assert_eq!(places, [(2, 14), (16, 9), (25, 1)]);
    let uses: Vec<_> = listing.lines.iter().map(|line| line.uses.clone()).collect();
    assert_eq!(uses, [vec![], vec![0], vec![1]]);
}

#[test]
fn shared_values_are_variables() {
    assert_eq!(of("PROTO 4\nEMPTY_LIST\nMEMOIZE\nBINGET 0\nAPPEND\nSTOP"), ["x0 = []", "x0.append(x0)", "result = x0"]);
    let twice = "EMPTY_LIST\nBINPUT 0\nMARK\nBININT1 1\nBININT1 2\nAPPENDS\nBINGET 0\nTUPLE2\nSTOP";
    assert_eq!(of(twice), ["x0 = [1, 2]", "result = (x0, x0)"]);
    assert_eq!(of("EMPTY_DICT\nBINPUT 0\nBINUNICODE \"a\"\nBININT1 1\nSETITEM\nSTOP"), ["result = {'a': 1}"]);
    // An index that is written over means the later value.
    assert_eq!(
        of("EMPTY_LIST\nBINPUT 0\nEMPTY_DICT\nBINPUT 0\nBINGET 0\nTUPLE3\nSTOP"),
        ["x0 = {}", "result = ([], x0, x0)"]
    );
}

#[test]
fn what_pickles_do_to_objects_is_written_as_python_does_it() {
    let lines =
        of("PROTO 2\nGLOBAL a.b C\nEMPTY_TUPLE\nNEWOBJ\nEMPTY_DICT\nBUILD\nBINUNICODE \"k\"\nNONE\nSETITEM\nSTOP");
    let expected = ["import a.b", "x0 = a.b.C.__new__(a.b.C)", "x0.__setstate__({})", "x0['k'] = None", "result = x0"];
    assert_eq!(lines, expected);
    let lines = of("GLOBAL a C\nNONE\nEMPTY_DICT\nBINUNICODE \"f\"\nNONE\nSETITEM\nTUPLE2\nBUILD\nSTOP");
    assert_eq!(lines, ["import a", "for key, value in {'f': None}.items(): setattr(a.C, key, value)", "result = a.C"]);
    let lines =
        of("PROTO 2\nGLOBAL copy_reg add_extension\nBINUNICODE \"os\"\nBINUNICODE \"system\"\nBININT1 9\nTUPLE3\n\
                    REDUCE\nEXT1 9\nBINUNICODE \"id\"\nTUPLE1\nREDUCE\nEXT1 7\nPERSID some\nTUPLE3\nSTOP");
    let expected = [
        "import copyreg",
        "x0 = copyreg.add_extension('os', 'system', 9)",
        "import os",
        "x1 = os.system('id')",
        "x2 = extension(7)",
        "x3 = persistent_load('some')",
        "result = (x1, x2, x3)",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_broken_stream_is_written_until_it_breaks() {
    let listing = listing(b"cos\nsystem\n(Vid\ntR](K\x01e\xff.");
    let lines: Vec<_> = listing.lines.iter().map(|line| line.text.as_str()).collect();
    let expected =
        ["import os", "x0 = os.system('id')", "x1 = [1]", "# broken here: at byte 23: byte 0xff is no opcode"];
    assert_eq!(lines, expected);
    assert!(listing.broken.is_some());
}

#[test]
fn several_pickles_and_odd_names_are_told() {
    assert_eq!(
        of("NONE\nSTOP\nGLOBAL a-b c-d\nSTOP"),
        ["result = None", "import importlib", "result_2 = getattr(importlib.import_module('a-b'), 'c-d')"]
    );
    let lines = of("PROTO 4\nGLOBAL base64 b64decode\nBINUNICODE \"b3M=\"\nTUPLE1\nREDUCE\nSTOP");
    assert_eq!(lines[1], "x0 = base64.b64decode('b3M=')  # is b'os'");
}

#[test]
fn wide_values_fill_line_by_line() {
    let items: String = (0..1000).map(|number| format!("BININT {}\n", 100_000 + number)).collect();
    for (open, close) in
        [("EMPTY_LIST\nMARK", "APPENDS"), ("MARK", "TUPLE"), ("EMPTY_SET\nMARK", "ADDITEMS"), ("MARK", "FROZENSET")]
    {
        let lines = of(&format!("PROTO 4\n{open}\n{items}{close}\nSTOP"));
        assert!(lines.len() > 50 && lines.iter().all(|line| line.len() < 500), "{lines:#?}");
        let numbers: usize = lines.iter().map(|line| line.matches("100").count()).sum();
        assert!(numbers >= 1000, "{numbers}");
    }
    let calls = of(&format!("MARK\nGLOBAL a f\n{items}OBJ\nSTOP"));
    assert!(calls.contains(&"x2 = a.f(*x1)".to_owned()), "{calls:#?}");
    let deep = format!("{}{}STOP", "EMPTY_LIST\n".repeat(5000), "APPEND\n".repeat(4999));
    assert!(of(&deep).iter().all(|line| line.len() < 200));
}

#[test]
fn memory_ends_a_listing_politely() {
    let limits = base::limits::Limits { memory: 1 << 20, ..base::limits::Limits::default() };
    let meter = base::budget::Budget::new(limits, std::sync::Arc::new(base::budget::NoWatch)).meter(None);
    let many = [b"]".repeat(1 << 18), vec![b'.']].concat();
    let listing = explain(&Blob::from_bytes(many), &meter).unwrap();
    assert!(listing.broken.is_some());
    assert!(listing.lines.last().unwrap().text.starts_with("# broken here"));
}

#[test]
fn no_prefix_and_no_bytes_break_the_lister() {
    let text =
        "PROTO 4\nGLOBAL posix system\nMARK\nBINUNICODE \"id\"\nTUPLE\nREDUCE\nEMPTY_DICT\nBUILD\nDUP\nAPPEND\nSTOP";
    let whole = testkit::pickle::assemble(text).unwrap();
    for end in 0..whole.len() {
        assert!(listing(&whole[..end]).broken.is_some());
    }
    for at in 0..whole.len() {
        for byte in
            [b'(', b't', b'0', b'1', b'2', b'R', b'b', b'e', b'u', b'\x90', b'\x93', b'\x81', b'\x92', b'\x97', b'\x98']
        {
            let mut other = whole.clone();
            other[at] = byte;
            listing(&other);
        }
    }
}

/// Random graphs of plain data, with sharing and cycles, at every protocol: the listing is Python, and gives the same graph.
#[test]
fn evaluating_the_listing_is_loading_the_pickle() {
    let script = include_str!("graphs.py");
    let graphs = std::env::var("MODELWARD_TEST_REPEATS").ok().and_then(|count| count.parse().ok()).unwrap_or(8_usize);
    let Some(made) = crate::tests::python(&format!("{script}\nmake({graphs}, 7)")) else { return };
    let mut checks = String::new();
    for line in made.lines() {
        let text: Vec<String> =
            listing(&crate::tests::from_hex(line)).lines.into_iter().map(|line| line.text).collect();
        checks.push_str(line);
        checks.push(' ');
        checks.push_str(&crate::tests::hex(text.join("\n").as_bytes()));
        checks.push('\n');
    }
    let folder = std::env::temp_dir().join(format!("modelward-listing-{}", std::process::id()));
    std::fs::write(&folder, checks).unwrap();
    let said = crate::tests::python(&format!("{script}\ncheck({:?})", folder.to_str().unwrap()));
    std::fs::remove_file(&folder).unwrap();
    assert_eq!(said.as_deref().map(str::trim), Some(&*format!("{} graphs are the same", graphs * 4)));
}

#[test]
fn what_changed_inside_of_a_value_leads_to_its_use() {
    let text = "PROTO 2\nEMPTY_LIST\nBINPUT 0\nPOP\nMARK\nBINGET 0\nLIST\nBINPUT 1\nPOP\nBINGET 0\nBININT1 7\nAPPEND\nPOP\n\
                GLOBAL a f\nBINGET 1\nTUPLE1\nREDUCE\nSTOP";
    let listing = listing(&testkit::pickle::assemble(text).unwrap());
    let lines: Vec<_> = listing.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["x0 = []", "x0.append(7)", "import a", "x1 = [x0]", "x2 = a.f(x1)", "result = x2"]);
    assert!(listing.slice([4]).contains(&1));
}

/// The recipes of `testdata`, as Python that its parser takes. `UPDATE_GOLDENS=1` writes them anew.
#[test]
fn recipes_are_listed_as_before_and_as_python() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pickle-asm"));
    paths.sort();
    assert!(paths.len() > 40);
    let mut all = String::new();
    for path in paths {
        let bytes = testkit::pickle::assemble(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let text: String = listing(&bytes).lines.into_iter().map(|line| format!("{}\n", line.text)).collect();
        if let Err(error) = ruff_python_parser::parse_module(&text) {
            panic!("{}: {error}\n{text}", path.display());
        }
        // A line of a bomb is long enough to be recognised by its start.
        let shown = text.lines().map(|line| format!("{}\n", base::expr::shorten(line, 300).0)).take(60);
        all.push_str(&format!("## {}\n{}\n", path.file_stem().unwrap().display(), shown.collect::<String>()));
    }
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/listing/recipes.txt");
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&golden, &all).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    for (line, (now, before)) in all.lines().zip(expected.lines()).enumerate() {
        assert_eq!(now, before, "line {} of {}", line + 1, golden.display());
    }
    assert_eq!(all.len(), expected.len());
}
