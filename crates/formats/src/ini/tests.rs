//! What INI-like texts state.
use super::FORMAT;
use crate::reading::{facts, read};

fn texts(name: &str, text: &str) -> Vec<String> {
    let reading = read(&FORMAT, name, text.as_bytes()).unwrap();
    assert!(reading.complete(), "{:?}", reading.stop);
    let lines = facts(&reading);
    lines
        .iter()
        .filter(|line| line.starts_with("text"))
        .map(|line| line.split('"').nth(3).unwrap().to_owned())
        .collect()
}

#[test]
fn ini_properties_and_toml_state_their_keys() {
    let spacy = "# spaCy\n[components.ner]\nfactory = \"ner\"\n\n[model]\n@architectures = \"spacy.Tagger.v2\"\npath = ${oc.env:HOME}\n";
    assert_eq!(
        texts("", spacy),
        [
            "components.ner",
            "components",
            "ner",
            "factory",
            "model",
            "@architectures",
            "dotted:@architectures",
            "path",
            "${"
        ]
    );
    assert_eq!(texts("a.properties", "load_models=all\n! bang: x\n")[..1], ["load_models"]);
    let toml = "x = { _target_ = \"os.system\", b = 1 }\n[[tool.y]]\nlist = [\n  \"a\",\n]\n";
    let stated = texts("a.toml", toml);
    assert!(
        ["x", "_target_", "b", "tool", "y", "list"].iter().all(|key| stated.iter().any(|text| text == key)),
        "{stated:?}"
    );
}

#[test]
fn what_is_no_ini_is_refused() {
    assert!(read(&FORMAT, "", b"Once upon a time").is_none());
    assert!(read(&FORMAT, "", b"[1] Knuth").is_none());
    assert!(read(&FORMAT, "settings.py", b"commands = {'run': go}\n").is_none());
    assert!(read(&FORMAT, "", b"#!/usr/bin/env python3\ncommands = 1\n").is_none());
    assert!(!read(&FORMAT, "", b"a=1\n\0").unwrap().passed);
    assert!(read(&FORMAT, "x.cfg", b"no key\n").unwrap().stop.is_some());
}
