//! The walk through the directories, without recursion.

use std::collections::HashSet;

use base::{location::Place, sink::Sink, stop::Stop};

use super::{
    Image,
    inode::{self, Inode},
    metadata::Cursor,
};
use crate::{codec::blocks, fields::Fields, listed::Listed};

/// Bytes of a path.
const PATH: usize = 4096;

/// An entry of a directory that is not read yet.
struct Waiting {
    path: Vec<u8>,
    at: Cursor,
}

impl Image<'_> {
    pub(super) fn tree(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let root = self.superblock.root;
        let root = self.inode_at(root >> 16, root & 0xffff);
        let mut waiting = vec![Waiting { path: Vec::new(), at: root }];
        let mut seen = HashSet::new();
        while let Some(next) = waiting.pop() {
            sink.meter().steps(1)?;
            sink.meter().hold(64)?;
            let first = seen.insert((next.at.block, next.at.offset));
            let read = self.entry(sink, next, first, &mut waiting);
            self.tolerate(read)?;
        }
        Ok(())
    }

    fn inode_at(&self, block: u64, offset: u64) -> Cursor {
        let block = self.superblock.inode_table.saturating_add(block);
        Cursor { block, offset: usize::try_from(offset).unwrap_or(usize::MAX) }
    }

    fn entry(&mut self, sink: &mut Sink<'_>, entry: Waiting, first: bool, waiting: &mut Vec<Waiting>) -> Result<(), Stop> {
        let inode = inode::read(&mut self.metadata, entry.at, self.superblock.block)?;
        let (kind, size, target) = match &inode {
            Inode::Folder { .. } => ("folder", 0, None),
            Inode::File(file) => (if first { "file" } else { "hardlink" }, file.size, None),
            Inode::Link(target) => ("symlink", 0, Some(&**target)),
            Inode::Device => ("device", 0, None),
            Inode::Pipe => ("fifo", 0, None),
        };
        let packed = match &inode {
            Inode::File(file) => file.blocks.iter().map(|size| u64::from(size & !blocks::STORED)).sum(),
            _ => 0,
        };
        if !entry.path.is_empty() {
            let method = blocks::supported(self.superblock.compressor).unwrap_or_default();
            let place = Place::bytes(entry.at.block, 0);
            Listed { path: &entry.path, kind, size, packed, method, target }.state(sink, &place)?;
        }
        match inode {
            Inode::Folder { block, offset, size } if first => self.folder(sink, &entry.path, block, offset, size, waiting),
            Inode::File(file) if first => self.files.add(sink, self.superblock.block, entry.path, file),
            _ => Ok(()),
        }
    }

    /// A listing: headers, each with a count, a block of inodes, and entries of it. Three bytes of the size stand for `.` and `..`.
    fn folder(&mut self, sink: &Sink<'_>, path: &[u8], block: u32, offset: u16, size: u32, waiting: &mut Vec<Waiting>) -> Result<(), Stop> {
        let block = self.superblock.directory_table.saturating_add(block.into());
        let mut at = Cursor { block, offset: offset.into() };
        let mut left = u64::from(size).saturating_sub(3);
        let broken = || Stop::malformed(block, "a directory of an image");
        while left > 0 {
            let head = self.metadata.read(&mut at, 12)?;
            left = left.checked_sub(12).ok_or_else(broken)?;
            let mut fields = Fields(&head);
            let (count, start) = (fields.u32_le().unwrap_or_default(), fields.u32_le().unwrap_or_default());
            for _ in 0..=count {
                let entry = self.metadata.read(&mut at, 8)?;
                let mut fields = Fields(&entry);
                let offset = fields.u16_le().unwrap_or_default();
                let length = fields.take(4).and_then(|_| fields.u16_le()).unwrap_or_default();
                let length = usize::from(length).saturating_add(1);
                let name = self.metadata.read(&mut at, length)?;
                left = left.checked_sub(8).and_then(|left| left.checked_sub(length as u64)).ok_or_else(broken)?;
                let joined = if path.is_empty() { name } else { [path, b"/", &name].concat() };
                if joined.len() > PATH {
                    return Err(broken());
                }
                sink.meter().hold((joined.len() as u64).saturating_add(64))?;
                waiting.push(Waiting { path: joined, at: self.inode_at(start.into(), offset.into()) });
            }
        }
        Ok(())
    }
}
