//! The LZMA family: xz with as many streams as follow each other, the older `.lzma` form, and the form inside zip.

use std::io::{self, Read};

use base::{
    limits::Limits,
    sink::{Codec, Decode},
    stop::Stop,
};
use lzma_rust2::{Action, LzipStream, Lzma2Stream, LzmaStream, Status, StreamResult, XzStream};

use super::{
    MAX_WINDOW,
    input::Input,
    streaming::{Machine, Step, Streaming},
};

/// One or more xz streams with the padding between them.
pub(crate) const XZ: Codec = Codec { id: "xz", open: open_xz };
/// One `.lzma` stream ("LZMA alone").
pub(crate) const LZMA: Codec = Codec { id: "lzma-alone", open: open_alone };
/// LZMA as zip members have it (APPNOTE 6.3.10, section 5.8.8).
pub(crate) const ZIP_LZMA: Codec = Codec { id: "zip-lzma", open: open_zip };

/// One or more members of lzip.
pub(crate) const LZIP: Codec = Codec { id: "lzip", open: open_lzip };

const XZ_MAGIC: &[u8] = b"\xfd7zXZ\0";

/// The memory that a decoder may take, in KiB: the largest window and what the models need beside it.
fn memory(limits: &Limits) -> u32 {
    let window = MAX_WINDOW.min(limits.memory) >> 10;
    u32::try_from(window.saturating_add(16 << 10)).unwrap_or(u32::MAX)
}

fn open_xz(input: Box<dyn Read + Send>, limits: &Limits) -> Result<Box<dyn Decode>, Stop> {
    let memory = memory(limits);
    let machine = Xz { stream: XzStream::new_mem_limit(false, memory), memory };
    Ok(Box::new(Streaming::new(Input::new(input), machine)))
}

fn open_alone(input: Box<dyn Read + Send>, limits: &Limits) -> Result<Box<dyn Decode>, Stop> {
    let machine = Lzma { stream: LzmaStream::new_mem_limit(memory(limits), None), unmarked: false };
    Ok(Box::new(Streaming::new(Input::new(input), machine)))
}

fn open_lzip(input: Box<dyn Read + Send>, limits: &Limits) -> Result<Box<dyn Decode>, Stop> {
    let machine = Lzip(LzipStream::new_mem_limit(true, memory(limits)));
    Ok(Box::new(Streaming::new(Input::new(input), machine)))
}

fn open_zip(input: Box<dyn Read + Send>, limits: &Limits) -> Result<Box<dyn Decode>, Stop> {
    const WHAT: &str = "the LZMA header of a zip member";
    let mut input = Input::new(input);
    let [_, _, size_low, size_high, properties] = input.array::<5>(WHAT).map_err(Stop::from)?;
    let dictionary = u32::from_le_bytes(input.array(WHAT).map_err(Stop::from)?);
    if [size_low, size_high] != [5, 0] {
        return Err(Stop::Unsupported("an LZMA header of unknown size".into()));
    }
    if u64::from(dictionary) > MAX_WINDOW.min(limits.memory) {
        return Err(Stop::Limit(base::reason::Reason::Memory));
    }
    let stream = LzmaStream::new_with_props(u64::MAX, properties, dictionary, None);
    let stream = stream.map_err(|error| Stop::malformed(4, error.to_string()))?;
    Ok(Box::new(Streaming::new(input, Lzma { stream, unmarked: true })))
}

/// A stream of LZMA alone, of which the container knows properties, dictionary and size.
pub(super) fn open_raw(
    input: Box<dyn Read + Send>,
    properties: u8,
    dictionary: u32,
    size: u64,
    limits: &Limits,
) -> Result<Box<dyn Decode>, Stop> {
    let dictionary = dictionary_for(dictionary, size, limits)?;
    let stream = LzmaStream::new_with_props(size, properties, dictionary, None);
    let stream = stream.map_err(|error| Stop::malformed(0, error.to_string()))?;
    Ok(Box::new(Streaming::new(Input::new(input), RawLzma(stream))))
}

/// A stream of LZMA2 alone, whose dictionary a byte of the container states (xz specification, section 5.3.1).
pub(super) fn open_raw2(
    input: Box<dyn Read + Send>,
    dictionary: u8,
    size: u64,
    limits: &Limits,
) -> Result<Box<dyn Decode>, Stop> {
    let dictionary = match dictionary {
        0..40 => (2 | u32::from(dictionary & 1)) << (dictionary / 2).saturating_add(11),
        40 => u32::MAX,
        _ => return Err(Stop::malformed(0, "the dictionary of an LZMA2 stream")),
    };
    let dictionary = dictionary_for(dictionary, size, limits)?;
    Ok(Box::new(Streaming::new(Input::new(input), Lzma2(Lzma2Stream::new(dictionary)))))
}

/// No match reaches further back than the beginning: a small content needs a small dictionary, whatever is stated.
fn dictionary_for(stated: u32, size: u64, limits: &Limits) -> Result<u32, Stop> {
    let size = u32::try_from(size).unwrap_or(u32::MAX);
    let needed = stated.min(size).max(lzma_rust2::DICT_SIZE_MIN);
    if u64::from(needed) > MAX_WINDOW.min(limits.memory) {
        return Err(Stop::Limit(base::reason::Reason::Memory));
    }
    Ok(needed)
}

fn action(at_end: bool) -> Action {
    if at_end { Action::Finish } else { Action::Run }
}

fn step(result: StreamResult) -> Step {
    let ended = result.status == Status::StreamEnd;
    Step { taken: result.bytes_consumed, made: result.bytes_produced, ended }
}

struct Xz {
    stream: XzStream,
    memory: u32,
}

impl Machine for Xz {
    const WHAT: &'static str = "an xz stream";

    fn step(&mut self, from: &[u8], into: &mut [u8], at_end: bool) -> io::Result<Step> {
        self.stream.process(from, into, action(at_end)).map(step)
    }

    /// Padding comes in fours (xz specification, section 2.2); what else follows is left to the parent.
    fn next_stream(&mut self, input: &mut Input) -> io::Result<bool> {
        while input.ahead(4)?.starts_with(&[0; 4]) {
            input.array::<4>(Self::WHAT)?;
        }
        let more = input.ahead(XZ_MAGIC.len())?.starts_with(XZ_MAGIC);
        if more {
            self.stream = XzStream::new_mem_limit(false, self.memory);
        }
        Ok(more)
    }
}

struct Lzip(LzipStream);

impl Machine for Lzip {
    const WHAT: &'static str = "an lzip stream";

    fn step(&mut self, from: &[u8], into: &mut [u8], at_end: bool) -> io::Result<Step> {
        self.0.process(from, into, action(at_end)).map(step)
    }

    fn unused(&self) -> usize {
        self.0.unused_input().len()
    }
}

struct Lzma {
    stream: LzmaStream,
    /// The stream may end without a mark: the container knows its size.
    unmarked: bool,
}

impl Machine for Lzma {
    const WHAT: &'static str = "an LZMA stream";

    fn step(&mut self, from: &[u8], into: &mut [u8], at_end: bool) -> io::Result<Step> {
        match self.stream.process(from, into, action(at_end)) {
            Ok(result) => Ok(step(result)),
            Err(_) if self.unmarked && at_end => Ok(Step { taken: 0, made: 0, ended: true }),
            Err(error) => Err(error),
        }
    }

    fn unused(&self) -> usize {
        self.stream.unused_input().len()
    }
}

struct RawLzma(LzmaStream);

impl RawLzma {
    /// Bytes that the mark of the end takes at most: some encoders write it although the size is known.
    const MARK: usize = 6;
}

impl Machine for RawLzma {
    const WHAT: &'static str = "an LZMA stream";

    fn step(&mut self, from: &[u8], into: &mut [u8], at_end: bool) -> io::Result<Step> {
        self.0.process(from, into, action(at_end)).map(step)
    }

    fn unused(&self) -> usize {
        Some(self.0.unused_input().len()).filter(|count| *count > Self::MARK).unwrap_or(0)
    }

    fn next_stream(&mut self, input: &mut Input) -> io::Result<bool> {
        let left = input.ahead(Self::MARK.saturating_add(1))?.len();
        if left <= Self::MARK {
            input.skip(left as u64, Self::WHAT)?;
        }
        Ok(false)
    }
}

struct Lzma2(Lzma2Stream);

impl Machine for Lzma2 {
    const WHAT: &'static str = "an LZMA2 stream";

    fn step(&mut self, from: &[u8], into: &mut [u8], at_end: bool) -> io::Result<Step> {
        self.0.process(from, into, action(at_end)).map(step)
    }
}
