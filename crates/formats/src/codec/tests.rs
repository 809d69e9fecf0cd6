//! Tests of the codecs: what comes out, how much memory it takes, how broken streams end.

use std::io::{Cursor, Read};

use base::{limits::Limits, reason::Reason, sink::Codec, stop::Stop};
use testkit::compress;

use super::*;

/// What comes out, how it ended, and how much was consumed.
fn decode(codec: &Codec, packed: &[u8]) -> (Vec<u8>, Result<(), Stop>, u64) {
    let mut decoder = match (codec.open)(Box::new(Cursor::new(packed.to_vec())), &Limits::default()) {
        Ok(decoder) => decoder,
        Err(stop) => return (Vec::new(), Err(stop), 0),
    };
    let (mut out, mut buffer) = (Vec::new(), [0; 700]);
    loop {
        match decoder.read(&mut buffer) {
            Ok(0) => return (out, Ok(()), decoder.consumed()),
            Ok(count) => out.extend_from_slice(&buffer[..count]),
            Err(error) => return (out, Err(error.into()), decoder.consumed()),
        }
    }
}

fn content() -> Vec<u8> {
    (0..200_000_u32).flat_map(|number| (number / 7).to_le_bytes()).collect()
}

fn snappy(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    snap::read::FrameEncoder::new(bytes).read_to_end(&mut packed).unwrap();
    packed
}

/// Raw blocks only: enough to show the frame.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

type Packer = fn(&[u8]) -> Vec<u8>;

const ALL: &[(&Codec, Packer)] = &[
    (&DEFLATE, compress::deflate),
    (&ZLIB, compress::zlib),
    (&GZIP, compress::gzip),
    (&BZIP2, compress::bz2),
    (&XZ, compress::xz),
    (&LZMA, compress::lzma_alone),
    (&LZ4, compress::lz4),
    (&ZSTD, zstd),
    (&SNAPPY, snappy),
];

#[test]
fn what_was_packed_comes_out_and_every_byte_is_consumed() {
    for (codec, pack) in ALL {
        for bytes in [content(), b"x".to_vec(), Vec::new()] {
            let packed = pack(&bytes);
            let (out, end, consumed) = decode(codec, &packed);
            assert_eq!(end, Ok(()), "{codec:?}");
            assert!(out == bytes, "{codec:?}");
            assert_eq!(consumed, packed.len() as u64, "{codec:?}");
        }
    }
}

#[test]
fn what_follows_a_stream_is_not_consumed() {
    for (codec, pack) in ALL.iter().filter(|(codec, _)| codec.id != "snappy") {
        let packed = pack(&content());
        let (out, end, consumed) = decode(codec, &[&packed[..], b"\x01trailing"].concat());
        assert_eq!((out.len(), end, consumed), (content().len(), Ok(()), packed.len() as u64), "{codec:?}");
    }
}

#[test]
fn streams_that_follow_each_other_are_one() {
    for (codec, pack) in ALL.iter().filter(|(codec, _)| !matches!(codec.id, "deflate" | "zlib" | "lzma-alone")) {
        let packed = [pack(b"one "), pack(b"two")].concat();
        let (out, end, consumed) = decode(codec, &packed);
        assert_eq!((&out[..], end, consumed), (&b"one two"[..], Ok(()), packed.len() as u64), "{codec:?}");
    }
}

#[test]
fn every_prefix_ends_politely_and_keeps_what_came_out() {
    let bytes = b"some model, some model, some model and its tail".repeat(3);
    for (codec, pack) in ALL {
        let packed = pack(&bytes);
        for cut in 0..packed.len() {
            let (out, end, _) = decode(codec, &packed[..cut]);
            assert!(bytes.starts_with(&out), "{codec:?} cut at {cut}");
            // Framed snappy has no end: a cut between two chunks is an end like any other.
            assert!(end.is_err() || codec.id == "snappy", "{codec:?} cut at {cut}");
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    let bytes = content();
    for (codec, pack) in ALL {
        let packed = pack(&bytes[..5000]);
        for at in 0..packed.len().min(600) {
            let mut broken = packed.clone();
            broken[at] ^= 1 << (at % 8);
            let _ = decode(codec, &broken);
        }
    }
}

#[test]
fn dictionaries_beyond_the_limit_are_refused() {
    let mut lzma = compress::lzma_alone(b"x");
    lzma[1..5].copy_from_slice(&(1_u32 << 31).to_le_bytes());
    assert_eq!(decode(&LZMA, &lzma).1, Err(Stop::Limit(Reason::Memory)));
    // Window descriptor of 2^41 bytes in a frame without a content size.
    for window in [0xff, 0xf8, 0x90] {
        let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0x00, window, 1, 0, 0];
        assert_eq!(decode(&ZSTD, &zstd).1, Err(Stop::Limit(Reason::Memory)));
    }
    let zip = [9, 4, 5, 0, 0x5d, 0, 0, 0, 0xf0, 0, 0];
    assert_eq!(decode(&ZIP_LZMA, &zip).1, Err(Stop::Limit(Reason::Memory)));
}

#[test]
fn brotli_and_the_legacy_lz4_frame() {
    // "hello", as one uncompressed metablock and an empty last one.
    let brotli = [0x21, 0x10, 0x00, 0x04, b'h', b'e', b'l', b'l', b'o', 0x03];
    assert_eq!(decode(&BROTLI, &brotli), (b"hello".to_vec(), Ok(()), 10));
    assert!(matches!(decode(&BROTLI, &brotli[..7]).1, Err(Stop::Truncated { .. })));
    let block = compress::lz4_block(b"legacy legacy legacy");
    let legacy = [&0x184c_2102_u32.to_le_bytes()[..], &(block.len() as u32).to_le_bytes(), &block].concat();
    assert_eq!(decode(&LZ4, &legacy), (b"legacy legacy legacy".to_vec(), Ok(()), legacy.len() as u64));
}

#[test]
fn a_gzip_trailer_that_lies_is_told_after_the_content() {
    let mut packed = compress::gzip(b"content");
    let at = packed.len() - 8;
    packed[at] ^= 1;
    let (out, end, _) = decode(&GZIP, &packed);
    assert_eq!(out, b"content");
    assert!(matches!(end, Err(Stop::Malformed { .. })));
}

#[test]
fn a_bomb_streams() {
    // 64 MiB of zeros come out in pieces of 700 bytes: nothing holds them.
    for (codec, pack) in [(&GZIP, compress::gzip as Packer), (&BZIP2, compress::bz2)] {
        let packed = pack(&vec![0; 8 << 20]);
        let eight: Vec<u8> = std::iter::repeat_n(packed, 8).flatten().collect();
        let mut decoder = (codec.open)(Box::new(Cursor::new(eight)), &Limits::default()).unwrap();
        assert_eq!(std::io::copy(&mut decoder, &mut std::io::sink()).unwrap(), 64 << 20);
    }
}
