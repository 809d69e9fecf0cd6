//! What the JSON reader states, and where it stops.
use base::{format::Certainty, reason::Reason, stop::Stop};

use super::FORMAT;
use crate::reading::{Reading, detect, facts, read};

/// Keys and markers only.
fn stated(bytes: &[u8]) -> Vec<String> {
    let reading = read(&FORMAT, "x.json", bytes).unwrap();
    assert!(reading.complete(), "{:?}", reading.stop);
    texts(&reading)
}

fn texts(reading: &Reading) -> Vec<String> {
    let text =
        |line: &String| line.strip_prefix("text role=").map(|line| line.replace("\" text=\"", " ").replace('"', ""));
    facts(reading).iter().filter_map(text).map(|line| line.split(" @").next().unwrap().to_owned()).collect()
}

#[test]
fn keys_are_stated_once_unless_their_value_is_a_number() {
    let text = br#"{"auto_map": {"AutoModel": "modeling.Model"}, "vocab": {"requirements": 7, "class_name": 1.5e3},
        "none": null, "on": 1, "list": [{"auto_map": true}], "esc\u0061pe": "x"}"#;
    assert_eq!(
        stated(text),
        ["key auto_map", "key AutoModel", "marker dotted:AutoModel", "key vocab", "key on", "key list", "key escape"]
    );
}

#[test]
fn templates_and_resolvers_are_marked() {
    assert_eq!(stated(br#"{"t": "{% if a %}\u007b{ a }}"}"#), ["key t", "marker {{", "marker {%"]);
    assert_eq!(stated(br#"{"t": ["${oc.env:HOME}"]}"#), ["key t", "marker ${"]);
}

#[test]
fn every_encoding_that_python_takes() {
    let text = "{\"_target_\": \"os.system\", \"ü\": \"😀\"}";
    let utf16 = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    let utf32 = |to: fn(u32) -> [u8; 4]| text.chars().flat_map(|letter| to(letter.into())).collect::<Vec<u8>>();
    for bytes in [
        text.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        [b"\xff\xfe".to_vec(), utf16(u16::to_le_bytes)].concat(),
        [b"\xfe\xff".to_vec(), utf16(u16::to_be_bytes)].concat(),
        utf32(u32::to_le_bytes),
        utf32(u32::to_be_bytes),
        [b"\xff\xfe\0\0".to_vec(), utf32(u32::to_le_bytes)].concat(),
    ] {
        assert_eq!(detect(&FORMAT, "", &bytes), Some(Certainty::Certain));
        assert_eq!(stated(&bytes), ["key _target_", "marker dotted:_target_"]);
    }
}

#[test]
fn duplicates_and_trailing_data_are_flaws() {
    let reading = read(&FORMAT, "", br#"{"a": "x", "b": {"a": "x"}, "\u0061": "y"} then text"#).unwrap();
    assert!(reading.complete());
    let flaws: Vec<_> = facts(&reading).into_iter().filter(|line| line.starts_with("flaw")).collect();
    assert_eq!(flaws.len(), 2, "{flaws:?}");
    assert!(flaws[0].contains("duplicate-key") && flaws[0].contains("part=\"a\""));
    assert!(flaws[1].contains("trailing-data"));
    assert_eq!(reading.children.len(), 1);
    assert_eq!((reading.children[0].place.offset, reading.children[0].place.length), (43, 9));
}

#[test]
fn lines_of_documents_are_read_to_the_end() {
    let reading = read(&FORMAT, "", b"{\"a\": \"x\"}\n[1]\n{\"b\": []}\n").unwrap();
    assert!(reading.complete() && reading.children.is_empty());
    assert!(facts(&reading).iter().any(|line| line.contains("key=\"documents\" value=\"3\"")));
    for text in ["[]", "{}", " [1, -2.5e-3, \"x\", true, null, NaN, -Infinity]\n", "[[[]]]"] {
        assert!(read(&FORMAT, "", text.as_bytes()).unwrap().complete(), "{text}");
    }
}

#[test]
fn what_is_no_json_is_not_taken_for_it() {
    for text in ["{{ bos_token }}", "{% for %}", "[section]\nkey = 1", "plain", "{a: 1}", "", "{'a': 1}"] {
        assert_eq!(detect(&FORMAT, "x.json", text.as_bytes()), None, "{text}");
    }
    for text in ["[1] Knuth, 1968", "[\"a\" \"b\"]", "[1,]", "[01]", "[\"\\x\"]", "[nul]"] {
        let reading = read(&FORMAT, "", text.as_bytes()).unwrap();
        assert!(!reading.passed || !reading.children.is_empty(), "{text}");
    }
    let malformed = read(&FORMAT, "", br#"{"a": "x", "chat_template": "y", oops}"#).unwrap();
    assert!(matches!(malformed.stop, Some(Stop::Malformed { at: 33, .. })), "{:?}", malformed.stop);
    assert_eq!(texts(&malformed), ["key a", "key chat_template"]);
}

#[test]
fn nesting_ends_at_the_cap() {
    let deep = |count: usize| format!("{{\"a\": {}{}}}", "[".repeat(count), "]".repeat(count));
    assert!(read(&FORMAT, "", deep(511).as_bytes()).unwrap().complete());
    for count in [512, 1_000_000] {
        assert_eq!(read(&FORMAT, "", deep(count).as_bytes()).unwrap().stop, Some(Stop::Limit(Reason::Depth)));
    }
}

#[test]
fn every_prefix_stops_politely() {
    let text = r#"{"a": ["\ud83d\ude00", -1.5e+3, true, null, {"b": "ü"}], "c": {}}"#.as_bytes();
    for end in 0..text.len() {
        if let Some(reading) = read(&FORMAT, "", &text[..end]) {
            assert!(!reading.complete() || end == text.len(), "{end}");
        }
    }
    assert!(read(&FORMAT, "", text).unwrap().complete());
}
