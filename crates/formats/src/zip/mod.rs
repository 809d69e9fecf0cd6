//! Zip (APPNOTE 6.3.10): central directory and local headers, in every view that some loader takes.
//!
//! Python's zipfile finds the last end record and counts the directory back from it; PyTorch's miniz trusts the stated
//! offset and looks names up without case; readers of streams never see the directory. Each member of each view is given
//! back, and each disagreement between the views is a flaw.

mod directory;
mod end;
mod gaps;
mod header;
mod member;
mod method;
mod stack;

use std::ops::Range;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Flaw, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};

use crate::{names::shown, pieces::Pieces};

/// Zip.
pub const FORMAT: Format = Format {
    id: "zip",
    name: "Zip archive",
    extensions: &["zip", "whl", "jar", "egg", "pt", "pth", "npz", "keras", "mar", "pt2", "nemo"],
    depth: Depth::Structure,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Entry, Kind::Flaw, Kind::Reference, Kind::Opaque],
    detect,
    explain: None,
    parse,
};

/// A member at the very start, a directory there, or an end record that fits what lies before it.
fn detect(head: &Head<'_>) -> Option<Certainty> {
    let local = header::local_length(head.first).is_some_and(|len| head.first.len() >= len || head.first.len() > 4096);
    let truncated = head.starts(header::LOCAL) && head.first.len() < 4096;
    let central = head.starts(header::CENTRAL) && head.first.len() >= header::CENTRAL_SIZE;
    (local || truncated || central || end::fits(head)).then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let Some(len) = blob.len() else {
        return Err(Stop::Unsupported("a zip archive of unknown length".into()));
    };
    let mut archive = Archive::new(blob, len, sink);
    let stacked = stack::archives(&archive)?;
    if !stacked.is_empty() {
        return stack::give(&mut archive, &stacked);
    }
    let mut directories = end::locate(&mut archive)?;
    let ended = !archive.ends.is_empty();
    if directories.is_empty() {
        directories.extend(gaps::forward_directory(&archive)?);
    }
    let (central, walked) = directory::read(&mut archive, &directories);
    member::give(&mut archive, &central)?;
    archive.overlaps(&central)?;
    let Archive { blob, sink, pieces, ends, local_ends, .. } = archive;
    let gaps = pieces.claim(sink, len);
    // A directory that was not read to its end leaves gaps that it might explain.
    walked?;
    gaps::explain(blob, sink, &gaps, len, ended)?;
    gaps::follow(blob, sink, &local_ends, &central, &gaps, len)?;
    if ends.is_empty() {
        return Err(Stop::truncated(len, "a zip archive: its end record is missing"));
    }
    Ok(())
}

/// An archive that is being read.
struct Archive<'a, 's> {
    blob: &'a Blob,
    len: u64,
    sink: &'a mut Sink<'s>,
    pieces: Pieces,
    /// What members and records take, to see overlaps: range, and the member's number in the directory.
    extents: Vec<(u64, u64, Option<usize>)>,
    /// Offsets of end records.
    ends: Vec<u64>,
    /// Where data end by local headers that disagree with the directory: a forward reader goes on there.
    local_ends: Vec<u64>,
}

impl<'a, 's> Archive<'a, 's> {
    fn new(blob: &'a Blob, len: u64, sink: &'a mut Sink<'s>) -> Self {
        let pieces = Pieces::default();
        Self { blob, len, sink, pieces, extents: Vec::new(), ends: Vec::new(), local_ends: Vec::new() }
    }

    /// Claims a header, whose unknown extra fields are children.
    fn headers(&mut self, range: Range<u64>, foreign: &[Range<u64>], name: &[u8]) -> Result<(), Stop> {
        let mut at = range.start;
        for field in foreign {
            let Some(blob) = self.blob.slice(field.clone()) else {
                continue;
            };
            self.flaw(field, "gap-data", name, "an extra field of unknown kind".into())?;
            self.pieces.add(at..field.start, Claim::Read);
            self.pieces.add(field.clone(), Claim::Child);
            self.sink.child(Child::window(format!("extra-{:#x}", field.start), place(field), blob))?;
            at = field.end;
        }
        self.pieces.add(at..range.end, Claim::Read);
        Ok(())
    }

    fn flaw(&mut self, at: &Range<u64>, id: &str, part: &[u8], detail: String) -> Result<(), Stop> {
        flaw(self.sink, at, id, part, detail)
    }

    /// Reads `count` bytes at `offset`, fewer at the end.
    fn bytes(&self, offset: u64, count: usize) -> Result<Vec<u8>, Stop> {
        bytes(self.blob, self.sink, offset, count)
    }

    /// A comment is a child of its own, so that nothing hides in it.
    fn comment(&mut self, range: Range<u64>) -> Result<(), Stop> {
        if let Some(blob) = self.blob.slice(range.clone()).filter(|blob| !blob.is_empty()) {
            let name = if self.ends.contains(&range.start.saturating_sub(22)) {
                "comment".to_owned()
            } else {
                format!("comment-{:#x}", range.start)
            };
            self.pieces.add(range.clone(), Claim::Child);
            self.sink.child(Child::window(name, place(&range), blob))?;
        }
        Ok(())
    }

    /// Members that share bytes with each other or with the directory.
    fn overlaps(&mut self, central: &[header::Central]) -> Result<(), Stop> {
        let mut extents = std::mem::take(&mut self.extents);
        extents.sort_unstable();
        extents.dedup();
        let mut reach = 0;
        for (start, end, member) in extents {
            if start < reach && start < end {
                let name = member.and_then(|index| central.get(index)).map(|header| header.stated.name.clone());
                let detail = format!("begins at {start:#x}, inside of what lies before it, which ends at {reach:#x}");
                self.flaw(&(start..end), "overlap", &name.unwrap_or_default(), detail)?;
            }
            reach = reach.max(end);
        }
        Ok(())
    }
}

fn flaw(sink: &mut Sink<'_>, at: &Range<u64>, id: &str, part: &[u8], detail: String) -> Result<(), Stop> {
    sink.fact(place(at), Flaw { id: id.into(), detail: detail.into(), part: shown(part) })
}

fn place(range: &Range<u64>) -> Place {
    Place::bytes(range.start, range.end.saturating_sub(range.start))
}

fn bytes(blob: &Blob, sink: &Sink<'_>, offset: u64, count: usize) -> Result<Vec<u8>, Stop> {
    let bytes = blob.bytes_at(offset, count)?;
    sink.meter().bytes(bytes.len() as u64)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
