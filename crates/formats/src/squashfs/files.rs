//! Files as children: one of many blocks by itself; those that lie in one fragment together, so that it is unpacked once.

use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
};

use base::{
    fact::Flaw,
    location::Place,
    sink::{Child, ChildBody, Packed, Sink},
    stop::Stop,
};

use super::{Superblock, inode, metadata::Metadata};
use crate::{
    codec::{
        SEVENZ,
        blocks::{Blocks, STORED},
        sevenz::{BLOCKS, Coder, File, Folder},
    },
    names::shown,
    sevenz::described::described,
    store::spans::joined,
};

/// What a file costs in memory beside its path and its blocks.
const FILE: u64 = 128;
/// Files of a fragment that overlap others: each has the fragment unpacked once more.
const APART: u32 = 64;

/// The end of a file in a fragment, and nothing else of it.
struct End {
    /// Empty where it is the end of a large file, which has it itself.
    path: Vec<u8>,
    offset: u32,
    size: u64,
}

/// The files of an image.
#[derive(Default)]
pub(super) struct Files {
    /// Where each fragment lies, and its size as blocks have it.
    fragments: Vec<(u64, u32)>,
    large: Vec<(Vec<u8>, inode::File)>,
    small: BTreeMap<u32, Vec<End>>,
}

impl Files {
    /// The table of fragments: a place, a size and four bytes that are free.
    pub(super) fn fragments(&mut self, table: &[u8]) {
        for entry in table.chunks_exact(16) {
            let mut fields = crate::fields::Fields(entry);
            if let (Some(start), Some(size)) = (fields.u64_le(), fields.u32_le()) {
                self.fragments.push((start, size));
            }
        }
    }

    /// Takes note of a file.
    pub(super) fn add(&mut self, sink: &Sink<'_>, block: u32, path: Vec<u8>, file: inode::File) -> Result<(), Stop> {
        sink.meter().hold(FILE.saturating_add(path.len() as u64))?;
        match file.fragment {
            Some((fragment, offset)) if file.blocks.is_empty() => {
                self.small.entry(fragment).or_default().push(End { path, offset, size: file.size });
            }
            Some((fragment, offset)) => {
                let size = file.size.checked_rem(block.into()).unwrap_or(0);
                self.small.entry(fragment).or_default().push(End { path: Vec::new(), offset, size });
                self.large.push((path, file));
            }
            _ if file.size > 0 => self.large.push((path, file)),
            _ => {}
        }
        Ok(())
    }

    fn fragment(&self, number: u32) -> Option<(Range<u64>, u32)> {
        let (start, size) = *usize::try_from(number).ok().and_then(|number| self.fragments.get(number))?;
        Some((start..start.saturating_add(u64::from(size & !STORED)), size))
    }

    /// Gives all files back.
    pub(super) fn give(&mut self, sink: &mut Sink<'_>, superblock: &Superblock, metadata: &mut Metadata<'_>) -> Result<(), Stop> {
        // Files of the same content share their blocks.
        let mut seen = HashSet::new();
        for (path, file) in std::mem::take(&mut self.large) {
            if !seen.insert((file.start, file.size, file.fragment)) {
                continue;
            }
            self.large(sink, superblock, metadata, path, file)?;
        }
        for (number, ends) in std::mem::take(&mut self.small) {
            match self.fragment(number) {
                Some((range, size)) => small(sink, superblock, metadata, number, range, size, ends)?,
                None => return Err(Stop::malformed(superblock.fragment_table, format!("fragment {number} is not there"))),
            }
        }
        Ok(())
    }

    fn large(
        &self,
        sink: &mut Sink<'_>,
        superblock: &Superblock,
        metadata: &mut Metadata<'_>,
        path: Vec<u8>,
        file: inode::File,
    ) -> Result<(), Stop> {
        let packed = file.blocks.iter().fold(0_u64, |sum, size| sum.saturating_add(u64::from(size & !STORED)));
        let own = file.start..file.start.saturating_add(packed);
        let mut parts = Vec::from([own]);
        let mut blocks = Blocks {
            compressor: superblock.compressor,
            block: superblock.block,
            size: file.size,
            sizes: file.blocks,
            holes: Vec::new(),
            shared: false,
        };
        if let Some((number, offset)) = file.fragment {
            let (range, size) = self.fragment(number).ok_or_else(|| Stop::malformed(superblock.fragment_table, format!("fragment {number} is not there")))?;
            parts.push(range);
            blocks.sizes.push(size);
            blocks.holes.push((0, offset));
            blocks.shared = true;
        }
        let size = file.size;
        let files = vec![File { name: path.clone(), size, crc: None }];
        pack(sink, metadata, path, parts, blocks, files)
    }
}

/// The files of one fragment, one behind the other. What lies between them belongs to nobody and is a file of its own.
fn small(
    sink: &mut Sink<'_>,
    superblock: &Superblock,
    metadata: &mut Metadata<'_>,
    number: u32,
    range: Range<u64>,
    size: u32,
    mut ends: Vec<End>,
) -> Result<(), Stop> {
    ends.sort_by_key(|end| (end.offset, end.size));
    let mut blocks = Blocks {
        compressor: superblock.compressor,
        block: superblock.block,
        size: 0,
        sizes: vec![size],
        holes: Vec::new(),
        shared: false,
    };
    let (mut files, mut at) = (Vec::new(), 0_u64);
    let (mut last, mut apart) = ((0, 0), 0_u32);
    for end in ends {
        let place = (end.offset, end.size);
        match u64::from(end.offset).checked_sub(at) {
            // Files of the same content share their bytes.
            None if place == last || end.path.is_empty() => {}
            None => {
                let detail = format!("shares bytes of fragment {number} with another file");
                let at = Place::bytes(range.start, range.end.saturating_sub(range.start));
                sink.fact(at, Flaw { id: "overlap".into(), detail: detail.into(), part: shown(&end.path) })?;
                apart = apart.saturating_add(1);
                if apart > APART {
                    return Err(Stop::Limit(base::reason::Reason::Entries));
                }
                let own = Blocks { size: end.size, holes: vec![(0, end.offset)], shared: true, ..blocks.clone() };
                let file = File { name: end.path.clone(), size: end.size, crc: None };
                pack(sink, metadata, end.path, Vec::from([range.clone()]), own, vec![file])?;
            }
            Some(gap) => {
                if gap > 0 {
                    files.push(File { name: format!("gap-{at:#x}").into_bytes(), size: gap, crc: None });
                }
                at = u64::from(end.offset).saturating_add(end.size);
                last = place;
                if end.path.is_empty() {
                    let length = u32::try_from(end.size).unwrap_or(u32::MAX);
                    blocks.holes.push((end.offset, length));
                } else {
                    files.push(File { name: end.path, size: end.size, crc: None });
                }
            }
        }
    }
    if files.is_empty() {
        return Ok(());
    }
    blocks.size = files.iter().fold(0, |sum, file| sum.saturating_add(file.size));
    // Whether bytes are left behind the last file is known only where nothing was cut out.
    let name = match &*files {
        [file] => file.name.clone(),
        _ => format!("fragment-{number}").into_bytes(),
    };
    pack(sink, metadata, name, Vec::from([range]), blocks, files)
}

/// One child: packed parts with their description in front.
fn pack(
    sink: &mut Sink<'_>,
    metadata: &mut Metadata<'_>,
    name: Vec<u8>,
    parts: Vec<Range<u64>>,
    blocks: Blocks,
    files: Vec<File>,
) -> Result<(), Stop> {
    let place = parts.first().map_or(0..0, Clone::clone);
    for part in &parts {
        if part.end > metadata.len {
            return Err(Stop::truncated(metadata.len, "a file of an image"));
        }
        metadata.pieces.give(part.clone(), metadata.len)?;
    }
    let coders = vec![Coder { method: BLOCKS, properties: blocks.write(), size: blocks.size }];
    let folder = Folder { coders, solid: files.len() > 1, files };
    sink.meter().hold(folder.weight().saturating_add((blocks.sizes.len() as u64).saturating_mul(8)))?;
    let from = described(folder.write(), joined(metadata.blob, parts));
    let body = ChildBody::Packed(Packed { from, codec: &SEVENZ, size: folder.unpacked(), crc32: None });
    let place = Place::bytes(place.start, place.end.saturating_sub(place.start));
    sink.child(Child { name, place, body, also: Vec::new(), tensor_data: false, origins: Vec::new(), given: Vec::new() })
}
