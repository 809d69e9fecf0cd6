//! Inodes: what a directory entry leads to.

use base::stop::Stop;

use super::metadata::{Cursor, Metadata};
use crate::fields::Fields;

/// Bytes of the target of a link.
const TARGET: u32 = 4096;
/// No fragment.
const NONE: u32 = u32::MAX;

/// What an inode is.
#[derive(Debug)]
pub(super) enum Inode {
    Folder {
        /// Where the listing begins, from the beginning of the table of directories.
        block: u32,
        offset: u16,
        /// Bytes of the listing.
        size: u32,
    },
    File(File),
    Link(Vec<u8>),
    Device,
    Pipe,
}

/// Where the content of a file lies.
#[derive(Debug)]
pub(super) struct File {
    pub(super) start: u64,
    pub(super) size: u64,
    /// The fragment that holds the end, and the offset in it.
    pub(super) fragment: Option<(u32, u32)>,
    /// Packed bytes of each block.
    pub(super) blocks: Vec<u32>,
}

/// Reads the inode at the cursor.
pub(super) fn read(metadata: &mut Metadata<'_>, mut at: Cursor, block: u32) -> Result<Inode, Stop> {
    let broken = |cursor: Cursor| Stop::malformed(cursor.block, "an inode of an image");
    let head = metadata.read(&mut at, 16)?;
    let kind = Fields(&head).u16_le().unwrap_or_default();
    let length = match kind {
        1 | 2 => 16,
        3 | 10 => 8,
        8 => 24,
        9 => 40,
        4 | 5 | 6 | 7 | 11..=14 => 4,
        _ => return Err(broken(at)),
    };
    let body = metadata.read(&mut at, length)?;
    let mut fields = Fields(&body);
    let parsed = match kind {
        1 => folder(&mut fields),
        8 => extended_folder(&mut fields),
        2 => file(&mut fields),
        9 => extended_file(&mut fields),
        3 | 10 => {
            let size = fields.take(4).and_then(|_| fields.u32_le()).filter(|size| *size <= TARGET);
            let size = size.ok_or_else(|| broken(at))?;
            Some(Inode::Link(metadata.read(&mut at, usize::try_from(size).unwrap_or(0))?))
        }
        6 | 7 | 13 | 14 => Some(Inode::Pipe),
        _ => Some(Inode::Device),
    };
    match parsed.ok_or_else(|| broken(at))? {
        Inode::File(file) => sizes(metadata, at, file, block),
        inode => Ok(inode),
    }
}

fn folder(fields: &mut Fields<'_>) -> Option<Inode> {
    let (block, _links, size, offset) = (fields.u32_le()?, fields.u32_le()?, fields.u16_le()?, fields.u16_le()?);
    Some(Inode::Folder { block, offset, size: size.into() })
}

fn extended_folder(fields: &mut Fields<'_>) -> Option<Inode> {
    let (_links, size, block) = (fields.u32_le()?, fields.u32_le()?, fields.u32_le()?);
    fields.take(6)?;
    Some(Inode::Folder { block, offset: fields.u16_le()?, size })
}

fn file(fields: &mut Fields<'_>) -> Option<Inode> {
    let start = fields.u32_le()?.into();
    let (fragment, offset, size) = (fields.u32_le()?, fields.u32_le()?, fields.u32_le()?);
    let fragment = (fragment != NONE).then_some((fragment, offset));
    Some(Inode::File(File { start, size: size.into(), fragment, blocks: Vec::new() }))
}

fn extended_file(fields: &mut Fields<'_>) -> Option<Inode> {
    let (start, size) = (fields.u64_le()?, fields.u64_le()?);
    fields.take(12)?;
    let (fragment, offset) = (fields.u32_le()?, fields.u32_le()?);
    let fragment = (fragment != NONE).then_some((fragment, offset));
    Some(Inode::File(File { start, size, fragment, blocks: Vec::new() }))
}

/// The sizes of the blocks, which stand behind a file's inode.
fn sizes(metadata: &mut Metadata<'_>, mut at: Cursor, mut file: File, block: u32) -> Result<Inode, Stop> {
    let whole = file.size.checked_div(block.into()).unwrap_or(0);
    let count = if file.fragment.is_some() { whole } else { file.size.div_ceil(block.into()) };
    // Four bytes of metadata a block: more than there is of it is a lie.
    if count.saturating_mul(4) > metadata.len.saturating_mul(1024) {
        return Err(Stop::malformed(at.block, format!("a file of {} bytes", file.size)));
    }
    metadata.meter.hold(count.saturating_mul(4))?;
    for _ in 0..count {
        let bytes = metadata.read(&mut at, 4)?;
        file.blocks.push(Fields(&bytes).u32_le().unwrap_or_default());
    }
    Ok(Inode::File(file))
}
