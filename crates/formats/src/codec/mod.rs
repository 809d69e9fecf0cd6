//! Decoders: each streams, holds no more than its window, refuses windows beyond the limit and tells how much it consumed.

mod deflate;
mod input;

pub(crate) use deflate::{DEFLATE, GZIP, ZLIB};

/// The largest window or dictionary that a stream may ask for, in bytes.
pub(crate) const MAX_WINDOW: u64 = 128 << 20;
