//! The data blocks of a cabinet's folder ([MS-CAB], section 2.6; [MS-MCI] for MSZIP), stored or deflated.

use std::io::{self, Read};

use base::{sink::Decode, stop::Stop};
use flate2::{Decompress, FlushDecompress, Status};

use super::input::Input;

/// How far a match reaches back, and the most that a block becomes.
const WINDOW: usize = 32 << 10;
const WHAT: &str = "a data block of a cabinet";

/// The blocks of one folder, as many as its header counts.
pub(super) struct Blocks {
    input: Input,
    left: u16,
    /// Bytes of each block's header that an application has for itself.
    reserved: u8,
    deflated: bool,
    inflate: Decompress,
    /// The block before, which the next one refers to, and then the current one.
    block: Vec<u8>,
    at: usize,
    failed: bool,
}

impl Blocks {
    /// `properties`: the count of blocks, the reserved bytes of each, and whether they are deflated.
    pub(super) fn open(from: Box<dyn Read + Send>, properties: &[u8]) -> Result<Box<dyn Decode>, Stop> {
        let [low, high, reserved, deflated] = *properties else {
            return Err(Stop::malformed(0, "the description of a cabinet's folder"));
        };
        Ok(Box::new(Self {
            input: Input::new(from),
            left: u16::from_le_bytes([low, high]),
            reserved,
            deflated: deflated != 0,
            inflate: Decompress::new(false),
            block: Vec::new(),
            at: 0,
            failed: false,
        }))
    }

    /// Reads the next block. Checksums are not compared: what comes out is scanned whether a loader would accept it or not.
    fn next_block(&mut self) -> io::Result<()> {
        self.left = self.left.saturating_sub(1);
        let [_, _, _, _, a, b, c, d]: [u8; 8] = self.input.array(WHAT)?;
        let (packed, size) = (usize::from(u16::from_le_bytes([a, b])), usize::from(u16::from_le_bytes([c, d])));
        self.input.skip(self.reserved.into(), WHAT)?;
        if size > WINDOW {
            return Err(self.input.malformed(WHAT));
        }
        let mut from = vec![0; packed];
        let mut filled = 0_usize;
        while filled < packed {
            match self.input.read(from.get_mut(filled..).unwrap_or_default())? {
                0 => return Err(self.input.truncated(WHAT)),
                count => filled = filled.saturating_add(count),
            }
        }
        self.block = if self.deflated { self.inflated(&from, size)? } else { from };
        self.at = 0;
        match self.block.len() == size {
            true => Ok(()),
            false => Err(self.input.malformed("a data block of a cabinet with another size than stated")),
        }
    }

    /// One block of MSZIP: a whole deflate stream that may refer to the block before.
    fn inflated(&mut self, from: &[u8], size: usize) -> io::Result<Vec<u8>> {
        let Some(from) = from.strip_prefix(b"CK") else {
            return Err(self.input.malformed("a data block of a cabinet without its mark"));
        };
        self.inflate.reset(false);
        if !self.block.is_empty() {
            let set = self.inflate.set_dictionary(&self.block);
            set.map_err(|error| self.input.malformed(format!("{WHAT}: {error}")))?;
        }
        let mut block = vec![0; size.saturating_add(1)];
        let status = self.inflate.decompress(from, &mut block, FlushDecompress::Finish);
        match status {
            Ok(Status::StreamEnd) => {
                block.truncate(usize::try_from(self.inflate.total_out()).unwrap_or(usize::MAX));
                Ok(block)
            }
            Ok(_) => Err(self.input.malformed(WHAT)),
            Err(error) => Err(self.input.malformed(format!("{WHAT}: {error}"))),
        }
    }
}

impl Read for Blocks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            return Err(self.input.malformed(WHAT));
        }
        loop {
            let ready = self.block.get(self.at..).unwrap_or_default();
            if !ready.is_empty() || into.is_empty() {
                let count = ready.len().min(into.len());
                if let (Some(to), Some(from)) = (into.get_mut(..count), ready.get(..count)) {
                    to.copy_from_slice(from);
                }
                self.at = self.at.saturating_add(count);
                return Ok(count);
            }
            if self.left == 0 {
                return Ok(0);
            }
            let read = self.next_block();
            self.failed = read.is_err();
            read?;
        }
    }
}

impl Decode for Blocks {
    fn consumed(&self) -> u64 {
        self.input.consumed()
    }
}
