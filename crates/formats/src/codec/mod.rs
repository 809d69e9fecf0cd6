//! Decoders: each streams, holds no more than its window, refuses windows beyond the limit and tells how much it consumed.

pub(crate) mod blocks;
mod brotli;
mod bzip2;
mod cabinet;
mod deflate;
mod deflate64;
mod input;
mod lz4;
mod lzma;
mod lzw;
pub(crate) mod sevenz;
mod snappy;
mod streaming;
mod unicode;
mod zstd;

pub(crate) use brotli::BROTLI;
pub(crate) use bzip2::BZIP2;
pub(crate) use deflate::{DEFLATE, GZIP, ZLIB};
pub(crate) use deflate64::DEFLATE64;
pub(crate) use lz4::LZ4;
pub(crate) use lzma::{LZIP, LZMA, XZ, ZIP_LZMA};
pub(crate) use lzw::LZW;
pub(crate) use sevenz::SEVENZ;
pub(crate) use snappy::SNAPPY;
pub(crate) use unicode::UTF_16;
pub(crate) use zstd::ZSTD;

/// The largest window or dictionary that a stream may ask for, in bytes.
pub(crate) const MAX_WINDOW: u64 = 128 << 20;

#[cfg(test)]
mod tests;
