//! bzip2, with as many streams as follow each other.

use std::io::{self, BufRead, Read};

use base::{
    limits::Limits,
    sink::{Codec, Decode},
    stop::Stop,
};
use bzip2::{Decompress, Status};

use super::{
    input::Input,
    streaming::{Machine, Step, Streaming},
};

/// One or more bzip2 streams, back to back.
pub(crate) const BZIP2: Codec = Codec { id: "bzip2", open };

fn open(input: Box<dyn Read + Send>, _: &Limits) -> Result<Box<dyn Decode>, Stop> {
    Ok(Box::new(Streaming::new(Input::new(input), Blocks(Decompress::new(false)))))
}

struct Blocks(Decompress);

impl Machine for Blocks {
    const WHAT: &'static str = "a bzip2 stream";

    fn step(&mut self, from: &[u8], into: &mut [u8], _: bool) -> io::Result<Step> {
        let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(from, into);
        let taken = usize::try_from(self.0.total_in().saturating_sub(before_in)).unwrap_or(usize::MAX);
        let made = usize::try_from(self.0.total_out().saturating_sub(before_out)).unwrap_or(usize::MAX);
        match status {
            Ok(status) => Ok(Step { taken, made, ended: status == Status::StreamEnd }),
            Err(_) if made > 0 => Ok(Step { taken, made, ended: false }),
            Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error.to_string())),
        }
    }

    fn next_stream(&mut self, input: &mut Input) -> io::Result<bool> {
        let more = input.ahead(4)?.starts_with(b"BZh");
        if more {
            self.0 = Decompress::new(false);
        }
        Ok(more && !input.fill_buf()?.is_empty())
    }
}
