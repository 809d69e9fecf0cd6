//! RAR 4 and 5: members are listed, stored ones are given back; how RAR packs the others is no open format.

mod five;
mod four;

use std::ops::Range;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Entry, Flaw, Kind, Reference},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    sink::{Child, ChildBody, Sink},
    source::Access,
    stop::Stop,
};

use crate::names::{self, shown};

/// RAR.
pub const FORMAT: Format = Format {
    id: "rar",
    name: "RAR archive",
    extensions: &["rar", "cbr"],
    depth: Depth::Structure,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Entry, Kind::Flaw, Kind::Reference],
    detect,
    explain: None,
    parse,
};

const FOUR: &[u8] = b"Rar!\x1a\x07\0";
const FIVE: &[u8] = b"Rar!\x1a\x07\x01\0";
/// Bytes of a symbolic link's target that are looked at.
const LINK: usize = 4096;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    (head.starts(FOUR) || head.starts(FIVE)).then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    if reader.peek(FIVE.len())?.starts_with(FIVE) {
        five::read(&mut reader, sink)?;
    } else {
        four::read(&mut reader, sink)?;
    }
    let end = reader.offset();
    crate::inert::trailing(blob, sink, end)
}

/// A member, as either version states it.
struct Member {
    name: Vec<u8>,
    kind: &'static str,
    /// Where a link leads, if its header says so.
    target: Option<Vec<u8>>,
    size: u64,
    /// Zero for a stored one.
    method: u64,
    encrypted: bool,
    /// Whether it begins or ends in another volume.
    split: bool,
    /// Its header, and its data.
    header: Range<u64>,
    data: Range<u64>,
}

impl Member {
    /// States the member and gives its data back.
    fn give(self, blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let packed = self.data.end.saturating_sub(self.data.start);
        let method = if self.method == 0 { "stored".into() } else { format!("rar-{}", self.method).into() };
        let (name, size) = (shown(&self.name), self.size);
        sink.fact(place(&self.header), Entry { name, kind: self.kind.into(), size, packed, method })?;
        for id in names::flaws(&self.name) {
            self.flaw(sink, id, String::new())?;
        }
        if self.encrypted {
            self.flaw(sink, "encrypted", "its content is encrypted".into())?;
        }
        if self.split {
            self.flaw(sink, "multi-disk", "begins or ends in another volume".into())?;
        }
        if self.method == 0 && !self.encrypted && !self.split && size != packed {
            self.flaw(sink, "size-mismatch", format!("stored in {packed} bytes, but said to have {size}"))?;
        }
        self.link(blob, sink)?;
        if packed == 0 {
            return Ok(());
        }
        sink.claim(self.data.clone(), Claim::Child);
        let body = match blob.slice(self.data.clone()) {
            _ if self.encrypted => ChildBody::Closed(Stop::Unsupported("encryption".into())),
            _ if self.split => ChildBody::Closed(Stop::Unsupported("a file that lies in several volumes".into())),
            Some(window) if self.method == 0 => ChildBody::Window(window),
            _ => ChildBody::Closed(Stop::Unsupported(format!("RAR's compression (method {})", self.method))),
        };
        sink.child(Child { place: place(&self.data), name: self.name, body, also: Vec::new(), tensor_data: false, origins: Vec::new(), given: Vec::new() })
    }

    /// RAR 4 keeps the target of a symbolic link as its content.
    fn link(&self, blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
        if !matches!(self.kind, "symlink" | "hardlink") {
            return Ok(());
        }
        let stored = || match self.method {
            0 if !self.encrypted => blob.slice(self.data.clone())?.bytes_at(0, LINK).ok(),
            _ => None,
        };
        let Some(target) = self.target.clone().or_else(stored) else { return Ok(()) };
        let reference = Reference { kind: "link".into(), target: shown(&target), role: "link-target".into() };
        sink.fact(place(&self.header), reference)?;
        let escapes = match self.kind {
            "symlink" => names::link_escapes(&self.name, &target),
            _ => names::hardlink_escapes(&target),
        };
        if escapes {
            self.flaw(sink, "link-escape", format!("leads to {}", shown(&target)))?;
        }
        Ok(())
    }

    fn flaw(&self, sink: &mut Sink<'_>, id: &str, detail: String) -> Result<(), Stop> {
        flaw(sink, &self.header, id, &self.name, detail)
    }
}

fn flaw(sink: &mut Sink<'_>, at: &Range<u64>, id: &str, part: &[u8], detail: String) -> Result<(), Stop> {
    sink.fact(place(at), Flaw { id: id.into(), detail: detail.into(), part: shown(part) })
}

fn place(range: &Range<u64>) -> Place {
    Place::bytes(range.start, range.end.saturating_sub(range.start))
}

/// The data behind a header as far as they are there, and a stop where fewer bytes are left than it states.
fn data(reader: &mut Reader<'_>, size: u64) -> (Range<u64>, Result<(), Stop>) {
    let start = reader.offset();
    let skipped = reader.skip(size, "the data of a RAR archive");
    let end = start.saturating_add(size);
    (start..reader.blob().len().map_or(end, |len| end.min(len)), skipped)
}

#[cfg(test)]
mod tests;
