//! Tests of compressed files: recognition, members, what follows the end.

use base::{format::Certainty, sink::ChildBody};
use testkit::compress;

use super::*;
use crate::reading;

fn only_child(format: &Format, name: &str, bytes: &[u8]) -> (String, &'static str) {
    let reading = reading::read(format, name, bytes).unwrap();
    assert!(reading.complete(), "{}", format.id);
    assert_eq!(reading.children.len(), 1);
    let child = &reading.children[0];
    let ChildBody::Packed(packed) = &child.body else { panic!("not packed") };
    (String::from_utf8(child.name.clone()).unwrap(), packed.codec.id)
}

#[test]
fn each_is_recognised_and_names_its_content() {
    let body = b"a model that is long enough to be seen".repeat(20);
    assert_eq!(only_child(&GZIP, "model.pkl.gz", &compress::gzip(&body)), ("model.pkl".into(), "gzip"));
    assert_eq!(only_child(&GZIP, "a/model.TGZ", &compress::gzip(&body)), ("model.tar".into(), "gzip"));
    assert_eq!(only_child(&ZLIB, "model", &compress::zlib(&body)), ("content".into(), "zlib"));
    assert_eq!(only_child(&BZIP2, "m.joblib.bz2", &compress::bz2(&body)), ("m.joblib".into(), "bzip2"));
    assert_eq!(only_child(&XZ, ".xz", &compress::xz(&body)), ("content".into(), "xz"));
    assert_eq!(only_child(&LZMA, "m.lzma", &compress::lzma_alone(&body)), ("m".into(), "lzma-alone"));
    assert_eq!(only_child(&LZ4, "m.joblib", &compress::lz4(&body)), ("content".into(), "lz4"));
    let zstd = ruzstd::encoding::compress_to_vec(&body[..], ruzstd::encoding::CompressionLevel::Fastest);
    let skipped = [&[0x51, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7][..], &zstd].concat();
    assert_eq!(only_child(&ZSTD, "m.zst", &skipped), ("m".into(), "zstd"));
    let zfile = [&b"ZF0x2f8              "[..], &compress::zlib(&body)].concat();
    assert_eq!(only_child(&ZFILE, "m.pkl.z", &zfile), ("m.pkl".into(), "zlib"));
    let brotli = [0x21, 0x10, 0x00, 0x04, b'h', b'e', b'l', b'l', b'o', 0x03];
    assert_eq!(only_child(&BROTLI, "m.json.br", &brotli), ("m.json".into(), "brotli"));
}

#[test]
fn nothing_else_is_taken_for_a_stream() {
    let formats = [&GZIP, &ZLIB, &BZIP2, &XZ, &LZMA, &ZSTD, &LZ4, &SNAPPY, &BROTLI, &ZFILE];
    let others: [&[u8]; 7] = [
        b"",
        b"x^2 + y^2 = z^2, and so on, as every text on right triangles says somewhere near its beginning.",
        b"hC is how this text begins, and it is not compressed at all.",
        b"BZhang wrote this.",
        &[0; 4096],
        b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94.",
        b"ZF is short for something",
    ];
    for format in formats {
        for bytes in others {
            assert_eq!(reading::detect(format, "text", bytes), None, "{} {bytes:?}", format.id);
        }
    }
}

#[test]
fn a_stream_that_is_cut_or_broken_after_its_payload_is_still_one() {
    let body: Vec<u8> = (0..3000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    for (format, packed) in [
        (&GZIP, compress::gzip(&body)),
        (&ZLIB, compress::zlib(&body)),
        (&BZIP2, compress::bz2(&body)),
        (&XZ, compress::xz(&body)),
        (&LZMA, compress::lzma_alone(&body)),
        (&LZ4, compress::lz4(&body)),
    ] {
        for cut in [packed.len() / 2, packed.len() - 1] {
            assert_eq!(reading::detect(format, "x", &packed[..cut]), Some(Certainty::Certain), "{}", format.id);
        }
        let mut broken = packed.clone();
        let at = packed.len() - 20;
        broken[at] ^= 0x55;
        assert_eq!(reading::detect(format, "x", &broken), Some(Certainty::Certain), "{}", format.id);
    }
}
