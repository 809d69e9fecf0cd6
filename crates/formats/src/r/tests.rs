//! What R wrote (`testdata/make.R`), promises by hand, and source.
use super::*;
use crate::reading::{self, Reading};

const FILES: [(&str, &[u8]); 8] = [
    ("lm.rds", include_bytes!("testdata/lm.rds")),
    ("lm-v2.rds", include_bytes!("testdata/lm-v2.rds")),
    ("frame-ascii.rds", include_bytes!("testdata/frame-ascii.rds")),
    ("frame-native.rds", include_bytes!("testdata/frame-native.rds")),
    ("workspace.rda", include_bytes!("testdata/workspace.rda")),
    ("compiled.rds", include_bytes!("testdata/compiled.rds")),
    ("closure.rds", include_bytes!("testdata/closure.rds")),
    ("closure-compiled.rds", include_bytes!("testdata/closure-compiled.rds")),
];

fn calls(reading: &Reading) -> String {
    reading::facts(reading).into_iter().filter(|fact| fact.starts_with("call")).collect::<Vec<_>>().join("\n")
}

fn int(value: u32) -> Vec<u8> {
    value.to_be_bytes().to_vec()
}

fn characters(text: &str) -> Vec<u8> {
    [int(0x0004_0009), int(text.len() as u32), text.as_bytes().to_vec()].concat()
}

fn symbol(name: &str) -> Vec<u8> {
    [int(1), characters(name)].concat()
}

fn string(text: &str) -> Vec<u8> {
    [int(16), int(1), characters(text)].concat()
}

/// A call of `function` with these arguments.
fn call(function: &str, args: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = [int(6), symbol(function)].concat();
    for arg in args {
        bytes.extend([int(2), arg.clone()].concat());
    }
    bytes.extend(int(254));
    bytes
}

fn file(object: &[u8]) -> Vec<u8> {
    [b"X\n".to_vec(), int(2), int(0x0004_0200), int(0x0002_0300), object.to_vec()].concat()
}

/// A promise in the global environment, without a value or with one.
fn promise(value: &[u8], expression: &[u8]) -> Vec<u8> {
    [int(0x405), int(253), value.to_vec(), expression.to_vec()].concat()
}

#[test]
fn what_r_writes_is_read_whole() {
    for (name, bytes) in FILES {
        let reading = reading::read(&DATA, name, bytes).unwrap();
        assert!(reading.complete(), "{name}: {:?} {:?}", reading.stop, reading.ledger);
        assert!(!calls(&reading).contains("when=\"load\""), "{name}: {}", calls(&reading));
    }
}

#[test]
fn bodies_of_closures_are_told_compiled_or_not() {
    let of = |wanted| FILES.iter().find(|(name, _)| *name == wanted).map(|(name, bytes)| calls(&reading::read(&DATA, name, bytes).unwrap())).unwrap();
    let closure = of("closure.rds");
    assert!(closure.contains(r#"module="r:base" name="system" how="call" when="called" args=('echo hidden')"#), "{closure}");
    assert!(closure.contains(r#"module="r:utils" name="download.file""#), "{closure}");
    let compiled = of("closure-compiled.rds");
    assert!(compiled.contains(r#"name="system" how="call" when="called" args=('echo compiled')"#), "{compiled}");
}

#[test]
fn a_promise_that_waits_runs_at_load_and_one_with_a_value_does_not() {
    let command = call("system", &[string("id")]);
    let waiting = reading::read(&DATA, "a.rds", &file(&promise(&int(252), &command))).unwrap();
    assert!(waiting.complete());
    assert!(calls(&waiting).contains(r#"name="system" how="call" when="load" args=('id')"#), "{}", calls(&waiting));
    let done = reading::read(&DATA, "a.rds", &file(&promise(&string("x"), &command))).unwrap();
    assert!(calls(&done).contains("when=\"called\""), "{}", calls(&done));
    // Deep in a list, behind `eval` and a text.
    let nested = call("eval", &[call("parse", &[string("a <- system('id')")])]);
    let list = [int(19), int(1), promise(&int(252), &nested)].concat();
    let reading = reading::read(&DATA, "a.rds", &file(&list)).unwrap();
    assert!(calls(&reading).contains(r#"name="eval" how="call" when="load""#), "{}", calls(&reading));
    assert_eq!(reading.children.len(), 1);
    let indirect = call("do.call", &[call("paste0", &[string("sys"), string("tem")]), call("list", &[string("id")])]);
    let reading = reading::read(&DATA, "a.rds", &file(&promise(&int(252), &indirect))).unwrap();
    assert!(calls(&reading).contains(r#"name="system" how="call" when="load" args=('id')"#), "{}", calls(&reading));
}

#[test]
fn a_promise_among_the_variables_of_an_environment_waits() {
    let frame = [int(0x402), symbol("x"), promise(&int(252), &call("system", &[string("id")])), int(254)].concat();
    let environment = [int(4), int(0), int(253), frame, int(254), int(254)].concat();
    let reading = reading::read(&DATA, "a.rds", &file(&environment)).unwrap();
    assert!(reading.complete(), "{:?}", reading.stop);
    assert!(calls(&reading).contains("when=\"called\""), "{}", calls(&reading));
}

/// A closure without parameters and this body, bound to `name` in a list of variables (`ReadItem`, LISTSXP and CLOSXP).
fn variable(name: &str, levels: u32, body: &[u8]) -> Vec<u8> {
    let closure = [int(0x403), int(253), int(254), body.to_vec()].concat();
    [int(0x402 | levels << 12), symbol(name), closure, int(254)].concat()
}

#[test]
fn functions_that_r_calls_by_name_are_told_apart() {
    let command = call("system", &[string("id")]);
    for (name, levels, when) in [
        (".First", 0, "use"),
        (".onLoad", 0, "use"),
        ("print.lm", 0, "use"),
        ("finalize", 0, "use"),
        ("predict", 0, "called"),
        ("predict", 1 << 15, "use"),
    ] {
        let bytes = [b"RDX2\n".to_vec(), file(&variable(name, levels, &command))].concat();
        let reading = reading::read(&DATA, "a.rda", &bytes).unwrap();
        assert!(reading.complete(), "{name}: {:?}", reading.stop);
        assert!(calls(&reading).contains(&format!("when=\"{when}\" args=('id')")), "{name}: {}", calls(&reading));
    }
    // The variables of an object, as R5 and R6 keep methods.
    let environment = [int(4), int(0), int(253), variable("show", 0, &command), int(254), int(254)].concat();
    let reading = reading::read(&DATA, "a.rds", &file(&environment)).unwrap();
    assert!(calls(&reading).contains("when=\"use\""), "{}", calls(&reading));
}

#[test]
fn hooks_of_packages_run_when_their_source_is_loaded() {
    for (source, when) in [
        (".onLoad <- function(lib, pkg) { system('id') }", "import"),
        (".First <- function() system('id')", "import"),
        ("f <- function() system('id')\n.onAttach = function(...) {}", "called"),
        (".onLoad <- function(lib, pkg) { 1 }\ng <- function() { system('id') }", "called"),
    ] {
        let reading = reading::read(&SOURCE, "a.R", source.as_bytes()).unwrap();
        assert!(calls(&reading).contains(&format!("name=\"system\" how=\"call\" when=\"{when}\"")), "{source}: {}", calls(&reading));
    }
}

#[test]
fn every_prefix_stops_politely() {
    for (name, bytes) in FILES {
        for cut in testkit::prefixes(bytes, &[]).filter(|cut| *cut > 8) {
            // A number in digits may end anywhere.
            let reading = reading::parse(&DATA, name, &bytes[..cut], false);
            assert!(reading.stop.is_some() || name.contains("ascii"), "{name} cut at {cut}");
        }
    }
}

#[test]
fn lies_stop_politely() {
    let attribute_of_itself = [int(0x213), int(0), int(255 | 1 << 8)].concat();
    for object in [
        int(255 | 0x7f_ffff << 8),
        [int(14), int(u32::MAX), int(0x4000_0000), int(0)].concat(),
        [int(19), int(0x7fff_ffff)].concat(),
        [int(16), int(0x7fff_ffff), characters("a")].concat(),
        [int(21), int(1), int(13), int(0), int(0x7fff_ffff)].concat(),
        int(6).repeat(200_000),
        int(5).repeat(100_000),
        attribute_of_itself,
        int(99),
    ] {
        assert!(reading::read(&DATA, "a.rds", &file(&object)).unwrap().stop.is_some());
    }
}

#[test]
fn source_is_followed() {
    for source in [
        "system('id')",
        "x <- 'id'\nsystem(x)",
        "run = base::system; run(\"id\")",
        "do.call('system', list('id'))",
        "get(paste0('sys', 'tem'))('id')",
        "sapply('id', system)",
        "if (interactive()) { system(\"id\") }",
        "local({ base:::system(r\"(id)\") })",
    ] {
        let reading = reading::read(&SOURCE, "a.R", source.as_bytes()).unwrap();
        assert!(calls(&reading).contains(r#"module="r:base" name="system""#), "{source}: {}", calls(&reading));
        assert!(calls(&reading).contains("('id')"), "{source}: {}", calls(&reading));
    }
    let quiet = "# system('id')\nf <- function(x) { y <- \"system('id')\"; x$system + y }\n";
    let reading = reading::read(&SOURCE, "a.R", quiet.as_bytes()).unwrap();
    assert!(reading.complete() && calls(&reading).is_empty(), "{:?}", reading::facts(&reading));
    let later = reading::read(&SOURCE, "a.R", b"f <- function(x) {\n  system(x)\n}\ng <- function(x) system(x)\n").unwrap();
    assert!(!calls(&later).contains("import") && calls(&later).contains("called"), "{}", calls(&later));
}

#[test]
fn changed_bytes_stop_politely() {
    for (name, bytes) in FILES {
        reading::change(&DATA, name, bytes);
    }
}

#[test]
fn a_text_may_end_the_last_line() {
    // `abs`, and two characters of which the last is an escaped line's end, as R 4 writes both in ASCII.
    for bytes in [b"A\n2\n263171\n131840\n8\n3\nabs\n".as_slice(), b"A\n2\n263171\n131840\n16\n1\n262153\n2\n~\\n\n"] {
        let reading = reading::read(&DATA, "x.rds", bytes).unwrap();
        assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger);
    }
}
