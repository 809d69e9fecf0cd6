//! Decompression with a cap: zlib, gzip, bzip2, xz and LZMA.

use std::io::Read;

use crate::{
    evaluator::{Evaluator, Fault, Folded, MAX_BYTES, raise},
    value::Exception,
};

/// Bytes read at a time.
const BLOCK: usize = 64 << 10;
/// Memory of an LZMA dictionary, in KiB.
const DICTIONARY: u32 = 64 << 10;

/// Whether the decoder may end before its end mark: `decompressobj` and the like accept a part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Required,
    Optional,
}

fn inflate(evaluator: &Evaluator<'_>, mut reader: impl Read, end: End) -> Folded<Vec<u8>> {
    let mut out = Vec::new();
    let mut block = vec![0_u8; BLOCK];
    loop {
        let read = match reader.read(&mut block) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == std::io::ErrorKind::OutOfMemory => {
                return Err(Fault::OverCap("an LZMA dictionary of more than 64 MiB"));
            }
            Err(_) if end == End::Optional && !out.is_empty() => return Ok(out),
            Err(_) => return raise(Exception::Value),
        };
        evaluator.pay(read.saturating_mul(4))?;
        if read == 0 {
            evaluator.make(out.len())?;
            return Ok(out);
        }
        out.extend_from_slice(block.get(..read).unwrap_or_default());
        if out.len() > MAX_BYTES {
            return Err(Fault::OverCap("a constant of more than 16 MiB"));
        }
    }
}

/// `zlib.decompress(data, wbits)`.
pub(crate) fn zlib(evaluator: &Evaluator<'_>, data: &[u8], window: i64, end: End) -> Folded<Vec<u8>> {
    match window {
        -15..=-8 => inflate(evaluator, flate2::read::DeflateDecoder::new(data), end),
        0 | 8..=15 => inflate(evaluator, flate2::read::ZlibDecoder::new(data), end),
        16 | 24..=31 => inflate(evaluator, flate2::read::GzDecoder::new(data), end),
        32 | 40..=47 if data.starts_with(b"\x1f\x8b") => inflate(evaluator, flate2::read::GzDecoder::new(data), end),
        32 | 40..=47 => inflate(evaluator, flate2::read::ZlibDecoder::new(data), end),
        _ => raise(Exception::Value),
    }
}

/// `gzip.decompress(data)`.
pub(crate) fn gzip(evaluator: &Evaluator<'_>, data: &[u8]) -> Folded<Vec<u8>> {
    if data.is_empty() {
        return Ok(Vec::new());
    }
    inflate(evaluator, flate2::read::MultiGzDecoder::new(data), End::Required)
}

/// `bz2.decompress(data)`.
pub(crate) fn bzip2(evaluator: &Evaluator<'_>, data: &[u8], end: End) -> Folded<Vec<u8>> {
    if data.is_empty() {
        return Ok(Vec::new());
    }
    inflate(evaluator, bzip2::read::MultiBzDecoder::new(data), end)
}

/// `lzma.decompress(data)`: xz, or LZMA alone.
pub(crate) fn lzma(evaluator: &Evaluator<'_>, data: &[u8], end: End) -> Folded<Vec<u8>> {
    if data.starts_with(b"\xfd7zXZ\0") {
        return inflate(evaluator, lzma_rust2::XzReader::new_mem_limit(data, true, DICTIONARY), end);
    }
    match lzma_rust2::LzmaReader::new_mem_limit(data, DICTIONARY, None) {
        Ok(reader) => inflate(evaluator, reader, end),
        Err(error) if error.kind() == std::io::ErrorKind::OutOfMemory => {
            Err(Fault::OverCap("an LZMA dictionary of more than 64 MiB"))
        }
        Err(_) => raise(Exception::Value),
    }
}

/// CRC-32 of `data`, continued from `start`.
pub(crate) fn crc32(data: &[u8], start: u32) -> u32 {
    let mut hasher = flate2::Crc::new();
    if start == 0 {
        hasher.update(data);
        return hasher.sum();
    }
    !data.iter().fold(!start, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}
