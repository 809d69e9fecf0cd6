//! Snappy in its framing format (framing_format.txt): chunks of at most 64 KiB.

use std::io::{self, Read};

use base::{
    limits::Limits,
    sink::{Codec, Decode},
    stop::Stop,
};
use snap::read::FrameDecoder;

use super::input::Input;

/// Framed snappy.
pub(crate) const SNAPPY: Codec = Codec { id: "snappy", open };

fn open(input: Box<dyn Read + Send>, _: &Limits) -> Result<Box<dyn Decode>, Stop> {
    Ok(Box::new(Chunks(FrameDecoder::new(Input::new(input)))))
}

struct Chunks(FrameDecoder<Input>);

impl Read for Chunks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.0.get_ref().truncated("a snappy chunk"),
            _ => self.0.get_ref().because("a snappy chunk", error),
        })
    }
}

impl Decode for Chunks {
    fn consumed(&self) -> u64 {
        self.0.get_ref().consumed()
    }
}
