//! Honest archives are read by Python's zipfile; lies stand where they were told.

use super::{End, Member, Zip64End, ZipWriter};
use crate::python;

const LIST: &str = "
import io, sys, zipfile
archive = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
for member in archive.infolist():
    print(member.filename, member.compress_type, member.file_size, archive.read(member)[:8])
print(archive.testzip())
";

#[test]
fn one_stored_member_byte_for_byte() {
    let expected: &[u8] = b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0\x43\xbe\xb7\xe8\x01\0\0\0\x01\0\0\0\x01\0\0\0na\
        PK\x01\x02\x1e\x03\x14\0\0\0\0\0\0\0\x21\0\x43\xbe\xb7\xe8\x01\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\xa4\x81\0\0\0\0n\
        PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x20\0\0\0\x02\0hi";
    assert_eq!(ZipWriter::new().stored("n", b"a").comment(b"hi").finish(), expected);
}

#[test]
fn python_reads_what_is_true() {
    let wide = Member::stored("wide", b"eight").both(|header| header.zip64 = true).with_descriptor();
    let bytes = ZipWriter::after(b"#!/bin/sh\n", false)
        .stored("a/data.pkl", b"payload")
        .deflated("b", &[7; 1000])
        .member(wide)
        .end(End { zip64: Some(Zip64End::default()), ..End::default() })
        .finish();
    let expected =
        "a/data.pkl 0 7 b'payload'\nb 8 1000 b'\\x07\\x07\\x07\\x07\\x07\\x07\\x07\\x07'\nwide 0 5 b'eight'\nNone\n";
    if let Some(listing) = python::answers(LIST, &bytes) {
        assert_eq!(listing, expected);
    }
}

#[test]
fn hidden_shared_and_renamed_members() {
    let mut renamed = Member::stored("local", b"one");
    renamed.central.name = b"central".to_vec();
    let shared = Member { local_of: Some(0), ..renamed.clone() }.both(|header| header.name = b"again".to_vec());
    let hidden = Member { hidden: true, ..Member::stored("secret", b"two") };
    let bytes = ZipWriter::new().member(renamed).member(shared).member(hidden).finish();
    let count = |needle: &[u8]| bytes.windows(needle.len()).filter(|window| *window == needle).count();
    assert_eq!([count(b"PK\x03\x04"), count(b"PK\x01\x02"), count(b"again"), count(b"secret")], [2, 2, 1, 1]);
    assert_eq!(bytes[bytes.len() - 12], 2, "entries in all");
}

#[test]
fn the_end_may_lie() {
    let end = End { disk: Some(7), entries: Some(9), offset: Some(1), comment_length: Some(5), ..End::default() };
    let bytes = ZipWriter::new().gap(b"??").before_end(b"!!").end(end).finish();
    assert_eq!(bytes, b"??!!PK\x05\x06\x07\0\0\0\0\0\x09\0\0\0\0\0\x01\0\0\0\x05\0");
}
