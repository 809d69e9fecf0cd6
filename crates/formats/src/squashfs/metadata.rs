//! Metadata: blocks of up to 8 KiB, each behind two bytes that say its size, and tables of places of such blocks.

use std::{collections::HashMap, rc::Rc};

use base::{blob::Blob, budget::Meter, coverage::Claim, stop::Stop};

use crate::{codec::blocks, fields::Fields, pieces::Pieces};

/// Bytes of a block, unpacked.
const BLOCK: u64 = 8192;
/// Marks a block that is stored.
const STORED: u16 = 1 << 15;

/// A place in unpacked metadata: the block, and the offset in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) block: u64,
    pub(super) offset: usize,
}

/// The metadata of an image, each block unpacked once.
pub(super) struct Metadata<'b> {
    pub(super) blob: &'b Blob,
    pub(super) meter: Meter,
    pub(super) len: u64,
    pub(super) pieces: Pieces,
    compressor: u16,
    blocks: HashMap<u64, (Rc<[u8]>, u64)>,
}

impl<'b> Metadata<'b> {
    pub(super) fn new(blob: &'b Blob, meter: &Meter, compressor: u16, len: u64) -> Self {
        Self { blob, meter: meter.clone(), len, pieces: Pieces::default(), compressor, blocks: HashMap::new() }
    }

    /// Loads the block at `at`; where the next one begins.
    pub(super) fn load(&mut self, at: u64) -> Result<u64, Stop> {
        self.block(at).map(|(_, next)| next)
    }

    fn block(&mut self, at: u64) -> Result<(Rc<[u8]>, u64), Stop> {
        const WHAT: &str = "metadata of an image";
        if let Some((block, next)) = self.blocks.get(&at) {
            return Ok((block.clone(), *next));
        }
        let head = self.blob.bytes_at(at, 2)?;
        let Some(size) = Fields(&head).u16_le() else { return Err(Stop::truncated(self.len, WHAT)) };
        let count = size & !STORED;
        let next = at.saturating_add(2).saturating_add(count.into());
        if count == 0 || u64::from(count) > BLOCK {
            return Err(Stop::malformed(at, WHAT));
        }
        if next > self.len {
            return Err(Stop::truncated(self.len, WHAT));
        }
        self.meter.hold(BLOCK)?;
        self.meter.bytes(count.into())?;
        let packed = self.blob.bytes_at(at.saturating_add(2), count.into())?;
        let most = usize::try_from(BLOCK).unwrap_or(0);
        let block: Rc<[u8]> = match size & STORED {
            0 => blocks::decode(self.compressor, &packed, most, self.meter.limits())?.into(),
            _ => packed.into(),
        };
        self.pieces.add(at..next, Claim::Read);
        self.blocks.insert(at, (block.clone(), next));
        Ok((block, next))
    }

    /// `count` bytes from the cursor, which goes on behind them.
    pub(super) fn read(&mut self, cursor: &mut Cursor, count: usize) -> Result<Vec<u8>, Stop> {
        let mut bytes = Vec::new();
        while bytes.len() < count {
            self.meter.steps(1)?;
            let (block, next) = self.block(cursor.block)?;
            let rest = block.get(cursor.offset..).unwrap_or_default();
            if rest.is_empty() {
                *cursor = Cursor { block: next, offset: 0 };
                continue;
            }
            let take = rest.len().min(count.saturating_sub(bytes.len()));
            bytes.extend_from_slice(rest.get(..take).unwrap_or_default());
            cursor.offset = cursor.offset.saturating_add(take);
        }
        Ok(bytes)
    }

    /// Bytes of the image itself, noted as read.
    pub(super) fn plain(&mut self, at: u64, count: u64) -> Result<Vec<u8>, Stop> {
        let bytes = self.blob.bytes_at(at, usize::try_from(count).unwrap_or(0))?;
        self.meter.bytes(count)?;
        if bytes.len() as u64 != count {
            return Err(Stop::truncated(self.len, "a table of an image"));
        }
        self.pieces.add(at..at.saturating_add(count), Claim::Read);
        Ok(bytes)
    }

    /// A table of `count` records of `width` bytes: places of metadata blocks at `at`, and what they hold.
    pub(super) fn table(&mut self, at: u64, count: u64, width: u64) -> Result<Vec<u8>, Stop> {
        let bytes = count.saturating_mul(width);
        if count == 0 {
            return Ok(Vec::new());
        }
        self.meter.hold(bytes)?;
        let places = self.plain(at, bytes.div_ceil(BLOCK).saturating_mul(8))?;
        let mut table = Vec::new();
        let mut places = Fields(&places);
        while let Some(place) = places.u64_le() {
            table.extend_from_slice(&self.block(place)?.0);
        }
        match table.len() as u64 == bytes {
            true => Ok(table),
            false => Err(Stop::malformed(at, format!("a table of {} instead of {bytes} bytes", table.len()))),
        }
    }

    /// Reads such a table for its bytes alone; where its first block begins.
    pub(super) fn table_at(&mut self, at: u64, count: u64, width: u64) -> Result<u64, Stop> {
        self.table(at, count, width)?;
        let first = self.blob.bytes_at(at, 8)?;
        Ok(Fields(&first).u64_le().filter(|_| count > 0).unwrap_or(0))
    }
}
