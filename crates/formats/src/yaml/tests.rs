//! What the YAML reader states.
use base::{format::Certainty, reason::Reason, stop::Stop};

use super::FORMAT;
use crate::reading::{detect, facts, read};

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
fn keys_tags_and_values() {
    let text = "model:\n  _target_: os.system\n  path: ${oc.env:HOME}\n  n: 3\nlist: [a, {b: c}]\n";
    assert_eq!(texts("", text), ["model", "_target_", "dotted:_target_", "path", "${", "n", "list", "b"]);
    assert_eq!(texts("", "a: &x {b: c}\nd: *x\n? e\n: f\n"), ["a", "b", "d", "e"]);
}

#[test]
fn every_way_to_write_a_python_tag() {
    for text in [
        "a: !!python/object/apply:os.system [id]\n",
        "- !<tag:yaml.org,2002:python/object/apply:os.system> [id]\n",
        "- !<tag:yaml.org,2002:%70ython/name:os.system> ''\n",
        "%TAG !p! tag:yaml.org,2002:python/\n---\n- !p!name:os.system ''\n",
        "--- !!%70ython/name:os.system\n...\n",
    ] {
        assert!(texts("", text).contains(&"!!python".to_owned()), "{text}");
    }
    assert!(texts("x.yaml", "a: !new:os.system [id]\n").contains(&"!".to_owned()));
    assert!(texts("x.yaml", "%TAG !p! tag:x\n---\na: 1\n").contains(&"%TAG".to_owned()));
    assert_eq!(texts("x.yaml", "a: !!str b\nc: ! d\ne: !!set {f}\n"), ["a", "c", "e", "f"]);
}

#[test]
fn an_alias_bomb_is_weighed_not_expanded() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..30 {
        text += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(","));
    }
    let reading = read(&FORMAT, "x.yaml", text.as_bytes()).unwrap();
    assert!(reading.complete());
    assert_eq!(facts(&reading).iter().filter(|line| line.contains("alias-bomb")).count(), 1);
}

#[test]
fn prose_and_broken_text() {
    assert_eq!(detect(&FORMAT, "notes.txt", b"Once upon a time"), None);
    assert_eq!(detect(&FORMAT, "x.yaml", b"Once upon a time"), Some(Certainty::Certain));
    assert!(!read(&FORMAT, "", b"Title: a: b: c\n\ttext [\n").unwrap().passed);
    let duplicate = read(&FORMAT, "x.yaml", b"a: 1\na: 2\n<<: {}\n<<: {}\n").unwrap();
    assert_eq!(facts(&duplicate).iter().filter(|line| line.contains("duplicate-key")).count(), 1);
    let deep = "[".repeat(100_000);
    let stop = read(&FORMAT, "x.yaml", deep.as_bytes()).unwrap().stop;
    assert!(matches!(stop, Some(Stop::Limit(Reason::Depth) | Stop::Malformed { .. })), "{stop:?}");
}

#[test]
fn every_prefix_ends() {
    let text = "%YAML 1.1\n--- !!map\na: &x [1, 'b', \"c\\n\"]\nd: |\n  text\ne: *x\n...\n";
    for end in 0..text.len() {
        read(&FORMAT, "x.yaml", &text.as_bytes()[..end]);
    }
    let marked = [&b"\xff\xfe"[..], &"a: b\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat();
    assert!(read(&FORMAT, "x.yaml", &marked).unwrap().complete());
}
