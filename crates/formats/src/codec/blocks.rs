//! Blocks that are compressed each by itself, one behind the other: how SquashFS stores a file. A description says the
//! compressor and the size of each block.

use std::io::{self, Cursor, Read};

use base::{limits::Limits, sink::Decode, stop::Stop};

use super::{LZMA, XZ, ZLIB, ZSTD, input::Input};
use crate::fields::Fields;

const WHAT: &str = "a block of a file system";

/// What a stream of blocks needs to be known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// The compressor (SquashFS 4.0, `squashfs_fs.h`).
    pub(crate) compressor: u16,
    /// Bytes of a block, which the last one may have less of.
    pub(crate) block: u32,
    /// Bytes that come out in all.
    pub(crate) size: u64,
    /// Packed bytes of each block: bit 24 marks one that is stored, 0 stands for a block of zeros.
    pub(crate) sizes: Vec<u32>,
    /// Offset and length of what belongs to other files in the last block, where it is a fragment: ascending.
    pub(crate) holes: Vec<(u32, u32)>,
    /// Whether bytes behind the end belong to other files, too. If not, bytes that are left there are an error.
    pub(crate) shared: bool,
}

/// Marks a block that is stored.
pub(crate) const STORED: u32 = 1 << 24;

/// Whether there is a decoder for a compressor.
pub(crate) fn supported(compressor: u16) -> Option<&'static str> {
    Some(match compressor {
        1 => "gzip",
        2 => "lzma",
        4 => "xz",
        5 => "lz4",
        6 => "zstd",
        _ => return None,
    })
}

/// One block, at most `most` bytes of it.
pub(crate) fn decode(compressor: u16, packed: &[u8], most: usize, limits: &Limits) -> Result<Vec<u8>, Stop> {
    let codec = match compressor {
        1 => &ZLIB,
        2 => &LZMA,
        4 => &XZ,
        6 => &ZSTD,
        5 => {
            let mut block = vec![0; most];
            let made = lz4_flex::block::decompress_into(packed, &mut block);
            block.truncate(made.map_err(|error| Stop::malformed(0, format!("{WHAT}: {error}")))?);
            return Ok(block);
        }
        _ => return Err(Stop::Unsupported(format!("compressor {compressor} of file systems"))),
    };
    let decoder = (codec.open)(Box::new(Cursor::new(packed.to_vec())), limits)?;
    let mut block = Vec::new();
    decoder.take((most as u64).saturating_add(1)).read_to_end(&mut block)?;
    if block.len() > most { Err(Stop::malformed(0, "a block that is larger than blocks are")) } else { Ok(block) }
}

impl Blocks {
    /// The description that the codec of 7z folders hands on.
    pub(crate) fn write(&self) -> Box<[u8]> {
        let mut bytes = self.compressor.to_le_bytes().to_vec();
        bytes.extend(self.block.to_le_bytes());
        bytes.extend((self.holes.len() as u64).to_le_bytes());
        bytes.extend(self.size.to_le_bytes());
        bytes.push(self.shared.into());
        for (offset, length) in &self.holes {
            bytes.extend(offset.to_le_bytes());
            bytes.extend(length.to_le_bytes());
        }
        self.sizes.iter().for_each(|size| bytes.extend(size.to_le_bytes()));
        bytes.into()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        let compressor = fields.u16_le()?;
        let (block, count, size) = (fields.u32_le()?, fields.u64_le()?, fields.u64_le()?);
        let shared = fields.u8()? != 0;
        let mut holes = Vec::new();
        for _ in 0..count {
            holes.push((fields.u32_le()?, fields.u32_le()?));
        }
        let mut sizes = Vec::new();
        while !fields.0.is_empty() {
            sizes.push(fields.u32_le()?);
        }
        sizes.reverse();
        Some(Self { compressor, block, size, sizes, holes, shared })
    }

    pub(super) fn open(from: Box<dyn Read + Send>, properties: &[u8], limits: &Limits) -> Result<Box<dyn Decode>, Stop> {
        let blocks = Self::read(properties).ok_or_else(|| Stop::malformed(0, "the description of blocks"))?;
        let left = blocks.size;
        Ok(Box::new(Unpacking { input: Input::new(from), blocks, limits: limits.clone(), left, ready: Vec::new(), given: 0, failed: None }))
    }
}

struct Unpacking {
    input: Input,
    /// The sizes are in reverse order.
    blocks: Blocks,
    limits: Limits,
    /// Bytes that are still to be made.
    left: u64,
    ready: Vec<u8>,
    given: usize,
    failed: Option<Stop>,
}

impl Unpacking {
    /// Makes the next block; `false` when there is none.
    fn next_block(&mut self) -> Result<bool, Stop> {
        let Some(size) = self.blocks.sizes.pop() else { return Ok(false) };
        let most = usize::try_from(self.blocks.block).unwrap_or(usize::MAX);
        let packed = size & !STORED;
        let last = self.blocks.sizes.is_empty();
        let mut block = match packed {
            0 => vec![0; usize::try_from(self.left).unwrap_or(usize::MAX).min(most)],
            _ => {
                let mut bytes = Vec::new();
                self.input.by_ref().take(packed.into()).read_to_end(&mut bytes).map_err(Stop::from)?;
                if bytes.len() as u64 != u64::from(packed) {
                    return Err(Stop::truncated(self.input.consumed(), WHAT));
                }
                if size & STORED != 0 { bytes } else { decode(self.blocks.compressor, &bytes, most, &self.limits)? }
            }
        };
        for (offset, length) in self.blocks.holes.iter().rev().filter(|_| last) {
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(block.len());
            block.drain(place((*offset).into())..place(u64::from(*offset).saturating_add((*length).into())));
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        if block.len() > left && !(last && self.blocks.shared) {
            self.failed = Some(Stop::malformed(self.input.consumed(), "bytes of a block that no file has"));
        }
        block.truncate(left);
        self.left = self.left.saturating_sub(block.len() as u64);
        self.ready = block;
        self.given = 0;
        Ok(true)
    }
}

impl Read for Unpacking {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let ready = self.ready.get(self.given..).unwrap_or_default();
            if !ready.is_empty() || into.is_empty() {
                let count = ready.len().min(into.len());
                if let (Some(to), Some(from)) = (into.get_mut(..count), ready.get(..count)) {
                    to.copy_from_slice(from);
                }
                self.given = self.given.saturating_add(count);
                return Ok(count);
            }
            if let Some(stop) = &self.failed {
                return Err(stop.clone().into());
            }
            match self.next_block() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(stop) => self.failed = Some(stop),
            }
        }
    }
}

impl Decode for Unpacking {
    fn consumed(&self) -> u64 {
        self.input.consumed()
    }
}
