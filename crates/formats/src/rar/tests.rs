//! Tests of RAR: archives put together by hand, as no free tool writes them.

use testkit::compress::crc32;

use super::*;
use crate::reading::{self, Reading};

/// A block of RAR 4.
fn four(kind: u8, flags: u16, body: &[u8], data: &[u8]) -> Vec<u8> {
    let size = (7 + body.len()) as u16;
    let head = [&[kind][..], &flags.to_le_bytes(), &size.to_le_bytes(), body].concat();
    let sum = (crc32(&head) & 0xffff) as u16;
    [&sum.to_le_bytes()[..], &head, data].concat()
}

fn four_file(name: &str, flags: u16, method: u8, attributes: u32, data: &[u8]) -> Vec<u8> {
    let size = (data.len() as u32).to_le_bytes();
    let length = (name.len() as u16).to_le_bytes();
    let fixed = [&size[..], &size, &[3], &[0; 8], &[20, method], &length, &attributes.to_le_bytes(), name.as_bytes()];
    four(0x74, 0x8000 | flags, &fixed.concat(), data)
}

fn four_archive(files: &[Vec<u8>]) -> Vec<u8> {
    [FOUR.to_vec(), four(0x73, 0, &[0; 6], b""), files.concat(), four(0x7b, 0x4000, b"", b"")].concat()
}

/// A block of RAR 5 whose fields fit one byte each.
fn five(kind: u8, body: &[u8], extra: &[u8], data: &[u8]) -> Vec<u8> {
    let flags = u8::from(!extra.is_empty()) | if data.is_empty() { 0 } else { 2 };
    let mut head = vec![kind, flags];
    if !extra.is_empty() {
        head.push(extra.len() as u8);
    }
    if !data.is_empty() {
        head.push(data.len() as u8);
    }
    head.extend([body, extra].concat());
    let sized = [&[head.len() as u8][..], &head].concat();
    [&crc32(&sized).to_le_bytes()[..], &sized, data].concat()
}

fn five_file(name: &str, method: u8, extra: &[u8], data: &[u8]) -> Vec<u8> {
    let info = u16::from(method) << 7;
    let info = [(info & 0x7f) as u8 | 0x80, (info >> 7) as u8];
    let fields = [&[0, data.len() as u8, 0][..], &info, &[1, name.len() as u8], name.as_bytes()];
    five(2, &fields.concat(), extra, data)
}

fn five_archive(files: &[Vec<u8>]) -> Vec<u8> {
    [FIVE.to_vec(), five(1, &[0], b"", b""), files.concat(), five(5, &[0], b"", b"")].concat()
}

fn read(bytes: &[u8]) -> Reading {
    reading::read(&FORMAT, "x.rar", bytes).unwrap()
}

fn flaws(bytes: &[u8]) -> Vec<String> {
    let reading = read(bytes);
    let flaw = |fact: &base::fact::Fact| match &fact.data {
        base::fact::Data::Flaw(flaw) => Some(format!("{} {}", flaw.id, flaw.part)),
        _ => None,
    };
    reading.facts.iter().filter_map(flaw).collect()
}

/// The content of each child, or why there is none.
fn children(bytes: &[u8]) -> Vec<String> {
    let reading = read(bytes);
    assert!(reading.complete(), "{:?}", reading.stop);
    let body = |child: &Child| match &child.body {
        ChildBody::Window(blob) => String::from_utf8(blob.bytes_at(0, 100).unwrap()).unwrap(),
        ChildBody::Closed(stop) => stop.to_string(),
        ChildBody::Packed(_) => panic!("nothing is packed"),
    };
    reading.children.iter().map(body).collect()
}

#[test]
fn stored_members_are_given_back_and_packed_ones_are_named() {
    let old = [four_file("a", 0, 0x30, 0o100_644, b"abc"), four_file("b", 0, 0x33, 0o100_644, b"xyz")];
    let new = [five_file("a", 0, b"", b"abc"), five_file("b", 3, b"", b"xyz")];
    for archive in [four_archive(&old), five_archive(&new)] {
        assert_eq!(flaws(&archive), [""; 0]);
        let children = children(&archive);
        assert_eq!(children[0], "abc");
        assert!(children[1].contains("method 3"), "{}", children[1]);
    }
}

#[test]
fn encryption_links_and_names_are_told() {
    let encrypted = four_archive(&[four_file("a", 4, 0x30, 0, b"abc")]);
    assert_eq!(flaws(&encrypted), ["encrypted a"]);
    assert_eq!(flaws(&five_archive(&[five_file("a", 0, &[2, 1, 0], b"abc")])), ["encrypted a"]);
    assert_eq!(flaws(&four_archive(&[four_file("../a", 0, 0x30, 0, b"abc")])), ["traversal ../a"]);
    let link = four_archive(&[four_file("a", 0, 0x30, 0o120_777, b"/etc/passwd")]);
    assert_eq!(flaws(&link), ["link-escape a"]);
    let link = five_archive(&[five_file("a", 0, b"\x0a\x05\x01\0\x06../../", b"")]);
    assert_eq!(flaws(&link), ["link-escape a"]);
}

#[test]
fn a_list_that_is_encrypted_ends_the_reading() {
    let four = [FOUR.to_vec(), four(0x73, 0x80, &[0; 6], b""), vec![7; 64]].concat();
    let five = [FIVE.to_vec(), five(4, &[0, 0], b"", b""), vec![7; 64]].concat();
    for bytes in [four, five] {
        assert_eq!(flaws(&bytes), ["encrypted "]);
        assert!(matches!(read(&bytes).stop, Some(Stop::Unsupported(_))));
    }
}

#[test]
fn what_follows_the_end_is_given_back() {
    let bytes = [five_archive(&[five_file("a", 0, b"", b"abc")]), b"tail".to_vec()].concat();
    assert_eq!(flaws(&bytes), ["trailing-data "]);
    assert_eq!(children(&bytes)[1], "tail");
}

#[test]
fn every_prefix_stops_politely() {
    for bytes in [
        four_archive(&[four_file("a", 0, 0x30, 0, b"abc")]),
        five_archive(&[five_file("a", 0, &[2, 1, 0], b"abc")]),
    ] {
        let whole = read(&bytes).children.len();
        for cut in 8..bytes.len() {
            let reading = read(&bytes[..cut]);
            // An archive may end behind any block: the end is no more than a mark.
            assert!(reading.stop.is_some() || reading.children.len() <= whole, "cut at {cut}");
        }
    }
}
