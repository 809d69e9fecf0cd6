//! 7z (7zFormat.txt): a header at the end that lists folders, the coders that unpack them, and the files in them.

pub(crate) mod described;
mod header;
mod members;
mod numbers;

#[cfg(test)]
mod tests;

use std::{io::Cursor, io::Read, ops::Range};

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Flaw, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    reason::Reason,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};
use flate2::Crc;

use crate::{
    codec::{
        SEVENZ,
        sevenz::{File, Folder},
    },
    fields::Fields,
    names::shown,
    padding,
    pieces::Pieces,
};
use header::{Archive, Header, Streams};

/// 7z.
pub const FORMAT: Format = Format {
    id: "7z",
    name: "7-Zip archive",
    extensions: &["7z", "cb7"],
    depth: Depth::Structure,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Entry, Kind::Flaw],
    detect,
    explain: None,
    parse,
};

/// Signature and major version.
const MAGIC: &[u8] = b"7z\xbc\xaf\x27\x1c\0";
/// Bytes of the signature header.
const START: usize = 32;
/// Bytes of a header, packed or not, that are read.
const HEADER: u64 = 16 << 20;
/// How often a header may be packed: 7-Zip packs it once.
const ENCODED: u32 = 4;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    head.starts(MAGIC).then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let Some(len) = blob.len() else {
        return Err(Stop::Unsupported("a 7z archive of unknown length".into()));
    };
    let mut pieces = Pieces::default();
    pieces.add(0..START as u64, Claim::Read);
    let read = contents(blob, sink, len, &mut pieces);
    let gaps = pieces.claim(sink, len);
    // Where the header was not read to its end, it might have explained what now seems to be a gap.
    read?;
    for gap in gaps {
        junk(blob, sink, gap, len)?;
    }
    Ok(())
}

fn contents(blob: &Blob, sink: &mut Sink<'_>, len: u64, pieces: &mut Pieces) -> Result<(), Stop> {
    let Some((range, stated)) = start(blob, sink, len)? else {
        return Ok(());
    };
    let size = range.end.saturating_sub(range.start);
    sink.meter().hold(size)?;
    let mut bytes = Reader::at(blob, sink.meter(), range.start).take(size, "the header of a 7z archive")?;
    pieces.add(range.clone(), Claim::Read);
    checked(sink, &range, &bytes, Some(stated))?;
    for _ in 0..=ENCODED {
        match header::read(&bytes, sink.meter())? {
            Header::Archive(archive) => return give(blob, sink, &archive, pieces),
            Header::Encoded(streams) => bytes = unpack(blob, sink, &streams, pieces)?,
        }
    }
    Err(Stop::Limit(Reason::Depth))
}

fn give(blob: &Blob, sink: &mut Sink<'_>, archive: &Archive, pieces: &mut Pieces) -> Result<(), Stop> {
    members::give(blob, sink, archive, START as u64, pieces)
}

/// Reads the signature header: where the header lies, and its CRC-32. `None` for an archive of nothing.
fn start(blob: &Blob, sink: &mut Sink<'_>, len: u64) -> Result<Option<(Range<u64>, u32)>, Stop> {
    const WHAT: &str = "the signature header of a 7z archive";
    let bytes: [u8; START] = Reader::new(blob, sink.meter()).array(WHAT)?;
    let mut fields = Fields(bytes.get(8..).unwrap_or_default());
    let stated = fields.u32_le();
    let checked_part = fields.0;
    let (Some(stated), Some(offset), Some(size), Some(crc)) =
        (stated, fields.u64_le(), fields.u64_le(), fields.u32_le())
    else {
        return Err(Stop::truncated(len, WHAT));
    };
    if sum(checked_part) != stated {
        flaw(sink, &Place::bytes(8, 4), "bad-checksum", b"", "of the signature header".into())?;
    }
    if size == 0 {
        let empty = len == START as u64;
        return if empty { Ok(None) } else { Err(Stop::malformed(20, "a 7z archive whose header was not written")) };
    }
    let from = (START as u64).checked_add(offset);
    match from.and_then(|from| Some(from..from.checked_add(size)?)).filter(|range| range.end <= len) {
        None => Err(Stop::truncated(len, "a 7z archive: its header lies beyond the end")),
        Some(_) if size > HEADER => Err(Stop::Limit(Reason::Memory)),
        Some(range) => Ok(Some((range, crc))),
    }
}

/// Unpacks a packed header, within the budget of this reading.
fn unpack(blob: &Blob, sink: &mut Sink<'_>, streams: &Streams, pieces: &mut Pieces) -> Result<Vec<u8>, Stop> {
    let at = (START as u64).saturating_add(streams.position);
    let broken = || Stop::malformed(at, "where the header of a 7z archive is packed");
    let ([coded], [packed]) = (&*streams.folders, &*streams.packed) else {
        return Err(broken());
    };
    let size = coded.size();
    if size.max(*packed) > HEADER {
        return Err(Stop::Limit(Reason::Memory));
    }
    sink.meter().hold(size.saturating_add(*packed))?;
    let range = at..at.checked_add(*packed).ok_or_else(broken)?;
    let bytes = Reader::at(blob, sink.meter(), at).take(*packed, "the packed header of a 7z archive")?;
    pieces.add(range.clone(), Claim::Read);
    let files = vec![File { name: Vec::new(), size, crc: None }];
    let mut from = Folder { coders: members::chain(coded)?, solid: false, files }.write();
    from.extend(bytes);
    let mut content = Vec::new();
    let whole = from.len() as u64;
    let mut decoder = (SEVENZ.open)(Box::new(Cursor::new(from)), sink.meter().limits())?;
    decoder.read_to_end(&mut content).map_err(Stop::from)?;
    if decoder.consumed() < whole {
        flaw(sink, &place(&range), "trailing-data", b"", "bytes follow the packed header".into())?;
    }
    checked(sink, &range, &content, coded.crc)?;
    Ok(content)
}

/// States where a header has another CRC-32 than stated. It is read all the same: some readers do not compare.
fn checked(sink: &mut Sink<'_>, range: &Range<u64>, bytes: &[u8], stated: Option<u32>) -> Result<(), Stop> {
    match stated.filter(|stated| *stated != sum(bytes)) {
        Some(_) => flaw(sink, &place(range), "bad-checksum", b"", "of the header".into()),
        None => Ok(()),
    }
}

fn sum(bytes: &[u8]) -> u32 {
    let mut sum = Crc::new();
    sum.update(bytes);
    sum.sum()
}

/// Bytes that belong to nobody: zeros are padding, anything else is a child.
pub(crate) fn junk(blob: &Blob, sink: &mut Sink<'_>, range: Range<u64>, len: u64) -> Result<(), Stop> {
    if padding::is_zero(blob, sink.meter(), range.clone())? {
        sink.claim(range, Claim::Padding);
        return Ok(());
    }
    let (id, name) = match range.end == len {
        true => ("trailing-data", "trailing".to_owned()),
        false => ("gap-data", format!("gap-{:#x}", range.start)),
    };
    flaw(sink, &place(&range), id, name.as_bytes(), format!("{} bytes", range.end.saturating_sub(range.start)))?;
    sink.claim(range.clone(), Claim::Child);
    match blob.slice(range.clone()) {
        Some(window) => sink.child(Child::window(name, place(&range), window)),
        None => Ok(()),
    }
}

fn flaw(sink: &mut Sink<'_>, place: &Place, id: &str, part: &[u8], detail: String) -> Result<(), Stop> {
    sink.fact(place.clone(), Flaw { id: id.into(), detail: detail.into(), part: shown(part) })
}

fn place(range: &Range<u64>) -> Place {
    Place::bytes(range.start, range.end.saturating_sub(range.start))
}
