//! LZ4 frames, skippable frames and the legacy frame (lz4_Frame_format.md 1.6.4).
//!
//! Checksums are stepped over, not verified: what comes out is scanned whether a loader would accept it or not.

use std::io::{self, BufRead, Read};

use base::{
    limits::Limits,
    sink::{Codec, Decode},
    stop::Stop,
};
use lz4_flex::block::decompress_into_with_dict;

use super::input::Input;

/// One or more LZ4 frames.
pub(crate) const LZ4: Codec = Codec { id: "lz4", open };

const MAGIC: u32 = 0x184d_2204;
const LEGACY: u32 = 0x184c_2102;
const SKIPPABLE: u32 = 0x184d_2a50;
/// Blocks of the legacy frame hold this many bytes, the last one fewer.
const LEGACY_BLOCK: usize = 8 << 20;
/// How far a match can reach back.
const REACH: usize = 64 << 10;
const WHAT: &str = "an LZ4 frame";

fn open(input: Box<dyn Read + Send>, _: &Limits) -> Result<Box<dyn Decode>, Stop> {
    let input = Input::new(input);
    Ok(Box::new(Frames { input, block: Vec::new(), at: 0, filled: 0, frame: None, begun: false, ended: false }))
}

/// What the header of a frame says.
#[derive(Clone, Copy)]
struct Frame {
    legacy: bool,
    linked: bool,
    block_checksum: bool,
    content_checksum: bool,
    block: usize,
}

struct Frames {
    input: Input,
    /// The window of a linked frame, then the current block.
    block: Vec<u8>,
    /// What of it was not yet read: `at..filled`.
    at: usize,
    filled: usize,
    frame: Option<Frame>,
    begun: bool,
    ended: bool,
}

impl Frames {
    /// Reads the header of the next frame; without one this is the end.
    fn begin(&mut self) -> io::Result<()> {
        loop {
            let magic = self.input.ahead(4)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes));
            match magic {
                Some(magic) if magic & 0xffff_fff0 == SKIPPABLE => {
                    self.input.array::<4>(WHAT)?;
                    let length = u32::from_le_bytes(self.input.array(WHAT)?);
                    self.input.skip(length.into(), WHAT)?;
                }
                Some(MAGIC) => {
                    self.input.array::<4>(WHAT)?;
                    self.frame = Some(self.descriptor()?);
                    break;
                }
                Some(LEGACY) => {
                    self.input.array::<4>(WHAT)?;
                    let (linked, block_checksum, content_checksum) = (false, false, false);
                    let legacy = true;
                    self.frame = Some(Frame { legacy, linked, block_checksum, content_checksum, block: LEGACY_BLOCK });
                    break;
                }
                _ if !self.begun => return Err(self.input.malformed("no LZ4 frame")),
                _ => {
                    self.ended = true;
                    break;
                }
            }
            self.begun = true;
        }
        self.begun = true;
        (self.at, self.filled) = (0, 0);
        Ok(())
    }

    fn descriptor(&mut self) -> io::Result<Frame> {
        let [flags, sizes] = self.input.array(WHAT)?;
        if flags >> 6 != 1 {
            return Err(self.input.malformed("an LZ4 frame of unknown version"));
        }
        if flags & 1 != 0 {
            return Err(Stop::Unsupported("an LZ4 dictionary".into()).into());
        }
        self.input.skip(if flags & 8 != 0 { 9 } else { 1 }, WHAT)?;
        let block = match sizes >> 4 & 7 {
            4 => 64 << 10,
            5 => 256 << 10,
            6 => 1 << 20,
            7 => 4 << 20,
            _ => return Err(self.input.malformed("an LZ4 frame of unknown block size")),
        };
        let (linked, block_checksum, content_checksum) = (flags & 0x20 == 0, flags & 0x10 != 0, flags & 4 != 0);
        Ok(Frame { legacy: false, linked, block_checksum, content_checksum, block })
    }

    /// Decodes the next block behind what of the last one can still be referred to.
    fn next_block(&mut self, frame: Frame) -> io::Result<()> {
        if frame.legacy && self.legacy_ends()? {
            self.frame = None;
            return Ok(());
        }
        let head = u32::from_le_bytes(self.input.array(WHAT)?);
        let (stored, length) = if frame.legacy { (false, head) } else { (head >> 31 != 0, head & 0x7fff_ffff) };
        if length == 0 && !frame.legacy {
            self.input.skip(if frame.content_checksum { 4 } else { 0 }, WHAT)?;
            self.frame = None;
            return Ok(());
        }
        // Incompressible data grow a little; a block larger than that is a lie.
        let most = frame.block.saturating_add(frame.block >> 7).saturating_add(64);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > most {
            return Err(self.input.malformed("an LZ4 block larger than its frame allows"));
        }
        let packed = self.take(length)?;
        if frame.block_checksum {
            self.input.array::<4>(WHAT)?;
        }
        let window = if frame.linked { self.filled.min(REACH) } else { 0 };
        let kept = self.filled.saturating_sub(window);
        self.block.drain(..kept.min(self.block.len()));
        self.block.resize(window.saturating_add(frame.block), 0);
        let (dictionary, room) = self.block.split_at_mut(window);
        let made = if stored {
            let room = room.get_mut(..packed.len());
            room.map(|room| room.copy_from_slice(&packed)).map(|()| packed.len()).ok_or_else(|| "too long".to_owned())
        } else {
            decompress_into_with_dict(&packed, room, dictionary).map_err(|error| error.to_string())
        };
        let made = made.map_err(|error| self.input.malformed(format!("an LZ4 block: {error}")))?;
        (self.at, self.filled) = (window, window.saturating_add(made));
        Ok(())
    }

    /// A legacy frame has no end mark: it ends with the input or where another frame begins.
    fn legacy_ends(&mut self) -> io::Result<bool> {
        let ahead = self.input.ahead(4)?;
        let magic = ahead.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes));
        Ok(ahead.is_empty() || magic.is_some_and(|magic| matches!(magic, MAGIC | LEGACY)))
    }

    fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut taken = Vec::new();
        while taken.len() < count {
            let seen = self.input.fill_buf()?;
            let step = seen.len().min(count.saturating_sub(taken.len()));
            if step == 0 {
                return Err(self.input.truncated("an LZ4 block"));
            }
            taken.extend_from_slice(seen.get(..step).unwrap_or_default());
            self.input.consume(step);
        }
        Ok(taken)
    }
}

impl Read for Frames {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let ready = self.block.get(self.at..self.filled).unwrap_or_default();
            if !ready.is_empty() {
                let count = ready.len().min(into.len());
                if let (Some(to), Some(from)) = (into.get_mut(..count), ready.get(..count)) {
                    to.copy_from_slice(from);
                }
                self.at = self.at.saturating_add(count);
                return Ok(count);
            }
            match self.frame {
                _ if self.ended => return Ok(0),
                Some(frame) => self.next_block(frame)?,
                None => self.begin()?,
            }
        }
    }
}

impl Decode for Frames {
    fn consumed(&self) -> u64 {
        self.input.consumed()
    }
}
