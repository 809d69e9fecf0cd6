//! Python's tarfile reads every honest dialect; lies stand where they were told.

use super::{BLOCK, Dialect, Entry, Number, TarWriter, pax_records};
use crate::python;

const LIST: &str = "
import io, sys, tarfile
archive = tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()))
for member in archive:
    data = archive.extractfile(member).read()[:9] if member.isfile() else None
    print(member.name[-12:], len(member.name), member.type, member.size, member.linkname[-9:], data)
";

#[test]
fn a_header_byte_for_byte() {
    let bytes = TarWriter::new().file("n", b"abc").unfinished();
    assert_eq!(bytes.len(), 2 * BLOCK);
    assert_eq!(&bytes[..2], b"n\0");
    // As GNU tar writes it: zeros in the device fields, so the checksum is Python's 006116 and fourteen digits more.
    assert_eq!(&bytes[100..157], b"0000644\x000000000\x000000000\x0000000000003\x0000000000000\x00007356\0 0");
    assert_eq!(&bytes[257..265], b"ustar\x0000");
    assert_eq!(&bytes[512..516], b"abc\0");
}

#[test]
fn python_reads_what_is_true() {
    let long = "d/".repeat(80) + "data.pkl";
    let bytes = TarWriter::new()
        .entry(Entry { dialect: Dialect::V7, kind: 0, ..Entry::file("v7", b"seven") })
        .entry(Entry { size: Number::Base256(3), ..Entry::file("binary", b"abc") })
        .gnu_long_name(long.as_bytes())
        .file("cut", b"long name")
        .gnu_long_link(b"some/where/behind")
        .entry(Entry::new("link", b'2', b""))
        .pax(&[("path", &long)])
        .file("cut", b"pax")
        .entry(Entry { device: (1, 3), ..Entry::new("null", b'3', b"") })
        .gnu_sparse("holes", &[(2, b"a"), (5, b"b"), (7, b"c"), (9, b"d"), (11, b"e")], 12)
        .pax_sparse("more", &[(1, b"x"), (4, b"y")], 5)
        .finish();
    let expected = "v7 2 b'\\x00' 5  b'seven'
binary 6 b'0' 3  b'abc'
d/d/data.pkl 168 b'0' 9  b'long name'
link 4 b'2' 0 re/behind None
d/d/data.pkl 168 b'0' 3  b'pax'
null 4 b'3' 0  None
holes 5 b'S' 12  b'\\x00\\x00a\\x00\\x00b\\x00c\\x00'
more 4 b'0' 5  b'\\x00x\\x00\\x00y'
";
    if let Some(listing) = python::answers(LIST, &bytes) {
        assert_eq!(listing, expected);
    }
}

#[test]
fn numbers_may_lie() {
    let entry = Entry {
        size: Number::Base256(-1),
        mode: Number::Raw(b"nonsense".to_vec()),
        checksum: Some(Number::Octal(1)),
        ..Entry::file("lie", b"")
    };
    let bytes = TarWriter::new().entry(entry).unfinished();
    assert_eq!(&bytes[124..136], &[0xff; 12]);
    assert_eq!(&bytes[100..108], b"nonsense");
    assert_eq!(&bytes[148..156], b"0000001\0");
    let wide = TarWriter::new().entry(Entry { size: Number::Base256(1 << 40), ..Entry::file("", b"") }).unfinished();
    assert_eq!(&wide[124..136], b"\x80\0\0\0\0\0\x01\0\0\0\0\0");
}

#[test]
fn pax_records_count_themselves() {
    assert_eq!(pax_records(&[("a", "b"), ("path", "123")]), b"6 a=b\n12 path=123\n");
    assert_eq!(pax_records(&[("key", "1")]), b"8 key=1\n");
    assert_eq!(pax_records(&[("path", "12")]), b"11 path=12\n");
}
