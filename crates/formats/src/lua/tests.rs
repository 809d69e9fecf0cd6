//! Chunks made by the real compilers (`testdata/make.sh`), and source.
use super::*;
use crate::reading;

const DUMPS: [(&str, &[u8]); 6] = [
    ("5.1", include_bytes!("testdata/lua51.luac")),
    ("5.2", include_bytes!("testdata/lua52.luac")),
    ("5.3", include_bytes!("testdata/lua53.luac")),
    ("5.4", include_bytes!("testdata/lua54.luac")),
    ("jit", include_bytes!("testdata/luajit.luac")),
    ("jit stripped", include_bytes!("testdata/luajit-stripped.luac")),
];

fn calls(reading: &reading::Reading) -> String {
    reading::facts(reading).into_iter().filter(|fact| fact.starts_with("call")).collect::<Vec<_>>().join("\n")
}

/// What `testdata/sample.lua` does, in whatever form it comes.
fn holds(name: &str, reading: &reading::Reading) {
    assert!(reading.complete(), "{name}: {:?} {:?}", reading.stop, reading.ledger);
    let calls = calls(reading);
    for wanted in [
        r#"module="lua:os" name="execute" how="call" when="import" args=('echo one')"#,
        r#"module="lua:os" name="execute" how="call" when="import" args=('echo two')"#,
        r#"module="lua:io" name="popen" how="call" when="import" args=('echo three', 'r')"#,
        r#"module="lua:os" name="execute" how="call" when="called" args=('echo four')"#,
        r#"module="lua:_G" name="loadstring" how="call" when="import" args=('os.execute([[echo five]])')"#,
        r#"module="lua:_G" name="require" how="call" when="import" args=('socket')"#,
        r#"module="lua:socket" name="connect" how="call" when="import" args=('198.51.100.7', 4444)"#,
    ] {
        assert!(calls.contains(wanted), "{name}: {wanted} in\n{calls}");
    }
    assert_eq!(reading.children.len(), 1, "{name}: the text given to loadstring");
}

#[test]
fn what_real_compilers_write_is_followed() {
    for (name, bytes) in DUMPS {
        holds(name, &reading::read(&BYTECODE, "", bytes).unwrap());
    }
    holds("source", &reading::read(&SOURCE, "sample.lua", include_bytes!("testdata/sample.lua")).unwrap());
}

#[test]
fn every_prefix_stops_politely() {
    for (name, bytes) in DUMPS {
        for cut in testkit::prefixes(bytes, &[]).filter(|cut| *cut > 4) {
            let reading = reading::parse(&BYTECODE, "", &bytes[..cut], false);
            assert!(reading.stop.is_some(), "{name} cut at {cut}");
        }
    }
}

#[test]
fn a_broken_chunk_tells_what_its_text_says() {
    let reading = reading::read(&BYTECODE, "", b"\x1bLuaos.execute('echo pwned')").unwrap();
    assert!(!reading.complete());
    assert!(calls(&reading).contains(r#"module="lua:os" name="execute""#), "{:?}", reading::facts(&reading));
    let lie = b"\x1bLuaT\0\x19\x93\r\n\x1a\n\x04\x08\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    assert!(reading::read(&BYTECODE, "", lie).unwrap().stop.is_some());
}

#[test]
fn indirections_in_source_are_followed() {
    for source in [
        "_G['o'..'s']['exe'..'cute']('id')",
        "local f = os.execute f('id')",
        "local o = require 'os' o.execute 'id'",
        "os[string.char(101,120,101,99,117,116,101)]('id')",
        "os[('etucexe'):reverse()] [[id]]",
        "package.loaded.os.execute(\"i\\x64\")",
        "local t = table.concat({'i', 'd'}) os.execute(t)",
        "if x then return (os.execute)('id') end",
        "getfenv(0).os.execute('\\105d')",
        "local a, b = os, 'execute' a[b]('id')",
        "(getfenv or function() return _ENV end)().os.execute('id')",
        "local f = os.execute or print f('id')",
        "rawget(os, 'execute')('id')",
    ] {
        let reading = reading::read(&SOURCE, "a.lua", source.as_bytes()).unwrap();
        assert!(calls(&reading).contains("module=\"lua:os\" name=\"execute\""), "{source}: {:?}", reading::facts(&reading));
        assert!(calls(&reading).contains("args=('id')"), "{source}: {:?}", reading::facts(&reading));
    }
}

#[test]
fn running_over_a_library_is_a_computed_name() {
    let source = "for k, v in pairs(os) do if k:sub(1, 3) == 'exe' then v('id') end end";
    let reading = reading::read(&SOURCE, "a.lua", source.as_bytes()).unwrap();
    let facts = reading::facts(&reading).join("\n");
    assert!(facts.contains("origin=\"computed\"") && facts.contains("name=\"os\""), "{facts}");
}

#[test]
fn comments_texts_and_definitions_are_no_calls() {
    let source = "-- os.execute('id')\n--[==[ os.execute('id') ]==]\nlocal s = \"os.execute('id')\"\nfunction os_execute(cmd) return cmd end\nlocal function execute(x) end\n";
    let reading = reading::read(&SOURCE, "a.lua", source.as_bytes()).unwrap();
    assert!(reading.complete() && calls(&reading).is_empty(), "{:?}", reading::facts(&reading));
}

#[test]
fn deep_and_broken_source_stops_politely() {
    for source in ["f(".repeat(100_000), "function ".repeat(50_000), ")]}end ".repeat(50_000), "[[".repeat(1000), "a..".repeat(100_000)] {
        assert!(reading::read(&SOURCE, "a.lua", source.as_bytes()).unwrap().stop.is_none());
    }
}

#[test]
fn changed_bytes_stop_politely() {
    for (name, bytes) in DUMPS {
        reading::change(&BYTECODE, name, bytes);
    }
    reading::change(&SOURCE, "a.lua", include_bytes!("testdata/sample.lua"));
}
