//! ISO 9660 images (ECMA-119) with the names of Joliet and Rock Ridge: each file is a window, whatever trees have it.

mod record;
mod rock;
mod tree;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
};

use base::{
    blob::Blob,
    coverage::Claim,
    fact::Kind,
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::{Child, ChildBody, Sink},
    source::Access,
    stop::Stop,
};

use crate::{pieces::Pieces, sevenz::junk};

/// An image of a CD or DVD.
pub const FORMAT: Format = Format {
    id: "iso9660",
    name: "ISO 9660 image",
    extensions: &["iso"],
    depth: Depth::Structure,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Entry, Kind::Flaw, Kind::Reference],
    detect,
    explain: None,
    parse,
};

/// Descriptors are sectors of this size, from the sixteenth on; what stands before is left to systems that start from the image.
const SECTOR: u64 = 2048;
const FIRST: u64 = 16 * SECTOR;
/// Descriptors of one image.
const DESCRIPTORS: u64 = 64;
/// Bytes of a directory.
const DIRECTORY: u64 = 16 << 20;

/// Section 8.1: the mark of the first descriptor.
fn detect(head: &Head<'_>) -> Option<Certainty> {
    (head.at(32_769, 5) == Some(b"CD001")).then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let Some(len) = blob.len() else {
        return Err(Stop::Unsupported("an image of unknown length".into()));
    };
    let mut image =
        Image { blob, len, pieces: Pieces::default(), seen: HashSet::new(), files: BTreeMap::new(), broken: None };
    let read = image.read(sink);
    let given = image.give(sink);
    let Image { pieces, broken, .. } = image;
    for gap in pieces.claim(sink, len) {
        junk(blob, sink, gap, len)?;
    }
    read.and(given).and(broken.map_or(Ok(()), Err))
}

/// A file: its pieces, and the names by which the trees have it.
#[derive(Default)]
struct File {
    names: Vec<Vec<u8>>,
    parts: Vec<Range<u64>>,
}

struct Image<'b> {
    blob: &'b Blob,
    len: u64,
    pieces: Pieces,
    /// Directories that were read.
    seen: HashSet<u64>,
    /// Files by the place where they begin.
    files: BTreeMap<(u64, u64), File>,
    /// The first thing that is broken. What stands beside it is read nevertheless.
    broken: Option<Stop>,
}

/// One tree: how its names are written, and how large its blocks are.
#[derive(Clone, Copy)]
struct Tree {
    block: u64,
    /// Names in UTF-16.
    joliet: bool,
}

impl Image<'_> {
    fn read(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let mut roots = Vec::new();
        let mut at = FIRST;
        for _ in 0..DESCRIPTORS {
            let sector = self.bytes(sink, at, SECTOR)?;
            if sector.get(1..6) != Some(b"CD001") {
                return Err(Stop::malformed(at, "a descriptor of a volume"));
            }
            self.pieces.add(at..at.saturating_add(SECTOR), Claim::Read);
            at = at.saturating_add(SECTOR);
            match sector.first() {
                Some(1 | 2) => roots.push(self.volume(&sector)?),
                Some(255) => break,
                _ => {}
            }
        }
        self.other_volumes(sink, at)?;
        // The names of the first tree are those that Linux shows, if Rock Ridge is there; Joliet's are the others.
        for (tree, root, size) in roots {
            self.tree(sink, tree, root, size)?;
        }
        Ok(())
    }

    /// A primary or supplementary descriptor (sections 8.4 and 8.5): the tree below it, and its path tables.
    fn volume(&mut self, sector: &[u8]) -> Result<(Tree, u64, u64), Stop> {
        let read = || {
            let block = u64::from(record::u16_at(sector, 128)?);
            let table = u64::from(record::u32_at(sector, 132)?);
            let tables = [record::u32_at(sector, 140)?, record::u32_at(sector, 144)?];
            let others = [record::big_u32_at(sector, 148)?, record::big_u32_at(sector, 152)?];
            let root = (record::u32_at(sector, 158)?, record::u32_at(sector, 166)?);
            Some((block, table, [tables, others].concat(), root))
        };
        let (block, table, tables, root) = read().ok_or_else(|| Stop::truncated(self.len, "a descriptor of a volume"))?;
        if !block.is_power_of_two() || !(512..=SECTOR).contains(&block) {
            return Err(Stop::malformed(FIRST, format!("blocks of {block} bytes")));
        }
        for start in tables.into_iter().filter(|start| *start != 0) {
            let start = u64::from(start).saturating_mul(block);
            self.pieces.add(start..start.saturating_add(table), Claim::Read);
        }
        // Escape sequences of UCS-2, levels 1 to 3.
        let joliet = matches!(sector.get(88..91), Some([b'%', b'/', b'@' | b'C' | b'E']));
        Ok((Tree { block, joliet }, u64::from(root.0).saturating_mul(block), root.1.into()))
    }

    /// Other systems put descriptors behind (ECMA-167): mkisofs a date, UDF a tree of its own, which is not read.
    fn other_volumes(&mut self, sink: &Sink<'_>, mut at: u64) -> Result<(), Stop> {
        for _ in 0..DESCRIPTORS {
            let sector = self.bytes(sink, at, SECTOR.min(self.len.saturating_sub(at)))?;
            match sector.get(1..6) {
                Some(b"BEA01" | b"NSR02" | b"NSR03" | b"TEA01") => {
                    self.broken.get_or_insert(Stop::Unsupported("the UDF tree of an image".into()));
                }
                _ if sector.starts_with(b"MKI ") => self.pieces.add(at..at.saturating_add(SECTOR), Claim::Read),
                _ => break,
            }
            at = at.saturating_add(SECTOR);
        }
        Ok(())
    }

    /// Bytes that must all be there.
    fn bytes(&self, sink: &Sink<'_>, at: u64, count: u64) -> Result<Vec<u8>, Stop> {
        sink.meter().bytes(count)?;
        let bytes = self.blob.bytes_at(at, usize::try_from(count).unwrap_or(0))?;
        match bytes.len() as u64 == count {
            true => Ok(bytes),
            false => Err(Stop::truncated(self.len, "an image")),
        }
    }

    /// Gives the files back: each once, by its first name.
    fn give(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        for file in std::mem::take(&mut self.files).into_values() {
            let mut names = file.names.into_iter();
            let (Some(first), Some(name)) = (file.parts.first().cloned(), names.next()) else { continue };
            for part in &file.parts {
                self.pieces.give(part.clone(), self.len)?;
                if part.end > self.len {
                    self.broken.get_or_insert(Stop::truncated(self.len, "a file of an image"));
                }
            }
            let place = Place::bytes(first.start, first.end.saturating_sub(first.start));
            let blob = match &*file.parts {
                [part] => self.blob.slice(part.clone()).unwrap_or_else(|| Blob::from_bytes([])),
                _ => crate::store::spans::joined(self.blob, file.parts),
            };
            sink.child(Child { name, place, body: ChildBody::Window(blob), also: names.collect(), tensor_data: false, origins: Vec::new(), given: Vec::new() })?;
        }
        Ok(())
    }
}
