//! Tests of tar: honest archives of every dialect, and lies.

use testkit::tar::{Dialect, Entry as TarEntry, Number, TarWriter};

use super::*;
use crate::reading::{self, Reading};

fn read(bytes: &[u8]) -> Reading {
    reading::read(&FORMAT, "model.tar", bytes).unwrap()
}

/// The flaws, by id and part.
fn flaws(reading: &Reading) -> Vec<String> {
    let flaw = |fact: &base::fact::Fact| match &fact.data {
        base::fact::Data::Flaw(flaw) => Some(format!("{} {}", flaw.id, flaw.part)),
        _ => None,
    };
    reading.facts.iter().filter_map(flaw).collect()
}

/// Names and contents of the children.
fn children(reading: &Reading) -> Vec<(String, Vec<u8>)> {
    let child = |child: &Child| {
        let base::sink::ChildBody::Window(blob) = &child.body else { panic!("not a window") };
        (String::from_utf8_lossy(&child.name).into_owned(), blob.bytes_at(0, 1 << 20).unwrap())
    };
    reading.children.iter().map(child).collect()
}

fn honest() -> Vec<u8> {
    TarWriter::new()
        .entry(TarEntry { dialect: Dialect::V7, kind: 0, ..TarEntry::file("v7", b"seven") })
        .entry(TarEntry { size: Number::Base256(3), ..TarEntry::file("binary", b"abc") })
        .entry(TarEntry::new("folder/", b'5', b""))
        .entry(TarEntry { prefix: b"a/b".to_vec(), ..TarEntry::file("prefixed", b"x") })
        .entry(TarEntry { link: b"v7".to_vec(), ..TarEntry::new("folder/link", b'2', b"") })
        .entry(TarEntry { link: b"v7".to_vec(), size: Number::Octal(5), ..TarEntry::new("hard", b'1', b"") })
        .gnu_long_name(&b"long/".repeat(40))
        .file("long/long", b"long name")
        .pax(&[("path", "paxed"), ("mtime", "1.5")])
        .file("short", b"pax")
        .pax_global(&[("comment", "all")])
        .gnu_sparse("sparse", &[(0, b"one"), (9000, b"two")], 10_000)
        .pax_sparse("paxsparse", &[(0, b"one"), (9000, b"two")], 10_000)
        .finish()
}

#[test]
fn every_dialect_is_read_and_nothing_is_wrong_with_it() {
    let reading = read(&honest());
    assert!(reading.complete());
    assert_eq!(flaws(&reading), Vec::<String>::new());
    let given = children(&reading);
    let long = "long/".repeat(40);
    let expected: Vec<(&str, &[u8])> = vec![
        ("v7", b"seven"),
        ("binary", b"abc"),
        ("a/b/prefixed", b"x"),
        ("paxed", b"pax"),
        ("sparse", b"onetwo"),
        ("paxsparse", b"onetwo"),
    ];
    let short: Vec<_> = given.iter().filter(|(name, _)| *name != long).map(|(name, body)| (&**name, &**body)).collect();
    assert_eq!(short, expected);
    let links = reading::facts(&reading).into_iter().filter(|fact| fact.starts_with("reference")).count();
    assert_eq!(links, 2);
}

#[test]
fn each_lie_is_told() {
    let one = |entry: TarEntry| flaws(&read(&TarWriter::new().entry(entry).file("after", b"x").finish()));
    assert_eq!(one(TarEntry::file("../up", b"x")), ["traversal ../up"]);
    assert_eq!(one(TarEntry::file("/abs", b"x")), ["absolute-path /abs"]);
    assert_eq!(one(TarEntry::new("null", b'3', b"")), ["device null"]);
    let link = |kind, target: &[u8]| TarEntry { link: target.to_vec(), ..TarEntry::new("l", kind, b"") };
    assert_eq!(one(link(b'2', b"../../etc/passwd")), ["link-escape l"]);
    assert_eq!(one(link(b'1', b"/etc/passwd")), ["link-escape l"]);
    assert_eq!(one(TarEntry { size: Number::Base256(-1), ..TarEntry::file("n", b"") }), ["size-lie n"]);
    assert_eq!(one(TarEntry { size: Number::Octal(1024), ..TarEntry::new("f/", b'5', b"") }), ["size-lie f/"]);
    let sparse = TarWriter::new().gnu_sparse("s", &[(0, b"x")], 1 << 30).finish();
    assert_eq!(flaws(&read(&sparse)), ["sparse-bomb s"]);
}

#[test]
fn a_folder_with_content_hides_nothing() {
    let entry = TarEntry { body: b"payload".to_vec(), size: Number::Octal(7), ..TarEntry::new("f/", b'5', b"") };
    let reading = read(&TarWriter::new().entry(entry).file("after", b"x").finish());
    assert_eq!(flaws(&reading), ["size-lie f/"]);
    assert_eq!(children(&reading)[0], ("f/#content".into(), b"payload".to_vec()));
    assert!(reading.complete());
}

#[test]
fn what_lies_behind_the_end_is_a_child() {
    let hidden = TarWriter::new().file("hidden", b"payload").finish();
    let reading = read(&[TarWriter::new().file("a", b"x").finish(), vec![0; 3 * BLOCK], hidden.clone()].concat());
    assert_eq!(flaws(&reading), ["data-after-end after-end"]);
    assert_eq!(children(&reading)[1], ("after-end".into(), hidden));
    assert!(reading.complete());
}

#[test]
fn a_bad_header_does_not_hide_what_follows() {
    let bad = TarEntry { checksum: Some(Number::Octal(1)), ..TarEntry::file("bad", b"payload") };
    let reading = read(&TarWriter::new().file("a", b"x").entry(bad).file("b", b"y").finish());
    assert_eq!(flaws(&reading), ["bad-checksum bad"]);
    assert_eq!(children(&reading).len(), 3);
    let reading = read(&TarWriter::new().file("a", b"x").raw(b"no header at all").finish());
    assert_eq!(flaws(&reading), ["bad-checksum after-end"]);
    assert!(reading.complete() && children(&reading)[1].1.starts_with(b"no header"));
}

#[test]
fn an_archive_without_its_end_says_so() {
    assert_eq!(flaws(&read(&TarWriter::new().file("a", b"x").unfinished())), ["missing-end "]);
    let one = [TarWriter::new().file("a", b"x").unfinished(), vec![0; BLOCK]].concat();
    assert_eq!(flaws(&read(&one)), ["missing-end "]);
    let named = TarWriter::new().file("a", b"x").gnu_long_name(b"nobody").finish();
    assert_eq!(flaws(&read(&named)), ["long-name "]);
}

#[test]
fn lengths_that_lie_allocate_nothing_and_end_politely() {
    let huge =
        TarEntry { size: Number::Octal((1 << 33) - 1), dialect: Dialect::Gnu, ..TarEntry::new("x", b'L', b"abc") };
    let reading = read(&TarWriter::new().entry(huge).finish());
    assert!(matches!(reading.stop, Some(Stop::Truncated { .. })));
    let reading = read(
        &TarWriter::new().entry(TarEntry { size: Number::Octal(1 << 32), ..TarEntry::file("n", b"abc") }).finish(),
    );
    assert_eq!(flaws(&reading), ["size-lie n"]);
    assert!(matches!(reading.stop, Some(Stop::Truncated { .. })));
    assert_eq!(children(&reading).len(), 1);
    // Four MiB of name: read within the limit, stepped over, and a flaw.
    let long = TarWriter::new().gnu_long_name(&vec![b'n'; 4 << 20]).file("n", b"x").finish();
    assert!(flaws(&read(&long))[0].starts_with("long-name"));
}

#[test]
fn every_prefix_stops_politely() {
    let bytes = honest();
    let marks: Vec<_> = read(&bytes).facts.iter().map(|fact| fact.at.offset as usize).collect();
    for cut in testkit::prefixes(&bytes, &marks) {
        let reading = reading::parse(&FORMAT, "x.tar", &bytes[..cut], false);
        assert!(reading.stop.is_some() || !flaws(&reading).is_empty() || cut + 2 * BLOCK > bytes.len(), "cut at {cut}");
    }
}

#[test]
fn bits_flipped_in_padding_are_told() {
    let bytes = TarWriter::new().file("a", b"x").finish();
    for at in [BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK + 7, 3 * BLOCK + 7] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 4;
        assert!(!flaws(&read(&flipped)).is_empty(), "at {at}");
    }
}

#[test]
fn detection_wants_a_checksum_or_a_magic() {
    let bytes = TarWriter::new().file("a", b"x").finish();
    assert_eq!(reading::detect(&FORMAT, "x", &bytes), Some(Certainty::Certain));
    let mut broken = bytes.clone();
    broken[0] = b'b';
    assert_eq!(reading::detect(&FORMAT, "x", &broken), Some(Certainty::Possible));
    assert_eq!(reading::detect(&FORMAT, "x", &[0; 4096]), None);
    assert_eq!(reading::detect(&FORMAT, "x", &[b'7'; 4096]), None);
}

#[test]
fn a_sparse_map_that_is_cut_short_is_not_read_to_its_end() {
    let bytes = TarWriter::new().pax_sparse("s", &[(512, b"")], 4096).unfinished();
    for cut in bytes.len() - 500..bytes.len() {
        let reading = reading::parse(&FORMAT, "s.tar", &bytes[..cut], false);
        let claimed = reading.ledger.claims().last().unwrap().0.end;
        assert!(claimed <= cut as u64 || reading.stop.is_some(), "{claimed} of {cut}");
    }
}
