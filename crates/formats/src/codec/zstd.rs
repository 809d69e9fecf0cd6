//! Zstandard (RFC 8878): frames back to back, skippable ones between them.

use std::io::{self, Read};

use base::{
    limits::Limits,
    reason::Reason,
    sink::{Codec, Decode},
    stop::Stop,
};
use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, FrameHeaderError},
};

use super::{MAX_WINDOW, input::Input};

/// One or more zstd frames.
pub(crate) const ZSTD: Codec = Codec { id: "zstd", open };

const MAGIC: u32 = 0xfd2f_b528;
/// Skippable frames: the last four bits are free.
const SKIPPABLE: u32 = 0x184d_2a50;
const WHAT: &str = "a zstd frame";

fn open(input: Box<dyn Read + Send>, limits: &Limits) -> Result<Box<dyn Decode>, Stop> {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(MAX_WINDOW.min(limits.memory));
    Ok(Box::new(Frames { input: Input::new(input), decoder, at: At::First }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    First,
    Inside,
    Between,
    Ended,
    Failed,
}

struct Frames {
    input: Input,
    decoder: FrameDecoder,
    at: At,
}

impl Frames {
    /// Begins the next frame, skipping those that hold no data.
    fn begin(&mut self) -> io::Result<()> {
        loop {
            let magic = self.input.ahead(4)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes));
            match magic {
                Some(magic) if magic & 0xffff_fff0 == SKIPPABLE => {
                    self.input.array::<4>(WHAT)?;
                    let length = u32::from_le_bytes(self.input.array(WHAT)?);
                    self.input.skip(length.into(), WHAT)?;
                    self.at = At::Between;
                }
                Some(MAGIC) => {
                    self.decoder.reset(&mut self.input).map_err(|error| self.told(&error))?;
                    self.at = At::Inside;
                    return Ok(());
                }
                _ if self.at == At::First => return Err(self.input.malformed("no zstd frame")),
                _ => {
                    self.at = At::Ended;
                    return Ok(());
                }
            }
        }
    }

    fn told(&self, error: &FrameDecoderError) -> io::Error {
        match error {
            FrameDecoderError::WindowSizeTooBig { .. }
            | FrameDecoderError::FrameHeaderError(FrameHeaderError::WindowTooBig { .. })
            | FrameDecoderError::FailedToInitialize(FrameHeaderError::WindowTooBig { .. }) => {
                Stop::Limit(Reason::Memory).into()
            }
            FrameDecoderError::DictNotProvided { .. } => Stop::Unsupported("a zstd dictionary".into()).into(),
            error => self.input.malformed(format!("{WHAT}: {error}")),
        }
    }

    fn advance(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.at {
                At::First | At::Between => self.begin()?,
                At::Ended => return Ok(0),
                At::Failed => return Err(self.input.malformed(WHAT)),
                At::Inside if self.decoder.can_collect() > 0 => return self.decoder.read(into),
                At::Inside if self.decoder.is_finished() => {
                    let (stated, found) =
                        (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
                    if stated.is_some() && stated != found {
                        return Err(self.input.malformed("a zstd checksum that does not fit the content"));
                    }
                    self.at = At::Between;
                }
                At::Inside => {
                    let decoded = self.decoder.decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1));
                    decoded.map_err(|error| self.told(&error))?;
                }
            }
        }
    }
}

impl Read for Frames {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        let read = self.advance(into);
        if read.is_err() {
            self.at = At::Failed;
        }
        read
    }
}

impl Decode for Frames {
    fn consumed(&self) -> u64 {
        self.input.consumed()
    }
}
