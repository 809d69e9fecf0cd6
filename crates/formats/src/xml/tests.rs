//! What the XML reader states.
use base::format::Certainty;

use super::FORMAT;
use crate::reading::{detect, facts, read};

fn texts(bytes: &[u8]) -> Vec<String> {
    let reading = read(&FORMAT, "x.xml", bytes).unwrap();
    assert!(reading.complete(), "{:?}", reading.stop);
    let lines = facts(&reading);
    lines
        .iter()
        .filter(|line| line.starts_with("text"))
        .map(|line| line.split('"').nth(3).unwrap().to_owned())
        .collect()
}

#[test]
fn names_and_markers() {
    let pmml = b"<?xml version=\"1.0\"?>\n<PMML version='4.4'><x:Header a=\"&#1;\">text</x:Header><!-- c --><![CDATA[<y>]]></PMML>\n";
    assert_eq!(texts(pmml), ["PMML", "version", "x:Header", "Header", "a", "javascript:"]);
    let entity = b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>";
    assert_eq!(texts(entity), ["<!DOCTYPE", "<!ENTITY", "a"]);
    let svg = br#"<svg onload="x()"><a href=" java&#x73;cript:x"/><a href="javascript:x"/></svg>"#;
    assert_eq!(texts(svg), ["svg", "onload", "on*", "a", "href", "javascript:"]);
}

#[test]
fn every_encoding() {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><!DOCTYPE a><a/>";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [little.clone(), big.clone(), [&b"\xff\xfe"[..], &little].concat(), [&b"\xfe\xff"[..], &big].concat()]
    {
        assert_eq!(detect(&FORMAT, "", &bytes), Some(Certainty::Certain));
        assert_eq!(texts(&bytes), ["<!DOCTYPE", "a"]);
    }
    assert_eq!(texts(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"), ["a"]);
    assert!(read(&FORMAT, "", b"<?xml version='1.0' encoding='UTF-7'?><a>+ADw-</a>").unwrap().stop.is_some());
}

#[test]
fn a_name_may_take_inertness_away() {
    assert_eq!(detect(&FORMAT, "m.pmml", b"text"), Some(Certainty::Certain));
    assert!(read(&FORMAT, "m.pmml", b"text").unwrap().stop.is_some());
}

#[test]
fn what_is_broken_stops() {
    for text in ["<a>", "<a></b>", "<a", "<?xml version='1.0'?>", "<a>\u{1}</a><b", "<!DOCTYPE a [", "<a b='c></a>"] {
        let reading = read(&FORMAT, "", text.as_bytes()).unwrap();
        assert!(!reading.complete(), "{text}");
    }
    let deep = "<a>".repeat(100_000);
    assert!(read(&FORMAT, "", deep.as_bytes()).unwrap().stop.is_some());
    assert_eq!(detect(&FORMAT, "", b"plain < text"), None);
    let text = b"<?xml version='1.0'?><a b='c'>x<d/><!-- e --></a>";
    for end in 0..text.len() {
        if let Some(reading) = read(&FORMAT, "", &text[..end]) {
            assert!(!reading.complete(), "{end}");
        }
    }
}
