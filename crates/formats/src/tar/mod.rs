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
            // Python stops here unless it is told to ignore it; GNU tar goes on with the next header.
            if !resume(&mut reader, sink, at, "bad-checksum", "not a tar header")? {
                return Ok(());
            }
            continue;
        }
        if !sound {
            flaw(sink, at, BLOCK_SIZE, "bad-checksum", &header::name(&block), "the header's sum is another".into())?;
        }
        sink.milestone()?;
        claim_header(blob, sink, at, &block)?;
        member::read(&mut reader, sink, at, &block, &mut pending)?;
    }
}

/// Claims a header, in which nothing but zeros stands behind the end of a name.
fn claim_header(blob: &Blob, sink: &mut Sink<'_>, start: u64, block: &[u8; BLOCK]) -> Result<(), Stop> {
    let mut at = start;
    for slack in [header::slack(block, 0, 100), header::slack(block, 157, 100)].into_iter().flatten() {
        let (from, end) = (start.saturating_add(slack.start), start.saturating_add(slack.end));
        let (name, length) = (format!("gap-{from:#x}"), end.saturating_sub(from));
        flaw(sink, from, length, "gap-data", name.as_bytes(), "bytes behind the end of a name".into())?;
        sink.claim(at..from, Claim::Read);
        if let Some(window) = blob.slice(from..end) {
            sink.claim(from..end, Claim::Child);
            sink.child(Child::window(name, Place::bytes(from, length), window))?;
        }
        at = end;
    }
    sink.claim(at..start.saturating_add(BLOCK_SIZE), Claim::Read);
    Ok(())
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
            reader.seek(start);
            let behind = "bytes behind the end of the archive";
            if is_header(reader.peek(BLOCK)?) || resume(reader, sink, start, "data-after-end", behind)? {
                return rest(reader, sink, reader.offset(), "data-after-end", behind);
            }
            return Ok(());
        }
    }
}

/// Goes to the next sound header behind `start`, where there is none, and gives what lies before it back: to the end if no
/// header follows. Whether one does.
fn resume(reader: &mut Reader<'_>, sink: &mut Sink<'_>, start: u64, id: &str, detail: &str) -> Result<bool, Stop> {
    reader.seek(start.saturating_add(BLOCK_SIZE));
    loop {
        let block = reader.peek(BLOCK)?;
        if is_header(block) {
            break;
        }
        if block.len() < BLOCK {
            rest(reader, sink, start, id, detail)?;
            return Ok(false);
        }
        reader.consume(BLOCK);
    }
    let end = reader.offset();
    let (name, length) = (format!("gap-{start:#x}"), end.saturating_sub(start));
    flaw(sink, start, length, id, name.as_bytes(), detail.into())?;
    sink.claim(start..end, Claim::Child);
    if let Some(blob) = reader.blob().slice(start..end) {
        sink.child(Child::window(name, Place::bytes(start, length), blob))?;
    }
    Ok(true)
}

/// Gives everything from `start` back as one child.
fn rest(reader: &Reader<'_>, sink: &mut Sink<'_>, start: u64, id: &str, detail: &str) -> Result<(), Stop> {
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
