//! Tests of zip: honest archives of every producer, and lies.

use base::{
    fact::Data,
    sink::{ChildBody, Sink},
};
use testkit::{
    compress,
    zip::{Descriptor, End, Header, Member, Zip64End, ZipWriter},
};

use super::*;
use crate::reading::{self, Reading};

fn read(bytes: &[u8]) -> Reading {
    let reading = reading::read(&FORMAT, "model.zip", bytes).unwrap();
    assert!(reading.stop.is_none(), "{:?}", reading.stop);
    assert!(reading.complete(), "{:?}", reading.ledger.gaps(bytes.len() as u64));
    reading
}

/// The ids of the flaws with the part concerned, sorted.
fn flaws(reading: &Reading) -> Vec<String> {
    let flaw = |fact: &base::fact::Fact| match &fact.data {
        Data::Flaw(flaw) => Some(format!("{} {}", flaw.id, flaw.part).trim_end().to_owned()),
        _ => None,
    };
    let mut flaws: Vec<_> = reading.facts.iter().filter_map(flaw).collect();
    flaws.sort();
    flaws
}

/// What a child's bytes are when the engine has opened it.
fn content(child: &Child) -> Option<Vec<u8>> {
    match &child.body {
        ChildBody::Window(blob) => Some(blob.bytes_at(0, 1 << 24).unwrap()),
        ChildBody::Packed(packed) => {
            let from = std::io::Cursor::new(packed.from.bytes_at(0, 1 << 24).unwrap());
            let mut decoder = (packed.codec.open)(Box::new(from), &base::limits::Limits::default()).ok()?;
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut decoder, &mut content).ok()?;
            assert!(packed.size.is_none_or(|size| size == content.len() as u64));
            assert!(packed.crc32.is_none_or(|crc| crc == compress::crc32(&content)));
            Some(content)
        }
        ChildBody::Closed(_) => None,
    }
}

/// Names and contents of the children.
fn children(reading: &Reading) -> Vec<(String, Vec<u8>)> {
    let named = |child: &Child| (String::from_utf8_lossy(&child.name).into_owned(), content(child).unwrap_or_default());
    reading.children.iter().map(named).collect()
}

fn honest() -> Vec<u8> {
    let streamed = |mut member: Member, signed: bool, wide: bool| {
        let Header { crc, packed, size, .. } = member.central;
        member.descriptor = Some(Descriptor { signed, wide, crc, packed, size });
        member.local = Header { crc: 0, packed: 0, size: 0, flags: 8, ..member.local };
        member.central.flags = 8;
        member
    };
    let mut padded = Member::stored("archive/data/0", &[1, 2, 3, 4]);
    padded.local.extra = [&b"FB\x14\0"[..], &[b'Z'; 20]].concat();
    let mut wide = Member::stored("wide", b"forced zip64");
    wide.local.zip64 = true;
    let mut dated = Member::deflated("dated", &[9; 300]);
    dated.local.extra = b"UT\x09\0\x03\0\0\0\0\0\0\0\0ux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0".to_vec();
    dated.central.extra = b"UT\x05\0\x03\0\0\0\0ux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0".to_vec();
    dated.central.flags = 2;
    ZipWriter::new()
        .stored("archive/data.pkl", b"\x80\x02}.")
        .deflated("archive/code/model.py", &b"pass\n".repeat(50))
        .member(padded)
        .member(wide)
        .member(dated)
        .member(streamed(Member::deflated("a", &[1; 99]), true, false))
        .member(streamed(Member::deflated("b", &[2; 99]), false, false))
        .member(streamed(Member::stored("c", &[3; 99]), true, true))
        .stored("folder/", b"")
        .member(Member::packed("META-INF/", 8, b"", vec![3, 0]))
        .stored("empty", b"")
        .finish()
}

#[test]
fn nothing_is_wrong_with_an_honest_archive() {
    let reading = read(&honest());
    assert_eq!(flaws(&reading), Vec::<String>::new());
    let names: Vec<_> = children(&reading).into_iter().map(|(name, _)| name).collect();
    let expected =
        ["archive/data.pkl", "archive/code/model.py", "archive/data/0", "wide", "dated", "a", "b", "c", "empty"];
    assert_eq!(names, expected);
    assert_eq!(children(&reading)[4].1, [9; 300]);
    assert_eq!(children(&reading)[6].1, [2; 99]);
    assert!(reading.children.iter().all(|child| child.also.is_empty()));
    assert_eq!(flaws(&read(&ZipWriter::new().finish())), Vec::<String>::new());
    let zip64 = ZipWriter::new().stored("a", b"x").end(End { zip64: Some(Zip64End::default()), ..End::default() });
    assert_eq!(flaws(&read(&zip64.finish())), Vec::<String>::new());
}

#[test]
fn a_comment_is_a_child() {
    let reading = read(&ZipWriter::new().stored("a", b"x").comment(b"made by hand").finish());
    assert_eq!(flaws(&reading), Vec::<String>::new());
    assert_eq!(children(&reading)[0], ("comment".into(), b"made by hand".to_vec()));
}

/// The flaws of an archive with this member between two honest ones.
fn with(member: Member) -> Reading {
    read(&ZipWriter::new().stored("first", b"1").member(member).stored("last", b"2").finish())
}

fn changed(change: impl Fn(&mut Member)) -> Vec<String> {
    let mut member = Member::deflated("m", &b"model ".repeat(40));
    change(&mut member);
    flaws(&with(member))
}

#[test]
fn each_disagreement_of_the_headers_is_told() {
    assert_eq!(changed(|m| m.local.name = b"other".to_vec()), ["name-mismatch m"]);
    assert_eq!(changed(|m| m.local.method = 0), ["method-mismatch m"]);
    assert_eq!(changed(|m| m.local.crc ^= 1), ["crc-mismatch m"]);
    assert_eq!(changed(|m| m.local.size += 1), ["size-mismatch m"]);
    assert_eq!(changed(|m| m.central.flags = 1), ["encrypted m", "flag-mismatch m"]);
    assert_eq!(changed(|m| m.local.flags = 1), ["encrypted m", "flag-mismatch m"]);
    let both = |flags| changed(move |m| (m.central.flags, m.local.flags) = (flags, flags));
    assert_eq!(both(1), ["encrypted m"]);
    assert_eq!(both(0x20), ["patch-flag m"]);
    assert_eq!(both(0x800 | 6), Vec::<String>::new());
    assert_eq!(changed(|m| m.disk = 3), ["multi-disk m"]);
    assert!(changed(|m| m.offset = Some(5)).contains(&"missing-local m".to_owned()));
    assert_eq!(changed(|m| m.central.extra = b"\x99\x77\x03\0abc".to_vec()), ["gap-data m"]);
    assert_eq!(changed(|m| m.central.size = 1 << 31), ["bomb-ratio m", "size-mismatch m"]);
}

#[test]
fn names_and_modes_are_looked_at() {
    let named = |name: &[u8]| flaws(&with(Member::stored(name, b"x")));
    assert_eq!(named(b"a/../../b"), ["traversal a/../../b"]);
    assert_eq!(named(b"/etc/passwd"), ["absolute-path /etc/passwd"]);
    assert_eq!(named(b"C:\\x"), ["backslash-path C:\\x", "drive-path C:\\x"]);
    assert_eq!(named(b"FIRST"), ["case-collision FIRST"]);
    assert_eq!(named(b"first"), ["duplicate-name first"]);
    assert_eq!(named(b"data.pkl\0.txt"), ["name-mismatch data.pkl\0.txt"]);
    let unix = |mode: u32, body: &[u8]| {
        let made = Member { made_by: 3 << 8 | 30, external: mode << 16, ..Member::deflated("dir/m", body) };
        let reading = with(made);
        (flaws(&reading), reading::facts(&reading).iter().any(|fact| fact.starts_with("reference")))
    };
    assert_eq!(unix(0o120_777, b"../../etc"), (vec!["symlink-escape dir/m".to_owned()], true));
    assert_eq!(unix(0o120_777, b"../first"), (vec![], true));
    assert_eq!(unix(0o020_666, b""), (vec!["device dir/m".to_owned()], false));
    assert_eq!(unix(0o100_644, b"x"), (vec![], false));
}

#[test]
fn an_encryption_bit_does_not_hide_the_content() {
    let mut member = Member::deflated("archive/data.pkl", b"payload");
    member.central.flags = 1;
    let reading = with(member);
    assert_eq!(children(&reading)[1].1, b"payload");
    let mut strong = Member::stored("s", b"payload");
    (strong.central.method, strong.local.method) = (99, 99);
    let reading = with(strong);
    assert!(matches!(reading.children[1].body, ChildBody::Closed(Stop::Unsupported(_))));
    assert_eq!(flaws(&reading), ["encrypted s"]);
}

#[test]
fn both_views_of_a_member_are_given() {
    let mut member = Member::stored("archive/data.pkl", b"whole payload");
    member.local.name = b"archive/readme".to_vec();
    let reading = with(member);
    assert_eq!(reading.children[1].also, [b"archive/readme".to_vec()]);
    // The local header says that the data end sooner, and hides an entry behind that end.
    let inner = ZipWriter::new().stored("inner", b"hidden payload").finish();
    let mut member = Member::stored("outer", &[&b"seven!!"[..], &inner[..49]].concat());
    (member.local.size, member.local.packed) = (7, 7);
    let reading = with(member);
    assert_eq!(flaws(&reading), ["hidden-entry inner", "size-mismatch outer"]);
    let given = children(&reading);
    assert!(given.contains(&("outer".into(), b"seven!!".to_vec())));
    assert!(given.contains(&("inner".into(), b"hidden payload".to_vec())));
}

#[test]
fn members_on_one_local_header_are_one_child() {
    let second = Member { local_of: Some(0), ..Member::stored("again", b"payload") };
    let reading = read(&ZipWriter::new().stored("once", b"payload").member(second).finish());
    assert_eq!(children(&reading).len(), 1);
    assert_eq!(reading.children[0].also, [b"again".to_vec()]);
    assert_eq!(flaws(&reading), ["name-mismatch again", "overlap again"]);
}

#[test]
fn what_no_directory_lists_is_given_back() {
    let hidden = Member { hidden: true, ..Member::deflated("evil.pkl", &[7; 500]) };
    let reading = read(&ZipWriter::new().stored("a", b"x").member(hidden).stored("b", b"y").finish());
    assert_eq!(flaws(&reading), ["hidden-entry evil.pkl"]);
    assert!(children(&reading).contains(&("evil.pkl".into(), vec![7; 500])));
    let bytes = ZipWriter::new().gap(b"#!/bin/sh\n").stored("a", b"x").gap(b"between").stored("b", b"y").finish();
    let reading = read(&[&bytes[..], b"\0\0behind"].concat());
    assert_eq!(flaws(&reading), ["gap-data gap-0x2a", "prefix-data prefix", "trailing-data trailing"]);
    let names: Vec<_> = children(&reading).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b", "prefix", "gap-0x2a", "trailing"]);
    let zeros = ZipWriter::new().gap(&[0; 7]).stored("a", b"x").gap(&[0; 9]).before_end(&[0; 3]).finish();
    assert!(!flaws(&read(&zeros)).iter().any(|flaw| flaw.contains("-data")));
}

#[test]
fn what_holds_nothing_of_an_archive_is_not_given_back_as_its_own_part() {
    let bytes = ZipWriter::new().stored("a", b"x").finish();
    for end in 4..30 {
        let reading = reading::read(&FORMAT, "model.zip", &bytes[..end]).unwrap();
        assert!(reading.stop.is_some() && !reading.complete());
        assert!(reading.children.is_empty() && reading.facts.is_empty(), "{end}: {:?}", flaws(&reading));
    }
}

#[test]
fn a_prefix_that_moved_every_offset_is_followed() {
    let bytes = [&b"self-extracting stub"[..], &ZipWriter::new().stored("a", b"payload").finish()].concat();
    let reading = read(&bytes);
    assert_eq!(flaws(&reading), ["prefix-data prefix"]);
    assert_eq!(children(&reading)[0], ("a".into(), b"payload".to_vec()));
}

#[test]
fn end_records_that_lie_are_told_and_hide_nothing() {
    let end = |end: End| {
        let reading = read(&ZipWriter::new().stored("a", b"payload").stored("b", b"x").end(end).finish());
        assert!(children(&reading).contains(&("a".into(), b"payload".to_vec())), "{:?}", flaws(&reading));
        flaws(&reading)
    };
    assert_eq!(end(End { entries: Some(0), entries_here: Some(0), ..End::default() }), ["end-record-lie"]);
    assert_eq!(end(End { entries: Some(7), entries_here: Some(7), ..End::default() }), ["end-record-lie"]);
    assert!(end(End { offset: Some(999), ..End::default() }).contains(&"end-record-lie".to_owned()));
    assert!(end(End { size: Some(1), ..End::default() }).contains(&"end-record-lie".to_owned()));
    assert_eq!(end(End { disk: Some(2), ..End::default() }), ["multi-disk"]);
    assert_eq!(end(End { central_disk: Some(9), ..End::default() }), ["multi-disk"]);
    let zip64 = |zip64| end(End { zip64: Some(zip64), ..End::default() });
    assert!(zip64(Zip64End { entries: Some(9), ..Zip64End::default() }).contains(&"zip64-lie".to_owned()));
    assert!(zip64(Zip64End { offset: Some(1 << 40), ..Zip64End::default() }).contains(&"zip64-lie".to_owned()));
    assert!(zip64(Zip64End { record: Some(0), ..Zip64End::default() }).contains(&"zip64-lie".to_owned()));
}

#[test]
fn a_second_end_record_in_the_comment_opens_a_second_view() {
    let inner = ZipWriter::new().stored("seen by the last record", b"payload").finish();
    let reading = read(&ZipWriter::new().stored("seen by the first", b"x").comment(&inner).finish());
    assert!(flaws(&reading).contains(&"end-record-lie".to_owned()), "{:?}", flaws(&reading));
    let names: Vec<_> = children(&reading).into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&"seen by the first".into()) && names.contains(&"seen by the last record".into()));
}

#[test]
fn overlapping_members_are_told() {
    let mut greedy = Member::stored("greedy", b"x");
    (greedy.central.packed, greedy.central.size) = (20, 20);
    let reading = with(greedy);
    assert_eq!(flaws(&reading), ["overlap last", "size-mismatch greedy"]);
}

#[test]
fn an_archive_without_its_end_is_read_from_the_front() {
    let whole = honest();
    let directory = whole.windows(4).position(|window| window == header::CENTRAL).unwrap();
    for cut in [directory, directory + 100, whole.len() - 1] {
        let reading = reading::read(&FORMAT, "x", &whole[..cut]).unwrap();
        assert!(matches!(reading.stop, Some(Stop::Truncated { .. })));
        let given = children(&reading);
        for name in ["archive/data.pkl", "archive/code/model.py", "dated", "a", "b"] {
            assert!(given.iter().any(|(other, content)| other == name && !content.is_empty()), "{name} at {cut}");
        }
        assert!(!flaws(&reading).iter().any(|flaw| flaw.starts_with("hidden")), "{:?}", flaws(&reading));
    }
}

#[test]
fn every_prefix_stops_politely() {
    let bytes = ZipWriter::new()
        .gap(b"stub")
        .deflated("a", &[7; 3000])
        .member(Member { hidden: true, ..Member::stored("hidden", b"x") })
        .stored("b", b"y")
        .end(End { zip64: Some(Zip64End::default()), ..End::default() })
        .comment(b"comment")
        .finish();
    for bytes in [bytes, honest()] {
        for cut in testkit::prefixes(&bytes, &[]) {
            let reading = reading::parse(&FORMAT, "x.zip", &bytes[..cut], false);
            let told = reading.stop.is_some() || !flaws(&reading).is_empty();
            // A comment that is cut is all that a reader may not notice.
            assert!(told || cut + 8 > bytes.len(), "cut at {cut}");
        }
    }
}

#[test]
fn no_flipped_bit_panics_or_passes_unseen_between_members() {
    let bytes = honest();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let reading = reading::parse(&FORMAT, "x.zip", &flipped, false);
        assert!(reading.ledger.gaps(bytes.len() as u64).is_empty() || reading.stop.is_some());
    }
    let gap = ZipWriter::new().stored("a", b"x").gap(&[0; 16]).stored("b", b"y").finish();
    let mut flipped = gap.clone();
    flipped[40] ^= 4;
    assert!(flaws(&read(&gap)).is_empty());
    assert_eq!(flaws(&read(&flipped)), ["gap-data gap-0x20"]);
}

#[test]
fn many_false_signatures_cost_one_pass() {
    let junk = b"PK\x03\x04".repeat(200_000);
    let bytes = ZipWriter::new().stored("a", b"x").gap(&junk).stored("b", b"y").finish();
    let mut collected = base::sink::Collected::default();
    let meter = base::budget::Meter::unlimited();
    let mut sink = Sink::new(&mut collected, meter.clone(), false, "x");
    parse(&Blob::from_bytes(&bytes[..]), &mut sink).unwrap();
    assert_eq!(collected.children.len(), 3);
    // The search itself, and the fixed part of a header at each signature.
    assert!(meter.spent().bytes_read < 20 * bytes.len() as u64, "{:?}", meter.spent());
}

#[test]
fn entries_and_memory_are_bounded() {
    let limits = base::limits::Limits { entries: 3, ..base::limits::Limits::default() };
    let meter = base::budget::Budget::new(limits, std::sync::Arc::new(base::budget::NoWatch)).meter(None);
    let mut archive = ZipWriter::new();
    for number in 0..5 {
        archive = archive.stored(format!("{number}"), b"x");
    }
    let mut collected = base::sink::Collected::default();
    let mut sink = Sink::new(&mut collected, meter, false, "x");
    let stop = parse(&Blob::from_bytes(archive.finish()), &mut sink);
    assert_eq!(stop, Err(Stop::Limit(base::reason::Reason::Entries)));
}

#[test]
fn detection_sees_archives_and_nothing_else() {
    use base::format::Certainty::Certain;
    let bytes = ZipWriter::new().deflated("a", &[7; 3000]).finish();
    assert_eq!(reading::detect(&FORMAT, "x", &bytes), Some(Certain));
    assert_eq!(reading::detect(&FORMAT, "x", &[&[7; 9000][..], &bytes].concat()), Some(Certain));
    assert_eq!(reading::detect(&FORMAT, "x", &[&bytes[..], &[7; 9000]].concat()), Some(Certain));
    assert_eq!(reading::detect(&FORMAT, "x", b"PK is the name of a file format"), None);
    assert_eq!(
        reading::detect(&FORMAT, "x", &[&[7; 9000][..], b"PK\x05\x06 is an end record", &[1; 90]].concat()),
        None
    );
    let tar = testkit::tar::TarWriter::new().file("m.zip", &bytes).finish();
    assert_eq!(reading::detect(&FORMAT, "x", &tar), None);
}

#[test]
fn the_signature_of_an_end_record_alone_is_no_archive() {
    let kind = |parts: &[&[u8]]| reading::detect(&FORMAT, "x", &parts.concat());
    let program = &[7; 900][..];
    let empty = ZipWriter::new().finish();
    // A constant of a program that reads archives: CPython 3.12's `zipimport` as bytecode, and an empty archive as text.
    let constant = b"PK\x05\x06i\xff\xff\x00c\0\0\0\0\0\0\0\0\0\0\0\0\x03\0\0\0";
    for constant in [&constant[..], &empty] {
        assert_eq!(kind(&[program, constant, program]), None);
    }
    assert_eq!(kind(&[&empty]), Some(base::format::Certainty::Certain));
    assert_eq!(kind(&[&empty, program]), Some(base::format::Certainty::Certain));
    assert_eq!(kind(&[program, &empty]), Some(base::format::Certainty::Certain));
    // Whatever else it says, a record that leads to a directory is one: by the stated offset, or counted back.
    let archive = |end: End| ZipWriter::after(program, true).stored("a", b"x").end(end).finish();
    let lies = [
        End { size: Some(0), ..End::default() },
        End { size: Some(0), entries: Some(0), entries_here: Some(0), ..End::default() },
        End { offset: Some(0), ..End::default() },
        End { disk: Some(9), entries: Some(0), ..End::default() },
    ];
    for lie in lies {
        let bytes = archive(lie.clone());
        assert_eq!(kind(&[&bytes]), Some(base::format::Certainty::Certain), "{lie:?}");
        assert_eq!(kind(&[&bytes, program]), Some(base::format::Certainty::Certain), "{lie:?}");
    }
}

proptest::proptest! {
    #[test]
    fn every_member_comes_back_byte_for_byte(
        members in proptest::collection::vec(("[a-z]{1,9}", proptest::collection::vec(0_u8.., 0..400), 0_u8..3), 0..9),
        comment in "[ -~]{0,20}",
    ) {
        let mut archive = ZipWriter::new();
        let mut expected = Vec::new();
        for (index, (name, body, kind)) in members.into_iter().enumerate() {
            let name = format!("{index}/{name}");
            let mut member = if kind == 0 { Member::stored(&*name, &body) } else { Member::deflated(&*name, &body) };
            if kind == 2 {
                let Header { crc, packed, size, .. } = member.central;
                member.descriptor = Some(Descriptor { signed: true, wide: false, crc, packed, size });
                member.local = Header { crc: 0, packed: 0, size: 0, flags: 8, ..member.local };
                member.central.flags = 8;
            }
            archive = archive.member(member);
            expected.push((name, body));
        }
        let reading = read(&archive.comment(comment.as_bytes()).finish());
        proptest::prop_assert_eq!(flaws(&reading), Vec::<String>::new());
        let given: Vec<_> = children(&reading).into_iter().filter(|(name, _)| name != "comment").collect();
        proptest::prop_assert_eq!(given, expected);
    }
}
