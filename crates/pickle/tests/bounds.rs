//! No bound of the machine hides a call: behind each overflow the call is found, or the reading is not complete.
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "tests")]

use base::{
    blob::Blob,
    budget::Meter,
    fact::{Call, Data},
    sink::{ChildBody, Collected, Sink},
    stop::Stop,
};

/// More than any bound on small things.
const MANY: u32 = 70_000;

fn read(bytes: &[u8]) -> (Collected, Result<(), Stop>) {
    let mut collected = Collected::default();
    let mut sink = Sink::new(&mut collected, Meter::unlimited(), true, "bounds.pkl");
    let outcome = pickle::read(&Blob::from_bytes(bytes), &mut sink);
    (collected, outcome)
}

fn calls(collected: &Collected) -> Vec<&Call> {
    collected
        .facts
        .iter()
        .filter_map(|fact| if let Data::Call(call) = &fact.data { Some(call) } else { None })
        .collect()
}

/// Whether `os.system` is called, or the reading says that something is missing.
fn found_or_incomplete(bytes: &[u8]) -> bool {
    let (collected, outcome) = read(bytes);
    let found = calls(&collected).iter().any(|call| *call.module == *"os" && *call.name == *"system");
    if !found && let Err(stop) = &outcome {
        assert!(matches!(stop, Stop::Limit(_)), "{stop}");
    }
    found || outcome.is_err()
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend([0x8c, u8::try_from(text.len()).unwrap()]);
    out.extend(text.as_bytes());
}

fn global(out: &mut Vec<u8>, module: &str, name: &str) {
    out.extend(format!("c{module}\n{name}\n").bytes());
}

fn number(out: &mut Vec<u8>, number: u32) {
    out.push(b'J');
    out.extend(number.to_le_bytes());
}

#[test]
fn many_instances_do_not_hide_a_call_of_the_class() {
    let mut bytes = b"\x80\x04]".to_vec();
    for at in 0..9_000 {
        global(&mut bytes, "some_package", "restore");
        number(&mut bytes, at);
        bytes.extend(b"\x85\x810");
    }
    global(&mut bytes, "some_package", "restore");
    bytes.extend(b"K\x01\x85R.");
    let (collected, outcome) = read(&bytes);
    outcome.unwrap();
    let calls = calls(&collected);
    assert!(calls.iter().any(|call| *call.how == *"reduce"));
    assert!(calls.len() < 5_000, "{}", calls.len());
}

#[test]
fn many_numbers_are_counted() {
    let mut bytes = b"\x80\x04]".to_vec();
    for at in 0..20_000 {
        global(&mut bytes, "some_package", "restore");
        number(&mut bytes, at);
        bytes.extend(b"\x85R0");
    }
    bytes.push(b'.');
    let (collected, _) = read(&bytes);
    let repeats: u64 = calls(&collected).iter().map(|call| call.repeats).sum();
    assert_eq!(repeats, 4096 + 4096 + 8192);
}

#[test]
fn many_planted_methods_do_not_hide_one() {
    let mut bytes = b"\x80\x04".to_vec();
    global(&mut bytes, "argparse", "Namespace");
    bytes.extend(b"\x940");
    for at in 0..MANY {
        bytes.extend(b"h\x00)\x81}");
        text(&mut bytes, "append");
        let name = if at == MANY - 1 { "system" } else { "getcwd" };
        global(&mut bytes, "os", name);
        bytes.extend(b"sb");
    }
    text(&mut bytes, "echo hi");
    bytes.extend(b"a.");
    assert!(found_or_incomplete(&bytes));
}

#[test]
fn many_names_written_over_do_not_hide_one() {
    let mut bytes = b"\x80\x04".to_vec();
    global(&mut bytes, "sys", "modules");
    for at in 0..MANY {
        text(&mut bytes, &format!("module{at}"));
        global(&mut bytes, "sys", "flags");
        bytes.push(b's');
    }
    text(&mut bytes, "json");
    global(&mut bytes, "importlib", "import_module");
    text(&mut bytes, "os");
    bytes.extend(b"\x85Rs0");
    global(&mut bytes, "json", "system");
    text(&mut bytes, "echo hi");
    bytes.extend(b"\x85R.");
    assert!(found_or_incomplete(&bytes));
}

#[test]
fn every_item_reaches_a_planted_method() {
    let mut bytes = b"\x80\x04".to_vec();
    global(&mut bytes, "argparse", "Namespace");
    bytes.extend(b")\x81}");
    text(&mut bytes, "append");
    global(&mut bytes, "importlib", "import_module");
    bytes.extend(b"sb(");
    for at in 0..300 {
        text(&mut bytes, if at == 299 { "hidden_module" } else { "json" });
    }
    bytes.extend(b"e.");
    let (collected, _) = read(&bytes);
    let hidden = |call: &&Call| call.args.iter().any(|arg| arg.to_string().contains("hidden_module"));
    let call = calls(&collected).into_iter().find(hidden).unwrap();
    assert_eq!((&*call.how, &*call.when), ("planted", "load"));
}

/// Makes so many tuples that what came before them is no longer kept.
fn junk(out: &mut Vec<u8>, count: u32) {
    for _ in 0..count {
        out.extend(b"N\x850");
    }
}

#[test]
fn what_is_too_old_to_be_kept_hides_nothing() {
    let mut bytes = b"\x80\x04N".to_vec();
    junk(&mut bytes, 1 << 20);
    text(&mut bytes, "system");
    bytes.extend(b"\x85\x940");
    junk(&mut bytes, 1 << 19);
    global(&mut bytes, "operator", "attrgetter");
    bytes.extend(b"h\x00R");
    global(&mut bytes, "importlib", "import_module");
    text(&mut bytes, "os");
    bytes.extend(b"\x85R\x85R");
    text(&mut bytes, "echo hi");
    bytes.extend(b"\x85R.");
    assert!(found_or_incomplete(&bytes));
}

#[test]
fn long_lists_hide_nothing_behind_their_beginning() {
    let mut bytes = b"\x80\x04".to_vec();
    global(&mut bytes, "builtins", "list");
    global(&mut bytes, "builtins", "map");
    global(&mut bytes, "importlib", "import_module");
    bytes.extend(b"](");
    for at in 0..MANY {
        text(&mut bytes, if at == MANY - 1 { "hidden_module" } else { "json" });
    }
    bytes.extend(b"e\x86R\x85R.");
    assert!(matches!(read(&bytes).1, Err(Stop::Limit(_))));
}

#[test]
fn a_constant_too_long_to_be_looked_at_is_given_back() {
    let mut bytes = b"\x80\x04".to_vec();
    global(&mut bytes, "torch.storage", "_load_from_bytes");
    bytes.push(b'B');
    bytes.extend((17_u32 << 20).to_le_bytes());
    bytes.resize(bytes.len() + (17 << 20), b'x');
    bytes.extend(b"\x85R.");
    let (collected, outcome) = read(&bytes);
    outcome.unwrap();
    let ChildBody::Window(blob) = &collected.children.first().unwrap().body else { panic!("a window") };
    assert_eq!(blob.len(), Some(17 << 20));
}

#[test]
fn methods_are_planted_by_way_of_computed_dicts_and_slots() {
    // A dict made by a call; the `__dict__` of the state of slots; a subclass of dict.
    let states: [&str; 3] = [
        "GLOBAL builtins dict\nEMPTY_LIST\nSHORT_BINUNICODE \"append\"\nGLOBAL os system\nTUPLE2\nAPPEND\nTUPLE1\nREDUCE\n",
        "NONE\nEMPTY_DICT\nSHORT_BINUNICODE \"__dict__\"\nEMPTY_DICT\nSHORT_BINUNICODE \"append\"\nGLOBAL os system\nSETITEM\nSETITEM\nTUPLE2\n",
        "GLOBAL collections Counter\nEMPTY_TUPLE\nNEWOBJ\nSHORT_BINUNICODE \"append\"\nGLOBAL os system\nSETITEM\n",
    ];
    for state in states {
        let text = format!(
            "PROTO 4\nGLOBAL argparse Namespace\nEMPTY_TUPLE\nNEWOBJ\n{state}BUILD\nSHORT_BINUNICODE \"echo hi\"\nAPPEND\nSTOP"
        );
        let (collected, _) = read(&testkit::pickle::assemble(&text).unwrap());
        let found = calls(&collected).into_iter().find(|call| *call.name == *"system");
        assert_eq!(found.map(|call| &*call.when), Some("load"), "{state}");
    }
}

#[test]
fn what_one_pickle_writes_over_stays_so_for_the_next() {
    let text = "PROTO 4\nGLOBAL sys modules\nSHORT_BINUNICODE \"json\"\nGLOBAL importlib import_module\n\
                SHORT_BINUNICODE \"os\"\nTUPLE1\nREDUCE\nSETITEM\nSTOP\n\
                PROTO 4\nGLOBAL json system\nSHORT_BINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nSTOP";
    let (collected, outcome) = read(&testkit::pickle::assemble(text).unwrap());
    outcome.unwrap();
    assert!(calls(&collected).iter().any(|call| *call.module == *"os" && *call.name == *"system"));
}
