//! Brotli (RFC 7932), without the large windows that no standard knows.

use std::io::{self, Read};

use alloc_stdlib::StandardAlloc;
use base::{
    limits::Limits,
    sink::{Codec, Decode},
    stop::Stop,
};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::{
    input::Input,
    streaming::{Machine, Step, Streaming},
};

/// One brotli stream.
pub(crate) const BROTLI: Codec = Codec { id: "brotli", open };

fn open(input: Box<dyn Read + Send>, _: &Limits) -> Result<Box<dyn Decode>, Stop> {
    let alloc = StandardAlloc::default;
    let state = BrotliState::new_strict(alloc(), alloc(), alloc());
    Ok(Box::new(Streaming::new(Input::new(input), Brotli(Box::new(state)))))
}

struct Brotli(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>);

impl Machine for Brotli {
    const WHAT: &'static str = "a brotli stream";

    fn step(&mut self, from: &[u8], into: &mut [u8], at_end: bool) -> io::Result<Step> {
        let (mut left, mut taken) = (from.len(), 0);
        let (mut room, mut made, mut total) = (into.len(), 0, 0);
        let state = &mut *self.0;
        let result = BrotliDecompressStream(&mut left, &mut taken, from, &mut room, &mut made, into, &mut total, state);
        match result {
            BrotliResult::ResultSuccess => Ok(Step { taken, made, ended: true }),
            BrotliResult::ResultFailure if made == 0 => Err(io::ErrorKind::InvalidData.into()),
            BrotliResult::NeedsMoreInput if at_end && made == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(Step { taken, made, ended: false }),
        }
    }
}
