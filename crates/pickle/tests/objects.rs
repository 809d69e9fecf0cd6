//! What objects are taken for: namespaces that are written to, streams in memory, traced graphs, values of a shelf.
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "tests")]

use base::{
    blob::Blob,
    budget::Meter,
    fact::{Call, Data},
    sink::{ChildBody, Collected, Sink},
    stop::Stop,
};

fn read_bytes(bytes: &[u8]) -> (Collected, Result<(), Stop>) {
    let mut collected = Collected::default();
    let mut sink = Sink::new(&mut collected, Meter::unlimited(), true, "objects.pkl");
    let outcome = pickle::read(&Blob::from_bytes(bytes), &mut sink);
    (collected, outcome)
}

fn read(text: &str) -> Collected {
    let (collected, outcome) = read_bytes(&testkit::pickle::assemble(text).unwrap());
    assert_eq!(outcome, Ok(()));
    collected
}

fn calls(collected: &Collected) -> impl Iterator<Item = &Call> {
    collected.facts.iter().filter_map(|fact| if let Data::Call(call) = &fact.data { Some(call) } else { None })
}

/// Whether `os.system` is called with this text.
fn runs(collected: &Collected, command: &str) -> bool {
    calls(collected).any(|call| {
        *call.module == *"os"
            && *call.name == *"system"
            && call.args.iter().any(|arg| arg.to_string().contains(command))
    })
}

/// The children: their names and contents.
fn children(collected: &Collected) -> Vec<(String, Vec<u8>)> {
    let child = |child: &base::sink::Child| {
        let ChildBody::Window(blob) = &child.body else { panic!("children of pickles are windows") };
        (String::from_utf8_lossy(&child.name).into_owned(), blob.bytes_at(0, 1 << 20).unwrap().to_vec())
    };
    collected.children.iter().map(child).collect()
}

#[test]
fn what_is_written_into_a_class_is_the_attribute_of_the_class() {
    let written = |namespace: &str, then: &str| {
        read(&format!(
            "PROTO 4\n{namespace}\nSHORT_BINUNICODE \"run\"\nGLOBAL os system\nSETITEM\nPOP\n\
             GLOBAL some_package.m {then}\nSHORT_BINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nSTOP\n"
        ))
    };
    let class = "GLOBAL builtins vars\nGLOBAL some_package.m Thing\nTUPLE1\nREDUCE";
    assert!(runs(&written(class, "Thing.run"), "echo hi"));
    assert!(!runs(&written(class, "run"), "echo hi"), "the class is not its module");
    let function = "GLOBAL builtins getattr\nGLOBAL some_package.m f\nSHORT_BINUNICODE \"__globals__\"\nTUPLE2\nREDUCE";
    assert!(runs(&written(function, "run"), "echo hi"));
}

#[test]
fn the_text_of_a_stream_that_was_given_its_state_is_known() {
    for (class, state) in [
        ("StringIO", "SHORT_BINUNICODE \"....print(1 + 1 + 1)\"\nSHORT_BINUNICODE \"\\n\"\nBININT1 4\nNONE"),
        ("BytesIO", "SHORT_BINBYTES b\"....print(1 + 1 + 1)\"\nBININT1 4\nNONE"),
    ] {
        let collected = read(&format!(
            "PROTO 4\nGLOBAL builtins exec\nGLOBAL builtins getattr\nGLOBAL _io {class}\nEMPTY_TUPLE\nNEWOBJ\nMARK\n{state}\nTUPLE\n\
             BUILD\nSHORT_BINUNICODE \"read\"\nTUPLE2\nREDUCE\nEMPTY_TUPLE\nREDUCE\nTUPLE1\nREDUCE\nSTOP\n"
        ));
        let children = children(&collected);
        assert!(children.iter().any(|(_, content)| content == b"print(1 + 1 + 1)"), "{class}: {children:?}");
    }
}

#[test]
fn a_traced_graph_is_the_source_that_loading_runs() {
    let graph = |entries: &str, rest: &str| {
        let text = format!(
            "PROTO 4\nGLOBAL torch.fx.graph_module reduce_graph_module\nEMPTY_DICT\nMARK\n{entries}\nSETITEMS\n{rest}\nREDUCE\nSTOP\n"
        );
        children(&read(&text))
    };
    let import = "SHORT_BINUNICODE \"import os;\"\nTUPLE2";
    let whole = vec![("traced-graph.py".to_owned(), b"import os;os.system('id')".to_vec())];
    let code = |name: &str| format!("SHORT_BINUNICODE \"{name}\"\nSHORT_BINUNICODE \"os.system('id')\"");
    assert_eq!(graph(&code("_code"), import), whole);
    // What it was called before PyTorch 1.8, beside a new one that is empty, and other entries.
    let old = format!("SHORT_BINUNICODE \"_code\"\nSHORT_BINUNICODE \"\"\n{}", code("code"));
    assert_eq!(graph(&old, import), whole);
    let none = format!("SHORT_BINUNICODE \"training\"\nNEWTRUE\n{}\nSHORT_BINUNICODE \"_code\"\nNONE", code("code"));
    assert_eq!(graph(&none, import), whole);
    assert_eq!(graph(&code("_code"), "TUPLE1"), [("traced-graph.py".to_owned(), b"os.system('id')".to_vec())]);
    assert_eq!(graph(&code("text"), import), []);
}

#[test]
fn values_of_a_shelf_are_found_at_their_blocks_however_much_lies_between() {
    let value =
        testkit::pickle::assemble("PROTO 4\nGLOBAL os system\nSHORT_BINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nSTOP\n")
            .unwrap();
    let honest = testkit::pickle::assemble("PROTO 4\nSHORT_BINUNICODE \"a text of twenty letters\"\nSTOP\n").unwrap();
    for blocks in [1, 100, 129, 400] {
        let mut shelf = honest.clone();
        // What a longer value left: text, in which nothing begins.
        shelf.resize(blocks * 512, b'a');
        shelf.extend(&value);
        let (collected, _) = read_bytes(&shelf);
        assert!(runs(&collected, "echo hi"), "{blocks} blocks");
    }
}

/// More than any argument is followed.
const MANY: usize = 70_000;

#[test]
fn only_arguments_of_what_may_call_them_must_all_be_known() {
    let called = |callee: &str| {
        let mut text = format!("PROTO 4\nGLOBAL {callee}\nMARK\n");
        text.push_str(&"BININT1 7\n".repeat(MANY));
        text.push_str("TUPLE\nREDUCE\nSTOP\n");
        read_bytes(&testkit::pickle::assemble(&text).unwrap()).1
    };
    assert_eq!(called("some_package restore"), Ok(()));
    assert!(matches!(called("functools partial"), Err(Stop::Limit(_))));
}

#[test]
fn of_a_traced_module_is_stated_what_runs_and_who_traced_it() {
    let found = read(
        "PROTO 4\nGLOBAL torch.fx.graph_module reduce_graph_module\nEMPTY_DICT\nMARK\n\
         SHORT_BINUNICODE \"_code\"\nSHORT_BINUNICODE \"def forward(self): pass\"\n\
         SHORT_BINUNICODE \"_tracer_cls\"\nGLOBAL some_package.m Tracer\n\
         SHORT_BINUNICODE \"training\"\nNEWFALSE\nSETITEMS\nSHORT_BINUNICODE \"import x\"\nTUPLE2\nREDUCE\nSTOP\n",
    );
    let call = calls(&found).find(|call| *call.name == *"reduce_graph_module").unwrap();
    let args: Vec<String> = call.args.iter().map(ToString::to_string).collect();
    assert!(args[0].contains("'_tracer_cls': some_package.m.Tracer"), "{args:?}");
    assert!(!args[0].contains("training") && args[1] == "'import x'", "{args:?}");
}

/// `os.system` called with the constant that these opcodes push: its arguments as they are stated, or why the reading ended.
fn called_with(constant: &[u8]) -> Result<String, String> {
    let bytes = [b"cos\nsystem\n", constant, b"\x85R."].concat();
    let (collected, outcome) = read_bytes(&bytes);
    let flaw = collected.facts.iter().find_map(|fact| match &fact.data {
        Data::Flaw(flaw) => Some(flaw.id.to_string()),
        _ => None,
    });
    match (calls(&collected).next(), outcome, flaw) {
        (Some(call), Ok(()), _) => Ok(call.args.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        (_, outcome, flaw) => Err(flaw.unwrap_or_else(|| format!("{outcome:?}"))),
    }
}

#[test]
fn constants_of_every_length_are_what_they_are() {
    let counted = |opcode: u8, len: &[u8], text: &[u8]| called_with(&[&[opcode], len, text].concat());
    assert_eq!(counted(b'C', &[2], b"hi").as_deref(), Ok("b'hi'"));
    assert_eq!(counted(b'B', &2_u32.to_le_bytes(), b"hi").as_deref(), Ok("b'hi'"));
    assert_eq!(counted(0x8e, &2_u64.to_le_bytes(), b"hi").as_deref(), Ok("b'hi'"));
    assert_eq!(counted(0x96, &2_u64.to_le_bytes(), b"hi").as_deref(), Ok("builtins.bytearray(b'hi')"));
    assert_eq!(counted(0x8d, &2_u64.to_le_bytes(), b"hi").as_deref(), Ok("'hi'"));
    for beyond in [1_u64 << 63, u64::MAX] {
        assert_eq!(counted(0x8d, &beyond.to_le_bytes(), b"hi"), Err("huge-allocation".to_owned()));
    }
    let below = ((1_u64 << 63) - 1).to_le_bytes();
    assert_ne!(
        counted(0x8d, &below, b"hi"),
        Err("huge-allocation".to_owned()),
        "text is read before room is made for it"
    );
    assert_eq!(counted(0x8e, &below, b"hi"), Err("huge-allocation".to_owned()), "room is made for bytes at once");
}

#[test]
fn lines_longer_than_a_window_are_constants_too() {
    for (opcode, quote) in [(b'V', ""), (b'S', "'")] {
        let text = "echo ".repeat(80_000);
        let line = [&[opcode], quote.as_bytes(), text.as_bytes(), quote.as_bytes(), b"\n"].concat();
        let args = called_with(&line).unwrap();
        assert!(args.starts_with("'echo echo "), "{args:.20}");
    }
}

#[test]
fn what_a_function_makes_of_bytes_is_not_the_bytes() {
    let loaded = |method: &str| {
        let found = read(&format!(
            "PROTO 4\nGLOBAL pickle loads\nGLOBAL builtins bytes.{method}\nSHORT_BINBYTES \"hELLO\"\nTUPLE1\nREDUCE\nTUPLE1\nREDUCE\nSTOP\n"
        ));
        children(&found).into_iter().map(|(_, content)| content).collect::<Vec<_>>()
    };
    assert_eq!(loaded("swapcase"), [b"Hello"]);
    assert_eq!(loaded("strip"), [b"hELLO"]);
}

#[test]
fn what_cannot_be_called_ends_loading() {
    for callee in ["BININT1 7", "SHORT_BINUNICODE \"os.system\"", "EMPTY_LIST", "EMPTY_TUPLE", "NONE"] {
        let text = format!("PROTO 4\n{callee}\nEMPTY_TUPLE\nREDUCE\nGLOBAL os system\nPOP\nSTOP\n");
        let (found, outcome) = read_bytes(&testkit::pickle::assemble(&text).unwrap());
        let Err(Stop::Malformed { what, .. }) = outcome else { panic!("{callee}: {outcome:?}") };
        assert!(what.ends_with("is called"), "{callee}: {what}");
        assert_eq!(calls(&found).count(), 0, "{callee}");
        assert!(
            !found.facts.iter().any(|fact| matches!(fact.data, Data::Import(_))),
            "{callee}: nothing runs behind it"
        );
    }
}

#[test]
fn whatever_loads_bytes_has_them_given_back() {
    let given = |text: &str| {
        let found = read(&format!("PROTO 4\n{text}\nSTOP\n"));
        children(&found).into_iter().map(|(name, content)| format!("{name} {}", content.len())).collect::<Vec<_>>()
    };
    let bytes = "SHORT_BINBYTES \"cos\\nsystem\\n.\"";
    for loader in
        ["pickle5 loads", "zodbpickle loads", "srsly pickle_loads", "pyspark.serializers PickleSerializer.loads"]
    {
        assert_eq!(given(&format!("GLOBAL {loader}\n{bytes}\nTUPLE1\nREDUCE")), ["loads-argument.pkl 12"], "{loader}");
    }
    let second = format!("GLOBAL spacy.tokens.doc unpickle_doc\nNONE\n{bytes}\nSHORT_BINUNICODE \"x\"\nTUPLE3\nREDUCE");
    assert_eq!(given(&second), ["loads-argument.pkl 12"]);
    let stream = format!("GLOBAL io BytesIO\n{bytes}\nTUPLE1\nREDUCE");
    assert_eq!(given(&format!("GLOBAL pickle5 load\n{stream}\nTUPLE1\nREDUCE")), ["load-argument.pkl 12"]);
    let state = format!("GLOBAL polars Expr\nEMPTY_TUPLE\nREDUCE\n{bytes}\nBUILD");
    assert_eq!(given(&state), ["loads-argument.pkl 12"]);
    assert_eq!(given(&format!("GLOBAL some_package f\n{bytes}\nTUPLE1\nREDUCE")), Vec::<String>::new());
}

/// Members of PyTorch's first format: a pickle that counts entries, and for each a pickle with raw numbers behind it.
#[test]
fn numbers_behind_pickles_of_the_first_format_are_explained() {
    let member = |name: &str, entry: &str, numbers: &[u8]| {
        let mut bytes = testkit::pickle::assemble("PROTO 2\nBININT1 1\nSTOP\n").unwrap();
        bytes.extend(testkit::pickle::assemble(&format!("PROTO 2\n{entry}\nTUPLE3\nSTOP\n")).unwrap());
        bytes.extend_from_slice(numbers);
        let mut collected = Collected::default();
        let mut sink = Sink::new(&mut collected, Meter::unlimited(), true, name);
        let outcome = pickle::read(&Blob::from_bytes(bytes.as_slice()), &mut sink);
        let ledger = sink.into_ledger();
        let claimed: u64 = ledger.claims().map(|(range, _)| range.end - range.start).sum();
        (outcome, claimed == bytes.len() as u64, collected)
    };
    let storage = "BININT1 5\nBINUNICODE \"cpu\"\nGLOBAL torch FloatStorage";
    let numbers = [&2_u64.to_le_bytes()[..], &[7; 8]].concat();
    let (outcome, whole, _) = member("storages", storage, &numbers);
    assert_eq!((outcome, whole), (Ok(()), true));
    let tensor = "BININT1 5\nBININT1 6\nGLOBAL torch FloatTensor";
    let geometry = [1_u64, 2, 1, 0].map(u64::to_le_bytes).concat();
    let (outcome, whole, _) = member("tensors", tensor, &geometry);
    assert_eq!((outcome, whole), (Ok(()), true));
    let (outcome, _, _) = member("tensors", tensor, &u64::to_le_bytes(u64::from(u32::MAX)));
    assert!(matches!(outcome, Err(Stop::Malformed { .. })), "{outcome:?}");
    // Neither is what the other is, nor any other member either.
    for (name, entry) in [("storages", tensor), ("tensors", storage), ("pickle", storage)] {
        let (outcome, whole, _) = member(name, entry, &numbers);
        assert!(outcome.is_err() || !whole, "{name}");
    }
    // An unpickler that knows nothing of numbers takes them for what they say.
    let (_, _, found) = member("storages", storage, b"cos\nsystem\n(S'echo hi'\ntR.");
    assert!(runs(&found, "echo hi"));
}

#[test]
fn functions_of_the_lite_interpreter_state_their_operators() {
    let text = |text: &str| format!("BINUNICODE \"{text}\"\n");
    let tuple = |parts: &[String]| format!("MARK\n{}TUPLE\n", parts.concat());
    let row = |key: &str, parts: &[String]| tuple(&[text(key), tuple(parts)]);
    let operator = |name: &str| tuple(&[text(name), text("")]);
    let function = |name: &str, operators: &[String], constants: &[String]| {
        tuple(&[
            text(name),
            tuple(&[
                row("instructions", &[]),
                row("operators", operators),
                row("constants", constants),
                row("types", &[]),
            ]),
        ])
    };
    let states = |functions: &[String]| {
        let bytes = format!("PROTO 2\nMARK\nBININT1 8\n{}TUPLE\nSTOP\n", functions.concat());
        let mut collected = Collected::default();
        let bytes = testkit::pickle::assemble(&bytes).unwrap();
        let mut sink = Sink::new(&mut collected, Meter::unlimited(), true, "bytecode.pkl");
        let outcome = pickle::read(&Blob::from_bytes(bytes.as_slice()), &mut sink);
        let found = collected.facts.into_iter().filter_map(|fact| match fact.data {
            Data::Operator(found) => {
                let args: Vec<String> = found.args.iter().map(ToString::to_string).collect();
                Some(format!("{}::{} {} {} {}", found.domain, found.name, found.node, found.when, args.join(" ")))
            }
            _ => None,
        });
        (found.collect::<Vec<_>>(), outcome.is_ok())
    };
    let forward =
        function("__torch__.M.forward", &[operator("aten::add"), operator("aten::from_file")], &[text("/etc/x")]);
    let load = function("__torch__.M.__setstate__", &[operator("aten::save")], &[]);
    let (found, whole) = states(&[forward, load]);
    assert_eq!(
        found,
        [
            "aten::add __torch__.M.forward called '/etc/x'",
            "aten::from_file __torch__.M.forward called '/etc/x'",
            "aten::save __torch__.M.__setstate__ load ",
        ]
    );
    assert!(whole);
    // A function that cannot be read leaves the reading incomplete.
    let odd = tuple(&[text("__torch__.M.forward"), tuple(&[row("operators", &[])])]);
    assert_eq!(states(&[odd]), (Vec::new(), false));
}
