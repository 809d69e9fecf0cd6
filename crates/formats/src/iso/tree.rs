//! The walk through the directories of a tree, without recursion.

use std::{collections::VecDeque, ops::Range};

use base::{
    coverage::Claim,
    location::Place,
    sink::Sink,
    stop::Stop,
};

use super::{
    DIRECTORY, Image, SECTOR, Tree,
    record::{self, Record},
    rock::Rock,
};
use crate::listed::Listed;

/// Bytes of a path.
const PATH: usize = 4096;
/// Fields that lie elsewhere, one chain a record.
const CHAIN: usize = 32;

/// A directory that waits to be read.
struct Waiting {
    path: Vec<u8>,
    start: u64,
    size: u64,
}

/// What is known of an entry.
struct Named {
    path: Vec<u8>,
    kind: &'static str,
    target: Option<Vec<u8>>,
    moved: Option<u32>,
    relocated: bool,
}

impl Image<'_> {
    pub(super) fn tree(&mut self, sink: &mut Sink<'_>, tree: Tree, start: u64, size: u64) -> Result<(), Stop> {
        let mut waiting = VecDeque::from([Waiting { path: Vec::new(), start, size }]);
        while let Some(directory) = waiting.pop_back() {
            if self.seen.insert(directory.start) {
                sink.meter().hold(64)?;
                let read = self.directory(sink, tree, &directory, &mut waiting);
                match read {
                    Err(stop @ (Stop::Malformed { .. } | Stop::Truncated { .. })) => drop(self.broken.get_or_insert(stop)),
                    read => read?,
                }
            }
        }
        Ok(())
    }

    fn directory(&mut self, sink: &mut Sink<'_>, tree: Tree, directory: &Waiting, waiting: &mut VecDeque<Waiting>) -> Result<(), Stop> {
        let Waiting { path, start, size } = directory;
        if *size > DIRECTORY {
            return Err(Stop::malformed(*start, format!("a directory of {size} bytes")));
        }
        let bytes = self.bytes(sink, *start, *size)?;
        self.pieces.add(*start..start.saturating_add(*size), Claim::Read);
        let mut at = 0_usize;
        // A file in several parts has a record for each.
        let mut parts: Vec<Range<u64>> = Vec::new();
        while at < bytes.len() {
            sink.meter().steps(1)?;
            let place = Place::bytes(start.saturating_add(at as u64), 0);
            let rest = bytes.get(at..).unwrap_or_default();
            // No record crosses a sector: zeros fill it.
            if rest.first() == Some(&0) {
                at = at.saturating_add(1).next_multiple_of(usize::try_from(SECTOR).unwrap_or(2048));
                continue;
            }
            let Some((record, taken)) = record::record(rest) else {
                return Err(Stop::malformed(place.offset, "a record of a directory"));
            };
            at = at.saturating_add(taken);
            if record.is_self_or_parent() {
                self.extra(sink, tree, &record)?;
                continue;
            }
            let named = self.named(sink, tree, path, &record)?;
            if record.goes_on() {
                parts.push(record.range(tree.block));
                continue;
            }
            parts.push(record.range(tree.block));
            self.entry(sink, tree, &record, named, std::mem::take(&mut parts), place, waiting)?;
        }
        Ok(())
    }

    /// Fields of Rock Ridge, those that lie elsewhere included.
    fn extra(&mut self, sink: &Sink<'_>, tree: Tree, record: &Record<'_>) -> Result<Rock, Stop> {
        let mut rock = Rock::default();
        if tree.joliet {
            return Ok(rock);
        }
        rock.read(record.system);
        for _ in 0..CHAIN {
            let Some((block, offset, length)) = rock.more else { break };
            let at = u64::from(block).saturating_mul(tree.block).saturating_add(offset.into());
            let fields = self.bytes(sink, at, u64::from(length).min(SECTOR))?;
            self.pieces.add(at..at.saturating_add(fields.len() as u64), Claim::Read);
            sink.meter().hold(48)?;
            rock.read(&fields);
        }
        Ok(rock)
    }

    fn named(&mut self, sink: &Sink<'_>, tree: Tree, folder: &[u8], record: &Record<'_>) -> Result<Named, Stop> {
        let rock = self.extra(sink, tree, record)?;
        let name = match (tree.joliet, rock.name.is_empty()) {
            (true, _) => record::wide(record.name),
            (false, true) => record::plain(record.name),
            (false, false) => rock.name.clone(),
        };
        let mut path = folder.to_vec();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend(name);
        if path.len() > PATH {
            return Err(Stop::malformed(0, "a path of an image that is too long"));
        }
        if rock.packed || record.interleaved {
            let what = if rock.packed { "a file compressed by zisofs" } else { "an interleaved file" };
            self.broken.get_or_insert(Stop::Unsupported(what.into()));
        }
        let kind = rock.kind().unwrap_or(if record.is_directory() { "folder" } else { "file" });
        Ok(Named { path, kind, target: rock.target, moved: rock.moved, relocated: rock.relocated })
    }

    #[allow(clippy::too_many_arguments)]
    fn entry(
        &mut self,
        sink: &mut Sink<'_>,
        tree: Tree,
        record: &Record<'_>,
        named: Named,
        parts: Vec<Range<u64>>,
        place: Place,
        waiting: &mut VecDeque<Waiting>,
    ) -> Result<(), Stop> {
        let Named { path, kind, target, moved, relocated } = named;
        let size = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.end.saturating_sub(part.start)));
        sink.meter().hold((path.len() as u64).saturating_add(128))?;
        let listed = Listed { path: &path, kind, size, packed: size, method: "stored", target: target.as_deref() };
        listed.state(sink, &place)?;
        if let Some(block) = moved {
            // The size of a directory stands in its first record.
            let start = u64::from(block).saturating_mul(tree.block);
            let first = self.bytes(sink, start, 34)?;
            let size = record::u32_at(&first, 10).unwrap_or_default().into();
            waiting.push_back(Waiting { path, start, size });
        } else if record.is_directory() {
            let range = record.range(tree.block);
            let next = Waiting { path, start: range.start, size: record.size.into() };
            // A directory that was moved is read where it belongs: what leads to it there comes first.
            if relocated { waiting.push_front(next) } else { waiting.push_back(next) }
        } else if kind == "file" && size > 0 {
            let key = (parts.first().map_or(0, |part| part.start), size);
            let file = self.files.entry(key).or_default();
            file.parts = parts;
            file.names.push(path);
        }
        Ok(())
    }
}
