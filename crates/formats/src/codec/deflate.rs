//! Deflate (RFC 1951), alone, in zlib's frame (RFC 1950) and in gzip's (RFC 1952), with as many gzip members as follow each other.

use std::io::{self, BufRead, Read};

use base::{
    limits::Limits,
    sink::{Codec, Decode},
    stop::Stop,
};
use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{
    input::Input,
    streaming::{Machine, Step, Streaming},
};

/// Raw deflate.
pub(crate) const DEFLATE: Codec = Codec { id: "deflate", open: open_raw };
/// Deflate between zlib's header and checksum.
pub(crate) const ZLIB: Codec = Codec { id: "zlib", open: open_zlib };
/// One or more gzip members, back to back.
pub(crate) const GZIP: Codec = Codec { id: "gzip", open: open_gzip };

fn open_raw(input: Box<dyn Read + Send>, _: &Limits) -> Result<Box<dyn Decode>, Stop> {
    Ok(Box::new(Streaming::new(Input::new(input), Inflate(Decompress::new(false)))))
}

fn open_zlib(input: Box<dyn Read + Send>, _: &Limits) -> Result<Box<dyn Decode>, Stop> {
    Ok(Box::new(Streaming::new(Input::new(input), Inflate(Decompress::new(true)))))
}

fn open_gzip(input: Box<dyn Read + Send>, _: &Limits) -> Result<Box<dyn Decode>, Stop> {
    Ok(Box::new(Gunzip {
        input: Input::new(input),
        state: Inflate(Decompress::new(false)),
        crc: Crc::new(),
        at: Part::First,
    }))
}

/// One deflate or zlib stream.
struct Inflate(Decompress);

impl Machine for Inflate {
    const WHAT: &'static str = "a deflate stream";

    fn step(&mut self, from: &[u8], into: &mut [u8], _: bool) -> io::Result<Step> {
        let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(from, into, FlushDecompress::None);
        let taken = usize::try_from(self.0.total_in().saturating_sub(before_in)).unwrap_or(usize::MAX);
        let made = usize::try_from(self.0.total_out().saturating_sub(before_out)).unwrap_or(usize::MAX);
        match status {
            Ok(status) => Ok(Step { taken, made, ended: status == Status::StreamEnd }),
            // What came out before the error is real: the next step tells the error again.
            Err(_) if made > 0 => Ok(Step { taken, made, ended: false }),
            Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error.to_string())),
        }
    }
}

/// Where a gzip decoder stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Before the first member, which must be there.
    First,
    /// Inside a member's deflate stream.
    Body,
    /// Before a member's checksum and size.
    Trailer,
    /// Behind a member: another one may follow.
    Between,
    /// Nothing follows, or something that is no member.
    Ended,
}

struct Gunzip {
    input: Input,
    state: Inflate,
    crc: Crc,
    at: Part,
}

impl Gunzip {
    /// RFC 1952, section 2.3: the header, its optional fields and its checksum.
    fn header(&mut self) -> io::Result<()> {
        const WHAT: &str = "a gzip header";
        let [_, _, method, flags, ..] = self.input.array::<10>(WHAT)?;
        if method != 8 || flags & 0xe0 != 0 {
            return Err(self.input.malformed("a gzip header with an unknown method or flags"));
        }
        if flags & 4 != 0 {
            let mut left = usize::from(u16::from_le_bytes(self.input.array(WHAT)?));
            while left > 0 {
                let count = self.input.fill_buf()?.len().min(left);
                if count == 0 {
                    return Err(self.input.truncated(WHAT));
                }
                self.input.consume(count);
                left = left.saturating_sub(count);
            }
        }
        for flag in [8, 16] {
            while flags & flag != 0 && self.input.array::<1>(WHAT)? != [0] {}
        }
        if flags & 2 != 0 {
            self.input.array::<2>(WHAT)?;
        }
        self.state.0.reset(false);
        self.crc.reset();
        self.at = Part::Body;
        Ok(())
    }

    /// Zeros between and behind members are padding to every reader of gzip (tapes); what else follows is not ours.
    fn between(&mut self) -> io::Result<()> {
        loop {
            let seen = self.input.ahead(2)?;
            if seen.starts_with(&[0x1f, 0x8b]) {
                return self.header();
            }
            let zeros = seen.iter().take_while(|byte| **byte == 0).count();
            if zeros == 0 {
                self.at = Part::Ended;
                return Ok(());
            }
            self.input.consume(zeros);
        }
    }

    fn inflate(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = self.input.fill_buf()?;
        let at_end = from.is_empty();
        let step = match self.state.step(from, into, at_end) {
            Ok(step) => step,
            Err(error) => return Err(self.input.because(Inflate::WHAT, error)),
        };
        self.input.consume(step.taken);
        if step.ended {
            self.at = Part::Trailer;
        } else if step.taken == 0 && step.made == 0 {
            return Err(self.input.truncated(Inflate::WHAT));
        }
        Ok(step.made)
    }

    fn trailer(&mut self) -> io::Result<()> {
        let crc = u32::from_le_bytes(self.input.array("a gzip trailer")?);
        let size = u32::from_le_bytes(self.input.array("a gzip trailer")?);
        if (crc, size) != (self.crc.sum(), self.crc.amount()) {
            return Err(self.input.malformed("a gzip trailer that does not fit the content"));
        }
        self.at = Part::Between;
        Ok(())
    }
}

impl Read for Gunzip {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            match self.at {
                Part::First => match self.input.ahead(2)? {
                    [0x1f, 0x8b, ..] => self.header()?,
                    _ => return Err(self.input.malformed("no gzip header")),
                },
                Part::Trailer => self.trailer()?,
                Part::Between => self.between()?,
                Part::Ended => return Ok(0),
                Part::Body => {
                    let count = self.inflate(into)?;
                    self.crc.update(into.get(..count).unwrap_or_default());
                    if count > 0 {
                        return Ok(count);
                    }
                }
            }
        }
    }
}

impl Decode for Gunzip {
    fn consumed(&self) -> u64 {
        self.input.consumed()
    }
}
