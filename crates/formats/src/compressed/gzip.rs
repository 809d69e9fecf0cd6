//! What the header of a gzip file carries beside its name (RFC 1952, section 2.3): no decoder shows it, so that it is a place to hide.

use base::{blob::Blob, fact::Flaw, location::Place, reader::Reader, sink::{Child, Sink}, stop::Stop};

/// Bytes of a comment that are looked at.
const COMMENT: usize = 64 << 10;
const WHAT: &str = "a gzip header";

/// Gives extra fields and the comment of the first member back. They are part of what the decoder claims.
pub(super) fn header(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    match fields(blob, sink) {
        // The decoder tells by itself that the header is cut short.
        Err(Stop::Truncated { .. }) => Ok(()),
        read => read,
    }
}

fn fields(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    let [_, _, _, flags, ..]: [u8; 10] = reader.array(WHAT)?;
    if flags & 4 != 0 {
        let length = reader.u16_le(WHAT)?;
        let start = reader.offset();
        let extra = reader.take(length.into(), WHAT)?;
        subfields(blob, sink, start, &extra)?;
    }
    if flags & 8 != 0 {
        text(&mut reader)?;
    }
    if flags & 16 != 0 {
        let start = reader.offset();
        let length = text(&mut reader)?;
        give(blob, sink, "comment", start, length)?;
    }
    Ok(())
}

/// Section 2.3.1.1: two letters, a length and so many bytes.
fn subfields(blob: &Blob, sink: &mut Sink<'_>, start: u64, extra: &[u8]) -> Result<(), Stop> {
    let mut rest = extra;
    loop {
        let at = start.saturating_add(extra.len().saturating_sub(rest.len()) as u64);
        let [one, two, low, high, more @ ..] = rest else { return give(blob, sink, "extra", at, rest.len()) };
        let Some((value, after)) = more.split_at_checked(usize::from(u16::from_le_bytes([*low, *high]))) else {
            return give(blob, sink, "extra", at, rest.len());
        };
        // Block sizes of BGZF and chunks of dictzip, by which their readers seek.
        if !matches!(([*one, *two], value.len()), ([b'B', b'C'], 2) | ([b'R', b'A'], _)) {
            give(blob, sink, "extra", at.saturating_add(4), value.len())?;
        }
        rest = after;
    }
}

/// Steps over a text that ends with NUL: its length.
fn text(reader: &mut Reader<'_>) -> Result<usize, Stop> {
    let seen = reader.peek(COMMENT)?;
    let length = seen.iter().position(|byte| *byte == 0);
    let length = length.ok_or_else(|| Stop::truncated(reader.offset(), WHAT))?;
    reader.consume(length.saturating_add(1));
    Ok(length)
}

fn give(blob: &Blob, sink: &mut Sink<'_>, name: &str, start: u64, length: usize) -> Result<(), Stop> {
    let place = Place::bytes(start, length as u64);
    match blob.slice(start..start.saturating_add(length as u64)).filter(|_| length > 0) {
        Some(window) => {
            let detail = format!("{length} bytes in the header of a gzip file").into();
            sink.fact(place.clone(), Flaw { id: "gap-data".into(), detail, part: name.into() })?;
            sink.child(Child::window(name, place, window))
        }
        None => Ok(()),
    }
}
