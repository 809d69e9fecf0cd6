//! Compressed bodies: one call each; several members are made by joining what these give.

use std::io::Write;

use flate2::{Compression, Crc};

const LEVEL: Compression = Compression::best();

/// CRC-32 as zip and gzip use it.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Raw deflate (RFC 1951).
#[must_use]
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), LEVEL);
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// zlib (RFC 1950).
#[must_use]
pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), LEVEL);
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// One gzip member (RFC 1952) without name and time.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), LEVEL);
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// One bzip2 stream.
#[must_use]
pub fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// One xz stream.
#[must_use]
pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder =
        lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).expect("the preset exists");
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// The older `.lzma` form ("LZMA alone"), with its size in the header.
#[must_use]
pub fn lzma_alone(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::LzmaOptions::with_preset(0);
    let size = Some(bytes.len() as u64);
    let mut encoder = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, size).expect("the preset exists");
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// One LZ4 frame.
#[must_use]
pub fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// One LZ4 block, without a frame.
#[must_use]
pub fn lz4_block(bytes: &[u8]) -> Vec<u8> {
    lz4_flex::block::compress(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    #[test]
    fn what_is_packed_unpacks() {
        let bytes = b"model ".repeat(100);
        let mut unpacked = Vec::new();
        let mut check = |mut reader: Box<dyn Read + '_>| {
            unpacked.clear();
            reader.read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, bytes);
        };
        check(Box::new(flate2::read::DeflateDecoder::new(&super::deflate(&bytes)[..])));
        check(Box::new(flate2::read::ZlibDecoder::new(&super::zlib(&bytes)[..])));
        check(Box::new(flate2::read::GzDecoder::new(&super::gzip(&bytes)[..])));
        check(Box::new(bzip2::read::BzDecoder::new(&super::bz2(&bytes)[..])));
        check(Box::new(lzma_rust2::XzReader::new(&super::xz(&bytes)[..], false)));
        check(Box::new(lzma_rust2::LzmaReader::new_mem_limit(&super::lzma_alone(&bytes)[..], 1 << 20, None).unwrap()));
        check(Box::new(lz4_flex::frame::FrameDecoder::new(&super::lz4(&bytes)[..])));
        assert_eq!(lz4_flex::block::decompress(&super::lz4_block(&bytes), bytes.len()).unwrap(), bytes);
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
    }
}
