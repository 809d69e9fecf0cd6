//! Tar in all dialects (POSIX 1003.1-2017 `pax`, GNU tar manual "Basic Tar Format", v7): headers are read, contents given back.

mod extended;
mod header;
mod member;
mod sparse;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Flaw, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};

use crate::names::shown;

/// Tar.
pub const FORMAT: Format = Format {
    id: "tar",
    name: "Tar archive",
    extensions: &["tar", "nemo", "tgz", "tbz2", "txz"],
    depth: Depth::Structure,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Entry, Kind::Flaw, Kind::Reference],
    detect,
    explain: None,
    parse,
};

/// The bytes of a header or data block.
const BLOCK: usize = 512;
const BLOCK_SIZE: u64 = BLOCK as u64;

/// Whether `bytes` begin with a header whose checksum holds.
pub(crate) fn is_header(bytes: &[u8]) -> bool {
    bytes.first_chunk::<BLOCK>().is_some_and(|block| !header::is_empty(block) && header::checksum_holds(block))
}

/// A sound header at the start; an empty archive of zeros alone is not recognised. A magic without its checksum is tried.
fn detect(head: &Head<'_>) -> Option<Certainty> {
    if is_header(head.first) {
        return Some(Certainty::Certain);
    }
    head.at(257, 5).is_some_and(|magic| magic == b"ustar").then_some(Certainty::Possible)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    let mut pending = extended::Pending::default();
    loop {
        let at = reader.offset();
        if reader.at_end()? {
            flaw(sink, at, 0, "missing-end", b"", "no empty block ends the archive".into())?;
            return pending.unused(sink, at);
        }
        let block: [u8; BLOCK] = reader.array("a tar header")?;
        if header::is_empty(&block) {
            pending.unused(sink, at)?;
            sink.claim(at..reader.offset(), Claim::Padding);
            return end(&mut reader, sink, at);
        }
        let sound = header::checksum_holds(&block);
        if !sound && at > 0 && !header::has_magic(&block) {
            // Readers that check stop here, those that do not go on: what lies here is scanned as what it is.
            return rest(&mut reader, sink, at, "bad-checksum", "not a tar header");
        }
        if !sound {
            flaw(sink, at, BLOCK_SIZE, "bad-checksum", &header::name(&block), "the header's sum is another".into())?;
        }
        sink.milestone()?;
        sink.claim(at..reader.offset(), Claim::Read);
        member::read(&mut reader, sink, at, &block, &mut pending)?;
    }
}

/// Behind the first empty block: zeros to the end, or bytes that only some readers look at.
fn end(reader: &mut Reader<'_>, sink: &mut Sink<'_>, at: u64) -> Result<(), Stop> {
    let zeros_from = reader.offset();
    loop {
        let seen = reader.peek(1)?;
        if seen.is_empty() {
            sink.claim(zeros_from..reader.offset(), Claim::Padding);
            if reader.offset().saturating_sub(at) < BLOCK_SIZE.saturating_mul(2) {
                flaw(sink, at, 0, "missing-end", b"", "one empty block instead of two".into())?;
            }
            return Ok(());
        }
        let zeros = seen.iter().take_while(|byte| **byte == 0).count();
        let more = zeros < seen.len();
        reader.consume(zeros);
        if more {
            // Members lie at multiples of a block: so does what is given back.
            let into_block = reader.offset().checked_rem(BLOCK_SIZE).unwrap_or_default();
            let start = reader.offset().saturating_sub(into_block).max(zeros_from);
            sink.claim(zeros_from..start, Claim::Padding);
            return rest(reader, sink, start, "data-after-end", "bytes behind the end of the archive");
        }
    }
}

/// Gives everything from `start` back as one child.
fn rest(reader: &mut Reader<'_>, sink: &mut Sink<'_>, start: u64, id: &str, detail: &str) -> Result<(), Stop> {
    flaw(sink, start, 0, id, b"after-end", detail.into())?;
    let Some(blob) = reader.blob().from(start) else {
        return Ok(());
    };
    let end = blob.len().map_or(u64::MAX, |len| start.saturating_add(len));
    sink.claim(start..end, Claim::Child);
    sink.child(Child::window("after-end", Place::bytes(start, end.saturating_sub(start)), blob))
}

fn flaw(sink: &mut Sink<'_>, at: u64, length: u64, id: &str, part: &[u8], detail: String) -> Result<(), Stop> {
    sink.fact(Place::bytes(at, length), Flaw { id: id.into(), detail: detail.into(), part: shown(part) })
}

#[cfg(test)]
mod tests;
