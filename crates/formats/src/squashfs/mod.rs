//! SquashFS images, version 4 (`squashfs_fs.h` of Linux): inodes and directories in compressed metadata, files in blocks, and
//! the ends of files together in fragments.

mod files;
mod inode;
mod metadata;
mod tree;

#[cfg(test)]
mod tests;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::Kind,
    format::{Certainty, Class, Depth, Format, Head},
    sink::Sink,
    source::Access,
    stop::Stop,
};

use self::{files::Files, metadata::Metadata};
use crate::{codec::blocks, fields::Fields, sevenz::junk};

/// An image of a read-only file system, as Singularity has.
pub const FORMAT: Format = Format {
    id: "squashfs",
    name: "SquashFS image",
    extensions: &["squashfs", "sqsh", "sfs"],
    depth: Depth::Structure,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Entry, Kind::Flaw, Kind::Reference],
    detect,
    explain: None,
    parse,
};

const SUPERBLOCK: u64 = 96;
/// No table.
const NONE: u64 = u64::MAX;

/// The superblock of version 4, little-endian.
fn detect(head: &Head<'_>) -> Option<Certainty> {
    (head.starts(b"hsqs") && head.at(28, 4) == Some(&[4, 0, 0, 0])).then_some(Certainty::Certain)
}

/// What the superblock says.
#[derive(Clone, Copy, Debug)]
struct Superblock {
    inodes: u32,
    block: u32,
    fragments: u32,
    compressor: u16,
    flags: u16,
    ids: u16,
    root: u64,
    /// Bytes in use: padding follows.
    used: u64,
    id_table: u64,
    attribute_table: u64,
    inode_table: u64,
    directory_table: u64,
    fragment_table: u64,
    export_table: u64,
}

impl Superblock {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes.get(4..)?);
        let (inodes, _time, block, fragments) =
            (fields.u32_le()?, fields.u32_le()?, fields.u32_le()?, fields.u32_le()?);
        let (compressor, _log, flags, ids) = (fields.u16_le()?, fields.u16_le()?, fields.u16_le()?, fields.u16_le()?);
        fields.take(4)?;
        Some(Self {
            inodes,
            block,
            fragments,
            compressor,
            flags,
            ids,
            root: fields.u64_le()?,
            used: fields.u64_le()?,
            id_table: fields.u64_le()?,
            attribute_table: fields.u64_le()?,
            inode_table: fields.u64_le()?,
            directory_table: fields.u64_le()?,
            fragment_table: fields.u64_le()?,
            export_table: fields.u64_le()?,
        })
    }
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let Some(len) = blob.len() else {
        return Err(Stop::Unsupported("an image of unknown length".into()));
    };
    let head = blob.bytes_at(0, 96)?;
    let superblock = Superblock::read(&head).ok_or_else(|| Stop::truncated(len, "the superblock of an image"))?;
    if !superblock.block.is_power_of_two() || !(1 << 12..=1 << 20).contains(&superblock.block) {
        return Err(Stop::malformed(12, format!("blocks of {} bytes", superblock.block)));
    }
    if blocks::supported(superblock.compressor).is_none() {
        return Err(Stop::Unsupported(format!("compressor {} of an image", superblock.compressor)));
    }
    let meter = sink.meter().clone();
    let mut image = Image { superblock, metadata: Metadata::new(blob, &meter, superblock.compressor, len), files: Files::default(), broken: None };
    let read = image.read(sink);
    let given = image.files.give(sink, &superblock, &mut image.metadata);
    let Image { metadata, broken, .. } = image;
    for gap in metadata.pieces.claim(sink, len) {
        junk(blob, sink, gap, len)?;
    }
    if len < superblock.used {
        return Err(Stop::truncated(len, "an image"));
    }
    read.and(given).and(broken.map_or(Ok(()), Err))
}

struct Image<'b> {
    superblock: Superblock,
    metadata: Metadata<'b>,
    files: Files,
    /// The first thing that is broken. What stands beside it is read nevertheless.
    broken: Option<Stop>,
}

impl Image<'_> {
    fn read(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let superblock = self.superblock;
        self.metadata.pieces.add(0..SUPERBLOCK, Claim::Read);
        self.options()?;
        let fragments = self.metadata.table(superblock.fragment_table, superblock.fragments.into(), 16)?;
        self.files.fragments(&fragments);
        self.metadata.table(superblock.id_table, superblock.ids.into(), 4)?;
        if superblock.flags & EXPORTABLE != 0 {
            self.metadata.table(superblock.export_table, superblock.inodes.into(), 8)?;
        }
        let attributes = self.attributes();
        self.tolerate(attributes)?;
        self.tree(sink)
    }

    /// Options of the compressor: one metadata block behind the superblock.
    fn options(&mut self) -> Result<(), Stop> {
        if self.superblock.flags & OPTIONS == 0 {
            return Ok(());
        }
        self.metadata.load(SUPERBLOCK).map(|_| ())
    }

    /// Extended attributes: where the pairs begin, how many sets there are, and places of blocks that list the sets.
    fn attributes(&mut self) -> Result<(), Stop> {
        let at = self.superblock.attribute_table;
        if at == NONE {
            return Ok(());
        }
        let head = self.metadata.plain(at, 16)?;
        let mut fields = Fields(&head);
        let (Some(pairs), Some(sets)) = (fields.u64_le(), fields.u32_le()) else { return Ok(()) };
        let first = self.metadata.table_at(at.saturating_add(16), sets.into(), 16)?;
        let mut next = pairs;
        while next < first {
            next = self.metadata.load(next)?;
        }
        Ok(())
    }

    fn tolerate(&mut self, read: Result<(), Stop>) -> Result<(), Stop> {
        match read {
            Err(stop @ (Stop::Malformed { .. } | Stop::Truncated { .. })) => {
                self.broken.get_or_insert(stop);
                Ok(())
            }
            read => read,
        }
    }
}

/// Flags of the superblock.
const EXPORTABLE: u16 = 0x80;
const OPTIONS: u16 = 0x400;
